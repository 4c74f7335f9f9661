"""What the plugin offers to the core."""

from __future__ import annotations

from pathlib import Path

from mycaffe_py.layer import Layer
from mycaffe_py.plugins import hookimpl

from .convolution import Convolution
from .crop import Crop
from .deconvolution import Deconvolution
from .im2col import Im2col
from .lrn import LRN
from .pooling import Pooling
from .spp import SPP

LAYERS: list[type[Layer]] = [
    Convolution,
    Crop,
    Deconvolution,
    Im2col,
    LRN,
    Pooling,
    SPP,
]


@hookimpl
def mycaffe_layers() -> list[type[Layer]]:
    """Return the layers of this plugin."""
    return LAYERS


@hookimpl
def mycaffe_schema() -> list[str | Path]:
    """Return the settings that Caffe's own schema lacks."""
    return [Path(__file__).with_name("vision.proto")]
