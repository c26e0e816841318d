"""The pages of claims: who has claimed of a payment and who still may, and a holder's own claim."""

import json
import secrets
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.actions import claim_file
from freehold.core.errors import Conflict, Invalid
from freehold.core.roles import Power
from freehold.desks import permits
from freehold.desks.servicing import claiming, events, processing
from freehold.desks.servicing.claiming import Signed, Standing
from freehold.desks.servicing.events import ActionView
from freehold.doors.web import charts
from freehold.doors.web.servicing import coins
from freehold.doors.web.visits import Form, Visit, act, go, page, see, tell

NAMES = {
    claiming.CLAIMED: "Claimed",
    claiming.HELD: "Held under a name",
    claiming.OPEN: "Not claimed yet",
    claiming.GONE: "Sent to its keeper",
}


def routes() -> list[BaseRoute]:
    """The pages, and what their forms are sent to."""
    one = "/actions/{id}/claims"
    return [
        Route(one, page(claims), methods=["GET"]),
        Route(f"{one}.csv", page(claims_csv), methods=["GET"]),
        Route(f"{one}/{{holder}}/proof.json", page(proof), methods=["GET"]),
        Route(f"{one}/{{holder}}/begin", act(begin), methods=["POST"]),
        Route(f"{one}/{{holder}}", act(claim), methods=["POST"]),
    ]


def claims(visit: Visit) -> Response:
    """Who has claimed, who still may; a holder finds his own claim with its button."""
    return _shown(visit)


def claims_csv(visit: Visit) -> Response:
    """The claim file of a pot, as docs/reference/claim-file.md has it."""
    id = visit.path("id")
    found = claiming.claims(visit.office, visit.who, id, visit.query("currency"))
    text = "".join(claim_file.write(found.claims, found.root))
    return _file(text, "text/csv", f"{id}-claims.csv")


def proof(visit: Visit) -> Response:
    """What proves a holder's claim: `examples/check_claim.py` checks it, anybody may bring it."""
    id, holder = visit.path("id"), visit.path("holder")
    one = claiming.proof(visit.office, visit.who, id, holder)
    told = {
        "action": one.action, "chain": one.chain, "place": one.place,
        "distribution": one.distribution, "account": one.account, "wallet": one.wallet,
        "gross": str(one.gross), "withheld": str(one.withheld), "proof": list(one.proof),
        "root": one.root,
    }  # fmt: skip
    return _file(json.dumps(told, indent=2) + "\n", "application/json", f"{id}-{holder}-proof.json")


def begin(visit: Visit, form: Form) -> Response:
    """What the holder's wallet signs for the claim in the form."""
    id, holder = visit.path("id"), visit.path("holder")
    permits.require(visit.who, Power.ELECT)
    try:
        payee = form.get("payee", "").strip()
        typed = claiming.to_sign(visit.office, visit.who, id, holder, payee)
    except (Invalid, Conflict) as fault:
        return Response(json.dumps({"problem": fault.message}), 422, media_type="application/json")
    message = {name: _plain(value) for name, value in typed["message"].items()}
    at = int(typed["message"]["deadline"])
    return tell(json.dumps({"at": at, "typed": {**typed, "message": message}}))


def claim(visit: Visit, form: Form) -> Response:
    """Claim: by the wallet's signature, or by the agent who brings the proof to the holder's wallet."""
    id, holder = visit.path("id"), visit.path("holder")
    permits.require_any(visit.who, (Power.ELECT, None), (Power.SERVICE, None))
    payee, at = form.get("payee", "").strip(), form.get("at", "")
    try:
        if signature := form.get("signature", "").strip():
            until = int(at) if at.isascii() and at.isdigit() and len(at) < 12 else 0
            signed, key = Signed(payee, until, signature), form.get("key", "")[:128]
            done = claiming.send_signed(visit.office, visit.who, id, holder, signed, key)
            if done.instruction is None:
                return _shown(visit, 422, problem=done.reason)
        elif payee:
            raise Invalid("your wallet has signed nothing: sign in the browser", field="payee")
        else:
            processing.ask_claim(visit.office, visit.who, id, holder)
    except (Invalid, Conflict) as fault:
        return _shown(visit, 422, problem=fault.message)
    return go(f"/actions/{id}/claims?sent=1")


# ---- parts ----


def _shown(visit: Visit, status: int = 200, problem: str = "") -> Response:
    office, who, id = visit.office, visit.who, visit.path("id")
    one = events.one(office, who, id)
    found = claiming.standing(office, who, id)
    text = visit.query("q").casefold()
    mine = set(events.own_holders(who, one.owner.id, Power.ELECT))
    own = [row for row in found.rows if row.holder in mine]
    values: dict[str, Any] = {
        "one": one,
        "found": found,
        "rows": [row for row in found.rows if text in f"{row.name} {row.holder}".casefold()],
        "bars": [
            _bar(one, found.rows, code) for code in dict.fromkeys(r.currency for r in found.rows)
        ],
        "own": [(row, claiming.is_kept(office, who, id, row.holder)) for row in own],
        "services": permits.allows(who, Power.SERVICE, one.owner.id),
        "names": NAMES,
        "coins": lambda amount, code="": coins(one, amount, code),
        "now": events.now(office),
        "orders": processing.waiting(office, id),
        "sent": visit.query("sent") == "1",
        "q": visit.query("q"),
        "key": secrets.token_hex(16),
        "problem": problem,
    }
    return see(visit, "claims.html", status, **values)


def _bar(one: ActionView, rows: tuple[Standing, ...], code: str) -> Mapping[str, Any]:
    """What became of the claims of one pot, as parts of the whole, before tax."""
    amounts = dict.fromkeys(NAMES, 0)
    for row in rows:
        if row.currency == code:
            amounts[row.became] += row.gross
    whole = sum(amounts.values())
    shown = [
        charts.Part(NAMES[became], Fraction(amount, whole), place)
        for place, (became, amount) in enumerate(amounts.items(), 1)
        if amount
    ]
    told = {NAMES[became]: coins(one, amount, code) for became, amount in amounts.items()}
    return {
        "code": code or one.symbol,
        "file": code,
        "key": [(part, told[part.name]) for part in shown],
        "drawn": charts.stacked(shown),
        "claimed": told[NAMES[claiming.CLAIMED]],
        "whole": coins(one, whole, code),
    }


def _file(text: str, kind: str, name: str) -> Response:
    said = f'attachment; filename="{name}"'
    return Response(text, media_type=kind, headers={"Content-Disposition": said})


def _plain(value: Any) -> Any:
    """Numbers as text, because scripts read them as floats."""
    return str(value) if isinstance(value, int) else value
