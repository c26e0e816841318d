"""A called meeting's notice is changed: place and name by a supplement, all else by a meeting called anew.

A meeting on the chain is what its notice's hash says. So another agenda, other dates or another record
instant are another meeting, called before the first one's vote opens; then the first is called off with the
hash of the new notice as its document. No vote can be lost by it, because none can be cast before the
opening; proxies, and a vote cast between the two acts, end with the first meeting, and whoever gave them is
told. Once the vote is open only a supplement is possible, or calling the meeting off.
"""

from dataclasses import dataclass

from freehold.book import issuers, meeting_versions
from freehold.book import meetings as kept
from freehold.book.meeting_versions import Version
from freehold.chain.contracts import call
from freehold.core.actions.notice_change import Difference, How, differences, how
from freehold.core.actions.notice_file import Notice, read_notice
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid
from freehold.core.powers import Powers
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.carrying import Asked, was_asked
from freehold.desks.outbox.orders import Actor, ActOutcome, Ended, Order
from freehold.desks.servicing import assembly, meeting_letters, meetings, noting
from freehold.desks.servicing.assembly import Assembly, Stage
from freehold.desks.servicing.meetings import MeetingOutcome, MeetingRequest


@dataclass(frozen=True, slots=True)
class AmendRequest:
    """The notice as it shall be, as a TOML text (docs/reference/votes.md)."""

    number: int
    notice: str
    key: str
    issuer: str | None = None

    @property
    def meeting(self) -> int:
        return self.number


@dataclass(frozen=True, slots=True)
class Amendment:
    """What another notice changes, and how the meeting follows it."""

    one: Assembly
    notice: Notice
    how: How
    differences: tuple[Difference, ...]

    @property
    def words(self) -> str:
        return ", ".join(each.what.lower() for each in self.differences)


def planned(office: Office, issuer: str | None, number: int, text: str) -> Amendment:
    """What a notice would change of a meeting.

    Raises NotFound, Invalid with every mistake of the notice, Conflict where it is too late for it.
    """
    one = assembly.find(office, issuer, number)
    with office.book.reading() as tx:
        known = [each.class_id for each in issuers.instruments(tx, one.issuer.id)]
    after = read_notice(text, known)
    found = Amendment(one, after, how(one.notice, after), differences(one.notice, after))
    if not found.differences:
        raise Conflict(
            f"the notice says nothing else than that of meeting {number}", field="notice"
        )
    if wrong := assembly.when_wrong(one, (Stage.ANNOUNCED, Stage.OPEN)):
        raise Conflict(f"{wrong}: its notice stays as it is", meeting=number)
    if found.how is How.ANEW:
        _require_before_votes(office, found)
    return found


@noting.noted("amend meeting", noting.of_meeting)
def amend(
    office: Office, actor: Actor, request: AmendRequest, *, dry_run: bool = False
) -> MeetingOutcome:
    """Change a meeting's notice, once under a key, and tell the holders; the number it has behind that.

    Raises as `planned` does.
    """
    one = assembly.find(office, request.issuer, request.number)
    digest = noting.digest_of(request.notice)
    done = ActOutcome("amend-meeting", request.key, actor.name, Ended.DONE)
    if one.versions and one.versions[-1].digest == digest:  # asked again
        return MeetingOutcome(done, one.number, digest)
    scope = f"meetings {one.issuer.register}"
    if was_asked(office, scope, actor.signer.address, f"{request.key} meeting"):
        return _anew(office, actor, request, one)
    found = planned(office, request.issuer, request.number, request.notice)
    if found.how is How.ANEW:
        return _anew(office, actor, request, one, dry_run=dry_run)
    if dry_run:
        tried = ActOutcome("amend-meeting", request.key, actor.name, Ended.TRIED)
        return MeetingOutcome(tried, one.number, digest)
    version = _keep(office, actor, one, one.number, None, request.notice)
    meeting_letters.amended(office, one, found.words, version)
    return MeetingOutcome(done, one.number, digest)


def _require_before_votes(office: Office, found: Amendment) -> None:
    """Raises Conflict once the vote is open, Invalid for another record instant once it has passed."""
    one, number = found.one, found.one.number
    if one.stage is not Stage.ANNOUNCED:
        opened = stamp(one.chain.terms.opens)
        raise Conflict(
            f"the vote of meeting {number} is open since {opened}: only its place and name may still"
            " change; call it off and call another",
            meeting=number,
        )
    if found.notice.record != one.record and assembly.now(office) >= one.record:
        raise Invalid(
            f"the record instant {stamp(one.record)} of meeting {number} has passed: who may vote is"
            " fixed, so it stays",
            field="record",
        )


def _anew(
    office: Office, actor: Actor, request: AmendRequest, one: Assembly, *, dry_run: bool = False
) -> MeetingOutcome:
    """Call the meeting of the new notice, then call the first one off by that notice's hash."""
    asked = MeetingRequest(request.notice, request.key, one.issuer.id)
    made = meetings.called(office, actor, asked, one.record, dry_run=dry_run)
    if made.act.ended is not Ended.DONE:
        return made
    data = call("Ballot", "cancel", one.number, bytes.fromhex(made.digest[2:]))
    off = (Asked(actor.signer, one.ballot, data, "replace a meeting", f"{request.key} replaced"),)
    scope = f"meetings {one.issuer.register}"
    order = Order("amend-meeting", scope, request.key, off, Powers.ACTION)
    done = orders.carry(office, actor, order)
    if done.ended is not Ended.DONE:
        return MeetingOutcome(done, made.number, made.digest)
    first = assembly.find(office, one.issuer.id, one.number)  # with the votes of between
    after = assembly.find(office, one.issuer.id, made.number)
    if first.replaced_by is None:
        _keep(office, actor, first, made.number, first.number, request.notice)
    said = ", ".join(each.what.lower() for each in differences(first.notice, after.notice))
    meeting_letters.called_anew(office, first, made.number, said)
    return MeetingOutcome(done, made.number, made.digest)


def _keep(
    office: Office, actor: Actor, one: Assembly, number: int, replaces: int | None, text: str
) -> int:
    """Keep the next version; its number."""
    version = len(one.versions) + 1 if one.versions else 2
    digest, now = noting.digest_of(text), office.clock.now()
    with office.book.transaction() as tx:
        row = Version(one.issuer.id, number, version, text, digest, replaces, now, actor.name)
        meeting_versions.add(tx, row)
        if replaces is None:
            kept.tell(tx, one.issuer.id, one.number, "amended", now)
        else:
            kept.call_off(tx, one.issuer.id, one.number, "replaced", now)
    return version
