"""Payments are acts that two persons agree to: those that wait become proposals.

Their difference is empty, so that nobody can release one before it was tried anew and seen.
"""

import json
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
LAPSE = timedelta(hours=72)


def upgrade() -> None:
    op.add_column("bank_leg", sa.Column("proposal", sa.String(32), nullable=True))
    bind = op.get_bind()
    waiting = bind.execute(
        sa.text(
            "SELECT l.*, c.decimals, i.person FROM bank_leg l"
            " JOIN cash_currency c ON c.issuer = l.issuer AND c.code = l.currency"
            " LEFT JOIN identity i ON i.id = l.proposed_by"
            " WHERE l.id NOT IN (SELECT leg FROM bank_leg_release)"
        )
    ).mappings()
    for leg in list(waiting):
        bind.execute(sa.insert(PROPOSAL).values(**_proposal(leg)))
        bind.execute(sa.text("DELETE FROM bank_leg WHERE id = :id"), {"id": leg["id"]})


NAMES = (
    "id issuer kind amount arguments reference persons proposer proposer_human proposed_at lapses_at"
    " difference block state note alone steps why"
)
PROPOSAL = sa.table("proposal", *(sa.column(name) for name in NAMES.split()))


def _proposal(leg: sa.RowMapping) -> dict[str, object]:
    amount = _decimal(str(abs(int(leg["amount"]))), leg["decimals"])
    given = {"amount": amount} | {
        name: leg[name] for name in ("account", "currency", "payee", "against", "day")
    }
    lapses = datetime.now(UTC).replace(microsecond=0) + LAPSE
    return {
        "id": f"ap_{leg['id'].removeprefix('0x')[:24]}",
        "issuer": leg["issuer"],
        "kind": "payment",
        "amount": amount,
        "arguments": json.dumps(given, ensure_ascii=False, sort_keys=True),
        "reference": leg["reference"][:128],
        "persons": 2,
        "proposer": leg["proposed_by"][:32],
        "proposer_human": leg["person"],
        "proposed_at": leg["created_at"],
        "lapses_at": lapses.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "difference": "[]",
        "block": 0,
        "state": "PROPOSED",
        "note": "",
        "alone": False,
        "steps": 0,
        "why": "",
    }


def _decimal(digits: str, places: int) -> str:
    """The smallest units as decimal text without trailing zeros."""
    if not places:
        return digits
    digits = digits.rjust(places + 1, "0")
    rest = digits[-places:].rstrip("0")
    return digits[:-places] + ("." + rest if rest else "")
