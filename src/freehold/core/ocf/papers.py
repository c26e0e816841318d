"""Which securities a package brings into being, and what its transactions do to them.

A *paper* is one security as its issuance states it: stock, equity compensation, a warrant or a
convertible. A *deed* is one transaction that ends papers and makes others. `links` checks
that they fit together, `walk` carries them out day by day.

One thing that OCF needs is supplied when it is missing, and noted: an exercise or release of equity
compensation whose resulting issuance no file contains implies that issuance: the quantity of the
deed (less other results), of the grant's class, to the grant's holder, on the deed's day.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from freehold.core import clock
from freehold.core.errors import Invalid
from freehold.core.ids import JSON
from freehold.core.instrument import ShareClass
from freehold.core.ocf.files import Findings, OcfObject, Package
from freehold.core.ocf.terms import number, units_of
from freehold.core.units import format_units


class Family(StrEnum):
    STOCK = "stock"
    EQUITY = "equity compensation"
    WARRANT = "warrant"
    CONVERTIBLE = "convertible"


_FAMILIES = {
    "TX_STOCK_": Family.STOCK,
    "TX_EQUITY_COMPENSATION_": Family.EQUITY,
    "TX_PLAN_SECURITY_": Family.EQUITY,
    "TX_WARRANT_": Family.WARRANT,
    "TX_CONVERTIBLE_": Family.CONVERTIBLE,
}
_WHOLE = ("TRANSFER", "CANCELLATION", "REPURCHASE", "RETRACTION", "REISSUANCE", "CONSOLIDATION")
DEEDS = (*_WHOLE, "CONVERSION", "EXERCISE", "RELEASE")


@dataclass(frozen=True, slots=True)
class Paper:
    """A security at its issue. `quantity` is base units, or money for a convertible.

    `quantity` or `day` None means that the file's figure cannot be read. `class_id` of a grant or
    warrant is the class it would become, if one can be told.
    """

    id: str
    family: Family
    class_id: str
    holder: str
    quantity: Fraction | None
    day: date | None
    item: OcfObject


@dataclass(frozen=True, slots=True)
class Deed:
    """A transaction that ends (part of) `sources`; `results` and `balance` are made by it."""

    item: OcfObject
    family: Family
    act: str
    day: date
    sources: tuple[str, ...]
    results: tuple[str, ...]
    balance: str

    @property
    def makes_stock_elsewhere(self) -> bool:
        """Its results are issuances of another family, which have a day of their own."""
        return self.family is not Family.STOCK and self.act in ("EXERCISE", "RELEASE", "CONVERSION")


@dataclass(frozen=True, slots=True)
class Papers:
    """All papers and deeds. `maker`: paper id -> the deed that makes it.

    `unfit` are papers, and `void` deeds (by place), of which a mistake is already known; what
    follows from them is not judged, so that one mistake is named once.
    """

    papers: dict[str, Paper]
    deeds: tuple[Deed, ...]
    maker: dict[str, Deed]
    unfit: set[str]
    void: set[str]


def gather(package: Package, classes: Mapping[str, ShareClass], found: Findings) -> Papers:
    """Every paper and deed of a package. What is wrong between them, `links.check` tells."""
    papers: dict[str, Paper] = {}
    unfit: set[str] = set()
    plans = _classes_of_plans(package)
    for item in package.all():
        if item.kind.startswith("TX_") and item.kind.endswith("_ISSUANCE"):
            _add_paper(papers, unfit, item, classes, plans, found)
    deeds = tuple(deed for deed in map(_deed, package.all()) if deed)
    for deed in deeds:
        _add_implied(papers, unfit, deed, classes, found)
    return Papers(papers, deeds, {}, unfit, set())


def split_kind(kind: str) -> tuple[Family | None, str]:
    """Family and act of an object type: TX_STOCK_TRANSFER -> stock, TRANSFER."""
    for prefix, family in _FAMILIES.items():
        act = kind.removeprefix(prefix)
        if act != kind and (act in DEEDS or act in ("ISSUANCE", "ACCEPTANCE", "REPRICING")):
            return family, act
    return None, ""


def day_of(item: OcfObject) -> date | None:
    """The legal day of a transaction; None where the file's cannot be read."""
    try:
        return clock.parse_day(item.text("date")) if len(item.text("date")) == 10 else None
    except Invalid:
        return None


def decimals_of(class_id: str, classes: Mapping[str, ShareClass]) -> int:
    """Decimal places of a class; 0 for one that is not known."""
    return classes[class_id].decimals if class_id in classes else 0


def _classes_of_plans(package: Package) -> dict[str, str]:
    """Plan id -> its class, for plans of one class only."""
    plans = {}
    for plan in package.all("STOCK_PLAN"):
        ids = plan.texts("stock_class_ids") or (plan.text("stock_class_id"),)
        plans[plan.id] = ids[0] if len(ids) == 1 else ""
    return plans


def _add_paper(
    papers: dict[str, Paper],
    unfit: set[str],
    item: OcfObject,
    classes: Mapping[str, ShareClass],
    plans: Mapping[str, str],
    found: Findings,
) -> None:
    key, family = item.text("security_id"), split_kind(item.kind)[0]
    assert family, "every issuance has a family"
    if key in papers:
        found.mistake(f"{item.place}: security_id", f"the security {key!r} was issued before")
        unfit.add(key)
        return
    class_id = _class_id(item, family, plans)
    quantity = _quantity(item, family, decimals_of(class_id, classes), found)
    paper = Paper(key, family, class_id, item.text("stakeholder_id"), quantity, day_of(item), item)
    papers[key] = paper
    unreadable = paper.day is None or (quantity is None and family is not Family.WARRANT)
    if unreadable or (family is Family.STOCK and class_id not in classes):
        unfit.add(key)


def _class_id(item: OcfObject, family: Family, plans: Mapping[str, str]) -> str:
    if family in (Family.WARRANT, Family.CONVERTIBLE):
        into = {str(right.get("converts_to_stock_class_id") or "") for right in rights_of(item)}
        return into.pop() if len(into) == 1 else ""
    return item.text("stock_class_id") or plans.get(item.text("stock_plan_id"), "")


def rights_of(item: OcfObject) -> list[dict[str, JSON]]:
    """The conversion rights of a warrant's or convertible's triggers."""
    triggers = (*item.objects("exercise_triggers"), *item.objects("conversion_triggers"))
    rights = (trigger.get("conversion_right") for trigger in triggers)
    return [right for right in rights if isinstance(right, dict)]


def _quantity(item: OcfObject, family: Family, decimals: int, found: Findings) -> Fraction | None:
    if family is Family.CONVERTIBLE:
        return money_of(item, "investment_amount", found)
    if family is Family.WARRANT and "quantity" not in item.fields:
        return _fixed_units(item, decimals)
    units = units_of(item, "quantity", decimals, found)
    return None if units is None else Fraction(units)


def _fixed_units(item: OcfObject, decimals: int) -> Fraction | None:
    """Base units that every trigger of a warrant gives; None where they differ or depend."""
    mechanisms = (right.get("conversion_mechanism") for right in rights_of(item))
    stated = {number(m.get("converts_to_quantity")) for m in mechanisms if isinstance(m, dict)}
    whole = stated.pop() if len(stated) == 1 else None
    return Fraction(whole * 10**decimals // 1) if whole and whole > 0 else None


def money_of(item: OcfObject, field: str, found: Findings) -> Fraction | None:
    """An amount of money, exact; None (and a mistake) where it is not above zero."""
    money = item.fields.get(field)
    amount = number(money.get("amount")) if isinstance(money, dict) else None
    if amount is not None and amount <= 0:
        found.mistake(f"{item.place}: {field}", f"{field} {amount} is not above zero")
        return None
    return amount


def _deed(item: OcfObject) -> Deed | None:
    family, act = split_kind(item.kind)
    day = day_of(item)
    if not family or act not in DEEDS or not day:
        return None
    sources = item.texts("security_ids") or (item.text("security_id"),)
    results = item.texts("resulting_security_ids")
    if item.text("resulting_security_id"):
        results += (item.text("resulting_security_id"),)
    return Deed(item, family, act, day, sources, results, item.text("balance_security_id"))


def _add_implied(
    papers: dict[str, Paper],
    unfit: set[str],
    deed: Deed,
    classes: Mapping[str, ShareClass],
    found: Findings,
) -> None:
    """The stock issuance that an exercise or release implies, where no file contains it."""
    missing = [key for key in deed.results if key not in papers]
    grant = papers.get(deed.sources[0])
    fits = grant and grant.family is Family.EQUITY and grant.class_id in classes
    if not grant or not fits or deed.act not in ("EXERCISE", "RELEASE") or len(missing) != 1:
        return
    key, decimals = missing[0], decimals_of(grant.class_id, classes)
    units = units_of(deed.item, "quantity", decimals, Findings([], []))
    present = [papers[other].quantity for other in deed.results if other in papers]
    left = None if units is None or None in present else units - sum(q or 0 for q in present)
    quantity = Fraction(left) if left and left > 0 else None
    papers[key] = Paper(
        key, Family.STOCK, grant.class_id, grant.holder, quantity, deed.day, deed.item
    )
    if quantity is None:
        unfit.add(key)
        return
    found.notice(
        f"{deed.item.place}: resulting_security_ids",
        f"no issuance makes {key!r}; {format_units(int(quantity), decimals)} units of "
        f"{grant.class_id!r} issued to {grant.holder!r} on {deed.day} are implied",
    )
