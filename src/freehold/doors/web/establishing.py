"""The asset wizard: record, documents, terms, policy, review, and the work that puts it on chain.

Each step is a page and a form of its own, kept as soon as it is sent; a wrong one is kept as well, and says
what is wrong at its fields.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

from freehold.core.asset import AssetKind, asset_id
from freehold.core.errors import Conflict, Invalid, NotFound
from freehold.core.roles import EVERYWHERE, Power
from freehold.desks import permits
from freehold.desks.register import ownership
from freehold.desks.securities import deployments, draft_reviews
from freehold.desks.securities.deployments import DOING, STEPS, Draft
from freehold.doors.web import drafting
from freehold.doors.web.rules import TEMPLATES
from freehold.doors.web.visits import Form, Visit, go, see

ROWS = 4
"""Lines for documents on the form; sent full, it comes back with more."""
TITLES: Mapping[str, str] = {
    "record": "Record",
    "documents": "Documents",
    "terms": "Terms",
    "policy": "Policy",
    "review": "Review",
}
KINDS: Mapping[AssetKind, str] = {
    AssetKind.COMPANY: "Shares of a company",
    AssetKind.BOND: "A loan with interest and a maturity",
    AssetKind.REVENUE_SHARE: "A part of the revenue from something",
    AssetKind.PROPERTY: "Land or a building, by its land register",
    AssetKind.VEHICLE: "A vehicle, by its VIN",
    AssetKind.FUND: "Units of a fund",
    AssetKind.OTHER: "Anything else that can be described",
}
HINTS: Mapping[str, str] = {
    "isin": "Twelve characters, such as US0378331005",
    "cusip": "Nine characters",
    "figi": "Twelve characters, such as BBG000BLNNH6",
    "lei": "Twenty characters, ISO 17442",
    "issuer_lei": "Twenty characters, ISO 17442",
    "vin": "Seventeen characters, the ninth of which is a check digit",
    "country": "Two letters of ISO 3166-1, such as US",
    "currency": "Three letters of ISO 4217, such as USD",
    "formed": "A day such as 2021-03-15",
    "issue_date": "A day such as 2026-09-02",
    "maturity": "A day such as 2031-09-02; empty if there is none",
    "from": "A day such as 2026-09-02",
    "until": "A day such as 2031-09-02; empty if there is none",
    "principal": "The whole loan, such as 5000000",
    "denomination": "The amount that one unit stands for",
    "coupon_per_cent": "A year, in per cent; empty if it floats",
    "share_per_cent": "In per cent, at most 100",
    "built": "A year such as 1911",
    "area_m2": "Square metres",
    "year": "The model year, such as 2021",
}
NARROW = frozenset({"country", "currency", "built", "year", "coupon_per_cent", "share_per_cent"})


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a record's form."""

    name: str
    label: str
    hint: str
    required: bool
    value: str
    wrong: str
    width: str


def assets(visit: Visit) -> Response:
    """One's drafts, and the way to a new one."""
    return see(
        visit,
        "assets.html",
        drafts=[_listed(one) for one in deployments.mine(visit.office, visit.who)],
    )


def new(visit: Visit) -> Response:
    """What kind of thing, and whose."""
    return _new(visit, 200, {}, {})


def begin(visit: Visit, form: Form) -> Response:
    """Begin a draft."""
    try:
        made = deployments.start(visit.office, visit.who, form)
    except Invalid as fault:
        return _new(visit, 422, form, _by_field(fault))
    return go(f"/assets/drafts/{made.id}/record")


def step(visit: Visit) -> Response:
    """One step of a draft."""
    name = _step(visit)
    draft = deployments.find(visit.office, visit.who, visit.path("id"))
    if draft.work_order:
        return go(f"/assets/drafts/{draft.id}/progress")
    mistakes: dict[str, str] = {}
    if name in draft.content:
        mistakes = _mistakes_of(visit, draft.content, name)
    return _page(visit, draft, name, 200, mistakes)


def keep(visit: Visit, form: Form) -> Response:
    """Keep a step and go on to the next one, or say what is wrong with it; at the end, deploy."""
    name, id = _step(visit), visit.path("id")
    if name == "review":
        return _deploy(visit, id)
    try:
        draft = deployments.save(visit.office, visit.who, id, name, _given(name, form))
    except Invalid as fault:
        draft = deployments.find(visit.office, visit.who, id)
        return _page(visit, draft, name, 422, _by_field(fault))
    except Conflict:
        return go(f"/assets/drafts/{id}/progress")
    if name == "policy" and form.get("do") in drafting.TRIES:
        answer, wrong = drafting.tried(visit, draft.content, form)
        trial = {"trial": form, "answer": answer}
        return _page(visit, draft, name, 422 if wrong else 200, wrong, trial)
    if form.get("more") == "yes":
        return go(f"/assets/drafts/{id}/documents?rows={_rows(draft.content) + ROWS}")
    if form.get("back") == "review" or name == "policy":
        return go(f"/assets/drafts/{id}/review")
    return go(f"/assets/drafts/{id}/{STEPS[STEPS.index(name) + 1]}")


def progress(visit: Visit) -> Response:
    """How far the work is; the part alone where a script asks again."""
    draft = deployments.find(visit.office, visit.who, visit.path("id"))
    if not draft.work_order:
        return go(f"/assets/drafts/{draft.id}/review")
    order, token = deployments.progress(visit.office, visit.who, draft.id)
    template = "deploying.html" if visit.is_part else "progress.html"
    values: dict[str, Any] = {"draft": draft, "order": order, "doing": DOING, "made": token}
    return see(visit, template, **values, **_of(draft.content))


def again(visit: Visit, form: Form) -> Response:
    """Carry failed work out again."""
    draft = deployments.find(visit.office, visit.who, visit.path("id"))
    if draft.work_order:
        try:
            deployments.again(visit.office, visit.who, draft.id)
        except Conflict as fault:
            return see(visit, "problem.html", 422, kind=409, message=fault.message)
    return go(f"/assets/drafts/{draft.id}/progress")


def discard(visit: Visit, form: Form) -> Response:
    """Throw a draft away, once its page has asked whether that is meant."""
    try:
        deployments.discard(visit.office, visit.who, visit.path("id"))
    except Conflict:
        return go(f"/assets/drafts/{visit.path('id')}/progress")
    return go("/assets")


def _deploy(visit: Visit, id: str) -> Response:
    """Put it on chain, or ask the second person whom its policy needs."""
    draft = deployments.find(visit.office, visit.who, id)
    asks = not draft.work_order and draft_reviews.is_needed(visit.office, draft)
    review = draft_reviews.review_of(draft)
    try:
        if asks and (review is None or not review.agreed):
            draft_reviews.ask(visit.office, visit.who, id)
            return go(f"/assets/drafts/{id}/review")
        deployments.deploy(visit.office, visit.who, id)
    except Invalid as fault:
        draft = deployments.find(visit.office, visit.who, id)
        return _page(visit, draft, "review", 422, _by_field(fault))
    return go(f"/assets/drafts/{id}/progress")


def _new(visit: Visit, status: int, given: Form, mistakes: Mapping[str, str]) -> Response:
    permits.require(visit.who, Power.ESTABLISH)
    owners = [
        one
        for one in ownership.issuers_of(visit.office, visit.who)
        if permits.allows(visit.who, Power.ESTABLISH, one.id)
    ]
    kinds = [(str(kind), words) for kind, words in KINDS.items()]
    makes = permits.allows(visit.who, Power.ESTABLISH, EVERYWHERE)
    values: dict[str, Any] = {
        "owners": owners,
        "kinds": kinds,
        "given": given,
        "mistakes": mistakes,
        "makes": makes,
    }
    return see(visit, "asset_new.html", status, **values)


def _page(
    visit: Visit,
    draft: Draft,
    name: str,
    status: int,
    mistakes: Mapping[str, str],
    more: Mapping[str, Any] | None = None,
) -> Response:
    content = draft.content
    now = visit.office.clock.now()
    values: dict[str, Any] = {
        "draft": draft,
        "step": name,
        "titles": TITLES,
        "wrong": deployments.wrong_steps(content, now),
        "mistakes": mistakes,
        "back": visit.query("back"),
        **_of(content),
    }
    match name:
        case "record":
            values["fields"] = _fields(content, mistakes)
            values["name"] = content.get("record", {}).get("name", "")
        case "documents":
            rows = list(content.get("documents", {}).get("rows", ()))
            wanted = max(
                ROWS,
                len(rows),
                min(20, int(visit.query("rows") or 0) if visit.query("rows").isdigit() else 0),
            )
            values["rows"] = rows + [{}] * (wanted - len(rows))
        case "terms":
            values["terms"] = content.get("terms", {})
        case "policy":
            values["policy"] = content.get("policy", {})
            values["templates"] = sorted(one.stem for one in TEMPLATES.glob("*.toml"))
            if chosen := visit.query("template"):
                values["policy"] = {"choice": "own", "text": _template(chosen)}
            values |= {"trial": {}, "answer": None}
            values |= drafting.told(visit, {**content, "policy": values["policy"]})
        case "review":
            values["id"] = _id(content)
            values["review"] = draft_reviews.review_of(draft)
            values["needs_second"] = draft_reviews.is_needed(visit.office, draft)
    return see(visit, f"asset_{name}.html", status, **values | dict(more or {}))


def _of(content: Mapping[str, Any]) -> dict[str, Any]:
    """What the side of every step shows of what was entered so far."""
    policy = content.get("policy", {})
    return {
        "kind": content["kind"],
        "issuer": content["issuer"],
        "content": content,
        "sofar": [(_label(key), text) for key, text in content.get("record", {}).items() if text],
        "papers": [one for one in content.get("documents", {}).get("rows", ()) if one.get("name")],
        "chosen": "Its own policy" if policy.get("choice") == "own" else "The starting rules",
    }


def _fields(content: Mapping[str, Any], mistakes: Mapping[str, str]) -> list[Field]:
    given = content.get("record", {})
    return [
        Field(
            name,
            _label(name),
            HINTS.get(name, ""),
            must,
            given.get(name, ""),
            _wrong(name, mistakes.get(name, "")),
            "w6" if name in NARROW else "w24",
        )
        for name, must in deployments.record_fields(content)
    ]


def _wrong(name: str, said: str) -> str:
    return f"Enter the {_label(name).lower()}" if said == "Is missing" else said


def _label(name: str) -> str:
    said = {"lei": "LEI", "isin": "ISIN", "cusip": "CUSIP", "figi": "FIGI", "vin": "VIN"}
    words = name.replace("_per_cent", ", per cent").replace("_m2", ", m²").replace("_", " ")
    return said.get(name, f"{words[:1].upper()}{words[1:]}".replace(" lei", " LEI"))


def _given(name: str, form: Form) -> dict[str, Any]:
    """The fields of a step's form, and no others."""
    match name:
        case "record":
            spared = {"token", "back"}
            return {key: text[:512] for key, text in form.items() if key not in spared}
        case "documents":
            count = sum(key.startswith("name-") for key in form)
            return {
                "rows": [
                    {key: form.get(f"{key}-{n}", "")[:512] for key in ("name", "content", "uri")}
                    for n in range(min(count, 20))
                ]
            }
        case "terms":
            return {
                key: form.get(key, "")[:128] for key in ("name", "symbol", "decimals", "authorised")
            }
    return {"choice": form.get("choice", "starting")[:16], "text": form.get("text", "")[:40_000]}


def _mistakes_of(visit: Visit, content: Mapping[str, Any], name: str) -> dict[str, str]:
    try:
        deployments.check(content, name, visit.office.clock.now())
    except Invalid as fault:
        return _by_field(fault)
    return {}


def _by_field(fault: Invalid) -> dict[str, str]:
    """Mistakes by field; what has none stands at the text of the form."""
    if not fault.mistakes:
        return {"text": _sentence(fault.message)}
    found: dict[str, str] = {}
    for one in fault.mistakes:
        if one.place.startswith("policy"):
            said = f"{one.place.removeprefix('policy:')}: {one.message}"
            found["text"] = "; ".join(filter(None, [found.get("text", ""), f"Line {said}"]))
        else:
            found.setdefault(one.place, _sentence(one.message))
    return found


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _step(visit: Visit) -> str:
    name = visit.path("step")
    if name not in TITLES:
        raise NotFound("there is no such step")
    return name


def _rows(content: Mapping[str, Any]) -> int:
    return len(content.get("documents", {}).get("rows", ()))


def _listed(draft: Draft) -> dict[str, Any]:
    content = draft.content
    name = content.get("record", {}).get("name", "") or "Not named yet"
    review = draft_reviews.review_of(draft)
    step = "progress" if draft.work_order else "review" if review else "record"
    found = {"draft": draft, "name": name, "kind": content["kind"], "review": review}
    return found | {"issuer": content["issuer"]["name"], "step": step}


def _id(content: Mapping[str, Any]) -> str:
    """The asset's id, once its record is right."""
    try:
        return asset_id(deployments.record_of(content))
    except Invalid:
        return ""


def _template(name: str) -> str:
    known = {one.stem: one for one in TEMPLATES.glob("*.toml")}
    if name not in known:
        raise NotFound("there is no such template")
    return known[name].read_text()
