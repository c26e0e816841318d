"""Makes the vendored files of the web pages again from their packages; a test checks their hashes.

    .venv/bin/python -m tests.doors.web.vendored

needs npm (which checks the packages against the registry's hashes) and fonttools (the lint group). The
fonts are cut down to the Latin letters, the weights and the features in use; the icons in use become
one sprite. Everything else is copied as it is. Licences stand beside the files.
"""

import hashlib
import json
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tests.parts import ROOT

FOLDER = ROOT / "src/freehold/doors/web/static/vendor"
MANIFEST = FOLDER / "vendored.json"
PACKAGES = {
    "htmx.org": "4.0.1",
    "@fontsource-variable/inter": "5.3.0",
    "@fontsource-variable/geist-mono": "5.3.0",
    "lucide-static": "1.62.0",
}
LATIN = (
    "U+0020-007E,U+00A0-00FF,U+0131,U+0152-0153,U+2010-2015,U+2018-201E,U+2022,U+2026,U+2030,"
    "U+2032-2033,U+20AC,U+2122,U+2212"
)
ICONS = (
    "house list-checks bell landmark users history blocks code search copy circle-check clock ban"
    " snowflake lock circle-dot circle-dashed octagon-alert rotate-cw log-out settings sun moon"
    " monitor arrow-down arrow-up arrow-right arrow-left-right download plus x menu shield-check"
    " key-round circle-alert chevron-right file-text table calendar user-plus triangle-alert check"
    " flask-conical scale wallet building-2 pencil upload layers hourglass fingerprint coins vote"
    " chart-pie folder-lock refresh-cw gavel send webhook mail user-check calendar-clock palette"
    " circle-minus link car badge-check log-in split undo-2 percent briefcase chevrons-up-down"
).split()


def main() -> None:
    """Write every vendored file and the manifest of their hashes."""
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        folders = {name: _fetched(scratch, name, version) for name, version in PACKAGES.items()}
        _copy(folders["htmx.org"] / "dist/htmx.min.js", "htmx.min.js")
        _copy(folders["htmx.org"] / "LICENSE", "htmx.LICENSE")
        _font(scratch, folders["@fontsource-variable/inter"], "inter", LATIN, "400:650")
        _font(
            scratch,
            folders["@fontsource-variable/geist-mono"],
            "geist-mono",
            "U+0020-007E,U+2026",
            "400:600",
        )
        _sprite(folders["lucide-static"] / "icons")
        _copy(folders["lucide-static"] / "LICENSE", "icons.LICENSE")
    MANIFEST.write_text(json.dumps({"packages": PACKAGES, "sha256": hashes()}, indent=2) + "\n")


def hashes() -> dict[str, str]:
    """The SHA-256 of every vendored file."""
    files = [file for file in sorted(FOLDER.iterdir()) if file != MANIFEST]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _fetched(scratch: Path, name: str, version: str) -> Path:
    command = ["npm", "pack", "--silent", f"{name}@{version}"]
    packed = subprocess.run(command, cwd=scratch, check=True, capture_output=True, text=True)
    into = scratch / re.sub(r"\W", "-", name)
    with tarfile.open(scratch / packed.stdout.strip()) as archive:
        archive.extractall(into, filter="data")
    return into / "package"


def _copy(source: Path, name: str) -> None:
    (FOLDER / name).write_bytes(source.read_bytes())


def _font(scratch: Path, package: Path, name: str, letters: str, weights: str) -> None:
    source = package / "files" / f"{name}-latin-wght-normal.woff2"
    cut = scratch / f"{name}.ttf"
    instancer = [sys.executable, "-m", "fontTools", "varLib.instancer", "-q", str(source)]
    subprocess.run([*instancer, f"wght={weights}", "-o", str(cut)], check=True)
    subset = [sys.executable, "-m", "fontTools", "subset", str(cut), f"--unicodes={letters}"]
    features = "--layout-features=tnum,kern,calt,ccmp,locl"
    into = f"--output-file={FOLDER / name}.woff2"
    subprocess.run([*subset, features, "--flavor=woff2", into], check=True)
    _copy(package / "LICENSE", f"{name}.LICENSE")


def _sprite(icons: Path) -> None:
    """One file of symbols; strokes and colours come from the style sheet."""
    symbols = []
    for name in ICONS:
        drawn = (icons / f"{name}.svg").read_text()
        inside = re.search(r"<svg[^>]*>(.*)</svg>", drawn, re.S)
        assert inside, f"{name}.svg is no drawing"
        lines = "".join(line.strip() for line in inside[1].splitlines())
        symbols.append(f'<symbol id="{name}" viewBox="0 0 24 24">{lines}</symbol>')
    head = '<svg xmlns="http://www.w3.org/2000/svg">'
    (FOLDER / "icons.svg").write_text(head + "".join(symbols) + "</svg>\n")


if __name__ == "__main__":
    main()
