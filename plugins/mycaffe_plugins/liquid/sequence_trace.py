"""SequenceTrace: inputs, states and outputs of a liquid layer over one sequence, for pictures."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

# If the widths of the columns differ by more than this, the axis counts steps instead.
_MAX_WIDTH_RATIO = 200


@dataclass(frozen=True)
class SequenceTrace:
    """One sequence of T steps, from its first to its last observed step."""

    inputs: np.ndarray
    """(T, F), NaN where a value was not observed."""
    spans: np.ndarray
    """(T,) the time spans that the cell was given."""
    states: np.ndarray
    """(T, S) the state after each step."""
    outputs: np.ndarray
    """(T, O) the output read out of the state after each step."""
    input_name: str
    output_name: str
    in_time: bool
    """Whether ``spans`` are known to be time spans; if not, the axis counts steps."""

    @property
    def edges(self) -> np.ndarray:
        """(T + 1,) the boundaries of the steps on the axis, which is time or step numbers."""
        if not self.uses_time:
            return np.arange(len(self.spans) + 1) + 0.5
        widths = self.spans.astype(np.float64)
        if not widths[0]:
            widths[0] = np.median(widths[1:])
        return np.concatenate([[0.0], np.cumsum(widths)])

    @property
    def places(self) -> np.ndarray:
        """(T,) the positions of each step's values on that axis."""
        return self.edges[1:] if self.uses_time else self.edges[1:] - 0.5

    @property
    def uses_time(self) -> bool:
        """Whether the axis is time."""
        later = self.spans[1:]
        if not self.in_time or not later.size or not (later > 0).all():
            return False
        return later.max() <= _MAX_WIDTH_RATIO * later.min()

    @property
    def axis_label(self) -> str:
        """The label of the axis."""
        return "time since the sequence began (units of tt)" if self.uses_time else "step"


def order_of(values: np.ndarray) -> np.ndarray:
    """Return an order of the columns of (T, n) that puts those that move alike side by side.

    They are ordered by their angle in the plane of the first two principal components, cut at the widest gap.
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
    """Return the indices of the ``count`` columns of (T, n) that vary most, most active first."""
    return np.argsort(-values.std(axis=0), kind="stable")[:count]
