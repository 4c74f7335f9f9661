"""The array type of the strict device (see ``strict``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from .strict_recording import computed, refuse_waiting, written

_NUMBERS = (bool, int, float, complex, np.generic)
_ATTRIBUTES = "dtype itemsize nbytes ndim shape size strides"
_BINARY = "add sub mul truediv floordiv mod pow matmul and or xor"
_OTHER_OPERATORS = "neg pos abs invert eq ne lt le gt ge"


def by_name(table: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """Expand a table of {names: keywords} to {name: keywords}."""
    return {name: tuple(words.split()) for names, words in table.items() for name in names.split()}


METHODS = by_name(
    {
        "all any max min": "axis out keepdims",
        "argmax argmin": "axis dtype out keepdims",
        "argsort sort": "axis kind",
        "astype": "dtype order copy",
        "clip": "min max out",
        "copy flatten ravel": "order",
        "cumprod cumsum": "axis dtype out",
        "dot": "out",
        "mean prod sum": "axis dtype out keepdims",
        "nonzero swapaxes tolist transpose": "",
        "repeat": "repeats axis",
        "reshape": "order copy",
        "squeeze": "axis",
        "std var": "axis dtype out ddof keepdims",
        "take": "indices axis out",
        "trace": "offset axis1 axis2 dtype out",
        "view": "dtype",
    }
)
"""The methods of an array with their keyword arguments, as CuPy 14 has them."""

_waits: list[str] | None = None
_widest: np.dtype | None = None


@contextmanager
def recorded_waits() -> Iterator[list[str]]:
    """Record descriptions of the places where the host would wait for a GPU's results."""
    global _waits
    before, _waits = _waits, []
    try:
        yield _waits
    finally:
        _waits = before


def wait(why: str) -> None:
    """Record that a GPU would have to finish its work now."""
    refuse_waiting(why)
    if _waits is not None:
        _waits.append(why)


@contextmanager
def no_wider_than(dtype: Any) -> Iterator[None]:
    """Reject arrays of a wider floating-point type than the net's: unnoticed widening is slow on a GPU.

    Single numbers may be wider.
    """
    global _widest
    before, _widest = _widest, np.dtype(dtype)
    try:
        yield
    finally:
        _widest = before


class StrictArray:
    """An array in ordinary memory that behaves like CuPy's where NumPy is more lenient.

    NumPy functions reject it and it does not mix with NumPy arrays. It is converted to a NumPy array
    only by ``get()`` and to a number only by ``item()``; reductions and indexing return arrays,
    possibly without axes.
    """

    # NumPy ufuncs then reject the array, and NumPy's operators defer to ours.
    __array_ufunc__ = None
    __hash__ = None  # type: ignore[assignment]
    __slots__ = ("_array",)

    if TYPE_CHECKING:  # what is installed below

        def __getattr__(self, name: str) -> Any: ...

    def __init__(self, array: np.ndarray):
        if array.dtype.kind not in "biufc" or array.dtype.itemsize > 16:
            raise TypeError(f"a strict array cannot hold {array.dtype}: CuPy's cannot")
        widest = array.dtype if _widest is None or array.dtype.kind != "f" else _widest
        if array.size > 1 and array.dtype.itemsize > widest.itemsize:
            raise TypeError(f"an array of shape {array.shape} is {array.dtype}, not {widest}")
        self._array = array

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        raise TypeError(
            "a strict array is not converted to a NumPy array implicitly: use device.to_host()"
        )

    def __array_function__(self, func: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise TypeError(
            f"a NumPy function was called on a device array: numpy.{func.__name__} got a strict array, "
            f"use xp.{func.__name__}"
        )

    def __float__(self) -> float:
        raise TypeError("a strict array is not converted to a number implicitly: use .item()")

    __int__ = __index__ = __bool__ = __complex__ = __float__

    def __repr__(self) -> str:
        return f"StrictArray({self._array!r})"

    def __len__(self) -> int:
        return len(self._array)

    def __iter__(self) -> Iterator[StrictArray]:
        if not self.ndim:
            raise TypeError("iteration over a strict array without axes")
        return (self[index] for index in range(len(self)))

    def __getitem__(self, key: Any) -> StrictArray:
        found = computed("[...]", np.ndarray.__getitem__, (self._array, _index(key)), {})
        return StrictArray(np.asarray(found))

    def __setitem__(self, key: Any, value: Any) -> None:
        index, value = _index(key), unwrap(value, "assignment into a strict array")

        def assign() -> None:
            if np.ndim(value):
                refuse_repeated(self._array, index, "assignment into a strict array")
                if not _has_arrays(index):
                    refuse_overlap(self._array[index], value, "assignment into a strict array")
            self._array[index] = value

        written("", assign)

    def get(
        self, stream: Any = None, out: np.ndarray | None = None, blocking: bool = True
    ) -> np.ndarray:
        """Return a copy as a NumPy array (``out``, if given), like CuPy's arrays."""
        refuse_waiting("a copy to the host")
        if blocking:
            wait("get()")
        if out is None:
            return self._array.copy()
        if out.shape != self.shape or out.dtype != self.dtype or not out.flags.c_contiguous:
            raise ValueError(
                "get() of a strict array: out must be a matching C-contiguous NumPy array"
            )
        out[...] = self._array
        return out

    def set(self, arr: np.ndarray, stream: Any = None) -> None:
        """Copy the values of a NumPy array of the same shape and dtype, like CuPy's arrays."""
        if not isinstance(arr, np.ndarray) or arr.shape != self.shape or arr.dtype != self.dtype:
            raise TypeError("set() of a strict array needs a NumPy array of its shape and dtype")
        refuse_waiting("a copy from the host")
        self._array[...] = arr

    def item(self) -> Any:
        """Return the only element as a Python number."""
        wait("item()")
        return self._array.item()

    def fill(self, value: Any) -> None:
        """Set every element."""
        if np.shape(unwrap(value, "fill() of a strict array")):
            raise ValueError("fill() of a strict array takes one value")
        self[...] = value

    @property
    def data(self) -> SimpleNamespace:
        """The memory: as in CuPy, its address is ``data.ptr``."""
        return SimpleNamespace(ptr=self._array.ctypes.data)

    @property
    def T(self) -> StrictArray:  # noqa: N802
        """The array with its axes reversed."""
        return StrictArray(self._array.T)

    @property
    def flags(self) -> SimpleNamespace:
        """The flags that CuPy's arrays have."""
        names = ("c_contiguous", "f_contiguous", "forc", "fnc", "owndata")
        return SimpleNamespace(**{name: getattr(self._array.flags, name) for name in names})


def unwrap(value: Any, what: str) -> Any:
    """Return the NumPy array inside a strict one, or a number unchanged; reject everything else."""
    if isinstance(value, StrictArray):
        return value._array
    if isinstance(value, _NUMBERS):
        return value
    raise TypeError(f"{what} got a {type(value).__module__}.{type(value).__name__}")


def unwrap_argument(value: Any, what: str) -> Any:
    """Return an argument for NumPy, also inside lists; reject NumPy arrays."""
    if isinstance(value, np.ndarray):
        raise TypeError(f"{what} got a numpy.ndarray: use device.asarray()")
    if isinstance(value, list | tuple):
        return type(value)(unwrap_argument(part, what) for part in value)
    return value._array if isinstance(value, StrictArray) else value


def wrap(value: Any, arguments: Sequence[Any] = ()) -> Any:
    """Return a NumPy result as strict arrays, including numbers.

    A result that is one of the ``arguments``, such as an output, is returned as that very object.
    """
    for argument in arguments:
        argument = argument[0] if isinstance(argument, tuple) and len(argument) == 1 else argument
        if isinstance(argument, StrictArray) and argument._array is value:
            return argument
    if isinstance(value, list | tuple):
        return type(value)(wrap(part) for part in value)
    return StrictArray(np.asarray(value)) if isinstance(value, (np.ndarray, *_NUMBERS)) else value


def refuse_overlap(target: np.ndarray, source: Any, what: str) -> None:
    """Reject an assignment that CuPy does as a plain memory copy, if source and target overlap."""
    plain = target.dtype == source.dtype and target.flags.c_contiguous
    same_place = target.__array_interface__["data"] == source.__array_interface__["data"]
    if plain and not same_place and np.may_share_memory(target, source):
        raise ValueError(f"{what} from memory that overlaps it: undefined on a GPU")


def refuse_repeated(array: np.ndarray, index: tuple[Any, ...], what: str) -> None:
    """Reject writing different values to a place that an index names twice: only in NumPy the last one wins."""
    if any(isinstance(part, np.ndarray | list) for part in index):
        places = np.arange(array.size).reshape(array.shape)[index]
        if len(np.unique(places)) < places.size:
            raise ValueError(f"{what} with repeated indices: undefined on a GPU (see xp.add.at)")


def refuse_wider_scalars(operands: Any, what: str) -> None:
    """Reject a NumPy number that makes a float32 array float64; Python's numbers do not."""
    arrays = [value.dtype for value in operands if isinstance(value, np.ndarray)]
    widest = max((dtype.itemsize for dtype in arrays if dtype.kind == "f"), default=0)
    for value in operands:
        if widest and isinstance(value, np.floating) and value.dtype.itemsize > widest:
            raise TypeError(
                f"{what} got a numpy.{value.dtype}, which makes the result {value.dtype}: use float()"
            )


def _has_arrays(index: tuple[Any, ...]) -> bool:
    return any(isinstance(part, np.ndarray | list) for part in index)


def _index(key: Any) -> tuple[Any, ...]:
    # With the Ellipsis NumPy returns a view, like CuPy, where it would return a number.
    parts = tuple(_index_part(part) for part in (key if isinstance(key, tuple) else (key,)))
    masks = [part for part in parts if isinstance(part, np.ndarray) and part.dtype == bool]
    if masks:
        wait("a boolean mask as index")
    if len(masks) > 1:
        raise IndexError("a strict array supports only one boolean mask, like CuPy's")
    return parts if any(part is Ellipsis for part in parts) else (*parts, Ellipsis)


def _index_part(part: Any) -> Any:
    if part is None or part is Ellipsis or isinstance(part, slice | list):
        return part
    return unwrap(part, "an index of a strict array")


def check_keywords(what: str, given: Any, known: tuple[str, ...]) -> None:
    """Reject keyword arguments that CuPy does not have."""
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise TypeError(f"{what} does not take {', '.join(unknown)}: CuPy does not")


def _install(name: str, method: Callable[..., Any]) -> None:
    method.__name__ = name
    setattr(StrictArray, name, method)


def _add_attribute(name: str) -> None:
    setattr(StrictArray, name, property(lambda self: getattr(self._array, name)))


def _add_method(name: str, keywords: tuple[str, ...]) -> None:
    what = f"strict array.{name}()"

    def call(self: StrictArray, *args: Any, **kwargs: Any) -> Any:
        check_keywords(what, kwargs, keywords)
        if name in ("nonzero", "tolist"):
            wait(f"{name}()")
        plain = tuple(unwrap_argument(value, what) for value in args)
        words = {key: unwrap_argument(value, what) for key, value in kwargs.items()}
        out = words.get("out")
        method = getattr(self._array, name)
        if out is not None:
            written(name, lambda: method(*plain, **words))
            return kwargs["out"]
        if name == "tolist":
            return method()
        function = getattr(np.ndarray, name)
        return wrap(computed(name, function, (self._array, *plain), words), (self, *args))

    _install(name, call)


def _add_operator(name: str, in_place: bool = False) -> None:
    what = f"{name} of a strict array"

    def call(self: StrictArray, *others: Any) -> Any:
        operands = [unwrap(other, what) for other in others]
        refuse_wider_scalars([self._array, *operands], what)
        if in_place:
            written(name.replace("__i", "__"), lambda: getattr(self._array, name)(*operands))
            return self
        function = getattr(np.ndarray, name)
        return wrap(computed(name, function, (self._array, *operands), {}))

    _install(name, call)


for _name in _ATTRIBUTES.split():
    _add_attribute(_name)
for _name, _words in METHODS.items():
    _add_method(_name, _words)
for _name in _BINARY.split():
    _add_operator(f"__{_name}__")
    _add_operator(f"__r{_name}__")
    _add_operator(f"__i{_name}__", in_place=True)
for _name in _OTHER_OPERATORS.split():
    _add_operator(f"__{_name}__")
