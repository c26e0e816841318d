"""`freehold node`: the ledgers that run on this machine."""

import click

from freehold.core.clock import parse, stamp
from freehold.desks import ledgers
from freehold.desks.office import open_office
from freehold.doors.cli.output import Column, Table, json_option, show
from freehold.doors.cli.settings import settings


@click.group()
def node() -> None:
    """Run a ledger here: the embedded one, or the fast node."""


@node.command()
@click.option(
    "--simulated-clock",
    is_flag=True,
    help="Block times are set by hand, which the ledger declares for ever.",
)
@json_option
def create(simulated_clock: bool, as_json: bool) -> None:
    """Create the embedded ledger of the home folder, with keys of its own."""
    known = settings()
    ledgers.create(known, simulated_clock=simulated_clock)
    rows = [("home", str(known.home)), ("simulated clock", "yes" if simulated_clock else "no")]
    document = {"home": known.home, "simulated_clock": simulated_clock}
    show(document, as_json, Table("Created", [Column("what"), Column("value")], rows))


@node.command()
@click.option("--port", default=8545, show_default=True, help="On 127.0.0.1.")
@json_option
def serve(port: int, as_json: bool) -> None:
    """Offer the embedded ledger to wallets and tools as HTTP JSON-RPC, until interrupted."""
    known = settings()
    url = f"http://127.0.0.1:{port}"
    show({"url": url}, as_json, Table("", [Column("JSON-RPC")], [(url,)]))
    ledgers.serve(known, port)


@node.command()
@click.argument("instant")
@json_option
def clock(instant: str, as_json: bool) -> None:
    """Set the declared simulated clock to INSTANT (2026-11-22T14:00:00Z) and build a block then."""
    with open_office(settings()) as office:
        now = ledgers.set_clock(office, parse(instant, "instant"))
    rows = [("the ledger's clock", stamp(now))]
    show({"now": now}, as_json, Table("", [Column("what"), Column("instant")], rows))


@node.command()
@json_option
def status(as_json: bool) -> None:
    """What runs on the home folder."""
    found = ledgers.status(settings())
    embedded = "running" if found.embedded else ("stopped" if found.created else "not created")
    fast = found.fast.url if found.fast else "stopped"
    rows = [("home", str(found.home)), ("embedded ledger", embedded), ("fast node", fast)]
    rows += [(key, str(value)) for key, value in (found.embedded or {}).items()]
    show(found, as_json, Table("", [Column("what"), Column("value")], rows))


@node.command()
@json_option
def install(as_json: bool) -> None:
    """Fetch the fast node's program (anvil, pinned, its hash checked) into the home folder."""
    place = ledgers.install(settings())
    show({"program": place}, as_json, Table("", [Column("installed")], [(str(place),)]))


@node.command()
@click.option("--port", default=8545, show_default=True, help="On 127.0.0.1; 0 takes any free one.")
@json_option
def start(port: int, as_json: bool) -> None:
    """Start the fast node in the background; its journal leads it back to where it was."""
    found = ledgers.start_fast(settings(), port)
    rows = [("JSON-RPC", found.url), ("process", str(found.pid)), ("chain", str(found.chain_id))]
    show(found, as_json, Table("Started", [Column("what"), Column("value")], rows))


@node.command()
@json_option
def stop(as_json: bool) -> None:
    """Stop the fast node after a snapshot."""
    ledgers.stop_fast(settings())
    show({"stopped": True}, as_json, Table("", [Column("fast node")], [("stopped",)]))
