"""How big things may be and what they may not be called (CONTRIBUTING.md)."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from statistics import median

LONGEST_FUNCTION = 70
MEDIAN_FUNCTION = 10
LONGEST_FILE = 500
LONGEST_CONTRACT = 400
BANNED = frozenset(
    "utils util helpers helper common misc base service services manager managers handler handlers"
    " kit".split()
)
BANNED_PATTERN = re.compile(r"^processor_|_v2$")
BANNED_CLASS = re.compile(r"(Utils?|Helper|Base|Service|Manager|Handler|Mixin)$")
FOLDERS = ("src", "tests", "contracts", "docs", "examples")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def python_files(root: Path) -> list[Path]:
    """All Python of the repository, the command that has no ending included."""
    files = [*root.glob("src/**/*.py"), *root.glob("tests/**/*.py"), *root.glob("examples/**/*.py")]
    command = [root / "freehold"] if (root / "freehold").is_file() else []
    return sorted(files) + command


def functions(file: Path) -> list[Function]:
    tree = ast.walk(ast.parse(file.read_text()))
    return [node for node in tree if isinstance(node, Function)]


def lines(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def function_length(root: Path) -> Iterator[str]:
    """No function over 70 lines, half of them within 10."""
    lengths = []
    for file in python_files(root):
        for function in functions(file):
            if file.is_relative_to(root / "src"):
                lengths.append(lines(function))
            if lines(function) > LONGEST_FUNCTION:
                place = f"{file.relative_to(root)}:{function.lineno}"
                yield f"{place}: `{function.name}` has {lines(function)} lines; split it (70)"
    if lengths and median(lengths) > MEDIAN_FUNCTION:
        yield f"src: the median function has {median(lengths)} lines; at most {MEDIAN_FUNCTION}"


def file_length(root: Path) -> Iterator[str]:
    """No Python file over 500 lines, no contract over 400."""
    limits = dict.fromkeys(python_files(root), LONGEST_FILE)
    limits |= dict.fromkeys(root.glob("contracts/**/*.vy*"), LONGEST_CONTRACT)
    for file, limit in limits.items():
        length = len(file.read_text().splitlines())
        if length > limit:
            place = file.relative_to(root)
            yield f"{place} has {length} lines; at most {limit}, split it by subject"


def banned_names(root: Path) -> Iterator[str]:
    """Names say what a thing is in the securities business."""
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("**/*")):
            if path.stem.lower() in BANNED or BANNED_PATTERN.search(path.stem):
                place = str(path.relative_to(root))
                yield f"{place}: `{path.stem}` says nothing; name it after its subject"
    for file in python_files(root):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ClassDef) and BANNED_CLASS.search(node.name):
                place = f"{file.relative_to(root)}:{node.lineno}"
                yield f"{place}: class `{node.name}` is named after a pattern, not a subject"


def broad_except(root: Path) -> Iterator[str]:
    """Only a door may catch everything; elsewhere it is cleaning up, and raises again."""
    for file in sorted(root.glob("src/**/*.py")):
        if file.is_relative_to(root / "src/freehold/doors"):
            continue
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ExceptHandler) and _swallows_everything(node):
                place = f"{file.relative_to(root)}:{node.lineno}"
                yield f"{place}: `except Exception` belongs to doors; name what can go wrong here"


def _swallows_everything(clause: ast.ExceptHandler) -> bool:
    caught = ast.unparse(clause.type).strip("()").split(", ") if clause.type else ["Exception"]
    cleans_up = isinstance(clause.body[-1], ast.Raise)
    return bool({"Exception", "BaseException"} & set(caught)) and not cleans_up


def module_docstrings(root: Path) -> Iterator[str]:
    """Each module of the package opens with what it is for."""
    for file in sorted(root.glob("src/**/*.py")):
        text = ast.get_docstring(ast.parse(file.read_text()))
        if not text and file.read_text().strip():
            yield f"{file.relative_to(root)}: says nothing about itself; open with a docstring"
