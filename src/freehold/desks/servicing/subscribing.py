"""The price of a subscription: what a holder owes, how he lets the agent's wallet take it, what was taken.

A holder signs a permit of the coin (ERC-2612) with his wallet, and the agent sends it and pays the gas; for
an account that the agent's key opens, his subscription is that permission. A coin that keeps a fee, or does
not do what it says, is refused before anything is taken; what came of each subscriber is read from the
receipts and compared with what he owed.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from typing import Any

from freehold.chain import coins, contracts, messages
from freehold.chain.coins import Coin
from freehold.chain.contracts import call
from freehold.chain.signer import typed_data_digest
from freehold.core.actions.kinds import Work
from freehold.core.clock import stamp, to_seconds
from freehold.core.errors import Conflict, Invalid
from freehold.core.ids import Address
from freehold.core.instruction import State
from freehold.core.units import format_units
from freehold.desks import notices, parties
from freehold.desks.office import Office
from freehold.desks.outbox import carrying, orders
from freehold.desks.outbox.orders import ActOutcome, Ended
from freehold.desks.servicing import holders_of, noting, servicing
from freehold.desks.servicing.servicing import Case


@dataclass(frozen=True, slots=True)
class Price:
    """What a holder owes for the units that he subscribed, at most, in the coin's smallest unit; what he
    has, and what the agent's wallet (`spender`) may take. `kept`: the agent's key opens his account."""

    action: str
    holder: str
    account: int
    wallet: Address
    spender: Address
    coin: Coin
    units: int
    amount: int
    has: int
    allowed: int
    kept: bool
    until: datetime

    @property
    def missing(self) -> str:
        """What is missing of the price, in a sentence; empty where nothing is."""
        named = f"{format_units(self.amount, self.coin.decimals)} {self.coin.symbol}"
        if self.has < self.amount:
            held = format_units(self.has, self.coin.decimals)
            return f"{named} is due on {stamp(self.until)}, and the wallet has {held}"
        if not self.kept and self.allowed < self.amount:
            return f"{named} is due on {stamp(self.until)}, and may not be taken yet: sign for it"
        return ""


def message(office: Office, id: str, holder: str) -> Mapping[str, Any]:
    """What the holder's wallet signs, for who has the keys. Raises NotFound, Conflict."""
    of = servicing.case(office, id)
    return permit_of(office, of, price_of(office, of, holder))


@noting.noted("permit subscription", noting.itself)
def permit(
    office: Office, actor: orders.Actor, id: str, holder: str, signature: str = ""
) -> ActOutcome:
    """Send a holder's permit to the coin; for an account that the agent keeps, his key signs it.

    Raises NotFound, Invalid for a signature that is none, Conflict where nothing was subscribed.
    """
    of = servicing.case(office, id)
    one = price_of(office, of, holder)
    if one.allowed >= one.amount:
        return ActOutcome("permit", id, actor.name, Ended.DONE)
    typed = permit_of(office, of, one)
    if signature:
        signer = messages.signer_of_digest(typed_data_digest(typed), signature)
        if signer != one.wallet:
            raise Invalid(f"the signature is not that of {one.wallet}", field="signature")
        raw = bytes.fromhex(signature.strip().removeprefix("0x"))
    else:
        raw = _kept_key(office, of, one).sign_typed_data(typed)
    return _sent(office, actor, of, typed, raw)


def permit_kept(office: Office, actor: orders.Actor, of: Case, due: Mapping[int, int]) -> None:
    """Let the price be taken of every account that the agent keeps and that has the money."""
    known = holders_of.by_account(office, of.owner, of.instrument.token)
    for account, amount in due.items():
        holder = known.get(account)
        if holder is None or holder.custody is None:
            continue
        one = price_of(office, of, holder.id, amount)
        if one.kept and one.allowed < amount <= one.has:
            signed = _kept_key(office, of, one).sign_typed_data(typed := permit_of(office, of, one))
            done = _sent(office, actor, of, typed, signed)
            if done.refused:
                raise Conflict(f"the price of {holder.id} cannot be taken: {done.reason}")


def require_reliable(office: Office, coin: str, holders: Mapping[int, Address] | list[str]) -> None:
    """Raises Invalid for a coin that keeps a fee, or does not answer as ERC-20 says: it is tried with the
    balance of the first of `holders` who has some. Where nobody has any it cannot be tried."""
    among = holders if isinstance(holders, list) else list(holders.values())
    for each in among:
        if coins.balance(office.w3, coin, each):
            coins.require_reliable(office.w3, coin, each)
            return


def collected(office: Office, of: Case, due: Mapping[int, int]) -> dict[int, int]:
    """What came from each subscriber to the wallet that took it, by the receipts."""
    assert of.terms.cash is not None, "an offer names its coin"
    coin, topic = of.terms.cash.coin.lower(), contracts.event_topic("Cash", "Transfer")
    wallets, found = servicing.wallets(office, of.instrument.token), dict.fromkeys(due, 0)
    keys = [one for one in (office.keys.agent, office.keys.second) if one is not None]
    for account in due:
        for key in keys:
            wallet = wallets[account]
            done = carrying.asked_before(office, of.scope, key.address, f"collect {wallet}")
            if done is None or done.state is not State.SETTLED:
                continue
            for log in carrying.receipt_of(office, done)["logs"]:
                ends = [int.from_bytes(bytes(one), "big") for one in log["topics"][1:3]]
                ours = log["address"].lower() == coin and bytes(log["topics"][0]) == topic
                if ours and ends == [int(wallet, 16), int(key.address, 16)]:
                    found[account] += int.from_bytes(bytes(log["data"]), "big")
    return found


def tell_lapsed(office: Office, of: Case, short: Mapping[int, int]) -> None:
    """Tell the holders of accounts whose price could not be taken, with what was due, that their rights
    lapsed."""
    assert of.terms.cash is not None, "an offer names its coin"
    coin = coins.about(office.w3, of.terms.cash.coin)
    known, now = holders_of.by_account(office, of.owner, of.instrument.token), office.clock.now()
    for account, amount in short.items():
        if (holder := known.get(account)) is None:
            continue
        named = f"{format_units(amount, coin.decimals)} {coin.symbol}"
        said = (
            f"your subscription in {of.known.id} ({of.instrument.name}) lapsed: {named} was due and"
            " could not be taken from your wallet"
        )
        with office.book.transaction() as tx:
            once = f"lapsed {of.known.id} {holder.id}"
            notices.tell_holder(tx, of.owner.id, holder.id, said, now, once)


# ---- parts ----


def price_of(office: Office, of: Case, holder: str, amount: int | None = None) -> Price:
    """What a holder owes, or `amount` of it. Raises NotFound, Conflict where he subscribed nothing."""
    if of.terms.work is not Work.OFFER or of.terms.cash is None or of.terms.exchange is None:
        raise Conflict(f"{of.known.id} offers no units: nothing is paid for", action=of.known.id)
    party = parties.party(office, of.owner, holder)
    account, wallet = party.facts.account, party.wallet
    units = of.elections.get(account, ("", 0))[1]
    if not units:
        raise Conflict(f"{holder} subscribed nothing of {of.known.id}", action=of.known.id)
    coin = coins.about(office.w3, of.terms.cash.coin)
    each = (of.terms.exchange.price or Fraction(0)) * 10**coin.decimals
    exact = units * each / 10**of.instrument.decimals
    whole = -(-exact.numerator // exact.denominator)
    spender, custody = office.keys.agent.address, party.holder.custody
    allowed = coins.allowance(office.w3, coin.address, wallet, spender)
    has = coins.balance(office.w3, coin.address, wallet)
    kept = custody is not None and wallet == party.holder.wallet
    return Price(
        of.known.id, party.holder.id, account, wallet, spender, coin, units,
        whole if amount is None else amount, has, allowed, kept, of.terms.payment,
    )  # fmt: skip


def permit_of(office: Office, of: Case, one: Price) -> Mapping[str, Any]:
    """The permit of a price. Raises Conflict for a coin that takes none."""
    deadline = to_seconds(of.terms.claim_until)
    pair = (one.wallet, one.spender)
    typed = coins.permit_message(office.w3, one.coin.address, *pair, one.amount, deadline)
    if typed is None:
        raise Conflict(
            f"the coin {one.coin.symbol} takes no permit (ERC-2612): let {one.spender} take"
            f" {format_units(one.amount, one.coin.decimals)} from {one.wallet} with its `approve`",
            action=of.known.id,
        )
    return typed


def _kept_key(office: Office, of: Case, one: Price) -> Any:
    party = parties.party(office, of.owner, one.holder)
    if not one.kept or office.keys.custody is None or party.holder.custody is None:
        raise Invalid(
            f"the agent does not keep the key of {one.holder}: his wallet signs", field="signature"
        )
    return office.keys.custody(party.holder.custody)


def _sent(
    office: Office, actor: orders.Actor, of: Case, typed: Mapping[str, Any], raw: bytes
) -> ActOutcome:
    said = typed["message"]
    parted = (raw[64], raw[:32], raw[32:64])
    words = (said["owner"], said["spender"], said["value"], said["deadline"])
    data = call("Cash", "permit", *words, *parted)
    coin, key = Address(typed["domain"]["verifyingContract"]), f"permit {said['owner']}"
    what = (coin, "let the price be taken", f"{key} {said['nonce']}", data)
    return servicing.carry(office, actor, of, [what])
