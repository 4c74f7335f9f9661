"""StackedBlobs: several blobs of a layer used as one matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .blob import Blob


class StackedBlobs:
    """Blobs stacked along axis 0.

    If they are adjacent in one buffer (see ``Layer.storage_order``) the stack is a view; otherwise,
    for instance when one of them is shared with another layer, each :meth:`data` gathers it again.
    """

    def __init__(self, blobs: Sequence[Blob]):
        self.blobs = list(blobs)
        rows = sum(blob.shape[0] for blob in blobs)
        self.shape = (rows, *blobs[0].shape[1:])
        self._single = self.blobs[0] if len(self.blobs) == 1 else None
        self._gathered: Any = None
        self._views: dict[str, tuple[Any, Any]] = {}

    def _view(self, part: str) -> Any:
        storages = [getattr(blob, part) for blob in self.blobs]
        kept, view = self._views.get(part, ((), None))
        if storages != kept:
            view = self._new_view(storages)
            # The place of a storage in a buffer does not change.
            self._views[part] = (storages if view is not None else (), view)
        return view

    def _new_view(self, storages: list[Any]) -> Any:
        first = storages[0]
        position = first.start
        for blob, storage in zip(self.blobs, storages, strict=True):
            if storage.buffer is None or storage.buffer is not first.buffer:
                return None
            if storage.start != position:
                return None
            position += blob.count
        return first.buffer[first.start : position].reshape(self.shape)

    def data(self) -> Any:
        """Return the stacked values: a view, or a gathered copy that is valid until the next call."""
        if self._single is not None:
            return self._single.data
        view = self._view("_data")
        if view is not None:
            return view
        if self._gathered is None:
            blob = self.blobs[0]
            self._gathered = blob.device.xp.empty(self.shape, dtype=blob.dtype)
        row = 0
        for blob in self.blobs:
            self._gathered[row : row + blob.shape[0]] = blob.data
            row += blob.shape[0]
        return self._gathered

    def diff(self) -> Any:
        """Return the stacked diffs as a view; None if they are not adjacent: then :meth:`add_diff` adds to them."""
        if self._single is not None:
            return self._single.diff
        for blob in self.blobs:
            _ = blob.diff  # allocated when first used
        return self._view("_diff")

    def add_diff(self, gradient: Any) -> None:
        """Add a stacked gradient to the blobs' diffs."""
        view = self._view("_diff") if self._single is None else self._single.diff
        if view is not None:
            view += gradient
            return
        row = 0
        for blob in self.blobs:
            diff = blob.diff
            diff += gradient[row : row + blob.shape[0]]
            row += blob.shape[0]


FusedBlobs = StackedBlobs
"""The name that StackedBlobs had before 0.2."""
