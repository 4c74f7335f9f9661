"""Conversion of nested states (dicts, lists, numbers, arrays) to JSON text and named arrays, and back."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mycaffe_py.errors import PluginError, SnapshotError
from mycaffe_py.wording import counted

# A JSON object with one of these keys represents something that JSON cannot express.
_ARRAY, _VALUES, _PAIRS = "$array", "$values", "$pairs"
_STORED_AS_BLOB = ("float32", "float64")
_STORED_AS_LIST = "biufU"
_KINDS_OF_VALUES: dict[str, Any] = {"b": bool, "i": int, "u": int, "f": (int, float), "U": str}
_LARGEST_TEXT = 1 << 20
"""Bytes that an array of texts may take if it is wider than its texts."""


def pack(name: str, value: Any) -> tuple[str, dict[str, np.ndarray]]:
    """Return ``value`` as JSON text and the float arrays that the text refers to by name.

    Tuples are restored as lists, NumPy scalars as Python numbers. Raises PluginError for other
    objects.
    """
    packer = _Packer()
    try:
        return json.dumps(packer.pack(name, value)), packer.arrays
    except RecursionError as error:
        raise PluginError(
            f'state "{name}" contains itself, or is nested too deeply, so it cannot be stored in a snapshot'
        ) from error


def unpack(text: str, arrays: Mapping[str, np.ndarray]) -> Any:
    """Return the value that :func:`pack` was given; raises SnapshotError if something is damaged."""
    try:
        text.encode()
        return _unpack(json.loads(text, object_pairs_hook=_object), arrays)
    except _DAMAGES as error:
        raise SnapshotError(f"a stored state cannot be read: {error!s:.200}") from error


_DAMAGES = (ValueError, LookupError, TypeError, ArithmeticError, RecursionError)


class _Packer:
    def __init__(self) -> None:
        self.arrays: dict[str, np.ndarray] = {}

    def pack(self, path: str, value: Any) -> Any:
        if value is None or isinstance(value, str | bool | int | float):
            return value
        if isinstance(value, np.generic) and value.dtype.kind in _STORED_AS_LIST:
            return value.item()
        if hasattr(value, "dtype") and hasattr(value, "get"):
            value = value.get()  # a GPU array
        if isinstance(value, np.ndarray):
            return self._pack_array(path, value)
        if isinstance(value, Mapping):
            return self._pack_mapping(path, value)
        if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
            return [self.pack(f"{path}/{index}", item) for index, item in enumerate(value)]
        raise _unstorable(path, value)

    def _pack_mapping(self, path: str, value: Mapping[Any, Any]) -> Any:
        packed = [(key, self.pack(f"{path}/{key}", item)) for key, item in value.items()]
        plain = all(isinstance(key, str) and not key.startswith("$") for key in value)
        if plain:
            return dict(packed)
        return {_PAIRS: [[self.pack(f"{path}/{key}", key), item] for key, item in packed]}

    def _pack_array(self, path: str, value: np.ndarray) -> Any:
        long_double = value.dtype.kind == "f" and value.dtype.itemsize > 8
        if value.dtype.kind not in _STORED_AS_LIST or long_double:
            raise _unstorable(path, value)
        dtype = value.dtype.newbyteorder("=")
        entry = {"dtype": dtype.str.lstrip("<>=|"), "shape": list(value.shape)}
        if (
            dtype.name not in _STORED_AS_BLOB or not value.size
        ):  # without values the dtype would be lost
            return {_VALUES: value.reshape(-1).tolist(), **entry}
        name = path
        while name in self.arrays:  # {"a/b": x} and {"a": {"b": y}} are different states
            name += "'"
        self.arrays[name] = value.astype(dtype, copy=False)
        return {_ARRAY: name, **entry}


def _unstorable(path: str, value: Any) -> PluginError:
    kind = f"a {type(value).__name__}"
    if isinstance(value, np.ndarray):
        kind = f"an array of {value.dtype}"
    return PluginError(
        f'state "{path}" is {kind}, which cannot be stored in a snapshot',
        hint="a state() may contain numbers, strings, None, lists, dicts and NumPy arrays of numbers",
    )


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name occurs twice")
    return found


def _unpack(value: Any, arrays: Mapping[str, np.ndarray]) -> Any:
    if isinstance(value, list):
        return [_unpack(item, arrays) for item in value]
    if isinstance(value, str):
        value.encode()  # half a character, which JSON can express, is an error
    if not isinstance(value, dict):
        return value
    if _PAIRS in value:
        pairs = [(_unpack(key, arrays), _unpack(item, arrays)) for key, item in value[_PAIRS]]
        found = dict(pairs)
        if len(found) < len(pairs):
            raise ValueError("a key occurs twice")
        return found
    if _VALUES in value:
        return _listed_array(value)
    if _ARRAY in value:
        array = arrays[value[_ARRAY]]
        if array.dtype != _dtype(value["dtype"]) or list(array.shape) != value["shape"]:
            raise ValueError(f"array {value[_ARRAY]!r:.60} differs from what was written")
        return array
    return {_unpack(key, arrays): _unpack(item, arrays) for key, item in value.items()}


def _dtype(name: Any) -> np.dtype[Any]:
    """Return one of the types that :func:`pack` writes."""
    if not isinstance(name, str) or not re.fullmatch("b1|[iu][1248]|f[248]|U[0-9]{1,9}", name):
        raise ValueError(f"{name!r:.20} is no type of an array")
    return np.dtype(name)


def _listed_array(value: Mapping[str, Any]) -> np.ndarray:
    """Return an array whose values are listed: of the number and kind that dtype and shape say."""
    dtype, shape, values = _dtype(value["dtype"]), value["shape"], value[_VALUES]
    if not _is_shape(shape) or not isinstance(values, list) or math.prod(shape) != len(values):
        raise ValueError(f"an array {dtype} has other values than its shape says")
    if not all(isinstance(one, _KINDS_OF_VALUES[dtype.kind]) for one in values) or (
        dtype.kind != "b" and any(isinstance(one, bool) for one in values)
    ):
        raise ValueError(f"an array {dtype} has values of another kind")
    if dtype.kind == "U":
        longest = max(map(len, values), default=0)
        if dtype.itemsize * max(1, len(values)) > max(_LARGEST_TEXT, 4 * longest * len(values)):
            raise ValueError(f"an array {dtype} has texts of up to {counted(longest, 'character')}")
        "".join(values).encode()
    with np.errstate(over="raise"):
        found = np.array(values, dtype=dtype).reshape(shape)
    if dtype.kind in "iu" and found.reshape(-1).tolist() != values:
        raise ValueError(f"an array {dtype} has values beyond its type")
    return found


def _is_shape(shape: Any) -> bool:
    return isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)
