"""Everything that gets installed may be used by anybody for anything, and comes from the lock."""

import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata

import pytest
from packaging.requirements import Requirement

from tests.parts import ROOT
from tests.tidy.imports import canonical

PERMISSIVE = re.compile(
    r"\b(MIT(-0)?|0?BSD(-[23]-Clause)?|ISC|Apache|MPL|Mozilla Public|PSF|Python Software Foundation"
    r"|Unlicense|CC0|Public Domain|Zlib)\b",
    re.IGNORECASE,
)
COPYLEFT = re.compile(
    r"\b[AL]?GPL|General Public|EUPL|SSPL|CC-BY-(SA|NC)|CeCILL|Commons Clause", re.I
)
OTHER = {
    # Both are explained in docs/decisions/dependencies.md.
    "lmdb": "OLDAP-2.8",
    "regex": "Apache-2.0 AND CNRI-Python",
}
ONLY_ON_WINDOWS = {"colorama": "BSD-3-Clause", "pywin32": "PSF-2.0"}


def locked(name: str) -> dict[str, Requirement]:
    """The pins of a lock file, by distribution."""
    lines = (ROOT / name).read_text().splitlines()
    pins = [Requirement(line.rstrip(" \\")) for line in lines if re.match(r"[a-z0-9]", line)]
    return {canonical(pin.name): pin for pin in pins}


LOCKED = locked("requirements.lock")


@pytest.mark.parametrize("name", LOCKED)
def test_a_locked_distribution_has_a_permissive_licence(name: str) -> None:
    pin = LOCKED[name]
    if pin.marker and not pin.marker.evaluate():
        assert name in ONLY_ON_WINDOWS, f"{name} is not installed here: look its licence up by hand"
        return
    licence = stated_licence(name)
    assert name in OTHER or not COPYLEFT.search(licence), f"{name}: {licence}"
    if name in OTHER:
        assert licence == OTHER[name], f"{name} states {licence} now"
    else:
        terms = [term for term in re.split(r" AND |, ", licence) if term]
        assert terms and all(map(PERMISSIVE.search, terms)), f"{name} states {licence!r}"


def stated_licence(name: str) -> str:
    """The SPDX expression, else what the classifiers or the licence field say."""
    try:
        stated = metadata(name)
    except PackageNotFoundError:
        pytest.fail(f"{name} is in requirements.lock and not installed")
    classifiers = [
        line.split(" :: ")[-1]
        for line in stated.get_all("Classifier") or []
        if line.startswith("License ::") and line != "License :: OSI Approved"
    ]
    named = stated["License-Expression"] or ", ".join(classifiers) or stated["License"] or ""
    return str(named).splitlines()[0] if named else ""


@pytest.mark.parametrize(
    ("stated", "permitted"),
    [
        ("MIT", True),
        ("Apache-2.0 OR BSD-3-Clause", True),
        ("GPL-3.0-or-later", False),
        ("GNU Lesser General Public License v3 (LGPLv3)", False),
        ("AGPL-3.0-only", False),
        ("Proprietary", False),
        ("", False),
    ],
)
def test_what_counts_as_permissive(stated: str, permitted: bool) -> None:
    allowed = bool(PERMISSIVE.search(stated)) and not COPYLEFT.search(stated)
    assert allowed == permitted


def declared(*groups: str) -> Iterator[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    lines = list(project["project"]["dependencies"])
    for group in groups:
        lines += [line for line in project["dependency-groups"][group] if isinstance(line, str)]
    return map(Requirement, lines)


def test_the_lock_holds_every_direct_dependency_within_its_range() -> None:
    for wanted in declared("test", "contracts", "oracles"):
        pin = LOCKED.get(canonical(wanted.name))
        assert pin, f"{wanted.name} is not in requirements.lock: make the lock again"
        version = next(iter(pin.specifier)).version
        assert wanted.specifier.contains(version, prereleases=True), f"{pin} is not {wanted}"


@pytest.mark.parametrize(
    "name", ["requirements.lock", "requirements-lint.lock", "requirements-parts.lock"]
)
def test_every_pin_is_exact_and_has_hashes(name: str) -> None:
    blocks = re.split(r"\n(?=[a-z0-9])", (ROOT / name).read_text())
    pins = [block for block in blocks if re.match(r"[a-z0-9]", block)]
    assert pins
    for block in pins:
        assert re.match(r"[a-z0-9._-]+==\S+", block), block.splitlines()[0]
        assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.mark.parametrize("other", ["requirements-lint.lock", "requirements-parts.lock"])
def test_the_locks_agree(other: str) -> None:
    for name, pin in locked(other).items():
        assert name not in LOCKED or LOCKED[name].specifier == pin.specifier, name
