"""The CfC cell's settings and learnable blobs, as the CFC and CFC_UNIT layers share them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mycaffe_py.functions import GELU, LeCun, ReLU, SiLU, TanH
from mycaffe_py.layer import Layer
from mycaffe_py.layer_settings import given_filler

ACTIVATIONS = {"SILU": SiLU, "RELU": ReLU, "TANH": TanH, "GELU": GELU, "LECUN": LeCun}

_MOST_LAYERS = 1000

# The heads in blob order, and in the order in which they are stacked into one matrix: the three that
# pass through tanh come first.
HEADS = ("ff1", "ff2", "time_a", "time_b")
STACKED_HEADS = ("ff1", "ff2", "time_b", "time_a")


@dataclass(frozen=True)
class CfcSettings:
    """What the cell computes; ``activation`` is a class of ``mycaffe_py.functions``."""

    hidden_size: int
    backbone_units: int
    backbone_layers: int
    activation: Any
    no_gate: bool
    dropout_ratio: float

    @classmethod
    def read(cls, layer: Layer, hidden_size: int, hidden_field: str) -> CfcSettings:
        """Read ``cfc_unit_param`` of a layer, or fail with the setting that is wrong."""
        param = layer.param.cfc_unit_param
        if param.minimal:
            layer.fail(
                "the minimal cell is not offered by this version",
                field="cfc_unit_param.minimal",
                hint="leave minimal out for the gated cell, or set no_gate",
            )
        for name, value, field in (
            ("hidden_size", hidden_size, hidden_field),
            ("backbone_units", param.backbone_units, "cfc_unit_param.backbone_units"),
            ("backbone_layers", param.backbone_layers, "cfc_unit_param.backbone_layers"),
        ):
            if value < 1:
                layer.fail(f"{name} must be at least 1, got {value}", field=field)
        if param.backbone_layers > _MOST_LAYERS:
            layer.fail(
                f"backbone_layers must be at most {_MOST_LAYERS}, got {param.backbone_layers}",
                field="cfc_unit_param.backbone_layers",
            )
        ratio = param.backbone_dropout_ratio
        if not 0 <= ratio < 1:
            layer.fail(
                f"backbone_dropout_ratio must be at least 0 and below 1, got {ratio:g}",
                field="cfc_unit_param.backbone_dropout_ratio",
            )
        enum = param.DESCRIPTOR.fields_by_name["backbone_activation"].enum_type
        name = enum.values_by_number[param.backbone_activation].name
        return cls(
            hidden_size=hidden_size,
            backbone_units=param.backbone_units,
            backbone_layers=param.backbone_layers,
            activation=ACTIVATIONS[name],
            no_gate=param.no_gate,
            dropout_ratio=ratio,
        )


def refuse_ltc(layer: Layer) -> None:
    """Fail if ``cfc_param`` asks for LTC cells, or if there are settings of no other cell.

    MyCaffe writes the settings of both cells, beside ``cell_type: CFC``.
    """
    param = layer.param
    enum = param.cfc_param.DESCRIPTOR.fields_by_name["cell_type"].enum_type
    asked = param.cfc_param.cell_type == enum.values_by_name["LTC"].number
    says_cfc = param.cfc_param.HasField("cell_type") or param.HasField("cfc_unit_param")
    if asked or (param.HasField("ltc_unit_param") and not says_cfc):
        layer.fail(
            "LTC cells are not offered by this version",
            field="cfc_param.cell_type" if asked else "ltc_unit_param",
            hint="use cell_type: CFC, with cfc_unit_param { ... }",
        )


class CfcBlobs:
    """Adds the cell's blobs to a layer in MyCaffe's order and tells where each one is."""

    def __init__(self, layer: Layer, settings: CfcSettings, input_columns: int, prefix: str = ""):
        param = layer.param.cfc_unit_param
        schema = layer.context.registry.schema
        self._layer = layer
        xavier = schema.new("FillerParameter", type="xavier")
        self._weight_filler = given_filler(param, "weight_filler") or xavier
        self._bias_filler = given_filler(param, "bias_filler", 0.1)
        self.backbone = []
        columns = input_columns + settings.hidden_size
        for index in range(settings.backbone_layers):
            self.backbone.append(
                self.add_linear(f"{prefix}bb_{index}", settings.backbone_units, columns)
            )
            columns = settings.backbone_units
        self.heads = {
            name: self.add_linear(f"{prefix}{name}", settings.hidden_size, columns)
            for name in HEADS
        }

    def add_linear(self, name: str, rows: int, columns: int) -> int:
        """Add a weight (rows, columns) and a bias (rows); return the weight's index in ``blobs``."""
        index = len(self._layer.blobs)
        self._layer.add_blob((rows, columns), self._weight_filler, f"{name}.weight")
        self._layer.add_blob((rows,), self._bias_filler, f"{name}.bias")
        return index

    def storage_order(self) -> list[int]:
        """Order for the parameter buffer: the heads' weights side by side, then their biases."""
        heads = [self.heads[name] for name in STACKED_HEADS]
        before = list(range(min(self.heads.values())))
        after = list(range(max(self.heads.values()) + 2, len(self._layer.blobs)))
        return [*before, *heads, *(index + 1 for index in heads), *after]
