"""The claims on an exit from a cap table: nobody writes down again what the file already says.

Open Cap Table Format states seniority (higher is repaid first), liquidation multiple, participation
cap (a class without one does not participate) and conversion rights of each class, and strikes of
options and warrants. What it cannot say of an exit (debt, carve-outs, escrow, dividends) belongs
into a file of terms; what the table leaves open is told as a notice, never guessed.
"""

from collections.abc import Iterable, Iterator, Sequence
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
    return ExitFile(table.issuer.name, currency, terms, (), held | granted, tuple(_notices(table)))


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
