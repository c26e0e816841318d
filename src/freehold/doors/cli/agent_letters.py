"""`freehold agent letters`: what was sent by e-mail, and the queue of what came back."""

import click

from freehold.desks import notices, permits
from freehold.desks.office import open_office
from freehold.doors.cli.output import Column, Table, json_option, show
from freehold.doors.cli.settings import settings


@click.command()
@click.option("--queue", "waiting", is_flag=True, help="Only what waits for a decision.")
@json_option
def letters(waiting: bool, as_json: bool) -> None:
    """The last letters with how far each has come."""
    with open_office(settings()) as office:
        who = permits.keyholder()
        found = notices.queue(office, who) if waiting else notices.outbox(office, who)
    document = [
        {
            "id": one.id,
            "kind": str(one.kind),
            "to": one.to,
            "state": str(one.state),
            "attempts": one.attempts,
            "created_at": one.created_at,
            "sent_at": one.sent_at,
            "note": one.note,
        }
        for one in found
    ]
    rows = [
        (one.id, str(one.kind), one.to, one.state.lower(), str(one.attempts), one.note)
        for one in found
    ]
    names = ("letter", "kind", "to", "state", "attempts", "note")
    show({"letters": document}, as_json, Table("", [Column(name) for name in names], rows))


@click.command()
@click.argument("letter")
@click.argument("decision", type=click.Choice(["send", "drop", "bounced"]))
@click.option("--note", default="it came back", help="What the other side said, for `bounced`.")
@json_option
def letter(letter: str, decision: str, note: str, as_json: bool) -> None:
    """Decide about LETTER: send it again, drop it, or note that it came back."""
    with open_office(settings()) as office:
        notices.decide(office, permits.keyholder(), letter, decision, note)
    document = {"letter": letter, "decision": decision}
    show(document, as_json, Table("", [Column("letter"), Column("decision")], [(letter, decision)]))


COMMANDS = (letters, letter)
