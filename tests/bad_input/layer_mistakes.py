"""Mistakes in the text of one layer, made by a program: wrong wires, shapes and settings of any layer type.

They start from the cases of ``tests/conformance_cases.py``, and settings from the fields that the schema knows, so
that a new layer type is covered as soon as it has a case. ``Mistake.text`` is the model's file.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf.descriptor import FieldDescriptor

from mycaffe_py.plugins import default_registry
from mycaffe_py.plugins.type_fields import own_fields

from .. import conformance_cases as cases

REGISTRY = default_registry()
MOST_OF_A_KIND = 30
"""How many mistakes of each kind a layer type gets; a larger number is a longer search for new ones."""
DEEPEST = 3

_NUMBERS = [0, 1, 2, 7, 300, 2**31 - 1]
_NEGATIVE = [-1, -(2**31)]
_FLOATS = [0.0, -1.0, 0.5, 1e38, -1e38, 1e-45, float("inf"), float("-inf"), float("nan")]
_TEXTS = ["", "nonsense", "/", "\u00e9 \u4e2d.txt", "a" * 3000]
_VALUES: dict[int, list[Any]] = {
    FieldDescriptor.CPPTYPE_INT32: _NUMBERS + _NEGATIVE,
    FieldDescriptor.CPPTYPE_INT64: [*_NUMBERS, *_NEGATIVE, 2**63 - 1],
    FieldDescriptor.CPPTYPE_UINT32: [*_NUMBERS, 2**32 - 1],
    FieldDescriptor.CPPTYPE_UINT64: [*_NUMBERS, 2**64 - 1],
    FieldDescriptor.CPPTYPE_FLOAT: _FLOATS,
    FieldDescriptor.CPPTYPE_DOUBLE: _FLOATS,
    FieldDescriptor.CPPTYPE_BOOL: [False, True],
}


@dataclass
class Mistake:
    """A layer that may be wrong: its message, the shapes of the blobs x0, x1, ..., and what was done to it."""

    layer: Any
    shapes: list[tuple[int, ...]]
    what: str
    force_backward: bool = True
    kind: str = ""

    @property
    def text(self) -> str:
        """A model of an Input layer and this one, through which gradients are forced if it has any."""
        tops = " ".join(f'top: "x{index}"' for index in range(len(self.shapes)))
        dims = [" ".join(f"dim: {dim}" for dim in shape) for shape in self.shapes]
        shapes = " ".join(f"shape {{ {each} }}" for each in dims)
        data = f'layer {{ name: "data" type: "Input" {tops} input_param {{ {shapes} }} }}\n'
        own = REGISTRY.schema.to_text(self.layer)
        head = f"force_backward: {str(self.force_backward).lower()}\n"
        return f"{head}{data if tops else ''}layer {{\n{own}}}\n"


def starts(type_name: str, folder: Path) -> list[Mistake]:
    """Return the cases of a layer type as they are; the files that they name lie below ``folder``."""
    found = []
    for number, case in enumerate(cases.LAYERS[type_name]):
        place = folder / str(number)
        place.mkdir()
        text = f'name: "it" type: "{type_name}" {cases.settings_of(case, place)}'
        layer = REGISTRY.schema.parse_text(text, "LayerParameter").message
        shapes = [each if _is_shape(each) else np.shape(each) for each in case[1]]
        layer.bottom.extend(f"x{index}" for index in range(len(shapes)))
        layer.top.extend(f"y{index}" for index in range(0 if layer.top else _tops(layer)))
        found.append(
            Mistake(layer, shapes, f"case {number}", not case[2].get("skip_backward", False))
        )
    return found


def mistakes(type_name: str, folder: Path, most: int = MOST_OF_A_KIND) -> Iterator[Mistake]:
    """Yield what goes wrong with a layer type, the same each time; at most so many of each kind."""
    begun = starts(type_name, folder)
    rng = random.Random(type_name)
    for kind, make in (("wires", _wires), ("shapes", _shapes), ("settings", _settings)):
        made = [mistake for start in begun for mistake in make(start)]
        if kind == "settings":
            pairs = rng.sample(made, min(most, len(made)))
            made += [_both(*pair) for pair in zip(pairs, rng.sample(made, len(pairs)), strict=True)]
        for mistake in rng.sample(made, min(most, len(made))):
            mistake.kind = kind
            yield mistake


def _is_shape(bottom: Any) -> bool:
    return isinstance(bottom, tuple) and all(isinstance(dim, int) for dim in bottom)


def _tops(layer: Any) -> int:
    cls = REGISTRY.layers.find(layer.type)
    if cls.equal_num_bottom_top_blobs:
        return len(layer.bottom)
    return cls.min_top_blobs or 1 if cls.exact_num_top_blobs is None else cls.exact_num_top_blobs


def _changed(start: Mistake, what: str, shapes: Sequence | None = None, **lists: Any) -> Mistake:
    """Return a copy whose repeated fields are these."""
    layer = type(start.layer)()
    layer.CopyFrom(start.layer)
    for name, values in lists.items():
        del getattr(layer, name)[:]
        getattr(layer, name).extend(values)
    shapes = list(start.shapes if shapes is None else shapes)
    return Mistake(layer, shapes, f"{start.what}, {what}", start.force_backward)


# The kinds.


def _wires(start: Mistake) -> Iterator[Mistake]:
    bottoms, tops, shapes = list(start.layer.bottom), list(start.layer.top), start.shapes
    for count in range(len(bottoms) + 3):
        extra = [shapes[0] if shapes else (2, 3)] * (count - len(shapes))
        names = [f"x{index}" for index in range(count)]
        yield _changed(start, f"{count} bottoms", shapes[:count] + extra, bottom=names)
    for count in range(len(tops) + 3):
        yield _changed(start, f"{count} tops", top=[f"y{index}" for index in range(count)])
    yield _changed(start, "bottoms reversed", bottom=bottoms[::-1])
    yield _changed(start, "one bottom for all", bottom=bottoms[:1] * len(bottoms))
    yield _changed(start, "one top for all", top=tops[:1] * len(tops))
    yield _changed(start, "in place", top=[*bottoms[:1], *tops[1:]] if tops else [])
    for count in range(len(tops) + 2):
        for weight in (1.0, -1.0, float("inf"), float("nan")):
            yield _changed(start, f"loss_weight {weight}", loss_weight=[weight] * count)
    for count in range(len(bottoms) + 2):
        for flag in (True, False):
            yield _changed(start, f"propagate_down {flag}", propagate_down=[flag] * count)
    for fields in ({"lr_mult": 0}, {"lr_mult": float("nan")}, {"name": "shared"}):
        for count in (1, 2, 9):
            specs = [REGISTRY.schema.new("ParamSpec", **fields)] * count
            yield _changed(start, f"{count} param {fields}", param=specs)
    for dims in ((2,), (2, -3), (0,), (2**62, 2)):
        shape = REGISTRY.schema.new("BlobShape", dim=dims)
        stored = REGISTRY.schema.new("BlobProto", shape=shape, data=[1.0, 2.0])
        yield _changed(start, f"blobs {dims}", blobs=[stored])


def _shapes(start: Mistake) -> Iterator[Mistake]:
    for index, shape in enumerate(start.shapes):
        others = {(), (0,), (1,), (*shape, 1), (*shape, 2), (1, *shape), (3, *shape), shape[::-1]}
        others |= {(0,) * len(shape), (*shape, 1, 1, 1, 1)}
        for axis, size in enumerate(shape):
            before, after = shape[:axis], shape[axis + 1 :]
            others.add(before + after)
            others |= {(*before, dim, *after) for dim in (0, 1, 3, size + 1, size * 2)}
        for other in sorted(others - {shape}):
            shapes = [*start.shapes[:index], other, *start.shapes[index + 1 :]]
            yield _changed(start, f"x{index} {shape} -> {other}", shapes)


def _settings(start: Mistake) -> Iterator[Mistake]:
    known = [field.name for field in start.layer.DESCRIPTOR.fields]
    for name in own_fields(REGISTRY.layers.find(start.layer.type), "layers", known):
        field = start.layer.DESCRIPTOR.fields_by_name[name]
        for path, value in _field_values(field, 0):
            mistake = _changed(start, f"{'.'.join(path)} = {str(value)[:40]}")
            _put(mistake.layer, path, value)
            yield mistake


def _both(first: Mistake, second: Mistake) -> Mistake:
    """Return the settings of two mistakes in one layer."""
    both = _changed(first, second.what)
    both.layer.MergeFrom(second.layer)
    for name in ("bottom", "top"):
        del getattr(both.layer, name)[:]
        getattr(both.layer, name).extend(getattr(first.layer, name))
    return both


def _field_values(field: Any, depth: int) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield (path, value) for a field and the fields within it; None clears it, {} makes an empty message."""
    yield (field.name,), None
    if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
        yield (field.name,), {}
        for inner in field.message_type.fields if depth < DEEPEST else ():
            for path, value in _field_values(inner, depth + 1):
                yield (field.name, *path), value
        return
    for value in _values(field):
        yield (field.name,), value
        yield (field.name,), [value] * 3


def _values(field: Any) -> list[Any]:
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return [value.number for value in field.enum_type.values]
    if field.type == FieldDescriptor.TYPE_BYTES:
        return [b"", b"xx"]
    return _VALUES.get(field.cpp_type, _TEXTS)


def _put(message: Any, path: Sequence[str], value: Any) -> None:
    """Set the field at ``path``; of a repeated field on the way its first element."""
    for name in path[:-1]:
        message = getattr(message, name)
        if hasattr(message, "add"):
            message = message[0] if len(message) else message.add()
    name = path[-1]
    present = getattr(message, name)
    if value is None:
        message.ClearField(name)
    elif value == {}:
        present.add() if hasattr(present, "add") else present.SetInParent()
    elif hasattr(present, "extend"):
        present.extend(value if isinstance(value, list) else [value])
    else:
        setattr(message, name, value[0] if isinstance(value, list) else value)
