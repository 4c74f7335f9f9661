"""ShortSpans: the check of a layer's time spans against the shortest one that its cell allows."""

from __future__ import annotations

from typing import Any
from weakref import proxy

import numpy as np

from mycaffe_py.layer import Layer


class ShortSpans:
    """Refuses time spans below ``min_span``, also NaN; at once on the CPU, later on a GPU (see DeferredChecks)."""

    def __init__(self, layer: Layer, name: str, min_span: float | None):
        self._layer, self._name, self._min_span = proxy(layer), name, min_span
        self._deferred = (
            layer.context.checks.add(layer, self._fail) if min_span is not None else None
        )

    def refuse(self, spans: Any) -> None:
        """Fail if any of the ``spans`` (steps, batch) is too short."""
        if self._min_span is None:
            return
        good = spans >= self._min_span
        if self._deferred is not None:
            self._deferred.note(self._layer.xp.logical_not(good.all()), spans)
        elif not good.all():
            self._fail(spans)

    def _fail(self, spans: Any) -> None:
        spans = self._layer.device.to_host(spans)
        short = ~(spans >= self._min_span)  # also true of NaN
        sample, step = np.argwhere(short.T)[0]
        self._layer.fail(
            f'bottom "{self._name}": the time span of sample {sample}, step {step} is {spans[step, sample]:g}, '
            f"expected at least {self._min_span:g}",
        )
