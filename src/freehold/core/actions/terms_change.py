"""What differs between two versions of an action's terms, in words: before and after of each thing."""

from collections.abc import Iterator

from freehold.core.actions.terms import Terms
from freehold.core.clock import stamp

NONE = "none"


def differences(before: Terms, after: Terms) -> Iterator[tuple[str, str, str]]:
    """What, before, after, for everything that the two say otherwise."""
    was, will = words(before), words(after)
    for what in dict.fromkeys([*was, *will]):
        if (one := was.get(what, NONE)) != (other := will.get(what, NONE)):
            yield what, one, other


def words(terms: Terms) -> dict[str, str]:
    """Everything that a holder reads in terms, by name."""
    cash, exchange, options = terms.cash, terms.exchange, terms.options
    found = {
        "Kind": str(terms.kind).replace("-", " "),
        "Ex-date": str(terms.ex_date),
        "Record": stamp(terms.record),
        "Payment" if terms.pays else "Delivery": stamp(terms.payment),
    }
    if terms.pays:
        found["Claims end"] = stamp(terms.claim_until)
    if cash is not None and cash.amount:
        found["Amount"] = f"{cash.amount} {cash.basis}"
    if exchange is not None:
        found["Ratio"] = f"{exchange.ratio} for 1"
        found |= {"Into": exchange.into} if exchange.into else {}
        found |= {"Price": str(exchange.price)} if exchange.price is not None else {}
    found |= {"At most": f"{terms.most} base units"} if terms.most else {}
    found |= {"New name": terms.name} if terms.name else {}
    found |= {"Narrative": terms.narrative} if terms.narrative else {}
    found |= {"Tax of": terms.tax} if terms.tax else {}
    if options.choices:
        found["Choices"] = ", ".join(options.choices)
    if options.until is not None:
        found["Elections end"] = stamp(options.until)
    if options.price is not None:
        found["Price of re-invested units"] = str(options.price)
    return found
