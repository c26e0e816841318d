"""What speaks against an appointment before it is asked for: a circle of proxies, no power to give it.

The contract refuses these too. Said here, whoever appoints hears it at the door, and no order waits for
a worker that could only fail.
"""

from collections.abc import Mapping
from dataclasses import replace

from freehold.core.actions.proxy import Appointment, appointment_mistakes
from freehold.core.errors import Conflict
from freehold.desks.office import Office, now_on_chain
from freehold.desks.servicing import assembly, voting
from freehold.desks.servicing.assembly import Assembly
from freehold.desks.servicing.voting import ProxyRequest


def require_sound(office: Office, one: Assembly, request: ProxyRequest) -> None:
    """Raises Conflict where proxies would run in a circle or the giver has no power to substitute, NotFound
    for a holder or proxy who is not known. An appointment that is taken back is always sound."""
    if request.proxy is None:
        return
    party, giver, proxy = voting.appointed(office, one, request)
    own = str(party.facts.account)
    named = {str(number): id for number, id in assembly.names(office, one).items()}
    named |= {proxy: request.proxy, giver.wallet: giver.holder.id, party.wallet: party.holder.id}
    named |= {own: party.holder.id}
    by = own if giver.wallet == party.wallet else giver.wallet
    new = Appointment(own, by, proxy, now_on_chain(office))
    every = [_called(each, named) for each in (*one.chain.appointments, new)]
    mine = f"proxy {len(every)}:"
    for wrong in appointment_mistakes(every):
        if wrong.place.startswith(mine):
            raise Conflict(f"the appointment is refused: {wrong.message}", meeting=one.number)


def _called(one: Appointment, named: Mapping[str, str]) -> Appointment:
    """An appointment with the ids of those whom the book knows."""
    holder, giver, proxy = (named.get(each, each) for each in (one.holder, one.giver, one.proxy))
    return replace(one, holder=holder, giver=giver, proxy=proxy)
