"""The issuer, the classes and the holders that a package describes, and what its objects point at.

Quantities become base units of their class: OCF states no decimal places, so whole shares unless
the reader says otherwise. A reference to something the register needs (a stakeholder, a stock
class, a split) that no file defines is a mistake; one to something that means nothing on chain (a
plan, vesting terms, a legend text) is noted.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from fractions import Fraction

from freehold.core import clock
from freehold.core.errors import Invalid
from freehold.core.holder import Holder, HolderKind
from freehold.core.identifiers import parse_country
from freehold.core.ids import JSON, HolderId
from freehold.core.instrument import (
    ConversionRight,
    InstrumentKind,
    Issuer,
    Price,
    Rounding,
    ShareClass,
)
from freehold.core.ocf.files import Findings, OcfObject, Package
from freehold.core.ocf.objects import is_numeric
from freehold.core.units import parse_units

_NEEDED = {
    "stakeholder_id": "STAKEHOLDER",
    "stock_class_id": "STOCK_CLASS",
    "stock_class_ids": "STOCK_CLASS",
    "split_transaction_id": "TX_STOCK_CLASS_SPLIT",
}
_NOTED = {
    "issuer_id": "ISSUER",
    "stock_plan_id": "STOCK_PLAN",
    "vesting_terms_id": "VESTING_TERMS",
    "stock_legend_ids": "STOCK_LEGEND_TEMPLATE",
}
_ROUNDING = {"CEILING": Rounding.UP, "NORMAL": Rounding.NEAREST}


def issuer_of(package: Package, found: Findings) -> Issuer:
    """The company whose cap table this is."""
    stated = package.issuer
    country = _country(stated.place, "country_of_formation", stated.fields, found)
    day = stated.text("formation_date")
    try:
        formed = clock.parse_day(day) if day else None
    except Invalid:  # already listed as a flaw of the field
        formed = None
    return Issuer(stated.id, stated.text("legal_name"), country, formed)


def classes_of(
    package: Package, decimals: Mapping[str, int], found: Findings
) -> dict[str, ShareClass]:
    """The stock classes by id. `decimals` are places by class id; a class not named has none."""
    return {
        stated.id: _class(stated, decimals.get(stated.id, 0), found)
        for stated in package.all("STOCK_CLASS")
    }


def holders_of(package: Package, found: Findings) -> dict[str, Holder]:
    """The stakeholders by id; the country is that of the legal address, else of the first one."""
    return {stated.id: _holder(stated, found) for stated in package.all("STAKEHOLDER")}


def check_references(package: Package, found: Findings) -> None:
    """Ids that two objects of one sort share, and references to ids that nothing has."""
    known = _known(package, found)
    for item in package.all():
        for field, kind in (_NEEDED | _NOTED).items():
            if field == "split_transaction_id" and item.kind != "TX_STOCK_REISSUANCE":
                continue
            stated = item.texts(field) or ((item.text(field),) if item.text(field) else ())
            for key in stated:
                if key not in known[kind]:
                    say = found.mistake if field in _NEEDED else found.notice
                    name = kind.removeprefix("TX_").lower().replace("_", " ")
                    say(f"{item.place}: {field}", f"no {name} has the id {key!r}")


def units_of(item: OcfObject, field: str, decimals: int, found: Findings) -> int | None:
    """A quantity as base units; None (and a mistake) where it is not one above zero."""
    units = _base_units(item, field, decimals, found)
    if units == 0:
        found.mistake(f"{item.place}: {field}", f"{field} is zero")
    return units or None


def authorised_units(item: OcfObject, field: str, decimals: int, found: Findings) -> int | None:
    """A limit as base units; None where the file says there is none (or cannot be read)."""
    return _base_units(item, field, decimals, found)


def _base_units(item: OcfObject, field: str, decimals: int, found: Findings) -> int | None:
    if not is_numeric(item.fields.get(field)):  # a flaw of form, listed already
        return None
    try:
        return parse_units(item.text(field).lstrip("+"), decimals, field)
    except Invalid as refusal:
        found.mistake(f"{item.place}: {field}", refusal.message)
        return None


def conversion_right(into: str, mechanism: JSON) -> ConversionRight | None:
    """A ratio conversion as a right; None for mechanisms that no ratio expresses."""
    if not isinstance(mechanism, dict) or mechanism.get("type") != "RATIO_CONVERSION":
        return None
    ratio = mechanism.get("ratio")
    if not isinstance(ratio, dict):
        return None
    numbers = number(ratio.get("numerator")), number(ratio.get("denominator"))
    if not numbers[0] or not numbers[1]:
        return None
    rounding = _ROUNDING.get(str(mechanism.get("rounding_type")), Rounding.DOWN)
    return ConversionRight(into, numbers[0] / numbers[1], rounding)


def number(written: JSON) -> Fraction | None:
    """A decimal string as an exact fraction."""
    try:
        return Fraction(written) if isinstance(written, str) else None
    except ValueError:
        return None


def _known(package: Package, found: Findings) -> dict[str, set[str]]:
    """Ids by object type. All transactions count as one sort: no two may share an id."""
    seen: Counter[tuple[str, str]] = Counter()
    known: dict[str, set[str]] = {kind: set() for kind in (*_NEEDED.values(), *_NOTED.values())}
    known["ISSUER"] = {package.issuer.id}
    for item in package.all():
        sort = item.kind[:3] if item.kind.startswith(("TX_", "CE_")) else item.kind
        seen[sort, item.id] += 1
        if seen[sort, item.id] == 2:
            found.mistake(f"{item.place}: id", f"another object has the id {item.id!r} already")
        known.setdefault(item.kind, set()).add(item.id)
    return known


def _class(stated: OcfObject, decimals: int, found: Findings) -> ShareClass:
    kind = "PREFERRED" if stated.text("class_type") == "PREFERRED" else "COMMON"
    return ShareClass(
        id=stated.id,
        name=stated.text("name"),
        symbol=stated.text("default_id_prefix").strip("- ") or stated.id,
        kind=InstrumentKind[kind],
        decimals=decimals,
        authorised=authorised_units(stated, "initial_shares_authorized", decimals, found),
        votes=number(stated.fields.get("votes_per_share")) or Fraction(0),
        seniority=number(stated.fields.get("seniority")) or Fraction(0),
        par=_price(stated.fields.get("par_value")),
        issue_price=_price(stated.fields.get("price_per_share")),
        liquidation_multiple=number(stated.fields.get("liquidation_preference_multiple")),
        participation_cap=number(stated.fields.get("participation_cap_multiple")),
        conversions=tuple(_conversions(stated)),
    )


def _conversions(stated: OcfObject) -> Iterator[ConversionRight]:
    for right in stated.objects("conversion_rights"):
        into = str(right.get("converts_to_stock_class_id") or "")
        found = conversion_right(into, right.get("conversion_mechanism"))
        if found and into:
            yield found


def _price(money: JSON) -> Price | None:
    if not isinstance(money, dict):
        return None
    amount = number(money.get("amount"))
    return Price(amount, str(money.get("currency"))) if amount is not None else None


def _holder(stated: OcfObject, found: Findings) -> Holder:
    name = stated.fields.get("name")
    legal = name.get("legal_name") if isinstance(name, dict) else None
    if not isinstance(legal, str) or not legal.strip():
        found.mistake(f"{stated.place}: name.legal_name", "is missing")
    kind = "ENTITY" if stated.text("stakeholder_type") == "INSTITUTION" else "PERSON"
    addresses = sorted(
        stated.objects("addresses"), key=lambda address: address.get("address_type") != "LEGAL"
    )
    country = (
        _country(f"{stated.place}: addresses", "country", addresses[0], found) if addresses else ""
    )
    return Holder(HolderId(stated.id), str(legal), HolderKind[kind], country)


def _country(place: str, field: str, fields: Mapping[str, JSON], found: Findings) -> str:
    written = fields.get(field)
    try:
        return parse_country(written, field) if isinstance(written, str) else ""
    except Invalid as refusal:
        found.mistake(f"{place}: {field}", refusal.message)
        return ""
