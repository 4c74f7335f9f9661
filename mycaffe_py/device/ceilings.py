"""What the machine can do at most, measured in a fraction of a second: the ceilings for floors of times."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .blas import one_thread, thread_count
from .device import Device

_CACHES = Path("/sys/devices/system/cpu/cpu0/cache")
_USUAL = {2: 1 << 20, 3: 16 << 20}
"""Bytes of the caches where the system does not say."""
_GPU_CACHE = 32 << 20
_LARGEST = 256 << 20
_REPEATS = 5


@dataclass(frozen=True)
class Level:
    """A level of memory: how much it holds, and bytes a second."""

    name: str
    holds: float
    speed: float


@dataclass(frozen=True)
class Ceilings:
    """Operations a second of matrix products, and the levels of memory, the fastest first."""

    device: str
    dtype: str
    threads: int
    """Of BLAS; 0 on a GPU."""
    flops: float
    levels: tuple[Level, ...]

    def seconds(self, flops: float, moved: float, distinct: float) -> float:
        """Return the least time for ``flops`` operations and ``moved`` bytes, ``distinct`` of them different.

        The bytes come from the first level that holds the different ones.
        """
        level = next((each for each in self.levels if distinct <= each.holds), self.levels[-1])
        return max(flops / self.flops, moved / level.speed)

    def __str__(self) -> str:
        speeds = ", ".join(f"{each.name} {each.speed / 1e9:.3g} GB/s" for each in self.levels)
        threads = f", BLAS threads {self.threads}" if self.threads else ""
        return f"{self.flops / 1e9:.3g} GFLOP/s ({self.dtype}{threads}), {speeds}"

    def as_values(self) -> dict[str, Any]:
        """Return them as JSON values."""
        levels = [
            {
                "name": each.name,
                "holds_bytes": each.holds if math.isfinite(each.holds) else None,
                "gb_per_s": each.speed / 1e9,
            }
            for each in self.levels
        ]
        return {"gflop_per_s": self.flops / 1e9, "threads": self.threads, "levels": levels}


def measure_ceilings(device: Device, dtype: Any = np.float32) -> Ceilings:
    """Measure matrix products and the reading and copying of arrays of three sizes, in less than a second.

    On the CPU with the threads that BLAS has and, as small products use one, with one thread; the faster counts.
    """
    numbers = np.dtype(dtype)
    threads = 0 if device.is_gpu else thread_count()
    flops = _flops(device, numbers)
    speeds = [_speed(device, numbers, used) for _, _, used in _level_sizes(device)]
    if threads > 1:
        with one_thread():
            flops = max(flops, _flops(device, numbers))
            alone = [_speed(device, numbers, used) for _, _, used in _level_sizes(device)]
            speeds = list(map(max, speeds, alone))
    levels = [
        Level(name, holds, speed)
        for (name, holds, _), speed in zip(_level_sizes(device), speeds, strict=True)
    ]
    return Ceilings(device.name, numbers.name, threads, flops, tuple(levels))


def _level_sizes(device: Device) -> list[tuple[str, float, int]]:
    """Return the name of each level, how much it holds, and how large the arrays are that measure it."""
    if device.is_gpu:
        return [("cache", _GPU_CACHE, _GPU_CACHE // 2), ("memory", math.inf, _LARGEST)]
    second, third = cache_size(2), cache_size(3)
    largest = min(max(2 * third, 64 << 20), _LARGEST)
    return [
        ("L2", second, second // 2),
        ("L3", third, min(third // 2, 8 << 20)),
        ("memory", math.inf, largest),
    ]


def cache_size(level: int) -> int:
    """Return the bytes of the first core's cache of a level, or a usual size where the system does not say."""
    for folder in sorted(_CACHES.glob("index*")):
        try:
            if int((folder / "level").read_text()) != level:
                continue
            text = (folder / "size").read_text().strip()
            return int(text.rstrip("KMG")) << {"K": 10, "M": 20, "G": 30}.get(text[-1], 0)
        except (OSError, ValueError):
            continue
    return _USUAL[level]


def _speed(device: Device, dtype: np.dtype[Any], size: int) -> float:
    """Return the bytes a second of reading or copying two arrays of together ``size`` bytes, whichever is faster."""
    xp, count = device.xp, size // 2 // dtype.itemsize
    first, second = xp.ones(count, dtype=dtype), xp.ones(count, dtype=dtype)
    rounds = max(1, (8 << 20) // size)
    reading = _best(device, lambda: xp.dot(first, second), rounds)
    copying = _best(device, lambda: xp.copyto(first, second), rounds)
    return 2 * count * dtype.itemsize / min(reading, copying)


def _flops(device: Device, dtype: np.dtype[Any]) -> float:
    """Return the operations a second of a square matrix product."""
    xp, size = device.xp, 4096 if device.is_gpu else 768
    left, right = xp.ones((size, size), dtype=dtype), xp.ones((size, size), dtype=dtype)
    out = xp.empty((size, size), dtype=dtype)
    return 2.0 * size**3 / _best(device, lambda: xp.dot(left, right, out=out), 1)


def _best(device: Device, run: Callable[[], Any], rounds: int) -> float:
    """Return the shortest time of a call, in seconds: what the machine can do when nothing interferes."""
    run()
    times = []
    for _ in range(_REPEATS):
        device.synchronize()
        start = time.perf_counter()
        for _ in range(rounds):
            run()
        device.synchronize()
        times.append((time.perf_counter() - start) / rounds)
    return max(min(times), 1e-9)
