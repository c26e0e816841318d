"""How a partnership's distribution is shown: tier by tier, partner by partner, with returns."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction

from freehold.core.actions.exit_answer import money, per_cent
from freehold.core.actions.irr import irr
from freehold.core.actions.partnership import (
    CatchUp,
    Paid,
    PreferredReturn,
    ReturnOfCapital,
    Tier,
    distribute,
    flows_of,
    investors,
    promote_of,
    tier_limits,
)
from freehold.core.actions.partnership_file import PartnershipFile
from freehold.doors.cli.output import Column, Table


def partnership_answer(file: PartnershipFile, amount: int) -> tuple[dict[str, object], list[Table]]:
    """The document of a distribution and the tables that say the same."""
    paid = distribute(file.terms, amount, file.on)
    partners = list(_partners(file, paid))
    limits = list(_limits(file))
    document: dict[str, object] = {
        "kind": "partnership",
        "name": file.name,
        "currency": file.currency,
        "exit": money(amount, file.digits, plain=True),
        "on": file.on,
        "tiers": list(_tiers(file, paid[-1])),
        "partners": partners,
        "breakpoints": limits,
    }
    tables = [_tiers_table(file, paid[-1], amount), _partners_table(partners)]
    return document, [*tables, _limits_table(file, limits)]


def described(tier: Tier) -> str:
    """A tier in the words of an agreement."""
    if isinstance(tier, ReturnOfCapital):
        return "return of capital"
    if isinstance(tier, PreferredReturn):
        return f"preferred return to {per_cent(tier.irr)} IRR"
    if isinstance(tier, CatchUp):
        share, until = per_cent(tier.sponsor), per_cent(tier.until)
        return f"catch-up, {share} to the sponsor until {until} of profit"
    rest = "the rest" if tier.until_irr is None else f"to {per_cent(tier.until_irr)} IRR"
    return f"split, {per_cent(tier.sponsor)} promote, {rest}"


def _tiers(file: PartnershipFile, paid: Paid) -> Iterator[dict[str, object]]:
    for one in paid.tiers:
        yield {
            "tier": one.tier + 1,
            "what": described(file.terms.tiers[one.tier]),
            "amount": money(one.amount, file.digits, plain=True),
            "promote": money(one.promote, file.digits, plain=True),
            "investors": {
                who: money(part, file.digits, plain=True) for who, part in one.investors.items()
            },
        }


def _partners(file: PartnershipFile, paid: tuple[Paid, ...]) -> Iterator[dict[str, object]]:
    """Every partner as an investor, then the sponsor's promote."""
    for who in investors(file.terms):
        flows = flows_of(file.terms, who, paid)
        put_in = sum(amount for _, amount in flows if amount > 0)
        got = -sum(amount for _, amount in flows if amount < 0)
        now = sum(tier.investors.get(who, 0) for tier in paid[-1].tiers)
        yield {
            "partner": who,
            "as": "investor",
            "put_in": money(put_in, file.digits, plain=True),
            "received_in_all": money(got, file.digits, plain=True),
            "received_now": money(now, file.digits, plain=True),
            "irr": irr(flows),
            "multiple": Fraction(got, put_in),
        }
    yield {
        "partner": file.terms.sponsor,
        "as": "sponsor",
        "put_in": money(0, file.digits, plain=True),
        "received_in_all": money(promote_of(paid), file.digits, plain=True),
        "received_now": money(promote_of(paid[-1:]), file.digits, plain=True),
        "irr": None,
        "multiple": None,
    }


def _limits(file: PartnershipFile) -> Iterator[dict[str, object]]:
    """From which distribution on each tier takes the money."""
    begun = 0
    for tier, limit in zip(file.terms.tiers, [*tier_limits(file.terms, file.on), 1], strict=True):
        if limit:
            yield {"exit": money(begun, file.digits, plain=True), "tier": described(tier)}
        begun += limit


def _tiers_table(file: PartnershipFile, paid: Paid, amount: int) -> Table:
    who = investors(file.terms)
    columns = [Column("tier"), Column("amount", number=True)]
    columns += [Column(one, number=True) for one in who]
    columns.append(Column(f"{file.terms.sponsor}'s promote", number=True))
    rows = [
        [
            described(file.terms.tiers[one.tier]),
            money(one.amount, file.digits),
            *(money(one.investors.get(partner, 0), file.digits) for partner in who),
            money(one.promote, file.digits),
        ]
        for one in paid.tiers
    ]
    sums = [sum(one.investors.get(partner, 0) for one in paid.tiers) for partner in who]
    sums = [amount, *sums, sum(one.promote for one in paid.tiers)]
    rows.append(["all", *(money(one, file.digits) for one in sums)])
    title = f"{file.name}: {money(amount, file.digits)} {file.currency} on {file.on}"
    return Table(title, columns, rows)


def _partners_table(partners: list[dict[str, object]]) -> Table:
    columns = [Column("partner"), Column("as"), Column("put in", number=True)]
    columns += [Column("now", number=True), Column("in all", number=True)]
    columns += [Column("IRR", number=True), Column("multiple", number=True)]
    rows = [
        (
            str(one["partner"]),
            str(one["as"]),
            str(one["put_in"]),
            str(one["received_now"]),
            str(one["received_in_all"]),
            _rate(one["irr"]),
            f"{float(multiple):.3f}x" if isinstance(multiple := one["multiple"], Fraction) else "",
        )
        for one in partners
    ]
    return Table("Partners", columns, rows)


def _rate(rate: object) -> str:
    return f"{rate * 100:.4f} %" if isinstance(rate, Decimal) else ""


def _limits_table(file: PartnershipFile, limits: list[dict[str, object]]) -> Table:
    columns = [Column("from a distribution of", number=True), Column("the next unit goes to")]
    rows = [(str(one["exit"]), str(one["tier"])) for one in limits]
    return Table(f"Tiers on {file.on}", columns, rows)
