"""Saves the weights of one layer, in a file that leaves all others as they are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mycaffe_py.layer import Layer
from mycaffe_py.net import Net
from mycaffe_py.weights import save_weights


def save_layer(net: Any, layer: Layer, path: Path) -> None:
    """Write the weights of a net's layer: binary or, for a name that ends with .h5, as HDF5.

    Weights are loaded by layer name, so the net's other layers keep theirs.
    """
    index = net.device_layers.index(layer)
    message = net.registry.schema.new("NetParameter", name=net.name)
    inputs = message.layer.add(type="Input", name=f"inputs of {layer.name}")
    for name, blob in zip(layer.param.bottom, net.bottoms[index], strict=True):
        inputs.top.append(name)
        inputs.input_param.shape.add().dim.extend(blob.shape)
    alone = message.layer.add()
    alone.CopyFrom(layer.param)
    del alone.include[:], alone.exclude[:], alone.blobs[:]
    small = Net(message, net.phase, registry=net.registry, device="cpu", dtype=net.dtype)
    for blob, own in zip(small.device_layers[-1].blobs, layer.blobs, strict=True):
        blob.data[...] = own.data
    save_weights(small, path, hdf5=path.suffix.lower() == ".h5")
