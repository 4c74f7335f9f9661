"""check_layer: check that a layer keeps Caffe's contract and has the right gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob.blob import Blob
from mycaffe_py.device.device import Device
from mycaffe_py.errors import ConfigError
from mycaffe_py.layer.cost import fault_of
from mycaffe_py.layer.layer import TIME_FORMS, TRAIN, Layer, LayerContext
from mycaffe_py.layer.results import refuse_result
from mycaffe_py.plugins.registry import Registry

from .blaming import blaming
from .differences import central_difference
from .same_draws import CheckDevice, CheckStrictDevice, HostDrawing
from .strict import strict_device
from .strict_array import no_wider_than
from .subjects import subject_of

FLOAT32_TOLERANCE = 1e-4
"""How far float32 may be from float64, relative to the larger of 1 and the value."""


def check_layer(
    layer: Any,
    settings: Any = "",
    bottoms: Sequence[Any] | None = None,
    *,
    registry: Registry | None = None,
    phase: int = TRAIN,
    propagate_down: Sequence[bool] | None = None,
    step: float = 1e-5,
    tolerance: float = 1e-6,
    seed: int = 0,
    skip_backward: bool = False,
    batch_axis: int | None = 0,
    device: Device | None = None,
    prepare: Callable[[Any], None] | None = None,
) -> None:
    """Raise AssertionError, naming layer, blob and index, if a layer violates its contract.

    ``layer`` is a Layer class, with its settings as prototxt text, or a LayerParameter, as text or as a
    message; without ``settings``, ``bottoms`` may be the second argument:
    ``check_layer(Gate, "gate_param { scale: 2 }", [(3, 4)])``, ``check_layer('type: "Gate"', [(3, 4)])``.
    A text may name the types of the default registry (see ``use_plugins``), and those of classes that the calling
    module has defined or imported. ``bottoms`` are arrays or shapes (tuples; then filled with random numbers).
    As many tops are created as ``layer`` lists, else
    as the type needs. In float64 it is checked that

    - forward gives the same result twice, also after a batch of another size (``batch_axis`` says
      which axis may change, None that none may);
    - backward agrees with central differences for every bottom in ``propagate_down`` (default: all
      that may have a gradient) and every learnable blob (not those whose ``lr_mult`` is 0);
    - backward ADDS to the diffs of learnable blobs, overwrites those of bottoms, and leaves alone
      those of bottoms whose propagate_down is False;
    - float32 gives the same within 1e-4, and so does working in place where the type allows it;
    - the layer runs on the strict device, which stands in for a GPU, with the same result, and in
      float32 makes no arrays of float64 there;
    - ``time_form``, ``cost`` and ``explain`` return what they should, the last on every device.

    Numbers drawn in ``forward`` come from ``device.fill_uniform``, restarted for each run. Keep
    ``bottoms`` small: each element costs two forward runs. ``skip_backward`` is for layers that
    have no gradient. ``device``, such as a GPU, is compared with the CPU as well. ``prepare`` is
    called with each instance of the layer once it is set up, to pass it what it needs.
    """
    if not isinstance(settings, str):
        settings, bottoms = "", settings
    message, registry = subject_of(layer, "layers", settings, registry)
    check = _Check(message, bottoms or (), registry, phase, seed, step, tolerance)
    check.prepare = prepare
    with blaming(check.say("")[:-2], check.layer_class):
        check.run(propagate_down, skip_backward, batch_axis)
        if device is not None:
            check.check_variant(f"on {device.name}", HostDrawing(device), np.float64, 1e-9)


class _Run:
    """One instance of the layer with its blobs, on one device, with one dtype."""

    def __init__(self, check: _Check, device: Device, dtype: Any, in_place: bool = False):
        self.device, self.seed = device, check.seed
        device.seed_generators(check.seed)
        context = LayerContext(check.registry, device, dtype, check.phase)
        self.layer = check.layer_class(check.param, context)
        self.bottom = []
        names = [*check.param.bottom, *(f"bottom{index}" for index in range(len(check.inputs)))]
        for name, values in zip(names, check.inputs, strict=False):
            self.bottom.append(Blob(values.shape, device=device, dtype=dtype, name=name))
        self.set_bottoms(check.inputs)
        names = check.param.top or [f"top{index}" for index in range(check.tops)]
        self.top = [Blob(device=device, dtype=dtype, name=name) for name in names]
        if in_place:
            self.top = list(self.bottom)
        self.layer.initialize(self.bottom, self.top)
        if check.prepare is not None:
            check.prepare(self.layer)

    def set_bottoms(self, inputs: Sequence[np.ndarray]) -> None:
        for blob, values in zip(self.bottom, inputs, strict=True):
            blob.reshape(values.shape)
            blob.data[...] = self.device.asarray(values, dtype=blob.dtype)

    def copy_blobs_from(self, other: _Run) -> None:
        for blob, source in zip(self.layer.blobs, other.layer.blobs, strict=True):
            values = other.device.to_host(source.data)
            blob.data[...] = self.device.asarray(values, dtype=blob.dtype)

    def forward(self) -> list[np.ndarray]:
        self.device.seed_generators(self.seed)
        self.layer.reshape(self.bottom, self.top)
        refuse_result(self.layer, "forward", self.layer.forward(self.bottom, self.top))
        return [self.host(blob.data) for blob in self.top]

    def backward(
        self, weights: Sequence[np.ndarray], flags: Sequence[bool], fill: float = np.nan
    ) -> list[np.ndarray]:
        """Return the bottoms' diffs, which are ``fill`` before the run."""
        for blob in self.bottom:
            blob.diff[...] = fill
        for blob, weight in zip(self.top, weights, strict=True):
            blob.diff[...] = self.device.asarray(weight, dtype=blob.dtype)
        returned = self.layer.backward(self.top, list(flags), self.bottom)
        refuse_result(self.layer, "backward", returned)
        return [self.host(blob.diff) for blob in self.bottom]

    def clear_diffs(self) -> None:
        for blob in self.layer.blobs:
            blob.diff[...] = 0

    def blob_diffs(self) -> list[np.ndarray]:
        return [self.host(blob.diff) for blob in self.layer.blobs]

    def host(self, array: Any) -> np.ndarray:
        return np.array(self.device.to_host(array), dtype=np.float64)


class _Check:
    prepare: Callable[[Any], None] | None = None

    def __init__(
        self,
        layer: Any,
        bottoms: Sequence[Any],
        registry: Registry,
        phase: int,
        seed: int,
        step: float,
        tolerance: float,
    ):
        self.registry, self.phase, self.seed = registry, phase, seed
        self.step, self.tolerance = step, tolerance
        if not hasattr(layer, "SerializeToString"):
            raise ConfigError(
                f"check_layer takes a layer's type or its prototxt text, not {type(layer).__name__}",
                hint="write check_layer('type: \"Gate\"', [(2, 3)])",
            )
        # Copied as bytes: the message may come from another registry, which has its own classes.
        self.param = registry.schema.message_class("LayerParameter").FromString(
            layer.SerializeToString()
        )
        self.param.name = self.param.name or self.param.type
        self.layer_class = registry.layers.find(self.param.type)
        self.rng = np.random.default_rng(seed)
        self.inputs = [
            self.rng.standard_normal(bottom)
            if isinstance(bottom, tuple) and all(isinstance(dim, int) for dim in bottom)
            else np.array(bottom, dtype=np.float64)
            for bottom in bottoms
        ]
        self.tops = len(self.param.top) or self._needed_tops()

    def _needed_tops(self) -> int:
        cls = self.layer_class
        if cls.equal_num_bottom_top_blobs:
            return len(self.inputs)
        if cls.exact_num_top_blobs is not None:
            return cls.exact_num_top_blobs
        return cls.min_top_blobs or 1

    def say(self, what: str) -> str:
        return f'layer "{self.param.name}" ({self.param.type}): {what}'

    def compare(
        self,
        what: str,
        names: Sequence[str],
        got: Sequence[np.ndarray],
        wanted: Sequence[np.ndarray],
        tolerance: float = 0.0,
    ) -> None:
        for name, left, right in zip(names, got, wanted, strict=True):
            if left.shape != right.shape:
                raise AssertionError(
                    self.say(f"{what}: {name} has shape {left.shape}, expected {right.shape}")
                )
            scale = np.maximum(1.0, np.maximum(np.abs(left), np.abs(right)))
            near = np.abs(left - right) <= tolerance * scale
            wrong = ~(near | (left == right) | (np.isnan(left) & np.isnan(right)))
            if wrong.any():
                index = tuple(int(i) for i in np.argwhere(wrong)[0])
                raise AssertionError(
                    self.say(
                        f"{what}: {name} at {index} is {float(left[index])!r}, "
                        f"expected {float(right[index])!r}"
                    )
                )

    def run(
        self, propagate_down: Sequence[bool] | None, skip_backward: bool, batch_axis: int | None
    ) -> None:
        run = self.reference = _Run(self, CheckDevice(), np.float64)
        specs = [*run.layer.param.param, *[None] * len(run.layer.blobs)]
        self.learned = [spec is None or spec.lr_mult != 0 for spec in specs]
        # Layers without a filler start at zero, where most gradients vanish.
        for blob, learned in zip(run.layer.blobs, self.learned, strict=False):
            if learned:
                blob.data[...] += 0.1 * self.rng.standard_normal(blob.shape)
        self.top_names = [f'top "{blob.name}"' for blob in run.top]
        self.bottom_names = [f'bottom "{blob.name}"' for blob in run.bottom]
        self.blob_names = [f'blob "{name}"' for name in run.layer.blob_names]
        self.outputs = run.forward()
        self.check_finite()
        self.weights = [self.rng.uniform(0.5, 1.5, values.shape) for values in self.outputs]
        self.compare("forward run twice", self.top_names, run.forward(), self.outputs)
        flags = [run.layer.allow_force_backward(index) for index in range(len(run.bottom))]
        if propagate_down is not None:
            flags = [bool(flag) for flag in propagate_down]
        self.flags, self.with_backward = flags, not skip_backward
        if batch_axis is not None and self.inputs:
            self.check_other_batch(batch_axis)
        if self.with_backward:
            self.check_gradient()
            self.check_overwriting()
            self.check_propagate_down()
        self.check_variant("float32", CheckDevice(), np.float32, FLOAT32_TOLERANCE)
        strict = CheckStrictDevice("strict", strict_device().xp)
        self.check_variant("on the strict device", strict, np.float64, 1e-10)
        with no_wider_than(np.float32):
            self.check_variant(
                "float32 on the strict device", strict, np.float32, FLOAT32_TOLERANCE
            )
        if self.can_work_in_place():
            self.check_variant("in place", CheckDevice(), np.float64, 1e-12, in_place=True)

    def check_finite(self) -> None:
        if not all(np.isfinite(values).all() for values in self.inputs):
            return
        for name, values in zip(self.top_names, self.outputs, strict=True):
            if not np.isfinite(values).all():
                index = tuple(int(i) for i in np.argwhere(~np.isfinite(values))[0])
                what = (
                    f"forward makes {float(values[index])} of finite numbers, in {name} at {index}"
                )
                raise AssertionError(self.say(what))

    def can_work_in_place(self) -> bool:
        if not self.layer_class.allows_in_place or not len(self.inputs) == self.tops == 1:
            return False
        return self.inputs[0].shape == self.outputs[0].shape

    def check_other_batch(self, axis: int) -> None:
        run = self.reference
        larger = [
            np.concatenate([values, values.take([0], axis)], axis) if values.ndim > axis else values
            for values in self.inputs
        ]
        run.set_bottoms(larger)
        outputs = run.forward()
        if self.with_backward:
            run.backward([np.ones_like(values) for values in outputs], self.flags)
            run.clear_diffs()
        run.set_bottoms(self.inputs)
        self.compare("forward after a larger batch", self.top_names, run.forward(), self.outputs)

    def numeric_gradient(self, data: np.ndarray) -> np.ndarray:
        gradient = np.empty(data.shape)
        for index in np.ndindex(data.shape):
            gradient[index] = central_difference(
                self.reference.forward, self.weights, data, index, self.step
            )
        return gradient

    def check_gradient(self) -> None:
        run = self.reference
        run.clear_diffs()
        self.bottom_diffs = run.backward(self.weights, self.flags)
        self.blob_diffs = run.blob_diffs()
        for index, flag in enumerate(self.flags):
            if flag:
                numeric = self.numeric_gradient(run.bottom[index].data)
                self._compare_gradient(self.bottom_names[index], self.bottom_diffs[index], numeric)
        for index, blob in enumerate(run.layer.blobs):
            if self.learned[index]:
                numeric = self.numeric_gradient(blob.data)
                self._compare_gradient(self.blob_names[index], self.blob_diffs[index], numeric)
        run.forward()

    def _compare_gradient(self, name: str, analytic: np.ndarray, numeric: np.ndarray) -> None:
        if np.isnan(analytic).any() and not np.isnan(numeric).any():
            raise AssertionError(
                self.say(f"backward leaves old values in (or makes NaN of) the diff of {name}")
            )
        what = "gradient by backward and by central differences"
        self.compare(what, [name], [analytic], [numeric], self.tolerance)

    def check_overwriting(self) -> None:
        """Check that backward adds to the diffs of blobs and overwrites those of bottoms."""
        run = self.reference
        start = [self.rng.standard_normal(blob.shape) for blob in run.layer.blobs]
        for blob, values in zip(run.layer.blobs, start, strict=True):
            blob.diff[...] = values
        again = run.backward(self.weights, self.flags, fill=7.0)
        chosen = [index for index, flag in enumerate(self.flags) if flag]
        self.compare(
            "backward must overwrite the diffs of bottoms",
            [self.bottom_names[index] for index in chosen],
            [again[index] for index in chosen],
            [self.bottom_diffs[index] for index in chosen],
            1e-12,
        )
        self.compare(
            "backward must add to the diffs of learnable blobs",
            self.blob_names,
            run.blob_diffs(),
            [old + new for old, new in zip(start, self.blob_diffs, strict=True)],
            1e-12,
        )
        run.clear_diffs()

    def check_propagate_down(self) -> None:
        run = self.reference
        for index in range(len(run.bottom)):
            # A bottom that shares its diff with a top has received it before backward runs.
            if any(np.shares_memory(run.bottom[index].diff, blob.diff) for blob in run.top):
                continue
            flags = [flag and other != index for other, flag in enumerate(self.flags)]
            diffs = run.backward(self.weights, flags, fill=7.0)
            self.compare(
                "backward must not touch a bottom whose propagate_down is False",
                [self.bottom_names[index]],
                [diffs[index]],
                [np.full(diffs[index].shape, 7.0)],
            )
        run.clear_diffs()

    def check_variant(
        self, what: str, device: Device, dtype: Any, tolerance: float, in_place: bool = False
    ) -> None:
        """Run forward and backward again in another way and compare."""
        run = _Run(self, device, dtype, in_place)
        run.copy_blobs_from(self.reference)
        run.set_bottoms(self.inputs)
        self.compare(f"forward {what}", self.top_names, run.forward(), self.outputs, tolerance)
        self.check_optional_methods(run)
        if not self.with_backward:
            return
        if type(run.layer).explain is not Layer.explain:
            run.forward()  # explain() may have made it necessary
        run.clear_diffs()
        diffs = run.backward(self.weights, self.flags)
        chosen = [index for index, flag in enumerate(self.flags) if flag]
        names = [self.bottom_names[index] for index in chosen] + self.blob_names
        got = [diffs[index] for index in chosen] + run.blob_diffs()
        wanted = [self.bottom_diffs[index] for index in chosen] + self.blob_diffs
        self.compare(f"backward {what}", names, got, wanted, tolerance)

    def check_optional_methods(self, run: _Run) -> None:
        """Check what ``time_form``, ``cost`` and ``explain`` return after a forward pass."""
        fault = fault_of(run.layer.cost(run.bottom, run.top, self.flags))
        if fault:
            raise AssertionError(self.say(fault))
        for index in range(len(run.bottom)):
            form = run.layer.time_form(index)
            if form not in TIME_FORMS:
                raise AssertionError(self.say(f"time_form({index}) is {form!r}, not {TIME_FORMS}"))
        pictures = run.layer.explain(run.bottom, run.top)
        right = isinstance(pictures, Mapping) and all(
            isinstance(name, str) and callable(draw) for name, draw in pictures.items()
        )
        if not right:
            raise AssertionError(
                self.say(f"explain() must return functions by name, not {pictures!r:.100}")
            )
