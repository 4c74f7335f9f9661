"""The LTC cell's settings and learnable blobs, shared by the layers CFC and LTC_UNIT."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.functions import sigmoid, softplus
from mycaffe_py.layer import Layer, enum_name

from .cfc_settings import hidden_size
from .wiring import Wiring, read_wiring
from .wiring_settings import MOST_NEURONS

_MAX_UNFOLDS = 1000
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
        """Read ``ltc_unit_param`` of a layer; fail, naming the setting, if one is invalid."""
        param = layer.param.ltc_unit_param
        if param.ode_unfolds < 1:
            layer.fail(
                f"ode_unfolds must be at least 1, got {param.ode_unfolds}",
                field="ltc_unit_param.ode_unfolds",
            )
        if param.ode_unfolds > _MAX_UNFOLDS:
            layer.fail(
                f"ode_unfolds must be at most {_MAX_UNFOLDS}, got {param.ode_unfolds}",
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
    low, high = (getattr(param, f"{name}_init_{end}") for end in ("min", "max"))
    if not (math.isfinite(low) and math.isfinite(high) and low <= high):
        given = "min" if param.HasField(f"{name}_init_min") else "max"
        layer.fail(
            f"{name} starts between {name}_init_min, {low:g}, and {name}_init_max, {high:g}: both "
            "must be finite, and min must not be above max",
            field=f"ltc_unit_param.{name}_init_{given}",
        )


def _hidden_size(layer: Layer) -> tuple[int, str]:
    """Return the number of neurons in the settings, and the field that sets it.

    With a wiring, which may have its own number, it is 0 if nothing is given.
    """
    param, unit = layer.param, layer.param.ltc_unit_param
    asked = hidden_size(layer, "ltc_unit_param") if unit.HasField("hidden_size") else 0
    if param.cfc_param.HasField("hidden_size"):
        return param.cfc_param.hidden_size, "cfc_param.hidden_size"
    if param.cfc_unit_param.HasField("hidden_size") and not unit.HasField("hidden_size"):
        layer.fail(
            "cfc_unit_param.hidden_size is for CfC cells only",
            field="cfc_unit_param.hidden_size",
            hint="give it in cfc_param, or in ltc_unit_param",
        )
    counts_itself = unit.HasField("hidden_size") or param.HasField("wiring_param")
    return asked if counts_itself else unit.hidden_size, "ltc_unit_param.hidden_size"


class Positive:
    """A blob that the cell uses in a non-negative form, according to ``positivity``, optionally masked."""

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
        """Return the values that the cell uses: softplus of the blob, the clipped blob, or the blob itself."""
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
        """Add the gradient of the used values to the blob's diff; CLIP has slope 1 everywhere."""
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


@dataclass(frozen=True)
class LtcBlobs:
    """A cell's blobs: gleak, vleak, cm (H), those of the synapses (H, H) and (I, H), input_w, input_b (I)."""

    settings: LtcSettings
    wiring: Wiring | None
    motor_count: int
    gleak: Positive
    vleak: Blob
    cm: Positive
    synapses: SynapseBlobs
    sensory: SynapseBlobs
    input_w: Blob
    input_b: Blob
    output: tuple[Blob, Blob] | None
    """output_w and output_b (motor_count) in the form NCPS."""

    @property
    def positive(self) -> list[Positive]:
        """The blobs to which ``positivity`` applies."""
        return [self.gleak, self.cm, self.synapses.w, self.sensory.w]


def add_ltc_blobs(layer: Layer, columns: int, prefix: str = "") -> LtcBlobs:
    """Add the blobs of a layer's LTC cell, for inputs of ``columns`` features.

    In MyCaffe's order: gleak, vleak, cm; sigma, mu, w, erev; the same of the inputs' synapses, sensory_sigma and so
    on; input_w, input_b; in the form NCPS output_w, output_b. ``prefix`` is put before the names. ``wiring_param``
    selects the synapses, and their initial erev; without it all are there, and erev is randomly 1 or -1.
    Fails, naming the setting, if one is invalid.
    """
    size, field = _hidden_size(layer)
    wiring = None
    if layer.param.HasField("wiring_param"):
        wiring = read_wiring(layer, columns, size, field)
        size = wiring.units
    elif size < 1:
        layer.fail(f"hidden_size must be at least 1, got {size}", field=field)
    elif size > MOST_NEURONS:
        layer.fail(f"an LTC cell has at most {MOST_NEURONS:,} neurons, got {size}", field=field)
    return _Adder(layer, LtcSettings.read(layer, size), prefix).add(columns, wiring)


class _Adder:
    def __init__(self, layer: Layer, settings: LtcSettings, prefix: str):
        self.layer, self.settings, self.prefix = layer, settings, prefix

    def add(self, columns: int, wiring: Wiring | None) -> LtcBlobs:
        size, adjacency, sensory = self.settings.hidden_size, None, None
        motors = size
        if wiring is not None:
            motors, adjacency = wiring.motor_count, wiring.adjacency
            sensory = wiring.sensory_adjacency
        # Evaluated in this order, the order of the blobs.
        return LtcBlobs(
            settings=self.settings,
            wiring=wiring,
            motor_count=motors,
            gleak=self.positive("gleak", (size,)),
            vleak=self.uniform("vleak", (size,)),
            cm=self.positive("cm", (size,)),
            synapses=self.synapses("", (size, size), adjacency),
            sensory=self.synapses("sensory_", (columns, size), sensory),
            input_w=self.constant("input_w", columns, 1.0),
            input_b=self.constant("input_b", columns, 0.0),
            output=(
                (self.constant("output_w", motors, 1.0), self.constant("output_b", motors, 0.0))
                if self.settings.form == "NCPS"
                else None
            ),
        )

    def synapses(self, group: str, shape: tuple[int, int], adjacency: Any) -> SynapseBlobs:
        device, dtype = self.layer.device, self.layer.dtype
        mask = None if adjacency is None else device.asarray(np.abs(adjacency), dtype=dtype)
        return SynapseBlobs(
            sigma=self.uniform(f"{group}sigma", shape),
            mu=self.uniform(f"{group}mu", shape),
            w=self.positive(f"{group}w", shape, mask),
            erev=self.polarities(f"{group}erev", shape, adjacency),
        )

    def polarities(self, name: str, shape: tuple[int, int], adjacency: Any) -> Blob:
        device, blob = self.layer.device, self.add_blob(name, shape)
        given = len(self.layer.blobs) <= len(self.layer.param.blobs)  # in the model file itself
        if not given and self.layer.context.fills(blob):
            signs = adjacency
            if adjacency is None:
                signs = np.where(device.rng.random(shape) < 0.5, -1.0, 1.0)
            blob.data[...] = device.asarray(signs, dtype=blob.dtype)
        return blob

    def positive(self, name: str, shape: tuple[int, ...], mask: Any = None) -> Positive:
        return Positive(self.uniform(name, shape), self.settings.positivity, mask)

    def uniform(self, name: str, shape: tuple[int, ...]) -> Blob:
        param = self.layer.param.ltc_unit_param
        low, high = (getattr(param, f"{name}_init_{end}") for end in ("min", "max"))
        return self.add_blob(name, shape, type="uniform", min=low, max=high)

    def constant(self, name: str, count: int, value: float) -> Blob:
        return self.add_blob(name, (count,), type="constant", value=value)

    def add_blob(self, name: str, shape: tuple[int, ...], **filler: Any) -> Blob:
        schema = self.layer.context.registry.schema
        message = schema.new("FillerParameter", **filler) if filler else None
        return self.layer.add_blob(shape, message, f"{self.prefix}{name}")
