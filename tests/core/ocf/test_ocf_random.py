"""Random companies: what is written is read again, and every reading ends in the same units.

A company is drawn act by act against a list of its certificates kept here, then its transactions
are shuffled: a file need not be sorted. The acts of the plan are also carried out by a second small
register, which knows nothing of `freehold.core.captable.replay`.
"""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from freehold.core import acts, ocf
from freehold.core.captable import fully_diluted, holdings
from tests.core.ocf.worlds import Item, deed, issuance, northwind, package, split, stock_class
from tests.size import times

HOLDERS = ("ann", "ben", "cid")
CLASSES = ("common", "preferred")


@dataclass
class Company:
    """The certificates that exist, and the transactions that made them."""

    day: date = date(2021, 1, 1)
    live: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    items: list[Item] = field(default_factory=list)
    numbers: int = 0

    def issue(self, holder: str, of: str, units: int) -> str:
        self.numbers += 1
        name = f"s{self.numbers}"
        self.live[name] = (holder, of, units)
        self.items.append(issuance(name, self.day.isoformat(), holder, str(units), of))
        return name

    def record(self, kind: str, **fields: object) -> None:
        self.numbers += 1
        self.items.append(deed(kind, f"t{self.numbers}", self.day.isoformat(), **fields))


def transfer(company: Company, draw: Callable, name: str) -> None:
    holder, of, units = company.live.pop(name)
    part = draw(st.integers(1, units))
    first = draw(st.integers(1, part))
    made = [company.issue(draw(st.sampled_from(HOLDERS)), of, first)]
    if part > first:
        made.append(company.issue(draw(st.sampled_from(HOLDERS)), of, part - first))
    rest = {"balance_security_id": company.issue(holder, of, units - part)} if units > part else {}
    company.record(
        "STOCK_TRANSFER", security_id=name, quantity=str(part), resulting_security_ids=made, **rest
    )


def end(company: Company, draw: Callable, name: str) -> None:
    holder, of, units = company.live.pop(name)
    part = draw(st.integers(1, units))
    rest = {"balance_security_id": company.issue(holder, of, units - part)} if units > part else {}
    kind = draw(st.sampled_from(("STOCK_CANCELLATION", "STOCK_REPURCHASE")))
    company.record(kind, security_id=name, quantity=str(part), **rest)


def retract(company: Company, draw: Callable, name: str) -> None:
    company.live.pop(name)
    company.record("STOCK_RETRACTION", security_id=name)


def reissue(company: Company, draw: Callable, name: str) -> None:
    holder, of, units = company.live.pop(name)
    first = draw(st.integers(1, units))
    made = [company.issue(holder, of, first)]
    if units > first:
        made.append(company.issue(holder, of, units - first))
    company.record("STOCK_REISSUANCE", security_id=name, resulting_security_ids=made)


def consolidate(company: Company, draw: Callable, name: str) -> None:
    holder, of, _ = company.live[name]
    names = [n for n, (h, c, _) in company.live.items() if (h, c) == (holder, of)]
    units = sum(company.live.pop(n)[2] for n in names)
    made = company.issue(holder, of, units)
    company.record("STOCK_CONSOLIDATION", security_ids=names, resulting_security_id=made)


def convert(company: Company, draw: Callable, name: str) -> None:
    holder, of, units = company.live.pop(name)
    part = draw(st.integers(1, units))
    other = CLASSES[1 - CLASSES.index(of)]
    made = [company.issue(holder, other, part * draw(st.integers(1, 3)))]
    rest = {"balance_security_id": company.issue(holder, of, units - part)} if units > part else {}
    company.record(
        "STOCK_CONVERSION",
        security_id=name,
        quantity_converted=str(part),
        resulting_security_ids=made,
        **rest,
    )


def split_class(company: Company, draw: Callable, name: str) -> None:
    """On a day of its own, so that before and after are certain; half of the lots reissued."""
    of = company.live[name][1]
    top, bottom = draw(st.sampled_from(((2, 1), (3, 1), (3, 2), (1, 2))))
    company.day += timedelta(days=1)
    company.numbers += 1
    key = f"split{company.numbers}"
    company.items.append(split(key, company.day.isoformat(), str(top), str(bottom), of))
    for own, (holder, class_id, units) in list(company.live.items()):
        if class_id != of:
            continue
        after = units * top // bottom
        company.live[own] = (holder, of, after)
        if after and draw(st.booleans()):
            del company.live[own]
            made = [company.issue(holder, of, after)]
            named = {"split_transaction_id": key} if draw(st.booleans()) else {}
            if named or after != units:
                company.record(
                    "STOCK_REISSUANCE", security_id=own, resulting_security_ids=made, **named
                )
            else:
                company.items.pop()
                company.live[own] = company.live.pop(made[0])
    company.live = {own: lot for own, lot in company.live.items() if lot[2]}
    company.day += timedelta(days=1)


CHANGES = (transfer, end, retract, reissue, consolidate, convert, split_class)


@st.composite
def companies(draw: Callable) -> tuple[Company, dict[str, str]]:
    company = Company()
    for _ in range(draw(st.integers(1, 12))):
        if not company.live or draw(st.integers(0, 2)) == 0:
            company.issue(
                draw(st.sampled_from(HOLDERS)),
                draw(st.sampled_from(CLASSES)),
                draw(st.integers(1, 10**12)),
            )
        else:
            name = draw(st.sampled_from(sorted(company.live)))
            draw(st.sampled_from(CHANGES))(company, draw, name)
        company.day += timedelta(days=draw(st.integers(0, 2)))
    company.items = draw(st.permutations(company.items))
    return company, package(company.items, [stock_class(key) for key in CLASSES])


def expected(company: Company) -> Counter[tuple[str, str]]:
    units: Counter[tuple[str, str]] = Counter()
    for holder, of, quantity in company.live.values():
        units[of, holder] += quantity
    return units


def second_register(plan: list[acts.Act]) -> Counter[tuple[str, str]]:
    """Certificates by number: [holder, class, units]. Nothing here is shared with the package."""
    lots: dict[str, list] = {}
    for act in plan:
        if isinstance(act, acts.Issue):
            lots[act.lot.security] = [act.lot.holder, act.lot.class_id, act.lot.units]
        elif isinstance(act, acts.Transfer):
            assert lots[act.from_security][0] == act.from_holder
            lots[act.from_security][2] -= act.lot.units
            lots[act.lot.security] = [act.lot.holder, act.lot.class_id, act.lot.units]
        elif isinstance(act, acts.Redeem):
            assert lots[act.security][:2] == [act.holder, act.class_id]
            lots[act.security][2] -= act.units
        elif isinstance(act, acts.Convert):
            assert lots[act.security][:2] == [act.holder, act.from_class]
            lots[act.security][2] -= act.units
            for lot in act.lots:
                lots[lot.security] = [lot.holder, lot.class_id, lot.units]
        elif isinstance(act, acts.Reissue):
            before = sum(lots.pop(security)[2] for security in act.securities)
            assert before == sum(lot.units for lot in act.lots)
            for lot in act.lots:
                lots[lot.security] = [lot.holder, lot.class_id, lot.units]
        elif isinstance(act, acts.Split):
            for lot in lots.values():
                if lot[1] == act.class_id:
                    lot[2] = lot[2] * act.numerator // act.denominator
        assert all(lot[2] >= 0 for lot in lots.values()), act
    units: Counter[tuple[str, str]] = Counter()
    for holder, of, quantity in lots.values():
        units[of, holder] += quantity
    return +units


def table_units(file: ocf.CapTableFile) -> Counter[tuple[str, str]]:
    held = holdings(ocf.captable_at(file, ocf.last_day(file)))
    return +Counter({(of, h): units for of, by_h in held.items() for h, units in by_h.items()})


@settings(max_examples=times(80), deadline=None)
@given(companies())
def test_a_shuffled_company_reads_as_what_it_is(drawn):
    company, texts = drawn
    file, mistakes = ocf.inspect(texts)
    assert not mistakes, [str(mistake) for mistake in mistakes]
    assert table_units(file) == second_register(ocf.plan(file)) == expected(company)


@settings(max_examples=times(30), deadline=None)
@given(companies())
def test_what_is_written_is_read_again_equal(drawn):
    file = ocf.read(drawn[1])
    again = ocf.read(ocf.write(file))
    assert again.package.all() == file.package.all()
    assert ocf.plan(again) == ocf.plan(file)


@settings(max_examples=times(80), deadline=None)
@given(companies(), st.data())
def test_with_one_quantity_changed_it_is_refused_or_still_adds_up(drawn, data):
    company, _ = drawn
    item = data.draw(st.sampled_from([i for i in company.items if "quantity" in i]))
    item["quantity"] = str(int(item["quantity"]) + 1)
    texts = package(company.items, [stock_class(key) for key in CLASSES])
    file, mistakes = ocf.inspect(texts)
    assert mistakes or table_units(file) == second_register(ocf.plan(file))


def test_the_plan_of_northwind_ends_in_its_cap_table():
    file = ocf.read(northwind())
    assert second_register(ocf.plan(file)) == table_units(file)


VALUES = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        1.5,
        "",
        "x",
        "1",
        "-1",
        "1e9",
        "9" * 40,
        [],
        {},
        [[]],
        [{}],
        {"a": 1},
        ["x"],
        "2022-02-30",
        "2022-03-01",
        "cs-1",
        "common",
        {"amount": "1"},
        {"numerator": "1"},
    ]
)


def places(value: object, path: tuple = ()) -> list[tuple]:
    """Every path into a JSON document."""
    inner = value.items() if isinstance(value, dict) else ()
    inner = enumerate(value) if isinstance(value, list) else inner
    return [path, *(p for key, item in inner for p in places(item, (*path, key)))]


@settings(max_examples=times(120), deadline=None)
@given(st.data())
def test_whatever_stands_in_a_file_it_is_read_or_refused(data):
    texts = northwind()
    for _ in range(data.draw(st.integers(1, 4))):
        name = data.draw(st.sampled_from(sorted(texts)))
        document = json.loads(texts[name])
        path = data.draw(st.sampled_from(places(document)[1:] or [()]))
        target = document
        for key in path[:-1]:
            target = target[key]
        if path:
            target[path[-1]] = data.draw(VALUES)
        texts[name] = json.dumps(document)
    file, mistakes = ocf.inspect(texts)
    ocf.write(file)
    if not mistakes:
        fully_diluted(ocf.captable_at(file, ocf.last_day(file)))
        assert table_units(file) == second_register(ocf.plan(file))
