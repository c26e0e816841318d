"""A small world of one issuer on the in-process EVM: register, two classes of units, people by role.

Everything is deployed as in production: reasons, the chain of desks, a blueprint, the registrar.
Powers lie with four officers so that a test can show which one an act needs. `basic_rules` is a plain set
of rules, written with the model's own packing (`freehold.core.policy.rows`).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from eth_abi import encode
from eth_hash.auto import keccak
from eth_utils import to_checksum_address

from freehold.chain.artifacts import TOKEN_PARTS
from freehold.core.facts import NO_FLAGS, Flags, Vintage, pack_vintage
from freehold.core.policy.compiled import Rules
from freehold.core.policy.rows import policy_rows
from freehold.core.reasons import Reason, message_for
from tests.contracts.engine import Contract, Engine, Refused, creation, shipped

GRANT, ADMIT, FREEZE, ISSUE, REDEEM, FORCE, HALT, RULES = (1 << n for n in range(8))
RECORD, ACTION, CONFIRM, RECOVER, DOCUMENT, VENUE, LIST, INFORM = (1 << n for n in range(8, 16))
POWER_DELAY, RECOVERY_DELAY = 172_800, 259_200
DOC, NOTE = keccak(b"document"), keccak(b"instruction")
FAR = 30_000
"""A day far ahead: 2052-02-20."""
AUTHORISED = 1_000_000_000


def wallet(name: str) -> str:
    """The address of a role; the same name is always the same wallet."""
    return to_checksum_address(keccak(name.encode())[12:])


ISSUER, REGISTRAR, AGENT, OFFICER, OUTSIDER = map(
    wallet, ("issuer", "registrar", "transfer agent", "compliance officer", "outsider")
)
HOLDERS_GRANTS = [
    (ISSUER, GRANT | ISSUE | LIST | DOCUMENT | FORCE),
    (REGISTRAR, ADMIT),
    (AGENT, RECOVER | ADMIT),
    (OFFICER, CONFIRM | FREEZE | RULES),
]
TOKEN_GRANTS = [
    (ISSUER, GRANT | ISSUE | REDEEM | RULES | RECORD),
    (AGENT, FORCE | ACTION | HALT),
    (OFFICER, CONFIRM | FREEZE | INFORM),
]
CLASSES = {"us_accredited": 1, "us_retail": 2, "qib": 3, "offshore": 4, "rare": 9}
COUNTRIES = {"us_accredited": 840, "us_retail": 840, "qib": 840, "offshore": 276, "rare": 840}


def basic_rules(**changes: Any) -> Rules:
    """Everybody may sell to every known class; the usual flags are on, no limit is near."""
    everyone = frozenset(CLASSES.values())
    common = {n for n in everyone if n < 8}
    sales = {(0, one, 0): everyone for one in everyone}
    sales |= {(kind, one, 0): everyone for kind in range(2, 11) for one in everyone}
    sales[1, 0, 0] = everyone
    known: dict[str, Any] = {
        "active": True,
        "sale": {one: frozenset(common) for one in common},
        "sellable": sales,
        "countries": frozenset({840, 276, 250}),
        "check_countries": True,
        "country_code": 118,
        "most_holders": 1999,
        "most_units": 10_000_000,
    }
    return Rules(**(known | changes))


@dataclass
class World:
    """The deployed set. `code` gives the artifact of a contract: the shipped one, or a faulty one."""

    engine: Engine
    code: Callable[[str], Mapping[str, Any]] = shipped
    registrar: Contract = field(init=False)
    assets: Contract = field(init=False)
    holders: Contract = field(init=False)
    face: Contract = field(init=False)
    token: Contract = field(init=False)
    sister: Contract = field(init=False)
    parts: dict[str, Contract] = field(default_factory=dict)
    rules: Rules = field(default_factory=basic_rules)

    def contract(self, name: str, address: str) -> Contract:
        return Contract(self.engine, address, self.abi(name))

    def abi(self, name: str) -> tuple[Mapping[str, Any], ...]:
        names = TOKEN_PARTS if name == "SecurityToken" else (name,)
        return tuple(entry for part in names for entry in self.code(part)["abi"])

    def deploy(self, name: str, *args: Any) -> Contract:
        address = self.engine.deploy(creation(self.code(name), *args), ISSUER)
        found = Contract(self.engine, address, tuple(self.code(name)["abi"]))
        self.parts[name] = found
        return found

    def new_token(self, name: str = "Acme Common", by: str = ISSUER, **changed: Any) -> Contract:
        data = self.opening(name, **changed)
        outcome = self.registrar.deploy(self.holders.address, data, by=by)
        (found,) = self.registrar.log(outcome, "InstrumentDeployed")
        return self.contract("SecurityToken", to_checksum_address(found["token"]))

    def opening(self, name: str = "Acme Common", **changed: Any) -> bytes:
        words = {
            "symbol": "ACME", "decimals": 0, "authorised": AUTHORISED, "asset": 7, "terms": DOC,
            "assets": self.assets.address, "face": self.face.address, "delay": POWER_DELAY,
            "grants": TOKEN_GRANTS,
        } | changed  # fmt: skip
        back = Contract(self.engine, ISSUER, tuple(self.code("BackOffice")["abi"]))
        return back.data("open", (name, *words.values()))

    # ---- what people do ----

    def admit(self, name: str, role: str = "us_accredited", **changed: Any) -> str:
        """Open an account for a role; returns its wallet."""
        who = wallet(name)
        self.holders.admit([row(who, role, **changed)], by=REGISTRAR)
        return who

    def link(self, of: str, name: str) -> str:
        """A further account of the person behind `of`."""
        who = wallet(name)
        self.holders.admit_linked(int(who, 16), of, by=REGISTRAR)
        return who

    def set_facts(
        self, who: str, role: str = "us_accredited", by: str = REGISTRAR, **changed: Any
    ) -> None:
        self.holders.set_facts([row(who, role, **changed)], by=by)

    def issue(self, who: str, units: int, vintage: int = 0, token: Contract | None = None) -> Any:
        rows = [units << 160 | int(who, 16)]
        return (token or self.token).issue(NOTE, vintage, 0, rows, by=ISSUER)

    def holder(
        self, name: str, units: int = 1000, role: str = "us_accredited", **changed: Any
    ) -> str:
        """An admitted person with free units."""
        who = self.admit(name, role, **changed)
        self.issue(who, units)
        return who

    def open_vintage(self, **terms: Any) -> int:
        """A vintage acquired today with clocks in days from today."""
        today = self.engine.today
        days = {name: today + value for name, value in terms.items() if name in CLOCKS}
        kept = {name: value for name, value in terms.items() if name not in CLOCKS}
        word = pack_vintage(Vintage(acquired=today, **days, **kept))
        outcome = self.token.open_vintage(word, by=ISSUER)
        return int.from_bytes(outcome.output, "big")

    def set_rules(self, rules: Rules, token: Contract | None = None, policy: bytes = DOC) -> None:
        """Announce rules, wait and let anybody activate them."""
        target = token or self.token
        changes = policy_rows(rules)
        target.announce_rules(policy, keccak(encode([CHANGES], [changes])), by=ISSUER)
        if target.ask("instrument")[5] != bytes(32):
            self.engine.forward(POWER_DELAY)
        target.activate_rules(changes, by=OUTSIDER)
        if target.address == self.token.address:
            self.rules = rules

    def change(self, *rows: tuple[int, int, int], token: Contract | None = None) -> Any:
        """Announce single changes of rules, wait, activate them; the policy stays."""
        target = token or self.token
        policy = target.ask("instrument")[5]
        target.announce_rules(policy, keccak(encode([CHANGES], [rows])), by=ISSUER)
        self.engine.forward(POWER_DELAY)
        return target.activate_rules(list(rows), by=OUTSIDER)

    def take_over(self) -> None:
        """Open the take-over of the token."""
        self.token.open_take_over(DOC, by=ISSUER)
        self.token.confirm_take_over(DOC, by=OFFICER)

    def recover(self, lost: str, fresh: str) -> Any:
        """The whole recovery: two persons, the delay."""
        self.holders.propose_recovery(lost, fresh, 1, DOC, by=AGENT)
        self.engine.forward(RECOVERY_DELAY)
        return self.holders.recover(lost, by=OFFICER)

    def deploy_code(self, runtime: str) -> str:
        """A contract with exactly this code."""
        code = bytes.fromhex(runtime.removeprefix("0x"))
        head = (
            b"\x61"
            + len(code).to_bytes(2, "big")
            + bytes([0x80, 0x60, 0x0A, 0x3D, 0x39, 0x3D, 0xF3])
        )
        return self.engine.deploy(head + code, ISSUER)

    def set_outside(self, contract: str) -> None:
        """Let a compliance contract be asked in addition, or none (address zero)."""
        self.token.setCompliance(contract, by=ISSUER)
        self.engine.forward(POWER_DELAY)
        state = self.token.ask("state") & ~ASK_OUTSIDE
        on = ASK_OUTSIDE if int(contract, 16) else 0
        self.token.activate_rules([(9, 0, int(contract, 16)), (1, 0, state | on)], by=OUTSIDER)

    def sister_to_token(self, who: str, units: int = 1) -> Any:
        """Convert units of the sister class, issued for it, into units of the token."""
        self.issue(who, units, token=self.sister)
        target = self.token.address
        return self.sister.convert_units(NOTE, who, target, units, 1, 1, 0, DOC, [], by=AGENT)

    # ---- what is asked ----

    def number(self, who: str) -> int:
        return self.holders.ask("facts", who) >> 160 & 0xFFFFFFFF

    def balance(self, who: str, token: Contract | None = None) -> int:
        return (token or self.token).ask("balanceOf", who)

    def lots(self, who: str, token: Contract | None = None) -> dict[int, int]:
        """Vintage -> units in restricted lots."""
        words = (token or self.token).ask("lots_of", self.number(who))
        return {word >> 96: word & (1 << 96) - 1 for word in words}

    def state(self, token: Contract | None = None) -> int:
        return (token or self.token).ask("state")

    def holder_count(self, token: Contract | None = None) -> int:
        return self.state(token) >> 140 & (1 << 28) - 1

    def group_count(self, group: int) -> int:
        return self.token.ask("group_counts") >> 32 * group & 0xFFFFFFFF

    def code_of(self, sender: str, receiver: str, units: int) -> int:
        return self.token.ask("detectTransferRestriction", sender, receiver, units)

    def code_lots(self, sender: str, receiver: str, units: int, named: list[int]) -> int:
        """Sell named lots: 0, or the code of the refusal."""
        try:
            self.token.transfer_lots(receiver, units, named, by=sender)
        except Refused as refused:
            return refused_code(refused)
        return 0

    def transfer(self, sender: str, receiver: str, units: int) -> int:
        """0, or the code of the refusal; the view beforehand must have said the same."""
        foreseen = self.code_of(sender, receiver, units)
        try:
            self.token.transfer(receiver, units, by=sender)
            code = 0
        except Refused as refused:
            code = refused_code(refused)
        assert foreseen == code, f"the view said {foreseen}, the transfer {code}"
        return code


ASK_OUTSIDE = 1 << 73
CLOCKS = ("a_release", "a_free", "b_over", "c_over", "d_over")
CHANGES = "(uint256,uint256,uint256)[]"
UNFROZEN_ERROR = keccak(b"ERC7943InsufficientUnfrozenBalance(address,uint256,uint256)")[:4]


def refused_code(refused: Refused) -> int:
    """The reason code behind a refusal, ERC-7943's own error included."""
    return 101 if refused.data[:4] == UNFROZEN_ERROR else refused.code


def row(
    who: str,
    role: str = "us_accredited",
    country: int | None = None,
    until: int = FAR,
    flags: Flags = NO_FLAGS,
    holder_class: int | None = None,
) -> int:
    """What a registrar writes about a wallet."""
    place = COUNTRIES[role] if country is None else country
    of_class = CLASSES[role] if holder_class is None else holder_class
    return int(who, 16) | of_class << 192 | place << 197 | until << 207 | int(flags) << 239


def build(code: Callable[[str], Mapping[str, Any]] = shipped, seconds: int | None = None) -> World:
    """Deploy everything; the token has `basic_rules`, the sister class the same."""
    world = World(Engine() if seconds is None else Engine(seconds), code)
    told = [reason for reason in Reason if reason]
    reasons = world.deploy("Reasons", [int(r) for r in told], [message_for(r) for r in told])
    transfer_desk = world.deploy("TransferDesk")
    standards = world.deploy("StandardsDesk", transfer_desk.address, reasons.address)
    action = world.deploy("ActionDesk", standards.address)
    back = world.deploy("BackOffice", action.address)
    blueprint = world.engine.deploy(bytes.fromhex(code("SecurityToken")["blueprint"][2:]), ISSUER)
    world.registrar = world.deploy("Registrar", blueprint, transfer_desk.address, back.address)
    world.assets = world.deploy("Assets")
    grants = [*HOLDERS_GRANTS, (world.registrar.address, LIST)]
    world.holders = world.deploy("Holders", grants, POWER_DELAY, RECOVERY_DELAY)
    world.face = world.deploy("RegistryFace", world.holders.address)
    world.holders.grant(world.face.address, ADMIT | RULES, by=ISSUER)
    world.engine.forward(POWER_DELAY)
    world.token = world.new_token()
    world.sister = world.new_token("Acme Preferred", symbol="ACMEP")
    world.set_rules(world.rules)
    world.set_rules(world.rules, world.sister)
    return world


@cache
def _shipped_world() -> tuple[World, Any]:
    world = build()
    return world, world.engine.snapshot()


def fresh(code: Callable[[str], Mapping[str, Any]] = shipped) -> World:
    """The world of `build`, as new; the shipped one is deployed once and copied."""
    if code is not shipped:
        return build(code)
    world, kept = _shipped_world()
    world.engine.restore(kept)
    world.engine.watcher = None
    world.rules = basic_rules()
    return world
