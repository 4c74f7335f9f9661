"""Messages of the schema with wild values: made from nothing, or changed at random places."""

from __future__ import annotations

import random
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from mycaffe_py.schema.prototxt.places import is_repeated

# Small or absurd, hardly between: what is just large takes long for good reasons.
_WHOLE = (0, 0, 1, 1, 2, 3, 4, 7, 16, 100)
_HUGE = (2**31 - 1, 2**32 - 1, 2**40, 2**63 - 1, 2**64 - 1)
_NEGATIVE = (-1, -1, -2, -7, -(2**31), -(2**63))
_REAL = (
    0.0,
    -0.0,
    0.5,
    1.0,
    -1.0,
    1e-45,
    1e38,
    -1e38,
    1e308,
    float("inf"),
    -float("inf"),
    float("nan"),
    2.5,
    1e-8,
)
_TEXTS = (
    *(
        "",
        " ",
        ".",
        "..",
        "/",
        "x",
        "x0",
        "nonsense",
        "\u00e9 \u4e2d.txt",
        "a" * 3000,
        "\n",
        "\t",
        "%s%n",
        "{}",
    ),
    *(
        "../..",
        "/dev/null",
        "a/b",
        "net.prototxt",
        "\x1b[31m",
        '"',
        "\\",
        "-1",
        "nan",
        "1e400",
        "0",
        "\u202e",
        "=1+1",
    ),
)
_BITS = {
    FieldDescriptor.CPPTYPE_INT32: (-(2**31), 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (-(2**63), 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 2**64 - 1),
}
_MOST = 40
"""The longest list of values."""


class Maker:
    """Makes wild values; strings are also names of types, which the registry knows."""

    def __init__(self, rng: random.Random, registry: Any):
        self.rng, self.registry = rng, registry

    def change(self, message: Any, times: int = 1) -> None:
        """Change a message: a value in it or in a message within it, for each time."""
        for _ in range(times):
            owner = self.rng.choice(_within(message))
            fields = owner.DESCRIPTOR.fields
            # Rather what is set already, and the settings of the layer's own type.
            known = [field for field, _ in owner.ListFields()]
            field = self.rng.choice(known if known and self.rng.random() < 0.6 else fields)
            self._change_field(owner, field)

    def fill(self, message: Any, fields: int, depth: int = 4) -> None:
        """Set some fields of a message to wild values."""
        known = list(message.DESCRIPTOR.fields)
        for field in self.rng.sample(known, min(fields, len(known))):
            self._set(message, field, depth)

    def _change_field(self, owner: Any, field: Any) -> None:
        values = getattr(owner, field.name)
        how = self.rng.randrange(6)
        if how == 0:
            owner.ClearField(field.name)
        elif is_repeated(field) and len(values) and how < 4:
            self._change_list(owner, field, values, how)
        else:
            self._set(owner, field, 2)

    def _change_list(self, owner: Any, field: Any, values: Any, how: int) -> None:
        items = list(values)
        place = self.rng.randrange(len(items))
        if how == 1:
            del items[place]
        elif how == 2:
            items[place:place] = [items[place]] * self.rng.choice((1, 1, 3, _MOST))
        else:
            self.rng.shuffle(items)
        items = [_copy(item) for item in items]
        owner.ClearField(field.name)
        getattr(owner, field.name).extend(items)

    def _set(self, owner: Any, field: Any, depth: int) -> None:
        """Set a field, or add to it, wild values."""
        is_message = field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE
        if is_message and is_repeated(field):
            for _ in range(self.rng.choice((1, 1, 2, 3)) if depth else 0):
                self.fill(getattr(owner, field.name).add(), self.rng.randrange(4), depth - 1)
        elif is_message:
            inner = getattr(owner, field.name)
            inner.SetInParent()
            if depth:
                self.fill(inner, self.rng.randrange(1, 5), depth - 1)
        elif is_repeated(field):
            values = [self.value(field) for _ in range(self.rng.choice((1, 1, 2, 3, _MOST)))]
            getattr(owner, field.name).extend(values)
        else:
            setattr(owner, field.name, self.value(field))

    def value(self, field: Any) -> Any:
        """Return a wild value of a field."""
        rng, kind = self.rng, field.cpp_type
        if kind == FieldDescriptor.CPPTYPE_ENUM:
            return rng.choice(field.enum_type.values).number
        if kind == FieldDescriptor.CPPTYPE_BOOL:
            return rng.random() < 0.5
        if kind in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
            return rng.choice(_REAL)
        if kind in _BITS:
            low, high = _BITS[kind]
            fitting = [each for each in (*_HUGE, *_NEGATIVE) if low <= each <= high]
            return rng.choice(_WHOLE if rng.random() < 0.7 else fitting)
        if field.type == FieldDescriptor.TYPE_BYTES:
            return rng.choice((b"", b"\0", rng.randbytes(12)))
        return self.text(field.name)

    def text(self, name: str = "") -> str:
        """Return a wild text; of a field called type mostly a known type."""
        if name == "type" and self.rng.random() < 0.8:
            table = self.rng.choice(
                ("layers", "solvers", "fillers", "gyms", "trainers", "observers")
            )
            return self.rng.choice(getattr(self.registry, table).types())
        if name == "lr_policy" and self.rng.random() < 0.8:
            return self.rng.choice(self.registry.lr_policies.types())
        if name in ("bottom", "top") and self.rng.random() < 0.7:
            return self.rng.choice(("x0", "x1", "y0", "data", "label", "loss"))
        return self.rng.choice(_TEXTS)


def _within(message: Any) -> list[Any]:
    """Return a message and the messages within it."""
    found = [message]
    for field, value in message.ListFields():
        if field.cpp_type == FieldDescriptor.CPPTYPE_MESSAGE:
            for inner in value if is_repeated(field) else [value]:
                found += _within(inner)
    return found


def _copy(item: Any) -> Any:
    if not hasattr(item, "CopyFrom"):
        return item
    copy = type(item)()
    copy.CopyFrom(item)
    return copy
