"""What may not stand in a tracked file: places of one machine, unfinished work."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

MACHINE_PATH = re.compile(
    r"(?<![\w.:/}$~-])/(root|home/[a-z]\w*|Users/[A-Z]\w*|work|workspace|builds)/\w"
    r"|\b[A-Z]:\\\\?Users\\"
)
UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
WORKPLACE = re.compile(r"\b(work ?trees?|the brief|my task|as discussed)\b", re.I)
NOT_READ = {".lock", ".png", ".ico", ".woff2", ".xlsx", ".gz", ".ttf"}
SELF = Path("tests/tidy/words.py")


def tracked_files(root: Path) -> list[Path]:
    """What git tracks; every file where there is no git."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached"], cwd=root, capture_output=True, text=True, check=False
    )
    names = listed.stdout.split("\0")[:-1] if listed.returncode == 0 else []
    files = [root / name for name in names] or [
        path for path in root.glob("**/*") if path.is_file()
    ]
    return [file for file in files if file.is_file() and file.suffix not in NOT_READ]


def no_foreign_words(root: Path) -> Iterator[str]:
    """The project speaks of itself alone, and is finished."""
    rules = (
        (MACHINE_PATH, "is a path of one machine; find places relative to the repository or home"),
        (UNFINISHED, "marks unfinished work; do it or file it"),
        (WORKPLACE, "is about how the work was done; say what holds"),
    )
    for file in tracked_files(root):
        if file == root / SELF:
            continue
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), 1):
            for pattern, sentence in rules:
                if found := pattern.search(line):
                    yield f"{file.relative_to(root)}:{number}: `{found.group()}` {sentence}"
