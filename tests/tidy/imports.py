"""Who may import whom (ARCHITECTURE.md): doors -> desks -> book, chain, indexer, feeds -> core."""

import ast
import sys
import tomllib
from collections.abc import Iterator, Mapping
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import NamedTuple

FOUR = frozenset({"book", "chain", "indexer", "feeds"})
MAY_IMPORT = {
    "core": frozenset({"core"}),
    "book": frozenset({"core", "book", "postgresql"}),
    "chain": frozenset({"core", "chain"}),
    "indexer": frozenset({"core", "indexer", "postgresql"}),
    "feeds": frozenset({"core", "feeds"}),
    "desks": FOUR | {"core", "desks", "config"},
    # what goes over the wire is written once, and both ends read it: the client runs on another's machine,
    # so it may know the wire and the pure core, and nothing that opens a book or a ledger
    "wire": frozenset({"core", "wire"}),
    "client": frozenset({"core", "wire", "client"}),
    "doors": frozenset({"core", "desks", "doors", "bench", "config", "freehold", "wire"}),
    "bench": FOUR | {"core", "desks", "doors", "bench", "config", "wire"},
    "config": frozenset({"core"}),
    "postgresql": frozenset(),  # the driver that two worlds speak through
}
DESK_LAYERS = (
    frozenset({"office", "permits", "parties", "ledgers", "posting", "notices"}),
    frozenset({"access", "outbox"}),
    frozenset({"rules"}),
    frozenset({"platform"}),
    frozenset({"onboarding"}),
    frozenset({"register"}),
    frozenset({"securities"}),
    frozenset({"agent", "servicing"}),
    frozenset({"approvals"}),
)
"""From what every desk works with to what knows the acts of all others: imports go down or stay inside."""
CORE_LAYERS = (
    {
        "audit",
        "errors",
        "units",
        "clock",
        "calendar",
        "ids",
        "identifiers",
        "letters",
        "facts",
        "grounds",
        "nesting",
        "powers",
        "reasons",
        "roles",
        "signed_acts",
        "tomltext",
        "webhooks",
    },
    {
        "instrument",
        "holder",
        "asset",
        "events",
        "events_paying",
        "events_voting",
        "events_waterfall",
        "rawlog",
        "instruction",
        "acts",
        "approvals",
        "registration",
        "recordkeeping",
        "restraints",
        "statement",
        "vaulted",
    },
    {"claims", "attributes", "screening", "attestation", "evidence", "wallet_message"},
    {"register", "roll", "standing", "control"},
    {"policy"},
    {
        "captable",
        "cashbook",
        "cash_control",
        "cash_pots",
        "bank_statements",
        "statement_text",
        "company",
        "ocf",
        "takeover",
        "offering",
        "actions",
        "market",
        "settlement",
        "fund",
    },
    {"index", "signals"},
)
IO_MODULES = frozenset(
    "asyncio getpass http logging multiprocessing os pathlib random secrets select shutil socket"
    " sqlite3 ssl subprocess sys tempfile threading time urllib".split()
)
"""What pure code has no use for. `random` too: a seed would have to come from somewhere."""
IMPURE_CALLS = (".open", ".read_text", ".now", ".utcnow", ".today")
NUMERIC = frozenset({"numpy", "numba", "scipy", "clarabel"})
LIBRARIES: Mapping[str, frozenset[str]] = {
    "core": frozenset({"eth_hash", "holidays", "iso3166", "iso4217", "anyascii", "rapidfuzz"}),
    "book": frozenset({"sqlalchemy", "alembic", "pg8000", "cryptography"}),
    "chain": frozenset(
        "cbor2 coincurve cryptography eth eth_abi eth_account eth_hash eth_keyfile eth_keys"
        " eth_typing eth_utils hexbytes lmdb requests rlp trie vyper web3".split()
    ),
    "indexer": frozenset({"sqlalchemy", "eth_hash", "pg8000"}),
    "feeds": frozenset({"requests"}),
    "desks": frozenset({"argon2", "pyotp", "webauthn"}),
    "doors": frozenset(
        "anyascii anyio click fastapi jinja2 markupsafe openpyxl prometheus_client pydantic reportlab"
        " rich segno starlette uvicorn".split()
    ),
    "bench": frozenset("coincurve eth_abi eth_account eth_hash pyxirr QuantLib web3".split()),
    "wire": frozenset({"pydantic"}),
    "client": frozenset({"coincurve", "eth_account", "eth_hash", "pydantic", "requests"}),
    "config": frozenset(),
}


class Import(NamedTuple):
    """One imported module, as `a.b.c`, and the line it stands on."""

    module: str
    line: int


def modules(root: Path) -> dict[str, Path]:
    """Every module of the package by its dotted name."""
    source = root / "src"
    found = {}
    for file in sorted(source.glob("freehold/**/*.py")):
        parts = file.relative_to(source).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports_of(file: Path, known: Mapping[str, Path]) -> list[Import]:
    """What a file imports, anywhere in it; `from package import module` counts as the module."""
    found: list[Import] = []
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found += [Import(name.name, node.lineno) for name in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                found.append(Import(inner if inner in known else node.module, node.lineno))
    return list(dict.fromkeys(found))


def package_of(module: str) -> str:
    """The part of the house a module of ours stands in: core, book, ... or config.

    A bench is a door of its own kind: it measures the four themselves, without a desk between.
    """
    if module.startswith("freehold.doors.bench"):
        return "bench"
    part = [*module.split("."), "freehold"][1]
    return "doors" if part == "__main__" else part


def dependency_rule(root: Path) -> Iterator[str]:
    """Imports go one way only."""
    known = modules(root)
    for module, file in known.items():
        package = package_of(module)
        if package == "freehold":
            continue
        for target in imports_of(file, known):
            place = f"{file.relative_to(root)}:{target.line}"
            if target.module.split(".")[0] == "freehold":
                yield from _inside(place, package, module, target.module)
            else:
                yield from _outside(place, package, module, target.module)


def _inside(place: str, package: str, module: str, target: str) -> Iterator[str]:
    part = package_of(target)
    if package not in MAY_IMPORT:
        yield f"{place}: `{package}` is no part of the house; put the module into one of {_parts()}"
    elif part not in MAY_IMPORT[package]:
        yield f"{place} imports `{target}`: {_why_not(package, part)}"
    elif package == part == "desks":
        yield from _between_desks(place, _second(module), _second(target))
    elif package == part == "core":
        yield from _downward(place, _second(module), _second(target))


def _between_desks(place: str, module: str, target: str) -> Iterator[str]:
    ranks = {name: rank for rank, layer in enumerate(DESK_LAYERS) for name in layer}
    for name in (module, target):
        if name and name not in ranks:
            yield f"{place}: `desks/{name}` has no place in DESK_LAYERS yet; decide which it is"
            return
    if module and target and module != target and ranks[target] >= ranks[module] > 0:
        yield f"{place} imports `{target}`: desks meet in the book's rows, or go down in DESK_LAYERS"


def _parts() -> str:
    return ", ".join(MAY_IMPORT)


def _second(module: str) -> str:
    return [*module.split("."), "", "", ""][2]


def _why_not(package: str, part: str) -> str:
    if package == "core":
        return f"core may not know {part}"
    if package in FOUR and part in FOUR:
        return "book, chain, indexer and feeds never import each other"
    if package == "doors":
        return "doors ask desks; only desks touch the four"
    return f"{package} may import only {', '.join(sorted(MAY_IMPORT[package]))}"


def _downward(place: str, module: str, target: str) -> Iterator[str]:
    ranks = {name: rank for rank, layer in enumerate(CORE_LAYERS) for name in layer}
    for name in (module, target):
        if name and name not in ranks:
            yield f"{place}: `core/{name}` has no place in CORE_LAYERS yet; decide which it is"
            return
    if module and target and ranks[target] > ranks[module]:
        yield f"{place} imports `core.{target}`: inside core imports go down, and it stands above"


def _outside(place: str, package: str, module: str, target: str) -> Iterator[str]:
    library = target.split(".")[0]
    numeric = library in NUMERIC and _second(module) in {"index", "signals"}
    if package == "core" and library in IO_MODULES:
        yield f"{place} imports `{library}`: core may not do I/O, tell the time or draw lots"
    elif library in sys.stdlib_module_names or numeric or package not in LIBRARIES:
        return
    elif library not in LIBRARIES[package]:
        allowed = ", ".join(sorted(LIBRARIES[package])) or "the standard library only"
        yield f"{place} imports `{library}`: {package} uses {allowed}"


def core_is_pure(root: Path) -> Iterator[str]:
    """No clock, file or terminal in core, whatever it is called through."""
    for file in sorted((root / "src/freehold/core").glob("**/*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            if name in {"open", "print", "input"} or name.endswith(IMPURE_CALLS):
                place = f"{file.relative_to(root)}:{node.lineno}"
                yield f"{place} calls `{name}`: core gets instants and content passed in"


def declared_libraries(root: Path) -> Iterator[str]:
    """What is imported is a direct dependency, not somebody else's."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    optional = [*groups.get("contracts", []), *groups.get("oracles", [])]
    direct = {canonical(line) for line in [*project["project"]["dependencies"], *optional]}
    origin = packages_distributions()
    known = modules(root)
    for file in known.values():
        for target in imports_of(file, known):
            library = target.module.split(".")[0]
            if library == "freehold" or library in sys.stdlib_module_names:
                continue
            if not direct & {canonical(name) for name in origin.get(library, [])}:
                place = f"{file.relative_to(root)}:{target.line}"
                yield f"{place} imports `{library}`: add it to the dependencies in pyproject.toml"


def canonical(requirement: str) -> str:
    """The name of a distribution as indexes write it, from a requirement line."""
    name = requirement
    for stop in " ;[<>=!~":
        name = name.split(stop)[0]
    return name.lower().replace("_", "-").replace(".", "-")


def dead_modules(root: Path) -> Iterator[str]:
    """Every module is used by another, named in a string to import from, or a program itself."""
    known = modules(root)
    used = {target.module for file in known.values() for target in imports_of(file, known)}
    used |= {name for file in known.values() for name in _named_modules(file)}
    for module, file in known.items():
        by_hand = "migrations" in module or "__main__" in file.stem + file.read_text()
        if module not in used and not by_hand and file.name != "__init__.py":
            yield f"{file.relative_to(root)}: nobody imports it; use it or delete it"


def _named_modules(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        text = node.value if isinstance(node, ast.Constant) else None
        if isinstance(text, str) and text.startswith("freehold."):
            yield text.split(":")[0]
