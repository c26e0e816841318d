"""`freehold howey`: is a token a security? Questions, a reasoned memo, and test vectors."""

from pathlib import Path

import click

from freehold.core.errors import Invalid
from freehold.core.policy.howey.answers import (
    Answer,
    Answers,
    Value,
    read_answers,
    write_answers,
)
from freehold.core.policy.howey.findings import memo, next_question
from freehold.core.policy.howey.questions import NOTICE, Question
from freehold.doors.cli.howey_memo import memo_text
from freehold.doors.cli.output import json_option, show
from freehold.doors.cli.vectors import try_vectors

_STOP = "stop"


@click.group()
def howey() -> None:
    """Is a token a security? Answer questions, read a reasoned memo."""


howey.add_command(try_vectors)


@howey.command()
@click.argument(
    "answers", required=False, type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option(
    "--keep",
    default=Path("howey-answers.toml"),
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="The file that the questionnaire writes, and goes on from if it is there.",
)
@click.option(
    "--all", "every", is_flag=True, help="Ask also what can no longer change the verdict."
)
@json_option
def ask(answers: Path | None, keep: Path, every: bool, as_json: bool) -> None:
    """Whether a token is a security: a memo from a file of ANSWERS, or from questions asked now.

    Informational, not legal advice. Each answer is kept at once, so stop whenever you like and run
    the same command to go on.
    """
    given = read_answers(_text(answers)) if answers else _interview(keep, every)
    found = memo(given)
    show(found, as_json)
    if not as_json:
        click.echo(memo_text(found))


def _interview(keep: Path, every: bool) -> Answers:
    """Ask on the terminal until nothing is left to ask, or the person stops."""
    answers = read_answers(_text(keep)) if keep.exists() else Answers()
    _say(f"{NOTICE} Answer yes, no, unknown, or stop; answers are kept in {keep}.")
    if not keep.exists():
        answers = Answers(_line("What is the token called"))
        _keep(keep, answers)
    while question := next_question(answers, every):
        answer = _answer(question)
        if answer is None:
            _say(f"Stopped; the same command goes on. {len(answers.given)} answers are in {keep}.")
            break
        answers = answers.having(question.id, answer)
        _keep(keep, answers)
    return answers


def _answer(question: Question) -> Answer | None:
    """None if the person stops."""
    _say(f"\n{question.id}  {question.text}")
    word = click.prompt("answer", value_proc=_word, err=True)
    if word == _STOP:
        return None
    value = Value(word)
    return Answer(value, "" if value is Value.UNKNOWN else _line("evidence, or nothing"))


def _word(typed: str) -> str:
    words = (*Value, _STOP)
    found = [word for word in words if typed.strip() and word.startswith(typed.strip().lower())]
    if len(found) != 1:
        raise click.UsageError(f"{typed!r} is none of {', '.join(words)}")
    return str(found[0])


def _line(asked: str) -> str:
    typed = str(click.prompt(asked, default="", show_default=False, err=True))
    return typed.encode("utf-8", "replace").decode().strip()


def _say(sentence: str) -> None:
    click.echo(sentence, err=True)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8-sig")  # editors may begin it with a mark
    except OSError as error:
        raise Invalid(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise Invalid(f"{file} is not text in UTF-8") from None


def _keep(file: Path, answers: Answers) -> None:
    """Write the file whole or not at all: what was answered before is never lost."""
    beside = file.with_name(f"{file.name}.new")
    try:
        beside.write_text(write_answers(answers), encoding="utf-8")
        beside.replace(file)
    except OSError as error:
        raise Invalid(f"the answers cannot be kept in {file}: {error.strerror}") from None
