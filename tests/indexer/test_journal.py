"""The events that the projection kept come out as they were logged, by contract and kind."""

from freehold.core.events import Issued, Transfer
from freehold.doors.bench import stream
from freehold.indexer import journal
from tests.indexer.test_read import TOKEN, filled


def test_the_events_of_a_contract_come_out_as_they_went_in(projection):
    events, _ = filled(projection, 7, 600)
    expected = [one for one in events if one.contract == TOKEN]
    with projection.connect() as view:
        assert journal.events_of(view, [TOKEN]) == expected != []
        both = journal.events_of(view, [TOKEN, stream.HOLDERS], [Transfer, Issued])
        assert journal.events_of(view, ["0x" + "99" * 20]) == []
    wanted = [one for one in expected if isinstance(one.event, Transfer | Issued)]
    assert both == wanted != expected
