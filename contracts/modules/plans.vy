# pragma version 0.4.3
"""
@title Plans
@license Apache-2.0
@notice Plans of waterfalls: what makes one sound, who must agree to it, how far it has been carried out.
        Only a plan's hash is kept; whoever acts by it brings it along.
"""
from interfaces import IWaterfall
from modules import coins
from modules import pots
from modules import words

uses: pots

PARTS_MAX: constant(uint256) = 16
STAGES_MAX: constant(uint256) = 8
CONFIRMED: constant(uint256) = 1

struct Progress:
    plan: bytes32  # hash of the plan
    proposer: address
    state: uint256  # confirmed 0 | stages opened 8..15
    missing: uint256  # what the plan needs and nobody has put in yet

of: HashMap[uint256, Progress]


@internal
def _proposed(plan: IWaterfall.WaterfallPlan) -> uint256:
    """
    @dev Keep a sound plan's hash, with an empty pot; the waterfall's number.
    """
    coins._need_coin(plan.cash)
    assert plan.purse != empty(address) and plan.tax_office != empty(address), "payee: missing"
    assert plan.document != empty(bytes32), "document: missing"
    register: address = self._classes(plan.parts)
    pots.count += 1
    id: uint256 = pots.count
    self.of[id].plan = self._hash(plan)
    self.of[id].proposer = msg.sender
    self.of[id].missing = self._pot_of(plan)
    root: uint256 = id << 16
    pots.of[root].source = plan.parts[0] & words.M160
    pots.of[root].coin = pots._coin(plan.cash, plan.pays_from, plan.claim_until)
    pots.of[root].register = register
    pots.of[root].group = root
    pots.of[root].purse = plan.purse
    pots.of[root].tax_office = plan.tax_office
    return id


@internal
@view
def _classes(parts: DynArray[uint256, PARTS_MAX]) -> address:
    """
    @dev The one register of all classes in the parts; each class stands there once, the first part is one.
    """
    assert len(parts) != 0 and parts[0] >> 160 != 0, "parts: begin with a class"
    register: address = empty(address)
    for place: uint256 in range(len(parts), bound=PARTS_MAX):
        part: uint256 = parts[place]
        who: address = convert(part & words.M160, address)
        record: uint256 = part >> 160
        assert who != empty(address) and who != self and record <= words.M16, "part: unknown"
        if record == 0:
            continue
        token: pots.IToken = pots.IToken(who)
        owner: address = (staticcall token.instrument())[2]
        assert register == empty(address) or register == owner, "part: another issuer"
        register = owner
        assert record <= staticcall token.last_record(), "record: unknown"
        for before: uint256 in range(place, bound=PARTS_MAX):
            assert parts[before] & words.M160 != part & words.M160, "part: named twice"
    return register


@internal
@view
def _pot_of(plan: IWaterfall.WaterfallPlan) -> uint256:
    """
    @dev The money of all stages; the amounts of each stage are exactly that stage.
    """
    width: uint256 = len(plan.parts)
    assert len(plan.stages) != 0, "stages: none"
    assert len(plan.amounts) == width * len(plan.stages), "amounts: not one for each part"
    total: uint256 = 0
    place: uint256 = 0
    for stage: uint256 in plan.stages:
        amount: uint256 = stage & words.M112
        assert amount != 0 and (stage >> 112) & words.M16 == 0, "stage: no amount"
        assert stage >> 128 < plan.claim_until, "times: out of order"
        sum: uint256 = 0
        for i: uint256 in range(width, bound=PARTS_MAX):
            sum += plan.amounts[place]
            place += 1
        assert sum == amount, "amounts: not the pot"
        total += amount
    assert total <= words.M112, "pot: too large"
    return total


@internal
@view
def _need_all(parts: DynArray[uint256, PARTS_MAX], power: uint256):
    """
    @dev The caller has the power over every class.
    """
    for part: uint256 in parts:
        if part >> 160 != 0:
            pots._need(convert(part & words.M160, address), power)


@internal
@view
def _acting(waterfall: uint256, plan: IWaterfall.WaterfallPlan, power: uint256):
    """
    @dev Who acts by a plan brings the one proposed, and has the power over all its classes.
    """
    pots._alive(waterfall << 16)
    assert self._hash(plan) == self.of[waterfall].plan, "plan: not the proposed"
    self._need_all(plan.parts, power)


@internal
@pure
def _hash(plan: IWaterfall.WaterfallPlan) -> bytes32:
    return keccak256(abi_encode(plan))
