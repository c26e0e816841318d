"""The object types of Open Cap Table Format 1.2.0, and the check of one object against its type.

The table states for each type its fields and the form of each, in one line: `name` is optional,
`name!` required. It is written from the published format (Open-Cap-Table-Coalition/
Open-Cap-Format-OCF, 1.2.0), not copied from its schema files. Forms: text, numeric (a decimal
string with at most ten places), day, money, ratio, yes (boolean), count (integer), texts, objects,
object, authorised (numeric or a word), or the allowed words.

A field that the format does not know is kept and noted; a field in the wrong form is a mistake.
The old names TX_PLAN_SECURITY_* mean the same as TX_EQUITY_COMPENSATION_*.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction

from freehold.core import clock
from freehold.core.errors import Invalid
from freehold.core.identifiers import parse_currency
from freehold.core.ids import JSON

_NUMERIC = re.compile(r"[+-]?[0-9]+(\.[0-9]{1,10})?")
AUTHORISED_WORDS = ("UNLIMITED", "NOT APPLICABLE")

_ISSUANCE = (
    "date:day! security_id:text! custom_id:text! stakeholder_id:text! "
    "security_law_exemptions:objects! board_approval_date:day stockholder_approval_date:day "
    "consideration_text:text "
)
_PAPER = "date:day! security_id:text! "
_TRANSFER = (
    _PAPER + "resulting_security_ids:texts! balance_security_id:text consideration_text:text"
)
_CANCEL = _PAPER + "reason_text:text! balance_security_id:text "
_ACCEPT = _PAPER
_RETRACT = _PAPER + "reason_text:text!"
_APPROVED = "board_approval_date:day stockholder_approval_date:day"
_VESTED = "vesting_terms_id:text vestings:objects "
_COMPENSATION = "OPTION|OPTION_NSO|OPTION_ISO|RSU|CSAR|SSAR"
_BEHAVIOUR = "RETIRE|RETURN_TO_POOL|HOLD_AS_CAPITAL_STOCK|DEFINED_PER_PLAN_SECURITY"

_EQUITY = {
    "ACCEPTANCE": _ACCEPT,
    "CANCELLATION": _CANCEL + "quantity:numeric!",
    "EXERCISE": _PAPER + "quantity:numeric! resulting_security_ids:texts! consideration_text:text",
    "ISSUANCE": _ISSUANCE
    + _VESTED
    + f"stock_plan_id:text stock_class_id:text compensation_type:{_COMPENSATION}! "
    "option_grant_type:NSO|ISO|INTL quantity:numeric! exercise_price:money base_price:money "
    "early_exercisable:yes expiration_date:day-or-null! termination_exercise_windows:objects!",
    "RELEASE": _PAPER + "settlement_date:day! release_price:money! quantity:numeric! "
    "resulting_security_ids:texts! consideration_text:text",
    "RETRACTION": _RETRACT,
    "TRANSFER": _TRANSFER + " quantity:numeric!",
}

_TABLE: dict[str, str] = {
    "ISSUER": "legal_name:text! dba:text formation_date:day! country_of_formation:text! "
    "country_subdivision_of_formation:text country_subdivision_name_of_formation:text "
    "tax_ids:objects email:object phone:object address:object "
    "initial_shares_authorized:authorised",
    "STAKEHOLDER": "name:object! stakeholder_type:INDIVIDUAL|INSTITUTION! issuer_assigned_id:text "
    "current_relationship:text current_relationships:texts current_status:text "
    "primary_contact:object contact_info:object addresses:objects tax_ids:objects",
    "STOCK_CLASS": "name:text! class_type:COMMON|PREFERRED! default_id_prefix:text! "
    "initial_shares_authorized:authorised! votes_per_share:numeric! seniority:numeric! "
    "par_value:money price_per_share:money conversion_rights:objects "
    "liquidation_preference_multiple:numeric participation_cap_multiple:numeric " + _APPROVED,
    "STOCK_LEGEND_TEMPLATE": "name:text! text:text!",
    "STOCK_PLAN": "plan_name:text! initial_shares_reserved:numeric! stock_class_id:text "
    f"stock_class_ids:texts default_cancellation_behavior:{_BEHAVIOUR} " + _APPROVED,
    "VALUATION": "provider:text price_per_share:money! effective_date:day! stock_class_id:text! "
    "valuation_type:409A! " + _APPROVED,
    "VESTING_TERMS": "name:text! description:text! allocation_type:text! "
    "vesting_conditions:objects!",
    "FINANCING": "name:text! issuance_ids:texts! date:day!",
    "DOCUMENT": "md5:text! path:text uri:text related_objects:objects",
    "CE_STAKEHOLDER_RELATIONSHIP": "stakeholder_id:text! date:day! relationship_started:text "
    "relationship_ended:text",
    "CE_STAKEHOLDER_STATUS": "stakeholder_id:text! date:day! new_status:text!",
    "TX_ISSUER_AUTHORIZED_SHARES_ADJUSTMENT": "issuer_id:text! date:day! "
    "new_shares_authorized:authorised! " + _APPROVED,
    "TX_STOCK_CLASS_CONVERSION_RATIO_ADJUSTMENT": "stock_class_id:text! date:day! "
    "new_ratio_conversion_mechanism:object! " + _APPROVED,
    "TX_STOCK_CLASS_AUTHORIZED_SHARES_ADJUSTMENT": "stock_class_id:text! date:day! "
    "new_shares_authorized:authorised! " + _APPROVED,
    "TX_STOCK_CLASS_SPLIT": "stock_class_id:text! date:day! split_ratio:ratio! " + _APPROVED,
    "TX_STOCK_PLAN_POOL_ADJUSTMENT": "stock_plan_id:text! date:day! shares_reserved:numeric! "
    + _APPROVED,
    "TX_STOCK_PLAN_RETURN_TO_POOL": _PAPER + "stock_plan_id:text! quantity:numeric! "
    "reason_text:text!",
    "TX_CONVERTIBLE_ACCEPTANCE": _ACCEPT,
    "TX_CONVERTIBLE_CANCELLATION": _CANCEL + "amount:money!",
    "TX_CONVERTIBLE_CONVERSION": _PAPER + "reason_text:text! trigger_id:text! "
    "quantity_converted:numeric resulting_security_ids:texts! balance_security_id:text "
    "capitalization_definition:object",
    "TX_CONVERTIBLE_ISSUANCE": _ISSUANCE + "investment_amount:money! pro_rata:numeric "
    "convertible_type:NOTE|SAFE|CONVERTIBLE_SECURITY! conversion_triggers:objects! "
    "seniority:count!",
    "TX_CONVERTIBLE_RETRACTION": _RETRACT,
    "TX_CONVERTIBLE_TRANSFER": _TRANSFER + " amount:money!",
    "TX_EQUITY_COMPENSATION_REPRICING": _PAPER + "new_exercise_price:money!",
    **{f"TX_EQUITY_COMPENSATION_{act}": fields for act, fields in _EQUITY.items()},
    **{f"TX_PLAN_SECURITY_{act}": fields for act, fields in _EQUITY.items()},
    "TX_STOCK_ACCEPTANCE": _ACCEPT,
    "TX_STOCK_CANCELLATION": _CANCEL + "quantity:numeric!",
    "TX_STOCK_CONVERSION": _PAPER + "quantity_converted:numeric! resulting_security_ids:texts! "
    "balance_security_id:text",
    "TX_STOCK_ISSUANCE": _ISSUANCE + _VESTED + "stock_class_id:text! stock_plan_id:text "
    "share_numbers_issued:objects share_price:money! quantity:numeric! cost_basis:money "
    "stock_legend_ids:texts! issuance_type:RSA|FOUNDERS_STOCK",
    "TX_STOCK_REISSUANCE": _PAPER + "resulting_security_ids:texts! split_transaction_id:text "
    "reason_text:text",
    "TX_STOCK_CONSOLIDATION": "date:day! security_ids:texts! resulting_security_id:text! "
    "reason_text:text",
    "TX_STOCK_REPURCHASE": _PAPER + "price:money! quantity:numeric! consideration_text:text "
    "balance_security_id:text",
    "TX_STOCK_RETRACTION": _RETRACT,
    "TX_STOCK_TRANSFER": _TRANSFER + " quantity:numeric!",
    "TX_WARRANT_ACCEPTANCE": _ACCEPT,
    "TX_WARRANT_CANCELLATION": _CANCEL + "quantity:numeric!",
    "TX_WARRANT_EXERCISE": _PAPER + "trigger_id:text! resulting_security_ids:texts! "
    "consideration_text:text",
    "TX_WARRANT_ISSUANCE": _ISSUANCE + _VESTED + "quantity:numeric exercise_price:money "
    "purchase_price:money! exercise_triggers:objects! warrant_expiration_date:day "
    "quantity_source:text",
    "TX_WARRANT_RETRACTION": _RETRACT,
    "TX_WARRANT_TRANSFER": _TRANSFER + " quantity:numeric!",
    "TX_VESTING_ACCELERATION": _PAPER + "quantity:numeric! reason_text:text!",
    "TX_VESTING_START": _PAPER + "vesting_condition_id:text!",
    "TX_VESTING_EVENT": _PAPER + "vesting_condition_id:text!",
}


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    form: str
    required: bool


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with one field of an object; `kept` means it is only worth a notice."""

    field: str
    message: str
    kept: bool = False


def _parse_fields(line: str) -> tuple[Field, ...]:
    fields = [Field("id", "text", True), Field("object_type", "text", True)]
    fields.append(Field("comments", "texts", False))
    for word in line.split():
        name, form = word.rstrip("!").split(":")
        fields.append(Field(name, form, word.endswith("!")))
    return tuple(fields)


FIELDS: dict[str, tuple[Field, ...]] = {kind: _parse_fields(line) for kind, line in _TABLE.items()}
"""The fields of every object type, by type."""


def flaws(kind: str, fields: dict[str, JSON]) -> Iterator[Flaw]:
    """Everything in one object of a known type that does not have the form its type asks for."""
    known = FIELDS[kind]
    for field in known:
        value = fields.get(field.name)
        if field.name not in fields or (value is None and field.form != "day-or-null"):
            if field.required:
                yield Flaw(field.name, "is missing")
        elif problem := _misshapen(field.form, value):
            yield Flaw(field.name, problem)
    for name in fields.keys() - {field.name for field in known}:
        yield Flaw(name, f"is not a field of {kind} in OCF 1.2.0; it is kept unread", kept=True)


def is_numeric(value: JSON) -> bool:
    """Whether a value is a decimal string as OCF writes numbers."""
    return isinstance(value, str) and bool(_NUMERIC.fullmatch(value))


def _misshapen(form: str, value: JSON) -> str | None:
    check = _FORMS.get(form)
    if check:
        return check(value)
    words = form.split("|")
    return None if value in words else f"{_shown(value)} is none of {', '.join(words)}"


def _shown(value: JSON) -> str:
    written = repr(value)
    return written if len(written) <= 60 else written[:57] + "..."


def _text(value: JSON) -> str | None:
    return None if isinstance(value, str) else f"{_shown(value)} is not a text"


def _numeric(value: JSON) -> str | None:
    if is_numeric(value):
        return None
    return f'{_shown(value)} is not a decimal string such as "1000" or "0.25" (at most ten places)'


def _day(value: JSON) -> str | None:
    try:
        if not isinstance(value, str) or len(value) != 10:
            return f"{_shown(value)} is not a date such as 2026-11-22"
        clock.parse_day(value)
    except Invalid:
        return f"{_shown(value)} is not a date such as 2026-11-22"
    return None


def _money(value: JSON) -> str | None:
    if not isinstance(value, dict):
        return f"{_shown(value)} is not an amount with its currency"
    if problem := _numeric(value.get("amount")):
        return f"amount {problem}"
    try:
        parse_currency(str(value.get("currency")))
    except Invalid as refusal:
        return refusal.message
    return None


def _ratio(value: JSON) -> str | None:
    if not isinstance(value, dict):
        return f"{_shown(value)} is not a ratio of numerator and denominator"
    for part in ("numerator", "denominator"):
        number = value.get(part)
        if _numeric(number) or Fraction(str(number)) <= 0:
            return f"{part} {_shown(number)} is not a positive decimal string"
    return None


def _authorised(value: JSON) -> str | None:
    if value in AUTHORISED_WORDS:
        return None
    return _numeric(value) and f"{_shown(value)} is neither a decimal string nor UNLIMITED"


def _typed(kind: type, name: str) -> Callable[[JSON], str | None]:
    return lambda value: None if type(value) is kind else f"{_shown(value)} is not {name}"


def _listed(kind: type, name: str) -> Callable[[JSON], str | None]:
    def check(value: JSON) -> str | None:
        if not isinstance(value, list) or any(type(item) is not kind for item in value):
            return f"{_shown(value)} is not a list of {name}"
        return None

    return check


_FORMS: dict[str, Callable[[JSON], str | None]] = {
    "text": _text,
    "numeric": _numeric,
    "day": _day,
    "day-or-null": lambda value: None if value is None else _day(value),
    "money": _money,
    "ratio": _ratio,
    "authorised": _authorised,
    "yes": _typed(bool, "true or false"),
    "count": _typed(int, "a whole number"),
    "object": _typed(dict, "an object"),
    "texts": _listed(str, "texts"),
    "objects": _listed(dict, "objects"),
}
