"""docs/reference/vectors.md from the kinds of test vectors, as the code documents them.

`python -m tests.docs.vectors_page` writes the page anew; a test compares it.
"""

from collections.abc import Iterator

from freehold.core.policy.vectors import MARKS, SCHEMA, Field, Form, Kind
from freehold.desks.rules.policies import vector_kinds
from tests.parts import ROOT

PAGE = ROOT / "docs/reference/vectors.md"
OPENING = f"""# Test vectors

What the law says of certain facts, written down so that anybody can check that Freehold says the same.
A file of vectors is TOML; you need no code to add one:

```toml
schema = "{SCHEMA}"

[[vector]]
id = "HV-02"
kind = "howey"
about = "a share of a corporation issued as a token; the chain is the register"
cites = ["SEC staff statement 2026-01-28"]
facts = {{ T1 = "yes" }}
expect = {{ verdict = "DIGITAL_SECURITY", gate = "T1" }}
```

| key | must be there | what stands in it |
|---|---|---|
| `id` | yes | a name, once in the file |
| `kind` | yes | what is judged: one of the chapters below |
| `about` | yes | the situation in a sentence |
| `cites` | no | list of the rules, cases and statements that it follows |
| `mark` | no | how sure the law is: {{marks}} |
| `like` | no | the id of a vector above: its facts hold too, except those written here |
| `facts` | yes, without `like` | a table of facts, named in the kind's chapter |
| `expect` | yes | a table of outcomes; only those that matter to you, and each is compared |

Numbers are exact: `0.1` is a tenth. Dates are written bare (`2026-01-28`). Lists are compared without
their order. A file with mistakes is refused with all of them, each with its line and key; then no
vector is run. What is shown of a vector marked `G` says "unverified". This is information, not legal
advice.

Run any files with `freehold policy try FILE...` (exit code 0: all passed, 1: one failed, 2: a file
cannot be used):

```console
$ freehold policy try examples/vectors/howey.toml
...
54 vectors: all passed; the law of 8 is unverified.
```

The chapters below come from the code: `.venv/bin/python -m tests.docs.vectors_page`.
"""
_HEAD = "| {} | is | what |\n|---|---|---|\n"


def page() -> str:
    """The whole page as it has to be."""
    marks = "; ".join(f"`{mark}` {meaning}" for mark, meaning in MARKS.items())
    kinds = vector_kinds()
    chapters = "".join(_chapter(kinds[name]) for name in sorted(kinds))
    return OPENING.replace("{marks}", marks) + chapters


def _chapter(kind: Kind) -> str:
    facts = "".join([*_lines(kind.facts, facts=True), *_free(kind.free_facts)])
    outcomes = "".join([*_lines(kind.outcomes, facts=False), *_free(kind.free_outcomes)])
    head = f"\n## Kind `{kind.name}`\n\n{kind.about}\n\n"
    return f"{head}{_HEAD.format('fact')}{facts}\n{_HEAD.format('outcome')}{outcomes}"


def _free(meaning: str) -> list[str]:
    return [f"| any other | | {meaning} |\n"] if meaning else []


def _lines(fields: tuple[Field, ...], facts: bool, before: str = "") -> Iterator[str]:
    for one in fields:
        optional = "; may be left out" if facts and not one.required else ""
        yield f"| `{before}{one.name}` | {_form(one)}{optional} | {one.meaning} |\n"
        yield from _lines(one.fields, facts, f"{before}{one.name}{'[]' if one.many else ''}.")


def _form(one: Field) -> str:
    single = " or ".join(f"`{choice}`" for choice in one.choices) or str(one.form)
    if not one.many:
        return single
    return "list of tables" if one.form is Form.TABLE else f"list of {single}"


if __name__ == "__main__":
    PAGE.write_text(page())
