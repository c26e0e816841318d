"""Letters to holders about a meeting: called, and then amended, called anew, called off.

Whoever held at the record instant is told, before it whoever holds now; and whoever voted or appointed a
proxy is told that it no longer counts, where it does not. The same letter is written once.
"""

from freehold.core.clock import stamp
from freehold.core.facts import Flags, has_flag
from freehold.core.letters import Kind
from freehold.desks import notices
from freehold.desks.office import Office
from freehold.desks.servicing import assembly
from freehold.desks.servicing.assembly import Assembly
from freehold.indexer import read


def called(office: Office, one: Assembly) -> int:
    """Tell of a meeting that was called, whoever may vote there as far as is known. How many letters."""
    terms, names, told = one.chain.terms, assembly.names(office, one), 0
    lines = [
        f"Votes are taken from {stamp(terms.opens)} until {stamp(terms.closes)} from whoever holds"
        f" {', '.join(one.classes)} on {stamp(one.record)}.",
        *([f"Place: {one.notice.place}."] if one.notice.place else []),
        *(f"{place}. {one.notice.titles[each.id]}" for place, each in enumerate(one.agenda, 1)),
    ]
    facts = {
        "issuer": one.issuer.name,
        "title": f"You are called to {one.notice.name}",
        "said": "\n".join(lines),
        "link": f"/meetings/{one.number}",
    }
    now, once = office.clock.now(), f"meeting {one.number} called"
    with office.book.transaction() as tx:
        for account in sorted(concerned(office, one) & names.keys()):
            holder = names[account]
            args = (tx, one.issuer.id, holder, Kind.ACTION, facts, now, once)
            told += notices.write_to_holder(*args)
    return told


def amended(office: Office, one: Assembly, what: str, version: int) -> int:
    """Tell of a supplement; votes and proxies stand. How many letters."""
    said = f"{_named(one)}: {what}. Votes and proxies given for it stand"
    return _tell(office, one, {}, said, f"version {version}")


def called_anew(office: Office, one: Assembly, number: int, what: str) -> int:
    """Tell that another meeting takes this one's place."""
    said = f"{_named(one)} is called anew as meeting {number} ({what})"
    gone = f"Your vote or proxy for it no longer counts: give it again at meeting {number}"
    return _tell(office, one, dict.fromkeys(_given(one), gone), said, f"replaced by {number}")


def called_off(office: Office, one: Assembly) -> int:
    """Tell that there is no such meeting any more."""
    gone = dict.fromkeys(_given(one), "Your vote or proxy for it no longer counts")
    return _tell(office, one, gone, f"{_named(one)} is called off", "called off")


def _given(one: Assembly) -> set[int]:
    """The accounts for which somebody voted, or which have a proxy."""
    chain = one.chain
    return {*chain.cast, *chain.sealed, *(int(each.holder) for each in chain.appointments)}


def _named(one: Assembly) -> str:
    return f"meeting {one.number}, {one.notice.name[:60]},"


def _tell(office: Office, one: Assembly, more: dict[int, str], said: str, once: str) -> int:
    names, now, count = assembly.names(office, one), office.clock.now(), 0
    with office.book.transaction() as tx:
        for account in sorted(concerned(office, one) | more.keys()):
            holder = names.get(account)
            if holder is None:
                continue
            text = f"{more[account]}. {said}" if account in more else said
            key = f"meeting {one.number} {once}"
            count += notices.tell_holder(tx, one.issuer.id, holder, text, now, key)
    return count


def concerned(office: Office, one: Assembly) -> set[int]:
    """The accounts that may vote, as far as is known."""
    if assembly.now(office) >= one.record:
        with office.index.connect() as view:
            passed = read.head_instant(view) >= one.record
        if passed:
            return set(assembly.holdings(office, one))
    found: set[int] = set()
    with office.index.connect() as view:
        for instrument in one.instruments:
            found |= {
                line.account
                for line in read.lines(view, instrument.token)
                if line.units and not has_flag(line.facts, Flags.TREASURY)
            }
    return found
