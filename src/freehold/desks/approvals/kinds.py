"""What an act has to say of itself so that two persons can agree to it and the worker can carry it out.

A kind is three plain functions and what stands around them: `read` makes an act of a person's plain
texts, `difference` says what it would change now, `carry_out` says what is next. The worker asks
`carry_out` again after each step with the instructions that are settled, so an act may take several
steps and wait between them. The table of all kinds is `desks/approvals/approvable.py`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from freehold.book.issuers import KnownInstrument, KnownIssuer
from freehold.book.session import Transaction
from freehold.core.approvals import Act, Change
from freehold.core.errors import Invalid, Mistake
from freehold.core.grounds import Grounds
from freehold.core.instruction import Instruction
from freehold.core.roles import Power
from freehold.desks.office import Office
from freehold.desks.outbox.orders import Order

Texts = Mapping[str, str]
Write = Callable[[Transaction], None]


@dataclass(frozen=True, slots=True)
class Step:
    """What is next: instructions to give, or `waits`, the sentence why nothing can be done yet, or
    neither: the act is over. `write` goes into the book in the same transaction. `refused` is the
    sentence why the act cannot be done any more, `code` its reason's number."""

    order: Order | None = None
    waits: str = ""
    write: Write | None = None
    refused: str = ""
    code: int = 0


OVER = Step()


@dataclass(frozen=True, slots=True)
class Asking:
    """What a person asks for: whose register, the texts by field, grounds and file number."""

    owner: KnownIssuer
    texts: Texts
    grounds: Grounds | None = None
    reference: str = ""

    @property
    def given_grounds(self) -> Grounds:
        assert self.grounds is not None, "checked for kinds that need grounds"
        return self.grounds


@dataclass(frozen=True, slots=True)
class Planned:
    """An act as the worker has it: `key` is the proposal's id, `done` what is settled, in order."""

    act: Act
    key: str
    done: Sequence[Instruction] = ()


Read = Callable[[Office, Asking], Act]
Differ = Callable[[Office, Act], Sequence[Change]]
Carry = Callable[[Office, Planned], Step]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of act. `fields` are the texts it takes, those in `optional` may be left out.

    `power` is needed to propose and, with the power to approve, to approve. `grounds` says that it
    needs a reason code and a document; not `direct`: another desk proposes it, nobody by its name.
    `at_once`: it stands in the book alone, so whoever approves it carries it out in the same transaction.
    """

    name: str
    title: str
    power: Power
    read: Read
    difference: Differ
    carry_out: Carry
    fields: tuple[str, ...]
    optional: tuple[str, ...] = ()
    grounds: bool = False
    direct: bool = True
    at_once: bool = False


def require_fields(kind: Kind, texts: Texts, grounds: Grounds | None) -> None:
    """Raises Invalid with every field that is missing, empty, too long, or not of this kind."""
    known = (*kind.fields, *kind.optional)
    mistakes = [
        Mistake(name, f"is no field of {kind.name}; it has {', '.join(known)}")
        for name in texts
        if name not in known
    ]
    mistakes += [Mistake(name, "is missing") for name in kind.fields if not texts.get(name)]
    longest = 1 << 16
    mistakes += [Mistake(name, "is too long") for name in texts if len(texts[name]) > longest]
    if kind.grounds and grounds is None:
        mistakes.append(Mistake("grounds", "a reason and a document are needed"))
    if mistakes:
        listed = "; ".join(map(str, mistakes))
        raise Invalid(f"{kind.title} cannot be proposed: {listed}", mistakes)


def once(order: Callable[[Office, Planned], Order]) -> Carry:
    """Carries out what is one order: give it, and it is over when it is settled."""

    def carry_out(office: Office, planned: Planned) -> Step:
        return OVER if planned.done else Step(order(office, planned))

    return carry_out


def of_instrument(
    kind: str,
    asking: Asking,
    instrument: KnownInstrument,
    arguments: Texts,
    amount: str | None = None,
) -> Act:
    """An act that concerns one instrument; `arguments` without what was left out."""
    given = {name: text for name, text in arguments.items() if text}
    return Act(
        kind,
        asking.owner.id,
        given,
        str(instrument.token),
        amount,
        asking.grounds,
        asking.reference,
    )


def of_issuer(kind: str, asking: Asking, arguments: Texts) -> Act:
    """An act that concerns an issuer's whole register."""
    given = {name: text for name, text in arguments.items() if text}
    return Act(kind, asking.owner.id, given, None, None, asking.grounds, asking.reference)
