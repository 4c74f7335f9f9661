"""The CfC cell's settings and learnable blobs, shared by the layers CFC and CFC_UNIT."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mycaffe_py.functions import GELU, LeCun, ReLU, SiLU, TanH
from mycaffe_py.layer import Layer, enum_name, given_filler

ACTIVATIONS = {"SILU": SiLU, "RELU": ReLU, "TANH": TanH, "GELU": GELU, "LECUN": LeCun}

_MAX_LAYERS = 1000

# The heads in blob order, and in the order in which they are stacked into one matrix: the three that pass
# through tanh come first.
_HEADS = ("ff1", "ff2", "time_a", "time_b")
_STACKED_HEADS = ("ff1", "ff2", "time_b", "time_a")


@dataclass(frozen=True)
class CfcSettings:
    """What the cell computes; ``activation`` is a class of ``mycaffe_py.functions``."""

    hidden_size: int
    backbone_units: int
    backbone_layers: int
    activation: Any
    no_gate: bool
    minimal: bool
    dropout_ratio: float

    @classmethod
    def read(cls, layer: Layer, hidden_size: int, hidden_field: str) -> CfcSettings:
        """Read ``cfc_unit_param`` of a layer; fail, naming the setting, if one is invalid.

        A layer with a wiring has no backbone, regardless of the settings. Without one, units and dropout are not used.
        """
        param = layer.param.cfc_unit_param
        layers = 0 if layer.param.HasField("wiring_param") else param.backbone_layers
        if param.minimal and param.no_gate:
            layer.fail(
                "minimal and no_gate exclude each other",
                field="cfc_unit_param.minimal",
            )
        if hidden_size < 1:
            layer.fail(f"hidden_size must be at least 1, got {hidden_size}", field=hidden_field)
        if layers and param.backbone_units < 1:
            layer.fail(
                f"backbone_units must be at least 1, got {param.backbone_units}",
                field="cfc_unit_param.backbone_units",
            )
        if not 0 <= layers <= _MAX_LAYERS:
            limit = "at least 0" if layers < 0 else f"at most {_MAX_LAYERS}"
            layer.fail(
                f"backbone_layers must be {limit}, got {layers}",
                field="cfc_unit_param.backbone_layers",
            )
        ratio = param.backbone_dropout_ratio
        if not 0 <= ratio < 1:
            layer.fail(
                f"backbone_dropout_ratio must be at least 0 and below 1, got {ratio:g}",
                field="cfc_unit_param.backbone_dropout_ratio",
            )
        return cls(
            hidden_size=hidden_size,
            backbone_units=param.backbone_units,
            backbone_layers=layers,
            activation=ACTIVATIONS[enum_name(param, "backbone_activation")],
            no_gate=param.no_gate,
            minimal=param.minimal,
            dropout_ratio=ratio if layers else 0.0,
        )


def hidden_size(layer: Layer, unit_field: str) -> int:
    """Return the number of neurons from ``cfc_param`` or the cell's own settings; fail if they disagree."""
    layer_size = layer.param.cfc_param.hidden_size
    unit_size = getattr(layer.param, unit_field).hidden_size
    if layer_size and unit_size and layer_size != unit_size:
        layer.fail(
            f"cfc_param.hidden_size is {layer_size}, but {unit_field}.hidden_size is {unit_size}",
            field="cfc_param.hidden_size",
            hint="give one of them, or make them equal",
        )
    return layer_size or unit_size


def weight_filler(layer: Layer) -> Any:
    """Return the filler of a cell's weights: from ``cfc_unit_param``, or xavier."""
    given = given_filler(layer.param.cfc_unit_param, "weight_filler")
    return given or layer.context.registry.schema.new("FillerParameter", type="xavier")


def add_linear(layer: Layer, name: str, rows: int, columns: int) -> int:
    """Add a weight (rows, columns) and a bias (rows) to a layer; return the weight's index in ``blobs``.

    The fillers are those of ``cfc_unit_param``, or xavier and constant 0.1.
    """
    index = len(layer.blobs)
    bias_filler = given_filler(layer.param.cfc_unit_param, "bias_filler", 0.1)
    layer.add_blob((rows, columns), weight_filler(layer), f"{name}.weight")
    layer.add_blob((rows,), bias_filler, f"{name}.bias")
    return index


class CfcBlobs:
    """Adds a CfC cell's blobs to a layer in MyCaffe's order, and knows the index of each."""

    def __init__(self, layer: Layer, settings: CfcSettings, input_columns: int, prefix: str = ""):
        first = len(layer.blobs)
        size, units = settings.hidden_size, settings.backbone_units
        columns = input_columns + size
        self.backbone = []
        for index in range(settings.backbone_layers):
            self.backbone.append(add_linear(layer, f"{prefix}bb_{index}", units, columns))
            columns = units
        before_heads = range(first, len(layer.blobs))
        names, stacked = (("ff1",),) * 2 if settings.minimal else (_HEADS, _STACKED_HEADS)
        heads = {name: add_linear(layer, f"{prefix}{name}", size, columns) for name in names}
        self.heads = [heads[name] for name in stacked]
        """The index of each head's weight, in the order in which they are stacked into one matrix."""
        self.solution = len(layer.blobs)
        """Index of the minimal cell's w_tau; A follows."""
        if settings.minimal:
            # Started at 0, as by the authors, w_tau would never change: |w| has no slope there.
            layer.add_blob((1, size), weight_filler(layer), f"{prefix}w_tau")
            one = layer.context.registry.schema.new("FillerParameter", type="constant", value=1)
            layer.add_blob((1, size), one, f"{prefix}A")
        self.storage_order = [
            *before_heads,
            *self.heads,
            *(index + 1 for index in self.heads),
            *range(self.solution, len(layer.blobs)),
        ]
        """The order of the blobs in the parameter buffer: the heads' weights side by side, then their biases."""
