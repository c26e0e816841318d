"""What is sent to the routes of the agent's desk and of the vault, where any content will do."""

from typing import Any

import requests

FILED = "northgate-seed"
"""The holder whose file tests change; nobody transfers from him."""
PAPER = "ab" * 32
PARTIES = [{"role": "officer", "name": "Dee Ray"}]
API: dict[str, Any] = {
    "/registration": {"form": "entity", "parties": PARTIES},
    "/events": {"party": "Dee Ray", "event": "died", "day": "2026-01-02", "document": PAPER},
    "/papers": {"paper": "resolution", "dated": "2026-01-02", "document": PAPER},
    "/address": {"lines": ["1 Main Street", "Boston"]},
    "/restraints": {"kind": "stop", "document": PAPER},
    "/notice": {"days": 30},
    "/release": {"document": PAPER},
    "/legends": {"instrument": "common", "vintage": 1, "code": "ROFR", "document": PAPER},
    "/removal": {"document": PAPER},
    "/items": {"what": "inquiry"},
    "/turnaround": {"outcome": "done"},
    "/loss": {"day": "2026-01-02"},
    "/searches": {"day": "2026-01-02", "source": "a database"},
    "/decision": {"decision": "send"},
}
FORMS = {
    "/registration": {"form": "entity", "parties": "officer: Dee Ray"},
    "/address": {"lines": "1 Main Street\nBoston"},
    "/paper": {"paper": "resolution", "dated": "2026-01-02", "document": PAPER},
    "/restraint": {"kind": "stop", "document": PAPER},
    "/release": {"restraint": "res_0", "document": PAPER},
    "/notice": {"restraint": "res_0"},
    "/lost": {"day": "2026-01-02"},
    "/search": {"day": "2026-01-02", "source": "a database"},
    "/legend": {"lot": "common:1", "code": "ROFR", "document": PAPER},
    "/legend/removal": {"legend": "1", "document": PAPER},
    "/desk/items": {"holder": FILED, "what": "inquiry", "issuer": "northwind-optics"},
}


def of(table: dict[str, Any], path: str) -> Any:
    """The content for a path by its end."""
    return next((one for end, one in table.items() if path.endswith(end)), {})


def send_file(
    browser: requests.Session,
    url: str,
    token: str,
    name: str,
    content: bytes,
    path: str = "/documents",
    **fields: str,
) -> requests.Response:
    """Send the form of a page that takes a file, as a browser does."""
    form = {"token": token, "about": "issuer", "subject": "", **fields}
    files = {"file": (name, content, "application/octet-stream")}
    return browser.post(f"{url}{path}", data=form, files=files, timeout=60, allow_redirects=False)
