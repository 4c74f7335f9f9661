"""The LTC cell's settings and learnable blobs, as the CFC and LTC_UNIT layers share them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.functions import sigmoid, softplus
from mycaffe_py.layer import Layer
from mycaffe_py.layer_settings import enum_name

from .wiring import Wiring, read_wiring

_MOST_UNFOLDS = 1000
_RANGES = ("gleak", "vleak", "cm", "w", "sigma", "mu", "sensory_w", "sensory_sigma", "sensory_mu")


@dataclass(frozen=True)
class LtcSettings:
    """What the cell computes."""

    hidden_size: int
    unfolds: int
    epsilon: float
    form: str
    positivity: str

    @classmethod
    def read(cls, layer: Layer, hidden_size: int) -> LtcSettings:
        """Read ``ltc_unit_param`` of a layer, or fail with the setting that is wrong."""
        param = layer.param.ltc_unit_param
        if param.ode_unfolds < 1:
            layer.fail(
                f"ode_unfolds must be at least 1, got {param.ode_unfolds}",
                field="ltc_unit_param.ode_unfolds",
            )
        if param.ode_unfolds > _MOST_UNFOLDS:
            layer.fail(
                f"ode_unfolds must be at most {_MOST_UNFOLDS}, got {param.ode_unfolds}",
                field="ltc_unit_param.ode_unfolds",
            )
        if not 0 <= param.epsilon < math.inf:
            layer.fail(
                f"epsilon must be 0 or more, got {param.epsilon:g}", field="ltc_unit_param.epsilon"
            )
        for name in _RANGES:
            _check_range(layer, param, name)
        return cls(
            hidden_size=hidden_size,
            unfolds=param.ode_unfolds,
            epsilon=param.epsilon,
            form=enum_name(param, "form"),
            positivity=enum_name(param, "positivity"),
        )


def _check_range(layer: Layer, param: Any, name: str) -> None:
    least, most = (getattr(param, f"{name}_init_{end}") for end in ("min", "max"))
    if not (math.isfinite(least) and math.isfinite(most) and least <= most):
        given = "min" if param.HasField(f"{name}_init_min") else "max"
        layer.fail(
            f"{name} starts between {name}_init_min, {least:g}, and {name}_init_max, {most:g}: the first "
            "must not be above the second, and both must be finite",
            field=f"ltc_unit_param.{name}_init_{given}",
        )


def _hidden_size(layer: Layer) -> tuple[int, str]:
    """Return the number of neurons that the settings give, 0 if they do not, and the field of it."""
    of_layer, of_unit = layer.param.cfc_param, layer.param.ltc_unit_param
    unit_size = of_unit.hidden_size if of_unit.HasField("hidden_size") else 0
    if not of_layer.HasField("hidden_size"):
        return unit_size, "ltc_unit_param.hidden_size"
    if unit_size and unit_size != of_layer.hidden_size:
        layer.fail(
            f"cfc_param.hidden_size is {of_layer.hidden_size}, but ltc_unit_param.hidden_size is "
            f"{unit_size}",
            field="cfc_param.hidden_size",
            hint="give one of them, or make them equal",
        )
    return of_layer.hidden_size, "cfc_param.hidden_size"


class Positive:
    """A blob that the cell uses in a form that is not negative, as ``positivity`` says, with a mask if there is one."""

    def __init__(self, blob: Blob, positivity: str, mask: Any = None):
        self.blob, self.positivity, self.mask = blob, positivity, mask
        self.shape, self.dtype, self.xp = blob.shape, blob.dtype, blob.device.xp
        self._slope: Any = None

    def clip(self) -> None:
        """Set negative values of the blob to 0 if ``positivity`` is CLIP."""
        if self.positivity == "CLIP":
            data = self.blob.data
            self.xp.maximum(data, 0.0, out=data)

    def used(self) -> Any:
        """Return what the cell computes with: softplus of the blob, or no negative values, or the blob itself."""
        xp, used = self.xp, self.blob.data
        if self.positivity == "CLIP":
            used = xp.maximum(used, 0.0)
        elif self.positivity == "SOFTPLUS":
            slope = self._slope = xp.empty_like(used)
            positive = softplus(xp, used, xp.empty_like(used), slope)
            sigmoid(xp, used, slope)
            used = positive
        return used if self.mask is None else used * self.mask

    def add_gradient(self, gradient: Any) -> None:
        """Add to the blob's diff the gradient of what the cell computed with; CLIP has the slope 1 everywhere."""
        if self.positivity == "SOFTPLUS":
            gradient = gradient * self._slope
        diff = self.blob.diff
        diff += gradient if self.mask is None else gradient * self.mask


@dataclass(frozen=True)
class SynapseBlobs:
    """Blobs (sources, targets) of the synapses between two groups of neurons."""

    sigma: Blob
    mu: Blob
    w: Positive
    erev: Blob


class LtcBlobs:
    """Adds the cell's blobs to a layer in MyCaffe's order.

    gleak, vleak, cm (H); sigma, mu, w, erev (H, H); sensory_sigma, sensory_mu, sensory_w, sensory_erev (I, H);
    input_w, input_b (I); in the form NCPS output_w, output_b, one for each motor neuron. A ``wiring`` (see
    :class:`Wiring`) says which synapses there are, and their first erev; without one there are all, and erev
    is 1 or -1 at random.
    """

    def __init__(
        self,
        layer: Layer,
        settings: LtcSettings,
        columns: int,
        prefix: str = "",
        wiring: Wiring | None = None,
    ):
        self._layer, self.settings, self._prefix = layer, settings, prefix
        size = settings.hidden_size
        self.motor_count = size if wiring is None else wiring.motor_count
        self.gleak = self._positive("gleak", (size,))
        self.vleak = self._uniform("vleak", (size,))
        self.cm = self._positive("cm", (size,))
        self.synapses = self._synapses("", (size, size), wiring and wiring.adjacency)
        self.sensory = self._synapses(
            "sensory_", (columns, size), wiring and wiring.sensory_adjacency
        )
        self.input_w = self._constant("input_w", columns, 1.0)
        self.input_b = self._constant("input_b", columns, 0.0)
        self.output: tuple[Blob, Blob] | None = None
        if settings.form == "NCPS":
            self.output = (
                self._constant("output_w", self.motor_count, 1.0),
                self._constant("output_b", self.motor_count, 0.0),
            )

    @classmethod
    def add(cls, layer: Layer, columns: int, prefix: str = "") -> LtcBlobs:
        """Add the blobs that a layer's settings ask for, for inputs of ``columns`` features.

        ``prefix`` goes before the blobs' names. Fails with the setting that is wrong.
        """
        size, field = _hidden_size(layer)
        wiring = None
        if layer.param.HasField("wiring_param"):
            wiring = read_wiring(layer, columns, size, field)
            size = wiring.units
        elif not size:
            size = layer.param.ltc_unit_param.hidden_size  # its default
        if size < 1:
            layer.fail(f"hidden_size must be at least 1, got {size}", field=field)
        return cls(layer, LtcSettings.read(layer, size), columns, prefix, wiring)

    @property
    def positive(self) -> list[Positive]:
        """The blobs that ``positivity`` is about."""
        return [self.gleak, self.cm, self.synapses.w, self.sensory.w]

    def _synapses(self, group: str, shape: tuple[int, int], adjacency: Any) -> SynapseBlobs:
        sigma = self._uniform(f"{group}sigma", shape)
        mu = self._uniform(f"{group}mu", shape)
        mask = None
        if adjacency is not None:
            mask = self._layer.device.asarray(np.abs(adjacency), dtype=self._layer.dtype)
        w = self._positive(f"{group}w", shape, mask)
        erev = self._add(f"{group}erev", shape)
        if not self._is_given():
            signs = adjacency
            if adjacency is None:
                signs = np.where(self._layer.device.rng.random(shape) < 0.5, -1.0, 1.0)
            erev.data[...] = self._layer.device.asarray(signs, dtype=self._layer.dtype)
        return SynapseBlobs(sigma, mu, w, erev)

    def _positive(self, name: str, shape: tuple[int, ...], mask: Any = None) -> Positive:
        return Positive(self._uniform(name, shape), self.settings.positivity, mask)

    def _uniform(self, name: str, shape: tuple[int, ...]) -> Blob:
        param = self._layer.param.ltc_unit_param
        least, most = (getattr(param, f"{name}_init_{end}") for end in ("min", "max"))
        return self._add(name, shape, type="uniform", min=least, max=most)

    def _constant(self, name: str, count: int, value: float) -> Blob:
        return self._add(name, (count,), type="constant", value=value)

    def _add(self, name: str, shape: tuple[int, ...], **filler: Any) -> Blob:
        schema = self._layer.context.registry.schema
        message = schema.new("FillerParameter", **filler) if filler else None
        return self._layer.add_blob(shape, message, f"{self._prefix}{name}")

    def _is_given(self) -> bool:
        """Whether the file itself held the values of the blob that was added last."""
        return len(self._layer.blobs) <= len(self._layer.param.blobs)
