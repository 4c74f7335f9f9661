"""Forward and backward of a layer over sequences: CFC with LTC cells, and Caffe's LSTM."""

from __future__ import annotations

from itertools import cycle

import numpy as np

from mycaffe_py.device import Device
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net_text

from .sides import Arrays

LAYER = "layer"
LTC_FEATURES, LSTM_FEATURES = 2, 8
POOL = 8

_LTC = """layer {{ name: "data" type: "Input" top: "x" top: "tt" input_param {{
    shape {{ dim: {batch} dim: {steps} dim: {features} }} shape {{ dim: {batch} dim: {steps} }} }} }}
  layer {{ name: "layer" type: "CFC" bottom: "x" bottom: "tt" top: "y" loss_weight: 1
    cfc_param {{ cell_type: LTC hidden_size: {hidden} output_features: 1 }} }}"""
_LSTM = """layer {{ name: "data" type: "Input" top: "x" top: "cont" input_param {{
    shape {{ dim: {steps} dim: {batch} dim: {features} }} shape {{ dim: {steps} dim: {batch} }} }} }}
  layer {{ name: "layer" type: "LSTM" bottom: "x" bottom: "cont" top: "y" loss_weight: 1
    recurrent_param {{ num_output: {hidden} weight_filler {{ type: "xavier" }}
      bias_filler {{ type: "uniform" min: -0.1 max: 0.1 }} }} }}"""


def build(text: str, **sizes: int) -> Net:
    """Return a net of the text, the same one each time."""
    registry = default_registry()
    document = load_net_text(registry.schema, text.format(**sizes))
    return Net(document, registry=registry, device=Device(seed=1))


class LayerSide:
    """Our side: a layer whose outputs are summed up to a loss."""

    def __init__(self, net: Net, pool: list[Arrays]):
        self.net, self.pool = net, pool
        self.layer = net.layer_dict[LAYER]
        self._following = cycle(pool)

    def run(self, values: Arrays) -> np.ndarray:
        """Run forward and backward; return the outputs."""
        self.net.clear_param_diffs()
        for name, array in values.items():
            self.net.blobs[name].data[...] = array
        y = self.net.forward()["y"]
        self.net.backward()
        return y

    def results(self) -> Arrays:
        """Return outputs and gradients."""
        y = self.run(self.pool[0]).copy()
        blobs = zip(self.layer.blob_names, self.layer.blobs, strict=True)
        return {"y": y, **{name: blob.diff.copy() for name, blob in blobs}}

    def step(self) -> None:
        """Run forward and backward."""
        self.run(next(self._following))

    def close(self) -> None:
        """Close the net."""
        self.net.close()


def ltc_side(batch: int, steps: int = 32, hidden: int = 64) -> LayerSide:
    """Return our side of LTC cells: random sequences with spans between 0 and 2."""
    rng = np.random.default_rng(7)
    pool: list[Arrays] = [
        {
            "x": rng.standard_normal((batch, steps, LTC_FEATURES)).astype(np.float32),
            "tt": rng.uniform(0, 2, (batch, steps)).astype(np.float32),
        }
        for _ in range(POOL)
    ]
    return LayerSide(
        build(_LTC, batch=batch, steps=steps, hidden=hidden, features=LTC_FEATURES), pool
    )


def lstm_side(batch: int, steps: int = 32, hidden: int = 64) -> LayerSide:
    """Return our side of the LSTM: random sequences that all begin at the first step."""
    rng = np.random.default_rng(7)
    cont = np.ones((steps, batch), np.float32)
    cont[0] = 0
    pool: list[Arrays] = [
        {
            "x": rng.standard_normal((steps, batch, LSTM_FEATURES)).astype(np.float32),
            "cont": cont,
        }
        for _ in range(POOL)
    ]
    return LayerSide(
        build(_LSTM, batch=batch, steps=steps, hidden=hidden, features=LSTM_FEATURES), pool
    )
