"""Label maps of SSD: files of names and numbers of classes that lie beside nets, and are neither net nor solver."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.errors import Problem, PrototxtError
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import Document
from mycaffe_py.schema.prototxt.tokens import top_level_names

MESSAGE = "LabelMap"


def is_label_map(text: str, registry: Registry) -> bool:
    """Whether a text holds nothing but classes, ``item { name: "cat" label: 1 }``; an installed plugin knows them."""
    return set(top_level_names(text)) == {"item"} and MESSAGE in registry.schema.catalog.messages


def checked_label_map(path: str | Path, registry: Registry) -> Document:
    """Read a label map; a class without a name, and a name or number that two classes have, are mistakes."""
    document = registry.schema.parse_file(path, MESSAGE)
    problems: list[Problem] = []
    names: dict[str, int] = {}
    labels: dict[int, int] = {}
    for index, item in enumerate(document.message.item):
        place = ("item", index)
        for field in ("name", "label"):
            if not item.HasField(field):
                hint = 'a class is item { name: "cat" label: 1 }'
                problems.append(document.problem(place, f"this class has no {field}", hint))
        if item.HasField("name") and names.setdefault(item.name, index) != index:
            message = f'the name "{item.name}" is there twice'
            problems.append(document.problem((*place, "name"), message))
        if item.HasField("label") and labels.setdefault(item.label, index) != index:
            first = document.message.item[labels[item.label]].name
            message = f'the label {item.label} is there twice: "{first}" has it'
            problems.append(document.problem((*place, "label"), message))
    if problems:
        raise PrototxtError(problems)
    return document
