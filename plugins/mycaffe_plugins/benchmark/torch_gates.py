"""The order of an LSTM's gates: Caffe's are i, f, o, g; torch's are i, f, g, o."""

from __future__ import annotations

import numpy as np


def swapped(array: np.ndarray) -> np.ndarray:
    """Return an array of four gates' rows with the last two gates swapped: from either order to the other."""
    first, second, third, fourth = np.split(array, 4)
    return np.concatenate([first, second, fourth, third])
