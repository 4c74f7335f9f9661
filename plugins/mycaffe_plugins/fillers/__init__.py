"""Caffe's seven fillers."""

from __future__ import annotations

from mycaffe_py.layer import Filler
from mycaffe_py.plugins import hookimpl

from .bilinear import Bilinear
from .constant import Constant
from .gaussian import Gaussian
from .msra import MSRA
from .positive_unitball import PositiveUnitball
from .uniform import Uniform
from .xavier import Xavier

FILLERS: list[type[Filler]] = [
    Bilinear,
    Constant,
    Gaussian,
    MSRA,
    PositiveUnitball,
    Uniform,
    Xavier,
]


@hookimpl
def mycaffe_fillers() -> list[type[Filler]]:
    """Return the fillers of this plugin."""
    return FILLERS
