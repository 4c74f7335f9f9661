"""The processor's vectors, which the tiles are cut for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numba
from llvmlite import binding

from .compiling import kernel_source

kernel_source(__name__)


@dataclass(frozen=True)
class Vectors:
    """Width of a vector register in bytes, and the tile shapes (rows, vectors) that fit in the registers.

    ``tall`` is for as many rows as it goes into, ``few`` for four of those that are left, ``single`` for one row.
    """

    width: int
    tall: tuple[int, int]
    few: tuple[int, int]
    single: tuple[int, int]


def _features() -> dict[str, bool]:
    """Return what the processor has, or what Numba is told that it has (NUMBA_CPU_NAME and NUMBA_CPU_FEATURES)."""
    config: Any = numba.config
    if config.CPU_NAME is None:
        return dict(binding.get_host_cpu_features())
    given = (config.CPU_FEATURES or "").split(",")
    return {feature[1:]: feature.startswith("+") for feature in given if feature}


def _host() -> Vectors:
    features = _features()
    if features.get("avx512f"):  # 32 registers
        return Vectors(64, (8, 2), (4, 4), (1, 16))
    if features.get("avx2"):  # 16 registers
        return Vectors(32, (6, 2), (4, 2), (1, 8))
    if features.get("neon"):  # 32 registers
        return Vectors(16, (8, 2), (4, 4), (1, 16))
    return Vectors(16, (4, 2), (4, 2), (1, 8))


HOST = _host()
