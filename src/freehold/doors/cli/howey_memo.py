"""The memo of `freehold howey ask` as text that reads well to a person."""

import textwrap
from collections.abc import Iterator

from freehold.core.policy.howey.findings import Memo, PartFinding, Reason
from freehold.core.policy.howey.parts import State
from freehold.core.policy.howey.questions import PRONGS, TITLES
from freehold.core.policy.howey.sources import Source

_WIDTH = 100
_GATE = {State.MET: "yes", State.NOT_MET: "no", State.UNCLEAR: "unclear"}


def memo_text(memo: Memo) -> str:
    """The whole memo, lines of at most 100 columns."""
    return "\n".join(line for block in _blocks(memo) for line in [*block, ""]).rstrip()


def _blocks(memo: Memo) -> Iterator[list[str]]:
    yield [f"Is it a security? {memo.name}".rstrip(), *_filled(f"{memo.verdict}. {memo.says}")]
    yield [*_filled(memo.why), *_standing(memo)]
    for part in memo.parts:
        yield _part(part)
    yield from _open_points(memo)
    yield ["Other law to look at", *_items(f"{one.law}: {one.says}" for one in memo.other_law)]
    yield ["Sources", *_items(map(_source, memo.sources))]
    yield _filled(
        f"{memo.notice} Factor table {memo.table} as of {memo.as_of}; sources marked [unverified] have"
        " to be checked by a person. + points toward a security, - away from one. What the token is"
        " called was not considered."
    )


def _standing(memo: Memo) -> list[str]:
    said = [f"Gate: {memo.gate}."]
    said += [f"Form: {memo.form}."] if memo.form else []
    said += [f"The asset itself: {memo.category}."] if memo.category != "none" else []
    return _filled(" ".join(said))


def _part(part: PartFinding) -> list[str]:
    state = part.state if part.part in PRONGS else _GATE[part.state]
    lines = _filled(f"{TITLES[part.part]}: {state}. {part.why}")
    for reason in part.reasons:
        lines += _reason(reason)
    if part.missing:
        lines += _filled(f"? not answered: {', '.join(part.missing)}", "  ")
    return lines


def _reason(reason: Reason) -> list[str]:
    evidence = f" Evidence: {reason.evidence}" if reason.evidence else ""
    sign = "+" if reason.toward else "-"
    law = "; ".join(reason.cites)
    return _filled(f"{sign} {reason.question}: {reason.says} ({law}){evidence}", "  ")


def _open_points(memo: Memo) -> Iterator[list[str]]:
    if memo.contradictions:
        pairs = (f"{one} and {other} cannot both be yes" for one, other in memo.contradictions)
        yield ["Answers that contradict each other", *_items(pairs)]
    if memo.missing:
        asked = (f"{one.question}: {one.text}" for one in memo.missing)
        yield ["Missing facts: questions that can still change the verdict", *_items(asked)]
    if memo.changes:
        flips = (
            f"{one.question} {one.answer} -> {one.verdict}: {one.says}" for one in memo.changes
        )
        yield ["What would change the answer, each by itself", *_items(flips)]
    else:
        yield ["No single other answer would change it."]


def _source(source: Source) -> str:
    unverified = " [unverified]" if source.mark == "G" else ""
    return f"{source.name}: {source.title}{unverified}"


def _items(said: Iterator[str]) -> Iterator[str]:
    for one in said:
        yield from _filled(f"* {one}", "  ")


def _filled(text: str, indent: str = "") -> list[str]:
    rest = f"{indent}  " if indent else ""
    return textwrap.wrap(text, _WIDTH, initial_indent=indent, subsequent_indent=rest)
