"""The log at the desks: anchored on the chain, exported, checked without us, and alterations found."""

import json
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from freehold.chain.embedded.place import socket_path
from freehold.core import audit as log
from freehold.core.audit import Entry
from freehold.core.errors import Invalid, NotPermitted
from freehold.core.ids import Address
from freehold.core.roles import Role
from freehold.desks import permits, posting
from freehold.desks.office import Office
from freehold.desks.platform import auditing


def anchored(office: Office) -> Office:
    """The log with its head on the chain, and two entries after it."""
    auditing.note(office, Entry("agent", "look"))
    assert auditing.anchor_due(office)
    end = time.monotonic() + 30
    while not auditing.anchors(office):
        assert time.monotonic() < end, "the anchor is not on the chain yet"
        posting.send_approved(office.posting)
        posting.follow_chain(office.posting)
    auditing.note(office, Entry("agent", "look again"))
    return office


def test_the_head_is_anchored_once_a_day(company, monkeypatch):
    office = anchored(company)
    (anchor,) = auditing.anchors(office)
    assert not auditing.anchor_due(office)
    found = auditing.verify(office)
    assert found.ok and found.anchors == (anchor,)
    assert anchor.number < found.checked.entries

    class Tomorrow:
        def now(self):
            return company.clock.now() + timedelta(days=1)

    assert auditing.anchor_due(replace(office, clock=Tomorrow()))


def test_nothing_is_anchored_before_there_is_an_issuer(empty):
    auditing.note(empty, Entry("agent", "look"))
    assert not auditing.anchor_due(empty)
    assert auditing.verify(empty).ok


def test_an_altered_row_and_a_cut_off_end_are_found(company):
    office = anchored(company)
    entries = auditing.verify(office).checked.entries
    with office.book.transaction() as tx:
        tx.execute(text("UPDATE audit_entry SET actor = 'x' WHERE number = 3"))
    assert "entry 3 does not hang" in auditing.verify(office).fault
    with office.book.transaction() as tx:
        tx.execute(text(f"DELETE FROM audit_entry WHERE number = {entries}"))
        tx.execute(text("UPDATE audit_entry SET actor = 'outbox' WHERE number = 3"))
    assert f"ends at entry {entries - 1}" in auditing.verify(office).fault


def test_a_log_written_anew_as_a_whole_disagrees_with_the_chain(company):
    """Whoever owns the database can make all hashes fit; not the one that the chain keeps."""
    from freehold.book import audit, schema_access

    office = anchored(company)
    with office.book.transaction() as tx:
        kept = list(audit.every(tx))
        tx.execute(schema_access.audit_entry.delete())
        tx.execute(schema_access.audit_head.delete())
        for link in kept:
            changed = replace(link.entry, actor="x") if link.number == 2 else link.entry
            audit.record(tx, changed, link.at)
    found = auditing.verify(office)
    assert found.checked.ok
    assert "another hash than the chain keeps" in found.fault


def test_an_export_is_checked_without_the_book(company):
    lines = list(auditing.export(anchored(company)))
    assert auditing.check_export(lines).ok
    about = json.loads(lines[0])
    assert about["entries"] == len(lines) - 1
    assert len(about["anchors"]) == 1


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda lines: [*lines[:3], lines[3].replace('"outbox"', '"x"'), *lines[4:]], "entry 3"),
        (lambda lines: [*lines[:5], *lines[6:]], "entry 5 is missing"),
        (lambda lines: lines[:-1], "the log ends at entry"),
        (lambda lines: [lines[0].replace('"number": ', '"number": 1'), *lines[1:]], "chain keeps"),
    ],
)
def test_an_altered_export_is_found(company, alter, said):
    lines = list(auditing.export(anchored(company)))
    found = auditing.check_export(alter(lines))
    assert not found.ok and said in found.fault


def forged(lines, **about):
    """The log written anew as a whole: entry 2 is of somebody else, and every hash and anchor fits."""
    before, written = log.FIRST, []
    for line in lines[1:]:
        link = log.from_json(json.loads(line), "an entry")
        entry = replace(link.entry, actor="x") if link.number == 2 else link.entry
        before = log.hash_of(link.number, link.at, entry, before)
        written.append(replace(link, entry=entry, hash=before))
    first = json.loads(lines[0])
    first["head"] = before
    first["anchors"] = [one | {"hash": written[one["number"] - 1].hash} for one in first["anchors"]]
    first["anchored"] |= about
    return [json.dumps(one) for one in (first, *(log.to_json(one) for one in written))]


def test_an_export_that_was_forged_whole_disagrees_with_the_chain_of_a_node(company):
    office = anchored(company)
    lines = list(auditing.export(office))
    place = str(socket_path(office.home))
    found = auditing.compare_export(lines, place)
    named = Address(json.loads(lines[0])["anchored"]["contract"])
    assert found.checked.ok and (found.anchors, found.contract) == (1, named)
    assert auditing.compare_export(lines, place, named).checked.ok
    assert auditing.check_export(forged(lines)).ok  # by itself it fits
    for asked, said in (
        ({}, "another hash than the chain keeps"),
        ({"chain": 1}, "names chain 1, the node's is 31337"),
        ({"contract": "0x" + "11" * 20}, "no contract 0x1111"),
        ({"subject": "0x" + "22" * 32}, "no anchor of these entries"),
    ):
        fault = auditing.compare_export(forged(lines, **asked), place).checked.fault
        assert fault and said in fault, asked
    other = Address("0x" + "33" * 20)
    assert "not 0x3333" in auditing.compare_export(lines, place, other).checked.fault
    with pytest.raises(Invalid, match="nothing to compare with"):
        auditing.compare_export(forged(lines, subject="0xzz"), place)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([], "empty"),
        (["{}"], "its first line"),
        (["hello"], "line 1 is not JSON"),
        (
            ['{"log": "freehold audit log", "entries": 1, "head": "", "anchors": []}', "{}"],
            "line 2",
        ),
    ],
)
def test_what_is_no_export_is_refused_with_its_place(lines, said):
    with pytest.raises(Invalid, match=said):
        auditing.check_export(lines)


def test_reading_the_log_needs_the_power(company):
    actor = permits.Actor("id_1", "x", ())
    with pytest.raises(NotPermitted, match="audit:read"):
        auditing.page(company, actor, None, 10)
    assert Role.AUDITOR in Role
