"""The first page, by role: what waits, figures with their context, what comes next, what happened last.

A role's part is a function of the visitor; whoever has several roles has all their parts, each once. No
more is fetched than is shown, and nothing that another page would not show him too.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from functools import cached_property
from typing import Any

from starlette.responses import Response

from freehold.core.roles import EVERYWHERE, Power, Role
from freehold.core.units import format_units
from freehold.desks import notices, permits
from freehold.desks.access import sessions, signin
from freehold.desks.agent import controls, recordkeeping
from freehold.desks.approvals import approvals
from freehold.desks.approvals.approvals import ProposalView
from freehold.desks.office import now_on_chain
from freehold.desks.onboarding import evidence_reviews, reviewing, screening
from freehold.desks.outbox import instructions
from freehold.desks.platform import audit_names, auditing, dashboards, servicing_due, webhooks
from freehold.desks.platform.dashboards import Urgency, Waiting
from freehold.desks.platform.readiness import readiness
from freehold.desks.platform.webhooks import Delivered
from freehold.desks.register import ownership
from freehold.desks.rules import rulemaking
from freehold.desks.securities import instruments
from freehold.desks.securities.instruments import InstrumentView, Page
from freehold.desks.servicing import cashbook
from freehold.doors.web import charts, drafting
from freehold.doors.web.formats import DASH, NO_BREAK, away, block, day, units
from freehold.doors.web.visits import Visit, issuer_of, issuers_of, see

SHOWN = 8
"""Rows of a list on the first page; the page behind it has all."""
FIGURES = 8
ACTS: Mapping[Role, tuple[str, str, str]] = {
    Role.ISSUER: ("Record an asset", "/assets/new", "plus"),
    Role.TRANSFER_AGENT: ("Find a holder", "/holders", "users"),
    Role.REGISTRAR: ("Find a holder", "/holders", "users"),
    Role.COMPLIANCE_OFFICER: ("Try a transfer", "/policies", "scale"),
    Role.FUND_MANAGER: ("Open securities", "/securities", "landmark"),
    Role.INVESTOR: ("Open my holdings", "/securities", "wallet"),
    Role.VENUE_OPERATOR: ("Open activity", "/activity", "list-checks"),
    Role.AUDITOR: ("Open the audit log", "/audit", "history"),
    Role.DEVELOPER: ("Open webhooks", "/developers/webhooks", "webhook"),
    Role.ADMINISTRATOR: ("Open people", "/people", "users"),
}
"""The act most likely wanted: its words, where it is, its icon."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number with its context; `href` is the page behind it."""

    label: str
    value: object
    context: object
    href: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """A card: `part` is the macro of `home_parts.html` that draws its content; `aside` stands beside."""

    part: str
    title: str
    content: Any
    more: str = ""
    href: str = ""
    aside: bool = False


Part = Figure | Section


@dataclass(frozen=True)
class Seen:
    """What the parts of a page share: each is asked for once, by the first that shows it."""

    visit: Visit

    @cached_property
    def now(self) -> datetime:
        return now_on_chain(self.visit.office)

    @cached_property
    def listed(self) -> list[InstrumentView]:
        return instruments.instruments(self.visit.office, self.visit.who)

    @cached_property
    def queue(self) -> list[ProposalView]:
        return approvals.queue(self.visit.office, self.visit.who)

    @cached_property
    def waits(self) -> list[Waiting]:
        to_decide = _to_decide(self) if self.allows(Power.APPROVE) else []
        found = dashboards.waiting(self.visit.office, self.visit.who)
        return [*to_decide, *drafting.to_review(self.visit), *found]

    @cached_property
    def coming(self) -> list[servicing_due.Coming]:
        office, who = self.visit.office, self.visit.who
        return servicing_due.coming(office, who, self.now, SHOWN)

    @cached_property
    def issuer(self) -> str | None:
        return issuer_of(self.visit)

    def allows(self, power: Power, scope: str | None = None) -> bool:
        return permits.allows(self.visit.who, power, scope)


def home(visit: Visit) -> Response:
    """What waits, and the parts of the visitor's roles."""
    seen = Seen(visit)
    parts = [one for role in visit.who.roles for one in PARTS[role](seen)]
    figures = {one.label: one for one in parts if isinstance(one, Figure)}
    sections = {one.title: one for one in parts if isinstance(one, Section)}
    reads = seen.allows(Power.READ_REGISTER) or seen.allows(Power.READ_OWN)
    values: dict[str, Any] = {
        "waits": seen.waits if reads or seen.allows(Power.READ_APPROVALS) else None,
        "figures": list(figures.values())[:FIGURES],
        "main": [one for one in sections.values() if not one.aside],
        "aside": [one for one in sections.values() if one.aside],
        "act": next((act for role in visit.who.roles if (act := ACTS.get(role))), None),
        "now": seen.now,
    }
    return see(visit, "home.html", **values)


def _to_decide(seen: Seen) -> list[Waiting]:
    """The proposals that wait for this person, what lapses first at the front."""
    return [
        Waiting(
            Urgency.WARN,
            f"{view.title}: needs a second person",
            f"Proposed by {view.proposer}. It lapses",
            f"/approvals/{view.proposal.id}",
            "Review",
            view.proposal.lapses_at,
        )
        for view in seen.queue
        if view.may_decide
    ]


# ---- the parts of each role ----


def _issuer(seen: Seen) -> Iterator[Part]:
    """How the raise stands, and who owns what."""
    yield _holders(seen)
    yield from _cash(seen)
    yield _next(seen)
    yield _proposed(seen)
    yield from _owners(seen)
    yield _securities(seen)
    yield _coming(seen)
    yield _activity(seen)


def _agent(seen: Seen) -> Iterator[Part]:
    """What is due, and whether the records agree."""
    yield from _records(seen)
    yield _securities(seen)
    yield _coming(seen)
    yield from _reports(seen)
    yield _activity(seen)


def _officer(seen: Seen) -> Iterator[Part]:
    """Whom to look at, and which rules are about to change."""
    yield from _reviews(seen)
    ending = _ending(seen)
    yield Figure(
        "Claims that end", len(ending), "lapsed, or within 30 days", "/holders?state=Claim+expiring"
    )
    yield _proposed(seen)
    yield Section(
        "policies",
        "Rules",
        rulemaking.rules_of_all(seen.visit.office, seen.visit.who)[:SHOWN],
        "All policies",
        "/policies",
    )
    yield Section(
        "ending", "Evidence that ends", ending[:SHOWN], "All holders", "/holders?sort=until", True
    )
    yield _activity(seen)


def _registrar(seen: Seen) -> Iterator[Part]:
    """Who is on the registers, and who asks to be."""
    ending = _ending(seen)
    yield _holders(seen)
    yield from _reviews(seen)
    yield Figure(
        "Claims that end", len(ending), "lapsed, or within 30 days", "/holders?state=Claim+expiring"
    )
    yield _securities(seen)
    yield _coming(seen)
    yield Section(
        "ending", "Evidence that ends", ending[:SHOWN], "All holders", "/holders?sort=until", True
    )
    yield _activity(seen)


def _investor(seen: Seen) -> Iterator[Part]:
    """What he owns, and when he may sell."""
    yield _next(seen)
    asked = [one for one in seen.waits if one.verb in ("Vote", "Elect")]
    due = min((one.due for one in asked if one.due), default=None)
    said = f"the next one closes {away(due, seen.now)}" if due else "votes, and offers to you"
    yield Figure("You are asked", len(asked), said, "/payments")
    yield Section("holdings", "What you hold", _held(seen), "Statement", "/statement")
    yield _coming(seen)


def _manager(seen: Seen) -> Iterator[Part]:
    """What is outstanding, who holds it, what money there is."""
    yield _holders(seen)
    yield from _cash(seen)
    yield _next(seen)
    yield from _owners(seen)
    yield _securities(seen)
    yield _coming(seen)
    yield _activity(seen)


def _auditor(seen: Seen) -> Iterator[Part]:
    """Does it still verify?"""
    office, who = seen.visit.office, seen.visit.who
    if seen.allows(Power.READ_AUDIT, EVERYWHERE):
        stands = auditing.standing(office, who)
        yield Figure(
            "Audit log", units(stands.entries), "entries, each on the one before", "/audit"
        )
        since = stands.entries - stands.anchor.number if stands.anchor else 0
        said = f"entry {units(stands.anchor.number)}; {units(since)} since" if stands.anchor else ""
        at = day(stands.anchor.instant.date()) if stands.anchor else DASH
        yield Figure("Last anchor", at, said or "the worker anchors the head each day")
        at = day(stands.verified.at.date()) if stands.verified else DASH
        agreed = stands.verified and stands.verified.entry.content.get("ok") is not False
        said = "registers agreed with the chain" if agreed else "registers did not agree"
        yield Figure(
            "Last verified", at, said if stands.verified else "not among the last 1,000 entries"
        )
    yield from _reports(seen, aside=False)
    if seen.allows(Power.READ_AUDIT, EVERYWHERE):
        found = audit_names.newest(office, who, SHOWN)
        yield Section("log", "Audit log", found, "The whole log", "/audit")


def _operator(seen: Seen) -> Iterator[Part]:
    """Whether what is asked of the chain goes through."""
    yield from _chain(seen)
    yield _activity(seen)


def _developer(seen: Seen) -> Iterator[Part]:
    """Are calls and webhooks healthy?"""
    office, who = seen.visit.office, seen.visit.who
    keys = sessions.keys(office, who)
    last = min((one.expires_at for one in keys), default=None)
    said = f"the first ends {away(last, office.clock.now())}" if last else "none is in use"
    yield Figure("API keys", len(keys), said, "/developers")
    hooks = webhooks.health(office, who)
    dead = sum(one.counts[Delivered.DEAD] for one in hooks)
    waiting = sum(one.counts[Delivered.WAITING] for one in hooks)
    yield Figure("Given up", units(dead), "deliveries after their last try", "/developers/webhooks")
    yield Figure("To be delivered", units(waiting), "changes on their way", "/developers/webhooks")
    *_, read = _chain(seen)
    yield read
    troubled = sorted(hooks, key=lambda one: -one.counts[Delivered.DEAD])[:SHOWN]
    yield Section("hooks", "Webhooks", troubled, "All webhooks", "/developers/webhooks")
    yield Section("keys", "API keys", keys[:SHOWN], "All keys", "/developers", True)


def _administrator(seen: Seen) -> Iterator[Part]:
    """Who may come in."""
    found = signin.people(seen.visit.office, seen.visit.who)
    here = [(one, ready) for one, _, ready in found if one.ended_at is None]
    yield Figure("People", len(here), "who may sign in", "/people")
    yet = sum(not ready for _, ready in here)
    yield Figure("Links not used", yet, "who have not come in yet", "/people")
    yield Figure("Locked", sum(bool(one.locked_at) for one, _ in here), "kept out", "/people")
    if seen.allows(Power.READ_AUDIT, EVERYWHERE):
        log = audit_names.newest(seen.visit.office, seen.visit.who, SHOWN)
        yield Section("log", "Audit log", log, "The whole log", "/audit")


PARTS: Mapping[Role, Callable[[Seen], Iterator[Part]]] = {
    Role.ISSUER: _issuer,
    Role.TRANSFER_AGENT: _agent,
    Role.COMPLIANCE_OFFICER: _officer,
    Role.REGISTRAR: _registrar,
    Role.INVESTOR: _investor,
    Role.FUND_MANAGER: _manager,
    Role.AUDITOR: _auditor,
    Role.VENUE_OPERATOR: _operator,
    Role.DEVELOPER: _developer,
    Role.ADMINISTRATOR: _administrator,
}


# ---- what several roles see ----


def _holders(seen: Seen) -> Figure:
    count, of = sum(one.holders for one in seen.listed), len(seen.listed)
    said = f"in {of} {'security' if of == 1 else 'securities'}; one person may hold several"
    return Figure("Positions", units(count), said, "/holders")


def _next(seen: Seen) -> Figure:
    paid = next((one for one in seen.coming if one.what.startswith("Payment")), None)
    if paid is None:
        return Figure("Next payment", DASH, "none is announced", "/actions")
    return Figure(
        "Next payment", day(paid.at.date()), f"{paid.about}, {away(paid.at, seen.now)}", paid.href
    )


def _proposed(seen: Seen) -> Figure:
    mine = sum(one.may_decide for one in seen.queue)
    return Figure(
        "For a second person", len(seen.queue), f"{mine} of them wait for you", "/approvals"
    )


def _cash(seen: Seen) -> Iterator[Figure]:
    """What the cash book of the issuer shown says is there, in its first currency."""
    if seen.issuer is None or not seen.allows(Power.READ_CASH, seen.issuer):
        return
    found = cashbook.overview(seen.visit.office, seen.visit.who, seen.issuer)
    if not found.currencies:
        yield Figure("Cash", DASH, f"{found.issuer.name} keeps no money here yet", "/cash")
        return
    one = found.currencies[0]
    total = sum(amount for _, amount in found.places[one.code])
    opened = f", {found.open_breaks} open breaks" if found.open_breaks else ""
    value = f"{units(format_units(total, one.decimals))}{NO_BREAK}{one.code}"
    yield Figure("Cash", value, f"{found.issuer.name}{opened}", f"/cash?issuer={found.issuer.id}")


def _owners(seen: Seen) -> Iterator[Section]:
    """Who owns the issuer shown: a bar and its key."""
    if seen.issuer is None or not seen.allows(Power.READ_REGISTER, seen.issuer):
        return
    table = ownership.cap_table(seen.visit.office, seen.visit.who, seen.issuer)
    shares: list[tuple[str, Fraction]] = [(row.holder, row.share) for row in table.rows]
    parts = charts.parts(shares)
    drawn = {"parts": parts, "bar": charts.stacked(parts), "table": table}
    href = f"/issuers/{table.issuer}/cap-table"
    yield Section("owners", f"Who owns {table.issuer_name}", drawn, "Cap table", href)


def _securities(seen: Seen) -> Section:
    return Section("securities", "Securities", seen.listed[:SHOWN], "All securities", "/securities")


def _coming(seen: Seen) -> Section:
    return Section("coming", "What comes next", seen.coming, "Calendar", "/actions", True)


def _activity(seen: Seen) -> Section:
    found = instructions.instructions(seen.visit.office, seen.visit.who, None, SHOWN)
    return Section("activity", "Activity", found, "All activity", "/activity")


def _chain(seen: Seen) -> Iterator[Figure]:
    network = readiness(seen.visit.office)
    waiting = sum(network.waiting.values())
    yield Figure("On their way", units(waiting), "instructions that are not final yet", "/activity")
    said = f"the ledger stands at {block(network.head)}"
    yield Figure("Read to block", block(network.block), said, "/explorer")


def _records(seen: Seen) -> Iterator[Part]:
    """The agent's month under Rule 17Ad, of the issuer shown."""
    office, who = seen.visit.office, seen.visit.who
    if seen.issuer is None:
        return
    month = recordkeeping.report(office, who, seen.issuer)
    due = month.turnaround
    yield Figure(
        "Turned around in time",
        f"{due.in_time} of {due.due}",
        f"{month.issuer_name}, this month",
        "/desk",
    )
    late = sum(one.late for one in month.lost)
    yield Figure("Lost holders", len(month.lost), f"{late} searches late", "/desk#lost")
    yield Figure(
        "Record differences", len(month.differences), "open, between chain and book", "/desk"
    )
    if seen.allows(Power.READ_FILES, EVERYWHERE):
        back = len(notices.queue(office, who))
        yield Figure("Letters that came back", back, "for somebody to decide", "/desk/letters")


def _reports(seen: Seen, *, aside: bool = True) -> Iterator[Section]:
    """The last control report of each issuer."""
    office, who = seen.visit.office, seen.visit.who
    mine = [(id, name) for id, name in issuers_of(seen.visit) if seen.allows(Power.READ_FILES, id)]
    found = [(name, controls.latest(office, who, id)) for id, name in mine[:SHOWN]]
    yield Section("reports", "Control reports", found, "Agent desk", "/desk", aside)


def _reviews(seen: Seen) -> Iterator[Figure]:
    office, who = seen.visit.office, seen.visit.who
    found = reviewing.queue(office, who)
    waiting = sum(one.stage == "SUBMITTED" for one, _ in found)
    yield Figure("Applications", waiting, "handed over, to be reviewed", "/reviews")
    if seen.allows(Power.REVIEW_INVESTORS, EVERYWHERE):
        papers, hits = evidence_reviews.queue(office, who), screening.waiting_for(office, who)
        yield Figure("Evidence", len(papers), f"{len(hits)} screening hits besides", "/reviews")


def _ending(seen: Seen) -> list[Waiting]:
    """What is known of holders and lapses: told with what waits, by its date."""
    return [one for one in seen.waits if one.href.startswith("/holders?") and one.due]


def _held(seen: Seen) -> list[Page]:
    """The visitor's own lines in each register."""
    office, who = seen.visit.office, seen.visit.who
    found = [
        instruments.page(office, who, one.token, None, 0, SHOWN) for one in seen.listed[:SHOWN]
    ]
    return [one for one in found if one.rows]
