"""Sequences as an estimator sees them: values, what of them was observed, and the time spans between steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, DataError, ShapeError

from .arrays import column, floats, is_ragged, padded, place
from .spans import spans_of

RESHAPE = "Reshape your data: (N, T), (N, T, F), or a list of arrays (T_i, F)"


@dataclass(frozen=True)
class Sequences:
    """N sequences of up to T steps of F features.

    ``x`` (N, T, F) is NaN where nothing was observed; ``spans`` (N, T) are in the unit that was given, and 0 after a
    sequence's last observed step. ``columns`` is the width by which X is recognised: its features or, for X (N, T),
    its steps. ``names`` are those of a frame's columns, if they are words.
    """

    x: np.ndarray
    spans: np.ndarray
    columns: int
    is_table: bool
    names: tuple[str, ...] | None
    has_times: bool

    @property
    def observed(self) -> np.ndarray:
        """Whether a value was observed, (N, T, F)."""
        return ~np.isnan(self.x)

    def rows(self, chosen: np.ndarray) -> Sequences:
        """Return these sequences alone."""
        rest = (self.columns, self.is_table, self.names, self.has_times)
        return Sequences(self.x[chosen], self.spans[chosen], *rest)

    def __len__(self) -> int:
        return len(self.x)


def read_sequences(
    X: Any,
    times: Any = None,
    mask: Any = None,
    lengths: Any = None,
    *,
    time: str = "spans",
    time_column: int | None = None,
) -> Sequences:
    """Return the sequences of X (N, T, F), (N, T) or a list of (T_i, F), checked.

    ``times`` (N, T) are spans or absolute times, as ``time`` says, or stand in X's column ``time_column``; without
    any, each span is 1. A ``mask`` (N, T, F), (N, T, 1) or (N, T) of 0 and NaN in X mark what was not observed;
    ``lengths`` (N,) are the numbers of steps. Raises DataError or ShapeError, naming sample and step.
    """
    x, is_table, own_lengths = _values(X)
    count, steps, features = x.shape
    if own_lengths is not None and lengths is not None:
        raise ConfigError(
            "lengths is given, but X is a list, whose arrays have lengths of their own"
        )
    ends = own_lengths if lengths is None else _checked_lengths(lengths, count, steps)
    if time_column is not None:
        if times is not None:
            raise ConfigError("times are given twice: as times, and by time_column")
        x, times = _split_times(x, time_column, is_table)
    elif times is not None:
        times = _times(times, (count, steps), own_lengths)
    inside = np.ones((count, steps), bool) if ends is None else np.arange(steps) < ends[:, None]
    keep = inside[:, :, None]
    if mask is not None:
        keep = keep & _checked_mask(mask, x.shape, own_lengths, time_column)
    x = np.where(keep, x, np.nan)
    if np.isinf(x).any():
        sample, step, feature = place(np.isinf(x))
        raise DataError(
            f"X contains infinity: sample {sample}, step {step}, feature {feature}",
            hint="mark what was not observed by NaN",
        )
    spans = spans_of(times, ~np.isnan(x), time)
    names = _names(X)
    return Sequences(x, spans, steps if is_table else features, is_table, names, times is not None)


def _values(X: Any) -> tuple[np.ndarray, bool, np.ndarray | None]:
    if X is None or (isinstance(X, str | bytes | dict) and not hasattr(X, "toarray")):
        raise DataError(f"X must be an array of numbers, not {type(X).__name__}", hint=RESHAPE)
    if is_ragged(X):
        x, lengths = padded(X, "X", np.nan)
        array, is_table = x, False
    else:
        array, lengths = floats(X, "X"), None
        if array.ndim not in (2, 3):
            raise ShapeError(f"X is {array.shape}, expected (N, T) or (N, T, F)", hint=RESHAPE)
        is_table = array.ndim == 2
    if not len(array):
        raise DataError(f"X has 0 sample(s) (shape={array.shape}) while a minimum of 1 is required")
    if 0 in array.shape:
        what = "feature" if is_table or not array.shape[2] else "step"
        raise DataError(
            f"X has 0 {what}(s) (shape={array.shape}) while a minimum of 1 is required."
        )
    return array[:, :, None] if is_table else array, is_table, lengths


def _checked_lengths(lengths: Any, count: int, steps: int) -> np.ndarray:
    ends = column(lengths, "lengths", count)
    wrong = ~((ends >= 1) & (ends <= steps) & (ends == np.floor(ends)))
    if wrong.any():
        (sample,) = place(wrong)
        raise DataError(
            f"lengths[{sample}] is {ends[sample]:g}, expected a whole number from 1 to {steps}"
        )
    return ends


def _split_times(x: np.ndarray, at: int, is_table: bool) -> tuple[np.ndarray, np.ndarray]:
    width = x.shape[2]
    if is_table or width < 2:
        raise ShapeError(
            f"time_column {at} needs X of (N, T, F) with at least 2 features",
            hint="one of them holds the times",
        )
    if isinstance(at, bool) or not isinstance(at, int | np.integer) or not -width <= at < width:
        raise ConfigError(
            f"time_column must be a column of X from 0 to {width - 1}, not {at!r:.40}"
        )
    return np.delete(x, at, axis=2), x[:, :, at]


def _full(values: Any, what: str, filler: float, lengths: np.ndarray | None) -> np.ndarray:
    """Return what belongs to the steps of X as one array; a list has the lengths of the list X."""
    if not is_ragged(values):
        return floats(values, what)
    full, own = padded(values, what, filler)
    if lengths is not None and len(own) == len(lengths) and (own != lengths).any():
        (sample,) = place(own != lengths)
        raise ShapeError(f"{what}[{sample}] has {own[sample]} steps, X[{sample}] {lengths[sample]}")
    return full


def _times(times: Any, shape: tuple[int, int], lengths: np.ndarray | None) -> np.ndarray:
    given = _full(times, "times", np.nan, lengths)
    if given.shape == (*shape, 1):
        given = given[:, :, 0]
    if given.shape != shape:
        raise ShapeError(f"times is {given.shape}, expected {shape}: a time for each step of X")
    return given


def _checked_mask(
    mask: Any, shape: tuple[int, ...], lengths: np.ndarray | None, time_column: int | None
) -> np.ndarray:
    given = _full(mask, "mask", 0, lengths)
    if time_column is not None and given.shape == (*shape[:2], shape[2] + 1):
        given = np.delete(given, time_column, axis=2)
    if given.shape == shape[:2]:
        given = given[:, :, None]
    if given.shape not in (shape, (*shape[:2], 1)):
        raise ShapeError(f"mask is {given.shape}, expected {shape}, the shape of X")
    wrong = (given != 0) & (given != 1)
    if wrong.any():
        sample, step, feature = place(wrong)
        raise DataError(
            f"mask must hold 0 and 1, but sample {sample}, step {step}, feature {feature} is "
            f"{given[sample, step, feature]:g}"
        )
    return given == 1


def _names(X: Any) -> tuple[str, ...] | None:
    columns: Sequence[Any] = list(getattr(X, "columns", ()))
    if columns and all(isinstance(name, str) for name in columns):
        return tuple(columns)
    return None
