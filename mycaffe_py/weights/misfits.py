"""Why stored weights do not fit a net, and what to set so that they do, for hints."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_RENAME = "to train it from scratch, rename the layer"
_MODEL = "model.prototxt"
_MOST_SETTINGS = 4


def misfit_hint(layer: Any, message: Any) -> str:
    """Return which settings of a net's layer differ from its entry in a file's NetParameter, as ``--set`` takes them.

    Only settings that may change the shape of a blob count. A file without the layer's settings says nothing.
    """
    entry = next((one for one in message.layer if one.name == layer.name and one.type), None)
    if entry is None:
        return _RENAME
    settings = list(_differences(layer.param, entry))
    if not settings:
        return f"its settings are the same in the file: a bottom has another shape there\n{_RENAME}"
    written = " ".join(f"--set {layer.name}.{path}={value}" for path, value in settings)
    if len(settings) > _MOST_SETTINGS:
        written = f"{settings[0][0]} and {len(settings) - 1} other settings differ from the file's"
        return f"{written}\n{_RENAME}"
    return f"to use these weights: {written}\n{_RENAME}"


def other_net_hint(path: Path, message: Any) -> str:
    """Return what to give if no layer of a weights file is in the net."""
    hint = "weights are loaded by layer name"
    model = path.parent / _MODEL
    if os.path.isfile(model):
        return f"{hint}; these belong to --model {model}"
    return f'{hint}; these belong to net "{message.name}"' if message.name else hint


def _differences(ours: Any, theirs: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Yield path and the other value of the settings that differ, those that are counts, choices or switches."""
    for field in ours.DESCRIPTOR.fields:
        if ours.DESCRIPTOR.name == "LayerParameter" and not field.name.endswith("_param"):
            continue
        mine, other = getattr(ours, field.name), getattr(theirs, field.name)
        if field.message_type is not None:
            shaping = hasattr(mine, "DESCRIPTOR") and field.message_type.name != "FillerParameter"
            if shaping and (ours.HasField(field.name) or theirs.HasField(field.name)):
                yield from _differences(mine, other, f"{path}{field.name}.")
        elif field.cpp_type in (field.CPPTYPE_FLOAT, field.CPPTYPE_DOUBLE, field.CPPTYPE_STRING):
            continue
        elif mine != other:
            yield f"{path}{field.name}", _as_text(field, other)


def _as_text(field: Any, value: Any) -> str:
    if not isinstance(value, int):
        return ",".join(_as_text(field, each) for each in value)
    if field.enum_type is not None:
        return field.enum_type.values_by_number[value].name
    return str(value).lower() if isinstance(value, bool) else str(value)
