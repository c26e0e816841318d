"""Writes `seev_definitions.json` anew from dataclasses that are made of the schemas of ISO 20022 itself.

Source: the package python-iso20022 0.3.0 (PyPI, MIT), made of the XSD files that iso20022.org publishes. It
is needed for this alone, so nothing of the project depends on it:

    pip install --target FOLDER python-iso20022==0.3.0
    PYTHONPATH=FOLDER python tests/core/actions/seev_definitions.py [MESSAGE.xml ...]

What is written goes to standard output. It goes as deep as the file does, and as deep as the messages that
are named: elements that nobody writes are listed, and not described further. Compare it with the file.
"""

import dataclasses
import enum
import importlib
import json
import sys
import typing
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

ROOTS = {
    "seev.031": ("seev_031_001_14", "CorporateActionNotificationV14Seev03100114", "CorpActnNtfctn"),
    "seev.036": (
        "seev_036_001_15",
        "CorporateActionMovementConfirmationV15Seev03600115",
        "CorpActnMvmntConf",
    ),
    "seev.039": (
        "seev_039_001_12",
        "CorporateActionCancellationAdviceV12Seev03900112",
        "CorpActnCxlAdvc",
    ),
}
LIMITS = {
    "pattern": "pattern",
    "max_length": "longest",
    "total_digits": "digits",
    "fraction_digits": "places",
}
DATES = {"XmlDate": r"\d{4}-\d\d-\d\d", "XmlDateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"}
"""Of what a schema lets through, the forms that are written here: days, and instants in UTC."""
Shape = Mapping[str, typing.Any]


def shape_of(element: ElementTree.Element) -> dict[str, typing.Any]:
    """Which elements stand in which of a document."""
    return {one.tag.partition("}")[2]: shape_of(one) for one in element}


def shape_in(definition: Shape) -> dict[str, typing.Any]:
    """Which elements the file describes."""
    return {name: shape_in(one) for name, one in definition.get("children", {}).items()}


def both(one: Shape, other: Shape) -> dict[str, typing.Any]:
    return {name: both(one.get(name, {}), other.get(name, {})) for name in {**one, **other}}


def described(module: typing.Any, of: type, wanted: Shape) -> dict[str, typing.Any]:
    """The children of a class: least number, whether several, and of values what limits them."""
    hints = typing.get_type_hints(of, vars(module))
    found = {}
    for field in dataclasses.fields(of):
        if field.metadata.get("type") == "Element":
            name, hint = field.metadata.get("name", field.name), hints[field.name]
            needed = field.metadata.get("required") or field.metadata.get("min_occurs")
            one = {"least": 1 if needed else 0, "many": "list" in str(hint).lower()}
            found[name] = one | _inside(module, field.metadata, _bare(hint), wanted.get(name, {}))
    return {"children": found, "choice": "Choice" in of.__name__}


def _inside(
    module: typing.Any, limits: Mapping[str, typing.Any], kind: typing.Any, wanted: Shape
) -> dict[str, typing.Any]:
    fields = dataclasses.fields(kind) if dataclasses.is_dataclass(kind) else ()
    if any(one.metadata.get("type") == "Element" for one in fields):
        return described(module, kind, wanted) if wanted else {"children": {}, "choice": False}
    told: dict[str, typing.Any] = {"currency": True} if fields else {}
    limits = next((one.metadata for one in fields if one.name == "value"), limits)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        told["codes"] = [one.value for one in kind]
    told |= {
        ours: limits[theirs] for theirs, ours in LIMITS.items() if limits.get(theirs) is not None
    }
    if "digits" in told:
        told.setdefault("places", 0)
    if kind.__name__ in DATES:
        told["pattern"] = DATES[kind.__name__]
    return told | ({"codes": ["true", "false"]} if kind is bool else {})


def _bare(hint: typing.Any) -> typing.Any:
    """The type inside of lists and of what may be left out."""
    inner = [one for one in typing.get_args(hint) if one is not type(None)]
    return _bare(inner[0]) if inner else hint


def main(documents: list[str]) -> None:
    known = json.loads(Path(__file__).with_suffix(".json").read_text())
    shapes = {message: shape_in(known[message]) for message in ROOTS}
    for place in documents:
        top = ElementTree.parse(place).getroot()
        for message, (_, _, tag) in ROOTS.items():
            if shape_of(top).keys() == {tag}:
                shapes[message] = both(shapes[message], shape_of(top))
    made = {}
    for message, (named, root, tag) in ROOTS.items():
        module = importlib.import_module(f"python_iso20022.seev.{named}.models")
        inside = described(module, getattr(module, root), shapes[message][tag])
        made[message] = {"children": {tag: {"least": 1, "many": False} | inside}, "choice": False}
    json.dump(made, sys.stdout, separators=(",", ":"))


if __name__ == "__main__":
    main(sys.argv[1:])
