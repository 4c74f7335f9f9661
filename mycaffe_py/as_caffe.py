"""``import caffe`` for code written for pycaffe: the name stands for this package.

``python -m mycaffe_py.as_caffe script.py [ARGUMENT ...]`` runs a script this way, unchanged.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import runpy
import sys

from .aliases import add_finder
from .errors import add_note
from .old_numpy import keep_old_names
from .plugin_code import old_code_hint

_OURS = __package__


def _home_of(fullname: str) -> str | None:
    """Return the module of ours that ``caffe`` or ``caffe.X`` stands for, or None."""
    name, dot, rest = fullname.partition(".")
    home = f"{_OURS}{dot}{rest}"
    return home if name == "caffe" and importlib.util.find_spec(home) is not None else None


def install_as_caffe() -> None:
    """Make ``import caffe`` and ``import caffe.X`` return this package from now on in this process.

    Programs may then write ``np.float`` and other names that NumPy has taken away: see :mod:`mycaffe_py.old_numpy`.
    """
    add_finder(_home_of)
    keep_old_names()
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
    # As Python does; the current folder, which -m puts there, has been removed when the package was imported.
    sys.path.insert(0, os.path.dirname(os.path.abspath(arguments[0])))
    try:
        runpy.run_path(arguments[0], run_name="__main__")
    except Exception as error:
        hint = old_code_hint(error)
        if hint:
            add_note(error, hint)
        raise


if __name__ == "__main__":
    run_script(sys.argv[1:])
