"""Rolling metrics of predictions, and of the baseline that repeats the last target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mycaffe_py.errors import SnapshotError
from mycaffe_py.stored import Stored


class RollingFigures:
    """Accuracy and mean absolute error over the last ``window`` updates of ``batch`` predictions.

    A prediction is correct if its absolute error, the largest of its outputs, is below ``tolerance``. The baseline
    repeats the previous target: a net that does not beat it has learned nothing.
    """

    def __init__(self, window: int, tolerance: float, batch: int):
        self.window, self.tolerance, self.batch = window, tolerance, batch
        self._errors = np.zeros((2, window, batch))
        self.count = 0

    def add(self, prediction: np.ndarray, target: np.ndarray, last_target: np.ndarray) -> None:
        """Add one update; each array is (batch, outputs)."""
        row = self.count % self.window
        self._errors[0, row] = np.abs(prediction - target).max(axis=1)
        self._errors[1, row] = np.abs(last_target - target).max(axis=1)
        self.count += 1

    def figures(self) -> dict[str, float]:
        """Return the metrics by name; NaN before the first update."""
        rows = min(self.count, self.window)
        if not rows:
            return dict.fromkeys(_NAMES, float("nan"))
        seen = self._errors[:, :rows]
        accuracy = (seen < self.tolerance).mean(axis=(1, 2)).tolist()
        error = seen.mean(axis=(1, 2)).tolist()
        latest = float(self._errors[0, (self.count - 1) % self.window].mean())
        return dict(
            zip(_NAMES, (accuracy[0], accuracy[1], error[0], error[1], latest), strict=True)
        )

    def state(self) -> dict[str, Any]:
        """Return the changing state."""
        return {"errors": self._errors.copy(), "count": self.count}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned; SnapshotError if it does not fit the settings."""
        stored = Stored(state, "metrics")
        errors, count = stored.array("errors"), stored.whole("count")
        if errors.shape != self._errors.shape:
            raise SnapshotError(
                f"the state has metrics of (2, window, batch) = {errors.shape}; the settings expect "
                f"{self._errors.shape}",
                hint="accuracy_window or the batch has changed since the snapshot",
            )
        self._errors[...] = errors
        self.count = count


_NAMES = (
    "accuracy",
    "baseline_accuracy",
    "mean_abs_error",
    "baseline_mean_abs_error",
    "abs_error",
)
