"""A progress bar for long work: on a terminal only, so that files and pipes stay clean."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from freehold.doors.cli.output import console

Told = Callable[[int, int, str], None]


@contextmanager
def progress(what: str, as_json: bool) -> Iterator[Told]:
    """A function to tell (done, total, what is done now); silent where nobody looks."""
    screen = console()
    if as_json or not screen.is_terminal:
        yield lambda done, total, now: None
        return
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TextColumn("{task.fields[now]}"), console=screen) as bar:
        task = bar.add_task(what, total=None, now="")

        def tell(done: int, total: int, now: str) -> None:
            bar.update(task, completed=done, total=total, now=now)

        yield tell
