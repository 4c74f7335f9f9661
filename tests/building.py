"""Building nets and layers from text, for the tests of the core."""

from __future__ import annotations

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.layer import TRAIN, LayerContext
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net_text


def layer_param(text):
    return default_registry().schema.parse_text(text, "LayerParameter").message


def make_layer(cls, text, dtype=np.float64, phase=TRAIN):
    return cls(layer_param(text), LayerContext(default_registry(), dtype=dtype, phase=phase))


def set_up(cls, text, bottoms=(), tops=1, dtype=np.float64, phase=TRAIN):
    """Return (layer, bottom blobs, top blobs) of a layer class that need not be registered."""
    layer = make_layer(cls, text, dtype, phase)
    bottom = [Blob(shape, dtype=dtype, name=f"bottom{i}") for i, shape in enumerate(bottoms)]
    top = [Blob(dtype=dtype, name=f"top{i}") for i in range(tops)]
    layer.initialize(bottom, top)
    return layer, bottom, top


def document(text):
    return load_net_text(default_registry().schema, text)


def make_net(text, **options):
    """Return a net in float64, the same one at each call."""
    options = {"dtype": np.float64, "device": Device()} | options
    return Net(document(text), registry=default_registry(), **options)


def data(*shapes):
    """Return an Input layer with tops x0, x1, ... of these shapes."""
    tops = " ".join(f'top: "x{index}"' for index in range(len(shapes)))
    dims = " ".join(f"shape {{ {' '.join(f'dim: {d}' for d in shape)} }}" for shape in shapes)
    return f'layer {{ name: "data" type: "Input" {tops} input_param {{ {dims} }} }}\n'


def layer(name, type_name, bottoms="", tops="", settings=""):
    """Return one layer's text; ``bottoms`` and ``tops`` are names with spaces between them."""
    wires = [f'bottom: "{b}"' for b in bottoms.split()] + [f'top: "{t}"' for t in tops.split()]
    return f'layer {{ name: "{name}" type: "{type_name}" {" ".join(wires)} {settings} }}\n'


def product(name, bottom, top, outputs=2, settings=""):
    """Return an InnerProduct layer with random weights."""
    filler = 'weight_filler { type: "uniform" min: -1 max: 1 } bias_filler { type: "uniform" }'
    settings = f"inner_product_param {{ num_output: {outputs} {filler} }} {settings}"
    return layer(name, "InnerProduct", bottom, top, settings)


def fill(net, seed=0):
    """Fill the net's inputs with random numbers."""
    rng = np.random.default_rng(seed)
    for name in net.inputs:
        net.blobs[name].data[...] = rng.standard_normal(net.blobs[name].shape)
    return net
