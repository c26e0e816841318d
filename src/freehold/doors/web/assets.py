"""Styles, scripts, fonts and icons: served under a name that carries their hash, kept for a year.

They are small, so they are read once; what compresses well is compressed once.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from starlette.requests import Request
from starlette.responses import Response

from freehold.doors.api import problems

KINDS = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "woff2": "font/woff2",
}
SCRIPTS = ("freehold.js", "keys.js", "entry.js", "live.js", "stay.js")
STYLES = ("tokens.css", "parts.css", "pages.css", "screens.css", "servicing.css")
YEAR = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """A file as it is sent; `packed` is empty where packing gains nothing."""

    url: str
    kind: str
    content: bytes
    packed: bytes


@cache
def known() -> dict[str, Asset]:
    """Every asset by its name; the names in style sheets become the ones with hashes."""
    found: dict[str, Asset] = {}
    for name in ("vendor/inter.woff2", "vendor/geist-mono.woff2", "vendor/icons.svg"):
        found[name] = _asset(name, _read(name))
    found["vendor/htmx.min.js"] = _asset("vendor/htmx.min.js", _read("vendor/htmx.min.js"))
    for name in SCRIPTS:
        found[name] = _asset(name, _read(name))
    styles = b"".join(_read(name) for name in STYLES)
    for name, asset in list(found.items()):
        styles = styles.replace(f'url("{name}")'.encode(), f'url("{asset.url}")'.encode())
    found["freehold.css"] = _asset("freehold.css", styles)
    return found


def url(name: str) -> str:
    """Where an asset is found."""
    return known()[name].url


def serve(request: Request) -> Response:
    """Answer with an asset."""
    wanted = request.url.path
    asset = next((one for one in known().values() if one.url == wanted), None)
    if asset is None:
        return problems.answer(404, "There is no such file.")
    headers = {"Cache-Control": YEAR, "Vary": "Accept-Encoding"}
    if asset.packed and "gzip" in request.headers.get("accept-encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.packed, headers=headers, media_type=asset.kind)
    return Response(asset.content, headers=headers, media_type=asset.kind)


def _read(name: str) -> bytes:
    return (files("freehold.doors.web") / "static" / name).read_bytes()


def _asset(name: str, content: bytes) -> Asset:
    stem, ending = name.rsplit("/", 1)[-1].rsplit(".", 1)
    mark = hashlib.sha256(content).hexdigest()[:12]
    packed = b"" if ending == "woff2" else gzip.compress(content, 9, mtime=0)
    return Asset(f"/static/{stem}.{mark}.{ending}", KINDS[ending], content, packed)
