"""The latest points of a curve, at a constant cost per added point."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mycaffe_py.errors import SnapshotError
from mycaffe_py.stored import Stored

_PREFIX = "history_"
_UNKNOWN = ("truth", "prediction")
"""The columns with NaN, where nothing is known; a prediction may be infinite, too."""
_COLUMNS = ("x", "mask", "target", "tt", "position", "observed", "ahead", "truth", "prediction")


class History:
    """At most ``capacity`` points, oldest first, in buffers of twice that length.

    The points are one slice of each buffer, so reading them copies nothing. When the slice reaches
    the end of the buffers, it is moved to their front: once every ``capacity`` points. Columns: ``x``
    and ``mask`` (n, features), ``target`` (n, 1), and (n,) each ``tt``, ``position`` (x before any
    wrapping), ``observed`` (1 or 0), ``ahead`` (1 for future points, else 0), ``truth`` (the target, NaN
    where it is unknown) and ``prediction`` (NaN where there is none).
    """

    def __init__(self, capacity: int, features: int):
        self.capacity = capacity
        widths = {"x": (features,), "mask": (features,), "target": (1,)}
        self._columns = {name: np.zeros((2 * capacity, *widths.get(name, ()))) for name in _COLUMNS}
        self._x, self._mask, self._target, self._tt, *rest = self._columns.values()
        self._position, self._observed, self._ahead, self._truth, self._prediction = rest
        self.clear()

    def __len__(self) -> int:
        return self._end - self._begin

    def clear(self) -> None:
        """Remove all points."""
        self._begin = self._end = 0

    def append(
        self,
        *,
        x: tuple[float, ...],
        mask: tuple[float, ...],
        target: float,
        tt: float,
        position: float,
        observed: bool,
        ahead: bool = False,
        known: bool = True,
    ) -> None:
        """Add a point without a prediction; beyond ``capacity``, the oldest is dropped."""
        if self._end == 2 * self.capacity:
            self._move_to_front()
        end = self._end
        self._x[end] = x
        self._mask[end] = mask
        self._target[end, 0] = target
        self._tt[end] = tt
        self._position[end] = position
        self._observed[end] = observed
        self._ahead[end] = ahead
        self._truth[end] = target if known else np.nan
        self._prediction[end] = np.nan
        self._end = end + 1
        if self._end - self._begin > self.capacity:
            self._begin += 1

    def predict(self, prediction: float) -> None:
        """Set the prediction for the latest point."""
        self._prediction[self._end - 1] = prediction

    def observation(self) -> dict[str, np.ndarray]:
        """Return what a trainer sees, as views that are valid until the next :meth:`append`."""
        points = slice(self._begin, self._end)
        return {
            "x": self._x[points],
            "tt": self._tt[points],
            "mask": self._mask[points],
            "target": self._target[points],
        }

    def column(self, name: str) -> np.ndarray:
        """Return a copy of one column."""
        return self._columns[name][self._begin : self._end].copy()

    def state(self) -> dict[str, np.ndarray]:
        """Return every column by name."""
        return {_PREFIX + name: self.column(name) for name in self._columns}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned; SnapshotError if it does not fit."""
        stored = Stored(state, "gym")
        columns = {
            name: (stored.array if name in _UNKNOWN else stored.finite_array)(_PREFIX + name)
            for name in self._columns
        }
        if not columns["tt"].ndim:
            raise stored.wrong(f"{_PREFIX}tt", "a column")
        count = len(columns["tt"])
        for name, values in columns.items():
            expected = (count, *self._columns[name].shape[1:])
            if values.shape != expected or count > self.capacity:
                raise SnapshotError(
                    f"gym state: {_PREFIX}{name} has shape {values.shape}; with these settings "
                    f"it is {expected} with at most {self.capacity} points",
                    hint="curve_param.history or curve_param.input has changed since the snapshot",
                )
        for name, values in columns.items():
            self._columns[name][:count] = values
        self._begin, self._end = 0, count

    def _move_to_front(self) -> None:
        # capacity - 1 old points are enough: the next one is about to be added.
        keep = self.capacity - 1
        for column in self._columns.values():
            column[:keep] = column[self._end - keep : self._end]
        self._begin, self._end = 0, keep
