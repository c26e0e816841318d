"""`freehold serve`: the whole platform on this machine, until it is told to stop."""

import signal
import threading
from collections.abc import Mapping

import click

from freehold.desks import signin
from freehold.desks.office import open_office
from freehold.doors.cli.output import Column, Table, json_option, show
from freehold.doors.cli.settings import settings
from freehold.doors.platform.supervisor import supervise


@click.command()
@json_option
def serve(as_json: bool) -> None:
    """Run the platform: web pages, API, worker and ledger, each a process that is kept up.

    Stops cleanly on SIGTERM or Ctrl-C. As long as nobody administers the platform, it prints a
    one-time link for the first administrator.
    """
    known = settings()
    file = click.get_current_context().find_root().obj
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())

    def ready(processes: Mapping[str, int]) -> None:
        with open_office(known, followed=True, signing=False) as office:
            token = signin.first_link(office)
        link = f"{known.public_url}/welcome/{token}" if token else None
        document = {"url": known.public_url, "processes": processes, "first_link": link}
        rows = [("pages", known.public_url), ("API", f"{known.public_url}/api/openapi.json")]
        rows += [("first administrator, once", link)] if link else []
        show(document, as_json, Table("Ready", [Column("what"), Column("where")], rows))

    supervise(known, file, stop, ready)
