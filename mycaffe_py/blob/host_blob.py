"""HostBlob: a GPU blob as the user sees it, with NumPy arrays that follow the device.

The arrays are ordinary memory. A *mirror* ties one to a device's array: what the user wrote is detected by
comparing it with what was last fetched, so it does not matter how it was written (slices, in-place
operators, ``out=``, other libraries). Code that works on the device calls :func:`send_writes` before, and
:func:`refresh_views` after values have changed; both return at once if no views are in use.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from mycaffe_py.showing import shows, shows_html

from .blob import Blob, BlobVec, assign, fetched
from .showing_blobs import blob_html


class HostArray(np.ndarray):
    """NumPy array that also accepts assignment from device arrays."""

    def __setitem__(self, key: Any, value: Any) -> None:
        super().__setitem__(key, fetched(value))

    def __array_wrap__(self, array: Any, *context: Any) -> Any:
        # Computed results are ordinary arrays and numbers; only ``out=`` keeps its type.
        return self if array is self else np.asarray(array)[()]


class _Mirror:
    """The host's copy of one flat device array.

    It is *held* from the moment the array is handed out until its changes are sent; after that it lives only
    as long as somebody keeps a view of it.
    """

    __slots__ = ("__weakref__", "_held", "_known", "_seen", "device", "flat")

    def __init__(self, device: Any, flat: Any):
        self.device, self.flat = device, flat
        self._held: np.ndarray | None = None
        self._known: Any = None
        self._seen: Callable[[], np.ndarray | None] = lambda: None

    def array(self) -> np.ndarray:
        """Return the host's array, with the device's current values unless the user has written to it."""
        if self._held is None:
            array = self._seen()
            if array is None:
                array = np.array(self.device.to_host(self.flat))
                self._known, self._seen = array.copy(), weakref.ref(array)
            elif not self._is_written(array):
                self.fetch()
            self._held = array
            _mirrors.add(self)
        return self._held

    def _is_written(self, array: np.ndarray) -> bool:
        bits = np.dtype(f"u{array.itemsize}")  # compares NaN as equal to itself
        return not np.array_equal(array.view(bits), self._known.view(bits))

    def fetch(self) -> None:
        """Copy the device's values into the array, if it still exists."""
        array = self._seen()
        if array is not None:
            array[...] = self.device.to_host(self.flat)
            self._known[...] = array

    def send(self) -> None:
        """Copy what was written to the device, and release the array."""
        array = self._seen()
        if array is not None and self._is_written(array):
            self.flat[...] = self.device.asarray(array)
            self._known[...] = array
        self._held = array = None
        if self._seen() is None:
            self._known = None
            _mirrors.discard(self)


_mirrors: weakref.WeakSet[_Mirror] = weakref.WeakSet()


def views_in_use() -> bool:
    """Whether anybody holds host arrays of a device's blobs."""
    return bool(_mirrors)


def send_writes() -> None:
    """Copy to the devices what users wrote into host arrays."""
    if _mirrors:
        for mirror in list(_mirrors):
            mirror.send()


def refresh_views() -> None:
    """Copy the devices' values into the host arrays that users still hold."""
    if _mirrors:
        for mirror in list(_mirrors):
            mirror.fetch()


class HostBlob:
    """View of a device blob whose ``data`` and ``diff`` are NumPy arrays on the host.

    Reading returns the device's current values; what is written reaches the device before the next layer runs.
    Everything else is delegated to ``blob``.
    """

    __slots__ = ("blob",)

    def __init__(self, blob: Blob):
        self.blob = blob

    def __reduce__(self) -> Any:
        send_writes()
        return HostBlob, (self.blob,)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.blob, name)

    @shows
    def __repr__(self) -> str:
        return f"Host{self.blob!r}"

    @shows_html
    def _repr_html_(self) -> str:
        return blob_html(self.blob)

    @property
    def data(self) -> np.ndarray:
        """The values; assignment copies values into them."""
        return self._array("data")

    @data.setter
    def data(self, values: Any) -> None:
        assign(self, self.data, values)

    @property
    def diff(self) -> np.ndarray:
        """The gradient, shaped like ``data``."""
        return self._array("diff")

    @diff.setter
    def diff(self, values: Any) -> None:
        assign(self, self.diff, values)

    def _array(self, part: str) -> np.ndarray:
        blob = self.blob
        storage = blob.storage(part)
        mirror = storage.mirror
        if mirror is None or mirror.flat is not storage.flat:
            mirror = storage.mirror = _Mirror(blob.device, storage.flat)
        return mirror.array()[: blob.count].reshape(blob.shape).view(HostArray)

    @property
    def _gpu_data_ptr(self) -> int:
        send_writes()
        return self.blob._gpu_data_ptr

    @property
    def _gpu_diff_ptr(self) -> int:
        send_writes()
        return self.blob._gpu_diff_ptr


def host_views(blobs: Iterable[Blob]) -> list[Any]:
    """Return the blobs as users see them: unchanged if on the host, else a HostBlob for each."""
    return [blob if blob.device.is_host else HostBlob(blob) for blob in blobs]


facing = host_views
"""The name that host_views had before 0.2."""


class HostLayer:
    """View of a device's layer for users: ``blobs`` are host views, everything else is delegated to the layer."""

    def __init__(self, layer: Any):
        object.__setattr__(self, "layer", layer)
        object.__setattr__(self, "blobs", BlobVec(layer.add_blob))
        self.blobs.extend(host_views(layer.blobs))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.layer, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.layer, name, value)

    @shows
    def __repr__(self) -> str:
        return repr(self.layer)
