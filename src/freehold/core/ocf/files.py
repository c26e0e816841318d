"""Open Cap Table Format as text: from a directory's files to objects, and back without loss.

A directory is a mapping of file name to text; reading and writing the disk is not done here. Every
object keeps its fields as they were written, so that what means nothing to a register comes back
out unchanged and in its order. Files that the manifest forgot are read too and noted; md5 sums are
compared and noted, never trusted.
"""

import hashlib
import json
import posixpath
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from freehold.core.acts import Notice
from freehold.core.errors import Mistake
from freehold.core.ids import JSON
from freehold.core.nesting import is_too_deep
from freehold.core.ocf.objects import FIELDS, flaws

MANIFEST = "OCF_MANIFEST_FILE"

_LISTS = {
    "OCF_STAKEHOLDERS_FILE": ("stakeholders_files", ("STAKEHOLDER",)),
    "OCF_STOCK_CLASSES_FILE": ("stock_classes_files", ("STOCK_CLASS",)),
    "OCF_STOCK_LEGEND_TEMPLATES_FILE": (
        "stock_legend_templates_files",
        ("STOCK_LEGEND_TEMPLATE",),
    ),
    "OCF_STOCK_PLANS_FILE": ("stock_plans_files", ("STOCK_PLAN",)),
    "OCF_VALUATIONS_FILE": ("valuations_files", ("VALUATION",)),
    "OCF_VESTING_TERMS_FILE": ("vesting_terms_files", ("VESTING_TERMS",)),
    "OCF_FINANCINGS_FILE": ("financings_files", ("FINANCING",)),
    "OCF_DOCUMENTS_FILE": ("documents_files", ("DOCUMENT",)),
    "OCF_TRANSACTIONS_FILE": ("transactions_files", ("TX_", "CE_")),
}
"""File type -> the manifest's list of such files, and how the object types inside begin."""


@dataclass(frozen=True, slots=True)
class OcfObject:
    """One object with its fields as written; `place` says where: file and item."""

    kind: str
    id: str
    place: str
    fields: dict[str, JSON]

    def text(self, name: str) -> str:
        """A text field, or an empty text where the object does not state it."""
        value = self.fields.get(name)
        return value if isinstance(value, str) else ""

    def texts(self, name: str) -> tuple[str, ...]:
        value = self.fields.get(name)
        return tuple(str(item) for item in value) if isinstance(value, list) else ()

    def objects(self, name: str) -> tuple[dict[str, JSON], ...]:
        value = self.fields.get(name)
        items = value if isinstance(value, list) else ()
        return tuple(item for item in items if isinstance(item, dict))


@dataclass(frozen=True, slots=True)
class OcfFile:
    """One file: its name, everything in it but the items, and the items as objects."""

    name: str
    head: dict[str, JSON]
    objects: tuple[OcfObject, ...]


@dataclass(frozen=True, slots=True)
class Package:
    """A directory in Open Cap Table Format. `issuer` is the object inside the manifest."""

    manifest_name: str
    manifest: dict[str, JSON]
    issuer: OcfObject
    files: tuple[OcfFile, ...]

    def all(self, *kinds: str) -> tuple[OcfObject, ...]:
        """The objects of these types (of every type if none is named), in the files' order."""
        found = (item for file in self.files for item in file.objects)
        return tuple(item for item in found if not kinds or item.kind in kinds)


@dataclass(slots=True)
class Findings:
    """Mistakes and notices gathered while reading."""

    mistakes: list[Mistake]
    notices: list[Notice]

    def mistake(self, place: str, message: str) -> None:
        self.mistakes.append(Mistake(place, message))

    def notice(self, place: str, message: str) -> None:
        self.notices.append(Notice(place, message))


def parse(texts: Mapping[str, str], found: Findings) -> Package:
    """The objects of a directory's files; whatever is wrong with them goes to `found`."""
    read = {posixpath.normpath(name): _json(name, texts[name], found) for name in texts}
    documents = {name: document for name, document in read.items() if document is not None}
    manifests = [name for name, d in documents.items() if d.get("file_type") == MANIFEST]
    if len(manifests) != 1:
        which = ", ".join(sorted(manifests)) or "no file"
        found.mistake(which, f"one file of type {MANIFEST} is needed, {len(manifests)} were found")
    name = manifests[0] if manifests else "Manifest.ocf.json"
    manifest = documents.get(name, {})
    listed = _listed(name, manifest, read.keys(), found) if manifests else {}
    _compare_md5(texts, listed, found)
    others = [other for other in read if other not in manifests and other not in listed]
    names = [file for file in (*listed, *sorted(others)) if file in documents]
    files = [file for file in (_file(f, documents[f], found) for f in names) if file]
    files.sort(key=lambda file: list(_LISTS).index(str(file.head["file_type"])))
    for other in sorted(others):
        found.notice(other, "the manifest does not list this file; it is read all the same")
    return Package(name, manifest, _issuer(name, manifest, found), tuple(files))


def write(package: Package) -> dict[str, str]:
    """The files of a package, manifest included, with new md5 sums and every object as read."""
    texts = {file.name: _written(_document(file)) for file in package.files}
    manifest = dict(package.manifest)
    for key, _ in _LISTS.values():
        if key in manifest or any(_key(file) == key for file in package.files):
            manifest[key] = [
                {"filepath": f"./{file.name}", "md5": _md5(texts[file.name])}
                for file in package.files
                if _key(file) == key
            ]
    manifest["issuer"] = package.issuer.fields
    return {package.manifest_name: _written(manifest), **texts}


def with_objects(package: Package, name: str, items: tuple[OcfObject, ...]) -> Package:
    """The package with the items of one file replaced."""
    files = (replace(f, objects=items) if f.name == name else f for f in package.files)
    return replace(package, files=tuple(files))


def _json(name: str, text: str, found: Findings) -> dict[str, JSON] | None:
    if is_too_deep(text):
        found.mistake(name, "this is not JSON that can be read: it is nested too deeply")
        return None
    try:
        document = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number)
    except ValueError as problem:
        found.mistake(name, f"this is not JSON that can be read: {problem}")
        return None
    if not isinstance(document, dict):
        found.mistake(name, "the file holds no JSON object")
        return None
    return document


def _once(pairs: list[tuple[str, JSON]]) -> dict[str, JSON]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"the field {twice!r} stands twice in one object")
    return fields


def _no_number(word: str) -> JSON:
    raise ValueError(f"{word} is not a number")


def _listed(
    name: str, manifest: dict[str, JSON], given: Collection[str], found: Findings
) -> dict[str, str]:
    """The files a manifest names, in its order, with the md5 it states."""
    listed: dict[str, str] = {}
    for field in ("ocf_version", "as_of", "generated_at"):
        if not isinstance(manifest.get(field), str):
            found.mistake(f"{name}: {field}", "is missing")
    for key, _ in _LISTS.values():
        for index, entry in enumerate(_entries(name, manifest, key, found)):
            path = posixpath.normpath(str(entry.get("filepath", "")))
            if path not in given:
                found.mistake(f"{name}: {key}[{index}]", f"the file {path} is missing")
            elif path in listed:
                found.mistake(f"{name}: {key}[{index}]", f"the file {path} is listed twice")
            listed[path] = str(entry.get("md5", ""))
    return listed


def _entries(
    name: str, manifest: dict[str, JSON], key: str, found: Findings
) -> Iterator[dict[str, JSON]]:
    entries = manifest.get(key, [])
    if not isinstance(entries, list) or any(not isinstance(e, dict) for e in entries):
        found.mistake(f"{name}: {key}", "is not a list of files")
        return
    yield from (entry for entry in entries if isinstance(entry, dict))


def _compare_md5(texts: Mapping[str, str], listed: Mapping[str, str], found: Findings) -> None:
    for name, text in texts.items():
        stated = listed.get(posixpath.normpath(name))
        if stated and stated != _md5(text):
            found.notice(name, f"its md5 is {_md5(text)}, the manifest says {stated}")


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _issuer(name: str, manifest: dict[str, JSON], found: Findings) -> OcfObject:
    place = f"{name}: issuer"
    fields = manifest.get("issuer")
    if not isinstance(fields, dict):
        found.mistake(place, "is missing")
        return OcfObject("ISSUER", "", place, {})
    _note_flaws(place, "ISSUER", fields, found)
    return OcfObject("ISSUER", str(fields.get("id", "")), place, fields)


def _file(name: str, document: dict[str, JSON], found: Findings) -> OcfFile | None:
    items = document.get("items")
    head = {key: value for key, value in document.items() if key != "items"}
    if str(document.get("file_type")) not in _LISTS:
        found.mistake(f"{name}: file_type", f"{document.get('file_type')!r} is no OCF file type")
        return None
    if not isinstance(items, list):
        found.mistake(f"{name}: items", "is not a list of objects")
        return None
    objects = (_object(name, head, index, item, found) for index, item in enumerate(items))
    return OcfFile(name, head, tuple(item for item in objects if item))


def _object(
    name: str, head: dict[str, JSON], index: int, item: JSON, found: Findings
) -> OcfObject | None:
    fields = item if isinstance(item, dict) else {}
    kind, own = str(fields.get("object_type")), fields.get("id")
    place = f"{name}: item {index + 1}" + (f" ({own})" if own and isinstance(own, str) else "")
    if kind not in FIELDS or kind == "ISSUER":
        found.mistake(f"{place}: object_type", f"{kind!r} is no object type of OCF 1.2.0")
        return None
    if not kind.startswith(_LISTS[str(head["file_type"])][1]):
        found.mistake(f"{place}: object_type", f"{kind} does not belong into {head['file_type']}")
    _note_flaws(place, kind, fields, found)
    return OcfObject(kind, str(own), place, fields)


def _note_flaws(place: str, kind: str, fields: dict[str, JSON], found: Findings) -> None:
    for flaw in flaws(kind, fields):
        say = found.notice if flaw.kept else found.mistake
        say(f"{place}: {flaw.field}", flaw.message)
    if fields.get("id") == "":
        found.mistake(f"{place}: id", "is empty")


def _key(file: OcfFile) -> str:
    return _LISTS[str(file.head["file_type"])][0]


def _document(file: OcfFile) -> JSON:
    return {**file.head, "items": [item.fields for item in file.objects]}


def _written(document: JSON) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"
