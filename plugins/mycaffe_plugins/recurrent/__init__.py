"""Recurrent layers over time-major sequences."""

from __future__ import annotations

from mycaffe_py.layer import Layer
from mycaffe_py.plugins import hookimpl

from .lstm import LSTM
from .lstm_unit import LSTMUnit
from .rnn import RNN

LAYERS: list[type[Layer]] = [
    LSTM,
    LSTMUnit,
    RNN,
]


@hookimpl
def mycaffe_layers() -> list[type[Layer]]:
    """Return the layers of this plugin."""
    return LAYERS
