"""What tests and guides do to the pages, read from their source: forms they send, words they press.

Names are followed to the texts they stand for, within their function and their module; what only a
run knows is HOLE. A function of the tests that passes on the path it is given sends what its callers say.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from itertools import islice, product

from tests.doors.web.buttons import HOLE, Button

SENDING = {"post"}
ASKING = {"get", "goto"}
PRESSING = {"press", "click", "locator", "get_by_role", "tab_to", "follow", "get_by_text"}
WHOLE = {"url", "home_url"}
"""Attributes and names that hold the address of the platform: a path begins after them."""
_MOST_TEXTS = 64
_ACTION = re.compile(r"\[(action|formaction)([\^$*]?)=['\"]([^'\"]*)['\"]\]")

Texts = frozenset[str]
UNKNOWN: Texts = frozenset([HOLE])


@dataclass(frozen=True)
class Deed:
    """One call of a test: what kind it is, the texts it is given, and all that its function says."""

    place: str
    kind: str
    texts: Texts
    said: Texts


@dataclass
class Told:
    """All deeds of all tests, and the words that guides press."""

    deeds: list[Deed] = field(default_factory=list)
    pressed: set[str] = field(default_factory=set)


def told_by(files: Mapping[str, str], pressed: set[str]) -> Told:
    """What tests by their names do, with the words that guides press."""
    trees = {name: ast.parse(text) for name, text in files.items()}
    known = {"sending": set(SENDING), "asking": set(ASKING)}
    functions = [each for tree in trees.values() for each in ast.walk(tree) if _is_def(each)]
    size = 0
    while size != sum(map(len, known.values())):
        size = sum(map(len, known.values()))
        for names in known.values():
            names |= {each.name for each in functions if _passes_on(each, names)}
    known["asking"] -= known["sending"]
    found = Told(pressed=pressed)
    for name, tree in trees.items():
        found.deeds.extend(_deeds(name, tree, known))
    return found


def _is_def(one: ast.AST) -> bool:
    return isinstance(one, ast.FunctionDef)


def _passes_on(one: ast.FunctionDef, names: set[str]) -> bool:
    """Whether a function sends to a path that it is given."""
    given = {each.arg for each in one.args.args if each.arg in ("path", "url", "place", "to")}
    for call in ast.walk(one):
        if isinstance(call, ast.Call) and called(call) in names:
            inside = {each.id for arg in call.args for each in ast.walk(arg) if _is_name(each)}
            if inside & given:
                return True
    return False


def _is_name(one: ast.AST) -> bool:
    return isinstance(one, ast.Name)


def called(one: ast.Call) -> str:
    """The last name of what is called."""
    match one.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _deeds(place: str, tree: ast.Module, known: Mapping[str, set[str]]) -> Iterator[Deed]:
    outside = _values([one for one in tree.body if not _is_def(one)], {})
    defs = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
    for one in defs:
        params = {each.arg: UNKNOWN for each in one.args.args}
        params |= _parametrized(one, outside)
        values = _values(list(ast.walk(one)), outside | params)
        said = _said(one, values)
        for call in ast.walk(one):
            if not isinstance(call, ast.Call):
                continue
            name = called(call)
            kinds = [kind for kind, names in known.items() if name in names]
            kinds += ["pressing"] if name in PRESSING else []
            arguments = [*call.args, *(each.value for each in call.keywords)]
            texts = frozenset().union(*(texts_of(each, values) for each in arguments))
            for kind in kinds:
                yield Deed(f"{place}::{one.name}", kind, texts, said)


def _parametrized(one: ast.FunctionDef, values: Mapping[str, Texts]) -> dict[str, Texts]:
    """The texts that a test is run with."""
    found: dict[str, Texts] = {}
    for mark in one.decorator_list:
        if isinstance(mark, ast.Call) and called(mark) == "parametrize" and len(mark.args) == 2:
            names = [each.strip() for each in str(getattr(mark.args[0], "value", "")).split(",")]
            for row in getattr(mark.args[1], "elts", []):
                cells = row.elts if isinstance(row, ast.Tuple) and len(names) > 1 else [row]
                for name, cell in zip(names, cells, strict=False):
                    found[name] = found.get(name, frozenset()) | texts_of(cell, values)
    return found


def _values(body: list[ast.AST] | list[ast.stmt], known: Mapping[str, Texts]) -> dict[str, Texts]:
    """What the names of a function or a module stand for, every text that they ever do."""
    found, own = dict(known), set[str]()

    def bind(target: ast.expr, texts: Texts) -> None:
        if isinstance(target, ast.Name):
            before = found.get(target.id, frozenset()) if target.id in own else frozenset()
            own.add(target.id)
            found[target.id] = before | texts

    for one in body:
        match one:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=parts)):
                for name, part in zip(names, parts, strict=False):
                    bind(name, texts_of(part, found))
            case ast.Assign(targets=[target], value=value):
                bind(target, texts_of(value, found))
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                bind(target, texts_of(value, found))
            case ast.For(target=target, iter=every) | ast.comprehension(target=target, iter=every):
                _bind_each(target, every, found, bind)
    return found


def _bind_each(target: ast.expr, every: ast.expr, found: Mapping[str, Texts], bind: object) -> None:
    """The names of a loop stand for what is looped over."""
    assert callable(bind)
    rows = getattr(every, "elts", None) or [every]
    for row in rows:
        if isinstance(target, ast.Tuple) and isinstance(row, ast.Tuple):
            for name, cell in zip(target.elts, row.elts, strict=False):
                bind(name, texts_of(cell, found))
        elif isinstance(target, ast.Name):
            bind(target, texts_of(row, found))


def texts_of(one: ast.AST, values: Mapping[str, Texts]) -> Texts:
    """Every text that an expression may stand for."""
    match one:
        case ast.Constant(value=str() as text):
            return frozenset([text])
        case ast.Constant(value=int() as number):
            return frozenset([str(number)])
        case ast.Name(id=name):
            return frozenset([""]) if name in WHOLE else values.get(name, UNKNOWN)
        case ast.Attribute(attr=name):
            return frozenset([""]) if name in WHOLE else UNKNOWN
        case ast.JoinedStr(values=parts):
            return _joined([texts_of(each, values) for each in parts])
        case ast.FormattedValue(value=inside):
            return texts_of(inside, values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _joined([texts_of(left, values), texts_of(right, values)])
        case ast.IfExp(body=first, orelse=second):
            return texts_of(first, values) | texts_of(second, values)
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return frozenset().union(*(texts_of(each, values) for each in parts))
    return UNKNOWN


def _joined(parts: list[Texts]) -> Texts:
    every = ("".join(each) for each in product(*map(sorted, parts)))
    return frozenset(re.sub(f"{HOLE}+", HOLE, one) for one in islice(every, _MOST_TEXTS))


def _said(one: ast.FunctionDef, values: Mapping[str, Texts]) -> Texts:
    """All texts and names of arguments in a function, and what the names in it stand for."""
    found: set[str] = set()
    for each in ast.walk(one):
        if isinstance(each, (ast.Constant, ast.Name, ast.JoinedStr, ast.BinOp)):
            found |= texts_of(each, values)
        elif isinstance(each, ast.keyword) and each.arg:
            found.add(each.arg)
    return frozenset(found)


@dataclass(frozen=True)
class Judge:
    """Says whether a button is acted on; `every` button is known, so that nothing is taken for another."""

    every: list[Button]
    told: Told
    worded: dict[str, list[Button]] = field(default_factory=dict, repr=False)

    def evidence(self, button: Button) -> str | None:
        """The test or guide that acts on a button, None where none does."""
        if any(self._alone(button, text) for text in self.told.pressed):
            return "a guide"
        for deed in self.told.deeds:
            if self._acts(deed, button):
                return deed.place
        return None

    def _acts(self, deed: Deed, button: Button) -> bool:
        """Whether one deed acts on a button."""
        marked = all(name in deed.said and values & deed.said for name, values in button.marks)
        if deed.kind == "pressing":
            there = any(_within(at, _path(one)) for at in button.address for one in deed.texts)
            return any(
                self._alone(button, text)
                or (there and _worded(button, text))
                or ((marked or button.method == "script") and self._selected(button, text))
                for text in deed.texts
            )
        if button.method == "get":
            return any(self._asked(button, text) for text in deed.said)
        sends = deed.kind == "sending" and button.method == "post" and marked
        shown = any(_worded(button, text, within=True) for text in deed.said) if sends else False
        return sends and any(self._sent(button, text, shown) for text in deed.texts)

    def _alone(self, button: Button, text: str) -> bool:
        """Whether words are on this button and on no other."""
        if text not in self.worded:
            words = re.sub(r"^text=|^button:text\('(.*)'\)$", r"\1", text)
            self.worded[text] = [each for each in self.every if _worded(each, words)]
        return self.worded[text] == [button]

    def _selected(self, button: Button, text: str) -> bool:
        """Whether a selector of a form's address finds this address alone; or a script's attribute."""
        if button.method == "script":
            return any(f"[{name}" in text for name, _ in button.marks if name != "dialog")
        tests = _ACTION.findall(text)
        if not tests or not re.search(r"button|input|submit", text):
            return False

        def is_found(one: Button) -> bool:
            return any(
                all(_meets(place, how, what) for _, how, what in tests) for place in one.address
            )

        return {each.address for each in self.every if is_found(each)} == {button.address}

    def _sent(self, button: Button, text: str, shown: bool) -> bool:
        """Whether a path that is sent to is this button's address, and no other's if it is not `shown`."""
        path = _path(text)
        if "/" not in path or not path.strip(f"{HOLE}/"):
            return False
        if not path.startswith("/"):  # what stands before it is not known
            others = [each for each in self.every if each.address != button.address]
            if not shown and any(_ends(of, path) for each in others for of in each.address):
                return False
            return any(_ends(place, path) for place in button.address)
        if any(place == path for each in self.every for place in each.address):
            return path in button.address
        return any(same(place, path) for place in button.address)

    def _asked(self, button: Button, text: str) -> bool:
        path, mark, query = text.partition("?")
        named = {one.partition("=")[0] for one in query.partition("#")[0].split("&")}
        if not mark or not named & button.fields:
            return False
        return any(same(place, path) for place in button.address)


def _worded(button: Button, text: str, within: bool = False) -> bool:
    """Whether a text is the words of a button, or has them within."""
    if within:
        return any(one in text for one in button.words if HOLE not in one)
    if not text.strip(HOLE):
        return False
    return any(
        any(_pattern(each).fullmatch(text) for each in {one, one.rstrip(f"{HOLE} ")})
        for one in button.words
        if one.strip(f"{HOLE} :")
    )


@cache
def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".+".join(map(re.escape, text.split(HOLE))))


def _meets(place: str, how: str, what: str) -> bool:
    """Whether an attribute with holes meets a test of a selector."""
    if not place.strip(HOLE):
        return False
    match how:
        case "":
            return _pattern(place).fullmatch(what) is not None
        case "^":
            return place.startswith(what)
        case "$":
            return place.endswith(what)
    return what in place


def _path(text: str) -> str:
    """A path without its question and its place on the page."""
    return text.partition("?")[0].partition("#")[0]


def same(place: str, path: str) -> bool:
    """Whether a path with holes may be an address with holes: segment by segment, where one is known."""
    ours, theirs = place.split("/"), path.split("/")
    return len(ours) == len(theirs) and all(
        mine == its or HOLE in mine or (HOLE in its and its != HOLE)
        for mine, its in zip(ours, theirs, strict=True)
    )


def _within(place: str, path: str) -> bool:
    """Whether an address is a page's own, or begins with it: the page on which its button stands."""
    depth = len(path.split("/"))
    return path.startswith("/") and path != "/" and same("/".join(place.split("/")[:depth]), path)


def _ends(place: str, path: str) -> bool:
    """Whether an address ends as a path does whose beginning is not known."""
    known = path.lstrip(HOLE).strip("/").split("/")
    last = place.split("/")[-len(known) :]
    return len(last) == len(known) and all(
        mine == its for mine, its in zip(last, known, strict=True) if its != HOLE
    )
