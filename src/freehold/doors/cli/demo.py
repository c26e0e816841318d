"""`freehold demo`: the whole thing once, on a ledger of its own with a declared simulated clock.

A company's Open Cap Table file becomes compliant units on a real EVM; one transfer is refused with
its reason and the day it would pass, another goes through; a record instant is fixed and kept; the
register is printed and proved against the chain.
"""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import click

from freehold import config
from freehold.core.captable import outstanding
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict
from freehold.core.policy.starter import HolderClass
from freehold.core.units import Units
from freehold.desks.office import Office, create_local_ledger, now_on_chain, open_office, set_clock
from freehold.desks.onboarding import holders
from freehold.desks.onboarding.holders import MarkRequest
from freehold.desks.outbox import orders
from freehold.desks.register import captables, records, registers
from freehold.desks.register.records import RecordRequest
from freehold.desks.register.registers import AsOf
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import TransferRequest
from freehold.doors.cli.captable import read_directory, table_document, tables
from freehold.doors.cli.output import Outcome, json_option, show
from freehold.doors.cli.progress import progress
from freehold.doors.cli.register import register_table
from freehold.doors.cli.transfer import transfer_document, transfer_table
from freehold.doors.cli.verify import verification_document, verification_tables

EXAMPLE = Path(__file__).resolve().parents[4] / "examples" / "northwind-optics"
SELLER, ABROAD, FUND = "priya-raman", "jonas-keller", "northgate-seed"
CLASS = "common"
UNITS = Units(60_000)


@click.command()
@click.option(
    "--keep",
    type=click.Path(path_type=Path),
    help="Keep the example world in this new directory; use it with FREEHOLD_HOME.",
)
@json_option
def demo(keep: Path | None, as_json: bool) -> Outcome:
    """The main job: a real cap table becomes securities that move by the rules.

    Works in a temporary world of its own, on the embedded ledger with a declared simulated clock,
    and touches nothing else.
    """
    with _world(keep) as home:
        create_local_ledger(home, simulated_clock=True, seconds=1)
        with open_office(config.load(None, {"FREEHOLD_HOME": str(home)})) as office:
            return _run(office, as_json)


def _run(office: Office, as_json: bool) -> Outcome:
    files = read_directory(EXAMPLE)
    with progress("a cap table becomes a register", as_json) as tell:
        captables.import_company(office, files, progress=tell)
    table = captables.table_of_files(files, None)
    agent = orders.agent(office)
    sale = TransferRequest(CLASS, SELLER, ABROAD, UNITS, "demo: sale abroad")
    refused = transfers.transfer(office, agent, sale)
    seen = MarkRequest(FUND, "demo: accreditation seen", of_class=HolderClass.ACCREDITED)
    holders.mark(office, agent, seen)
    instant = now_on_chain(office) + timedelta(days=1)
    record = records.announce(office, agent, RecordRequest(CLASS, instant, "demo: record")).number
    set_clock(office, to_seconds(instant) + 3_600)
    sale = TransferRequest(CLASS, SELLER, FUND, UNITS, "demo: sale to a fund")
    passed = transfers.transfer(office, agent, sale)
    at_record = registers.registers(office, None, CLASS, AsOf(record=record))
    present = registers.registers(office, None)
    found = registers.verify(office)
    fits = _equals_file(office, outstanding(table))
    document = {
        "captable": table_document(table),
        "register_equals_file": fits,
        "transfers": [transfer_document(refused), transfer_document(passed)],
        "record": {"number": record, "instant": stamp(instant), "register": at_record},
        "registers": present,
        "verification": verification_document(found),
    }
    show(
        document,
        as_json,
        tables(table)[1],
        transfer_table([(one, f"{one.units:,}") for one in (refused, passed)]),
        *[register_table(one) for one in (*at_record, *present)],
        *verification_tables(found),
    )
    well = fits and found.ok and refused.code != 0 and passed.allowed
    return Outcome.DONE if well else Outcome.FAILED


def _equals_file(office: Office, expected: Mapping[str, int]) -> bool:
    """Whether the units on chain are those the file implies (a sale changes no total)."""
    held = registers.holdings_on(office, None, now_on_chain(office).date())
    return {key: sum(line.values()) for key, line in held.items()} == expected


@contextmanager
def _world(keep: Path | None) -> Iterator[Path]:
    """A folder for the example world: a temporary one, or the one to keep."""
    if keep is None:
        made = Path(tempfile.mkdtemp(prefix="freehold-demo-"))
        try:
            yield made
        finally:
            shutil.rmtree(made, ignore_errors=True)
        return
    if keep.exists() and any(os.scandir(keep)):
        raise Conflict(f"{keep} is not empty: name a new directory for the example world")
    yield keep
