"""The pages of claims: who has claimed of a payment and who still may, and a holder's own claims.

They are the same for a corporate action and for a winding-up, which has a claim for each class of a stage.
"""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from freehold.core.actions import claim_file
from freehold.core.errors import Conflict, Invalid
from freehold.core.roles import Power
from freehold.core.units import format_units
from freehold.desks import permits
from freehold.desks.servicing import claiming, events, processing
from freehold.desks.servicing.claiming import Claims, Signed, Standing
from freehold.doors.web import charts
from freehold.doors.web.visits import Form, Visit, act, go, page, see, tell

NAMES = {
    claiming.CLAIMED: "Claimed",
    claiming.HELD: "Held under a name",
    claiming.OPEN: "Not claimed yet",
    claiming.GONE: "Sent to its keeper",
}


PLACES = ("/actions/{id}", "/windups/{id}")


@dataclass(frozen=True, slots=True)
class Own:
    """What a holder may claim with one press: of one pot by his wallet's signature, of all of them where
    the agent's key opens his account (`kept`)."""

    holder: str
    kept: bool
    rows: tuple[Standing, ...]

    @property
    def pot(self) -> int:
        return 0 if self.kept else self.rows[0].pot.number

    @property
    def gross(self) -> int:
        return sum(row.gross for row in self.rows)

    @property
    def withheld(self) -> int:
        return sum(row.withheld for row in self.rows)


def routes() -> list[BaseRoute]:
    """The pages, and what their forms are sent to."""
    found: list[BaseRoute] = []
    for of in PLACES:
        one = f"{of}/claims"
        found += [
            Route(one, page(claims), methods=["GET"]),
            Route(f"{one}.csv", page(claims_csv), methods=["GET"]),
            Route(f"{one}/{{holder}}/proof.json", page(proof), methods=["GET"]),
            Route(f"{one}/{{holder}}/begin", act(begin), methods=["POST"]),
            Route(f"{one}/{{holder}}", act(claim), methods=["POST"]),
        ]
    return found


def claims(visit: Visit) -> Response:
    """Who has claimed, who still may; a holder finds his own claim with its button."""
    return _shown(visit)


def claims_csv(visit: Visit) -> Response:
    """The claim file of a pot, as docs/reference/claim-file.md has it."""
    id = visit.path("id")
    found = claiming.claims(visit.office, visit.who, id, visit.query("pot"))
    text = "".join(claim_file.write(found.claims, found.root))
    return _file(text, "text/csv", f"{id}-claims.csv")


def proof(visit: Visit) -> Response:
    """What proves a holder's claim: `examples/check_claim.py` checks it, anybody may bring it."""
    id, holder, pot = visit.path("id"), visit.path("holder"), _pot(visit.query("pot"))
    one = claiming.proof(visit.office, visit.who, id, holder, pot)
    told = {
        "action": one.action, "chain": one.chain, "place": one.place,
        "distribution": one.distribution, "account": one.account, "wallet": one.wallet,
        "gross": str(one.gross), "withheld": str(one.withheld), "proof": list(one.proof),
        "root": one.root,
    }  # fmt: skip
    return _file(json.dumps(told, indent=2) + "\n", "application/json", f"{id}-{holder}-proof.json")


def begin(visit: Visit, form: Form) -> Response:
    """What the holder's wallet signs for the claim in the form."""
    id, holder, pot = visit.path("id"), visit.path("holder"), _pot(form.get("pot", ""))
    permits.require(visit.who, Power.ELECT)
    try:
        payee = form.get("payee", "").strip()
        typed = claiming.to_sign(visit.office, visit.who, id, holder, payee, pot)
    except (Invalid, Conflict) as fault:
        return Response(json.dumps({"problem": fault.message}), 422, media_type="application/json")
    message = {name: _plain(value) for name, value in typed["message"].items()}
    at = int(typed["message"]["deadline"])
    return tell(json.dumps({"at": at, "typed": {**typed, "message": message}}))


def claim(visit: Visit, form: Form) -> Response:
    """Claim: by the wallet's signature, or by the agent who brings the proof to the holder's wallet."""
    id, holder, pot = visit.path("id"), visit.path("holder"), _pot(form.get("pot", ""))
    permits.require_any(visit.who, (Power.ELECT, None), (Power.SERVICE, None))
    payee, at = form.get("payee", "").strip(), form.get("at", "")
    try:
        if signature := form.get("signature", "").strip():
            until = int(at) if at.isascii() and at.isdigit() and len(at) < 12 else 0
            signed, key = Signed(payee, until, signature), form.get("key", "")[:128]
            done = claiming.send_signed(visit.office, visit.who, id, holder, signed, key, pot)
            if done.instruction is None:
                return _shown(visit, 422, problem=done.reason)
        elif payee:
            raise Invalid("your wallet has signed nothing: sign in the browser", field="payee")
        else:
            processing.ask_claim(visit.office, visit.who, id, holder)
    except (Invalid, Conflict) as fault:
        return _shown(visit, 422, problem=fault.message)
    return go(f"{visit.request.url.path.rpartition('/')[0]}?sent=1")


# ---- parts ----


def _shown(visit: Visit, status: int = 200, problem: str = "") -> Response:
    office, who, id = visit.office, visit.who, visit.path("id")
    found = claiming.standing(office, who, id)
    of, text = found.of, visit.query("q").casefold()
    values: dict[str, Any] = {
        "of": of,
        "found": found,
        "rows": [row for row in found.rows if text in _words(row)],
        "bars": [_bar(found.rows, code) for code in _currencies(found)],
        "own": [] if found.why_not else list(_own(visit, found)),
        "services": permits.allows(who, Power.SERVICE, of.owner.id),
        "names": NAMES,
        "coins": lambda row, amount: format_units(amount, row.pot.decimals),
        "now": events.now(office),
        "orders": processing.waiting(office, of.subject),
        "sent": visit.query("sent") == "1",
        "q": visit.query("q"),
        "key": secrets.token_hex(16),
        "problem": problem,
    }
    return see(visit, "claims.html", status, **values)


def _words(row: Standing) -> str:
    """What the rows are searched by."""
    return f"{row.name} {row.holder} {row.pot.part}".casefold()


def _own(visit: Visit, found: Claims) -> Iterator[Own]:
    """The open claims of the holders for whom somebody elects."""
    mine = set(events.own_holders(visit.who, found.of.owner.id, Power.ELECT))
    mine_open = [row for row in found.rows if row.holder in mine and row.became == claiming.OPEN]
    for holder in dict.fromkeys(row.holder for row in mine_open):
        rows = tuple(row for row in mine_open if row.holder == holder)
        kept = claiming.is_kept(visit.office, visit.who, found.of.id, holder)
        yield from [Own(holder, True, rows)] if kept else [Own(holder, False, (r,)) for r in rows]


def _pot(text: str) -> int:
    """The number of a pot; 0 where none is named."""
    if not text:
        return 0
    if not (text.isascii() and text.isdigit() and len(text) < 16):
        raise Invalid(f"{text[:16]!r} is no pot", field="pot")
    return int(text)


def _currencies(found: Claims) -> list[str]:
    return list(dict.fromkeys(row.pot.symbol for row in found.rows))


def _bar(rows: tuple[Standing, ...], code: str) -> Mapping[str, Any]:
    """What became of the claims in one currency, as parts of the whole, before tax."""
    amounts, mine = dict.fromkeys(NAMES, 0), [row for row in rows if row.pot.symbol == code]
    for row in mine:
        amounts[row.became] += row.gross
    whole, places = sum(amounts.values()), mine[0].pot.decimals
    shown = [
        charts.Part(NAMES[became], Fraction(amount, whole), place)
        for place, (became, amount) in enumerate(amounts.items(), 1)
        if amount
    ]
    told = {NAMES[became]: format_units(amount, places) for became, amount in amounts.items()}
    return {
        "code": code,
        "key": [(part, told[part.name]) for part in shown],
        "drawn": charts.stacked(shown),
        "claimed": told[NAMES[claiming.CLAIMED]],
        "whole": format_units(whole, places),
    }


def _file(text: str, kind: str, name: str) -> Response:
    said = f'attachment; filename="{name}"'
    return Response(text, media_type=kind, headers={"Content-Disposition": said})


def _plain(value: Any) -> Any:
    """Numbers as text, because scripts read them as floats."""
    return str(value) if isinstance(value, int) else value
