"""An announced action gives way to another in one act: called off, its money back, the other announced.

For what cannot be amended (core/actions/amending.py): another kind, security or record instant. All that
can be known to be wrong with the other is known before the first is touched; stopped in between, the same
again goes on.
"""

from freehold.book import actions as book
from freehold.core.actions.amending import Standing, standing
from freehold.core.actions.life import Step
from freehold.core.actions.terms import Terms, read
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, Invalid
from freehold.desks import parties
from freehold.desks.office import Office, now_on_chain
from freehold.desks.outbox.orders import Actor
from freehold.desks.register import records
from freehold.desks.servicing import actions, noting, paying, recording, servicing
from freehold.desks.servicing.actions import ActionOutcome
from freehold.desks.servicing.servicing import Case

UNPAID = (Standing.ANNOUNCED, Standing.PROVIDED, Standing.RECORDED, Standing.FUNDED)


@noting.noted("replace action", noting.itself)
def replace(office: Office, actor: Actor, id: str, text: str) -> ActionOutcome:
    """Call the action `id` off while nobody was paid, and announce the one of `text`, which follows it.

    Raises Invalid with every mistake of the terms, NotFound, Conflict where somebody was paid.
    """
    of, terms = servicing.case(office, id), read(text)
    if Step.CANCEL not in of.steps:
        require_replaceable(office, of, terms)
        done = paying.cancel(office, actor, id)
        if done.refused:
            return ActionOutcome(done, id, servicing.state_of(office, of))
    return actions.announce(office, actor, text, of.owner.id)


def require_replaceable(office: Office, of: Case, terms: Terms) -> None:
    """Raises Conflict where the first cannot be called off any more, Invalid where the other could not be
    announced after it."""
    id = of.known.id
    where = standing(servicing.state_of(office, of), Step.FUND in of.steps)
    if where not in UNPAID:
        said = "call off what is not paid yet" if where is Standing.PAYING else "leave it as it is"
        raise Conflict(
            f"the action {id} is {where} and cannot be replaced: {said}, and announce another action that"
            f' says follows = "{id}"',
            action=id,
        )
    if terms.follows != id:
        raise Invalid(f'the terms do not say follows = "{id}", which they replace', field="follows")
    with office.book.reading() as tx:
        if book.is_taken(tx, terms.id):
            said = f"the id {terms.id} is used already: give the other action another"
            raise Invalid(said, field="id")
    actions.require_possible(office, of.owner, terms)
    _require_ahead(office, of, terms)


def _require_ahead(office: Office, of: Case, terms: Terms) -> None:
    """Whether the other's record can be announced once the first has taken its own back."""
    instrument = parties.instrument(office, of.owner.id, terms.instrument)[1]
    if terms.record <= now_on_chain(office):
        said = f"the record instant {stamp(terms.record)} has passed: a record is announced ahead"
        raise Invalid(said, field="record")
    known = records.of_token(office, instrument.token)
    own = instrument.token == of.instrument.token and of.record == max(known, default=0)
    if own and of.terms.record > now_on_chain(office):
        waits = recording.waiting_for(office, of.owner, of.instrument, of.record, but=of.known.id)
        known = known if waits else {n: at for n, at in known.items() if n != of.record}
    if known and terms.record not in known.values() and terms.record < max(known.values()):
        raise Invalid(
            f"a record of {instrument.class_id} comes at {stamp(max(known.values()))}, and a new one comes"
            " after it: choose a later instant",
            field="record",
        )
