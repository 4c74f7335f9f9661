"""The array type of the strict device (see ``strict``)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

_NUMBERS = (bool, int, float, complex, np.generic)
_ATTRIBUTES = "dtype flags itemsize nbytes ndim shape size strides"
_METHODS = (
    "all any argmax argmin astype clip copy cumsum dot flatten max mean min nonzero prod ravel "
    "repeat reshape squeeze std sum swapaxes take tolist trace transpose var view"
)
_BINARY = "add sub mul truediv floordiv mod pow matmul and or xor"
_OTHER_OPERATORS = "neg pos abs invert eq ne lt le gt ge"


class StrictArray:
    """An array in ordinary memory that behaves as CuPy's do where NumPy is more lenient.

    NumPy functions refuse it and it does not mix with NumPy arrays. It turns into a NumPy array
    only by ``get()`` and into a number only by ``item()``; reductions and indexing give arrays, of
    no axes where need be.
    """

    # NumPy ufuncs then refuse the array, and NumPy's operators leave the work to ours.
    __array_ufunc__ = None
    __hash__ = None
    __slots__ = ("_array",)

    def __init__(self, array: np.ndarray):
        self._array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise TypeError(
            "a strict array does not turn into a NumPy array by itself: use device.to_host()"
        )

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise TypeError(f"numpy.{func.__name__} got a strict array: use device.xp.{func.__name__}")

    def __float__(self) -> float:
        raise TypeError("a strict array does not turn into a number by itself: use .item()")

    __int__ = __index__ = __bool__ = __complex__ = __float__

    def __repr__(self) -> str:
        return f"StrictArray({self._array!r})"

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self):
        return (self[index] for index in range(len(self)))

    def __getitem__(self, key: Any) -> StrictArray:
        return StrictArray(np.asarray(self._array[_index(key)]))

    def __setitem__(self, key: Any, value: Any) -> None:
        self._array[_index(key)] = unwrap(value, "assignment into a strict array")

    def get(self) -> np.ndarray:
        """Return a copy as a NumPy array, as CuPy's arrays do."""
        return self._array.copy()

    def item(self, *index: int) -> Any:
        """Return one element as a Python number."""
        return self._array.item(*index)

    def fill(self, value: Any) -> None:
        """Set every element."""
        self[...] = value

    @property
    def T(self) -> StrictArray:  # noqa: N802
        """The array with its axes reversed."""
        return StrictArray(self._array.T)


def unwrap(value: Any, what: str) -> Any:
    """Return the NumPy array inside a strict one, or a number as it is; refuse all else."""
    if isinstance(value, StrictArray):
        return value._array
    if isinstance(value, _NUMBERS):
        return value
    raise TypeError(f"{what} got a {type(value).__module__}.{type(value).__name__}")


def unwrap_argument(value: Any, what: str) -> Any:
    """Return an argument for NumPy, also from within lists; refuse a NumPy array."""
    if isinstance(value, np.ndarray):
        raise TypeError(f"{what} got a numpy.ndarray: use device.asarray()")
    if isinstance(value, list | tuple):
        return type(value)(unwrap_argument(part, what) for part in value)
    return value._array if isinstance(value, StrictArray) else value


def wrap(value: Any, out: Any = None) -> Any:
    """Return a result of NumPy as strict arrays; ``out``, if given, is the result."""
    if out is not None:
        return out
    if isinstance(value, np.ndarray | np.generic):
        return StrictArray(np.asarray(value))
    if isinstance(value, list | tuple):
        return type(value)(wrap(part) for part in value)
    return value


def _index(key: Any) -> Any:
    # The Ellipsis makes NumPy give a view, as CuPy does, where it would give a number.
    parts = tuple(_index_part(part) for part in (key if isinstance(key, tuple) else (key,)))
    return parts if any(part is Ellipsis for part in parts) else (*parts, Ellipsis)


def _index_part(part: Any) -> Any:
    if part is None or part is Ellipsis or isinstance(part, slice | list):
        return part
    return unwrap(part, "an index of a strict array")


def _install(name: str, method: Callable) -> None:
    method.__name__ = name
    setattr(StrictArray, name, method)


def _add_attribute(name: str) -> None:
    setattr(StrictArray, name, property(lambda self: getattr(self._array, name)))


def _add_method(name: str) -> None:
    what = f"strict array.{name}()"

    def call(self: StrictArray, *args: Any, **kwargs: Any) -> Any:
        out = kwargs.get("out")
        args = tuple(unwrap_argument(value, what) for value in args)
        kwargs = {key: unwrap_argument(value, what) for key, value in kwargs.items()}
        return wrap(getattr(self._array, name)(*args, **kwargs), out)

    _install(name, call)


def _add_operator(name: str, in_place: bool = False) -> None:
    def call(self: StrictArray, *others: Any) -> Any:
        operands = [unwrap(other, f"{name} of a strict array") for other in others]
        result = getattr(self._array, name)(*operands)
        return self if in_place else wrap(result)

    _install(name, call)


for _name in _ATTRIBUTES.split():
    _add_attribute(_name)
for _name in _METHODS.split():
    _add_method(_name)
for _name in _BINARY.split():
    _add_operator(f"__{_name}__")
    _add_operator(f"__r{_name}__")
    _add_operator(f"__i{_name}__", in_place=True)
for _name in _OTHER_OPERATORS.split():
    _add_operator(f"__{_name}__")
