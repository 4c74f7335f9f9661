"""A device that stands in for a GPU where there is none.

Its arrays lie in ordinary memory, but behave as CuPy's do wherever code written for NumPy goes
wrong, and its ``xp`` has only those functions, with those arguments, that CuPy has.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from ..device import Device
from .strict_array import StrictArray, unwrap, unwrap_argument, wrap

_ELEMENTWISE = (
    "absolute abs add arccos arcsin arctan arctan2 cbrt ceil copysign cos cosh divide equal exp "
    "exp2 expm1 floor floor_divide fmax fmin fmod greater greater_equal heaviside hypot isfinite "
    "isinf isnan less less_equal log log10 log1p log2 logaddexp logical_and logical_not "
    "logical_or logical_xor maximum minimum mod multiply negative not_equal power reciprocal "
    "remainder rint sign signbit sin sinh sqrt square subtract tan tanh true_divide trunc"
)

_KEYWORDS = {
    # CuPy's ufuncs have no `where`, its reductions neither `where` nor `initial`.
    _ELEMENTWISE: "out dtype casting",
    "all any amax amin max min": "axis out keepdims",
    "mean prod sum": "axis dtype out keepdims",
    "std var": "axis dtype out ddof keepdims",
    "argmax argmin": "axis dtype out keepdims",
    "cumprod cumsum": "axis dtype out",
    "concatenate stack": "axis out dtype casting",
    "hstack vstack": "dtype casting",
    "argsort sort": "axis kind",
    "empty ones zeros": "shape dtype order",
    "full": "shape fill_value dtype order",
    "empty_like ones_like zeros_like": "dtype order shape",
    "full_like": "fill_value dtype order shape",
    "eye": "M k dtype order",
    "arange ascontiguousarray": "dtype",
    "array_split count_nonzero expand_dims flip repeat roll split squeeze take_along_axis": "axis",
    "bincount": "weights minlength",
    "broadcast_to inner moveaxis nonzero swapaxes tile tril triu vdot": "",
    "copy ravel": "order",
    "reshape": "order copy",
    "transpose": "axes",
    "array_equal": "equal_nan",
    "clip": "a_min a_max out",
    "copyto": "casting where",
    "dot outer": "out",
    "einsum": "dtype optimize",
    "matmul": "axes axis keepdims casting dtype order out",
    "take": "axis out",
    "tensordot": "axes",
    "where": "x y",
}
"""The keyword arguments of each function, as CuPy 14 has them."""

_WITH_AT = ("add", "maximum", "minimum")
"""The functions among these whose ``at`` CuPy has."""

_CONSTANTS = (
    "bool_ e float16 float32 float64 inf int8 int16 int32 int64 nan newaxis pi uint8 uint16 uint32 "
    "uint64"
)


def _function(name: str, keywords: set[str]) -> Callable:
    what = f"strict xp.{name}()"
    numpy_function = getattr(np, name)
    elementwise = name in _ELEMENTWISE.split()

    def call(*args: Any, **kwargs: Any) -> Any:
        unknown = set(kwargs) - keywords
        if unknown:
            raise TypeError(f"{what} does not take {', '.join(sorted(unknown))}: CuPy does not")
        out = kwargs.get("out")
        args = tuple(unwrap_argument(value, what) for value in args)
        kwargs = {key: unwrap_argument(value, what) for key, value in kwargs.items()}
        if elementwise and out is not None:
            shape = np.broadcast_shapes(*map(np.shape, args))
            if out.shape != shape:
                raise ValueError(f"{what} gives {shape}, but out is {out.shape}: CuPy refuses that")
        return wrap(numpy_function(*args, **kwargs), out)

    call.__name__ = name
    return call


def _at(name: str) -> Callable:
    what = f"strict xp.{name}.at()"

    def at(a: StrictArray, indices: Any, b: Any = None) -> None:
        if not isinstance(a, StrictArray):
            raise TypeError(f"{what} got a {type(a).__module__}.{type(a).__name__}")
        values = (unwrap_argument(value, what) for value in (indices, b))
        getattr(np, name).at(unwrap(a, what), *values)

    return at


def _as_strided(x: Any, shape: Any = None, strides: Any = None) -> StrictArray:
    if not isinstance(x, StrictArray):
        raise TypeError(f"strict xp as_strided() got a {type(x).__module__}.{type(x).__name__}")
    return StrictArray(np.lib.stride_tricks.as_strided(unwrap(x, "as_strided"), shape, strides))


class StrictModule:
    """What the strict device offers as ``xp``."""

    ndarray = StrictArray
    __name__ = "strict"
    lib = SimpleNamespace(stride_tricks=SimpleNamespace(as_strided=_as_strided))

    def __init__(self):
        for names, keywords in _KEYWORDS.items():
            for name in names.split():
                setattr(self, name, _function(name, set(keywords.split())))
        for name in _WITH_AT:
            getattr(self, name).at = _at(name)
        for name in _CONSTANTS.split():
            setattr(self, name, getattr(np, name))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"the strict device's xp has no {name!r}")

    def asarray(self, a: Any, dtype: Any = None) -> StrictArray:
        """Bring values to the device; a strict array of that type comes back as it is."""
        if isinstance(a, StrictArray):
            return a if dtype is None or a.dtype == np.dtype(dtype) else a.astype(dtype)
        return StrictArray(np.array(a, dtype=dtype))

    def array(self, obj: Any, dtype: Any = None) -> StrictArray:
        """Bring a copy of the values to the device."""
        return StrictArray(np.array(obj.get() if isinstance(obj, StrictArray) else obj, dtype))


class StrictDevice(Device):
    """The device of strict arrays; its generator gives the same numbers as that of the CPU."""

    def fill_uniform(self, out: StrictArray) -> None:
        """Fill ``out`` with numbers from U[0, 1)."""
        out[...] = self.asarray(self.rng.random(out.shape, dtype=out.dtype))


def strict_device(seed: int = 0) -> Device:
    """Return a device that refuses what a GPU would refuse.

    NumPy functions do not take its arrays, they do not mix with NumPy arrays, and ``xp`` lacks what
    CuPy lacks. Give host values to the device by ``device.asarray`` and fetch them by
    ``device.to_host``.
    """
    return StrictDevice("strict", StrictModule(), seed=seed)
