"""The claims on an exit from a cap table: nobody writes down again what the file already says.

Open Cap Table Format states seniority (higher is repaid first), liquidation multiple, participation
cap (a class without one does not participate) and conversion rights of each class, and strikes of
options and warrants. What it cannot say of an exit (debt, carve-outs, escrow, dividends) belongs
into a file of terms, of which `draft_of` writes the beginning; what the table leaves open is told as a
notice, never guessed.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from freehold.core.actions.exit_file import ExitFile
from freehold.core.actions.waterfall import (
    Common,
    ExitTerms,
    Option,
    Participation,
    Preferred,
    has_residual,
)
from freehold.core.captable import CapTable, Claim, ClaimKind, holdings
from freehold.core.errors import Invalid, Mistake
from freehold.core.identifiers import minor_digits
from freehold.core.instrument import InstrumentKind, Price, ShareClass

_COUNTED = (
    ClaimKind.OPTION,
    ClaimKind.WARRANT,
    ClaimKind.STOCK_UNIT,
    ClaimKind.APPRECIATION_RIGHT,
)

Field = tuple[str, str | int | Fraction]
UNKNOWN = "unknown"
"""What a draft writes for what the table does not say: nobody can read it as a number."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The text of a file of terms to go on with, and what the table has that it leaves out."""

    text: str
    notices: tuple[str, ...] = ()


def exit_of(table: CapTable) -> ExitFile:
    """Terms and holders of an exit on the table's day.

    Units that are granted count whether vested or not; a plan's free reserve does not. Raises
    Invalid with every class of which the preference cannot be told.
    """
    units = holdings(table)
    held = {key: dict(sorted(who.items())) for key, who in units.items() if any(who.values())}
    mistakes = [*_mistakes(table, held), *_currency_mistakes(table)]
    if mistakes:
        raise Invalid("the cap table does not say what an exit needs", mistakes)
    currency = next(iter(_currencies(table)))
    scale = Fraction(10) ** minor_digits(currency)
    ranks = _ranks(table, list(held))
    options = _options(table)
    terms = ExitTerms(
        tuple(
            Common(key, _whole(table, key, sum(held[key].values())))
            for key in held
            if _is_common(table.classes[key])
        ),
        tuple(
            _preferred(table, key, sum(held[key].values()), ranks[key], scale)
            for key in held
            if not _is_common(table.classes[key])
        ),
        tuple(
            _option(table, name, price * scale, claims) for name, (price, claims) in options.items()
        ),
    )
    if not has_residual(terms):
        raise Invalid("the cap table has no class that gets what is left: there is no common stock")
    granted = {name: _by_holder(claims) for name, (_, claims) in options.items()}
    counted = {key: _whole(table, key, sum(who.values())) for key, who in held.items()}
    counted |= {one.id: one.shares for one in terms.options}
    notices = tuple(_notices(table))
    return ExitFile(table.issuer.name, currency, terms, (), held | granted, notices, counted)


def draft_of(table: CapTable, units: Mapping[str, Fraction]) -> Draft:
    """The file of terms that says what the table says, with the whole units that there are of each class.

    Read, it gives the terms of `exit_of` where the units are the table's. It names no holder.
    """
    there = {key: units[key] for key in table.classes if units.get(key)}
    ranks, named = _ranks(table, list(there)), _currencies(table)
    parts = [_head(table.issuer.name, min(named) if len(named) == 1 else UNKNOWN)]
    for key, count in there.items():
        lines: list[Field] = [("id", key), ("units", count)]
        if not _is_common(table.classes[key]):
            lines += _rights(table, key, ranks[key])
        parts.append(_written_table("class", lines))
    for name, (price, claims) in _options(table).items():
        count = sum((_whole(table, one.class_id, one.units) for one in claims), Fraction(0))
        into = next(one.class_id for one in claims)
        right: list[Field] = [("strike", price), ("into", into)]
        parts.append(_written_table("option", [("id", name), ("units", count), *right]))
    return Draft("\n".join(parts), tuple(_notices(table)))


def draft_of_classes(issuer: str, currency: str, units: Mapping[str, Fraction]) -> Draft:
    """The same of an issuer without a cap table file: every class shares what is left as a common one."""
    tables = [_written_table("class", [("id", key), ("units", n)]) for key, n in units.items() if n]
    return Draft("\n".join([_head(issuer, currency), *tables]))


def _head(issuer: str, currency: str) -> str:
    lines = (("kind", "exit"), ("name", f"{issuer} sold"), ("currency", currency))
    return "".join(f"{key} = {_value(value)}\n" for key, value in lines)


def _rights(table: CapTable, key: str, rank: int) -> list[Field]:
    """What the file says of a preferred class beside its units."""
    own, price = table.classes[key], table.issue_prices.get(key)
    multiple, cap = own.liquidation_multiple, own.participation_cap
    lines: list[Field] = [
        ("price", UNKNOWN if price is None else price.per_unit),
        ("multiple", UNKNOWN if multiple is None else multiple),
        ("rank", rank),
    ]
    if cap is not None:
        lines += [("participation", str(Participation.CAPPED)), ("cap", cap)]
    rights = [one for one in table.conversions.get(key, ()) if _into_common(table, one.into)]
    if rights:
        lines.append(("converts_into", rights[0].into))
        lines += [("ratio", rights[0].ratio)] if rights[0].ratio != 1 else []
    return lines


def _written_table(name: str, lines: Sequence[Field]) -> str:
    return f"[[{name}]]\n" + "".join(f"{key} = {_value(value)}\n" for key, value in lines)


def _value(value: str | int | Fraction) -> str:
    """A value as TOML; an exact number that is not whole stands in quotes, as decimal where it is one."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if value.denominator == 1:
        return str(value.numerator)
    places = next((n for n in range(1, 61) if 10**n % value.denominator == 0), 0)
    if not places:
        return f'"{value}"'
    whole, rest = divmod(int(value * 10**places), 10**places)
    return f'"{whole}.{rest:0{places}d}"'


def _is_common(one: ShareClass) -> bool:
    return one.kind is InstrumentKind.COMMON


def _whole(table: CapTable, class_id: str, units: int) -> Fraction:
    return Fraction(units, 10 ** table.classes[class_id].decimals)


def _option(table: CapTable, name: str, price: Fraction, claims: Sequence[Claim]) -> Option:
    units = sum((_whole(table, one.class_id, one.units) for one in claims), Fraction(0))
    return Option(name, units, units * price)


def _preferred(table: CapTable, key: str, units: int, rank: int, scale: Fraction) -> Preferred:
    own, whole = table.classes[key], _whole(table, key, units)
    original = table.issue_prices[key].per_unit * whole * scale
    rights = [one for one in table.conversions.get(key, ()) if _into_common(table, one.into)]
    ratio = rights[0].ratio if rights else None
    cap = own.participation_cap
    return Preferred(
        key,
        original * (own.liquidation_multiple or 0),
        rank,
        whole * (1 if ratio is None else ratio),
        Participation.NONE if cap is None else Participation.CAPPED,
        None if cap is None else original * cap,
        convertible=ratio is not None,
    )


def _into_common(table: CapTable, class_id: str) -> bool:
    return class_id in table.classes and _is_common(table.classes[class_id])


def _ranks(table: CapTable, held: Sequence[str]) -> dict[str, int]:
    """1 for the highest seniority among the preferred classes that somebody holds."""
    classes = [table.classes[key] for key in held if not _is_common(table.classes[key])]
    levels = sorted({own.seniority for own in classes}, reverse=True)
    return {own.id: 1 + levels.index(own.seniority) for own in classes}


def _options(table: CapTable) -> dict[str, tuple[Fraction, list[Claim]]]:
    """Claims that are exercised alike: one kind, one class, one strike."""
    found: dict[str, tuple[Fraction, list[Claim]]] = {}
    for claim in table.claims:
        price = _strike(claim)
        if price is None or not _into_common(table, claim.class_id):
            continue
        name = f"{claim.kind} at {_written(price)}" if price else str(claim.kind)
        found.setdefault(name, (price, []))[1].append(claim)
    return dict(sorted(found.items()))


def _strike(claim: Claim) -> Fraction | None:
    """What a unit costs; a stock unit costs nothing. None where the claim cannot be counted."""
    if claim.kind is ClaimKind.STOCK_UNIT:
        return Fraction(0)
    counted = claim.kind in _COUNTED and claim.strike is not None
    return claim.strike.per_unit if counted and claim.strike else None


def _written(price: Fraction) -> str:
    return str(float(price)) if Fraction(str(float(price))) == price else str(price)


def _by_holder(claims: Sequence[Claim]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in claims:
        found[one.holder] = found.get(one.holder, 0) + one.units
    return dict(sorted(found.items()))


def _currencies(table: CapTable) -> set[str]:
    prices: list[Price] = list(table.issue_prices.values())
    prices += [one.strike for one in table.claims if one.strike]
    return {one.currency for one in prices}


def _currency_mistakes(table: CapTable) -> Iterator[Mistake]:
    found = sorted(_currencies(table))
    if not found:
        yield Mistake("price_per_share", "no class states one, so the currency is not known")
    if len(found) > 1:
        yield Mistake("currency", f"prices are in {', '.join(found)}: an exit is paid in one")


def _mistakes(table: CapTable, held: Iterable[str]) -> Iterator[Mistake]:
    for key in held:
        own = table.classes[key]
        if _is_common(own):
            continue
        if key not in table.issue_prices:
            yield Mistake(f"{key}: price_per_share", "is missing: its preference cannot be told")
        if own.liquidation_multiple is None:
            message = "is missing: write 1 for its price once, 0 for no preference"
            yield Mistake(f"{key}: liquidation_preference_multiple", message)


def _notices(table: CapTable) -> Iterator[str]:
    """What the table has that the exit leaves out, and why."""
    for claim in table.claims:
        who = f"{claim.kind} {claim.security} of {claim.holder}"
        if claim.kind is ClaimKind.POOL:
            continue
        if claim.kind is ClaimKind.CONVERTIBLE:
            yield f"{who} is left out: write it as a debt in a file of terms, or convert it first"
        elif _strike(claim) is None:
            yield f"{who} is left out: no price is stated at which it is exercised"
        elif not _into_common(table, claim.class_id):
            yield f"{who} is left out: it becomes {claim.class_id}, which is no common class"
    for one in table.open_claims:
        yield f"{one.kind} {one.security} of {one.holder or 'a plan'} is left out: {one.reason}"
