"""A CFC layer with LTC cells twice: on the CPU, and on a GPU, with the same weights."""

from __future__ import annotations

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.layer import LayerContext


def build(registry, gpu, settings, batch, steps, dtype=np.float64):
    """Return a CFC layer with LTC cells on the CPU and on the GPU, with the same weights."""
    text = f"""name: "it" type: "CFC" cfc_param {{ cell_type: LTC output_features: 2 return_sequences: true }}
        ltc_unit_param {{ {settings} }}"""
    param = registry.schema.parse_text(text, "LayerParameter").message
    rng, made = np.random.default_rng(2), []
    x, tt = rng.normal(size=(batch, steps, 3)), rng.uniform(0.1, 2, (batch, steps))
    dy = rng.normal(size=(batch, steps, 2))
    for device in (Device(), gpu):
        bottom = []
        for values in (x, tt):
            blob = Blob(values.shape, device=device, dtype=dtype)
            blob.data[...] = device.asarray(values, dtype)
            bottom.append(blob)
        top = [Blob(device=device, dtype=dtype)]
        cls = registry.layers.find(param.type)
        layer = cls(param, LayerContext(registry, device, dtype))
        layer.initialize(bottom, top)
        made.append((layer, bottom, top))
    for ours, theirs in zip(*(layer.blobs for layer, _, _ in made), strict=True):
        theirs.data[...] = gpu.asarray(ours.data)
    return made, dy


def run(made, dy):
    found = []
    for layer, bottom, top in made:
        device = layer.device
        layer.reshape(bottom, top)
        layer.forward(bottom, top)
        top[0].diff[...] = device.asarray(dy, layer.dtype)
        layer.backward(top, [True, True], bottom)
        arrays = [top[0].data, bottom[0].diff, bottom[1].diff, *(b.diff for b in layer.blobs)]
        found.append([device.to_host(array).copy() for array in arrays])
    return found


def assert_close(found, tolerance=1e-11):
    for expected, own in zip(*found, strict=True):
        assert np.abs(own - expected).max() <= tolerance * max(np.abs(expected).max(), 1e-30)
