"""Where the tests' cap tables come from: files of the examples, shared data, small made-up ones."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).parents[3]
Item = dict[str, Any]


def directory(path: Path) -> dict[str, str]:
    """The files of a directory as text."""
    return {file.name: file.read_text() for file in sorted(path.glob("*.json"))}


def northwind() -> dict[str, str]:
    return directory(REPOSITORY / "examples" / "northwind-optics")


def shared(name: str) -> dict[str, str]:
    """A package of the shared test data; the test is skipped where it is not at hand."""
    root = Path(os.environ.get("FREEHOLD_SHARED", REPOSITORY.parent / "shared"))
    path = root / "data" / "ocf" / name
    if not path.is_dir():
        pytest.skip(f"{path} is not there: set FREEHOLD_SHARED to the folder of shared test data")
    return directory(path)


def package(transactions: list[Item], classes: list[Item] | None = None) -> dict[str, str]:
    """A small company with the holders ann, ben and cid, and these transactions."""
    files = {
        "Holders.ocf.json": (
            "OCF_STAKEHOLDERS_FILE",
            [holder(key) for key in ("ann", "ben", "cid")],
        ),
        "Classes.ocf.json": ("OCF_STOCK_CLASSES_FILE", classes or [stock_class("common")]),
        "Transactions.ocf.json": ("OCF_TRANSACTIONS_FILE", transactions),
    }
    issuer = {
        "object_type": "ISSUER",
        "id": "company",
        "legal_name": "Company",
        "formation_date": "2020-01-01",
        "country_of_formation": "CH",
    }
    manifest: Item = {
        "file_type": "OCF_MANIFEST_FILE",
        "ocf_version": "1.2.0",
        "as_of": "2039-12-31",
        "generated_at": "2039-12-31T00:00:00Z",
        "issuer": issuer,
        "stakeholders_files": [{"filepath": "./Holders.ocf.json"}],
        "stock_classes_files": [{"filepath": "Classes.ocf.json"}],
        "transactions_files": [{"filepath": "Transactions.ocf.json"}],
    }
    texts = {n: json.dumps({"file_type": t, "items": items}) for n, (t, items) in files.items()}
    return {"Manifest.ocf.json": json.dumps(manifest), **texts}


def holder(key: str) -> Item:
    return {
        "object_type": "STAKEHOLDER",
        "id": key,
        "name": {"legal_name": key.title()},
        "stakeholder_type": "INDIVIDUAL",
    }


def stock_class(key: str, authorised: str = "UNLIMITED") -> Item:
    return {
        "object_type": "STOCK_CLASS",
        "id": key,
        "name": key.title(),
        "class_type": "COMMON",
        "default_id_prefix": f"{key[:2].upper()}-",
        "initial_shares_authorized": authorised,
        "votes_per_share": "1",
        "seniority": "1",
    }


def issuance(security: str, day: str, holder: str, quantity: str, into: str = "common") -> Item:
    return {
        "object_type": "TX_STOCK_ISSUANCE",
        "id": f"issue {security}",
        "date": day,
        "security_id": security,
        "custom_id": security,
        "stakeholder_id": holder,
        "stock_class_id": into,
        "quantity": quantity,
        "share_price": {"amount": "1", "currency": "CHF"},
        "security_law_exemptions": [],
        "stock_legend_ids": [],
    }


def deed(kind: str, key: str, day: str, **fields: object) -> Item:
    """A transaction of this kind; its required fields that say nothing here are filled in."""
    rest: Item = {}
    if "CANCELLATION" in kind or "RETRACTION" in kind:
        rest["reason_text"] = "because"
    if "REPURCHASE" in kind:
        rest["price"] = {"amount": "1", "currency": "CHF"}
    return {"object_type": f"TX_{kind}", "id": key, "date": day, **rest, **fields}


def split(key: str, day: str, numerator: str, denominator: str = "1", of: str = "common") -> Item:
    ratio = {"numerator": numerator, "denominator": denominator}
    return deed("STOCK_CLASS_SPLIT", key, day, stock_class_id=of, split_ratio=ratio)


def grant(security: str, day: str, holder: str, quantity: str) -> Item:
    return {
        **issuance(security, day, holder, quantity),
        "object_type": "TX_EQUITY_COMPENSATION_ISSUANCE",
        "compensation_type": "OPTION_NSO",
        "exercise_price": {"amount": "1", "currency": "CHF"},
        "expiration_date": None,
        "termination_exercise_windows": [],
    }
