"""A device that stands in for a GPU if there is none.

Its arrays are in ordinary memory, but behave as CuPy's do wherever code written for NumPy would
fail, and its ``xp`` has only those functions, with those arguments, that CuPy has.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from mycaffe_py.device.device import Device

from .strict_array import (
    StrictArray,
    by_name,
    check_keywords,
    refuse_overlap,
    refuse_wider_scalars,
    unwrap,
    unwrap_argument,
    wait,
    wrap,
)
from .strict_recording import computed, refuse_waiting, written

# CuPy's ufuncs have no `where`, its reductions neither `where` nor `initial`.
_ELEMENTWISE = by_name(
    {
        "absolute abs add arccos arcsin arctan arctan2 cbrt ceil copysign cos cosh divide equal exp "
        "exp2 expm1 floor floor_divide fmax fmin fmod greater greater_equal heaviside hypot "
        "isfinite isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and "
        "logical_not logical_or logical_xor maximum minimum mod multiply negative not_equal power "
        "reciprocal remainder rint sign signbit sin sinh sqrt square subtract tan tanh true_divide "
        "trunc": "out dtype casting",
    }
)
"""CuPy's ufuncs: functions of numbers and arrays."""

_OF_AN_ARRAY = by_name(
    {
        "all any amax amin max min": "axis out keepdims",
        "mean prod sum": "axis dtype out keepdims",
        "std var": "axis dtype out ddof keepdims",
        "argmax argmin": "axis dtype out keepdims",
        "cumprod cumsum": "axis dtype out",
        "argsort sort": "axis kind",
        "argpartition partition": "axis",
        "array_split count_nonzero expand_dims flip repeat roll split squeeze": "axis",
        "array_equal": "equal_nan",
        "ascontiguousarray": "dtype",
        "bincount": "weights minlength",
        "broadcast_to inner moveaxis nonzero rollaxis swapaxes tile tril triu vdot": "",
        "clip": "a_min a_max out",
        "copy ravel": "order",
        "copyto": "casting where",
        "diff": "n axis",
        "dot outer": "out",
        "empty_like ones_like zeros_like": "dtype order shape",
        "full_like": "fill_value dtype order shape",
        "matmul": "axes axis keepdims casting dtype order out",
        "nan_to_num": "copy nan posinf neginf",
        "put_along_axis take_along_axis": "axis",
        "reshape": "order copy",
        "searchsorted": "side sorter",
        "take": "axis out",
        "tensordot": "axes",
        "transpose": "axes",
    }
)
"""Functions whose first argument must be a device array."""

_OTHERS = by_name(
    {
        "arange": "dtype",
        "concatenate stack": "axis out dtype casting",
        "einsum": "dtype optimize",
        "empty ones zeros": "shape dtype order",
        "eye": "M k dtype order",
        "full": "shape fill_value dtype order",
        "hstack vstack": "dtype casting",
        "linspace": "num endpoint dtype axis",
        "where": "x y",
    }
)

KEYWORDS = {
    **_ELEMENTWISE,
    **_OF_AN_ARRAY,
    **_OTHERS,
    "lib.stride_tricks.as_strided": ("shape", "strides"),
    "lib.stride_tricks.sliding_window_view": ("axis",),
    "linalg.norm": ("ord", "axis", "keepdims"),
}
"""The keyword arguments of each function, as CuPy 14 has them."""

UFUNC_METHODS = {"add": ("at",), "maximum": ("at",), "minimum": ("at",)}
"""Methods of ufuncs that CuPy has, also for floats."""

CONSTANTS = (
    "bool_ e float16 float32 float64 inf int8 int16 int32 int64 nan newaxis pi uint8 uint16 uint32 "
    "uint64"
)

_MAX_POSITIONAL = {"argmax": 2, "argmin": 2, "matmul": 2, "take": 3, "std": 4, "var": 4}
"""Functions whose further arguments are not in NumPy's order."""

_WAITING = ("nonzero", "bincount", "linalg.norm")


def _function(name: str) -> Callable[..., Any]:
    what, keywords = f"strict xp.{name}()", KEYWORDS[name]
    numpy_function: Any = np
    for part in name.split("."):
        numpy_function = getattr(numpy_function, part)
    check = _checked_elementwise if name in _ELEMENTWISE else _CHECKS.get(name)
    maximum = _MAX_POSITIONAL.get(name)
    needs_array = name in _OF_AN_ARRAY or "." in name

    def call(*args: Any, **kwargs: Any) -> Any:
        check_keywords(what, kwargs, keywords)
        if maximum and len(args) > maximum:
            raise TypeError(f"{what} takes {maximum} arguments by position, the others by name")
        if needs_array and not isinstance(args[0], StrictArray):
            raise TypeError(f"{what} needs a device array, got a {_type_of(args[0])}")
        plain = tuple(unwrap_argument(value, what) for value in args)
        words = {key: unwrap_argument(value, what) for key, value in kwargs.items()}
        if check is not None:
            check(what, args, plain, words)
        if name in _WAITING:
            wait(f"{name}()")
        out = _out_of(name, args, kwargs)
        if out is not None:
            written(name, lambda: numpy_function(*plain, **words))
            return None if name in _WRITING else out
        return wrap(computed(name, numpy_function, plain, words), (*args, *kwargs.values()))

    call.__name__ = name
    return call


_WRITING = ("copyto", "put_along_axis")
_PLACES_OF_OUT = {"clip": 3, "dot": 2, "outer": 2}


def _out_of(name: str, args: Any, kwargs: Any) -> Any:
    """Return the array that a call writes into, or None if it returns a new one."""
    if name in _WRITING:
        return args[0]
    place = getattr(np, name).nin if name in _ELEMENTWISE else _PLACES_OF_OUT.get(name, len(args))
    out = args[place] if len(args) > place else kwargs.get("out")
    return out[0] if isinstance(out, tuple) else out


def _type_of(value: Any) -> str:
    return f"{type(value).__module__}.{type(value).__name__}"


def _checked_elementwise(what: str, args: Any, plain: Any, kwargs: Any) -> None:
    for value in args:
        unwrap(value, what)  # neither lists nor None
    inputs, out = plain, kwargs.get("out")
    if len(plain) > getattr(np, what.split(".")[1][:-2]).nin:
        *inputs, out = plain
    if isinstance(out, tuple):
        (out,) = out
    refuse_wider_scalars(inputs, what)
    if out is not None:
        shape = np.broadcast_shapes(*map(np.shape, inputs))
        if out.shape != shape:
            raise ValueError(f"{what} gives {shape}, but out is {out.shape}: CuPy rejects that")


def _checked_arrays(what: str, args: Any, plain: Any, kwargs: Any) -> None:
    """Check that all parts of a sequence, or both factors, are device arrays."""
    parts = args[0] if isinstance(args[0], list | tuple) else args[:2]
    for part in parts:
        if not isinstance(part, StrictArray):
            raise TypeError(f"{what} needs device arrays, got a {_type_of(part)}")


def _checked_copyto(what: str, args: Any, plain: Any, kwargs: Any) -> None:
    target, source = (unwrap(value, what) for value in args[:2])
    where = kwargs.get("where")
    if isinstance(source, np.ndarray) and where is None:
        refuse_overlap(target, source, what)
    if isinstance(where, np.ndarray) and where.dtype != bool:
        raise TypeError(f"{what} needs a where of type bool, got {where.dtype}")


def _checked_sort(what: str, args: Any, plain: Any, kwargs: Any) -> None:
    kind = plain[2] if len(plain) > 2 else kwargs.get("kind")
    if kind not in (None, "stable"):
        raise ValueError(f"{what} supports only kind stable, like CuPy, got {kind!r}")


def _checked_repeat(what: str, args: Any, plain: Any, kwargs: Any) -> None:
    if len(args) > 1 and isinstance(args[1], StrictArray):
        raise TypeError(f"{what} needs the numbers of repeats on the host, like CuPy")


def _checked_where(what: str, args: Any, plain: Any, kwargs: Any) -> None:
    if len(args) + len(kwargs) == 1:
        wait("where() with one argument")
    refuse_wider_scalars(plain, what)


_CHECKS: dict[str, Callable[..., Any]] = {
    **dict.fromkeys(("concatenate", "stack", "hstack", "vstack"), _checked_arrays),
    **dict.fromkeys(("dot", "inner", "matmul", "tensordot", "vdot"), _checked_arrays),
    "argsort": _checked_sort,
    "copyto": _checked_copyto,
    "repeat": _checked_repeat,
    "sort": _checked_sort,
    "where": _checked_where,
}


def _at(name: str) -> Callable[..., Any]:
    what = f"strict xp.{name}.at()"

    def at(a: StrictArray, indices: Any, b: Any = None) -> None:
        if not isinstance(a, StrictArray):
            raise TypeError(f"{what} got a {_type_of(a)}")
        if a.dtype.kind not in "fiu" or a.dtype.itemsize < 4:
            raise TypeError(f"{what} does not support {a.dtype}, like CuPy")
        values = (unwrap_argument(value, what) for value in (indices, b))
        arguments = (unwrap(a, what), *values)
        written(name, lambda: getattr(np, name).at(*arguments))

    return at


def _empty(numpy_function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function whose arrays are initially invalid, so that reading before writing is noticed."""

    def call(*args: Any, **kwargs: Any) -> StrictArray:
        result = numpy_function(*args, **kwargs)
        if result.dtype.kind == "f":
            result.fill(np.nan)
        return result

    return call


class StrictModule:
    """The strict device's ``xp``."""

    ndarray = StrictArray
    __name__ = "strict"
    empty: Callable[..., StrictArray]
    empty_like: Callable[..., StrictArray]

    def __init__(self) -> None:
        self.lib = SimpleNamespace(stride_tricks=SimpleNamespace())
        self.linalg = SimpleNamespace()
        for name in KEYWORDS:
            *folders, last = name.split(".")
            place: Any = self
            for folder in folders:
                place = getattr(place, folder)
            setattr(place, last, _function(name))
        for name, methods in UFUNC_METHODS.items():
            for method in methods:
                setattr(getattr(self, name), method, _at(name))
        for name in CONSTANTS.split():
            setattr(self, name, getattr(np, name))
        self.empty, self.empty_like = _empty(self.empty), _empty(self.empty_like)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"the strict device's xp has no {name!r}: CuPy lacks it, or no layer has needed it so far; "
            "use another function, or compute with numpy what is not an array"
        )

    def asarray(self, a: Any, dtype: Any = None) -> StrictArray:
        """Copy values to the device; a strict array of that dtype is returned as is."""
        if isinstance(a, StrictArray):
            return a if dtype is None or a.dtype == np.dtype(dtype) else a.astype(dtype)
        refuse_waiting("a copy from the host")
        return StrictArray(np.array(a, dtype=dtype))

    def array(self, obj: Any, dtype: Any = None) -> StrictArray:
        """Return a copy of the values on the device."""
        if isinstance(obj, StrictArray):
            return obj.copy() if dtype is None else obj.astype(dtype)
        refuse_waiting("a copy from the host")
        return StrictArray(np.array(obj, dtype))


class StrictDevice(Device):
    """The device of strict arrays; its generator returns the same numbers as that of the CPU."""

    def fill_uniform(self, out: StrictArray) -> None:
        """Fill ``out`` with numbers from U[0, 1)."""
        out[...] = self.asarray(self.rng.random(out.shape, dtype=out.dtype))

    def fetch(self, *arrays: Any) -> list[np.ndarray]:
        """Return copies of arrays on the host, with one wait for all of them."""
        if arrays:
            wait("fetch()")
        return [array.get(blocking=False) for array in arrays]


def strict_device(seed: int = 0) -> Device:
    """Return a device that rejects what a GPU would reject.

    NumPy functions reject its arrays, which do not mix with NumPy arrays, and ``xp`` lacks what
    CuPy lacks. Copy host values to the device with ``device.asarray`` and fetch them with
    ``device.to_host``. ``recorded_waits`` (in ``strict_array``) records where the host would wait for a GPU.
    """
    return StrictDevice("strict", StrictModule(), seed=seed)
