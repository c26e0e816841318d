"""What a vote costs: batches of 50 signed votes on one resolution by one class, and a vote alone.

Accounts are in order. "Totals" is a meeting whose votes are final: the contract keeps a bit for each voter.
"Choice kept" is one whose votes may change until the close: it keeps a word for each.
"All moved": everybody's units changed since the record instant, so the contract reads what was held then.
"""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

from freehold.chain import contracts, deploy
from freehold.chain.signer import KeySigner
from freehold.core.actions.ballot import Resolution, Threshold
from freehold.core.actions.ballot_words import Terms, pack_resolution, pack_terms
from freehold.core.clock import from_seconds
from freehold.core.ids import ZERO_ADDRESS, Address
from freehold.doors.bench.gas_ledger import CHAIN, gas, party, post, set_time
from freehold.doors.bench.gas_world import ADMITTED, AGENT, DOCUMENT, FIRST_RECORD, Figure, World

VOTERS = 50
OPENS = FIRST_RECORD + 1_000_000
CLASS = "common"
ACCOUNTS = Resolution("accounts", {CLASS: Fraction(1)}, quorum=Threshold(Fraction(1, 3)))
FIELDS = {
    "EIP712Domain": "string name,string version,uint256 chainId,address verifyingContract",
    "Vote": "uint256 meeting,address holder,uint256 choices,uint256[] marks,uint256 at",
}


def votes(world: World) -> Iterator[Figure]:
    """Three meetings of the same voters: totals, every choice kept, and totals as of an older record."""
    receipt = post(world.ledger, AGENT, contracts.creation("Ballot"), None)
    yield "deploy Ballot", gas(receipt)
    place = deploy.created(receipt)
    for record, changeable in ((2, False), (2, True), (1, False)):
        data = _announcement(world, record, changeable)
        used = gas(post(world.ledger, AGENT, data, place))
        if record == 1:
            yield "call a meeting on one resolution", used
    set_time(world.ledger, OPENS + 1)
    voters = [party(number) for number in range(ADMITTED, ADMITTED + VOTERS)]
    for meeting, name in enumerate(("totals", "choice kept", "totals, all moved"), 1):
        rows = [_signed(place, meeting, one) for one in voters]
        call = contracts.call("Ballot", "vote_signed", meeting, rows, [])
        used = gas(post(world.ledger, AGENT, call, place))
        counted = contracts.read(world.ledger.w3, "Ballot", place, "total", meeting, 0, 0, 1)
        assert counted, "no vote was counted"
        yield f"vote by signature, each of 50, {name}", -(-used // VOTERS)


def _announcement(world: World, record: int, changeable: bool) -> bytes:
    opens = from_seconds(OPENS)
    terms = pack_terms(Terms(opens, opens + timedelta(days=1), changeable=changeable))
    called = [int(world.tokens[0], 16) | record << 160]
    put = [pack_resolution(ACCOUNTS, [CLASS])]
    return contracts.call("Ballot", "announce", world.register, DOCUMENT, terms, called, put)


def _signed(place: Address, meeting: int, voter: KeySigner) -> tuple[object, ...]:
    domain = {
        "name": "Freehold Ballot", "version": "1", "chainId": CHAIN, "verifyingContract": place,
    }  # fmt: skip
    fields = {
        "meeting": meeting, "holder": voter.address, "choices": 1, "marks": [], "at": OPENS,
    }  # fmt: skip
    types = {
        kind: [dict(zip(("type", "name"), one.split(" "), strict=True)) for one in shape.split(",")]
        for kind, shape in FIELDS.items()
    }
    typed = {"types": types, "primaryType": "Vote", "domain": domain, "message": fields}
    made = voter.sign_typed_data(typed)
    r, s = int.from_bytes(made[:32]), int.from_bytes(made[32:64])
    return (voter.address, ZERO_ADDRESS, 1, OPENS, 0, made[64], r, s)
