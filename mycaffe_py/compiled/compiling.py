"""Compiles kernels with Numba, into a cache that notices a change of any file that went into them.

Numba's own cache compares a kernel's file alone: a constant or a function changed in an imported module would go
unnoticed. Here each kernel file has a folder of its own, named after its text and that of the kernel files that it
imports.
"""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import numba
from llvmlite import binding
from numba import cfunc, njit, types
from numba.core import event

from .notice import tell_of_compiling
from .places import empty, kernel_folder

# Floating-point rules: multiplications and additions may be fused, which keeps NaN and infinities. Division by zero
# gives infinity, as NumPy's does: with Python's exception each division has a branch, and no loop becomes vectors.
_RULES: dict[str, Any] = {"fastmath": {"contract"}, "error_model": "numpy", "nogil": True}
INLINED: Any = {**_RULES, "forceinline": True}
"""The options of functions that become part of the kernels that call them: by LLVM, since Numba's own inlining, of its
syntax trees, takes several times as long to compile."""
_CALLED = {key: value for key, value in _RULES.items() if key != "nogil"}

_keys: dict[str, str] = {}
_called: list[Any] = []
"""What :func:`called` has compiled, kept alive."""
_lock = threading.Lock()


class _CompilerListener(event.Listener):
    """Hears that Numba begins to compile: what is found in the cache is not compiled."""

    def on_start(self, event: Any) -> None:
        if event.data["dispatcher"].py_func.__module__ in _keys:
            tell_of_compiling()

    def on_end(self, event: Any) -> None:
        pass


event.register("numba:compile", _CompilerListener())


def kernel_source(module: str, also: Iterable[str] = ()) -> None:
    """Say that kernels are compiled from a module's text; ``also`` are files whose constants it takes.

    To be called after the module's imports and before its functions. :func:`compiled` does so itself.
    """
    digest = hashlib.sha256(numba.__version__.encode())
    for file in (str(sys.modules[module].__file__), *also):
        digest.update(Path(file).read_bytes())
    for key in sorted({_keys[name] for name in _imported_by(module)}):
        digest.update(key.encode())
    _keys[module] = digest.hexdigest()[:24]


def _imported_by(module: str) -> set[str]:
    """Return the kernel files that a module has imported, or names from them."""
    values = vars(sys.modules[module]).values()
    names = {
        value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None)
        for value in values
    }
    return {name for name in names if name in _keys and name != module}


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a kernel when it is first called, once for each combination of types, and keep it on disk.

    It runs without the GIL. Its arguments are arrays and numbers; a constant that is not the same in float32 and
    float64 is taken as ``array.dtype.type(0.1)``. It must be a function of a module: Numba does not find those
    made within functions again.
    """
    kernel = njit(**_RULES)(function)
    with _caching(function.__module__) as place:
        if place is not None:
            kernel.enable_caching()
            _bear_damage(kernel, place)
    return kernel


def called(function: Callable[..., Any], signature: Any) -> Any:
    """Compile a function at once, to be called by kernels, instead of becoming a part of each of them.

    So it is compiled once, however many kernels use it. Arguments are numbers; nothing is returned.
    """
    name = f"mycaffe_{function.__name__}"
    with _caching(function.__module__) as place:
        make = cfunc(signature, cache=place is not None, **_CALLED)
        try:
            code = make(function)
        except Exception:  # what is kept may be damaged
            if place is None:
                raise
            empty(place)
            code = make(function)
    binding.add_symbol(name, code.address)
    _called.append(code)
    return types.ExternalFunction(name, signature)


def _bear_damage(kernel: Any, place: Path) -> None:
    """Let a kernel be compiled anew where what is kept of it is damaged; Numba itself would fail."""
    cache = kernel._cache
    load = cache.load_overload

    def load_overload(*args: Any) -> Any:
        try:
            return load(*args)
        except Exception:  # unpickling raises anything
            empty(place)
            return None

    cache.load_overload = load_overload


@contextmanager
def _caching(module: str) -> Iterator[Path | None]:
    """Let Numba's caches begun inside be in a module's folder; yield it, or None if there is none."""
    if module not in _keys:
        kernel_source(module)
    folder = kernel_folder(_keys[module])
    config: Any = numba.config
    with _lock:
        before = config.CACHE_DIR
        config.CACHE_DIR = str(folder or before)
        try:
            yield folder
        finally:
            config.CACHE_DIR = before


def inlined(function: Callable[..., Any]) -> Any:
    """Make a function part of the kernels that call it: a function of numbers, or a loop.

    LLVM does it: Numba's own inlining warns where an overloaded function is within another one.
    """
    if function.__module__ not in _keys:
        kernel_source(function.__module__)
    return njit(**INLINED)(function)


def merged(function: Callable[..., Any]) -> Any:
    """Make a function that calls compiled functions part of the kernels that call it.

    Numba does it, before it compiles them: else what the function calls would be compiled once for the function, and
    again for each kernel.
    """
    if function.__module__ not in _keys:
        kernel_source(function.__module__)
    return njit(inline="always", **_RULES)(function)
