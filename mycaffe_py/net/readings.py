"""What the host reads of a net's latest pass: all of it in one go, so that it waits for a GPU once."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.blob.blob import Blob
from mycaffe_py.device.device import Device
from mycaffe_py.layer.deferred_checks import DeferredChecks

from .figures import summary_arrays
from .problems import note_layer

_MOST = 4096
"""Blobs of more elements are not fetched together with the others, but when they are asked for."""


class Readings:
    """The values of the latest pass on the host, fetched together when the first of them is asked for.

    They are the loss, the outcome of the layers' checks, the blobs that were asked for before, and arrays of others
    (:meth:`share`). On the CPU nothing is fetched: values are read where they are.
    """

    def __init__(self, device: Device, checks: DeferredChecks, phase: int):
        self.device, self._checks, self._phase = device, checks, phase
        self.losses: list[Any] = []
        """The weighted losses of the pass, arrays of one number each on the device."""
        self._blobs: dict[int, Blob] = {}
        self._shared: dict[str, Any] = {}
        self._values: dict[Any, np.ndarray] | None = None

    def begin_pass(self) -> None:
        """Forget the previous pass."""
        self._values = None

    def share(self, name: str, array: Any) -> None:
        """Fetch this device array, too, from now on: see :meth:`shared`."""
        self._shared[name] = array

    def loss(self) -> float:
        """Return the loss of the pass; raise the error of a layer whose inputs were wrong."""
        if self.device.is_host:
            return sum(loss.item() for loss in self.losses) if self.losses else 0.0
        self._fetch()
        return self._loss

    def shared(self, name: str) -> np.ndarray:
        """Return the values of an array of :meth:`share`."""
        return self._fetch()[name]

    def of(self, blob: Blob) -> np.ndarray:
        """Return a blob's values on the host: its own array on a CPU, not to be changed."""
        if self.device.is_host:
            return np.asarray(blob.data)
        if blob.count > _MOST:
            return self.device.fetch(blob.data)[0]
        values = self._fetch()
        if id(blob) not in self._blobs:
            self._blobs[id(blob)] = blob
            values[id(blob)] = self.device.fetch(blob.data)[0]
        return values[id(blob)]

    def summary(self, blob: Blob) -> list[np.ndarray]:
        """Return mean, minimum and maximum of a blob's values, computed on the device."""
        arrays = summary_arrays(self.device.xp, blob.data)
        if self.device.is_host:
            return arrays
        self._fetch()  # the layers' errors come first
        return self.device.fetch(*arrays)

    def _fetch(self) -> dict[Any, np.ndarray]:
        """Return the values of the pass, after waiting for the device unless that was done already."""
        if self._values is None:
            flags, losses, blobs = self._checks.flags, self.losses, list(self._blobs.values())
            arrays = [*flags, *losses, *(blob.data for blob in blobs), *self._shared.values()]
            found = self.device.fetch(*arrays)
            rest = found[len(flags) :]
            self._loss = sum((loss.item() for loss in rest[: len(losses)]), 0.0)
            keys = [*map(id, blobs), *self._shared]
            self._values = dict(zip(keys, rest[len(losses) :], strict=True))
            self._report(found[: len(flags)])
        return self._values

    def _report(self, flags: list[Any]) -> None:
        """Raise the error of a layer that found its inputs wrong, if one did."""
        try:
            self._checks.report(flags)
        except Exception as error:
            note_layer(error, self._checks.failed, "forward", self._phase)
            raise
