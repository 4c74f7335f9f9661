"""What the bottom tt of a CFC layer holds, and the time spans that the cell is given."""

from __future__ import annotations

import math
from typing import Any, NoReturn
from weakref import proxy

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer
from mycaffe_py.layer_settings import enum_name

from .absolute_times import AbsoluteTimes
from .cfc_inputs import observed_lengths
from .sequence_cell import LONGEST_SPAN


class TimeSpans:
    """Turns tt (N, T) into time spans (T, N) as ``cfc_param.time`` says, and gradients back.

    AS_GIVEN: span_t = tt_t, whatever the cell takes. SPANS: the same, and it must not be negative. ABSOLUTE:
    span_t = tt_t - tt_(t-1), which must not be negative, and span_0 = first_span. No span may be NaN or
    infinite. Each of these is an error that names sample and step, but for padding: steps that a mask leaves
    unobserved up to the end. There tt may hold anything, and a span that is not allowed counts as 0. Spans
    beyond +-LONGEST_SPAN count as +-LONGEST_SPAN.
    """

    def __init__(self, layer: Layer, least_span: float | None = None):
        """``least_span`` is the least one that the cell takes; None: any."""
        param = layer.param.cfc_param
        # A strong reference would keep the layer from being freed at once.
        self._layer, self.xp = proxy(layer), layer.xp
        self.form = enum_name(param, "time")
        self._least = -math.inf if least_span is None else least_span
        if self.form != "AS_GIVEN":
            self._least = max(self._least, 0.0)
        self._first = param.first_span
        if param.HasField("first_span"):
            self._check_first_span()
        self._absolute_times = AbsoluteTimes()
        self._watching = self.form == "SPANS"
        self._buffer: Any = None
        self._replaced: Any = None

    def _check_first_span(self) -> None:
        field = "cfc_param.first_span"
        if not (math.isfinite(self._first) and self._first >= 0):
            self._layer.fail(f"first_span must be 0 or more, got {self._first:g}", field=field)
        if self.form != "ABSOLUTE":
            self._layer.fail(
                f"first_span has no effect with time: {self.form}",
                field=field,
                hint="write time: ABSOLUTE, or leave first_span out: tt holds the first step's span",
            )

    @property
    def time_form(self) -> str | None:
        """``spans`` or ``absolute``; None for whatever it is."""
        return None if self.form == "AS_GIVEN" else self.form.lower()

    # Forward.

    def of(self, tt: Blob, mask: Any = None) -> Any:
        """Return the spans (T, N) of the blob ``tt``; ``mask`` (T, F, N) says what was observed.

        They may be tt's own memory, or a buffer that holds until the next call.
        """
        batch, steps = tt.shape[:2]
        times = tt.data.reshape(batch, steps).T
        spans = self._differences(times) if self.form == "ABSOLUTE" else times
        self._replaced = None
        least = max(self._least, -LONGEST_SPAN)
        # Not true of NaN either.
        if not ((spans >= least) & (spans <= LONGEST_SPAN)).all().item():
            spans = self._replace(tt, times, spans, mask)
        if self._watching:
            self._watch(tt, times, mask)
        return spans

    def _differences(self, times: Any) -> Any:
        if self._buffer is None or self._buffer.shape != times.shape:
            self._buffer = self.xp.empty(times.shape, dtype=times.dtype)
        self._buffer[0] = self._first
        # Too large for the type, or of padding; what is not finite is looked at next.
        with np.errstate(over="ignore", invalid="ignore"):
            self._buffer[1:] = times[1:] - times[:-1]
        return self._buffer

    def _replace(self, tt: Blob, times: Any, spans: Any, mask: Any) -> Any:
        """Return the spans with 0 for those of padding that are not allowed; fail if there are others."""
        device = self._layer.device
        host = device.to_host(spans)
        wrong = ~np.isfinite(host) | (host < self._least)
        real = np.arange(len(wrong))[:, None] < self._lengths(wrong.shape, mask)
        if (wrong & real).any():
            sample, step = (int(index) for index in np.argwhere((wrong & real).T)[0])
            self._fail(tt, device.to_host(times), sample, step, mask is not None)
        kept = np.where(wrong, 0, host).clip(-LONGEST_SPAN, LONGEST_SPAN)
        self._replaced = device.asarray(kept != host)
        return device.asarray(kept, dtype=spans.dtype)

    def _lengths(self, shape: tuple[int, ...], mask: Any) -> np.ndarray:
        """Return the steps of each sample up to the last observed one, (N,)."""
        steps, batch = shape
        if mask is None:
            return np.full(batch, steps)
        return observed_lengths(self._layer.device, mask)

    def _fail(self, tt: Blob, times: np.ndarray, sample: int, step: int, masked: bool) -> NoReturn:
        if step and not np.isfinite(times[step - 1, sample]):
            step -= 1  # a difference to what is not finite
        value, where = times[step, sample], f"sample {sample}, step {step}"
        blob = f'bottom "{tt.name}" {tt.shape}'
        if not np.isfinite(value):
            self._layer.fail(
                f"{blob}: {where} is {value}, expected a finite time",
                hint=None
                if masked
                else "with a mask, steps after the last observed one may hold anything",
            )
        if self.form == "AS_GIVEN":
            self._layer.fail(
                f'bottom "{tt.name}": the time span of {where} is {value:g}, expected at least '
                f"{self._least:g}"
            )
        if self.form == "SPANS":
            self._layer.fail(
                f"{blob}: the time span of {where} is {value:g}; with time: SPANS none may be negative",
                hint="if tt counts from some moment on, write cfc_param { time: ABSOLUTE }",
            )
        before = times[step - 1, sample]
        if value > before:
            self._layer.fail(f"{blob}: from {before:g} to {value:g} ({where}) is too far a step")
        self._layer.fail(
            f"{blob}: {where} is at {value:g}, before the step before it, {before:g}; with time: ABSOLUTE "
            "times must not decrease",
            hint="if tt holds the time since the step before, write cfc_param { time: SPANS }",
        )

    def _watch(self, tt: Blob, times: Any, mask: Any) -> None:
        """Warn, once, if what should be spans looks like times."""
        found = self._absolute_times.take(
            self._layer.device.to_host(times), self._lengths(times.shape, mask)
        )
        self._watching = not self._absolute_times.settled
        if found:
            self._layer.warn(
                f'bottom "{tt.name}" {tt.shape} looks like times, not like the spans that time: SPANS stands '
                "for: it never decreases from step to step, and it keeps growing; if it counts from some "
                "moment on, write cfc_param { time: ABSOLUTE }"
            )

    # Backward.

    def backward(self, gradient: Any, tt: Blob) -> None:
        """Write dL/dtt into the diff of ``tt``, from dL/d(spans) (T, N); where a span was replaced it is 0."""
        batch, steps = tt.shape[:2]
        diff = tt.diff.reshape(batch, steps).T
        if self._replaced is not None:
            gradient = self.xp.where(self._replaced, self.xp.zeros_like(gradient), gradient)
        diff[...] = gradient
        if self.form == "ABSOLUTE":
            diff[0] = 0
            diff[:-1] -= gradient[1:]
