"""The lists of corporate actions, meetings and winding-ups: their columns, and by what they are sought."""

from collections.abc import Callable, Sequence
from typing import Any

from freehold.core.actions.kinds import Kind
from freehold.core.actions.life import State
from freehold.core.clock import stamp
from freehold.core.units import format_units
from freehold.desks.servicing.assembly import Assembly, Stage
from freehold.desks.servicing.events import ActionView
from freehold.desks.servicing.windup_reading import WindupView
from freehold.doors.web.formats import words
from freehold.doors.web.listing import Column, Filter, Listing, choosing, finding, from_rows
from freehold.doors.web.visits import Visit, issuers_of

STATES, STAGES = list(State), list(Stage)
ACTIONS = (
    Column("action", "Action", lambda one: one.terms.id, lambda one: one.terms.id),
    Column("kind", text=lambda one: str(one.terms.kind)),
    Column(
        "security",
        "Security",
        lambda one: (one.owner.name, one.instrument.name),
        lambda one: one.instrument.class_id,
    ),
    Column("issuer", text=lambda one: one.owner.id),
    Column("record", "Record", lambda one: one.terms.record, lambda one: stamp(one.terms.record)),
    Column(
        "payment", "Payment", lambda one: one.terms.payment, lambda one: stamp(one.terms.payment)
    ),
    Column("declared", "Declared"),
    Column("coin", text=lambda one: one.symbol),
    Column("state", "State", lambda one: STATES.index(one.state), lambda one: str(one.state)),
)
MEETINGS = (
    Column("meeting", "Meeting", lambda one: one.notice.name, lambda one: one.notice.name),
    Column("number", text=lambda one: str(one.number)),
    Column("issuer", text=lambda one: one.issuer.id),
    Column("stage", "Stage", text=lambda one: str(one.stage)),
    Column(
        "opens",
        "Opens",
        lambda one: one.chain.terms.opens,
        lambda one: stamp(one.chain.terms.opens),
    ),
    Column(
        "closes",
        "Closes",
        lambda one: one.chain.terms.closes,
        lambda one: stamp(one.chain.terms.closes),
    ),
    Column("items", "Items", text=lambda one: str(len(one.agenda)), number=True),
    Column(
        "votes",
        "Votes",
        lambda one: len(one.chain.cast) + len(one.chain.sealed),
        lambda one: str(len(one.chain.cast) + len(one.chain.sealed)),
        number=True,
    ),
)
WINDUPS = (
    Column("windup", "Winding-up", lambda one: one.of.id, lambda one: one.of.id),
    Column("issuer", "Issuer", lambda one: one.of.owner.name, lambda one: one.of.owner.id),
    Column(
        "exit",
        "Exit",
        lambda one: one.of.course.total,
        lambda one: format_units(one.of.course.total, one.of.coin.decimals),
        number=True,
    ),
    Column("coin", text=lambda one: one.of.coin.symbol),
    Column(
        "record",
        "Record",
        lambda one: one.of.terms.record,
        lambda one: stamp(one.of.terms.record),
    ),
    Column("next", "Next"),
    Column("state", "State", text=lambda one: str(one.state)),
)


def actions(visit: Visit, found: Sequence[ActionView]) -> Listing:
    """The list of actions."""
    filters = [
        finding("Find", lambda one: one.terms.id, lambda one: one.instrument.name),
        choosing(
            "kind", "Kind", [(one, words(one)) for one in sorted(Kind)], lambda one: one.terms.kind
        ),
        choosing("state", "State", [(one, words(one)) for one in STATES], lambda one: one.state),
        choosing(
            "security",
            "Security",
            [(one, one) for one in sorted({each.instrument.class_id for each in found})],
            lambda one: one.instrument.class_id,
        ),
    ]
    return from_rows(
        visit, "actions", found, ACTIONS, filters + _issuers(visit, lambda one: one.owner.id)
    )


def meetings(visit: Visit, found: Sequence[Assembly]) -> Listing:
    """The list of meetings, those that are open first."""
    stages = [(one, words(one)) for one in STAGES]
    filters = [
        finding("Find", lambda one: one.notice.name, lambda one: one.issuer.name),
        choosing("stage", "Stage", stages, lambda one: one.stage),
    ]
    filters += _issuers(visit, lambda one: one.issuer.id)
    first = sorted(found, key=lambda one: STAGES.index(one.stage))
    return from_rows(
        visit, "meetings", first, MEETINGS, filters + _issuers(visit, lambda one: one.issuer.id)
    )


def windups(visit: Visit, found: Sequence[WindupView]) -> Listing:
    """The list of winding-ups."""
    states = sorted({str(one.state) for one in found})
    filters = [
        finding("Find", lambda one: one.of.id, lambda one: one.of.terms.exit.name),
        choosing("state", "State", [(one, words(one)) for one in states], lambda one: one.state),
    ]
    return from_rows(
        visit, "windups", found, WINDUPS, filters + _issuers(visit, lambda one: one.of.owner.id)
    )


def _issuers(visit: Visit, of: Callable[[Any], str]) -> list[Filter]:
    """A filter by issuer, where there are several."""
    owners = issuers_of(visit)
    return [choosing("issuer", "Issuer", owners, of)] if len(owners) > 1 else []
