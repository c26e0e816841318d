"""Open Cap Table Format in and out: a directory's files to a cap table, to acts, and back.

    read(files)             package, issuer, classes and holders, or Invalid with all mistakes
    write(file)             the directory's files again; every object unchanged and in its order
    extend(file, changes)   the same, and what happened on the chain since in files of its own
    plan(file)              the acts that write its past into a register, by legal day
    captable_at(file, day)  who holds what on a legal day, and the claims on top

`inspect` is `read` without the refusal: for a person who wants to see what is wrong. A file with
any mistake is refused whole. What OCF leaves open, or writes oddly, is read in one stated way and
noted (`file.notices`): see docs/reference/ocf.md.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from freehold.core.acts import Act, Admit, Notice, OpenClass
from freehold.core.captable import CapTable, replay
from freehold.core.errors import Invalid, Mistake
from freehold.core.holder import Holder
from freehold.core.instrument import Issuer, Price, ShareClass
from freehold.core.ocf import dilution, links, terms
from freehold.core.ocf.changes import Change, changes_of
from freehold.core.ocf.continued import continued, terms_by_paper
from freehold.core.ocf.files import Findings, Package, parse
from freehold.core.ocf.files import write as write_package
from freehold.core.ocf.order import Step, in_order
from freehold.core.ocf.papers import Papers, gather
from freehold.core.ocf.walk import Walk, walk

__all__ = [
    "CapTableFile",
    "captable_at",
    "changes_of",
    "extend",
    "first_day",
    "inspect",
    "last_day",
    "plan",
    "read",
    "write",
]


@dataclass(frozen=True, slots=True)
class CapTableFile:
    """A package that was read, and what it describes. `steps` are in the order of legal days."""

    package: Package
    issuer: Issuer
    classes: Mapping[str, ShareClass]
    holders: Mapping[str, Holder]
    papers: Papers
    steps: tuple[Step, ...]
    notices: tuple[Notice, ...]


def read(files: Mapping[str, str], decimals: Mapping[str, int] | None = None) -> CapTableFile:
    """Read the files of a directory (name -> text).

    `decimals`: decimal places by class id; OCF states none, so a class not named has whole shares.
    Raises Invalid with every mistake and its place if there is one.
    """
    file, mistakes = inspect(files, decimals)
    if mistakes:
        count = "one mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        raise Invalid(f"the cap table has {count}; nothing was read", mistakes)
    return file


def inspect(
    files: Mapping[str, str], decimals: Mapping[str, int] | None = None
) -> tuple[CapTableFile, tuple[Mistake, ...]]:
    """What could be read, and every mistake found; never raises for what files contain."""
    found = Findings([], [])
    package = parse(files, found)
    issuer = terms.issuer_of(package, found)
    classes = terms.classes_of(package, decimals or {}, found)
    holders = terms.holders_of(package, found)
    terms.check_references(package, found)
    papers = gather(package, classes, found)
    links.check(package, papers, found)
    steps = in_order(package, papers, found)
    state = walk(package, classes, papers, steps, found)
    found.notices += dilution.overdrawn_plans(state)
    found.notices += _odd_days(package, issuer, steps)
    notices = tuple(dict.fromkeys(found.notices))
    file = CapTableFile(package, issuer, classes, holders, papers, tuple(steps), notices)
    return file, tuple(found.mistakes)


def write(file: CapTableFile) -> dict[str, str]:
    """The directory's files (name -> text): every object as it was read, md5 sums new."""
    return write_package(file.package)


def extend(
    file: CapTableFile,
    changes: Sequence[Change],
    holders: Sequence[Holder],
    begun: date,
    *,
    each_on_its_day: bool,
) -> dict[str, str]:
    """The directory's files, and behind them what changed since the import of `file`.

    `holders` are all that are known now; `begun` and `each_on_its_day` as for `terms_by_paper`.
    """
    table = captable_at(file, last_day(file))
    terms = terms_by_paper(plan(file), begun, each_on_its_day=each_on_its_day)
    return write_package(continued(file.package, table, terms, changes, holders))


def plan(file: CapTableFile) -> list[Act]:
    """The acts that write the company's past: classes, holders, then every change by legal day."""
    start = first_day(file)
    opened = [OpenClass(start, own, own.id) for own in file.classes.values()]
    admitted = [Admit(start, holder, holder.id) for holder in file.holders.values()]
    return [*opened, *admitted, *_walk(file, None).acts]


def captable_at(file: CapTableFile, day: date) -> CapTable:
    """The cap table after everything that took effect up to and including a legal day."""
    state = _walk(file, day)
    claims, open_claims = dilution.claims_of(state, day)
    return CapTable(
        day=day,
        issuer=file.issuer,
        classes=file.classes,
        holders=file.holders,
        lots=tuple(replay(state.acts).values()),
        authorised=state.limits,
        conversions=state.rights,
        claims=claims,
        open_claims=open_claims,
        issue_prices=_issue_prices(file, state.price_scale),
    )


def _issue_prices(file: CapTableFile, scale: Mapping[str, Fraction]) -> dict[str, Price]:
    """What a unit was first sold for, in the units there are after splits."""
    return {
        key: replace(own.issue_price, per_unit=own.issue_price.per_unit / scale.get(key, 1))
        for key, own in file.classes.items()
        if own.issue_price
    }


def first_day(file: CapTableFile) -> date:
    """The first legal day of anything in the file, the company's formation included."""
    days = [step.day for step in file.steps]
    if file.issuer.formed:
        days.append(file.issuer.formed)
    return min(days, default=date(1970, 1, 1))


def last_day(file: CapTableFile) -> date:
    """The legal day of the last transaction."""
    return max((step.day for step in file.steps), default=first_day(file))


def _walk(file: CapTableFile, until: date | None) -> Walk:
    unfit, void = set(file.papers.unfit), set(file.papers.void)
    papers = Papers(file.papers.papers, file.papers.deeds, file.papers.maker, unfit, void)
    return walk(file.package, file.classes, papers, list(file.steps), Findings([], []), until)


def _odd_days(package: Package, issuer: Issuer, steps: list[Step]) -> list[Notice]:
    """Transactions before the company existed, or after the day its file speaks for."""
    notices = []
    as_of = package.manifest.get("as_of")
    for step in steps:
        place = step.what.item.place if hasattr(step.what, "item") else step.what.place
        if issuer.formed and step.day < issuer.formed:
            notices.append(Notice(place, f"{step.day} is before the company was formed"))
        if isinstance(as_of, str) and step.day.isoformat() > as_of[:10]:
            notices.append(Notice(place, f"{step.day} is after the file's own day, {as_of}"))
    return notices
