"""Where each rule of the catalogue is kept: its one home, the rules of profiles that keep it, and the
test vectors between which one input flips the outcome.

`catalogue.toml` lists the rows. What keeps a row is not written there but found: every rule of a
profile names the row it comes from. A rule that names no row, or a row that nothing keeps, is a
mistake of ours and is said so.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from freehold.core.policy.model import Mark
from freehold.core.policy.parse import Profiles


class Home(StrEnum):
    """Where a row of the catalogue is decided."""

    CHAIN = "chain"
    GATE = "gate"
    PAYMENT = "payment"
    DATED_TASK = "dated task"
    NOT_BUILT = "not built"


ON_CHAIN = frozenset({"attributes", "families", "prohibitions", "paths", "caps"})
"""The tables of a profile from which the rules of a token are compiled."""
_LISTS = (*sorted(ON_CHAIN), "tests", "obligations")


@dataclass(frozen=True, slots=True)
class Keeper:
    """One rule of a profile that keeps a row; `where` is the table it stands in, `at` a test's stage."""

    profile: str
    where: str
    id: str
    mark: Mark
    at: str = ""

    @property
    def is_unverified(self) -> bool:
        return self.mark is Mark.UNVERIFIED


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the catalogue. `flips` are vectors of one situation with different outcomes, `besides`
    what keeps it and is no rule of a profile."""

    id: str
    title: str
    home: Home
    flips: tuple[str, ...]
    note: str
    besides: str
    keepers: tuple[Keeper, ...]

    @property
    def is_unverified(self) -> bool:
        """Whether anything that keeps the row rests on a text that nobody has checked."""
        return any(one.is_unverified for one in self.keepers)


def coverage(catalogue: str, profiles: Profiles) -> tuple[Row, ...]:
    """Every row of the catalogue, in its order, with the rules that keep it."""
    kept: dict[str, list[Keeper]] = {}
    for row, keeper in _keepers(profiles):
        kept.setdefault(row, []).append(keeper)
    return tuple(
        Row(
            one["id"],
            one["title"],
            Home(one["home"]),
            tuple(one.get("flips", ())),
            one.get("note", ""),
            one.get("besides", ""),
            tuple(kept.get(one["id"], ())),
        )
        for one in tomllib.loads(catalogue)["rows"]
    )


def unknown_rows(rows: tuple[Row, ...], profiles: Profiles) -> list[str]:
    """Rules of profiles that name no row of the catalogue."""
    known = {row.id for row in rows}
    return [f"{one.profile} {one.id}: {row}" for row, one in _keepers(profiles) if row not in known]


def _keepers(profiles: Profiles) -> Iterator[tuple[str, Keeper]]:
    for name in sorted(profiles):
        profile = tomllib.loads(profiles[name])
        for where in _LISTS:
            for rule in profile.get(where, ()):
                yield rule.get("rule", ""), _keeper(name, where, rule, profile)


def _keeper(
    profile: str, where: str, rule: Mapping[str, str], content: Mapping[str, Any]
) -> Keeper:
    id = rule.get("id") or rule.get("name", "")
    if id.startswith("$"):
        id = content["parameters"][id[1:]]["default"]
    return Keeper(profile, where, id, Mark(rule.get("mark", Mark.CHOICE)), rule.get("at", ""))
