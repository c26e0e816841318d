"""Assets become instruments: a draft that is filled step by step, and the work that puts it on chain.

A draft is somebody's own and is kept at each step. Ordered, it becomes work for the worker: issuer, title,
documents, instrument, rules, in this order. Every act's key comes from the draft, so the work may be begun
again after a kill and does nothing twice.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from freehold.book import approvals, audit, drafts, issuers, requests
from freehold.book.drafts import Draft
from freehold.book.requests import Request
from freehold.book.schema_work import Kind
from freehold.book.schema_work import State as Stage
from freehold.book.session import Transaction
from freehold.book.work_orders import WorkOrder
from freehold.core.approvals import Act
from freehold.core.asset import AssetKind, AssetRecord, Document, asset_record, fields_of
from freehold.core.audit import Entry
from freehold.core.errors import Conflict, Invalid, Mistake, NotFound
from freehold.core.identifiers import parse_country
from freehold.core.ids import record_hash
from freehold.core.instrument import InstrumentKind, Issuer, ShareClass
from freehold.core.roles import EVERYWHERE, Power
from freehold.core.units import MAX_UNITS, format_units, parse_units
from freehold.desks import permits
from freehold.desks.office import Office
from freehold.desks.outbox import work_orders
from freehold.desks.outbox.work_orders import Tell, Wanted
from freehold.desks.permits import Actor
from freehold.desks.platform import establishment
from freehold.desks.rules import adoption
from freehold.desks.rules.policies import PolicyFile, read_text

__all__ = ["Draft"]
STEPS = ("record", "documents", "terms", "policy")
NEEDED = ("record", "terms")
STARTING, POLICY = "starting", "policy"
MOST_DOCUMENTS, MOST_DECIMALS = 20, 18
KINDS: Mapping[AssetKind, InstrumentKind] = {
    AssetKind.COMPANY: InstrumentKind.COMMON,
    AssetKind.BOND: InstrumentKind.DEBT,
    AssetKind.REVENUE_SHARE: InstrumentKind.REVENUE_SHARE,
    AssetKind.PROPERTY: InstrumentKind.COMMON,
    AssetKind.VEHICLE: InstrumentKind.COMMON,
    AssetKind.FUND: InstrumentKind.FUND_UNIT,
    AssetKind.OTHER: InstrumentKind.COMMON,
}
DOING = (
    "The contracts of the chain and the issuer's register",
    "The title of the asset and its documents",
    "The instrument, with its rules in force",
)


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of the class of units that is issued against an asset."""

    share: ShareClass


def start(office: Office, actor: Actor, given: Mapping[str, str], key: str = "") -> Draft:
    """A new draft: the kind of asset, and whose it is; under a key once. Raises Invalid, NotPermitted.

    `issuer` is the id of one that is there, or empty; then `issuer_name` and `issuer_country` make one.
    Raises Conflict where the key was used for something else, NotFound where its draft was discarded.
    """
    permits.require(actor, Power.ESTABLISH)
    digest = record_hash(["draft", dict(given)])[2:]
    with office.book.reading() as tx:
        if key and (known := requests.earlier(tx, actor.id, key, digest)):
            return drafts.find(tx, str(known.outcome["draft"]), actor.id)
    mistakes: list[Mistake] = []
    kind = given.get("kind", "")
    if kind not in list(AssetKind):
        mistakes.append(Mistake("kind", "Choose what kind of thing it is"))
    owner = _owner(office, actor, given, mistakes)
    if mistakes:
        raise Invalid("the draft cannot be begun", mistakes)
    now = office.clock.now()
    made = Draft(
        f"d_{secrets.token_hex(8)}", actor.id, {"kind": kind, "issuer": owner}, now, now, None
    )
    with office.book.transaction() as tx:
        if key and (known := requests.earlier(tx, actor.id, key, digest)):
            return drafts.find(tx, str(known.outcome["draft"]), actor.id)
        drafts.add(tx, made)
        if key:
            told = {"draft": made.id}
            requests.keep(tx, Request(actor.id, key, digest, owner["id"], None, told, now))
        audit.record(tx, Entry(actor.id, "begin a draft", made.id, content={"kind": kind}), now)
    return made


def find(office: Office, actor: Actor, id: str) -> Draft:
    """One's own draft. Raises NotFound, NotPermitted."""
    permits.require(actor, Power.ESTABLISH)
    with office.book.reading() as tx:
        return drafts.find(tx, id, actor.id)


def mine(office: Office, actor: Actor) -> list[Draft]:
    """One's own drafts, the last changed first. Raises NotPermitted."""
    permits.require(actor, Power.ESTABLISH)
    with office.book.reading() as tx:
        return drafts.of_identity(tx, actor.id)


def save(office: Office, actor: Actor, id: str, step: str, given: Mapping[str, Any]) -> Draft:
    """Keep what was entered at a step, whether it is right or not, so that nothing typed is lost.

    Raises Invalid with every mistake after keeping it, Conflict once the draft is being carried out.
    """
    draft = find(office, actor, id)
    if draft.work_order:
        raise Conflict("this draft is being carried out: begin a new one for another instrument")
    content = {**draft.content, step: dict(given)}
    with office.book.transaction() as tx:
        drafts.save(tx, id, content, office.clock.now())
    check(content, step, office.clock.now())
    return find(office, actor, id)


def check(content: Mapping[str, Any], step: str, now: datetime) -> None:
    """Raises Invalid with every mistake of a step."""
    match step:
        case "record" | "documents":
            record_of(content, step)
        case "terms":
            terms_of(content)
        case "policy":
            policy_of(content, now)


def wrong_steps(content: Mapping[str, Any], now: datetime) -> dict[str, bool]:
    """The steps that were entered, and whether each is wrong."""
    found = {}
    for step in STEPS:
        if step not in content:
            continue
        try:
            check(content, step, now)
            found[step] = False
        except Invalid:
            found[step] = True
    return found


def missing(content: Mapping[str, Any], now: datetime) -> list[Mistake]:
    """Everything that keeps a draft from being put on chain; places begin with the step."""
    found = [Mistake(one, "is not entered yet") for one in NEEDED if one not in content]
    for step in STEPS:
        if step in content:
            try:
                check(content, step, now)
            except Invalid as fault:
                listed = fault.mistakes or (Mistake("", fault.message),)
                found += [Mistake(f"{step}.{one.place}".rstrip("."), one.message) for one in listed]
    return list(dict.fromkeys(found))


def discard(office: Office, actor: Actor, id: str) -> None:
    """Throw one's own draft away. Raises NotFound, NotPermitted, Conflict once it is carried out."""
    find(office, actor, id)
    with office.book.transaction() as tx:
        if not drafts.discard(tx, id):
            raise Conflict("this draft is being carried out: it stays as its record")
        audit.record(tx, Entry(actor.id, "discard a draft", id), office.clock.now())


def progress(office: Office, actor: Actor, id: str) -> tuple[WorkOrder, str]:
    """How far the work of one's own draft is, and the token once it is done.

    Raises NotFound, also where nothing was asked for yet, NotPermitted.
    """
    draft = find(office, actor, id)
    if not draft.work_order:
        raise NotFound("this draft is not being carried out")
    order = work_orders.order(office, actor, draft.work_order)
    if order.state is not Stage.DONE:
        return order, ""
    share, owner = terms_of(draft.content).share, draft.content["issuer"]["id"]
    with office.book.reading() as tx:
        known = issuers.instruments(tx, owner)
    return order, next((str(one.token) for one in known if one.class_id == share.id), "")


def again(office: Office, actor: Actor, id: str) -> WorkOrder:
    """Carry failed work of one's own draft out again. Raises NotFound, NotPermitted, Conflict."""
    draft = find(office, actor, id)
    if not draft.work_order:
        raise NotFound("this draft is not being carried out")
    return work_orders.again(office, actor, draft.work_order)


def deploy(office: Office, actor: Actor, id: str) -> WorkOrder:
    """Order a draft to be put on chain.

    Raises Invalid while anything in it is missing or wrong, Conflict where its policy needs a second
    person who has not agreed to exactly what stands in it (`desks/securities/draft_reviews.py`).
    """
    draft, now = find(office, actor, id), office.clock.now()
    require_complete(draft.content, now)
    owner = draft.content["issuer"]
    permits.require(actor, Power.ESTABLISH, owner["id"])
    wanted = Wanted(Kind.ESTABLISH, owner["id"], draft.id, draft.content, len(DOING))
    with office.book.transaction() as tx:
        _require_agreed(tx, draft.content)
        order = work_orders.ask(office, tx, actor, wanted, draft.id)
        drafts.ordered(tx, draft.id, order.id, now)
    return order


def require_complete(content: Mapping[str, Any], now: datetime) -> None:
    """Raises Invalid with every step that is missing or wrong."""
    stated = wrong_steps(content, now)
    mistakes = [Mistake(one, f"{one} is not entered yet") for one in NEEDED if one not in stated]
    mistakes += [Mistake(one, f"{one} has mistakes") for one, wrong in stated.items() if wrong]
    if mistakes:
        raise Invalid("the draft is not complete", mistakes)


def needs_second(tx: Transaction, content: Mapping[str, Any]) -> bool:
    """Whether a second person has to agree: to a policy of its own, as to a change of one."""
    owner = content["issuer"]["id"]
    own = content.get("policy", {}).get("choice", STARTING) != STARTING
    return own and approvals.rules(tx, owner).persons(Act(POLICY, owner, {})) > 1


def _require_agreed(tx: Transaction, content: Mapping[str, Any]) -> None:
    review = drafts.review_of(content)
    if needs_second(tx, content) and (review is None or not review.agreed):
        raise Conflict("a second person has to agree to this policy first: ask for a review")


def establish(office: Office, order: WorkOrder, tell: Tell) -> None:
    """Put a draft on chain: the worker's part. Raises as the desks that it asks."""
    content, owner = order.content, order.content["issuer"]
    tell(0, DOING[0])
    known = establishment.issuer(office, Issuer(owner["id"], owner["name"], owner["country"]))
    tell(1, DOING[1])
    asset = establishment.tokenise(office, known, record_of(content, "documents"))
    tell(2, DOING[2])
    file = policy_of(content, order.asked_at)
    first = adoption.first_rules(office, file) if file else None
    establishment.instrument(office, known, asset, terms_of(content).share, first)


# ---- what was entered ----------------------------------------------------------------------------


def record_of(content: Mapping[str, Any], step: str = "documents") -> AssetRecord:
    """The asset's record as entered so far; with `record`, without its documents. Raises Invalid."""
    given = dict(content.get("record", {}))
    name = str(given.pop("name", ""))
    kind = content["kind"]
    facts = {key: text.strip() for key, text in given.items() if text.strip()}
    if kind in (AssetKind.BOND, AssetKind.REVENUE_SHARE):
        facts.setdefault("issuer", content["issuer"]["name"])
    papers = _papers(content.get("documents", {})) if step == "documents" else ()
    try:
        return asset_record(kind, name, facts, papers)
    except Invalid as fault:
        raise Invalid(fault.message, [_in_a_field(one) for one in fault.mistakes]) from None


def record_fields(content: Mapping[str, Any]) -> list[tuple[str, bool]]:
    """The fields of the draft's kind that are asked for, and whether each must be stated."""
    return [
        (one, must)
        for one, must in fields_of(AssetKind(content["kind"])).items()
        if one != "issuer"
    ]


def terms_of(content: Mapping[str, Any]) -> Terms:
    """The class of units as entered. Raises Invalid with every mistake."""
    given = {key: str(text).strip() for key, text in content.get("terms", {}).items()}
    mistakes: list[Mistake] = []

    def text(field: str, most: int, shape: str, form: str) -> str:
        said = given.get(field, "")
        if not re.fullmatch(form, said) or len(said) > most:
            mistakes.append(Mistake(field, shape))
        return said

    name = text("name", 64, "Enter a name of 1 to 64 characters, such as Series A Preferred", r".+")
    symbol = text(
        "symbol", 16, "Enter 1 to 16 capital letters and digits, such as ACME", r"[A-Z0-9.\-]+"
    )
    decimals = given.get("decimals", "0")
    places = int(decimals) if decimals.isascii() and decimals.isdigit() else -1
    if not 0 <= places <= MOST_DECIMALS:
        mistakes.append(Mistake("decimals", f"Enter a whole number from 0 to {MOST_DECIMALS}"))
        places = 0
    most = given.get("authorised", "").replace(",", "").replace(" ", "")
    authorised = None
    if most:
        try:
            authorised = int(parse_units(most, places, "authorised"))
            if not 0 < authorised <= MAX_UNITS:
                mistakes.append(
                    Mistake("authorised", f"Enter 1 to {format_units(MAX_UNITS, places)}")
                )
        except Invalid:
            said = "Enter a number such as 1,000,000, or leave it empty for no limit"
            mistakes.append(Mistake("authorised", said))
    if mistakes:
        raise Invalid("the terms cannot be used", mistakes)
    id = re.sub(r"[^a-z0-9]+", "-", symbol.lower()).strip("-") or "units"
    kind = KINDS[AssetKind(content["kind"])]
    return Terms(ShareClass(id, name, symbol, kind, places, authorised))


def policy_of(content: Mapping[str, Any], now: datetime) -> PolicyFile | None:
    """The policy as entered; None for the starting rules. Raises Invalid with every mistake."""
    given = content.get("policy", {})
    if given.get("choice", STARTING) == STARTING:
        return None
    text = str(given.get("text", ""))
    if not text.strip():
        raise Invalid(
            "no policy", [Mistake("text", "Write a policy, or choose the starting rules")]
        )
    return read_text(text.replace("\r\n", "\n"), "policy", now)


def _papers(given: Mapping[str, Any]) -> Sequence[Document]:
    found = []
    versions: dict[str, int] = {}
    for row in given.get("rows", ()):
        if not any(str(text).strip() for text in row.values()):
            continue
        name = str(row.get("name", "")).strip()
        versions[name] = versions.get(name, 0) + 1
        content = str(row.get("content", "")).strip()
        found.append(Document(name, versions[name], content, str(row.get("uri", "")).strip()))
    if len(found) > MOST_DOCUMENTS:
        raise Invalid("too many", [Mistake("name-0", f"At most {MOST_DOCUMENTS} documents")])
    return tuple(found)


def _in_a_field(one: Mistake) -> Mistake:
    """A mistake at the field of the form that it concerns: documents[0].content is content-0."""
    found = re.fullmatch(r"documents\[(\d+)\]\.(\w+)", one.place)
    if found is None:
        return one
    field = {"version": "name", "media_type": "name"}.get(found[2], found[2])
    said = one.message
    if field == "content" and "another document" not in said:
        said = "Enter sha256: and 64 hexadecimal digits, or choose the file"
    return Mistake(f"{field}-{found[1]}", said)


def _owner(
    office: Office, actor: Actor, given: Mapping[str, str], mistakes: list[Mistake]
) -> dict[str, str]:
    chosen = given.get("issuer", "")
    if chosen:
        permits.require(actor, Power.ESTABLISH, chosen)
        with office.book.reading() as tx:
            known = issuers.find(tx, chosen)
        return {"id": known.id, "name": known.name, "country": known.country}
    permits.require(actor, Power.ESTABLISH, EVERYWHERE)
    name = given.get("issuer_name", "").strip()
    if not 2 <= len(name) <= 128:
        mistakes.append(Mistake("issuer_name", "Enter the legal name of the issuer"))
    try:
        country = parse_country(given.get("issuer_country", "").strip().upper())
    except Invalid:
        country = ""
        said = "Enter two letters of ISO 3166-1, such as US"
        mistakes.append(Mistake("issuer_country", said))
    id = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64] or "issuer"
    with office.book.reading() as tx:
        if name and any(one.id == id for one in issuers.issuers(tx)):
            mistakes.append(Mistake("issuer_name", f"{name} is here already: choose it above"))
    return {"id": id, "name": name, "country": country}
