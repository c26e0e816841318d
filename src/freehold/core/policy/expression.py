"""The conditions that rules are written in: a small total language, read and judged exactly.

    receiver.us_person and not receiver.qib
    income > 200_000 and income_before > 200_000
    invested + amount <= max(2_500, share(5, 100, max(income, net_worth)))
    count(balance_sheet >= 20_000_000, turnover >= 40_000_000, own_funds >= 2_000_000) >= 2
    purchase_day <= months_after(letter_day, 3)
    sum_after(raised, months_after(day, -12)) + amount <= 5_000_000

The notation is a part of Python's, and nothing but what stands in this module exists in it: names,
whole numbers, texts, `and`, `or`, `not`, `a if c else b`, comparisons, `in` a list of texts, `+`, `-`,
`*`, and the functions of `FUNCTIONS`. There are no loops, and every expression ends. Numbers are exact
(integers and fractions), days are UTC day numbers, so `<` and `<=` mean what a rule says. What does not
depend on facts is worked out when it is read: a rule that an issuer's parameters settle reads nothing.

A name of which no fact is known makes what depends on it *unknown* rather than false: `unknown or
True` is true, `unknown and True` is unknown (Kleene's three values).
"""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cache

from freehold.core.calendar import Convention, add_business_days, adjust, calendar
from freehold.core.clock import anniversary, day_number, day_of
from freehold.core.errors import Invalid

Dated = tuple[tuple[date, int], ...]
"""Amounts with their days: what `sum_after` and `count_after` look through."""
Fact = bool | int | Fraction | str | date | Dated
Node = ast.expr


@dataclass(frozen=True, slots=True)
class Unknown:
    """A value that depends on facts nobody has stated; `names` are these facts."""

    names: frozenset[str]


Bound = bool | int | str | date | tuple[str | int, ...]
"""What a parameter may be: a fact, a list of texts, or [n, d] for a share."""
Value = bool | int | Fraction | str | Dated | Unknown


@dataclass(frozen=True, slots=True)
class Expression:
    """One condition or quantity; `text` is its canonical form, and equal texts are equal."""

    text: str

    def __str__(self) -> str:
        return self.text


TRUE = Expression("True")
FALSE = Expression("False")

FUNCTIONS: dict[str, str] = {
    "max": "the greatest of its arguments",
    "min": "the smallest of its arguments",
    "share": "share(n, d, x) is x * n / d, exactly; n and d may be one parameter [n, d]",
    "count": "how many of its conditions hold",
    "months_after": "months_after(day, n): the day n calendar months later, clamped to the month's end",
    "days_after": "days_after(day, n): the day n days later",
    "business_day": "business_day(place, day): the day, or the next business day if it is none",
    "business_days_after": "business_days_after(place, day, n): the nth business day after the day",
    "sum_after": "sum_after(amounts, day): of [day, amount] pairs the sum of those later than the day;"
    " a plain number is that sum",
    "count_after": "count_after(days, day): how many of the days, or pairs, are later than the day;"
    " a plain number is that count",
    "known": "whether a fact was stated at all",
    "stated": "whether a fact was stated, and as true",
}
_ARGUMENTS = {
    "share": 3,
    "months_after": 2,
    "days_after": 2,
    "business_day": 2,
    "business_days_after": 3,
    "sum_after": 2,
    "count_after": 2,
    "known": 1,
    "stated": 1,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Fraction | str, Fraction | str], bool]] = {
    ast.Lt: lambda a, b: a < b,  # type: ignore[operator]
    ast.LtE: lambda a, b: a <= b,  # type: ignore[operator]
    ast.Gt: lambda a, b: a > b,  # type: ignore[operator]
    ast.GtE: lambda a, b: a >= b,  # type: ignore[operator]
    ast.Eq: lambda a, b: a == b,
    ast.NotEq: lambda a, b: a != b,
}
_PARSED: dict[str, Node] = {}
_SETTLED: dict[tuple[str, str], Expression] = {}
"""Expressions read before, by their text and the values of the parameters in it."""


def parse_expression(text: str, bound: Mapping[str, Bound] | None = None) -> Expression:
    """Read `text`; names in `bound` (a profile's parameters) are replaced by their values.

    Raises Invalid with the column of what cannot be read.
    """
    text, known = " ".join(text.split()), bound or {}
    used = {name: known[name] for name in sorted(_mentioned(text) & known.keys())}
    key = text, repr(used)
    if key not in _SETTLED:
        tree = _Binder(used).visit(_tree_of(text))
        _check(tree, text)
        _SETTLED[key] = Expression(ast.unparse(_Folder().visit(tree)))
    return _SETTLED[key]


def _tree_of(text: str) -> Node:
    try:
        return ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as problem:
        column = getattr(problem, "offset", None) or 1
        raise Invalid(f"{text!r} cannot be read at column {column}", expression=text) from None


@cache
def _mentioned(text: str) -> frozenset[str]:
    """Every name in a text, functions among them."""
    return frozenset(filter(None, map(_dotted, ast.walk(_tree_of(text)))))


def evaluate(expression: Expression, facts: Mapping[str, Fact]) -> Value:
    """The value under `facts`; Unknown where it depends on names that `facts` lacks.

    Raises Invalid where kinds do not fit, as in a text that is added to a number.
    """
    return _value(_tree(expression), facts)


def holds(expression: Expression, facts: Mapping[str, Fact]) -> bool:
    """Whether the condition is true under complete facts. Raises Invalid if facts are missing."""
    found = evaluate(expression, facts)
    if isinstance(found, Unknown):
        missing = ", ".join(sorted(found.names))
        raise Invalid(f"{expression.text!r} needs a fact that is missing: {missing}", fact=missing)
    return bool(found)


def names_in(expression: Expression) -> frozenset[str]:
    """The facts that the expression reads."""
    return frozenset(_names(_tree(expression)))


def all_of(*parts: Expression) -> Expression:
    """The condition that all parts hold."""
    wanted = [part for part in parts if part != TRUE]
    if not wanted:
        return TRUE
    if len(wanted) == 1:
        return wanted[0]
    return parse_expression(" and ".join(f"({part.text})" for part in wanted))


def _tree(expression: Expression) -> Node:
    tree = _PARSED.get(expression.text)
    if tree is None:
        tree = _PARSED[expression.text] = ast.parse(expression.text, mode="eval").body
    return tree


def _dotted(node: ast.AST) -> str | None:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
        return f"{node.value.id}.{node.attr}"
    return None


class _Binder(ast.NodeTransformer):
    def __init__(self, bound: Mapping[str, Bound]) -> None:
        self.bound = bound

    def visit_Name(self, node: ast.Name) -> Node:
        return self._bound(node, node.id)

    def visit_Attribute(self, node: ast.Attribute) -> Node:
        return self._bound(node, _dotted(node) or "")

    def _bound(self, node: Node, name: str) -> Node:
        if name not in self.bound:
            return node
        given = self.bound[name]
        if isinstance(given, tuple):
            return ast.Tuple([ast.Constant(one) for one in given], ast.Load())
        if isinstance(given, date):
            return ast.Constant(day_number(given))
        return ast.Constant(given)


class _Folder(ast.NodeTransformer):
    """Works out what depends on no fact."""

    def visit_BoolOp(self, node: ast.BoolOp) -> Node:
        decisive = isinstance(node.op, ast.Or)
        parts = [self.visit(part) for part in node.values]
        if any(_is_constant(part, decisive) for part in parts):
            return ast.Constant(decisive)
        left = [part for part in parts if not _is_constant(part, not decisive)]
        if len(left) < 2:
            return left[0] if left else ast.Constant(not decisive)
        return ast.BoolOp(node.op, left)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Node:
        return _worked_out(ast.UnaryOp(node.op, self.visit(node.operand)))

    def visit_Compare(self, node: ast.Compare) -> Node:
        self.generic_visit(node)
        return _worked_out(node)

    def visit_IfExp(self, node: ast.IfExp) -> Node:
        asked = self.visit(node.test)
        if isinstance(asked, ast.Constant):
            chosen: Node = self.visit(node.body if asked.value else node.orelse)
            return chosen
        return ast.IfExp(asked, self.visit(node.body), self.visit(node.orelse))


def _is_constant(node: Node, value: bool) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _worked_out(node: Node) -> Node:
    reads = any(isinstance(one, ast.Name | ast.Attribute | ast.Call) for one in ast.walk(node))
    found = None if reads else _value(node, {})
    return ast.Constant(found) if isinstance(found, bool) else node


def _check(node: Node, text: str) -> None:
    for part in ast.walk(node):
        if isinstance(part, ast.expr):
            _check_part(part, text)


def _check_part(part: ast.expr, text: str) -> None:
    fine = isinstance(
        part, ast.BoolOp | ast.Compare | ast.Name | ast.Tuple | ast.List | ast.Attribute | ast.IfExp
    )
    if isinstance(part, ast.Attribute):
        fine = _dotted(part) is not None
    elif isinstance(part, ast.Constant):
        fine = isinstance(part.value, bool | int | str)
    elif isinstance(part, ast.UnaryOp):
        fine = isinstance(part.op, ast.Not | ast.USub)
    elif isinstance(part, ast.BinOp):
        fine = isinstance(part.op, ast.Add | ast.Sub | ast.Mult)
    elif isinstance(part, ast.Call):
        fine = isinstance(part.func, ast.Name) and _fits(part.func.id, part)
    if isinstance(part, ast.Compare):
        fine = all(type(op) in _COMPARE or isinstance(op, ast.In | ast.NotIn) for op in part.ops)
    if not fine:
        raise Invalid(
            f"{ast.unparse(part)!r} in {text!r} at column {part.col_offset + 1} does not exist here:"
            " conditions are made of names, whole numbers, texts, and/or/not, comparisons, + - * and "
            + ", ".join(FUNCTIONS),
            expression=text,
        )


def _fits(function: str, call: ast.Call) -> bool:
    count = _ARGUMENTS.get(function, len(call.args))
    if function == "share" and len(call.args) == 2:
        return isinstance(call.args[0], ast.Tuple) and len(call.args[0].elts) == 2
    return function in FUNCTIONS and not call.keywords and len(call.args) == count != 0


def _names(node: Node) -> Iterator[str]:
    dotted = _dotted(node)
    if dotted is not None:
        yield dotted
        return
    called = node.func if isinstance(node, ast.Call) else None
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.expr) and child is not called:
            yield from _names(child)


# ---- judging ----


def _value(node: Node, facts: Mapping[str, Fact]) -> Value:
    if isinstance(node, ast.Constant):
        assert isinstance(node.value, bool | int | str), "checked when it was read"
        return node.value
    if isinstance(node, ast.IfExp):
        return _chosen(node, facts)
    name = _dotted(node)
    if name is not None:
        return _known(facts[name]) if name in facts else Unknown(frozenset({name}))
    if isinstance(node, ast.BoolOp):
        return _logic(node, facts)
    if isinstance(node, ast.UnaryOp):
        return _unary(node, facts)
    if isinstance(node, ast.Compare):
        return _compared(node, facts)
    if isinstance(node, ast.BinOp):
        return _computed(node, facts)
    assert isinstance(node, ast.Call) and isinstance(node.func, ast.Name), "checked when read"
    return _called(node.func.id, node.args, facts)


def _chosen(node: ast.IfExp, facts: Mapping[str, Fact]) -> Value:
    asked = _value(node.test, facts)
    if isinstance(asked, Unknown):
        return asked
    return _value(node.body if asked else node.orelse, facts)


def _known(fact: Fact) -> Value:
    return day_number(fact) if isinstance(fact, date) else fact


def _logic(node: ast.BoolOp, facts: Mapping[str, Fact]) -> Value:
    decisive = isinstance(node.op, ast.Or)
    missing: frozenset[str] = frozenset()
    for part in node.values:
        found = _value(part, facts)
        if isinstance(found, Unknown):
            missing |= found.names
        elif bool(found) is decisive:
            return decisive
    return Unknown(missing) if missing else not decisive


def _unary(node: ast.UnaryOp, facts: Mapping[str, Fact]) -> Value:
    found = _value(node.operand, facts)
    if isinstance(found, Unknown):
        return found
    return not found if isinstance(node.op, ast.Not) else -_number(found, node)


def _compared(node: ast.Compare, facts: Mapping[str, Fact]) -> Value:
    left = _value(node.left, facts)
    missing = left.names if isinstance(left, Unknown) else frozenset()
    for op, right_node in zip(node.ops, node.comparators, strict=True):
        if isinstance(op, ast.In | ast.NotIn):
            return (missing and Unknown(missing)) or _member(left, op, right_node)
        right = _value(right_node, facts)
        if isinstance(right, Unknown):
            missing |= right.names
        elif not missing and not _COMPARE[type(op)](*_alike(left, right, node)):
            return False
        left = right
    return Unknown(missing) if missing else True


def _member(left: Value, op: ast.cmpop, listed: Node) -> bool:
    assert isinstance(listed, ast.Tuple | ast.List), "a list of texts follows `in`"
    among = {part.value for part in listed.elts if isinstance(part, ast.Constant)}
    return (left in among) is isinstance(op, ast.In)


def _alike(left: Value, right: Value, node: Node) -> tuple[Fraction | str, Fraction | str]:
    if isinstance(left, str) and isinstance(right, str):
        return left, right
    return _number(left, node), _number(right, node)


def _number(found: Value, node: Node) -> Fraction:
    if isinstance(found, str | tuple | Unknown):
        raise Invalid(
            f"{found!r} in {ast.unparse(node)!r} is no number", expression=ast.unparse(node)
        )
    return Fraction(found)


def _computed(node: ast.BinOp, facts: Mapping[str, Fact]) -> Value:
    left, right = _value(node.left, facts), _value(node.right, facts)
    missing = _missing(left, right)
    if missing:
        return Unknown(missing)
    a, b = _number(left, node), _number(right, node)
    if isinstance(node.op, ast.Add):
        return a + b
    return a - b if isinstance(node.op, ast.Sub) else a * b


def _missing(*values: Value) -> frozenset[str]:
    found: frozenset[str] = frozenset()
    return found.union(*(value.names for value in values if isinstance(value, Unknown)))


def _called(name: str, arguments: list[Node], facts: Mapping[str, Fact]) -> Value:
    if isinstance(arguments[0], ast.Tuple):  # share([n, d], x)
        arguments = [*arguments[0].elts, *arguments[1:]]
    values = [_value(one, facts) for one in arguments]
    missing = _missing(*values)
    if name in ("known", "stated"):
        return not missing and (name == "known" or bool(values[0]))
    if name == "count":
        return _counted(values, missing)
    if missing:
        return Unknown(missing)
    if name in ("business_day", "business_days_after"):
        return _by_calendar(
            str(values[0]), *(int(_number(one, arguments[0])) for one in values[1:])
        )
    if name in ("sum_after", "count_after"):
        return _later(name, values[0], int(_number(values[1], arguments[1])), arguments[0])
    numbers = [_number(value, arguments[0]) for value in values]
    if name in ("max", "min"):
        return max(numbers) if name == "max" else min(numbers)
    if name == "share":
        part, whole, of = numbers
        return of * part / whole
    day, count = map(int, numbers)
    return day + count if name == "days_after" else day_number(anniversary(day_of(day), count))


def _by_calendar(place: str, day: int, count: int | None = None) -> int:
    where = calendar(place, "place")
    if count is None:
        return day_number(adjust(where, day_of(day), Convention.FOLLOWING))
    return day_number(add_business_days(where, day_of(day), count))


def _later(name: str, entries: Value, day: int, node: Node) -> Fraction:
    if not isinstance(entries, tuple):
        return _number(entries, node)
    later = [amount for when, amount in entries if day_number(when) > day]
    return Fraction(sum(later) if name == "sum_after" else len(later))


def _counted(values: list[Value], missing: frozenset[str]) -> Value:
    """Unknown conditions may or may not hold; callers that need a number get Unknown."""
    return Unknown(missing) if missing else sum(bool(value) for value in values)
