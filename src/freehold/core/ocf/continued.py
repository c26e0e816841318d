"""Writes what happened on the chain since an import behind the objects of the imported files.

Each change becomes the transactions that OCF has for it, on the certificates it concerns: a certificate
that is acted on in part ends and leaves a balance certificate. Which certificate units come from is told
by the terms of their lot; among equals the one acquired first goes first. Objects that were imported stay
as they are; what is new stands in files of its own. docs/reference/ocf.md says what OCF cannot say.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from freehold.core.acts import Act, Convert, Issue, Lot, Reissue, Transfer
from freehold.core.captable import CapTable
from freehold.core.clock import day_number
from freehold.core.facts import is_over, unpack_vintage
from freehold.core.grounds import Ground, meaning
from freehold.core.holder import Holder, HolderKind
from freehold.core.ids import JSON
from freehold.core.instrument import Price, ShareClass
from freehold.core.ocf.changes import (
    Came,
    Change,
    Ended,
    Limited,
    Part,
    Passed,
    Scaled,
    Turned,
)
from freehold.core.ocf.files import OcfFile, OcfObject, Package
from freehold.core.policy import starter
from freehold.core.policy.starter import Family
from freehold.core.units import MAX_UNITS, format_units

_EXEMPTIONS = {
    Family.REG_D: "Reg D",
    Family.REG_S: "Regulation S",
    Family.REG_CF: "Regulation Crowdfunding",
    Family.LOCK_UP: "Lockup",
}
_UNKNOWN_PRICE = "The price is not on the register; 0 stands for unknown."


@dataclass(frozen=True, slots=True)
class _Paper:
    """A certificate that is there: its lot, the terms of its units on chain, where its words come from."""

    lot: Lot
    terms: int
    issued: Mapping[str, JSON]


@dataclass(slots=True)
class _Writing:
    classes: Mapping[str, ShareClass]
    currency: str
    live: dict[str, _Paper]
    items: list[dict[str, JSON]] = field(default_factory=list)


def terms_by_paper(acts: Iterable[Act], begun: date, *, each_on_its_day: bool) -> dict[str, int]:
    """The terms under which an import put each security's units on the chain, as their words.

    `begun` is the day of the import; on a simulated clock each issue was judged on its own day instead.
    """
    terms: dict[str, int] = {}
    for act in acts:
        match act:
            case Issue(lot=lot):
                issued = max(begun, lot.acquired) if each_on_its_day else begun
                terms[lot.security] = starter.vintage_of(lot, issued)
            case Transfer(from_security=source, lot=lot):
                carried = terms.get(source, 0)
                judged = day_number(act.day if each_on_its_day else begun)
                terms[lot.security] = 0 if is_over(carried, judged) else carried
            case Convert(security=source, lots=lots):
                terms.update({lot.security: terms.get(source, 0) for lot in lots})
            case Reissue(securities=sources, lots=lots):
                old = {terms.get(source, 0) for source in sources}
                kept = old.pop() if len(old) == 1 else 0
                terms.update({lot.security: kept for lot in lots})
    return terms


def continued(
    package: Package,
    table: CapTable,
    terms: Mapping[str, int],
    changes: Sequence[Change],
    holders: Sequence[Holder],
) -> Package:
    """The package with what changed since, and with `holders` whom it does not know yet.

    `table` is the cap table after everything in the package, `terms` come from `terms_by_paper`.
    """
    issued = {item.text("security_id"): item.fields for item in package.all("TX_STOCK_ISSUANCE")}
    live = {
        lot.security: _Paper(lot, terms.get(lot.security, 0), issued.get(lot.security, {}))
        for lot in table.lots
    }
    writing = _Writing(table.classes, _currency(table, issued), live)
    for change in changes:
        _write(writing, change)
    known = {item.id for item in package.all("STAKEHOLDER")}
    people = [_stakeholder(one) for one in holders if one.id not in known]
    package = _with_file(package, "OCF_STAKEHOLDERS_FILE", "Freehold-Stakeholders", people)
    package = _with_file(package, "OCF_TRANSACTIONS_FILE", "Freehold-Transactions", writing.items)
    return _as_of(package, max((change.day for change in changes), default=None))


def _write(writing: _Writing, change: Change) -> None:
    match change:
        case Came():
            for number, part in enumerate(change.parts):
                key = f"{change.source}-{number}"
                _issue(writing, change.day, change.class_id, change.holder, part, key)
        case Passed():
            _pass(writing, change)
        case Ended():
            _end(writing, change)
        case Scaled():
            _scale(writing, change)
        case Turned():
            _turn(writing, change)
        case Limited():
            _limit(writing, change)


# ---- one writer for each change ----------------------------------------------------------------


def _issue(
    writing: _Writing, day: date, class_id: str, holder: str, part: Part, key: str, words: str = ""
) -> None:
    exemptions = tuple(_EXEMPTIONS[family] for family in _families(part.terms))
    lot = Lot(key, class_id, holder, part.units, day, key, (), exemptions)
    comments = [words] if words else []
    _new(writing, _Paper(lot, part.terms, {}), day, [*comments, _UNKNOWN_PRICE])


def _pass(writing: _Writing, change: Passed) -> None:
    for number, (paper, units) in enumerate(_taken(writing, change, change.giver)):
        key = f"{change.source}-{number}"
        lot = replace(paper.lot, security=key, holder=change.taker, units=units, custom_id=key)
        terms = 0 if is_over(paper.terms, day_number(change.day)) else paper.terms
        lot = replace(lot, acquired=change.day)
        _new(writing, replace(paper, lot=lot, terms=terms), change.day)
        deed = _deed("TRANSFER", change.day, paper, key, units, writing)
        deed["resulting_security_ids"] = [key]
        deed |= {"comments": [change.words]} if change.words else {}
        writing.items.append(deed)


def _end(writing: _Writing, change: Ended) -> None:
    for number, (paper, units) in enumerate(_taken(writing, change, change.holder)):
        key = f"{change.source}-{number}"
        whole = units == paper.lot.units
        ground = Ground(change.reason) if change.reason in list(Ground) else None
        words = meaning(ground) if ground else f"ground {change.reason}"
        if ground is Ground.RETRACTION and whole:
            deed = _deed("RETRACTION", change.day, paper, key, units, writing)
            deed = {name: deed[name] for name in deed if name != "quantity"}
            deed["reason_text"] = words
        elif ground is Ground.REPURCHASE:
            deed = _deed("REPURCHASE", change.day, paper, key, units, writing)
            deed["price"] = {"amount": "0", "currency": writing.currency}
            deed["comments"] = [_UNKNOWN_PRICE]
        else:
            deed = _deed("CANCELLATION", change.day, paper, key, units, writing)
            deed["reason_text"] = words
        writing.items.append(deed)


def _turn(writing: _Writing, change: Turned) -> None:
    total = sum(part.units for part in change.parts)
    seen = 0
    for number, (paper, units) in enumerate(_taken(writing, change, change.holder)):
        key = f"{change.source}-{number}"
        made = (seen + units) * change.units_out // total - seen * change.units_out // total
        seen += units
        lot = replace(paper.lot, security=key, class_id=change.to_class, units=made, custom_id=key)
        _new(writing, replace(paper, lot=lot), change.day)
        deed = _deed("CONVERSION", change.day, paper, key, units, writing)
        deed["quantity_converted"] = deed.pop("quantity")
        deed["resulting_security_ids"] = [key]
        writing.items.append(deed)


def _scale(writing: _Writing, change: Scaled) -> None:
    up, down = change.numerator, change.denominator
    writing.items.append(
        {
            "object_type": "TX_STOCK_CLASS_SPLIT",
            "id": f"split-{change.source}",
            "date": change.day.isoformat(),
            "stock_class_id": change.class_id,
            "split_ratio": {"numerator": str(up), "denominator": str(down)},
        }
    )
    left = dict(change.held)
    for key, paper in list(writing.live.items()):
        if paper.lot.class_id == change.class_id:
            units = paper.lot.units * up // down
            left[paper.lot.holder] = left.get(paper.lot.holder, 0) - units
            writing.live[key] = replace(paper, lot=replace(paper.lot, units=units))
            if not units:
                del writing.live[key]
    for number, (holder, more) in enumerate(left.items()):
        if more > 0:
            key, words = f"{change.source}-{number}", "What an account keeps above its papers."
            _issue(writing, change.day, change.class_id, holder, Part(0, more), key, words)


def _limit(writing: _Writing, change: Limited) -> None:
    shown = (
        "UNLIMITED" if change.units >= MAX_UNITS else _shown(writing, change.class_id, change.units)
    )
    writing.items.append(
        {
            "object_type": "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT",
            "id": f"authorised-{change.source}",
            "date": change.day.isoformat(),
            "stock_class_id": change.class_id,
            "new_shares_authorized": shown,
        }
    )


# ---- papers ------------------------------------------------------------------------------------


def _taken(
    writing: _Writing, change: Passed | Ended | Turned, holder: str
) -> list[tuple[_Paper, int]]:
    """The holder's papers that the units of a change come from, and how many of each."""
    wanted: dict[str, int] = {}
    for part in change.parts:
        need = part.units
        for paper in _candidates(writing, change.class_id, holder, part.terms, change.day):
            key = paper.lot.security
            units = min(need, paper.lot.units - wanted.get(key, 0))
            if units:
                wanted[key] = wanted.get(key, 0) + units
                need -= units
    assert sum(wanted.values()) == sum(part.units for part in change.parts), (
        f"{holder} has no papers for {change.source}: was the register changed by the import itself?"
    )
    return [(writing.live.pop(key), units) for key, units in wanted.items()]


def _candidates(
    writing: _Writing, class_id: str, holder: str, terms: int, day: date
) -> list[_Paper]:
    """Papers of the same terms first; for free units then those whose clocks are over; by age."""

    def rank(paper: _Paper) -> tuple[int, date, str]:
        same = paper.terms == terms
        over = not terms and is_over(paper.terms, day_number(day))
        return (0 if same else 1 if over else 2, paper.lot.acquired, paper.lot.security)

    own = [
        paper
        for paper in writing.live.values()
        if (paper.lot.class_id, paper.lot.holder) == (class_id, holder)
    ]
    return sorted(own, key=rank)


def _deed(
    act: str, day: date, paper: _Paper, key: str, units: int, writing: _Writing
) -> dict[str, JSON]:
    """A transaction on one paper; what it leaves becomes a balance paper."""
    deed: dict[str, JSON] = {
        "object_type": f"TX_STOCK_{act}",
        "id": f"{act.lower()}-{key}",
        "date": day.isoformat(),
        "security_id": paper.lot.security,
        "quantity": _shown(writing, paper.lot.class_id, units),
    }
    rest = paper.lot.units - units
    if rest:
        name = f"{key}-balance"
        lot = replace(paper.lot, security=name, units=rest, custom_id=name)
        _new(writing, replace(paper, lot=lot), day)
        deed["balance_security_id"] = name
    return deed


def _new(writing: _Writing, paper: _Paper, day: date, comments: Sequence[str] = ()) -> None:
    """Bring a paper into being and write its issuance."""
    lot, words = paper.lot, paper.issued
    issuance: dict[str, JSON] = {
        "object_type": "TX_STOCK_ISSUANCE",
        "id": f"issuance-{lot.security}",
        "date": day.isoformat(),
        "security_id": lot.security,
        "custom_id": lot.custom_id,
        "stakeholder_id": lot.holder,
        "stock_class_id": lot.class_id,
        "quantity": _shown(writing, lot.class_id, lot.units),
        "share_price": words.get("share_price") or {"amount": "0", "currency": writing.currency},
        "security_law_exemptions": words.get("security_law_exemptions")
        or [{"description": one, "jurisdiction": "US"} for one in lot.exemptions],
        "stock_legend_ids": words.get("stock_legend_ids") or list(lot.legends),
    }
    if comments:
        issuance["comments"] = list(comments)
    writing.live[lot.security] = replace(paper, issued=issuance)
    writing.items.append(issuance)


def _families(terms: int) -> list[Family]:
    if not terms:
        return []
    known = unpack_vintage(terms)
    named = {
        Family.REG_S: known.b_over,
        Family.REG_CF: known.c_over,
        Family.LOCK_UP: known.d_over,
    }
    first = [Family(known.family)] if known.family in list(Family) else []
    return [*first, *(family for family, day in named.items() if day and family not in first)]


def _shown(writing: _Writing, class_id: str, units: int) -> str:
    return format_units(units, writing.classes[class_id].decimals)


def _currency(table: CapTable, issued: Mapping[str, Mapping[str, JSON]]) -> str:
    """A currency that the files use; prices that nobody knows are written in it."""
    prices = [price for own in table.classes.values() for price in (own.issue_price, own.par)]
    stated = [fields.get("share_price") for fields in issued.values()]
    found = [price.currency for price in prices if isinstance(price, Price)]
    found += [str(price.get("currency")) for price in stated if isinstance(price, dict)]
    return found[0] if found else "USD"


# ---- files -------------------------------------------------------------------------------------


def _stakeholder(holder: Holder) -> dict[str, JSON]:
    fields: dict[str, JSON] = {
        "object_type": "STAKEHOLDER",
        "id": holder.id,
        "name": {"legal_name": holder.name},
        "stakeholder_type": "INDIVIDUAL" if holder.kind is HolderKind.PERSON else "INSTITUTION",
    }
    if holder.country:
        fields["addresses"] = [{"address_type": "LEGAL", "country": holder.country}]
    return fields


def _with_file(
    package: Package, file_type: str, stem: str, items: Sequence[dict[str, JSON]]
) -> Package:
    if not items:
        return package
    names = {file.name for file in package.files}
    numbered = [f"{stem}.ocf.json", *(f"{stem}-{n}.ocf.json" for n in range(2, len(names) + 3))]
    name = next(one for one in numbered if one not in names)
    objects = tuple(
        OcfObject(str(fields["object_type"]), str(fields["id"]), name, fields) for fields in items
    )
    added = OcfFile(name, {"file_type": file_type}, objects)
    return replace(package, files=(*package.files, added))


def _as_of(package: Package, day: date | None) -> Package:
    """The files speak for the day of the last change from then on."""
    stated = str(package.manifest.get("as_of", ""))[:10]
    if day is None or day.isoformat() <= stated:
        return package
    return replace(package, manifest={**package.manifest, "as_of": day.isoformat()})
