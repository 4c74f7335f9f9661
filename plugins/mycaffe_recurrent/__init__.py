"""Recurrent layers over time-major sequences."""

from __future__ import annotations

from mycaffe_py.plugins import hookimpl

from .lstm import LSTM
from .lstm_unit import LSTMUnit
from .rnn import RNN

LAYERS = [
    LSTM,
    LSTMUnit,
    RNN,
]


@hookimpl
def mycaffe_layers():
    """Return the layers of this plugin."""
    return LAYERS
