"""Takes a person out of the files of a cap table: the stakeholder's entry stays, and says nothing.

What other objects refer to (the id) stays, so that the files still read and the table still adds up.
"""

import json
from collections.abc import Mapping
from typing import Any

_KEPT = frozenset(
    "id object_type stakeholder_type issuer_assigned_id current_relationship"
    " current_relationships".split()
)


def without_stakeholder(files: Mapping[str, str], id: str) -> dict[str, str]:
    """The files that change when the stakeholder with this id is blanked, by name."""
    changed = {}
    for name, text in files.items():
        document = json.loads(text)
        items = document.get("items", []) if isinstance(document, dict) else []
        found = [one for one in items if _is(one, id)]
        for one in found:
            _blank(one)
        if found:
            changed[name] = json.dumps(document, ensure_ascii=False, indent=2) + "\n"
    return changed


def _is(item: Any, id: str) -> bool:
    wanted = isinstance(item, dict) and item.get("object_type") == "STAKEHOLDER"
    return wanted and item.get("id") == id


def _blank(item: dict[str, Any]) -> None:
    for field in [field for field in item if field not in _KEPT]:
        del item[field]
    item["name"] = {"legal_name": "erased"}
