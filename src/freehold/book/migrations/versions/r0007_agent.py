"""The transfer agent's desk: registrations, restraints, records, documents, letters."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    _acknowledgement()
    _notice()
    _agent_item()
    _control_report()
    _custody_exit()
    _document()
    _holder_address()
    _holder_paper()
    _lost_holder()
    _lot_legend()
    _record_difference()
    _registration()
    _restraint()
    _document_version()
    _lost_holder_search()
    _registration_event()


def _acknowledgement() -> None:
    op.create_table(
        "acknowledgement",
        sa.Column("document", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("identity", sa.String(64), nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.PrimaryKeyConstraint("document", "version", "identity", name="pk_acknowledgement"),
    )


def _notice() -> None:
    op.create_table(
        "notice",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("id", sa.String(40), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", sa.String(20), nullable=False),
        sa.Column("created_at", sa.String(20), nullable=False),
        sa.Column("sent_at", sa.String(20), nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_notice"),
        sa.UniqueConstraint("id", name="uq_notice_id"),
    )
    op.create_index("ix_notice_state_next_at", "notice", ["state", "next_at"])


def _agent_item() -> None:
    op.create_table(
        "agent_item",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("what", sa.String(32), nullable=False),
        sa.Column("routine", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.String(20), nullable=False),
        sa.Column("done_at", sa.String(20), nullable=True),
        sa.Column("outcome", sa.String(16), nullable=True),
        sa.Column("instruction", sa.String(66), nullable=True),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_agent_item_issuer"),
        sa.PrimaryKeyConstraint("number", name="pk_agent_item"),
    )
    op.create_index("ix_agent_item_issuer_received_at", "agent_item", ["issuer", "received_at"])


def _control_report() -> None:
    op.create_table(
        "control_report",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("block", NUMBER, nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("ok", sa.Boolean(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_control_report_issuer"),
        sa.PrimaryKeyConstraint("number", name="pk_control_report"),
    )
    op.create_index("ix_control_report_issuer_day", "control_report", ["issuer", "day"])


def _custody_exit() -> None:
    op.create_table(
        "custody_exit",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("wallet", sa.String(42), nullable=False),
        sa.Column("nonce", sa.String(64), nullable=False),
        sa.Column("asked_at", sa.String(20), nullable=False),
        sa.Column("expires_at", sa.String(20), nullable=False),
        sa.Column("proved_at", sa.String(20), nullable=True),
        sa.Column("checked_by", sa.String(64), nullable=True),
        sa.Column("document", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_custody_exit_issuer"),
        sa.PrimaryKeyConstraint("id", name="pk_custody_exit"),
    )
    op.create_index("ix_custody_exit_issuer_holder", "custody_exit", ["issuer", "holder"])


def _document() -> None:
    op.create_table(
        "document",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("about", sa.String(16), nullable=False),
        sa.Column("subject", sa.String(128), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_document_issuer"),
        sa.PrimaryKeyConstraint("id", name="pk_document"),
        sa.UniqueConstraint(
            "issuer", "about", "subject", "name", name="uq_document_issuer_about_subject_name"
        ),
    )
    op.create_index("ix_document_issuer", "document", ["issuer"])


def _holder_address() -> None:
    op.create_table(
        "holder_address",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("held_until", sa.String(20), nullable=True),
        sa.Column("lifted_at", sa.String(20), nullable=True),
        sa.Column("lifted_by", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_holder_address_issuer"),
        sa.PrimaryKeyConstraint("number", name="pk_holder_address"),
    )
    op.create_index("ix_holder_address_issuer_holder", "holder_address", ["issuer", "holder"])


def _holder_paper() -> None:
    op.create_table(
        "holder_paper",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("paper", sa.String(32), nullable=False),
        sa.Column("document", sa.String(64), nullable=False),
        sa.Column("dated", sa.String(10), nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_holder_paper_issuer"),
        sa.PrimaryKeyConstraint("number", name="pk_holder_paper"),
    )
    op.create_index("ix_holder_paper_issuer_holder", "holder_paper", ["issuer", "holder"])


def _lost_holder() -> None:
    op.create_table(
        "lost_holder",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("lost_on", sa.String(10), nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.Column("found_at", sa.String(20), nullable=True),
        sa.Column("found_by", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_lost_holder_issuer"),
        sa.PrimaryKeyConstraint("number", name="pk_lost_holder"),
    )
    op.create_index("ix_lost_holder_issuer_holder", "lost_holder", ["issuer", "holder"])


def _lot_legend() -> None:
    op.create_table(
        "lot_legend",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("token", sa.String(42), nullable=False),
        sa.Column("vintage", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(32), nullable=False),
        sa.Column("document", sa.String(64), nullable=False),
        sa.Column("placed_at", sa.String(20), nullable=False),
        sa.Column("placed_by", sa.String(64), nullable=False),
        sa.Column("removed_at", sa.String(20), nullable=True),
        sa.Column("removed_by", sa.String(64), nullable=True),
        sa.Column("opinion", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_lot_legend_issuer"),
        sa.PrimaryKeyConstraint("number", name="pk_lot_legend"),
    )
    op.create_index("ix_lot_legend_issuer_holder", "lot_legend", ["issuer", "holder"])


def _record_difference() -> None:
    op.create_table(
        "record_difference",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("token", sa.String(42), nullable=False),
        sa.Column("what", sa.String(200), nullable=False),
        sa.Column("units", sa.String(80), nullable=False),
        sa.Column("found_at", sa.String(20), nullable=False),
        sa.Column("found_by", sa.String(64), nullable=False),
        sa.Column("resolved_at", sa.String(20), nullable=True),
        sa.Column("resolved_by", sa.String(64), nullable=True),
        sa.Column("resolution", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_record_difference_issuer"),
        sa.PrimaryKeyConstraint("number", name="pk_record_difference"),
    )
    op.create_index(
        "ix_record_difference_issuer_found_at", "record_difference", ["issuer", "found_at"]
    )


def _registration() -> None:
    op.create_table(
        "registration",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("form", sa.String(32), nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_registration_issuer"),
        sa.PrimaryKeyConstraint("number", name="pk_registration"),
    )
    op.create_index("ix_registration_issuer_holder", "registration", ["issuer", "holder"])


def _restraint() -> None:
    op.create_table(
        "restraint",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("issuer", sa.String(128), nullable=False),
        sa.Column("holder", sa.String(128), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("token", sa.String(42), nullable=True),
        sa.Column("units", sa.String(80), nullable=True),
        sa.Column("locked", sa.Boolean(), nullable=False),
        sa.Column("document", sa.String(64), nullable=False),
        sa.Column("placed_at", sa.String(20), nullable=False),
        sa.Column("placed_by", sa.String(64), nullable=False),
        sa.Column("noticed_at", sa.String(20), nullable=True),
        sa.Column("until", sa.String(20), nullable=True),
        sa.Column("released_at", sa.String(20), nullable=True),
        sa.Column("released_by", sa.String(64), nullable=True),
        sa.Column("release_document", sa.String(64), nullable=True),
        sa.ForeignKeyConstraint(["issuer"], ["issuer.id"], name="fk_restraint_issuer"),
        sa.PrimaryKeyConstraint("id", name="pk_restraint"),
    )
    op.create_index("ix_restraint_issuer_holder", "restraint", ["issuer", "holder"])


def _document_version() -> None:
    op.create_table(
        "document_version",
        sa.Column("document", sa.String(32), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(80), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("instruction", sa.String(66), nullable=True),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(["document"], ["document.id"], name="fk_document_version_document"),
        sa.PrimaryKeyConstraint("document", "version", name="pk_document_version"),
    )


def _lost_holder_search() -> None:
    op.create_table(
        "lost_holder_search",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("lost", NUMBER, nullable=False),
        sa.Column("searched_on", sa.String(10), nullable=False),
        sa.Column("source", sa.String(200), nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["lost"], ["lost_holder.number"], name="fk_lost_holder_search_lost"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_lost_holder_search"),
    )
    op.create_index("ix_lost_holder_search_lost", "lost_holder_search", ["lost"])


def _registration_event() -> None:
    op.create_table(
        "registration_event",
        sa.Column("number", NUMBER, nullable=False),
        sa.Column("registration", NUMBER, nullable=False),
        sa.Column("party", sa.Integer(), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("document", sa.String(64), nullable=False),
        sa.Column("at", sa.String(20), nullable=False),
        sa.Column("by", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["registration"], ["registration.number"], name="fk_registration_event_registration"
        ),
        sa.PrimaryKeyConstraint("number", name="pk_registration_event"),
    )
    op.create_index("ix_registration_event_registration", "registration_event", ["registration"])
