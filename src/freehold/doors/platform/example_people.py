"""The part of the example world in which people are at work: what they voted, proposed, handed in and read,
and what does not agree yet.

Every act is asked for at the desks as a person would, once: what is there already stays as it is.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from freehold.core.actions.ballot import Mark
from freehold.core.actions.ballot_words import Said
from freehold.core.bank_statements import ReadStatement
from freehold.core.cashbook import BankLine, Kind
from freehold.core.errors import Conflict
from freehold.core.grounds import Ground, Grounds
from freehold.core.vaulted import About
from freehold.desks import parties
from freehold.desks.access.sessions import Client
from freehold.desks.agent import documents
from freehold.desks.agent.documents import UploadRequest
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposeRequest
from freehold.desks.office import Office
from freehold.desks.onboarding import applying
from freehold.desks.permits import Actor, keyholder
from freehold.desks.platform import changes, examples, webhooks
from freehold.desks.servicing import assembly, cashbook, reconciling, voting
from freehold.desks.servicing.voting import VoteRequest

People = Callable[[str], Actor]
"""Somebody of the example by his sign-in name."""
APPLICANT = "lena@applicants.example"
BANK = "CH9300762011623852957"
PAPER = b"%PDF-1.7\n% An example document.\n"
HERE = Client("127.0.0.1", "example world")


def vote(office: Office, issuer: str) -> None:
    """Two holders vote in the issuer's open meeting: of two matters, one is carried so far."""
    (meeting,) = assembly.every(office, issuer)
    for holder, roof, first in (
        ("susan-ferrer", "for", "Ferrer"),
        ("owen-blake", "against", "Blake"),
    ):
        said: Said = {("roof", None): (Mark((roof,)),), ("managers", None): (Mark((first,)),)}
        asked = VoteRequest(meeting.number, holder, f"example: {holder}", said, issuer=issuer)
        voting.vote(office, keyholder().id, asked)


def propose(office: Office, people: People, issuer: str, named: str) -> None:
    """A freeze that one transfer agent proposed, and that waits for a second person."""
    token = str(parties.instrument(office, issuer, named)[1].token)
    given = {"instrument": token, "holder": "casco-trust", "units": "2500"}
    grounds = Grounds(Ground.STOP, sha256(PAPER).digest())
    asked = ProposeRequest("freeze", given, "example: freeze", issuer, grounds, "Letter of 12 May")
    approvals.propose(office, people("tess@agent.example"), asked)


def apply(office: Office, people: People, issuer: str) -> None:
    """Somebody who was invited, said who she is, handed in her papers and waits to be admitted."""
    agent = _just_proved(office, people("tess@agent.example"))
    with suppress(Conflict):  # where she was invited before
        applying.invite(office, agent, APPLICANT, issuer)
    who = _just_proved(office, people(APPLICANT))
    found = applying.mine(office, who)
    if found is None or found.known.stage != "DRAFT":
        return
    given = {"name": "Lena Winter", "born": "1984-11-03", "residence": "AT", "citizenships": ["AT"]}
    applying.state(office, who, given, "accredited")
    for kind in ("identity", "status"):
        applying.hand_in(office, who, kind, PAPER + kind.encode())
    wallet = examples.link_wallet(office, who, "the example world's applicant", HERE)
    applying.use_wallet(office, who, wallet)
    applying.submit(office, who)


def read_papers(office: Office, people: People, issuer: str) -> None:
    """Two documents of an issuer, of which three people have read the one."""
    agent = people("tess@agent.example")
    known = {one.name: one.id for one in documents.listed(office, agent, issuer)}
    for name in ("Articles of association.pdf", "Minutes of the last meeting.pdf"):
        if name not in known:
            asked = UploadRequest(About.ISSUER, name, PAPER + name.encode(), "", issuer)
            known[name] = documents.upload(office, agent, asked).document
    for name in ("tess@agent.example", "ines@northwind.example", "cleo@compliance.example"):
        documents.acknowledge(office, people(name), known["Articles of association.pdf"], 1)


def bank(office: Office, issuer: str) -> None:
    """A bank account with a payment that nobody has told the cash book of: a break to explain."""
    keeper, day = keyholder(), office.clock.now().date() - timedelta(days=1)
    with suppress(Conflict):  # where both are here
        cashbook.add_place(office, keeper, issuer, "CHF", Kind.BANK, BANK)
        line = BankLine(day, 12_500_00, "E2E-4711", "Rent of the mill, October")
        read = ReadStatement(BANK, "2026-1", "CHF", day, 0, 12_500_00, (line,))
        cashbook.import_statements(office, keeper, issuer, [read], b"example statement")
    reconciling.reconcile(office, keeper, issuer)


def webhook(office: Office, people: People) -> None:
    """A developer's webhook, at an address of this machine at which nobody answers."""
    who = _just_proved(office, people("dev@north.example"))
    if not webhooks.listed(office, who):
        kinds = [changes.POSITION, changes.REGISTER]
        webhooks.subscribe(office, who, "http://127.0.0.1:9/freehold", kinds)


def _just_proved(office: Office, who: Actor) -> Actor:
    """Somebody as he is just after he has come in."""
    return replace(who, session="example", proved_at=office.clock.now())
