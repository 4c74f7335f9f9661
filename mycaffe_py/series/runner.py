"""The net of a trained estimator, built when it is first needed: what an estimator keeps instead of a Net."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from typing import Any

import numpy as np

from mycaffe_py.layer.layer import TEST
from mycaffe_py.net.net import Net

from .learning import new_device


class Runner:
    """Runs a model with its weights, one call at a time; it can be pickled, which a Net cannot."""

    def __init__(self, text: str, weights: Mapping[str, np.ndarray], device: Any, dtype: str):
        self._given = (text, dict(weights), device, dtype)
        self._net: Net | None = None
        self._lock = threading.Lock()

    def __getstate__(self) -> Any:
        return self._given

    def __setstate__(self, given: Any) -> None:
        self._given, self._net, self._lock = given, None, threading.Lock()

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shapes of the net's weights by ``layer/index``."""
        net = self._built(with_weights=False)
        return {
            f"{layer}/{index}": blob.shape
            for layer, blobs in net.params.items()
            for index, blob in enumerate(blobs)
        }

    def outputs(self, arrays: Mapping[str, np.ndarray], batch_size: int) -> np.ndarray:
        """Return the net's outputs (N, outputs) in float64, for sequences of any number of steps."""
        with self._lock:
            net = self._net = self._net or self._built()
            for name, array in arrays.items():
                net.device_blobs[name].reshape(batch_size, *array.shape[1:])
            out = net.predict(dict(arrays), batch_size=batch_size, blobs="out")["out"]
            return out.astype(np.float64)

    def _built(self, *, with_weights: bool = True) -> Net:
        text, weights, device, dtype = self._given
        net = Net(text, TEST, device=new_device(device), dtype=dtype, allow_python=False)
        for name, values in weights.items() if with_weights else ():
            layer, _, index = name.rpartition("/")
            net.params[layer][int(index)].data[...] = values
        return net
