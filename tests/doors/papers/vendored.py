"""Makes the fonts of PDF papers again from their packages; a test checks their hashes.

    .venv/bin/python -m tests.doors.papers.vendored

needs npm and fonttools (the lint group). PDF viewers know nothing of variable fonts and of features,
so each weight becomes a font of its own, and figures of one width take the place of the others. The
scripts that Inter has (Latin, Greek, Cyrillic) are put together into one file.
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.doors.web import vendored as web
from tests.parts import ROOT

FOLDER = ROOT / "src/freehold/doors/papers/fonts"
MANIFEST = FOLDER / "vendored.json"
SCRIPTS = ("latin", "latin-ext", "cyrillic", "greek")
INTER, GEIST = "@fontsource-variable/inter", "@fontsource-variable/geist-mono"
STAMP = 3_828_000_000
"""Seconds of the font clock that stand as the day of making, the same each time."""


def main() -> None:
    """Write every font, the licences and the manifest of their hashes."""
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        packages = {
            name: web._fetched(scratch, name, web.PACKAGES[name]) for name in (INTER, GEIST)
        }
        for name, weight in (("inter-regular", 400), ("inter-semibold", 600)):
            _font(scratch, packages[INTER], "inter", SCRIPTS, weight, name)
        _font(scratch, packages[GEIST], "geist-mono", ("latin",), 400, "geist-mono")
        for package, name in ((INTER, "inter"), (GEIST, "geist-mono")):
            (FOLDER / f"{name}.LICENSE").write_bytes((packages[package] / "LICENSE").read_bytes())
    MANIFEST.write_text(json.dumps({"sha256": hashes()}, indent=2) + "\n")


def hashes() -> dict[str, str]:
    """The SHA-256 of every font and licence."""
    files = [file for file in sorted(FOLDER.iterdir()) if file != MANIFEST]
    return {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def _font(
    scratch: Path, package: Path, family: str, scripts: tuple[str, ...], weight: int, name: str
) -> None:
    from fontTools import merge, subset
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    parts = []
    for script in scripts:
        font = TTFont(package / "files" / f"{family}-{script}-wght-normal.woff2")
        font = instancer.instantiateVariableFont(font, {"wght": weight})
        _one_width(font)
        part = scratch / f"{name}-{script}.ttf"
        font.flavor = None
        for table in ("GSUB", "GPOS", "GDEF", "STAT", "HVAR", "MVAR"):
            if table in font:
                del font[table]
        font.save(part)
        parts.append(str(part))
    made = merge.Merger().merge(parts) if len(parts) > 1 else TTFont(parts[0])
    for record in made["name"].names:
        if record.nameID in (1, 3, 4, 6, 16):  # PDF writers tell fonts apart by these
            made["name"].setName(
                name, record.nameID, record.platformID, record.platEncID, record.langID
            )
    made["head"].created = made["head"].modified = STAMP
    options = subset.Options(hinting=False, notdef_outline=True, recalc_timestamp=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=list(made.getBestCmap()))
    cutter.subset(made)
    made.recalcTimestamp = False
    made.save(FOLDER / f"{name}.ttf")


def _one_width(font: Any) -> None:
    """Let the figures of the feature `tnum` be the ones that characters lead to."""
    if "GSUB" not in font:
        return
    table = font["GSUB"].table
    wanted = {
        index
        for record in table.FeatureList.FeatureRecord
        if record.FeatureTag == "tnum"
        for index in record.Feature.LookupListIndex
    }
    swaps: dict[str, str] = {}
    for index in wanted:
        for one in table.LookupList.Lookup[index].SubTable:
            swaps |= getattr(getattr(one, "ExtSubTable", one), "mapping", {})
    for part in font["cmap"].tables:
        part.cmap = {code: swaps.get(name, name) for code, name in part.cmap.items()}


if __name__ == "__main__":
    sys.exit(main())
