"""Names that NumPy has taken away, ``np.float`` among them, as scripts for Caffe still write them."""

from __future__ import annotations

import builtins
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

from .errors import MyCaffeWarning
from .plugin_code import is_installed_code

_TYPES = {
    "float": "float", "int": "int", "bool": "bool", "object": "object", "str": "str", "complex": "complex",
    "long": "int", "unicode": "str",
}  # fmt: skip
"""Gone since NumPy 1.24: each was Python's own type."""

_SYNONYMS = {
    "float_": "float64", "complex_": "complex128", "unicode_": "str_", "string_": "bytes_", "int0": "intp",
    "bool8": "bool_", "object0": "object_", "Inf": "inf", "Infinity": "inf", "infty": "inf", "PINF": "inf",
    "NaN": "nan", "NAN": "nan", "product": "prod", "cumproduct": "cumprod", "alltrue": "all", "sometrue": "any",
    "row_stack": "vstack", "round_": "round", "rank": "ndim", "in1d": "isin",
}  # fmt: skip
"""Gone since NumPy 2 or before -> the name that means the same."""

_OURS = ("mycaffe_py", "mycaffe_plugins")
_said = False


def keep_old_names() -> None:
    """Let programs use NumPy's old names from now on; the first use is a MyCaffeWarning.

    Installed packages and Python's own modules, which may ask whether NumPy has a name, get NumPy's answer. Where
    warnings are errors, so does the program. Names that NumPy has, such as ``bool`` since 2.0, are NumPy's.
    """
    import numpy as np

    module = vars(np)
    before = module.get("__getattr__")
    if getattr(before, "keeps_old_names", False):
        return

    def get(name: str) -> Any:
        if name in _TYPES or name in _SYNONYMS:
            caller = sys._getframe(1)
            if not _is_of_a_package(caller.f_code.co_filename, caller.f_globals):
                _say(name, caller.f_code.co_filename, caller.f_lineno)
                return (
                    getattr(builtins, _TYPES[name]) if name in _TYPES else module[_SYNONYMS[name]]
                )
        return _asked(before, name)

    get.keeps_old_names = True  # type: ignore[attr-defined]  # so that it is put in place once
    get.before = before  # type: ignore[attr-defined]
    module["__getattr__"] = get


def forget_old_names() -> None:
    """Undo :func:`keep_old_names`."""
    global _said
    import numpy as np

    current = vars(np).get("__getattr__")
    if getattr(current, "keeps_old_names", False):
        vars(np)["__getattr__"] = current.before  # type: ignore[union-attr]
    _said = False


def _asked(before: Callable[[str], Any] | None, name: str) -> Any:
    if before is None:
        raise AttributeError(f"module 'numpy' has no attribute {name!r}")
    return before(name)


def _is_of_a_package(file: str, namespace: dict[str, Any]) -> bool:
    """Whether code is that of an installed package, of Python or ours, rather than of the program."""
    root = str(namespace.get("__name__", "")).partition(".")[0]
    return root in _OURS or file.startswith("<frozen") or is_installed_code(file)


def _say(name: str, file: str, line: int) -> None:
    """Warn of the first use of an old name; AttributeError where warnings are errors."""
    global _said
    if _said:
        return
    now = _TYPES.get(name) or f"np.{_SYNONYMS[name]}"
    text = (
        f"{os.path.basename(file)}:{line}: np.{name} stands for {now}: NumPy has it no more. This and other old "
        "names are kept for scripts for Caffe, and not mentioned again"
    )
    try:
        warnings.warn(text, MyCaffeWarning, stacklevel=3)
    except MyCaffeWarning as error:
        raise AttributeError(f"module 'numpy' has no attribute {name!r}") from error
    _said = True
