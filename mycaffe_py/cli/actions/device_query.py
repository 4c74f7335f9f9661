"""Implementation of ``mycaffe device-query``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from mycaffe_py.cli.failures import echo
from mycaffe_py.device.device import import_cupy
from mycaffe_py.errors import ConfigError, DeviceError

_ATTRIBUTES = {"clockRate": 13, "deviceOverlap": 15, "kernelExecTimeoutEnabled": 17}
"""Properties that CUDA 13 offers only as attributes, with their numbers."""

FIELDS = {
    "Major revision number": "major",
    "Minor revision number": "minor",
    "Name": "name",
    "Total global memory": "totalGlobalMem",
    "Total shared memory per block": "sharedMemPerBlock",
    "Total registers per block": "regsPerBlock",
    "Warp size": "warpSize",
    "Maximum memory pitch": "memPitch",
    "Maximum threads per block": "maxThreadsPerBlock",
    "Maximum dimension of block": "maxThreadsDim",
    "Maximum dimension of grid": "maxGridSize",
    "Clock rate": "clockRate",
    "Total constant memory": "totalConstMem",
    "Texture alignment": "textureAlignment",
    "Concurrent copy and execution": "deviceOverlap",
    "Number of multiprocessors": "multiProcessorCount",
    "Kernel execution timeout": "kernelExecTimeoutEnabled",
}
"""Caffe's labels for CUDA's device properties."""

_YES_OR_NO = ("deviceOverlap", "kernelExecTimeoutEnabled")
_WIDTH = 31


def query(gpu: str | None, as_json: bool) -> int:
    """Print the properties of the GPUs asked for; return the exit code."""
    runtime = import_cupy().cuda.runtime
    found = [_properties(runtime, index) for index in _wanted(gpu, runtime.getDeviceCount())]
    echo(json.dumps(found, indent=2) if as_json else "\n".join(_lines(found)))
    return 0


def _wanted(gpu: str | None, count: int) -> list[int]:
    """Return the numbers of the GPUs that ``--gpu`` asks for, without duplicates."""
    words = [word.strip() for word in (gpu or "all").split(",")]
    if words == ["all"]:
        return list(range(count))
    for word in words:
        if not re.fullmatch(r"\d+", word):
            raise ConfigError(
                f'--gpu takes GPU numbers, counted from 0, or all, not "{word}"',
                hint="for example --gpu 0 or --gpu 0,1",
            )
        if int(word) >= count:
            raise DeviceError(f"no GPU {word}: this machine has {count}, numbered from 0")
    return list(dict.fromkeys(map(int, words)))


def _properties(runtime: Any, index: int) -> dict[str, Any]:
    known = runtime.getDeviceProperties(index)
    values: dict[str, Any] = {"id": index}
    for name in FIELDS.values():
        value = known.get(name)
        if value is None and name in _ATTRIBUTES:
            value = runtime.deviceGetAttribute(_ATTRIBUTES[name], index)
        if isinstance(value, bytes):
            value = value.decode(errors="replace").rstrip("\0")
        elif isinstance(value, list | tuple):
            value = [int(each) for each in value]
        values[name] = bool(value) if name in _YES_OR_NO else value
    return values


def _lines(found: list[dict[str, Any]]) -> Iterator[str]:
    yield f"Querying GPUs {','.join(str(values['id']) for values in found)}"
    for values in found:
        yield f"{'Device id:':{_WIDTH}}{values['id']}"
        for words, name in FIELDS.items():
            yield f"{words + ':':{_WIDTH}}{_shown(values[name])}"


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "Yes" if value else "No"
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
