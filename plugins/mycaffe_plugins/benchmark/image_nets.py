"""Forward and backward of the shipped nets at batch 64, with random inputs instead of their databases."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mycaffe_py import TRAIN, Net
from mycaffe_py.builder import load_model
from mycaffe_py.device import Device

from .sides import Arrays

BATCH = 64
STEPS = 8  # of SequenceLstm


def images(rng: np.random.Generator, channels: int, size: int) -> Arrays:
    """Return images and their classes."""
    data = rng.standard_normal((BATCH, channels, size, size), dtype=np.float32)
    return {"data": data, "label": rng.integers(0, 10, BATCH)}


def pairs(rng: np.random.Generator) -> Arrays:
    """Return pairs of images and whether they are similar."""
    data = rng.standard_normal((BATCH, 2, 28, 28), dtype=np.float32)
    return {"pair_data": data, "sim": rng.integers(0, 2, BATCH)}


def sequences(rng: np.random.Generator) -> Arrays:
    """Return sequences of rows, the marks of their beginnings, and the class of each at its last step."""
    data = rng.standard_normal((STEPS, BATCH, 8), dtype=np.float32)
    cont, label = np.ones((STEPS, BATCH)), np.full((STEPS, BATCH), -1)
    cont[0], label[-1] = 0, rng.integers(0, 10, BATCH)
    return {"sequence": data, "cont": cont, "label": label}


INPUTS: dict[str, Callable[[np.random.Generator], Arrays]] = {
    "LeNet": lambda rng: images(rng, 1, 28),
    "Siamese": pairs,
    "Cifar10Quick": lambda rng: images(rng, 3, 32),
    "SmallResNet": lambda rng: images(rng, 1, 28),
    "SequenceLstm": sequences,
}


def build_net(name: str, values: Arrays) -> Net:
    """Return a shipped net for training, with an Input layer instead of its data layers."""
    message = load_model(f"{name}.prototxt").message
    layers = [layer for layer in message.layer if not set(layer.top) & set(values) and layer.bottom]
    del message.layer[:]
    shapes = [{"dim": array.shape} for array in values.values()]
    message.layer.add(name="inputs", type="Input", top=values, input_param={"shape": shapes})
    message.layer.extend(layers)
    return Net(message, TRAIN, device=Device(seed=1))


class NetSide:
    """Our side of a shipped net."""

    def __init__(self, name: str):
        self.name, self.values = name, INPUTS[name](np.random.default_rng(1))
        self.net = build_net(name, self.values)
        for blob, array in self.values.items():
            self.net.blobs[blob].data[...] = array

    def step(self) -> float:
        """Clear the gradients and run forward and backward; return the loss."""
        self.net.clear_param_diffs()
        return self.net.forward_backward()

    def results(self) -> Arrays:
        """Return loss and gradients."""
        loss = np.asarray(self.step())
        gradients = {
            f"{layer}[{index}]": blob.diff.copy()
            for layer, blobs in self.net.params.items()
            for index, blob in enumerate(blobs)
            if self.net.layer_dict[layer].type != "BatchNorm"  # its blobs are statistics
        }
        return {"loss": loss, **gradients}

    def close(self) -> None:
        """Close the net."""
        self.net.close()
