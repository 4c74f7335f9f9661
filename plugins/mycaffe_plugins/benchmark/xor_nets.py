"""A training step of the nets of ``examples/xor``, on streams of bits that are drawn anew."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mycaffe_py.builder import build_training
from mycaffe_py.solver import Solver

from .sides import Arrays

STREAMS = 4096
"""As many streams are drawn; a pass of the examples has 100,000."""

_DATA = """
layer {{ name: "streams" type: "BitStreamData" top: "bit" top: "elapsed" top: "mask" top: "label"
  bit_stream_param {{ batch_size: {batch} shuffle: true streams: {streams} {stream} }} }}
layer {{ name: "x" type: "Power" bottom: "bit" top: "x" power_param {{ scale: 2 shift: -1 }} }}
layer {{ name: "tt" type: "Power" bottom: "elapsed" top: "tt" power_param {{ scale: {scale} }} }}
"""
_LIQUID = """
layer {{ name: "cfc1" type: "CFC" bottom: "x" bottom: "tt" bottom: "mask" top: "logit"
  cfc_param {{ {cfc} input_features: 2 hidden_size: {hidden} output_features: 1 }} {unit} }}
"""
_LSTM = """
layer {{ name: "span" type: "Reshape" bottom: "tt" top: "span"
  reshape_param {{ shape {{ dim: 0 dim: 0 dim: 1 }} }} }}
layer {{ name: "events" type: "Concat" bottom: "x" bottom: "span" top: "events" concat_param {{ axis: 2 }} }}
layer {{ name: "sequence" type: "Transpose" bottom: "events" top: "sequence"
  transpose_param {{ dim: [1, 0, 2] }} }}
layer {{ name: "cont_column" type: "Transpose" bottom: "mask" top: "cont_column"
  transpose_param {{ dim: [1, 0, 2] }} }}
layer {{ name: "cont" type: "Reshape" bottom: "cont_column" top: "cont"
  reshape_param {{ shape {{ dim: 0 dim: 0 }} }} }}
layer {{ name: "lstm1" type: "LSTM" bottom: "sequence" bottom: "cont" top: "lstm1"
  recurrent_param {{ num_output: {hidden} weight_filler {{ type: "xavier" }}
    bias_filler {{ type: "constant" value: 0 }} }} }}
layer {{ name: "steps" type: "Slice" bottom: "lstm1" top: "earlier" top: "last"
  slice_param {{ axis: 0 slice_point: 31 }} }}
layer {{ name: "earlier" type: "Silence" bottom: "earlier" }}
layer {{ name: "state" type: "Reshape" bottom: "last" top: "state"
  reshape_param {{ shape {{ dim: -1 dim: {hidden} }} }} }}
layer {{ name: "logit" type: "InnerProduct" bottom: "state" top: "logit"
  inner_product_param {{ num_output: 1 weight_filler {{ type: "xavier" }} }} }}
"""
_SOLVER = """type: "Adam" base_lr: 0.001 lr_policy: "fixed" momentum: 0.9 momentum2: 0.999
  clip_gradients: 0.1 max_iter: 1000000"""
_LOSS = 'layer { name: "loss" type: "SigmoidCrossEntropyLoss" bottom: "logit" bottom: "label" top: "loss" }'


def _unit(units: int, activation: str, more: str = "", filler: str = "msra") -> str:
    return (
        f"cfc_unit_param {{ backbone_units: {units} backbone_layers: 1 backbone_activation: {activation} "
        f'{more} weight_filler {{ type: "{filler}" }} bias_filler {{ type: "constant" value: 0 }} }}'
    )


@dataclass(frozen=True)
class XorNet:
    """A net of the examples: its settings, as they are in its file there."""

    file: str
    """``examples/xor/FILE.prototxt``"""
    hidden: int
    unit: str = ""
    cfc: str = ""
    batch: int = 128
    scale: int = 2
    stream: str = ""

    @property
    def model(self) -> str:
        """The net's text."""
        middle = _LSTM if self.file == "lstm" else _LIQUID
        values = {
            "batch": self.batch,
            "streams": STREAMS,
            "stream": self.stream,
            "scale": self.scale,
            "cfc": self.cfc,
            "hidden": self.hidden,
            "unit": self.unit,
        }
        return f'name: "Xor"{(_DATA + middle).format(**values)}{_LOSS}'


XOR_NETS = (
    XorNet("cfc", 192, _unit(128, "LECUN")),
    XorNet("cfc_dense", 192, _unit(128, "LECUN"), stream="dense: true"),
    XorNet("cfc_no_gate", 128, _unit(192, "LECUN", "no_gate: true"), scale=8),
    XorNet("cfc_minimal", 64, _unit(64, "SILU", "minimal: true", "xavier"), batch=256, scale=8),
    XorNet("cfc_mixed", 192, _unit(128, "LECUN"), cfc="use_mixed: true"),
    XorNet("ltc", 64, "ltc_unit_param { positivity: CLIP }", "cell_type: LTC", 256, 32),
    XorNet("lstm", 64, scale=32, stream="pad_front: true"),
)


def build_solver(net: XorNet) -> Solver:
    """Return the solver of a net, the same one each time."""
    return build_training(solver=_SOLVER, model=net.model, device="cpu", seed=1).solver


class XorSide:
    """Our side: ``Solver.step``, whose data layer gives a new batch each time."""

    def __init__(self, solver: Solver):
        self.solver, self.net = solver, solver.net

    def results(self) -> Arrays:
        """Return loss and gradients of a batch, which stays in the net's blobs."""
        self.net.clear_param_diffs()
        self.net.forward()
        loss = np.asarray(float(self.net.blobs["loss"].data))
        self.net.backward()
        gradients = {
            f"{layer}.{name}": blob.diff.copy()
            for layer, blobs in self.net.params.items()
            for name, blob in zip(self.net.layer_dict[layer].blob_names, blobs, strict=True)
        }
        self.net.clear_param_diffs()
        return {"loss": loss, **gradients}

    def step(self) -> None:
        """Run a training step."""
        self.solver.step(1)

    def close(self) -> None:
        """Stop the thread that reads ahead."""
        self.net.close()
