"""Compiles `contracts/*.vy` into the artifacts that ship with the package.

Users need no compiler: the files under `chain/artifacts/` are committed, and a test compiles the
sources again and compares. Run `freehold contracts compile` after a change of the sources.
"""

import hashlib
import json
from pathlib import Path
from typing import Any

from freehold.core.errors import Unavailable

CONTRACTS = (
    "Assets",
    "Holders",
    "SecurityToken",
    "BackOffice",
    "ActionDesk",
    "StandardsDesk",
    "TransferDesk",
    "Registrar",
    "RegistryFace",
    "Reasons",
    "Cash",
    "Ballot",
    "Distribution",
    "Waterfall",
)


def compile_contract(folder: Path, name: str) -> dict[str, Any]:
    """The artifact of one contract: ABI, bytecodes, sizes, storage layout, hash of all its sources."""
    try:
        from vyper.compiler import compile_from_file_input
        from vyper.compiler.input_bundle import FilesystemInputBundle
    except ImportError:
        raise Unavailable("the Vyper compiler is not installed: pip install vyper==0.4.3") from None
    bundle = FilesystemInputBundle([folder])
    with bundle.search_path(folder):
        source = bundle.load_file(Path(f"{name}.vy"))
        built = compile_from_file_input(
            source,
            input_bundle=bundle,
            output_formats=["abi", "bytecode", "bytecode_runtime", "blueprint_bytecode", "layout"],
        )
    layout = built["layout"].get("storage_layout", {})
    return {
        "contract": name,
        "compiler": "vyper 0.4.3",
        "source_hash": source_hash(folder),
        "runtime_bytes": len(built["bytecode_runtime"]) // 2 - 1,
        "abi": built["abi"],
        "bytecode": built["bytecode"],
        "blueprint": built["blueprint_bytecode"] if name == "SecurityToken" else None,
        "runtime": built["bytecode_runtime"],
        "storage": _slots(layout),
    }


def compile_all(folder: Path, into: Path) -> list[str]:
    """Write the artifact of every contract; returns the names of those that changed."""
    changed = []
    for name in CONTRACTS:
        text = json.dumps(compile_contract(folder, name), indent=1, sort_keys=True) + "\n"
        target = into / f"{name}.json"
        if not target.exists() or target.read_text() != text:
            target.write_text(text)
            changed.append(name)
    return changed


def source_hash(folder: Path) -> str:
    """SHA-256 over the paths and texts of all contract sources, in order of path."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.vy*")):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()


def _slots(layout: dict[str, Any], prefix: str = "") -> dict[str, int]:
    """Storage variable (module.variable) -> first slot."""
    slots: dict[str, int] = {}
    for name, entry in layout.items():
        if "slot" in entry:
            slots[prefix + name] = entry["slot"]
        else:
            slots |= _slots(entry, f"{prefix}{name}.")
    return slots
