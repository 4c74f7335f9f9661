"""What a measurement was made on: date, processor, versions, BLAS."""

from __future__ import annotations

import importlib.util
import os
import platform
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

from mycaffe_py import __version__


def environment() -> dict[str, str]:
    """Return the date, machine and versions of a benchmark run."""
    return {
        "date": date.today().isoformat(),
        "chip": chip(),
        "cores": str(os.cpu_count()),
        "vectors": vectors(),
        "load average at the end": _load(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "mycaffe-py": __version__,
        "numpy": np.__version__,
        "torch": _version("torch"),
        "numba": _version("numba"),
        "blas": blas(),
    }


def _load() -> str:
    """Return how many processes wanted a core in the last minute."""
    if not hasattr(os, "getloadavg"):  # on Windows
        return "unknown"
    return f"{os.getloadavg()[0]:.2f}"


def _facts() -> dict[str, str]:
    """Return what Linux says of the first core; nothing elsewhere."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return {}
    facts: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    return facts


def vectors() -> str:
    """Return the widest vectors that the processor has, and what keeps NumPy from using them, if anything does."""
    flags = (_facts().get("flags") or "").split()
    widest = next((name for name in ("avx512f", "avx2", "avx") if name in flags), "unknown")
    disabled = os.environ.get("NPY_DISABLE_CPU_FEATURES")
    return widest + (f", NPY_DISABLE_CPU_FEATURES={disabled}" if disabled else "")


def chip() -> str:
    """Return the processor's name."""
    facts = _facts()
    name = facts.get("model name", platform.processor() or "unknown")
    if "model" not in facts:
        return name
    return f"{name} (family {facts.get('cpu family')}, model {facts['model']})"


def blas() -> str:
    """Return the BLAS cores in use, as reported by threadpoolctl."""
    if importlib.util.find_spec("threadpoolctl") is None:
        return "unknown (threadpoolctl is not installed)"
    from threadpoolctl import threadpool_info

    pools = [
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
        + f", {pool['num_threads']} thread{'s' if pool['num_threads'] > 1 else ''}"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    ]
    coretype = os.environ.get("OPENBLAS_CORETYPE")
    return "; ".join(pools) + (f"; OPENBLAS_CORETYPE={coretype}" if coretype else "")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
