"""Holders who came with a cap table are sealed and erasable like everybody else."""

import json
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from freehold.book import issuers, schema, schema_people
from freehold.core.errors import NotFound
from freehold.core.ocf.erasing import without_stakeholder
from freehold.desks.onboarding import erasing
from freehold.desks.register import captables, registers
from tests.company import NORTHWIND, files_of, office_of

WORDS = (b"Priya Raman", b"Jonas Keller", b"Northgate Seed")
PRIYA = "priya-raman"


def readable(home, words=WORDS):
    """The files of a home that hold one of the words."""
    return [
        (path.name, word)
        for path in Path(home).rglob("*")
        if path.is_file()
        for word in words
        if word in path.read_bytes()
    ]


def shown(office):
    return {row.holder for row in registers.registers(office, None, "CS")[0].rows}


def test_no_file_of_a_home_holds_a_holders_name_and_everything_comes_out_as_it_came(
    company, company_home
):
    assert readable(company_home) == []
    assert "Priya Raman" in shown(company)
    with company.book.reading() as tx:
        owner = issuers.find(tx, None)
        assert issuers.source_files(tx, owner.id) == files_of(NORTHWIND)


def test_an_erased_holder_has_no_name_anywhere_and_the_register_still_proves(company, company_home):
    done = erasing.erase_person(company, PRIYA)
    assert len(done.registers) == 1
    names = shown(company)
    assert "Priya Raman" not in names
    assert "Jonas Keller" in names
    with company.book.reading() as tx:
        owner = issuers.find(tx, None)
        files = issuers.source_files(tx, owner.id)
        assert issuers.holder_named(tx, owner.id, PRIYA).name == ""
    assert not any("Priya" in text for text in files.values())
    assert captables.table_of_files(files, None) is not None
    assert registers.verify(company).ok
    assert erasing.erase_person(company, PRIYA).id == PRIYA


def test_names_that_an_older_program_left_readable_are_sealed_when_the_office_opens(company_home):
    with office_of(company_home) as office, office.book.transaction() as tx:
        for table in (schema_people.sealed_text, schema_people.subject_key):
            tx.execute(delete(table))
        of = schema.holder.c
        tx.execute(update(schema.holder).where(of.id == "jonas-keller").values(name="Jo Plain"))
        tx.execute(update(schema.source_file).values(text='{"items": [], "was": "Jo Plain"}'))
    assert readable(company_home, [b"Jo Plain"]) != []
    with office_of(company_home) as office:
        assert readable(company_home, [b"Jo Plain"]) == []
        with office.book.reading() as tx:
            owner = issuers.find(tx, None)
            assert issuers.holder_named(tx, owner.id, "jonas-keller").name == "Jo Plain"
            assert "Jo Plain" in issuers.source_files(tx, owner.id)["Stakeholders.ocf.json"]


def test_the_office_key_wraps_holders_too(company):
    assert erasing.rotate_key(company) > 7
    assert "Priya Raman" in shown(company)


def test_who_is_nobody_is_told_so(company):
    with pytest.raises(NotFound, match="there is no person zoe"):
        erasing.erase_person(company, "zoe")


def test_only_the_stakeholders_own_entry_is_blanked():
    files = files_of(NORTHWIND)
    changed = without_stakeholder(files, PRIYA)
    assert list(changed) == ["Stakeholders.ocf.json"]
    before, after = (
        {one["id"]: one for one in json.loads(text)["items"]}
        for text in (files["Stakeholders.ocf.json"], changed["Stakeholders.ocf.json"])
    )
    assert before.keys() == after.keys()
    assert [id for id in before if before[id] != after[id]] == [PRIYA]
    assert after[PRIYA]["name"] == {"legal_name": "erased"}
    assert without_stakeholder(files, "zoe") == {}
