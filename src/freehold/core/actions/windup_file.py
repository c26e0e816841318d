"""The terms of a winding-up: those of an exit, and `[pay]`, how and when it is paid on chain.

docs/reference/windup.md lists the fields. Units come from the register: a class need not say them. So
one file serves `freehold waterfall` and `freehold windup`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from freehold.core import clock
from freehold.core.actions import fields
from freehold.core.actions.exit_file import ExitFile, Held, read_exit
from freehold.core.actions.exit_plan import MOST_PARTS, MOST_STAGES
from freehold.core.actions.fields import Section
from freehold.core.actions.options import Payout
from freehold.core.actions.tax_regimes import countries
from freehold.core.actions.waterfall import Stage, settle
from freehold.core.errors import Invalid
from freehold.core.units import format_units, parse_units

CLAIM_DAYS = 365
CLOSING = "closing"
ID = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_CODE = re.compile(r"[A-Za-z0-9]{1,16}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_PAY = "id coin record payment claim_days payout tax leaves_out wallets opens".split()


@dataclass(frozen=True, slots=True)
class Windup:
    """Terms of an exit, and how it is paid.

    `coin` is an address, or its code in the cash book; `wallets` are those of who is paid outside the
    register, `opens` says from when on each tranche is; `payout` how money reaches holders; `tax` is a
    country's rules, empty for none.
    """

    id: str
    coin: str
    record: datetime
    payment: datetime
    claim_until: datetime
    payout: Payout
    tax: str
    wallets: Mapping[str, str]
    opens: Mapping[str, datetime]
    exit: ExitFile

    @property
    def classes(self) -> tuple[str, ...]:
        """Classes of the register, preferred ones first."""
        terms = self.exit.terms
        return (*(one.id for one in terms.preferred), *(one.id for one in terms.commons))

    @property
    def outside(self) -> tuple[str, ...]:
        """Who is paid and stands in no register."""
        terms = self.exit.terms
        lent = (*(one.id for one in terms.debts), *(one.id for one in terms.carve_outs))
        return (*lent, *(one.id for one in terms.options))


def read_windup(text: str, held: Held) -> Windup:
    """Read a file of terms for an issuer whose classes have these units outside the treasury.

    Raises Invalid with every mistake and its line.
    """
    top = fields.parse_toml(text)
    if top.content.get("kind", "exit") != "exit":
        fields.note(top, "kind", f"{top.content['kind']!r} is not wound up here: write exit")
    part = fields.inner(top, "pay")
    if not fields.has(top, "pay"):
        fields.note(top, "pay", "is missing: [pay] says coin, record and payment")
    fields.only(part, *_PAY)
    _check_classes(top, part, held)
    _check_widths(top)
    id, coin = fields.text(part, "id"), fields.text(part, "coin")
    if id and not ID.fullmatch(id):
        fields.note(part, "id", f"{id!r} is not small letters, digits and hyphens, at most 48")
    if coin and not (_ADDRESS.fullmatch(coin) or _CODE.fullmatch(coin)):
        fields.note(part, "coin", f"{coin!r} is neither a coin's address nor its code")
    record, payment = fields.instant(part, "record"), fields.instant(part, "payment")
    if payment < record:
        said = f"{clock.stamp(payment)} is before the record {clock.stamp(record)}"
        fields.note(part, "payment", said)
    days = fields.whole(part, "claim_days", CLAIM_DAYS)
    if not days:
        fields.note(part, "claim_days", "0: claims need at least a day after the payment")
    until = clock.from_seconds(clock.to_seconds(payment) + days * clock.DAY_SECONDS)
    payout = fields.choice(part, "payout", Payout, Payout.PUSH)
    tax = fields.text(part, "tax", "")
    if tax and tax not in countries():
        fields.note(
            part, "tax", f"{tax!r} is none of {', '.join(countries())}, whose rules are known"
        )
    wallets, opens = _wallets(top, part), _opens(top, part, payment, until)
    exit = read_exit(top, held)
    return Windup(id, coin, record, payment, until, payout, tax, wallets, opens, exit)


def exit_amount(windup: Windup, text: str) -> int:
    """The exit in the smallest unit of its currency. Raises Invalid for one that pays nobody, or is
    smaller than its tranches."""
    digits, currency = windup.exit.digits, windup.exit.currency
    amount = parse_units(text.replace(",", ""), digits, "exit")
    if not amount:
        raise Invalid("the exit is 0: there is nothing to pay", field="exit")
    later = sum(one.amount for one in windup.exit.tranches)
    if later > amount:
        raise Invalid(
            f"the exit {text} {currency} is smaller than its tranches, which are"
            f" {format_units(later, digits)} together: the exit includes them",
            field="exit",
        )
    return amount


def stages_of(windup: Windup, amount: int, decimals: int) -> tuple[Stage, ...]:
    """Whole payouts of each stage that pays something, in the smallest unit of a coin.

    Each class gets whole smallest units of the currency, as the exit is reckoned. Raises Invalid for a
    coin with fewer decimals than the currency.
    """
    digits = windup.exit.digits
    if decimals < digits:
        raise Invalid(
            f"the coin has {decimals} decimals and {windup.exit.currency} {digits}: it cannot pay"
            " the smallest unit",
            field="coin",
        )
    scale = int(10 ** (decimals - digits))
    found = settle(windup.exit.terms, amount, windup.exit.tranches)
    return tuple(
        Stage(one.id, one.amount * scale, {who: part * scale for who, part in one.payouts.items()})
        for one in found
        if one.amount
    )


# ---- parts ----


def _named(top: Section, *tables: str) -> list[str]:
    found = []
    for table in tables:
        listed = top.content.get(table, [])
        if isinstance(listed, list):
            found += [str(one.get("id", "")) for one in listed if isinstance(one, dict)]
    return found


def _check_classes(top: Section, part: Section, held: Held) -> None:
    """Every class of the issuer with units stands in the file, or is left out in so many words."""
    named, left = _named(top, "class"), fields.texts(part, "leaves_out")
    there = ", ".join(sorted(held)) or "none"
    for one in fields.sections(top, "class"):
        id = str(one.content.get("id", ""))
        if id and id not in held:
            fields.note(one, "id", f"{id!r} is no class of the issuer; there is {there}")
        elif id and not held[id]:
            fields.note(one, "id", f"nobody but the issuer has units of {id}: leave it out")
    for id in left:
        if id not in held:
            fields.note(part, "leaves_out", f"{id!r} is no class of the issuer; there is {there}")
        if id in named:
            fields.note(part, "leaves_out", f"{id!r} is paid as a class: take it out of one")
    for id, units in held.items():
        if units and id not in (*named, *left):
            said = f"{id} has {units} units and is paid nothing: write [[class]] or name it here"
            fields.note(part, "leaves_out", said)


def _check_widths(top: Section) -> None:
    """What the contract holds: parts of a plan, stages."""
    parts = _named(top, "class", "debt", "carve_out", "option")
    if len(parts) > MOST_PARTS:
        fields.note(top, "class", f"{len(parts)} are paid, and a plan has {MOST_PARTS} parts")
    stages = 1 + len(_named(top, "tranche"))
    if stages > MOST_STAGES:
        fields.note(top, "tranche", f"{stages} stages, and a plan has {MOST_STAGES}")


def _wallets(top: Section, part: Section) -> dict[str, str]:
    """The wallet of each payee outside the register."""
    given = fields.inner(part, "wallets")
    outside = _named(top, "debt", "carve_out", "option")
    fields.only(given, *outside)
    found = {}
    for id in dict.fromkeys(filter(None, outside)):
        wallet = fields.text(given, id)
        if wallet and (not _ADDRESS.fullmatch(wallet) or not int(wallet, 16)):
            fields.note(given, id, f"{wallet!r} is not the address of a wallet")
        found[id] = wallet
    return found


def _opens(top: Section, part: Section, payment: datetime, until: datetime) -> dict[str, datetime]:
    """From when on each tranche may be opened; the payment where nothing is said."""
    given = fields.inner(part, "opens")
    tranches = list(filter(None, _named(top, "tranche")))
    fields.only(given, *tranches)
    found = {}
    for id in tranches:
        at = fields.instant(given, id) if fields.has(given, id) else payment
        if not payment <= at < until:
            said = f"{clock.stamp(at)} is not between the payment and the end of claims"
            fields.note(given, id, f"{said}, {clock.stamp(payment)} and {clock.stamp(until)}")
        found[id] = at
    return found
