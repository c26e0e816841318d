"""The order in which a package's transactions took effect.

OCF files need not be sorted, and dates have no time. By day; within a day in the files' order,
except that a paper is made before it is acted on, a split comes before the reissuances it causes,
a new limit comes after a split of the same day (it states the figure after it), a higher limit
before the issues that need it and a lower one after the day's other transactions.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from heapq import heapify, heappop, heappush
from itertools import groupby

from freehold.core.ocf.files import Findings, OcfObject, Package
from freehold.core.ocf.papers import Deed, Paper, Papers, day_of
from freehold.core.ocf.terms import number

_CLASS_DEEDS = (
    "TX_STOCK_CLASS_SPLIT",
    "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT",
    "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT",
    "TX_STOCK_PLAN_POOL_ADJUSTMENT",
    "TX_STOCK_PLAN_RETURN_TO_POOL",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happens on a day: a paper's issue, a deed, or an act on a class or plan.

    `makes` and `needs` are what must be there first, within the day.
    """

    day: date
    rank: int
    index: int
    what: Paper | Deed | OcfObject
    makes: frozenset[str]
    needs: frozenset[str]


def in_order(package: Package, papers: Papers, found: Findings) -> list[Step]:
    """All steps in the order they took effect; what can come into being only by itself is named."""
    place = {item.place: index for index, item in enumerate(package.all())}
    splits = package.all("TX_STOCK_CLASS_SPLIT")
    steps = [
        *_issues(papers, place),
        *_deeds(splits, papers, place, found),
        *_class_deeds(package, place),
    ]
    steps.sort(key=lambda step: step.day)
    ordered: list[Step] = []
    for _, day in groupby(steps, key=lambda step: step.day):
        ordered += _within_day(list(day), papers, found)
    return ordered


def _issues(papers: Papers, place: dict[str, int]) -> Iterator[Step]:
    for paper in papers.papers.values():
        maker = papers.maker.get(paper.id)
        if paper.day and (not maker or maker.makes_stock_elsewhere):
            needs = {f"deed {maker.item.place}"} if maker else set()
            makes = frozenset({f"paper {paper.id}"})
            yield Step(paper.day, 0, place[paper.item.place], paper, makes, frozenset(needs))


def _deeds(
    splits: tuple[OcfObject, ...], papers: Papers, place: dict[str, int], found: Findings
) -> Iterator[Step]:
    for deed in papers.deeds:
        made = () if deed.makes_stock_elsewhere else (*deed.results, deed.balance)
        makes = {f"deed {deed.item.place}"} | {f"paper {key}" for key in made if key}
        before = set(_splits_before(splits, papers, deed, found))
        needs = {f"paper {key}" for key in deed.sources} | before
        index = place[deed.item.place]
        yield Step(deed.day, 0, index, deed, frozenset(makes), frozenset(needs))


def _splits_before(
    splits: tuple[OcfObject, ...], papers: Papers, deed: Deed, found: Findings
) -> Iterator[str]:
    """The split a reissuance names, or one of its day and class that its sums show it to follow."""
    if deed.act != "REISSUANCE":
        return
    if named := deed.item.text("split_transaction_id"):
        yield f"split {named}"
        return
    source = papers.papers.get(deed.sources[0])
    made = [papers.papers[key].quantity for key in deed.results if key in papers.papers]
    if not source or not source.day or not source.quantity or None in made:
        return
    own = [split for split in splits if split.text("stock_class_id") == source.class_id]
    days = [(day, split) for split in own if (day := day_of(split)) and day > source.day]
    units = source.quantity
    for day, split in sorted(days, key=lambda pair: pair[0]):
        after = Fraction(units * (split_ratio(split) or 1) // 1)
        if day == deed.day and units != sum(q for q in made if q) == after:
            message = f"by its sums it follows the split {split.id!r}, which it does not name"
            found.notice(deed.item.place, message)
            yield f"split {split.id}"
        units = after


def split_ratio(split: OcfObject) -> Fraction | None:
    """New units for one old unit; None where the file's ratio cannot be read."""
    ratio = split.fields.get("split_ratio")
    parts = ratio if isinstance(ratio, dict) else {}
    numerator, denominator = number(parts.get("numerator")), number(parts.get("denominator"))
    return numerator / denominator if numerator and denominator else None


def _class_deeds(package: Package, place: dict[str, int]) -> Iterator[Step]:
    limits: dict[str, Fraction] = {
        item.id: number(item.fields.get("initial_shares_authorized")) or Fraction(0)
        for item in package.all("STOCK_CLASS")
    }
    items = [(day, item) for item in package.all(*_CLASS_DEEDS) if (day := day_of(item))]
    for day, item in sorted(items, key=lambda pair: pair[0]):
        class_id, rank = item.text("stock_class_id"), 0
        if item.kind == "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT":
            limit = number(item.fields.get("new_shares_authorized"))
            lower = limit is not None and limit < limits.get(class_id, Fraction(0))
            rank, limits[class_id] = (1 if lower else -1), limit or Fraction(0)
        split = item.kind == "TX_STOCK_CLASS_SPLIT"
        makes = {f"split {item.id}", f"split of {class_id}"} if split else set()
        needs = set() if split else {f"split of {class_id or 'any'}"}
        index = place[item.place]
        yield Step(day, rank, index, item, frozenset(makes), frozenset(needs))


def _within_day(steps: list[Step], papers: Papers, found: Findings) -> list[Step]:
    """Stable topological order: of the steps that may come next, the one of lowest rank, index."""
    makers = {token: n for n, step in enumerate(steps) for token in step.makes}
    waits = [{makers[t] for t in step.needs if t in makers} - {n} for n, step in enumerate(steps)]
    after: dict[int, list[int]] = {}
    for n, wait in enumerate(waits):
        for earlier in wait:
            after.setdefault(earlier, []).append(n)
    ready = [(step.rank, step.index, n) for n, step in enumerate(steps) if not waits[n]]
    heapify(ready)
    done: dict[int, Step] = {}
    while ready:
        n = heappop(ready)[2]
        done[n] = steps[n]
        for later in after.get(n, ()):
            waits[later].discard(n)
            if not waits[later]:
                heappush(ready, (steps[later].rank, steps[later].index, later))
    _name_circles((step for n, step in enumerate(steps) if n not in done), papers, found)
    return list(done.values())


def _name_circles(stuck: Iterable[Step], papers: Papers, found: Findings) -> None:
    for step in stuck:
        if isinstance(step.what, Deed):
            message = "the securities it ends come into being only by what it makes"
            found.mistake(f"{step.what.item.place}: security_id", message)
            papers.unfit.update(step.what.sources)
