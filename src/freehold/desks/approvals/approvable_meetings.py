"""Meetings that two persons agree to: called, their notice changed, called off.

As with corporate actions, what is approved becomes a work order for the worker.
"""

from collections.abc import Mapping, Sequence

from freehold.book import issuers
from freehold.core.actions.notice_change import How, words
from freehold.core.actions.notice_file import Notice, read_notice
from freehold.core.approvals import Act, Change
from freehold.core.errors import Invalid
from freehold.core.ids import record_hash
from freehold.core.roles import Power
from freehold.desks.approvals import kinds
from freehold.desks.approvals.approvable_servicing import by_worker
from freehold.desks.approvals.kinds import Asking, Kind
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.servicing import assembly, meeting_changes, meetings, processing
from freehold.desks.servicing.meeting_changes import AmendRequest
from freehold.desks.servicing.meetings import MeetingRequest

NONE = "none"


def _read_call(office: Office, asking: Asking) -> Act:
    text = asking.texts["notice"]
    _notice(office, asking.owner.id, text)
    return kinds.of_issuer("call-meeting", asking, {"notice": text})


def _call_difference(office: Office, act: Act) -> Sequence[Change]:
    notice = _notice(office, act.issuer, act.arguments["notice"])
    told = {**words(notice), "Who votes": ", ".join(notice.classes)}
    return [Change(name, NONE, text) for name, text in told.items() if text != NONE]


def _notice(office: Office, issuer: str, text: str) -> Notice:
    with office.book.reading() as tx:
        classes = [one.class_id for one in issuers.instruments(tx, issuer)]
    return read_notice(text, classes)


def _read_amendment(office: Office, asking: Asking) -> Act:
    number, text = _number(asking), asking.texts["notice"]
    meeting_changes.planned(office, asking.owner.id, number, text)
    return kinds.of_issuer("amend-meeting", asking, {"meeting": str(number), "notice": text})


def _amendment_difference(office: Office, act: Act) -> Sequence[Change]:
    number, text = int(act.arguments["meeting"]), act.arguments["notice"]
    found = meeting_changes.planned(office, act.issuer, number, text)
    changes = [Change(one.what, one.before, one.after) for one in found.differences]
    if found.how is How.SUPPLEMENT:
        return [*changes, Change("Votes and proxies", "stand", "stand")]
    proxies = {one.holder for one in found.one.chain.appointments if one.revoked_at is None}
    return [
        *changes,
        Change(f"Meeting {number}", str(found.one.stage), "cancelled, called anew"),
        Change("Proxies", str(len(proxies)), "0: to be given again"),
    ]


def _read_calling_off(office: Office, asking: Asking) -> Act:
    number = _number(asking)
    assembly.find(office, asking.owner.id, number)
    return kinds.of_issuer("cancel-meeting", asking, {"meeting": str(number)})


def _number(asking: Asking) -> int:
    number = asking.texts["meeting"]
    if not (number.isascii() and number.isdigit() and len(number) < 10):
        raise Invalid(f"{number[:16]!r} is no meeting's number", field="meeting")
    return int(number)


def _calling_off_difference(office: Office, act: Act) -> Sequence[Change]:
    one = assembly.find(office, act.issuer, int(act.arguments["meeting"]))
    votes = str(len(one.chain.cast) + len(one.chain.sealed))
    return [Change("Stage", str(one.stage), "cancelled"), Change("Votes that count", votes, "0")]


def _subject(act: Act) -> str:
    """What the order is about: a meeting, or a notice by its hash."""
    if "meeting" in act.arguments:
        return f"meeting {act.arguments['meeting']}"
    return f"notice {record_hash(act.arguments['notice'])[2:42]}"


def _texts(office: Office, act: Act) -> Mapping[str, str]:
    given = dict(act.arguments) | {"issuer": act.issuer}
    return given | {"document": act.grounds.document.hex()} if act.grounds else given


def _tried_call(office: Office, act: Act) -> str:
    """What the contracts say to a call before it is entered."""
    asked = MeetingRequest(act.arguments["notice"], "a dry run", act.issuer)
    return meetings.announce(office, orders.agent(office), asked, dry_run=True).act.reason


def _tried_amendment(office: Office, act: Act) -> str:
    number, text = int(act.arguments["meeting"]), act.arguments["notice"]
    asked = AmendRequest(number, text, "a dry run", act.issuer)
    return meeting_changes.amend(office, orders.agent(office), asked, dry_run=True).act.reason


KINDS = (
    Kind(
        "call-meeting",
        "Call a meeting",
        Power.HOLD_MEETINGS,
        _read_call,
        _call_difference,
        by_worker(processing.Act.CALL, _subject, _texts, _tried_call),
        ("notice",),
    ),
    Kind(
        "amend-meeting",
        "Change the notice of a meeting",
        Power.HOLD_MEETINGS,
        _read_amendment,
        _amendment_difference,
        by_worker(processing.Act.AMEND_MEETING, _subject, _texts, _tried_amendment),
        ("meeting", "notice"),
    ),
    Kind(
        "cancel-meeting",
        "Call a meeting off",
        Power.HOLD_MEETINGS,
        _read_calling_off,
        _calling_off_difference,
        by_worker(processing.Act.CALL_OFF, _subject, _texts),
        ("meeting",),
        grounds=True,
    ),
)
