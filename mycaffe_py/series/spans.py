"""Time spans between the steps of sequences, from spans or absolute times."""

from __future__ import annotations

import warnings

import numpy as np

from mycaffe_py.errors import ConfigError, DataError, MyCaffeWarning

from .arrays import place

FORMS = ("spans", "absolute")
_LONG = 8
"""Steps from which a sequence of times can be judged."""


def spans_of(times: np.ndarray | None, observed: np.ndarray, form: str) -> np.ndarray:
    """Return the spans (N, T), 0 after each sequence's last observed step.

    ``times`` (N, T) or None, each span 1; ``observed`` (N, T, F). Absolute times give differences, 0 at the first
    step. Raises DataError for times that are no numbers, negative spans, and times that run backwards.
    """
    if form not in FORMS:
        raise ConfigError(f'time must be "spans" or "absolute", not {form!r:.40}', field="time")
    steps = np.arange(1, observed.shape[1] + 1)
    lengths = (observed.any(axis=2) * steps).max(axis=1)
    inside = steps <= lengths[:, None]
    if times is None:
        return inside.astype(np.float64)
    wrong = inside & ~np.isfinite(times)
    if wrong.any():
        sample, step = place(wrong)
        raise DataError(
            f"times: sample {sample}, step {step} is {times[sample, step]}, expected a finite time"
        )
    times = np.where(inside, times, 0.0)
    if form == "spans":
        _check_spans(times, inside)
        return times
    spans = np.zeros_like(times)
    spans[:, 1:] = np.where(inside[:, 1:], np.diff(times, axis=1), 0)
    if (spans < 0).any():
        sample, step = place(spans < 0)
        raise DataError(
            f"times: sample {sample}, step {step} is {times[sample, step]:.10g}, before the previous step, "
            f"{times[sample, step - 1]:.10g}; absolute times must not decrease",
            hint='if times are the time since the previous step, use time="spans"',
        )
    return spans


def _check_spans(times: np.ndarray, inside: np.ndarray) -> None:
    if (times < 0).any():
        sample, step = place(times < 0)
        raise DataError(
            f"times: sample {sample}, step {step} is {times[sample, step]:g}; spans must not be negative",
            hint='if times are those of the steps themselves, use time="absolute"',
        )
    long = times[inside.sum(axis=1) >= _LONG]
    within = inside[inside.sum(axis=1) >= _LONG]
    if len(long) >= 3 and ((np.diff(long, axis=1) > 0) | ~within[:, 1:]).all():
        warnings.warn(
            "times grow from step to step in every sequence, so they look like absolute times, not like the time "
            'since the previous step; if they are, use time="absolute"',
            MyCaffeWarning,
            stacklevel=2,
        )


def typical_span(spans: np.ndarray) -> float:
    """Return the median of the spans above 0, by which all are divided; 1 if there is none."""
    positive = spans[spans > 0]
    return float(np.median(positive)) if positive.size else 1.0
