"""Claims of a winding-up whose terms let holders claim: what proves one, and the money brought by proof.

A holder has a claim in each class of each stage that is open; whoever brings them brings all of them. The
file and its root are those of corporate actions (docs/reference/claim-file.md).
"""

from collections.abc import Iterator

from freehold.chain.contracts import call
from freehold.core.actions import claim_file
from freehold.core.actions.options import Payout
from freehold.core.clock import stamp
from freehold.core.errors import Conflict, NotFound
from freehold.desks import parties
from freehold.desks.office import Office
from freehold.desks.outbox import orders
from freehold.desks.outbox.orders import ActOutcome
from freehold.desks.permits import Actor
from freehold.desks.servicing import events, noting, servicing, windup_pots, windup_reading, windups
from freehold.desks.servicing.claiming import ClaimProof
from freehold.desks.servicing.windups import Case


def proofs(office: Office, who: Actor, id: str, holder: str) -> list[ClaimProof]:
    """What proves a holder's claims; for himself, or for whoever reads the register.

    Raises NotPermitted, NotFound where nothing is due to him, Conflict before a stage is open for claims.
    """
    of = windup_reading.one(office, who, id).of
    if not windup_reading.reads_all(who, of) and holder not in events.own_holders(who, of.owner.id):
        raise NotFound(f"there is no holder {holder}", holder=holder)
    return _proofs(office, of, holder)


@noting.noted("claim in windup", noting.itself)
def claim(office: Office, actor: orders.Actor, id: str, holder: str) -> ActOutcome:
    """Bring a holder's proofs: what is not paid to him yet goes to his wallet.

    Raises NotFound, Conflict before a stage is open, after the end of claims, or where all is paid.
    """
    of = windups.case(office, id)
    found = [one for one in _proofs(office, of, holder) if not one.paid]
    if servicing.now_of(office) > of.terms.claim_until:
        raise Conflict(f"claims of {id} ended on {stamp(of.terms.claim_until)}", windup=id)
    if not found:
        raise Conflict(f"{holder} was paid by {id} already: nothing of it is his", windup=id)
    calls = []
    for one in found:
        proof = [bytes.fromhex(each[2:]) for each in one.proof]
        words = (one.distribution, one.wallet, one.gross, one.withheld, proof)
        key = f"claim {one.distribution} {one.account}"
        calls.append((one.place, "claim", key, call("Waterfall", "claim", *words)))
    return windups.carry(office, actor, of.scope, calls)


def _proofs(office: Office, of: Case, holder: str) -> list[ClaimProof]:
    if of.terms.payout is Payout.PUSH:
        said = f"{of.id} is pushed to its holders: nothing is claimed in it"
        raise Conflict(said, windup=of.id)
    if not of.course.opened:
        raise Conflict(f"{of.id} is not open yet: no stage of it is paid", windup=of.id)
    found = list(_each(office, of, holder))
    if not found:
        raise NotFound(f"nothing is due to {holder} by {of.id}", holder=holder)
    return found


def _each(office: Office, of: Case, holder: str) -> Iterator[ClaimProof]:
    party, place = parties.party(office, of.owner, holder), windups.waterfall(office)
    account, said = party.facts.account, windup_pots.paid_parts(office, of)
    for part, stage, class_id in windup_pots.class_pots(of):
        due = windup_pots.due(of, stage, class_id)
        if account not in due:
            continue
        listed = windup_pots.claims_of(due)
        at, tree = claim_file.position_of(listed, account), claim_file.tree(listed)
        yield ClaimProof(
            of.id, of.coin.symbol, office.chain, place, part, account, party.wallet,
            listed[at].gross, listed[at].withheld, tuple(claim_file.proof(tree, at)), tree.root,
            windups.opens(of.terms, of.stages[stage].id), of.terms.claim_until,
            account in said[part].due,
        )  # fmt: skip
