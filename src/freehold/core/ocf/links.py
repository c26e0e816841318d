"""Whether papers and deeds fit together, as far as that can be told without walking the days.

Every paper a deed names exists and is of the right sort; every paper a deed makes is made once, on
the day of the deed, in the right class and hand; an acceptance does not come before the paper it
speaks of (vesting may: it often counts from the day of hire). Sums and the order of days are
`walk`'s business.
"""

from collections.abc import Mapping

from freehold.core.ocf.files import Findings, OcfObject, Package
from freehold.core.ocf.papers import Deed, Family, Paper, Papers, day_of, split_kind

_SPEAKS_OF_PAPER = (
    "TX_VESTING_START",
    "TX_VESTING_EVENT",
    "TX_VESTING_ACCELERATION",
    "TX_STOCK_PLAN_RETURN_TO_POOL",
)
_SAME_HOLDER = ("REISSUANCE", "CONSOLIDATION", "CONVERSION")
_SAME_CLASS = ("TRANSFER", "REISSUANCE", "CONSOLIDATION")


def check(package: Package, papers: Papers, found: Findings) -> None:
    """Name what does not fit; fills `papers.maker`, and `papers.void` with the deeds concerned."""
    splits = {split.id: split for split in package.all("TX_STOCK_CLASS_SPLIT")}
    for deed in papers.deeds:
        before = len(found.mistakes)
        sources = _check_sources(deed, papers, found)
        _check_results(deed, sources, papers, found)
        _check_balance(deed, sources, papers, found)
        _check_split(deed, sources, splits, found)
        if len(found.mistakes) > before:
            papers.void.add(deed.item.place)
    for item in package.all():
        if item.kind in _SPEAKS_OF_PAPER or split_kind(item.kind)[1] in ("ACCEPTANCE", "REPRICING"):
            _check_remark(item, papers, found)


def _check_sources(deed: Deed, papers: Papers, found: Findings) -> list[Paper]:
    place = f"{deed.item.place}: {'security_ids' if deed.act == 'CONSOLIDATION' else 'security_id'}"
    sources = []
    for key in deed.sources:
        paper = papers.papers.get(key)
        if not paper:
            found.mistake(place, f"no issuance makes the security {key!r}")
        elif paper.family is not deed.family and key not in papers.unfit:
            found.mistake(place, f"the security {key!r} is {paper.family}, not {deed.family}")
        else:
            sources.append(paper)
    if len({(paper.holder, paper.class_id) for paper in sources}) > 1:
        found.mistake(place, "the securities are not of one holder and one class")
    if len(set(deed.sources)) < len(deed.sources):
        found.mistake(place, "a security is named twice")
    return sources


def _check_results(deed: Deed, sources: list[Paper], papers: Papers, found: Findings) -> None:
    single = "resulting_security_id" in deed.item.fields
    place = f"{deed.item.place}: resulting_security_id{'' if single else 's'}"
    made = [paper for key in deed.results if (paper := _made(place, key, deed, papers, found))]
    for paper in made:
        if deed.makes_stock_elsewhere:
            _check_elsewhere(place, deed, paper, sources, found)
        else:
            _check_same(place, deed, paper, sources, found)
    classes = {paper.class_id for paper in made}
    if deed.act == "CONVERSION" and deed.family is Family.STOCK and made:
        if len(classes) > 1:
            found.mistake(place, "the resulting securities are of several classes")
        elif sources and sources[0].class_id in classes:
            found.mistake(place, f"{sources[0].class_id!r} is converted into itself")


def _made(place: str, key: str, deed: Deed, papers: Papers, found: Findings) -> Paper | None:
    paper = papers.papers.get(key)
    if not paper:
        found.mistake(place, f"no issuance makes the security {key!r}")
    elif key in papers.maker:
        other = papers.maker[key].item
        found.mistake(place, f"the security {key!r} is made by {other.id!r} already")
    else:
        papers.maker[key] = deed
    return paper


def _check_same(
    place: str, deed: Deed, paper: Paper, sources: list[Paper], found: Findings
) -> None:
    """A result of the same family: same day, and where the deed asks for it, class and holder."""
    if paper.family is not deed.family:
        found.mistake(place, f"the security {paper.id!r} is {paper.family}, not {deed.family}")
    if paper.day and paper.day != deed.day:
        message = f"the security {paper.id!r} is issued on {paper.day}, this is dated {deed.day}"
        found.mistake(place, message)
    for source in sources[:1]:
        if deed.act in _SAME_CLASS and paper.class_id != source.class_id:
            message = f"the security {paper.id!r} is of {paper.class_id!r}, not {source.class_id!r}"
            found.mistake(place, message)
        if deed.act in _SAME_HOLDER and paper.holder != source.holder:
            message = (
                f"the security {paper.id!r} is held by {paper.holder!r}, not {source.holder!r}"
            )
            found.mistake(place, message)


def _check_elsewhere(
    place: str, deed: Deed, paper: Paper, sources: list[Paper], found: Findings
) -> None:
    """Stock made by an exercise, release or conversion: not before it, in the class promised."""
    if paper.day and paper.day < deed.day:
        message = f"the security {paper.id!r} is issued on {paper.day}, before this ({deed.day})"
        found.mistake(place, message)
    if paper.family is not Family.STOCK:
        found.mistake(place, f"the security {paper.id!r} is {paper.family}, not stock")
        return
    for source in sources[:1]:
        if source.class_id and paper.class_id != source.class_id:
            message = f"the security {paper.id!r} is of {paper.class_id!r}, not {source.class_id!r}"
            say = found.notice if deed.family is Family.CONVERTIBLE else found.mistake
            say(place, message)
        if paper.holder != source.holder:
            message = f"the security {paper.id!r} goes to {paper.holder!r}, not {source.holder!r}"
            found.notice(place, message)


def _check_balance(deed: Deed, sources: list[Paper], papers: Papers, found: Findings) -> None:
    place = f"{deed.item.place}: balance_security_id"
    if not deed.balance:
        if deed.item.fields.get("balance_security_id") == "":
            found.notice(place, "is empty; read as no balance")
        return
    paper = _made(place, deed.balance, deed, papers, found)
    if not paper:
        return
    for source in sources[:1]:
        if (paper.holder, paper.class_id) != (source.holder, source.class_id):
            message = f"the security {paper.id!r} has not the holder and class of {source.id!r}"
            found.mistake(place, message)
    if paper.family is not deed.family:
        found.mistake(place, f"the security {paper.id!r} is {paper.family}, not {deed.family}")
    if paper.day and paper.day != deed.day:
        message = f"the security {paper.id!r} is issued on {paper.day}, this is dated {deed.day}"
        found.mistake(place, message)


def _check_split(
    deed: Deed, sources: list[Paper], splits: Mapping[str, OcfObject], found: Findings
) -> None:
    """A reissuance that names a split names one of its own class, and not a later one."""
    key = deed.item.text("split_transaction_id")
    place = f"{deed.item.place}: split_transaction_id"
    split = splits.get(key)
    if not split:  # listed already as an id that nothing has
        return
    if sources and split.text("stock_class_id") != sources[0].class_id:
        found.mistake(place, f"the split {key!r} is of {split.text('stock_class_id')!r}")
    day = day_of(split)
    if day and day > deed.day:
        found.mistake(place, f"the split {key!r} comes later, on {day}")


def _check_remark(item: OcfObject, papers: Papers, found: Findings) -> None:
    paper = papers.papers.get(item.text("security_id"))
    day = day_of(item)
    if not paper:
        message = f"no issuance makes the security {item.text('security_id')!r}"
        found.mistake(f"{item.place}: security_id", message)
    elif day and paper.day and day < paper.day and "VESTING" not in item.kind:
        message = f"{day} is before the security {paper.id!r} was issued ({paper.day})"
        found.mistake(f"{item.place}: date", message)
