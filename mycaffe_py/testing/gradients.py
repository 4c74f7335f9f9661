"""Gradients of layers compared with differences, entry by entry: of one layer with its own shapes and settings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.layer.layer import Layer
from mycaffe_py.plugins.registry import Registry

from .differences import nearest_difference, slopes
from .gradient_contract import contract_fault
from .gradient_result import FAILED, KINK, NONE, OK, WRONG, LayerGradient
from .layers import _Check, _Run
from .same_draws import CheckDevice

TOLERANCE = 1e-3
"""The largest relative difference of a gradient that counts as right."""

_STEP = 1e-5
_KINK_STEP = 1e-7
_LOSS_DIFF = 1.75
"""What the diffs of losses are multiplied by: a layer that ignores them has the right gradient if they are 1."""
_SMALLEST = 1e-6
"""Derivatives below this, or below a thousandth of the blob's largest, are compared as if they were as large."""


class GradientCheck:
    """One layer on the CPU in float64, with random inputs."""

    def __init__(
        self,
        param: Any,
        shapes: Sequence[tuple[int, ...]],
        registry: Registry,
        phase: int,
        seed: int,
    ):
        rng = np.random.default_rng(seed)
        inputs = [rng.standard_normal(shape) for shape in shapes]
        check = _Check(param, inputs, registry, phase, seed, _STEP, TOLERANCE)
        self.run, self.rng = _Run(check, CheckDevice(), np.float64), rng
        self.layer: Layer = self.run.layer
        asked = [*param.propagate_down, *[True] * len(shapes)]
        self.flags = [self.layer.allow_force_backward(i) and asked[i] for i in range(len(shapes))]
        specs = [*self.layer.param.param, *[None] * len(self.layer.blobs)]
        self.learned = [
            spec is None or spec.lr_mult != 0
            for spec, _ in zip(specs, self.layer.blobs, strict=False)
        ]
        for blob, learned in zip(self.layer.blobs, self.learned, strict=True):
            if learned and not np.any(blob.data):  # where most gradients vanish
                blob.data[...] = 0.1 * rng.standard_normal(blob.shape)

    @property
    def top_shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the tops."""
        return [blob.shape for blob in self.run.top]

    def fill(self) -> None:
        """Fill the bottoms with numbers that suit the layer, else with normal ones.

        Bottoms without gradient get labels in a loss layer, and 0 or 1 in others (masks, indices).
        """
        shapes = [blob.shape for blob in self.run.bottom]
        own = [self._suitable(index, shapes) for index in range(len(shapes))]
        for blob, values in zip(self.run.bottom, own, strict=True):
            if values is not None:
                blob.data[...] = values
        whole = [i for i, flag in enumerate(self.flags) if not flag and own[i] is None]
        classes = shapes[0][1:2] if self.layer.is_loss else ()
        for highest in (*classes, 2, 1):
            for index in whole:
                self.run.bottom[index].data[...] = self.rng.integers(0, highest, shapes[index])
            try:
                self.run.forward()
                return
            except (MyCaffeError, IndexError):
                if highest == 1 or not whole:
                    raise

    def _suitable(self, index: int, shapes: Sequence[tuple[int, ...]]) -> np.ndarray | None:
        values = self.layer.trial_values(index, shapes, self.rng)
        form = self.layer.time_form(index)
        if values is not None or form is None:
            return values
        spans = self.rng.uniform(0.1, 1, shapes[index])
        return spans if form == "spans" else spans.cumsum(axis=min(1, spans.ndim - 1))

    def measure(self, entries: int) -> LayerGradient:
        """Compare up to ``entries`` derivatives of each blob."""
        result = LayerGradient(self.layer.name, self.layer.type)
        result.bottoms = [blob.shape for blob in self.run.bottom]
        result.parameters = sum(blob.count for blob in self.layer.blobs)
        if type(self.layer).backward is Layer.backward or not self.run.top:
            result.result = NONE
            return result
        if reason := self.layer.why_no_derivative():
            result.result, result.note = NONE, reason
            return result
        self.fill()
        blobs = [
            (f'bottom "{b.name}"', b)
            for b, on in zip(self.run.bottom, self.flags, strict=True)
            if on
        ]
        blobs += [
            (f'parameter "{name}"', blob)
            for name, blob, on in zip(
                self.layer.blob_names, self.layer.blobs, self.learned, strict=True
            )
            if on
        ]
        if not blobs or not sum(blob.count for _, blob in blobs):
            result.result = NONE
            return result
        self.weights = self._weights()
        if any(not np.array_equal(*pair, equal_nan=True) for pair in self._twice()):
            result.result, result.note = FAILED, "forward gives other outputs the second time"
            return result
        self.run.clear_diffs()
        self.run.backward(self.weights, self.flags)
        gradients = [np.array(blob.diff) for _, blob in blobs]
        kinks = 0
        for (name, blob), gradient in zip(blobs, gradients, strict=True):
            kinks += self._compare(name, blob.data, gradient, entries, result)
        if result.result == OK:
            fault = contract_fault(self.run, self.weights, self.flags, self.learned)
            if fault:
                result.result, result.note = WRONG, fault
        if not any(gradient.any() for gradient in gradients):
            result.note = result.note or "every derivative is 0 with these inputs"
        if kinks:
            where = f"{kinks} of {kinks + result.entries} derivatives were at kinks"
            result.note = f"{result.note}; {where}" if result.note else where
            if not result.entries:
                result.result = KINK
        return result

    def _twice(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        return zip(self.run.forward(), self.run.forward(), strict=True)

    def _weights(self) -> list[np.ndarray]:
        """Return the diffs of the tops; of a loss, the same one in all places of those with a loss weight."""
        outputs = self.run.forward()
        if not self.layer.is_loss:
            return [self.rng.uniform(0.5, 1.5, values.shape) for values in outputs]
        weights = zip(self.layer.loss_weights, outputs, strict=True)
        return [np.full(values.shape, _LOSS_DIFF * weight) for weight, values in weights]

    def _compare(
        self, name: str, data: Any, gradient: np.ndarray, entries: int, result: LayerGradient
    ) -> int:
        """Compare some derivatives of a blob; return how many were at kinks."""
        least = max(_SMALLEST, 1e-3 * float(np.nanmax(np.abs(gradient), initial=0.0)))
        kinks = 0
        for index in self._chosen(gradient, entries):
            here = float(gradient[index])

            def relative(other: float, here: float = here) -> float:
                return abs(here - other) / max(abs(here), abs(other), least)

            found = nearest_difference(
                self.run.forward,
                self.weights,
                data,
                index,
                here,
                lambda other: relative(other) <= TOLERANCE,  # noqa: B023
                _STEP,
            )
            off = relative(found)
            if not off <= TOLERANCE and self._is_kink(data, index, here, least):
                kinks += 1
                continue
            result.entries += 1
            if not math.isfinite(off):
                off = math.inf
            if result.difference is None or off > result.difference:
                result.difference = off
                if not off <= TOLERANCE:
                    place = ", ".join(map(str, index))
                    result.note = f"{name}[{place}]: backward {here:.6g}, differences {found:.6g}"
                    result.result = WRONG
        return kinks

    def _chosen(self, gradient: np.ndarray, entries: int) -> list[tuple[int, ...]]:
        """Return places to compare: half of them where the gradient is not zero, if there are any."""
        flat = np.flatnonzero(gradient)
        some = self.rng.choice(flat, min(entries // 2, flat.size), replace=False)
        others = self.rng.choice(gradient.size, min(entries, gradient.size), replace=False)
        chosen = list(dict.fromkeys([*some.tolist(), *others.tolist()]))[:entries]
        return [tuple(int(i) for i in np.unravel_index(at, gradient.shape)) for at in chosen]

    def _is_kink(self, data: Any, index: Any, here: float, least: float) -> bool:
        """Whether the function bends at a place, with ``here`` between the slopes of both sides."""
        left, right = slopes(self.run.forward, self.weights, data, index, _KINK_STEP)
        margin = TOLERANCE * max(abs(left), abs(right), least)
        low, high = min(left, right) - margin, max(left, right) + margin
        return abs(left - right) > 2 * margin and low <= here <= high
