"""From the bottom tt of a CFC layer to the time spans for its cell."""

from __future__ import annotations

import math
from typing import Any, NoReturn
from weakref import proxy

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, enum_name

from .absolute_times import AbsoluteTimes
from .cfc_inputs import observed_lengths, steps_beyond
from .sequence_cell import LONGEST_SPAN


class TimeSpans:
    """Converts tt (N, T) to time spans (T, N) according to ``cfc_param.time``, and gradients back.

    AS_GIVEN: span_t = tt_t, if the cell accepts it. SPANS: the same, and it must not be negative. ABSOLUTE:
    span_t = tt_t - tt_(t-1), which must not be negative, and span_0 = first_span. No span may be NaN or
    infinite. Violations are errors that name sample and step, except in padding: the steps after the last
    one that a mask marks as observed. There tt may be anything, and a span that is not allowed counts as 0. Spans
    beyond +-LONGEST_SPAN count as +-LONGEST_SPAN.
    """

    def __init__(self, layer: Layer, min_span: float | None = None):
        """``min_span`` is the smallest span that the cell accepts; None for any."""
        param = layer.param.cfc_param
        # A weak reference, so that the layer is freed at once.
        self._layer: Layer = proxy(layer)
        self.xp = layer.xp
        self.form = enum_name(param, "time")
        self._min_span = -math.inf if min_span is None else min_span
        if self.form != "AS_GIVEN":
            self._min_span = max(self._min_span, 0.0)
        self._first = param.first_span
        if param.HasField("first_span"):
            self._check_first_span()
        self._deferred = layer.context.checks.add(layer, self._fail_at_first)
        self._absolute_times = AbsoluteTimes()
        self._watching = self.form == "SPANS"
        self._buffer: Any = None
        self._replaced: Any = None

    def _check_first_span(self) -> None:
        field = "cfc_param.first_span"
        if not (math.isfinite(self._first) and self._first >= 0):
            self._layer.fail(f"first_span must be 0 or more, got {self._first:g}", field=field)

    @property
    def is_watching(self) -> bool:
        """Whether the next batch is still looked at on the host: do the spans look like absolute times?"""
        return self._watching

    @property
    def time_form(self) -> str | None:
        """``spans`` or ``absolute``; None if unknown."""
        return None if self.form == "AS_GIVEN" else self.form.lower()

    # Forward.

    def of(self, tt: Blob, mask: Any = None) -> Any:
        """Return the spans (T, N) of the blob ``tt``; ``mask`` (T, F, N) says what was observed.

        They may be tt's own memory, or a buffer that is valid until the next call.
        """
        batch, steps = tt.shape[:2]
        times = tt.data.reshape(batch, steps).T
        spans = self._differences(times) if self.form == "ABSOLUTE" else times
        self._replaced, self._tt = None, tt
        lowest = max(self._min_span, -LONGEST_SPAN)
        if self._deferred is not None:
            spans = self._replace_on_device(times, spans, mask)
        # Also false for NaN.
        elif not ((spans >= lowest) & (spans <= LONGEST_SPAN)).all().item():
            spans = self._replace(times, spans, mask)
        if self._watching:
            self._watch(tt, times, mask)
        return spans

    def _differences(self, times: Any) -> Any:
        if self._buffer is None or self._buffer.shape != times.shape:
            self._buffer = self.xp.empty(times.shape, dtype=times.dtype)
        self._buffer[0] = self._first
        # Overflow and padding give non-finite values, which are checked next.
        with np.errstate(over="ignore", invalid="ignore"):
            self._buffer[1:] = times[1:] - times[:-1]
        return self._buffer

    def _replace_on_device(self, times: Any, spans: Any, mask: Any) -> Any:
        """Do the same as :meth:`_replace`, always, so that the host need not ask whether there is anything to do."""
        xp = self.xp
        good = (spans >= self._min_span) & xp.isfinite(spans)
        noted = good if mask is None else good | steps_beyond(xp, mask)
        given = () if mask is None else (mask,)
        self._deferred.note(xp.logical_not(noted.all()), times, *given)  # type: ignore[union-attr]
        kept = xp.clip(xp.where(good, spans, self._zero(spans)), -LONGEST_SPAN, LONGEST_SPAN)
        self._replaced = kept != spans
        return kept

    def _zero(self, like: Any) -> Any:
        return self.xp.zeros((), dtype=like.dtype)

    def _replace(self, times: Any, spans: Any, mask: Any) -> Any:
        """Return the spans with 0 for invalid ones in padding; fail if there are others."""
        device = self._layer.device
        host = device.to_host(spans)
        wrong = ~np.isfinite(host) | (host < self._min_span)
        self._fail_if_real(wrong, times, mask)
        kept = np.where(wrong, 0, host).clip(-LONGEST_SPAN, LONGEST_SPAN)
        self._replaced = device.asarray(kept != host)
        return device.asarray(kept, dtype=spans.dtype)

    def _fail_if_real(self, wrong: np.ndarray, times: Any, mask: Any) -> None:
        """Fail at the first wrong span that is not in padding."""
        real = np.arange(len(wrong))[:, None] < self._lengths(wrong.shape, mask)
        if (wrong & real).any():
            sample, step = (int(index) for index in np.argwhere((wrong & real).T)[0])
            host = self._layer.device.to_host(times)
            self._fail(self._tt, host, sample, step, mask is not None)

    def _fail_at_first(self, times: Any, mask: Any = None) -> None:
        """Fail because of times that were noted on the device."""
        spans = self._differences(times) if self.form == "ABSOLUTE" else times
        host = self._layer.device.to_host(spans)
        self._fail_if_real(~np.isfinite(host) | (host < self._min_span), times, mask)

    def _lengths(self, shape: tuple[int, ...], mask: Any) -> np.ndarray:
        """Return the steps of each sample up to the last observed one, (N,)."""
        steps, batch = shape
        if mask is None:
            return np.full(batch, steps)
        return observed_lengths(self._layer.device, mask)

    def _fail(self, tt: Blob, times: np.ndarray, sample: int, step: int, masked: bool) -> NoReturn:
        if step and not np.isfinite(times[step - 1, sample]):
            step -= 1  # a difference from a non-finite time
        value, where = times[step, sample], f"sample {sample}, step {step}"
        blob = f'bottom "{tt.name}" {tt.shape}'
        if not np.isfinite(value):
            self._layer.fail(
                f"{blob}: {where} is {value}, expected a finite time",
                hint=None
                if masked
                else "with a mask, steps after the last observed one may have any time",
            )
        if self.form == "AS_GIVEN":
            self._layer.fail(
                f'bottom "{tt.name}": the time span of {where} is {value:g}, expected at least '
                f"{self._min_span:g}"
            )
        if self.form == "SPANS":
            self._layer.fail(
                f"{blob}: the time span of {where} is {value:g}; with time: SPANS, spans must not be negative",
                hint="if tt holds absolute times, write cfc_param { time: ABSOLUTE }",
            )
        before = times[step - 1, sample]
        if value > before:
            self._layer.fail(
                f"{blob}: the step from {before:g} to {value:g} ({where}) is too large"
            )
        self._layer.fail(
            f"{blob}: {where} is at {value:g}, before the previous step, {before:g}; with time: ABSOLUTE, "
            "times must not decrease",
            hint="if tt holds the time since the previous step, write cfc_param { time: SPANS }",
        )

    def _watch(self, tt: Blob, times: Any, mask: Any) -> None:
        """Warn, once, if the spans look like absolute times."""
        found = self._absolute_times.update(
            self._layer.device.to_host(times), self._lengths(times.shape, mask)
        )
        self._watching = not self._absolute_times.settled
        if found:
            self._layer.warn(
                f'bottom "{tt.name}" {tt.shape} looks like absolute times, not like the time spans of '
                "time: SPANS: it never decreases, and it grows from step to step; if it holds absolute times, "
                "write cfc_param { time: ABSOLUTE }"
            )

    # Backward.

    def backward(self, gradient: Any, tt: Blob) -> None:
        """Write dL/dtt into the diff of ``tt``, from dL/d(spans) (T, N); 0 where a span was replaced."""
        batch, steps = tt.shape[:2]
        diff = tt.diff.reshape(batch, steps).T
        if self._replaced is not None:
            gradient = self.xp.where(self._replaced, self.xp.zeros_like(gradient), gradient)
        diff[...] = gradient
        if self.form == "ABSOLUTE":
            diff[0] = 0
            diff[:-1] -= gradient[1:]
