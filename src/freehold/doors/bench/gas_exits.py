"""What a winding-up or a sale costs: a plan, its stages, and a class's page of 100 holders of record.

One class and a creditor. Every payee has received this money before and accounts are in order, as for
dividends (gas_payments.py), beside whose goal the page stands.
"""

from collections.abc import Iterator, Sequence

from freehold.chain import contracts, deploy
from freehold.core.actions.exit_plan import (
    ExitPlan,
    class_part,
    part_number,
    payee_part,
    stage_word,
)
from freehold.core.actions.pages import heads
from freehold.core.ids import Address
from freehold.doors.bench.gas_ledger import gas, party, post, set_time
from freehold.doors.bench.gas_world import (
    ADMITTED,
    AGENT,
    BATCH,
    DOCUMENT,
    FIRST_RECORD,
    FOREVER,
    INSTRUCTION,
    SECOND_PERSON,
    SECOND_RECORD,
    Figure,
    World,
)

CLOSING, DEBT = 10**12, 10**9
LATER = FIRST_RECORD + 40_000_000
NOTHING = bytes(32)


def exits(world: World) -> Iterator[Figure]:
    """One waterfall whose holders' units did not move since the record instant, one where all did."""
    set_time(world.ledger, SECOND_RECORD + 1)
    code = contracts.creation("Cash", "Exit money", "EUR", 6)
    cash = deploy.created(post(world.ledger, AGENT, code, None))
    receipt = post(world.ledger, AGENT, contracts.creation("Waterfall"), None)
    yield "deploy Waterfall", gas(receipt)
    place = deploy.created(receipt)
    holders = [party(number).address for number in range(ADMITTED, ADMITTED + BATCH)]
    for who in (*holders, party(2).address):
        post(world.ledger, AGENT, contracts.call("Cash", "issue", who, 1), cash)
    post(world.ledger, AGENT, contracts.call("Cash", "issue", AGENT.address, FOREVER >> 128), cash)
    post(world.ledger, AGENT, contracts.call("Cash", "approve", place, FOREVER), cash)
    for number, (record, what) in enumerate(((2, "nobody moved"), (1, "all moved")), 1):
        steps = dict(_steps(world, place, _plan(world, cash, record), number, holders))
        yield f"waterfall, each of 100 pushed, {what}", -(-steps.pop("page") // BATCH)
    yield from steps.items()


def _plan(world: World, cash: Address, record: int) -> ExitPlan:
    return ExitPlan(
        cash=cash, pays_from=0, claim_until=LATER, purse=AGENT.address,
        tax_office=party(1).address, document="0x" + DOCUMENT.hex(),
        parts=(class_part(world.tokens[0], record), payee_part(party(2).address)),
        stages=(stage_word(CLOSING + DEBT), stage_word(CLOSING)),
        amounts=(CLOSING, DEBT, CLOSING, 0),
    )  # fmt: skip


def _steps(
    world: World, place: Address, plan: ExitPlan, number: int, holders: Sequence[str]
) -> Iterator[Figure]:
    """From the proposal to the first page."""
    ledger = world.ledger
    rows = [int(who, 16) for who in holders]
    units = contracts.read(ledger.w3, "SecurityToken", world.tokens[0], "totalSupply")
    opened = [(units, heads([rows])[0], NOTHING), (0, NOTHING, NOTHING)]
    class_pot, debt_pot = part_number(number, 0, 0), part_number(number, 0, 1)
    for name, sender, function, given in (
        ("waterfall, propose a plan of 2 stages", AGENT, "propose", (INSTRUCTION, plan.words)),
        ("waterfall, confirm it", SECOND_PERSON, "confirm", (number, plan.words)),
        ("waterfall, fund", AGENT, "fund", (number, plan.total)),
        ("waterfall, open a stage", AGENT, "open", (number, plan.words, opened, DOCUMENT)),
        ("page", AGENT, "pay", (class_pot, rows, NOTHING)),
        ("waterfall, settle a creditor", AGENT, "settle", (debt_pot,)),
    ):
        call = contracts.call("Waterfall", function, *given)
        yield name, gas(post(ledger, sender, call, place))
