"""`freehold webhook`: whose server is told what changes, for somebody who signs in to the platform.

Whoever can run this in the home folder owns it; a webhook still sees only what its owner may see.
"""

import click

from freehold.core.clock import stamp
from freehold.core.roles import EVERYWHERE
from freehold.desks import permits
from freehold.desks.office import Office, open_office
from freehold.desks.permits import Actor
from freehold.desks.platform import webhooks
from freehold.desks.platform.webhooks import DeliveryView
from freehold.doors.cli.output import Column, Table, json_option, show
from freehold.doors.cli.settings import settings

owner_option = click.option(
    "--for", "owner", required=True, help="Under which name the owner signs in."
)
id_argument = click.argument("id")


@click.group()
def webhook() -> None:
    """Tell somebody's server what changes: add, list, see deliveries, replay, end."""


@webhook.command()
@click.argument("url")
@owner_option
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    required=True,
    help="instruction.changed, position.changed, register.changed, policy.changed, cash.break or"
    " audit.recorded; may be given again.",
)
@click.option("--issuer", default=EVERYWHERE, show_default=True, help="Changes of one issuer.")
@json_option
def add(url: str, owner: str, kinds: tuple[str, ...], issuer: str, as_json: bool) -> None:
    """Tell URL what changes from now on; prints the secret that signs, this once."""
    with open_office(settings()) as office:
        made, secret = webhooks.subscribe(office, _owner(office, owner), url, kinds, issuer)
    _show_secret(made.id, made.url, secret, as_json)


@webhook.command("list")
@owner_option
@json_option
def list_webhooks(owner: str, as_json: bool) -> None:
    """The owner's webhooks, without their secrets."""
    with open_office(settings()) as office:
        found = webhooks.listed(office, _owner(office, owner))
    document = [
        {
            "id": one.id,
            "url": one.url,
            "kinds": one.kinds,
            "issuer": one.issuer,
            "read_to": one.read_to,
            "created_at": stamp(one.created_at),
            "paused_at": stamp(one.paused_at) if one.paused_at else None,
        }
        for one in found
    ]
    rows = [
        (
            one.id,
            one.url,
            ", ".join(one.kinds),
            one.issuer,
            "paused" if one.paused_at else "active",
            str(one.read_to),
        )
        for one in found
    ]
    columns = [Column(name) for name in ("id", "url", "told of", "issuer", "state")]
    columns.append(Column("read to", number=True))
    show({"webhooks": document}, as_json, Table("", columns, rows))


@webhook.command()
@id_argument
@owner_option
@click.option("--before", type=int, help="Only deliveries older than this number.")
@click.option(
    "--limit", type=click.IntRange(1, 200), default=50, show_default=True, help="So many at most."
)
@json_option
def deliveries(id: str, owner: str, before: int | None, limit: int, as_json: bool) -> None:
    """What was sent to webhook ID and what its server answered, the newest first."""
    with open_office(settings()) as office:
        found = webhooks.log(office, _owner(office, owner), id, before, limit)
    document = [_delivery(one) for one in found]
    rows = [
        (
            str(one.delivery.number),
            str(one.delivery.change),
            one.kind,
            str(one.delivery.state),
            str(one.delivery.tries),
            one.tries[-1].said if one.tries else "",
        )
        for one in found
    ]
    names = ("number", "change", "kind", "state", "tries", "said last")
    show({"deliveries": document}, as_json, Table("", [Column(name) for name in names], rows))


@webhook.command()
@id_argument
@click.argument("first", type=int)
@click.argument("last", type=int)
@owner_option
@json_option
def replay(id: str, first: int, last: int, owner: str, as_json: bool) -> None:
    """Send the changes FIRST to LAST to webhook ID again, those that it is about."""
    with open_office(settings()) as office:
        count = webhooks.replay(office, _owner(office, owner), id, first, last)
    columns = [Column("deliveries to come", number=True)]
    show({"webhook": id, "deliveries": count}, as_json, Table("", columns, [(str(count),)]))


@webhook.command()
@id_argument
@owner_option
@json_option
def pause(id: str, owner: str, as_json: bool) -> None:
    """Send nothing to webhook ID for now; what changes waits."""
    _pause(id, owner, as_json, paused=True)


@webhook.command()
@id_argument
@owner_option
@json_option
def resume(id: str, owner: str, as_json: bool) -> None:
    """Go on sending to webhook ID, with what waited meanwhile."""
    _pause(id, owner, as_json, paused=False)


@webhook.command()
@id_argument
@owner_option
@json_option
def rotate(id: str, owner: str, as_json: bool) -> None:
    """Give webhook ID a new secret, printed this once; the next try is signed with it."""
    with open_office(settings()) as office:
        made, secret = webhooks.rotate(office, _owner(office, owner), id)
    _show_secret(made.id, made.url, secret, as_json)


@webhook.command()
@id_argument
@owner_option
@json_option
def end(id: str, owner: str, as_json: bool) -> None:
    """Send nothing more to webhook ID."""
    with open_office(settings()) as office:
        webhooks.end(office, _owner(office, owner), id)
    show({"ended": id}, as_json, Table("", [Column("ended")], [(id,)]))


def _pause(id: str, owner: str, as_json: bool, *, paused: bool) -> None:
    with open_office(settings()) as office:
        one = webhooks.pause(office, _owner(office, owner), id, paused=paused)
    since = stamp(one.paused_at) if one.paused_at else None
    row = (id, "paused" if paused else "active")
    document = {"webhook": id, "paused_at": since}
    show(document, as_json, Table("", [Column("id"), Column("state")], [row]))


def _owner(office: Office, name: str) -> Actor:
    return webhooks.acting_for(office, permits.operator(), name)


def _show_secret(id: str, url: str, secret: str, as_json: bool) -> None:
    columns = [Column("id"), Column("url"), Column("secret, shown this once")]
    document = {"id": id, "url": url, "secret": secret}
    show(document, as_json, Table("", columns, [(id, url, secret)]))


def _delivery(one: DeliveryView) -> dict[str, object]:
    return {
        "number": one.delivery.number,
        "change": one.delivery.change,
        "kind": one.kind,
        "state": str(one.delivery.state),
        "due_at": stamp(one.delivery.due_at),
        "body": one.body,
        "tries": [
            {"at": stamp(each.at), "status": each.status, "said": each.said} for each in one.tries
        ],
    }
