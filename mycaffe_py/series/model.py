"""The prototxt model behind an estimator: CFC layers over sequences, and a loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SMALLEST = "1e-30"
"""Added to probabilities before their logarithm, which is then finite in float32."""


@dataclass(frozen=True)
class Sizes:
    """The shapes of a model's inputs: batch size, steps, features and outputs."""

    batch: int
    steps: int
    features: int
    outputs: int


def model_text(params: dict[str, Any], sizes: Sizes, *, classes: bool, weighted: bool) -> str:
    """Return the model: inputs x, tt, mask, with several layers seen, target and weight; top ``out``, loss ``loss``."""
    loss = (_weighted_classes if weighted else _CLASSES) if classes else _values(weighted)
    if callable(loss):
        loss = loss()
    layers = [_inputs(params, sizes, classes, weighted), *_cells(params, sizes.outputs)]
    return 'name: "series"\n' + "\n".join([*layers, loss.strip()]) + "\n"


def _inputs(params: dict[str, Any], sizes: Sizes, classes: bool, weighted: bool) -> str:
    n, t, f, o = sizes.batch, sizes.steps, sizes.features, sizes.outputs
    shapes = {"x": (n, t, f), "tt": (n, t), "mask": (n, t, f)}
    if params["layers"] > 1:
        shapes["seen"] = (n, t, 1)
    shapes["target"] = (n,) if classes and not weighted else (n, o)
    if weighted and not classes:
        shapes["weight"] = (n,)
    tops = " ".join(f'top: "{name}"' for name in shapes)
    dims = " ".join(
        f"shape {{ {' '.join(f'dim: {size}' for size in shape)} }}" for shape in shapes.values()
    )
    return f'layer {{ name: "data" type: "Input" {tops}\n  input_param {{ {dims} }} }}'


def _cells(params: dict[str, Any], outputs: int) -> list[str]:
    layers, hidden = params["layers"], params["hidden_size"]
    found = []
    for index in range(1, layers + 1):
        last = index == layers
        bottom, mask = ("x", "mask") if index == 1 else (f"h{index - 1}", "seen")
        kind = "LTC" if params["cell"] == "ltc" else "CFC"
        each = f"cell_type: {kind} hidden_size: {hidden} output_features: {outputs if last else hidden}"
        each += "" if last else " return_sequences: true"
        each += " use_mixed: true" if params["mixed_memory"] else ""
        found.append(
            f'layer {{ name: "cell{index}" type: "CFC" bottom: "{bottom}" bottom: "tt" bottom: "{mask}"\n'
            f'  top: "{"out" if last else f"h{index}"}"\n  cfc_param {{ {each} }}\n  {_unit(params)} }}'
        )
    return found


def _unit(params: dict[str, Any]) -> str:
    cell = params["cell"]
    if cell == "ltc":
        return "ltc_unit_param { form: NCPS positivity: SOFTPLUS }"
    kind = "" if cell == "cfc" else f" {cell}: true"
    return f"cfc_unit_param {{ backbone_units: {params['backbone_units'] or params['hidden_size']}{kind} }}"


_CLASSES = """
layer { name: "loss" type: "SoftmaxWithLoss" bottom: "out" bottom: "target" top: "loss" }
"""


def _weighted_classes() -> str:
    """Return the mean over the batch of -sum(target * log p): the target holds a sample's weight in its class."""
    return f"""
layer {{ name: "p" type: "Softmax" bottom: "out" top: "p" }}
layer {{ name: "log" type: "Log" bottom: "p" top: "log" log_param {{ shift: {SMALLEST} }} }}
layer {{ name: "each" type: "Eltwise" bottom: "log" bottom: "target" top: "each" eltwise_param {{ operation: PROD }} }}
layer {{ name: "sum" type: "Reduction" bottom: "each" top: "sum" reduction_param {{ operation: SUM axis: 1 }} }}
layer {{ name: "loss" type: "Reduction" bottom: "sum" top: "loss" loss_weight: 1
  reduction_param {{ operation: MEAN coeff: -1 }} }}
"""


def _values(weighted: bool) -> str:
    """Return the mean squared error; weighted by the squares of ``weight``, which the target contains already."""
    scale, of = "", "out"
    if weighted:
        of = "weighted"
        scale = (
            'layer { name: "weigh" type: "Scale" bottom: "out" bottom: "weight" top: "weighted"\n'
            "  scale_param { axis: 0 } }\n"
        )
    return (
        f'{scale}layer {{ name: "loss" type: "MEAN_ERROR_LOSS" bottom: "{of}" bottom: "target" top: "loss"\n'
        "  mean_error_loss_param { mean_error_type: MSE } }"
    )
