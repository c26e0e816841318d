# pragma version 0.4.3
# pragma optimize gas
# pragma evm-version cancun
# pragma nonreentrancy on
"""
@title Waterfall
@license Apache-2.0
@notice Winding-up or sale: every class of one issuer is paid from one pot by an agreed plan: see IWaterfall.
@custom:halt A waterfall of which no stage is open can be cancelled; from then on two persons end what is
             left of it. Nothing here can be upgraded.
@custom:assumptions As of Distribution. Who gets how much of an exit is reckoned outside (seniority,
             preferences, conversion); here stands what two persons agreed to, and that it is paid to the
             smallest unit: a class whose parts are not its amount cannot be finished.
"""
from interfaces import IDistribution
from interfaces import IWaterfall
from modules import claiming
from modules import coins
from modules import payouts
from modules import plans
from modules import pots
from modules import powers
from modules import remains
from modules import words

initializes: pots
initializes: payouts[pots := pots]
initializes: plans[pots := pots]
initializes: claiming[pots := pots]
initializes: remains[pots := pots]

exports: pots.count
exports: (
    claiming.claim,
    claiming.claim_signed,
    claiming.DOMAIN_SEPARATOR,
)
exports: (
    remains.release,
    remains.remit_tax,
    remains.propose_end,
    remains.confirm_end,
    remains.pot,
    remains.is_paid,
    remains.held_for,
)

OUTSIDE: constant(uint256) = 2  # mode of a part whose payee, kept as its register, is in no register

# ---- agreeing and funding ----


@external
def propose(instruction: bytes32, plan: IWaterfall.WaterfallPlan) -> uint256:
    """
    @notice Put a plan forward: classes with their record instants and payees outside, stages, and the
            amount of each in each, which sum to the stages exactly.
    """
    plans._need_all(plan.parts, powers.ACTION)
    id: uint256 = plans._proposed(plan)
    log IWaterfall.WaterfallProposed(
        waterfall=id,
        instruction=instruction,
        plan=plans.of[id].plan,
        cash=plan.cash,
        document=plan.document,
        parts=plan.parts,
        stages=plan.stages,
        amounts=plan.amounts,
    )
    return id


@external
def confirm(waterfall: uint256, plan: IWaterfall.WaterfallPlan):
    """
    @notice A second person, with the power over every class, agrees to the plan; before that nothing opens.
    """
    plans._acting(waterfall, plan, powers.CONFIRM)
    assert plans.of[waterfall].proposer != msg.sender, "plan: second person needed"
    assert plans.of[waterfall].state & plans.CONFIRMED == 0, "plan: confirmed already"
    plans.of[waterfall].state |= plans.CONFIRMED
    log IWaterfall.WaterfallConfirmed(waterfall=waterfall, plan=plans.of[waterfall].plan)


@external
def fund(waterfall: uint256, amount: uint256):
    """
    @notice Anybody puts money into the pot, up to what the plan divides.
    """
    root: uint256 = waterfall << 16
    pots._alive(root)
    missing: uint256 = plans.of[waterfall].missing
    assert amount <= missing, "pot: more than the plan"
    coins._take(pots._cash(root), msg.sender, amount)
    plans.of[waterfall].missing = missing - amount
    pots.of[root].money += amount
    log IWaterfall.WaterfallFunded(waterfall=waterfall, funder=msg.sender, amount=amount)


@external
def open(
    waterfall: uint256,
    plan: IWaterfall.WaterfallPlan,
    classes: DynArray[IWaterfall.ClassOpening, plans.PARTS_MAX],
    document: bytes32,
):
    """
    @notice Divide the next stage among its parts, once its time has come and its money is here. For each
            part: the units that share it (all but treasury), the hash of its pages, the root of its claims.
    """
    plans._acting(waterfall, plan, powers.ACTION)
    state: uint256 = plans.of[waterfall].state
    assert state & plans.CONFIRMED != 0, "plan: not confirmed"
    stage: uint256 = (state >> 8) & words.M8
    assert stage < len(plan.stages), "stages: all open"
    assert len(classes) == len(plan.parts), "parts: not one opening for each"
    assert block.timestamp >= plan.stages[stage] >> 128, "stage: opens later"
    amount: uint256 = plan.stages[stage] & words.M112
    root: uint256 = waterfall << 16
    assert amount <= pots.of[root].money, "pot: smaller than the stage"
    plans.of[waterfall].state = state + (1 << 8)
    pots.of[root].money -= amount
    first: uint256 = stage * len(plan.parts)
    for place: uint256 in range(len(plan.parts), bound=plans.PARTS_MAX):
        id: uint256 = root | ((stage + 1) << 8) | (place + 1)
        self._open_part(root, id, plan.parts[place], plan.amounts[first + place], classes[place], document)
    log IWaterfall.WaterfallOpened(waterfall=waterfall, stage=stage, amount=amount, document=document)


@internal
def _open_part(
    root: uint256,
    id: uint256,
    part: uint256,
    amount: uint256,
    opening: IWaterfall.ClassOpening,
    document: bytes32,
):
    """
    @dev A pot for what one part gets of a stage; none where it gets nothing.
    """
    if amount == 0:
        return
    record: uint256 = part >> 160
    pots.of[id].coin = pots.of[root].coin
    pots.of[id].purse = pots.of[root].purse
    pots.of[id].money = amount
    if record == 0:
        pots.of[id].source = (pots.of[root].source & words.M160) | (OUTSIDE << 176)
        pots.of[id].register = convert(part & words.M160, address)
        return
    held: uint256 = staticcall pots.IToken(convert(part & words.M160, address)).supply_at(record)
    assert opening.units != 0 and opening.units <= held, "units: not those of the record"
    pages: bool = opening.pages != empty(bytes32)
    assert pages or opening.claims != empty(bytes32), "pages: missing"
    state: uint256 = pots.OPENED | (pots.PAGED if pages else 0)
    pots.of[id].source = part | (state << 184)
    pots.of[id].register = pots.of[root].register
    pots.of[id].group = id
    pots.of[id].tax_office = pots.of[root].tax_office
    pots.of[id].rate = pots._packed(amount, opening.units)
    pots.of[id].head = opening.pages
    pots.of[id].claims = opening.claims
    log IDistribution.DistributionOpened(
        distribution=id,
        rate=pots.of[id].rate,
        total=amount,
        pages=opening.pages,
        claims=opening.claims,
        document=document,
    )


# ---- paying ----


@external
def pay(part: uint256, rows: DynArray[uint256, payouts.PAGE_MAX], after: bytes32):
    """
    @notice Pay the next page of a class: rows in the committed order, and the hash of the pages behind it.
            Who may not be paid now has his money held under his account; nobody is paid twice.
    """
    payouts._pay_page(part, pots._acting(part), rows, after)


@external
def settle(part: uint256):
    """
    @notice Anybody has a payee outside the register paid what the plan gives him of an open stage.
    """
    source: uint256 = pots._alive(part)
    assert (source >> 176) & words.M8 == OUTSIDE, "part: a class is paid in pages"
    assert block.timestamp >= (pots.of[part].coin >> 160) & words.M40, "pot: pays later"
    amount: uint256 = pots.of[part].money
    payee: address = pots.of[part].register
    pots.of[part].money = 0
    pots.of[part].source = source | (pots.ENDED << 184)
    assert coins._give(pots._cash(part), payee, amount), "cash: refused"
    log IWaterfall.WaterfallSettled(part=part, payee=payee, amount=amount)


# ---- what is left ----


@external
def finish(part: uint256, document: bytes32):
    """
    @notice Close a class's part of a stage: every smallest unit of it is paid, and nothing is held.
    """
    pots._acting(part)
    assert part & words.M16 != 0, "part: name one of a stage"
    assert pots.of[part].money & words.M128 == 0, "part: left to pay"
    assert pots.of[part].money == 0, "pot: money is held"
    pots._end(part, pots.of[part].purse, pots.FINISHED, document)


@external
def cancel(waterfall: uint256, document: bytes32):
    """
    @notice Call a waterfall off while no stage is open; all money goes back to its purse.
    """
    root: uint256 = waterfall << 16
    pots._acting(root)
    assert plans.of[waterfall].state >> 8 == 0, "pot: paying already"
    assert document != empty(bytes32), "document: missing"
    pots._end(root, pots.of[root].purse, pots.CANCELLED, document)


# ---- what anybody asks ----


@external
@view
def progress(waterfall: uint256) -> plans.Progress:
    """
    @notice A plan's hash, who proposed it, whether it is confirmed (bit 0), how many stages are open
            (from bit 8), and how much money is missing.
    """
    return plans.of[waterfall]


@external
@view
def plan_hash(plan: IWaterfall.WaterfallPlan) -> bytes32:
    """
    @notice The hash by which a plan is agreed to.
    """
    return plans._hash(plan)
