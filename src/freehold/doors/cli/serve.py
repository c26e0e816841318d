"""`freehold serve`: the whole platform on this machine, until it is told to stop."""

import signal
import threading
from collections.abc import Mapping
from typing import Any

import click

from freehold.desks.access import signin
from freehold.desks.office import open_office
from freehold.doors.cli.output import Column, Table, json_option, show
from freehold.doors.cli.settings import settings
from freehold.doors.platform import example_world
from freehold.doors.platform.supervisor import supervise


@click.command()
@click.option(
    "--demo",
    is_flag=True,
    help="Fill a new home with an example world, and let whoever sits here come in as anybody.",
)
@json_option
def serve(demo: bool, as_json: bool) -> None:
    """Run the platform: web pages, API, worker and ledger, each a process that is kept up.

    Stops cleanly on SIGTERM or Ctrl-C. As long as nobody administers the platform, it prints a
    one-time link for the first administrator.
    """
    known = settings()
    if demo:
        example_world.begin(known)
    file = click.get_current_context().find_root().obj
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def ready(processes: Mapping[str, int]) -> None:
        with open_office(known, followed=True, signing=False) as office:
            token = signin.first_link(office)
        link = f"{known.public_url}/welcome/{token}" if token else None
        document: dict[str, Any] = {
            "url": known.public_url,
            "processes": processes,
            "first_link": link,
        }
        rows = [("pages", known.public_url), ("API", f"{known.public_url}/api/openapi.json")]
        rows += [("first administrator, once", link)] if link else []
        people = example_world.PEOPLE if demo else ()
        document["people"] = [{"name": name, "role": str(role)} for name, role, _ in people]
        tables = [Table("Ready", [Column("what"), Column("where")], rows)]
        if demo:
            told = [(name, str(role)) for name, role, _ in people]
            columns = [Column("come in as, at /sign-in"), Column("role")]
            tables.append(Table("Example world", columns, told))
            threading.Thread(
                target=example_world.fill_home, args=(known, stop), daemon=True
            ).start()
        show(document, as_json, *tables)

    supervise(known, file, stop, ready)
