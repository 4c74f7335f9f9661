"""Compiles CUDA C++ for any chip with the NVRTC of the wheel nvidia-cuda-nvrtc; needs no GPU."""

from __future__ import annotations

import ctypes
import importlib.util
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

# What CuPy 14 gives besides its callers' options.
_AS_CUPY = ("-ftz=true", "-default-device")


@dataclass(frozen=True)
class Resources:
    """What a compiled kernel needs; bytes for each thread, but ``static_shared`` for each block."""

    registers: int
    stack: int
    spill_stores: int
    spill_loads: int
    static_shared: int


class CompileError(RuntimeError):
    """The compiler's messages."""


@cache
def library() -> Any:
    """Return NVRTC; ModuleNotFoundError without the wheel."""
    spec = importlib.util.find_spec("nvidia")
    folders = [Path(place) for place in spec.submodule_search_locations or ()] if spec else []
    names = ("*/lib/libnvrtc.so*", "*/bin/nvrtc64_*.dll", "*/bin/*/nvrtc64_*.dll")
    found = sorted(path for folder in folders for name in names for path in folder.glob(name))
    if not found:
        raise ModuleNotFoundError("no NVRTC: pip install nvidia-cuda-nvrtc")
    return ctypes.CDLL(str(found[0]))


def version() -> str:
    """Return NVRTC's version, as in 13.0."""
    major, minor = ctypes.c_int(), ctypes.c_int()
    library().nvrtcVersion(ctypes.byref(major), ctypes.byref(minor))
    return f"{major.value}.{minor.value}"


@dataclass(frozen=True)
class Compiled:
    """What the compiler says of a source."""

    kernels: dict[str, Resources]
    integers: dict[str, list[int]]
    """The values of global arrays of integers, ``extern "C" __device__ int name[]``."""


def compile_source(source: str, options: tuple[str, ...], architecture: int) -> Compiled:
    """Compile a source for ``sm_ARCHITECTURE``. Raises CompileError."""
    nvrtc, program, size = library(), ctypes.c_void_p(), ctypes.c_size_t()
    code = nvrtc.nvrtcCreateProgram(
        ctypes.byref(program), source.encode(), b"kernels.cu", 0, None, None
    )
    if code:
        raise CompileError(f"nvrtcCreateProgram returns {code}")
    chosen = (f"--gpu-architecture=sm_{architecture}", "--ptxas-options=-v", *_AS_CUPY, *options)
    given = (ctypes.c_char_p * len(chosen))(*(option.encode() for option in chosen))
    try:
        code = nvrtc.nvrtcCompileProgram(program, len(chosen), given)
        nvrtc.nvrtcGetProgramLogSize(program, ctypes.byref(size))
        log = ctypes.create_string_buffer(size.value)
        nvrtc.nvrtcGetProgramLog(program, log)
        nvrtc.nvrtcGetPTXSize(program, ctypes.byref(size))
        ptx = ctypes.create_string_buffer(max(size.value, 1))
        if not code:
            nvrtc.nvrtcGetPTX(program, ptx)
    finally:
        nvrtc.nvrtcDestroyProgram(ctypes.byref(program))
    text = log.value.decode()
    if code:
        raise CompileError(text)
    return Compiled(read_report(text), read_integers(ptx.value.decode()))


def read_integers(ptx: str) -> dict[str, list[int]]:
    """Return the initial values of PTX's global arrays of integers of 4 bytes, which it gives as bytes."""
    found = {}
    for name, count, values in re.findall(
        r"\.global [^\n]*\.b8 (\w+)\[(\d+)\] = \{([\d, ]+)\};", ptx
    ):
        data = bytes(int(value) for value in values.split(",")).ljust(int(count), b"\0")
        found[name] = [int.from_bytes(data[at : at + 4], "little") for at in range(0, len(data), 4)]
    return found


_REPORT = re.compile(
    r"Function properties for (\w+)\n[^\n\d]*(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads"
    r".*?Used (\d+) registers([^\n]*)",
    re.S,
)


def read_report(text: str) -> dict[str, Resources]:
    """Return the figures of ptxas' report, for each kernel."""
    found = {}
    for name, stack, stores, loads, registers, rest in _REPORT.findall(text):
        shared = re.search(r"(\d+) bytes smem", rest)
        found[name] = Resources(
            int(registers), int(stack), int(stores), int(loads), int(shared[1]) if shared else 0
        )
    return found
