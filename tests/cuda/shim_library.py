"""Kernels of a CUDA source as a shared library for the CPU: compiled by g++ with the shim, unchanged."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

SHIM = Path(__file__).parent / "shim"
CACHE = (
    Path(tempfile.gettempdir()) / f"mycaffe-kernels-{os.getuid() if hasattr(os, 'getuid') else 0}"
)
_KERNEL = re.compile(r'extern "C" __global__ void ([^{;]*?)(\w+)\(const (\w+) \w+\) \{')
_OPTIONS = ["-std=c++17", "-O1", "-fno-strict-aliasing", "-w", "-shared", "-fPIC"]


class ShimError(RuntimeError):
    """A mistake that the shim noticed while a kernel ran."""


class Launch(ctypes.Structure):
    """How a kernel is launched: ``shim::Launch``."""

    _fields_ = [
        *(
            (name, ctypes.c_uint)
            for name in ["blocks", "threads", "cluster", "together", "shared_bytes"]
        ),
        ("order", ctypes.c_long),
    ]


def compiler() -> str | None:
    """Return the C++ compiler, or None where there is none."""
    return shutil.which("g++")


@functools.cache
def _shim_files() -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(SHIM.glob("*.h"))}


def build(source: str, options: tuple[str, ...], sanitize: bool = False) -> Path:
    """Compile a source with macros ``-DNAME=value``; return the library, which later calls find again."""
    macros = [option for option in options if option.startswith("-D")]
    flags = [*_OPTIONS, *(["-fsanitize=thread", "-g"] if sanitize else [])]
    exports = "\n".join(f"SHIM_EXPORT({name}, {kind})" for _, name, kind in _KERNEL.findall(source))
    text = f'#include "shim.h"\n{source}\n{exports}\n'
    key = hashlib.sha256(repr((text, macros, flags, _shim_files())).encode()).hexdigest()[:20]
    library = CACHE / f"{key}.so"
    if not library.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=CACHE) as folder:
            file, built = Path(folder) / "kernels.cpp", Path(folder) / "kernels.so"
            file.write_text(text, encoding="utf-8")
            command = [compiler(), *flags, *macros, f"-I{SHIM}", str(file), "-o", str(built)]
            done = subprocess.run(command, capture_output=True, text=True)
            if done.returncode:
                raise ShimError(f"g++ does not compile the source:\n{done.stderr[:4000]}")
            built.replace(library)  # at once: another process may be building the same
    return library


class ShimLibrary:
    """The kernels of a library, to be launched."""

    def __init__(self, source: str, options: tuple[str, ...], sanitize: bool = False):
        self._library = ctypes.CDLL(str(build(source, options, sanitize)))
        self._library.shim_message.restype = ctypes.c_char_p
        found = _KERNEL.findall(source)
        self.names = [name for _, name, _ in found]
        macros = dict(option[2:].partition("=")[::2] for option in options if option[:2] == "-D")
        blocks = int(macros.get("CLUSTER_BLOCKS", 1))
        self.clusters = {
            name: blocks if "CLUSTER_KERNEL" in before else 1 for before, name, _ in found
        }

    def launch(
        self, name, arguments, blocks, threads, shared_bytes=0, cooperative=False, order=0
    ) -> None:
        """Run a kernel; ``arguments`` is a buffer with its struct. Raises ShimError if it makes a mistake."""
        size = getattr(self._library, f"{name}_argument_bytes")()
        if size != memoryview(arguments).nbytes:
            given = memoryview(arguments).nbytes
            raise ShimError(f"{name} takes a struct of {size} bytes, got {given}")
        cluster = self.clusters[name]
        launch = Launch(
            blocks, threads, cluster, blocks if cooperative else cluster, shared_bytes, order
        )
        view = (ctypes.c_char * size).from_buffer_copy(arguments)
        if getattr(self._library, f"{name}_run")(ctypes.byref(view), ctypes.byref(launch)):
            raise ShimError(f"{name}: {self._library.shim_message().decode()}")
