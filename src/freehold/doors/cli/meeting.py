"""`freehold meeting`: meetings of an issuer, votes and proxies on chain, the result."""

from pathlib import Path

import click

from freehold.core.actions.ballot import Mark, Method, Tally
from freehold.core.actions.ballot_words import Said
from freehold.core.actions.notice_file import read_vote
from freehold.core.clock import stamp
from freehold.core.errors import Invalid
from freehold.desks.office import open_office
from freehold.desks.servicing import meeting_changes, meetings, sealed, voting
from freehold.desks.servicing.assembly import Assembly, Standing, every, find, stand
from freehold.desks.servicing.meeting_changes import AmendRequest
from freehold.desks.servicing.meetings import MeetingRequest
from freehold.desks.servicing.voting import Given, ProxyRequest, VoteRequest
from freehold.doors.cli.acting import (
    FILE,
    Acting,
    act_document,
    act_options,
    act_table,
    actor_of,
    document_hash,
    ended,
    issuer_option,
    key_or_new,
)
from freehold.doors.cli.output import Column, Outcome, Table, json_option, show
from freehold.doors.cli.settings import settings

OPERATOR = "operator"
holder_option = click.option("--holder", required=True, help="Whose units, by id.")


@click.group()
def meeting() -> None:
    """Call meetings, vote, appoint proxies, count from the chain, close with minutes."""


@meeting.command()
@click.argument("notice", type=FILE)
@act_options
@json_option
def announce(notice: Path, by: Acting, as_json: bool) -> Outcome:
    """Fix the record instant and call the meeting of the file NOTICE, whose hash goes on chain."""
    with open_office(settings()) as office:
        asked = MeetingRequest(notice.read_text(), by.key, by.issuer)
        done = meetings.announce(office, actor_of(office, by.signer), asked, dry_run=by.dry_run)
    told = act_document(done.act) | {"meeting": done.number or None, "notice": done.digest}
    rows = (("meeting", str(done.number or "none")), ("notice", done.digest))
    show(told, as_json, act_table(done.act, *rows))
    return ended(done.act)


@meeting.command()
@click.argument("number", type=int)
@click.argument("notice", type=FILE)
@act_options
@json_option
def amend(number: int, notice: Path, by: Acting, as_json: bool) -> Outcome:
    """Change meeting NUMBER to what the file NOTICE says, and tell the holders.

    Place and name by a supplement; all else by a meeting called anew, before the vote opens.
    """
    with open_office(settings()) as office:
        asked = AmendRequest(number, notice.read_text(), by.key, by.issuer)
        actor = actor_of(office, by.signer)
        done = meeting_changes.amend(office, actor, asked, dry_run=by.dry_run)
    told = act_document(done.act) | {"meeting": done.number or None, "notice": done.digest}
    rows = (("meeting", str(done.number or "none")), ("notice", done.digest))
    show(told, as_json, act_table(done.act, *rows))
    return ended(done.act)


@meeting.command("list")
@issuer_option
@json_option
def list_(issuer: str | None, as_json: bool) -> None:
    """The meetings of an issuer."""
    with open_office(settings()) as office:
        found = every(office, issuer)
    rows = [
        (str(one.number), one.notice.name, one.stage, stamp(one.chain.terms.closes))
        for one in found
    ]
    columns = [Column("meeting", number=True), Column("name"), Column("stage"), Column("closes")]
    told = {"meetings": [meeting_document(one) for one in found]}
    show(told, as_json, Table("Meetings", columns, rows))


@meeting.command("show")
@click.argument("number", type=int)
@issuer_option
@json_option
def show_(number: int, issuer: str | None, as_json: bool) -> None:
    """Meeting NUMBER: when, who votes on what, and how the votes stand."""
    with open_office(settings()) as office:
        one, standing = meetings.show(office, issuer, number)
    told = meeting_document(one) | standing_document(one, standing)
    show(told, as_json, _meeting_table(one), *_tables(one, standing))


@meeting.command()
@click.argument("number", type=int)
@holder_option
@click.option(
    "--for", "in_favour", multiple=True, help="A resolution to vote for; may be repeated."
)
@click.option("--against", multiple=True, help="A resolution to vote against.")
@click.option("--abstain", multiple=True, help="A resolution to abstain on.")
@click.option("--choice", multiple=True, help="RESOLUTION=CANDIDATE, or candidates by preference.")
@click.option(
    "--file", "ballots", type=FILE, help="A file of [[ballot]] tables, for divided votes."
)
@click.option("--proxy", help="Who votes in the holder's place: a holder's id, or a wallet.")
@click.option("--key", help="What makes this vote one vote: given again it is not given again.")
@issuer_option
@json_option
def vote(
    number: int,
    holder: str,
    in_favour: tuple[str, ...],
    against: tuple[str, ...],
    abstain: tuple[str, ...],
    choice: tuple[str, ...],
    ballots: Path | None,
    proxy: str | None,
    key: str | None,
    issuer: str | None,
    as_json: bool,
) -> Outcome:
    """Vote at meeting NUMBER for a holder whose account the agent's key opens."""
    sides = {"for": in_favour, "against": against, "abstain": abstain}
    said = _said(sides, choice, ballots)
    with open_office(settings()) as office:
        asked = VoteRequest(number, holder, key_or_new(key), said, proxy, issuer)
        done = voting.vote(office, OPERATOR, asked)
    rows = [("vote", str(done.given)), *(("", one) for one in done.said)]
    rows += [("why", done.reason)] if done.reason else []
    table = Table(f"Meeting {number}, {holder}", [Column("what"), Column("")], rows)
    show({"vote": done}, as_json, table)
    return Outcome.REFUSED if done.given is Given.REFUSED else Outcome.DONE


@meeting.command()
@click.argument("number", type=int)
@holder_option
@click.option("--to", help="The proxy: a holder's id, or a wallet.")
@click.option("--revoke", is_flag=True, help="Take the appointment back.")
@click.option("--giver", help="Who appoints: a proxy who may substitute; the holder if left out.")
@click.option("--substitute", is_flag=True, help="The proxy may pass the vote on.")
@act_options
@json_option
def proxy(
    number: int,
    holder: str,
    to: str | None,
    revoke: bool,
    giver: str | None,
    substitute: bool,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Let somebody else vote a holder's units at meeting NUMBER, or take that back."""
    if (to is None) != revoke:
        raise Invalid("name the proxy with --to, or take the appointment back with --revoke")
    with open_office(settings()) as office:
        asked = ProxyRequest(number, holder, to, by.key, giver, substitute, by.issuer)
        done = voting.appoint(office, actor_of(office, by.signer), asked, dry_run=by.dry_run)
    show(act_document(done), as_json, act_table(done, ("proxy", to or "nobody")))
    return ended(done)


@meeting.command()
@click.argument("number", type=int)
@issuer_option
@json_option
def tally(number: int, issuer: str | None, as_json: bool) -> None:
    """Count meeting NUMBER from the chain's events alone, and compare with the contract."""
    with open_office(settings()) as office:
        one = find(office, issuer, number)
        standing = stand(office, one)
    show(standing_document(one, standing), as_json, *_tables(one, standing))


@meeting.command()
@click.argument("number", type=int)
@click.option("--holder", help="That holder's vote alone, by id.")
@click.option("--receipt", type=FILE, help="What he kept of it; else what the book keeps.")
@issuer_option
@json_option
def reveal(
    number: int, holder: str | None, receipt: Path | None, issuer: str | None, as_json: bool
) -> Outcome:
    """After the close of a secret vote: reveal the sealed votes that the book knows."""
    if receipt is not None and holder is None:
        raise Invalid("say with --holder whose vote the receipt is of", field="holder")
    told = receipt.read_text() if receipt else ""
    with open_office(settings()) as office:
        done = sealed.reveal(office, actor_of(office, "agent"), issuer, number, holder or "", told)
    show(act_document(done), as_json, act_table(done, ("votes", str(len(done.instructions)))))
    return ended(done)


@meeting.command()
@click.argument("number", type=int)
@click.option("--out", type=click.Path(path_type=Path), help="Where to write the minutes.")
@act_options
@json_option
def close(
    number: int,
    out: Path | None,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Count meeting NUMBER after its close and let the result stand, by the hash of the minutes."""
    with open_office(settings()) as office:
        actor = actor_of(office, by.signer)
        done = meetings.close(office, actor, by.issuer, number, by.key, dry_run=by.dry_run)
        one = find(office, by.issuer, number)
    if out is not None and done.minutes:
        out.write_text(done.minutes)
    told = act_document(done.act) | standing_document(one, done.standing)
    show(told, as_json, act_table(done.act), *_tables(one, done.standing))
    return ended(done.act)


@meeting.command()
@click.argument("number", type=int)
@click.option("--document", required=True, type=FILE, help="Why; its SHA-256 goes on chain.")
@act_options
@json_option
def cancel(
    number: int,
    document: Path,
    by: Acting,
    as_json: bool,
) -> Outcome:
    """Call meeting NUMBER off, at any time before its result stands."""
    with open_office(settings()) as office:
        actor, why = actor_of(office, by.signer), document_hash(document)
        done = meetings.cancel(office, actor, by.issuer, number, why, by.key, dry_run=by.dry_run)
    show(act_document(done.act), as_json, act_table(done.act, ("meeting", str(number))))
    return ended(done.act)


def meeting_document(one: Assembly) -> dict[str, object]:
    """A meeting as it is told outside."""
    terms = one.chain.terms
    return {
        "meeting": one.number,
        "name": one.notice.name,
        "issuer": one.issuer.id,
        "stage": one.stage,
        "notice": one.kept.digest,
        "ballot": one.ballot,
        "place": one.notice.place,
        "versions": [
            {"version": each.version, "meeting": each.number, "notice": each.digest}
            for each in one.every_version
        ],
        "replaced_by": one.replaced_by,
        "record": one.record,
        "opens": terms.opens,
        "closes": terms.closes,
        "revealed_until": terms.revealed_until,
        "changeable": terms.changeable,
        "classes": list(one.classes),
        "agenda": [
            {"id": each.id, "title": one.notice.titles[each.id], "method": str(each.method)}
            for each in one.agenda
        ],
    }


def standing_document(one: Assembly, standing: Standing | None) -> dict[str, object]:
    """The tallies, and how many of the contract's figures are the same."""
    if standing is None:
        return {"resolutions": None, "compared": 0}
    told = [
        meetings.tally_document(tally, each.method)
        for tally, each in zip(standing.tallies, one.agenda, strict=True)
    ]
    return {"resolutions": told, "compared": standing.compared}


def _said(sides: dict[str, tuple[str, ...]], choices: tuple[str, ...], file: Path | None) -> Said:
    """What is said, by options or by a file. Raises Invalid."""
    said: dict[tuple[str, str | None], tuple[Mark, ...]] = {}
    given: list[tuple[str, tuple[str, ...]]] = [
        (id, (side,)) for side, ids in sides.items() for id in ids
    ]
    for one in choices:
        id, _, names = one.partition("=")
        given.append((id, tuple(name.strip() for name in names.split(",") if name.strip())))
    for id, ranking in given:
        if (id, None) in said or not ranking:
            raise Invalid(f"{id} is voted on twice, or for nobody", field="choice")
        said[id, None] = (Mark(ranking),)
    if file is None and not said:
        raise Invalid("the vote says nothing: use --for, --against, --abstain, --choice or --file")
    return said if file is None else said | read_vote(file.read_text())


def _meeting_table(one: Assembly) -> Table:
    terms = one.chain.terms
    secret = f"secret, revealed until {stamp(terms.revealed_until)}" if terms.revealed_until else ""
    rows = [
        ("stage", str(one.stage)),
        ("record", stamp(one.record)),
        ("opens", stamp(terms.opens)),
        ("closes", stamp(terms.closes)),
        ("votes", secret or ("may be changed" if terms.changeable else "are final")),
        ("notice", one.kept.digest),
        ("ballot", one.ballot),
    ]
    rows += [("place", one.notice.place)] if one.notice.place else []
    rows += [(f"version {each.version}", each.digest) for each in one.versions]
    rows += [("called anew as", str(one.replaced_by))] if one.replaced_by else []
    title = f"Meeting {one.number}: {one.notice.name}"
    return Table(title, [Column("what"), Column("")], rows)


def _tables(one: Assembly, standing: Standing | None) -> list[Table]:
    if standing is None:
        return []
    tables = [
        _tally_table(one, tally, each.method)
        for tally, each in zip(standing.tallies, one.agenda, strict=True)
    ]
    rows = [("figures compared with the contract, all equal", str(standing.compared))]
    return [*tables, Table("Check", [Column("what"), Column("figures", number=True)], rows)]


def _tally_table(one: Assembly, tally: Tally, method: Method) -> Table:
    title = one.notice.titles[tally.resolution]
    if method is Method.ORDINARY:
        result = "carried" if tally.carried else "not carried"
    else:
        result = f"elected {', '.join(tally.elected) or 'nobody'}"
    quorum = "" if tally.quorum_met else ", no quorum"
    rows = [(name, str(votes)) for name, votes in tally.count.votes.items()]
    rows += [("present", str(tally.count.present)), ("entitled", str(tally.count.entitled))]
    columns = [Column("votes"), Column("number", number=True)]
    return Table(f"{title}: {result}{quorum}", columns, rows)
