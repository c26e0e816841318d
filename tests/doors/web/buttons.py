"""Every button of every page, read from the templates as Jinja and a browser put them together.

A template is unfolded with all its branches: what it extends, includes and calls stands in its place.
What only a running page knows is HOLE; where an expression chooses, every choice is kept.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, nodes

HOLE = "\0"
"""Stands for what is not known before a page is shown."""
_OR, _END, _BEGIN = "\3", "\2", "\1"
_CHOICE = re.compile(f"{_BEGIN}([^{_BEGIN}{_END}]*){_END}")
SILENT = {"icon", "token", "asset"}
"""Macros and functions that write no words."""

CARRIED = {"next", "back"}
"""Hidden fields that say where one came from, not what is done."""


@dataclass(frozen=True)
class Button:
    """A button: the method and address it sends to, its words, and the fields that tell it from others.

    `address` and `words` are choices of texts with holes. A button of scripts has no address; `marks`
    are then the names of its data attributes. `fields` are the names of a form that is asked with GET.
    """

    page: str
    method: str
    address: frozenset[str]
    words: frozenset[str]
    marks: frozenset[tuple[str, frozenset[str]]] = frozenset()
    fields: frozenset[str] = frozenset()

    def __str__(self) -> str:
        shown = " or ".join(sorted(self.words)).replace(HOLE, "*")
        to = " or ".join(sorted(self.address)).replace(HOLE, "*")
        marks = " ".join(f"{name}={'|'.join(sorted(of))}" for name, of in sorted(self.marks))
        return f"{self.page}: [{shown}] {self.method} {to} {marks}".replace(HOLE, "*").strip()

    @property
    def key(self) -> tuple[object, ...]:
        """What two places of the same button have in common."""
        return self.method, self.address, self.marks


def buttons(templates: Path) -> list[Button]:
    """All buttons of a folder of templates, each once."""
    sources = {path.name: path.read_text() for path in sorted(templates.glob("*.html"))}
    return buttons_of(sources)


def buttons_of(sources: dict[str, str]) -> list[Button]:
    """All buttons of templates by name, each once; pages alone are unfolded, parts within them."""
    trees = {name: Environment().parse(text) for name, text in sources.items()}
    parts = {
        each.template.value
        for tree in trees.values()
        for each in tree.find_all((nodes.Include, nodes.Extends))
        if isinstance(each.template, nodes.Const)
    }
    found: dict[tuple[object, ...], Button] = {}
    for name in sorted(set(trees) - parts):
        reader = _Reader(name)
        reader.feed(_Unfolded(trees).page(name))
        for button in reader.all():
            known = found.get(button.key)
            words = button.words | (known.words if known else frozenset())
            found[button.key] = replace(known or button, words=words)
    return list(found.values())


@dataclass
class _Unfolded:
    """A template being unfolded: what names mean, which macros there are, which blocks are filled."""

    trees: dict[str, nodes.Template]
    values: dict[str, str] = field(default_factory=dict)
    macros: dict[str, nodes.Macro] = field(default_factory=dict)
    blocks: dict[str, nodes.Block] = field(default_factory=dict)
    calling: tuple[str, ...] = ()

    def page(self, name: str) -> str:
        """A page by the name of its template, as its outermost frame shows it."""
        tree = self.trees[name]
        for block in tree.find_all(nodes.Block):
            self.blocks.setdefault(block.name, block)
        above = next(iter(tree.find_all(nodes.Extends)), None)
        if above is None or not isinstance(above.template, nodes.Const):
            return self.body(tree.body)
        for each in tree.body:  # macros and names that the blocks use
            if not isinstance(each, (nodes.Output, nodes.Extends)):
                self.body([each])
        return self.page(str(above.template.value))

    def body(self, given: list[nodes.Node]) -> str:
        return "".join(self.node(each) for each in given)

    def node(self, one: nodes.Node) -> str:
        match one:
            case nodes.Output():
                return "".join(self.said(each) for each in one.nodes)
            case nodes.Assign() if isinstance(one.target, nodes.Name):
                self.values[one.target.name] = self.said(one.node)
            case nodes.With():
                for name, value in zip(one.targets, one.values, strict=True):
                    if isinstance(name, nodes.Name):
                        self.values[name.name] = self.said(value)
                return self.body(one.body)
            case nodes.If():
                return self.body([*one.body, *one.elif_, *one.else_])
            case nodes.For():
                return self.body([*one.body, *one.else_])
            case nodes.Block():
                return self.body(self.blocks.get(one.name, one).body)
            case nodes.Include() if isinstance(one.template, nodes.Const):
                return self.body(self.trees[str(one.template.value)].body)
            case nodes.Import() if isinstance(one.template, nodes.Const):
                for macro in self.trees[str(one.template.value)].find_all(nodes.Macro):
                    self.macros[f"{one.target}.{macro.name}"] = macro
                    self.macros.setdefault(macro.name, macro)
            case nodes.FromImport() if isinstance(one.template, nodes.Const):
                for macro in self.trees[str(one.template.value)].find_all(nodes.Macro):
                    self.macros.setdefault(macro.name, macro)
            case nodes.Macro():
                self.macros[one.name] = one
            case nodes.CallBlock() | nodes.FilterBlock() | nodes.Scope():
                return self.body(one.body)
        return ""

    def said(self, one: nodes.Expr | nodes.Node) -> str:
        """The text of an expression."""
        match one:
            case nodes.TemplateData():
                return one.data
            case nodes.Const():
                return "" if one.value is None else str(one.value)
            case nodes.Name():
                return self.values.get(one.name, HOLE)
            case nodes.Concat():
                return "".join(self.said(each) for each in one.nodes)
            case nodes.Add():
                return self.said(one.left) + self.said(one.right)
            case nodes.CondExpr():
                return choice([self.said(one.expr1), self.said(one.expr2) if one.expr2 else ""])
            case nodes.Call():
                return self.called(one)
            case nodes.Filter() if one.node is not None and one.name in ("urlencode", "string"):
                return self.said(one.node)
        return HOLE

    def called(self, one: nodes.Call) -> str:
        match one.node:
            case nodes.Getattr(node=nodes.Dict() as table, attr="get"):
                given = [each.value for each in table.items] + list(one.args[1:])
                return choice([self.said(each) for each in given])
            case nodes.Getattr(node=nodes.Name(name=of), attr=name):
                full = f"{of}.{name}"
            case nodes.Name(name=name):
                full = name
            case _:
                return HOLE
        macro = self.macros.get(full)
        if name in SILENT or (macro is not None and macro.name in self.calling):
            return ""
        return HOLE if macro is None else self.inlined(macro, one)

    def inlined(self, macro: nodes.Macro, one: nodes.Call) -> str:
        names = [each.name for each in macro.args]
        given = dict(zip(names[len(names) - len(macro.defaults) :], macro.defaults, strict=True))
        given |= dict(zip(names, one.args, strict=False))
        given |= {each.key: each.value for each in one.kwargs}
        values = self.values | {name: self.said(each) for name, each in given.items()}
        inside = replace(self, values=values, calling=(*self.calling, macro.name))
        return inside.body(macro.body)


def choice(texts: list[str]) -> str:
    """A text that is one of several."""
    return _BEGIN + _OR.join(texts) + _END


def choices(text: str) -> frozenset[str]:
    """All texts that a text with choices may be."""
    found = _CHOICE.search(text)
    if found is None:
        return frozenset([text])
    before, after = text[: found.start()], text[found.end() :]
    every = (choices(before + each + after) for each in found[1].split(_OR))
    return frozenset().union(*every)


@dataclass
class _Form:
    method: str = ""
    address: str = ""
    hidden: dict[str, str] = field(default_factory=dict)
    fields: set[str] = field(default_factory=set)


class _Reader(HTMLParser):
    """Reads buttons with their forms out of unfolded HTML."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.page, self.form = page, _Form()
        self.seen: list[tuple[_Form, dict[str, str], list[str]]] = []
        self.by_id: dict[str, _Form] = {}
        self.inside = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.form = _Form(given.get("method", "get"), given.get("action", ""))
            self.by_id[given.get("id", "")] = self.form
        elif tag == "button":
            form = self.by_id.get(given.get("form", ""), self.form)
            self.seen.append((form, given, []))
            self.inside = True
        elif tag in ("input", "select", "textarea") and "name" in given:
            self.form.fields.add(given["name"])
            if given.get("type") == "hidden" and HOLE not in given.get("value", HOLE):
                self.form.hidden[given["name"]] = given["value"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.form = _Form()
        elif tag == "button":
            self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.seen[-1][2].append(data)

    def all(self) -> Iterator[Button]:
        for form, given, texts in self.seen:
            words = {" ".join(one.split()) for one in choices("".join(texts))}
            words |= choices(given.get("aria-label", ""))
            named = frozenset(words - {""})
            scripted = form.method in ("", "dialog") or given.get("type") == "button"
            if scripted:
                data = {name for name in given if name.startswith("data-")} or {"dialog"}
                marks = frozenset((name, frozenset([""])) for name in data)
                yield Button(self.page, "script", frozenset(), named, marks)
                continue
            told = dict(form.hidden)
            if "name" in given:
                told[given["name"]] = given.get("value", HOLE)
            address = choices(given.get("formaction", form.address))
            places = frozenset(one.partition("?")[0].partition("#")[0] for one in address)
            marks = frozenset(
                (name, choices(value))
                for name, value in told.items()
                if value.strip(HOLE) and name not in CARRIED
            )
            for method in choices(form.method):
                asks = method == "get"
                fields = frozenset(form.fields) if asks else frozenset[str]()
                kept = frozenset[tuple[str, frozenset[str]]]() if asks else marks
                yield Button(self.page, method, places, named, kept, fields)
