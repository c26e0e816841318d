"""What the contracts and the Python core must say alike: events and reasons."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

NOT_IN_THE_REGISTER = frozenset(
    "Approval ApprovalForAll AuthorizationUsed AuthorizationCanceled EIP712DomainChanged"
    " ForcedTransfer TokensFrozen TokensUnfrozen Paused Unpaused RecoverySuccess"
    " UpdatedTokenInformation IdentityRegistryAdded ComplianceAdded".split()
)
"""Events that standards oblige and from which no position follows (ours say the same and more)."""
CLASS_OF = {("IAssets", "Transfer"): "TitleTransfer", ("IAssets", "Approval"): "TitleApproval"}
"""ERC-721 calls its events as ERC-20 does, with other arguments."""

Events = dict[str, list[str]]


def declared_events(root: Path) -> Iterator[tuple[Path, str, list[str]]]:
    """The events of the interface files: file, name, argument names in order."""
    for file in sorted(root.glob("contracts/interfaces/*.vyi")):
        for found in re.finditer(
            r"^event (\w+):\n((?:[ \t]+.*\n|\n)*)", file.read_text() + "\n", re.M
        ):
            yield file, found[1], re.findall(r"^[ \t]+(\w+)[ \t]*:", found[2], re.M)


def core_events(root: Path) -> Events:
    """The event classes of core/events*.py: name, fields in order."""
    files = sorted(root.glob("src/freehold/core/events*.py"))
    body = [node for file in files for node in ast.parse(file.read_text()).body]
    classes = [node for node in body if isinstance(node, ast.ClassDef) and not node.bases]
    return {node.name: _fields(node) for node in classes}


def _fields(node: ast.ClassDef) -> list[str]:
    lines = [line for line in node.body if isinstance(line, ast.AnnAssign)]
    return [line.target.id for line in lines if isinstance(line.target, ast.Name)]


def events_agree(root: Path) -> Iterator[str]:
    """Each event of an interface is a class of core/events.py, argument by argument."""
    classes = core_events(root)
    seen = set()
    for file, event, arguments in declared_events(root):
        name = CLASS_OF.get((file.stem, event), event)
        seen.add(name)
        place = file.relative_to(root)
        if name in NOT_IN_THE_REGISTER:
            continue
        if name not in classes:
            yield f"{place}: event {name} has no class in core/events.py"
        elif classes[name] != arguments:
            ours = ", ".join(classes[name])
            yield f"{place}: event {name} has {', '.join(arguments)}; core/events.py has {ours}"
    if seen:
        for name in sorted(classes.keys() - seen):
            yield f"core/events.py: no interface declares an event {name}"


def reasons_are_explained(root: Path) -> Iterator[str]:
    """Each reason has a sentence and a line in the reference; each one in use has a test."""
    file = _reasons_file(root)
    if file is None:
        return
    reference = root / "docs/reference/reasons.md"
    listed = reference.read_text() if reference.is_file() else ""
    used = _words(root, ["src/**/*.py", "contracts/**/*.vy"], without=file)
    tested = _words(root, ["tests/**/*.py"])
    source = file.read_text()
    for name, code in _members(file):
        place = f"{file.relative_to(root)}: {name}"
        if code != 0 and f"Reason.{name}:" not in source:
            yield f"{place} has no sentence"
        if not re.search(rf"^\| *{code} *\| *`?{name}`? *\|", listed, re.M):
            yield f"{place} has no line in docs/reference/reasons.md"
        if name in used and name not in tested:
            yield f"{place} is used and no test mentions it"


def _reasons_file(root: Path) -> Path | None:
    places = [root / "src/freehold/core/policy/reasons.py", root / "src/freehold/core/reasons.py"]
    return next((place for place in places if place.is_file()), None)


def _members(file: Path) -> list[tuple[str, int]]:
    classes = [node for node in ast.parse(file.read_text()).body if isinstance(node, ast.ClassDef)]
    lines = [line for node in classes if node.name == "Reason" for line in node.body]
    return [
        (line.targets[0].id, line.value.value)
        for line in lines
        if isinstance(line, ast.Assign)
        and isinstance(line.targets[0], ast.Name)
        and isinstance(line.value, ast.Constant)
        and isinstance(line.value.value, int)
    ]


def _words(root: Path, patterns: list[str], without: Path | None = None) -> set[str]:
    files = [file for pattern in patterns for file in root.glob(pattern) if file != without]
    return {word for file in files for word in re.findall(r"\b[A-Z][A-Z0-9_]+\b", file.read_text())}
