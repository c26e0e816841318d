"""docs/reference/contracts.md from the compiled contracts and their sources: one line a function.

The functions come from the ABI, the sentence from the function's own `@notice` or, where a standard
or a bare name leaves none, from `contracts_words.py`; the powers are read from the function's code.
`python -m tests.docs.contracts_page` writes the page anew; a test compares it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from freehold.chain.artifacts import artifact
from tests.docs.contracts_words import ABOUT, OPENING, WORDS
from tests.parts import ROOT

PAGE = ROOT / "docs/reference/contracts.md"
_POWER = re.compile(r"\bpowers\.([A-Z]{4,})\b")
_INNER_CALL = re.compile(r"\bself\.(_\w+)\(|\bmethod_id\(\"(\w+)\(")
_NOTICE = re.compile(r"@notice (.*?)(?:\n\s*@|\n\s*\"\"\")", re.S)
_HEAD = "| function | needs | what |\n|---|---|---|"


def page() -> str:
    """The whole page as it has to be."""
    return OPENING + "".join(f"\n## {name}\n\n{_section(name)}" for name in ABOUT)


def _section(name: str) -> str:
    functions = [entry for entry in artifact(name)["abi"] if entry["type"] == "function"]
    code = _bodies((ROOT / f"contracts/{name}.vy").read_text())
    lines = "".join(f"{_line(name, entry, code)}\n" for entry in functions)
    return f"{ABOUT[name]}\n\n{_HEAD}\n{lines}"


def _bodies(source: str) -> Mapping[str, str]:
    """The text of each function by its name."""
    parts = re.split(r"^(?=@external|@internal|@deploy)", source, flags=re.M)[1:]
    return {found[1]: part for part in parts if (found := re.search(r"^def (\w+)", part, re.M))}


def _line(contract: str, entry: Mapping[str, Any], code: Mapping[str, str]) -> str:
    name = entry["name"]
    given = ", ".join(one["name"] for one in entry["inputs"])
    asks = entry["stateMutability"] in ("view", "pure")
    needs = "asks" if asks else " and ".join(sorted(_powers(name, code))) or ""
    return f"| `{name}({given})` | {needs} | {_sentence(contract, name, code)} |"


def _sentence(contract: str, name: str, code: Mapping[str, str]) -> str:
    found = _NOTICE.search(code.get(name, ""))
    text = " ".join(found[1].split()) if found else WORDS[contract][name]
    return re.split(r"(?<=[.:;]) (?=[A-Z])", text)[0].rstrip(".:;").replace("|", "\\|")


def _powers(name: str, code: Mapping[str, str], seen: tuple[str, ...] = ()) -> set[str]:
    """The powers that a function asks of its caller, itself or through its inner parts."""
    body = code.get(name, "")
    found = set(_POWER.findall(body)) | ({"GRANT"} if "powers._grant(" in body else set())
    for inner in _inner(body):
        if inner not in seen:
            found |= _powers(inner, code, (*seen, name))
    return found


def _inner(body: str) -> Iterator[str]:
    return (inner or named for inner, named in _INNER_CALL.findall(body))


if __name__ == "__main__":
    PAGE.write_text(page())
