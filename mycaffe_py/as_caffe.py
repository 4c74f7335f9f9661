"""``import caffe`` for code written for pycaffe: the name stands for this package.

``python -m mycaffe_py.as_caffe script.py [ARGUMENT ...]`` runs a script this way, unchanged.
"""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import runpy
import sys
from types import ModuleType
from typing import Any

_OURS = __package__


class _Alias(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Import finder that resolves ``caffe`` and ``caffe.X`` to this package and its module X, not to copies."""

    def find_spec(self, fullname: str, path: Any = None, target: Any = None) -> Any:
        name, dot, rest = fullname.partition(".")
        if name != "caffe" or importlib.util.find_spec(f"{_OURS}{dot}{rest}") is None:
            return None
        return importlib.machinery.ModuleSpec(fullname, self, is_package=not dot)

    def create_module(self, spec: Any) -> ModuleType:
        module = importlib.import_module(_OURS + spec.name.removeprefix("caffe"))
        spec.loader_state = module.__spec__
        return module

    def exec_module(self, module: ModuleType) -> None:
        # The import system has replaced the module's own spec by the alias's.
        if module.__spec__ is not None:
            module.__spec__ = module.__spec__.loader_state


def install_as_caffe() -> None:
    """Make ``import caffe`` and ``import caffe.X`` return this package from now on in this process."""
    if not any(isinstance(finder, _Alias) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Alias())
    for name in [name for name in sys.modules if name.partition(".")[0] == "caffe"]:
        del sys.modules[name]
    importlib.import_module("caffe")


def stand_in_for_caffe() -> None:
    """Call :func:`install_as_caffe` unless a real ``caffe`` is installed or already imported."""
    if "caffe" in sys.modules:
        return
    spec = importlib.util.find_spec("caffe")
    # A folder named caffe, Caffe's checkout for example, counts as a package without a file of its own.
    if spec is None or spec.origin is None:
        install_as_caffe()


def run_script(arguments: list[str]) -> None:
    """Run the script that ``arguments`` begins with as Python would, with ``caffe`` importable."""
    if not arguments:
        raise SystemExit("usage: python -m mycaffe_py.as_caffe script.py [ARGUMENT ...]")
    install_as_caffe()
    sys.argv[:] = arguments
    # Python puts the script's folder there; -m has put the current one.
    sys.path[0] = os.path.dirname(os.path.abspath(arguments[0]))
    runpy.run_path(arguments[0], run_name="__main__")


if __name__ == "__main__":
    run_script(sys.argv[1:])
