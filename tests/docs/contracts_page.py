"""docs/reference/contracts.md from the compiled contracts and their sources: one line a function.

The functions come from the ABI, the sentence from the function's own `@notice` or, where a standard
or a bare name leaves none, from `contracts_words.py`; the powers are read from the function's code.
`python -m tests.docs.contracts_page` writes the page anew; a test compares it.
"""

import re
from collections.abc import Mapping
from typing import Any

from freehold.chain.artifacts import artifact
from tests.docs.contracts_words import ABOUT, OPENING, WORDS
from tests.parts import ROOT

PAGE = ROOT / "docs/reference/contracts.md"
_POWER = re.compile(r"\bpowers\.([A-Z]{4,})\b")
_CALLED = re.compile(r"\b(\w+\._\w+)\(|\bmethod_id\(\"(\w+)\(")
_NOTICE = re.compile(r"@notice (.*?)(?:\n\s*@|\n\s*\"\"\")", re.S)
_HEAD = "| function | needs | what |\n|---|---|---|"


def page() -> str:
    """The whole page as it has to be."""
    return OPENING + "".join(f"\n## {name}\n\n{_section(name)}" for name in ABOUT)


def _section(name: str) -> str:
    functions = [entry for entry in artifact(name)["abi"] if entry["type"] == "function"]
    code = _code(name)
    lines = "".join(f"{_line(name, entry, code)}\n" for entry in functions)
    return f"{ABOUT[name]}\n\n{_HEAD}\n{lines}"


def _code(contract: str) -> Mapping[str, str]:
    """The text of every function of a contract and of the modules, as `file._function`.

    What can be called from outside stands without its file's name, the contract's own first.
    """
    found: dict[str, str] = {}
    for file in [ROOT / f"contracts/{contract}.vy", *ROOT.glob("contracts/modules/*.vy")]:
        source = file.read_text().replace("self._", f"{file.stem}._")
        for part in re.split(r"^(?=@external|@internal|@deploy)", source, flags=re.M)[1:]:
            if named := re.search(r"^def (\w+)", part, re.M):
                outer = part.startswith("@external")
                found.setdefault(named[1] if outer else f"{file.stem}.{named[1]}", part)
    return found


def _line(contract: str, entry: Mapping[str, Any], code: Mapping[str, str]) -> str:
    name = entry["name"]
    given = ", ".join(one["name"] for one in entry["inputs"])
    asks = entry["stateMutability"] in ("view", "pure")
    needs = "asks" if asks else " and ".join(sorted(_powers(name, code))) or ""
    return f"| `{name}({given})` | {needs} | {_sentence(contract, name, code)} |"


def _sentence(contract: str, name: str, code: Mapping[str, str]) -> str:
    found = _NOTICE.search(code.get(name, ""))
    said = WORDS.get(contract, {}).get(name)
    assert found or said, f"say in contracts_words.py what {contract}.{name} does"
    text = " ".join(found[1].split()) if found else str(said)
    return re.split(r"(?<=[.:;]) (?=[A-Z])", text)[0].rstrip(".:;").replace("|", "\\|")


def _powers(name: str, code: Mapping[str, str], seen: tuple[str, ...] = ()) -> set[str]:
    """The powers that a function asks of its caller, itself or through what it calls."""
    body = code.get(name, "")
    found = set(_POWER.findall(body)) | ({"GRANT"} if "powers._grant(" in body else set())
    for inner, named in _CALLED.findall(body):
        if (inner or named) not in seen:
            found |= _powers(inner or named, code, (*seen, name))
    return found


if __name__ == "__main__":
    PAGE.write_text(page())
