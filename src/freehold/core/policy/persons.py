"""Who a policy can tell apart: persons by the attributes and the country that its rules read."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from iso3166 import countries as iso_countries

from freehold.core.policy.expression import names_in
from freehold.core.policy.model import Policy

_COUNTRIES = frozenset(one.alpha2 for one in iso_countries)


@dataclass(frozen=True, slots=True)
class Person:
    """What the rules read of one side: what he was found to be, and where he lives."""

    attributes: frozenset[str] = frozenset()
    country: str = ""

    def seen_by(self, read: frozenset[str]) -> "Person":
        """The person as rules see him that read only these names."""
        return Person(self.attributes & read, self.country if "country" in read else "")


NOBODY = Person()
"""Somebody of whom nothing is known; the issuer too, where he is the sender."""


def read_of_persons(policy: Policy) -> frozenset[str]:
    """What rules about transfers and caps read of a person, on either side."""
    texts = [rule.when for rule in policy.prohibitions] + [path.needs for path in policy.paths]
    found = {
        name.partition(".")[2]
        for text in texts
        for name in names_in(text)
        if name.startswith(("sender.", "receiver."))
    }
    return frozenset(found.union(*(names_in(cap.group) for cap in policy.caps)))


def read_by_classes(policy: Policy) -> frozenset[str]:
    """What the conditions of the class scheme read."""
    return frozenset().union(*(names_in(one.when) for one in policy.classes))


def persons(policy: Policy, read: frozenset[str]) -> Iterator[Person]:
    """Every person that can exist as far as the names `read` go.

    What an attribute implies comes with it. A country is one that the policy names, or "" for any
    other.
    """
    names = sorted(read - {"country"})
    implied = {one.name: frozenset(one.implies) for one in policy.attributes}
    where = ["", *countries_named(policy)] if "country" in read else [""]
    for chosen in product((False, True), repeat=len(names)):
        held = frozenset(name for name, has in zip(names, chosen, strict=True) if has)
        if all(implied.get(one, frozenset()) & read <= held for one in held):
            for country in where:
                yield Person(held, country)


def countries_named(policy: Policy) -> list[str]:
    """The countries that conditions name, sorted."""
    texts = [one.when for one in policy.classes] + [rule.when for rule in policy.prohibitions]
    texts += [path.needs for path in policy.paths] + [cap.group for cap in policy.caps]
    named = {
        word for text in texts if "country" in text.text for word in text.text.split("'")[1::2]
    }
    return sorted(named & _COUNTRIES)
