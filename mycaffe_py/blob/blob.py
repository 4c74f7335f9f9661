"""Blob: an N-dimensional array with its gradient, Caffe's unit of data."""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from mycaffe_py.device.device import Array, Device, default_device
from mycaffe_py.device.memory_limits import in_words, out_of_memory, require_memory
from mycaffe_py.errors import ConfigError, DeviceError, ShapeError
from mycaffe_py.showing import one_line, shows, shows_html

from .showing_blobs import blob_html, values_text

MAX_AXES = 32
MAX_COUNT = 2**31 - 1


def canonical_axis(axis: int, num_axes: int, what: str = "axis") -> int:
    """Turn a possibly negative axis into one in [0, num_axes), or raise ShapeError."""
    if not -num_axes <= axis < num_axes:
        raise ShapeError(f"{what} {axis} is out of range for a blob of {num_axes} axes")
    return axis % num_axes


def check_shape(shape: Sequence[int], name: str = "") -> tuple[int, ...]:
    """Return ``shape`` as a tuple of ints, or raise ShapeError if no blob can have it."""
    label = f'blob "{name}"' if name else "a blob"
    given = tuple(shape)
    try:
        dims = tuple(int(dim) for dim in given)
        whole = all(dim == other for dim, other in zip(given, dims, strict=True))
    except (TypeError, ValueError, OverflowError):
        whole = False
    if not whole:
        raise ShapeError(f"{label} cannot have the shape {given!r}: dimensions must be integers")
    if len(dims) > MAX_AXES:
        raise ShapeError(f"{label} cannot have {len(dims)} axes: the maximum is {MAX_AXES}")
    if any(dim < 0 for dim in dims):
        raise ShapeError(f"{label} cannot have a negative dimension: {dims}")
    if math.prod(dim or 1 for dim in dims) > MAX_COUNT:
        raise ShapeError(f"{label} of shape {dims} has more than {MAX_COUNT} elements")
    return dims


class _Storage:
    """Flat array that only grows; a blob's ``data`` and ``diff`` are each a view of one.

    ``mirror`` is the host's copy of a device's array while someone uses it (see ``host_blob``).
    """

    __slots__ = ("buffer", "flat", "mirror", "start")

    def __init__(self, flat: Any = None, buffer: Any = None, start: int = 0):
        self.flat, self.buffer, self.start = flat, buffer, start
        self.mirror: Any = None


class Blob:
    """N-dimensional ``data`` with its gradient ``diff`` on one device; both are allocated when first needed.

    A shape without axes is a scalar with count 1; a dimension may be 0.
    """

    __slots__ = ("_data", "_data_view", "_diff", "_diff_view", "count", "device", "dtype", "name",
                 "shape")  # fmt: skip

    def __init__(
        self,
        shape: Sequence[int] = (),
        *,
        device: Device | None = None,
        dtype: Any = np.float32,
        name: str = "",
    ):
        self.device = device or default_device()
        self.dtype = np.dtype(dtype)
        self.name = name
        self._data, self._diff = _Storage(), _Storage()
        self._data_view: Array | None = None
        self._diff_view: Array | None = None
        self.shape = check_shape(shape, name)
        self.count = math.prod(self.shape)

    @shows
    def __repr__(self) -> str:
        parts = [repr(self.name), f"shape={self.shape}", self.dtype.name, self.device.name]
        return one_line("Blob", *parts, *filter(None, [values_text(self, "data")]))

    @shows_html
    def _repr_html_(self) -> str:
        return blob_html(self)

    def __reduce__(self) -> Any:
        # A copy of the values, for the default device of the process that unpickles them.
        parts = [
            None if storage.flat is None else self.device.to_host(getattr(self, part))
            for part, storage in (("data", self._data), ("diff", self._diff))
        ]
        return _restored, (self.shape, self.dtype.name, self.name, None, *parts)

    def __deepcopy__(self, memo: Any) -> Blob:
        parts = [
            None if storage.flat is None else getattr(self, part)
            for part, storage in (("data", self._data), ("diff", self._diff))
        ]
        return _restored(self.shape, self.dtype, self.name, self.device, *parts)

    @property
    def data(self) -> Array:
        """The values as a device array of the blob's shape; assignment copies values into it."""
        view = self._data_view
        if view is None:
            view = self._data_view = self._view(self._data)
        return view

    @data.setter
    def data(self, values: Any) -> None:
        assign(self, self.data, values)

    @property
    def diff(self) -> Array:
        """The gradient, shaped like ``data``."""
        view = self._diff_view
        if view is None:
            view = self._diff_view = self._view(self._diff)
        return view

    @diff.setter
    def diff(self, values: Any) -> None:
        assign(self, self.diff, values)

    def storage(self, part: str) -> _Storage:
        """Return the storage of ``data`` or ``diff``, allocated."""
        getattr(self, part)
        return self._data if part == "data" else self._diff

    def flat_arrays(self) -> list[Any]:
        """Return the arrays that hold ``data`` and ``diff``, as far as they are allocated."""
        return [part.flat for part in (self._data, self._diff) if part.flat is not None]

    def _view(self, storage: _Storage) -> Array:
        if storage.flat is None or storage.flat.size < self.count:
            if storage.buffer is not None:
                raise ShapeError(
                    f'blob "{self.name}" cannot grow to {self.shape}: it is part of the net\'s '
                    f"parameter buffer with room for {storage.flat.size} elements"
                )
            storage.flat = self._allocate()
        return storage.flat[: self.count].reshape(self.shape)

    def _allocate(self) -> Array:
        what, size = f'blob "{self.name}" {self.shape}', self.count * self.dtype.itemsize
        if self.device.is_host:
            require_memory(size, what)
        try:
            return self.device.xp.zeros(self.count, dtype=self.dtype)
        except MemoryError as error:
            raise out_of_memory(
                f"{what} needs {in_words(size)} of memory, more than is available"
            ) from error

    @property
    def storage_of_data(self) -> Any:
        """What holds ``data``, or will: the same object for blobs that share it."""
        return self._data

    @property
    def has_diff(self) -> bool:
        """Whether the gradient has been allocated yet."""
        return self._diff.flat is not None

    @property
    def num_axes(self) -> int:
        """Number of axes; 0 for a scalar."""
        return len(self.shape)

    def count_axes(self, start: int, end: int | None = None) -> int:
        """Product of the dimensions from axis ``start`` up to, not including, ``end``."""
        return math.prod(self.shape[start:end])

    def reshape(self, *shape: int | Sequence[int]) -> None:
        """Change the shape; storage is kept while it is large enough, else grown (and zeroed)."""
        dims: Any = shape
        if len(shape) == 1 and isinstance(shape[0], Iterable):
            dims = tuple(shape[0])
        if dims == self.shape:
            return
        self.shape = check_shape(dims, self.name)
        self.count = math.prod(self.shape)
        self._data_view = self._diff_view = None

    def reshape_like(self, other: Blob) -> None:
        """Change the shape to that of ``other``."""
        self.reshape(*other.shape)

    def share_data(self, other: Blob) -> None:
        """Use the data storage of ``other``, which must have as many elements."""
        self._require_count(other)
        self._data, self._data_view = other._data, None

    def share_diff(self, other: Blob) -> None:
        """Use the diff storage of ``other``, which must have as many elements."""
        self._require_count(other)
        self._diff, self._diff_view = other._diff, None

    def _require_count(self, other: Blob) -> None:
        if other.count != self.count or other.dtype != self.dtype:
            what = "counts" if other.count != self.count else "types"
            raise ShapeError(
                f'blob "{self.name}" {self.shape} {self.dtype} cannot share memory with '
                f'blob "{other.name}" {other.shape} {other.dtype}: the {what} differ'
            )

    def bind(self, data_buffer: Any, diff_buffer: Any, start: int) -> None:
        """Move into new flat buffers of zeros, at ``start``, keeping the current values."""
        part = slice(start, start + self.count)
        if self._data.flat is not None:  # else it has not been needed yet
            data_buffer[part] = self.data.reshape(-1)
        if self.has_diff:
            diff_buffer[part] = self.diff.reshape(-1)
        self._data = _Storage(data_buffer[part], data_buffer, start)
        self._diff = _Storage(diff_buffer[part], diff_buffer, start)
        self._data_view = self._diff_view = None

    def _legacy_dim(self, index: int) -> int:
        if self.num_axes > 4:
            raise ShapeError(
                f'blob "{self.name}" has {self.num_axes} axes; num, channels, height and width '
                "need at most 4"
            )
        return self.shape[index] if index < self.num_axes else 1

    @property
    def num(self) -> int:
        """Legacy name of dimension 0 (1 if absent)."""
        return self._legacy_dim(0)

    @property
    def channels(self) -> int:
        """Legacy name of dimension 1 (1 if absent)."""
        return self._legacy_dim(1)

    @property
    def height(self) -> int:
        """Legacy name of dimension 2 (1 if absent)."""
        return self._legacy_dim(2)

    @property
    def width(self) -> int:
        """Legacy name of dimension 3 (1 if absent)."""
        return self._legacy_dim(3)

    @property
    def _gpu_data_ptr(self) -> int:
        """Address of ``data`` on the GPU."""
        return self._address(self.data)

    @property
    def _gpu_diff_ptr(self) -> int:
        """Address of ``diff`` on the GPU."""
        return self._address(self.diff)

    def _address(self, array: Any) -> int:
        if not self.device.is_gpu:
            raise DeviceError(
                f'blob "{self.name}" has no GPU address: it is on device {self.device.name}'
            )
        return int(array.data.ptr)


def _restored(
    shape: Sequence[int], dtype: Any, name: str, device: Device | None, data: Any, diff: Any
) -> Blob:
    """Return a blob with copies of data and diff, if given."""
    blob = Blob(shape, device=device, dtype=dtype, name=name)
    if data is not None:
        blob.data[...] = blob.device.asarray(data)
    if diff is not None:
        blob.diff[...] = blob.device.asarray(diff)
    return blob


def fetched(values: Any) -> Any:
    """Return a device array as a NumPy array, and everything else unchanged."""
    is_device_array = hasattr(values, "get") and hasattr(values, "itemsize")
    return values.get() if is_device_array else values


def numbers(values: Any, what: str) -> Any:
    """Return ``values`` as an array, on whatever device, or raise ConfigError if they are not real numbers."""
    try:
        array = values if hasattr(values, "dtype") else np.asarray(values)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{what} cannot take these values: {error}") from None
    if array.dtype.kind not in "fiub":
        kind = array.dtype if array is values else type(values).__name__
        raise ConfigError(f"{what} takes an array of numbers, not {kind}")
    return array


def assign(blob: Any, place: Any, values: Any) -> None:
    """Copy ``values`` (from the host or the device, broadcast) into an array of ``blob``."""
    if values is place:  # the last step of ``blob.data *= 2``
        return
    values = numbers(values, f'blob "{blob.name}"')
    values = fetched(values) if isinstance(place, np.ndarray) else blob.device.asarray(values)
    try:
        place[...] = values
    except ValueError:
        raise ShapeError(
            f'blob "{blob.name}": cannot assign values of shape {values.shape}, its shape is {blob.shape}'
        ) from None


class BlobVec(list[Blob]):
    """List of a layer's learnable blobs, to which ``setup`` may also add by shape, as in pycaffe."""

    def __init__(self, add: Callable[[Sequence[int]], Any]):
        super().__init__()
        # A strong reference would keep layers, and nets, from being freed at once.
        self._add = weakref.WeakMethod(add)

    def __reduce__(self) -> Any:
        return list, (list(self),)  # a copy belongs to no layer

    def add_blob(self, *dims: int | Sequence[int]) -> None:
        """Append a blob of zeros with these dimensions."""
        given_as_one = len(dims) == 1 and not isinstance(dims[0], int | np.integer)
        add: Any = self._add()
        add(dims[0] if given_as_one else dims)
