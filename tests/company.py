"""The company of examples/northwind-optics, brought in once per run; tests work on copies of it.

A home can be copied while nothing runs on it: the copy is a world of its own with the same past.
"""

import shutil
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from freehold import config
from freehold.book.session import open_book
from freehold.chain import node
from freehold.core.units import Units
from freehold.desks.office import Office, create_local_ledger, open_office
from freehold.desks.outbox import orders
from freehold.desks.register import captables
from freehold.desks.securities import transfers
from freehold.desks.securities.transfers import TransferOutcome, TransferRequest
from tests.parts import ROOT

NORTHWIND = ROOT / "examples" / "northwind-optics"


def files_of(folder: Path) -> dict[str, str]:
    return {one.name: one.read_text() for one in sorted(folder.glob("*.ocf.json"))}


def office_of(home: Path, **settings: str) -> AbstractContextManager[Office]:
    """The office of a home; settings by their names in the environment without the prefix."""
    named = {f"FREEHOLD_{name.upper()}": value for name, value in settings.items()}
    return open_office(config.load(environment={"FREEHOLD_HOME": str(home), **named}))


def sell(office: Office, sender: str, receiver: str, units: int, key: str) -> TransferOutcome:
    """A sale of common stock that the agent posts, if the rules allow it."""
    asked = TransferRequest("common", sender, receiver, Units(units), key)
    return transfers.transfer(office, orders.agent(office), asked)


@pytest.fixture(scope="session")
def northwind_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the company in it, on a simulated clock; nothing runs on it."""
    home = tmp_path_factory.mktemp("northwind") / "home"
    create_local_ledger(home, simulated_clock=True, seconds=1)
    with office_of(home) as office:
        captables.import_company(office, files_of(NORTHWIND))
    node.stop(home)
    return home


@pytest.fixture
def company_home(northwind_home: Path, tmp_path: Path):
    """A copy of it, for one test."""
    home = tmp_path / "home"
    shutil.copytree(northwind_home, home, ignore=shutil.ignore_patterns("*.sock", "*.socket"))
    yield home
    node.stop(home)


@pytest.fixture
def company(company_home: Path):
    """The open office of a copy."""
    with office_of(company_home) as office:
        yield office


@pytest.fixture(scope="module")
def shared_company(northwind_home: Path, tmp_path_factory: pytest.TempPathFactory):
    """The open office of one copy for all tests of a module; each uses keys and persons of its own."""
    home = tmp_path_factory.mktemp("shared") / "home"
    shutil.copytree(northwind_home, home, ignore=shutil.ignore_patterns("*.sock", "*.socket"))
    with office_of(home) as office:
        yield office
    node.stop(home)


@pytest.fixture
def empty(tmp_path: Path):
    """An open office on a wall-clock ledger with nothing in it."""
    home = tmp_path / "home"
    with office_of(home) as office:
        yield office
    node.stop(home)


@pytest.fixture(scope="session")
def bare_office(tmp_path_factory: pytest.TempPathFactory):
    """An open office on a ledger with nothing in it, for tests that only need one to be there."""
    home = tmp_path_factory.mktemp("bare") / "home"
    with office_of(home) as office:
        yield office
    node.stop(home)


@pytest.fixture(scope="session")
def new_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file of a book with nothing in it."""
    file = tmp_path_factory.mktemp("book") / "book.db"
    open_book(f"sqlite:///{file}").close()
    return file


@pytest.fixture
def front_desk(bare_office: Office, new_book: Path, tmp_path: Path):
    """The bare office with a book and a home of its own, for what concerns people and not the chain."""
    shutil.copy(new_book, tmp_path / "book.db")
    book = open_book(f"sqlite:///{tmp_path}/book.db", bare_office.people.vault)
    posting = replace(bare_office.posting, book=book)
    yield replace(bare_office, book=book, home=tmp_path, posting=posting)
    book.close()
