"""The class scheme: which number of the register stands for which persons.

An issuer may write a scheme of his own. Without one a policy gets the smallest that its rules need:
one class for each kind of person that its rules can tell apart. Numbers come from the standard
scheme, where common persons have the numbers that the fast matrix knows (1 to 7); what the standard
scheme does not know (an attribute of the issuer's own, a country) is numbered from 24 on.
"""

from dataclasses import replace

from freehold.core.errors import Invalid
from freehold.core.policy.expression import TRUE, Expression, parse_expression
from freehold.core.policy.model import HolderClass, Policy
from freehold.core.policy.persons import Person, countries_named, persons, read_of_persons

LEVELS = ("", "sophisticated", "accredited", "qp", "qib", "qib qp")
STANDARD_ATTRIBUTES = ("us_person", "professional", "sophisticated", "accredited", "qib", "qp")
_FIRST_OWN = 24
_NUMBERS = {  # (US person, professional, level) -> number; the seven common ones first
    (True, False, "accredited"): 1,
    (True, False, ""): 2,
    (False, False, ""): 3,
    (True, False, "qib"): 4,
    (True, False, "qp"): 5,
    (False, True, ""): 6,
    (True, False, "sophisticated"): 7,
    (True, False, "qib qp"): 8,
    (False, False, "accredited"): 9,
    (False, False, "sophisticated"): 10,
    (False, False, "qib"): 11,
    (False, False, "qp"): 12,
    (False, False, "qib qp"): 13,
    (False, True, "accredited"): 14,
    (False, True, "sophisticated"): 15,
    (False, True, "qib"): 16,
    (False, True, "qp"): 17,
    (False, True, "qib qp"): 18,
    (True, True, "accredited"): 19,
    (True, True, ""): 20,
    (True, True, "qib"): 21,
    (True, True, "qp"): 22,
    (True, True, "qib qp"): 23,
}


def standard_number(attributes: frozenset[str]) -> int:
    """The standard scheme's number of a person with these attributes."""
    level = " ".join(name for name in ("qib", "qp") if name in attributes)
    for name in ("accredited", "sophisticated"):
        level = level or (name if name in attributes else "")
    place = ("us_person" in attributes, "professional" in attributes, level)
    return _NUMBERS.get(place, 20)


def minimal_scheme(policy: Policy) -> Policy:
    """The policy with one class for each kind of person that its rules tell apart.

    Raises Invalid if these are more than the 31 that a register has numbers for.
    """
    read = read_of_persons(policy)
    kinds = list(dict.fromkeys(person.seen_by(read) for person in persons(policy, read)))
    if len(kinds) > 31:
        raise Invalid(
            f"the rules of {policy.name} tell {len(kinds)} kinds of persons apart, a register 31:"
            " leave profiles out, or write `[[classes]]`",
            policy=policy.name,
        )
    taken: dict[int, HolderClass] = {}
    for person in kinds:
        number = standard_number(person.attributes)
        if number in taken:
            number = next(n for n in (*range(_FIRST_OWN, 32), *range(1, 24)) if n not in taken)
        taken[number] = HolderClass(number, name_of(person), _condition(person, read, policy))
    return replace(policy, classes=tuple(taken[number] for number in sorted(taken)))


def name_of(person: Person) -> str:
    """What to call a kind of person: where, and what he is; what he is not goes unsaid."""
    where = "us" if "us_person" in person.attributes else "offshore"
    others = sorted(person.attributes - {"us_person"})
    if "qib" in others or "qp" in others:
        others = [one for one in others if one not in ("accredited", "sophisticated")]
    return " ".join([where, *others, person.country.lower()]).strip().replace("_", " ")


def _condition(person: Person, read: frozenset[str], policy: Policy) -> Expression:
    literals = [
        name if name in person.attributes else f"not {name}" for name in sorted(read - {"country"})
    ]
    if "country" in read:
        named = countries_named(policy)
        others = ", ".join(repr(one) for one in named)
        literals.append(
            f"country == {person.country!r}" if person.country else f"country not in [{others}]"
        )
    return parse_expression(" and ".join(literals)) if literals else TRUE
