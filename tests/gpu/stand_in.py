"""A module to take cupy's place where there is no GPU: the strict arrays, with what the device itself needs."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np

from mycaffe_py.testing.strict import StrictModule
from mycaffe_py.testing.strict_array import StrictArray
from mycaffe_py.testing.strict_recording import is_recording

from .stand_in_streams import Streams


class Generator:
    """Uniform numbers, by the arguments that CuPy's generator has."""

    def __init__(self, seed):
        self._rng = np.random.default_rng(seed)

    def random(self, size=None, dtype=np.float64, out=None):
        if is_recording():
            raise NotImplementedError("calling cuRAND API during stream capture is unsupported")
        values = StrictArray(np.asarray(self._rng.random(size, dtype=dtype)))
        if out is None:
            return values
        out[...] = values
        return out


class StandIn(StrictModule):
    """As much of cupy as ``mycaffe_py.device.device`` asks for."""

    __version__ = "14.0.0"
    current = None
    """The GPU that was chosen last."""

    def __init__(self):
        super().__init__()
        self.random = SimpleNamespace(default_rng=Generator)
        self.streams = Streams()
        self.get_default_memory_pool = lambda: SimpleNamespace(free_all_blocks=lambda: None)
        self.cuda = self.streams.namespace(
            Device=lambda index: SimpleNamespace(use=lambda: setattr(self, "current", index)),
            runtime=SimpleNamespace(
                getDeviceCount=lambda: 2,
                memGetInfo=lambda: (2**29, 2**30),
                getDeviceProperties=lambda index: {
                    "name": b"stand-in",
                    "totalGlobalMem": 2**30,
                },
            ),
        )
