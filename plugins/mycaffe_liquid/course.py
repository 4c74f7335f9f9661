"""Course: what a liquid layer makes of one sequence, as NumPy arrays for pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# Columns of very different width cannot be read: steps are counted then.
_WIDEST_OF_NARROWEST = 200


@dataclass(frozen=True)
class Course:
    """One sequence of T steps, from its first to its last observed step."""

    inputs: np.ndarray
    """(T, F), NaN where a value was not observed."""
    spans: np.ndarray
    """(T,) the time spans that the cell was given."""
    states: np.ndarray
    """(T, S) the state after each step."""
    outputs: np.ndarray
    """(T, O) what is read out of the state after each step."""
    input_name: str
    output_name: str
    in_time: bool
    """Whether ``spans`` are time spans; else nobody knows what they are, and steps are counted."""

    @property
    def edges(self) -> np.ndarray:
        """(T + 1,) where each step begins and ends on the axis of time, or of steps."""
        if not self.uses_time:
            return np.arange(len(self.spans) + 1) + 0.5
        widths = self.spans.astype(np.float64)
        if not widths[0]:
            widths[0] = np.median(widths[1:])
        return np.concatenate([[0.0], np.cumsum(widths)])

    @property
    def places(self) -> np.ndarray:
        """(T,) where each step's values stand on that axis."""
        return self.edges[1:] if self.uses_time else self.edges[1:] - 0.5

    @property
    def uses_time(self) -> bool:
        """Whether the axis is time."""
        later = self.spans[1:]
        if not self.in_time or not later.size or not (later > 0).all():
            return False
        return later.max() <= _WIDEST_OF_NARROWEST * later.min()

    @property
    def axis_label(self) -> str:
        """What the axis is."""
        return "time since the sequence began (units of tt)" if self.uses_time else "step"


def order_of(values: np.ndarray) -> np.ndarray:
    """Return an order of the columns of (T, n) in which those of similar course stand side by side.

    They are ordered by the angle between their first two principal components, cut where the gap is widest.
    """
    steps, count = values.shape
    moved = values - values.mean(axis=0)
    if steps < 3 or count < 3 or not moved.any():
        return np.argsort(values.mean(axis=0), kind="stable")
    moved = moved / np.maximum(moved.std(axis=0), 1e-12)
    _, strengths, components = np.linalg.svd(moved, full_matrices=False)
    angles = np.arctan2(strengths[1] * components[1], strengths[0] * components[0])
    order = np.argsort(angles, kind="stable")
    turn = np.append(angles[order], angles[order[0]] + 2 * np.pi)
    return np.roll(order, -(int(np.argmax(np.diff(turn))) + 1))


def most_active(values: np.ndarray, count: int) -> np.ndarray:
    """Return the ``count`` columns of (T, n) that move most, the most active one first."""
    return np.argsort(-values.std(axis=0), kind="stable")[:count]
