"""Taking over an incumbent's register from CSV: read, prove against control totals, plan.

One line is one certificate or book-entry lot. Nothing is changed by reading: the result carries its
own totals, `differences` compares them with the totals the incumbent declared and with a register
that exists already, and only when nothing differs does a desk carry out the `plan`. The acts are
dated on the day of the take-over; the acquisition day of each lot is the one in the file. Columns
and codes are documented in docs/reference/take-over.md.
"""

import csv
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from freehold.core.acts import Act, Admit, Cause, Freeze, Issue, Lot, Notice
from freehold.core.clock import parse_day
from freehold.core.errors import Invalid, Mistake
from freehold.core.facts import NO_FLAGS, Flags
from freehold.core.holder import Holder, HolderKind
from freehold.core.identifiers import parse_country
from freehold.core.ids import HolderId
from freehold.core.instrument import ShareClass
from freehold.core.policy import starter
from freehold.core.units import format_units, parse_units

REQUIRED = ("holder", "name", "country", "class", "certificate", "units", "acquired")
OPTIONAL = ("kind", "legends", "stop", "registration", "tax_status")
LEGENDS = {
    "144": "rule144",
    "REGS": "regs",
    "CF": "regcf",
    "LOCKUP": "lockup",
    "AFFILIATE": "",
    "ROFR": "",
}
"""Legend code -> the vintage family of a lot that bears it; "" where it opens none."""
REGISTRATIONS = ("individual", "joint", "custodian", "trust", "entity", "nominee", "treasury")
MARKS = {"treasury": Flags.TREASURY, "nominee": Flags.NOMINEE, "AFFILIATE": Flags.AFFILIATE}
"""Registration or legend -> the mark that the register keeps of the holder."""
_UNMARKED = {
    "joint": "the register knows one holder; who the joint holders are stays in the file",
    "custodian": "the register knows the holder; the custodian stays in the file",
    "trust": "the register knows the holder; the trust's terms stay in the file",
    "ROFR": "a right of first refusal is the company's to enforce; no rule of the register knows it",
}
"""Registration or legend -> why nothing in the register stands for it."""
_TOTALS = ("holders", "certificates", "units")


@dataclass(frozen=True, slots=True)
class Certificate:
    """One line of the old register. `stop` is the reason of a stop, empty where there is none."""

    line: int
    lot: Lot
    stop: str
    registration: str
    tax_status: str


@dataclass(frozen=True, slots=True)
class Totals:
    """Control totals; `units` by class id in base units. None: not declared."""

    holders: int | None
    certificates: int | None
    units: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class OldRegister:
    classes: Mapping[str, ShareClass]
    holders: Mapping[str, Holder]
    certificates: tuple[Certificate, ...]


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that is not the same on two sides, both as written for a person."""

    what: str
    in_file: str
    expected: str

    def __str__(self) -> str:
        return f"{self.what}: the file has {self.in_file}, expected {self.expected}"


def read_register(text: str, classes: Mapping[str, ShareClass], day: date) -> OldRegister:
    """Read the incumbent's CSV. `classes` by id; a line may name a class by its id or symbol.

    `day` is the day of the take-over; no lot can have been acquired after it. Raises Invalid with
    every mistake, placed by line and column.
    """
    mistakes: list[Mistake] = []
    rows = list(_rows(text, REQUIRED, OPTIONAL, mistakes))
    reading = _Reading(classes, day, mistakes, {}, {}, {})
    certificates = [c for line, row in rows if (c := _certificate(reading, line, row))]
    if not mistakes and not rows:
        mistakes.append(Mistake("line 2", "the file holds no certificates"))
    _check_authorised(certificates, classes, mistakes)
    _check_treasury(certificates, mistakes)
    if mistakes:
        raise Invalid("the register cannot be taken over; nothing was read", mistakes)
    return OldRegister(classes, reading.holders, tuple(certificates))


def read_totals(text: str, classes: Mapping[str, ShareClass]) -> Totals:
    """Read declared control totals: CSV of total (holders, certificates, units), class, number."""
    mistakes: list[Mistake] = []
    counts: dict[str, int] = {}
    units: dict[str, int] = {}
    for line, row in _rows(text, ("total", "class", "number"), (), mistakes):
        by_id = _class_of(row["class"], classes)
        if row["total"] not in _TOTALS:
            mistakes.append(Mistake(f"line {line}: total", f"is none of {', '.join(_TOTALS)}"))
        elif row["total"] == "units" and not by_id:
            mistakes.append(Mistake(f"line {line}: class", f"no class is called {row['class']!r}"))
        else:
            places = by_id.decimals if by_id and row["total"] == "units" else 0
            number = _units(row["number"], places, f"line {line}: number", mistakes)
            if by_id and row["total"] == "units":
                units[by_id.id] = number or 0
            else:
                counts[row["total"]] = number or 0
    if mistakes:
        raise Invalid("the control totals cannot be read", mistakes)
    return Totals(counts.get("holders"), counts.get("certificates"), units)


def totals_of(register: OldRegister) -> Totals:
    """What the file itself sums to."""
    units: Counter[str] = Counter()
    for certificate in register.certificates:
        units[certificate.lot.class_id] += certificate.lot.units
    return Totals(len(register.holders), len(register.certificates), dict(units))


def differences(
    register: OldRegister,
    declared: Totals | None = None,
    existing: Mapping[str, Mapping[str, int]] | None = None,
) -> tuple[Difference, ...]:
    """Where the file differs from declared totals and from existing holdings (class -> holder)."""
    found: list[Difference] = []
    if declared:
        found += _against_totals(register, declared)
    if existing is not None:
        found += _against_holdings(register, existing)
    return tuple(found)


def not_mapped(register: OldRegister) -> tuple[Notice, ...]:
    """What the file says and the register will not: by registration, legend and stop, with its lines."""
    lines: defaultdict[str, list[str]] = defaultdict(list)
    for certificate in register.certificates:
        for word in (certificate.registration, *certificate.lot.legends):
            if word in _UNMARKED:
                lines[f"{word}: {_UNMARKED[word]}"].append(str(certificate.line))
        if certificate.stop:
            said = f"stop {certificate.stop!r}: the units are frozen; the words stay in the file"
            lines[said].append(str(certificate.line))
        if certificate.tax_status:
            said = "tax status: stays in the file; nothing is withheld by it"
            lines[said].append(str(certificate.line))
    told = [Notice(f"line {', '.join(where)}", said) for said, where in lines.items()]
    return (*_many_holders(register), *told)


def _many_holders(register: OldRegister) -> Iterator[Notice]:
    """The classes that have more holders than the starting rules let a company have."""
    holders: defaultdict[str, set[str]] = defaultdict(set)
    for one in register.certificates:
        holders[one.lot.class_id].add(one.lot.holder)
    for id, held in sorted(holders.items()):
        if len(held) > starter.MOST_HOLDERS:
            said = (
                f"{len(held):,} holders, where Exchange Act 12(g)(1)(A) has an issuer register from"
                f" {starter.MOST_HOLDERS + 1:,} on: the class starts without a limit of holders"
            )
            yield Notice(f"class {id}", said)


def marks_of(register: OldRegister) -> dict[str, Flags]:
    """The marks of each holder, by id: of the registrations and legends of all his certificates."""
    marks = dict.fromkeys(register.holders, NO_FLAGS)
    for certificate in register.certificates:
        for word in (certificate.registration, *certificate.lot.legends):
            marks[certificate.lot.holder] |= MARKS.get(word, NO_FLAGS)
    return marks


def plan(register: OldRegister, day: date) -> list[Act]:
    """The acts of the take-over: admit every holder, issue every lot, then stop what is stopped."""
    marks = marks_of(register)
    acts: list[Act] = [
        Admit(day, holder, key, marks[key]) for key, holder in register.holders.items()
    ]
    stops: list[Act] = []
    for certificate in register.certificates:
        lot, source = certificate.lot, f"line {certificate.line}"
        acts.append(Issue(day, lot, Cause.TAKE_OVER, source))
        if certificate.stop:
            stops.append(
                Freeze(
                    day, lot.class_id, lot.holder, lot.security, lot.units, certificate.stop, source
                )
            )
    return [*acts, *stops]


# ---- reading -----------------------------------------------------------------------------------


@dataclass(slots=True)
class _Reading:
    classes: Mapping[str, ShareClass]
    day: date
    mistakes: list[Mistake]
    holders: dict[str, Holder]
    first_line: dict[str, int]
    certificates: dict[tuple[str, str], int]

    def mistake(self, line: int, column: str, message: str) -> None:
        self.mistakes.append(Mistake(f"line {line}: {column}", message))


def _rows(
    text: str, required: tuple[str, ...], optional: tuple[str, ...], mistakes: list[Mistake]
) -> Iterator[tuple[int, dict[str, str]]]:
    """The lines below the header by column, cells trimmed; empty lines are passed over."""
    lines = (line + "\n" for line in text.removeprefix("\ufeff").rstrip("\n").split("\n"))
    reader = csv.reader(lines, strict=True)
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        known = (*required, *optional)
        for column in required:
            if column not in header:
                mistakes.append(Mistake("line 1", f"the column {column!r} is missing"))
        for column in header:
            if column not in known or header.count(column) > 1:
                mistakes.append(Mistake("line 1", f"the column {column!r} is unknown or doubled"))
        if mistakes:
            return
        for cells in reader:
            line = reader.line_num
            if len(cells) > len(header):
                mistakes.append(
                    Mistake(f"line {line}", f"has {len(cells)} cells, not {len(header)}")
                )
            elif any(cell.strip() for cell in cells):
                padded = [*cells, *[""] * (len(header) - len(cells))]
                yield line, dict(zip(header, (cell.strip() for cell in padded), strict=True))
    except csv.Error as problem:
        mistakes.append(Mistake(f"line {reader.line_num}", f"this is not CSV: {problem}"))


def _certificate(reading: _Reading, line: int, row: dict[str, str]) -> Certificate | None:
    before = len(reading.mistakes)
    for column in REQUIRED:
        if not row[column] and column != "country":
            reading.mistake(line, column, "is missing")
    _admit(reading, line, row)
    own = _class_of(row["class"], reading.classes)
    if row["class"] and not own:
        reading.mistake(line, "class", f"no class is called {row['class']!r}")
    units = _units_above_zero(reading, line, row["units"], own)
    acquired = _acquired(reading, line, row["acquired"])
    codes = _legends(reading, line, row.get("legends", ""))
    registration = row.get("registration", "").lower()
    if registration and registration not in REGISTRATIONS:
        reading.mistake(line, "registration", f"is none of {', '.join(REGISTRATIONS)}")
    if own:
        _check_number(reading, line, own.id, row["certificate"])
    if len(reading.mistakes) > before or not own or not units or not acquired:
        return None
    lot = Lot(
        security=f"{own.id}/{row['certificate']}",
        class_id=own.id,
        holder=row["holder"],
        units=units,
        acquired=acquired,
        custom_id=row["certificate"],
        legends=codes,
        family="+".join(dict.fromkeys(LEGENDS[code] for code in codes if LEGENDS[code])),
    )
    return Certificate(line, lot, _stop(row), registration, row.get("tax_status", ""))


def _admit(reading: _Reading, line: int, row: dict[str, str]) -> None:
    """Enter the holder, or see that he is the same as on his first line."""
    kind = row.get("kind", "").lower() or "person"
    if kind not in list(HolderKind):
        reading.mistake(line, "kind", f"{kind!r} is neither person nor entity")
        return
    try:
        country = parse_country(row["country"].upper()) if row["country"] else ""
    except Invalid as refusal:
        reading.mistake(line, "country", refusal.message)
        return
    holder = Holder(HolderId(row["holder"]), row["name"], HolderKind(kind), country)
    known = reading.holders.setdefault(row["holder"], holder)
    first = reading.first_line.setdefault(row["holder"], line)
    if known != holder:
        message = f"{row['holder']!r} has another name, kind or country on line {first}"
        reading.mistake(line, "holder", message)


def _class_of(name: str, classes: Mapping[str, ShareClass]) -> ShareClass | None:
    if name in classes:
        return classes[name]
    return next((own for own in classes.values() if own.symbol == name), None)


def _units_above_zero(
    reading: _Reading, line: int, text: str, own: ShareClass | None
) -> int | None:
    if not text:
        return None
    places = own.decimals if own else 18
    units = _units(text, places, f"line {line}: units", reading.mistakes)
    if units == 0:
        reading.mistake(line, "units", "is zero")
    return units


def _units(text: str, places: int, place: str, mistakes: list[Mistake]) -> int | None:
    try:
        return parse_units(text, places)
    except Invalid as refusal:
        mistakes.append(Mistake(place, refusal.message))
        return None


def _acquired(reading: _Reading, line: int, text: str) -> date | None:
    try:
        day = parse_day(text, "acquired") if text else None
    except Invalid as refusal:
        reading.mistake(line, "acquired", refusal.message)
        return None
    if day and day > reading.day:
        reading.mistake(line, "acquired", f"{day} is after the take-over ({reading.day})")
    return day


def _legends(reading: _Reading, line: int, text: str) -> tuple[str, ...]:
    codes = tuple(text.upper().replace("|", " ").split())
    for code in codes:
        if code not in LEGENDS:
            reading.mistake(line, "legends", f"{code!r} is none of {', '.join(LEGENDS)}")
    return tuple(code for code in codes if code in LEGENDS)


def _stop(row: dict[str, str]) -> str:
    stop = row.get("stop", "")
    return "" if stop.lower() in ("", "no", "n", "0", "false") else stop


def _check_number(reading: _Reading, line: int, class_id: str, number: str) -> None:
    first = reading.certificates.setdefault((class_id, number), line)
    if number and first != line:
        reading.mistake(line, "certificate", f"{number!r} is on line {first} already")


def _check_authorised(
    certificates: list[Certificate], classes: Mapping[str, ShareClass], mistakes: list[Mistake]
) -> None:
    units: Counter[str] = Counter()
    for certificate in certificates:
        own = classes[certificate.lot.class_id]
        before = units[own.id]
        units[own.id] += certificate.lot.units
        if own.authorised is not None and before <= own.authorised < units[own.id]:
            shown = format_units(own.authorised, own.decimals)
            message = f"with this line there are more than the {shown} units authorised"
            mistakes.append(Mistake(f"line {certificate.line}: units", message))


def _check_treasury(certificates: list[Certificate], mistakes: list[Mistake]) -> None:
    """The issuer's own account holds nothing for anybody else: one id, one kind of registration."""
    own = {one.lot.holder: one.line for one in certificates if one.registration == "treasury"}
    for one in certificates:
        first = own.get(one.lot.holder)
        if first and one.registration != "treasury":
            message = f"{one.lot.holder!r} is the issuer's own account on line {first}, not here"
            mistakes.append(Mistake(f"line {one.line}: registration", message))


# ---- comparing ---------------------------------------------------------------------------------


def _against_totals(register: OldRegister, declared: Totals) -> Iterator[Difference]:
    own = totals_of(register)
    for what, ours, theirs in (
        ("holders", own.holders, declared.holders),
        ("certificates", own.certificates, declared.certificates),
    ):
        if theirs is not None and ours != theirs:
            yield Difference(what, str(ours), str(theirs))
    for class_id in sorted({*own.units, *declared.units}):
        show = _shower(register, class_id)
        ours, theirs = own.units.get(class_id, 0), declared.units.get(class_id)
        if theirs is None:
            yield Difference(f"units of {class_id}", show(ours), "no total (none was declared)")
        elif ours != theirs:
            yield Difference(f"units of {class_id}", show(ours), show(theirs))


def _against_holdings(
    register: OldRegister, existing: Mapping[str, Mapping[str, int]]
) -> Iterator[Difference]:
    held: defaultdict[tuple[str, str], int] = defaultdict(int)
    for certificate in register.certificates:
        held[certificate.lot.class_id, certificate.lot.holder] += certificate.lot.units
    theirs = {(c, h): units for c, by_holder in existing.items() for h, units in by_holder.items()}
    for class_id, holder in sorted({*held, *theirs}):
        ours, other = held.get((class_id, holder), 0), theirs.get((class_id, holder), 0)
        if ours != other:
            show = _shower(register, class_id)
            yield Difference(f"{holder} in {class_id}", show(ours), show(other))


def _shower(register: OldRegister, class_id: str) -> Callable[[int], str]:
    decimals = register.classes[class_id].decimals if class_id in register.classes else 0
    return lambda units: format_units(units, decimals)
