"""`freehold access`: who may sign in to the platform, and as what.

Whoever can run this in the home folder owns it. What he does here is recorded like everything else.
"""

import click

from freehold.core.errors import Invalid
from freehold.core.roles import EVERYWHERE, Role
from freehold.desks import permits
from freehold.desks.access import humans, signin
from freehold.desks.office import open_office
from freehold.doors.cli.output import Column, Table, json_option, show
from freehold.doors.cli.settings import settings


@click.group()
def access() -> None:
    """Say who may sign in to the platform, and as what."""


@access.command()
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    required=True,
    help="A role for everything, or role=SCOPE: an issuer's id, issuer/holder (always for an investor).",
)
@click.option("--person", help="Another sign-in name of the same human being, if there is one.")
@json_option
def invite(name: str, roles: tuple[str, ...], person: str | None, as_json: bool) -> None:
    """Enter somebody who signs in as NAME; prints a one-time link, good for a day."""
    given = [_role(text) for text in roles]
    known = settings()
    with open_office(known) as office:
        made, token = signin.invite(office, permits.operator(), name, given, person)
    _show_link(made.sign_in_name, f"{known.public_url}/welcome/{token}", as_json)


@access.command()
@click.argument("name")
@json_option
def link(name: str, as_json: bool) -> None:
    """A new one-time link for NAME, who lost the password or the code generator."""
    known = settings()
    with open_office(known) as office:
        token = signin.new_link(office, permits.operator(), name)
    _show_link(name, f"{known.public_url}/welcome/{token}", as_json)


@access.command()
@click.argument("name")
@json_option
def end(name: str, as_json: bool) -> None:
    """Let NAME in no more, at once."""
    with open_office(settings()) as office:
        gone = signin.end_identity(office, permits.operator(), name)
    show({"ended": gone.id}, as_json, Table("", [Column("ended")], [(gone.sign_in_name,)]))


@access.command()
@click.argument("name")
@click.option("--same-as", "other", help="Another sign-in name of the same human being.")
@click.option("--alone", is_flag=True, help="NAME is of nobody else after all.")
@json_option
def person(name: str, other: str | None, alone: bool, as_json: bool) -> None:
    """Say that NAME and another name are the same human being, who approves nothing of his own."""
    if alone == bool(other):
        raise Invalid("write either --same-as OTHER or --alone", field="same_as")
    with open_office(settings()) as office:
        who = permits.operator()
        known = humans.same(office, who, name, other) if other else humans.part(office, who, name)
    document = {"name": known.sign_in_name, "person": known.person}
    columns = [Column("signs in as"), Column("person")]
    show(
        document, as_json, Table("", columns, [(known.sign_in_name, known.person or "of its own")])
    )


@access.command("list")
@json_option
def list_access(as_json: bool) -> None:
    """Everybody who may sign in, with their roles."""
    with open_office(settings()) as office:
        found = signin.people(office, permits.operator())
    document = [
        {
            "id": one.id,
            "name": one.sign_in_name,
            "roles": [{"role": each.role, "scope": each.scope} for each in given],
            "set_up": ready,
            "ended": one.ended_at,
        }
        for one, given, ready in found
    ]
    rows = [
        (
            one.sign_in_name,
            ", ".join(f"{each.role} for {each.scope}" for each in given),
            "ended" if one.ended_at else ("yes" if ready else "link not used yet"),
        )
        for one, given, ready in found
    ]
    columns = [Column("signs in as"), Column("roles"), Column("set up")]
    show({"identities": document}, as_json, Table("", columns, rows))


def _role(text: str) -> tuple[Role, str]:
    name, _, scope = text.partition("=")
    try:
        role = Role(name)
    except ValueError:
        listed = ", ".join(Role)
        raise Invalid(f"{name} is no role; the roles are {listed}", field="role") from None
    if role is Role.INVESTOR and not scope:
        raise Invalid("an investor is one holder: write investor=ISSUER/HOLDER", field="role")
    return role, scope or EVERYWHERE


def _show_link(name: str, link: str, as_json: bool) -> None:
    columns = [Column("signs in as"), Column("one-time link, good for a day")]
    show({"name": name, "link": link}, as_json, Table("", columns, [(name, link)]))
