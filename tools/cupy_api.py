"""Write tests/data/cupy_api.json: which functions, methods and keywords CuPy has.

Run it where a CuPy is installed; no GPU is needed:

    python tools/cupy_api.py

The tests compare with it what the package asks of ``xp`` and what the strict stand-in offers.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
import types
import warnings
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent.parent / "tests" / "data" / "cupy_api.json"
MODULES = ("", "linalg", "lib.stride_tricks", "random", "cuda", "cuda.driver", "cuda.runtime")
ELEMENTWISE_KEYWORDS = ["out", "dtype", "casting"]
ANY = "*"
UNTOLD = {"einsum": ["dtype", "optimize"]}
"""Functions that take their keywords by ** and refuse all but these."""


class _Probe:
    """Takes the place of an array, to see which methods of a ufunc CuPy has."""

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: None


def keywords(function: Any) -> list[str] | None:
    """Return the names by which a function takes arguments; None if it does not tell."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return _keywords_by_doc(function)
    return [
        ANY if parameter.kind is parameter.VAR_KEYWORD else parameter.name
        for parameter in parameters
        if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.VAR_POSITIONAL)
    ]


def _keywords_by_doc(function: Any) -> list[str] | None:
    """Compiled functions begin their text with their signature."""
    first = (getattr(function, "__doc__", None) or "").split("\n")[0]
    match = re.match(r"[\w.]+\((.*)\)", first)
    if not match:
        return None
    names = [
        part.split("=")[0].split(":")[0].split()[-1]
        for part in match[1].split(",")
        if part.strip() and not part.strip().startswith(("*", "/"))
    ]
    return [name for name in names if name != "self"]


def ufunc_methods(function: Any) -> list[str]:
    """Return those of a ufunc's methods that do not raise NotImplementedError."""
    arguments = {"at": 3, "reduce": 1, "accumulate": 1, "reduceat": 2}
    found = []
    for name, count in arguments.items():
        try:
            getattr(function, name)(*[_Probe()] * count)
        except NotImplementedError:
            continue
        found.append(name)
    return found


def describe(module: Any) -> dict[str, Any]:
    """Return the public names of a module: each function with its keywords, None for other things."""
    table: dict[str, Any] = {}
    for name in sorted(vars(module)):
        value = getattr(module, name)
        if name.startswith("_") or isinstance(value, types.ModuleType):
            continue
        if type(value).__name__ == "ufunc":
            table[name] = {"keywords": ELEMENTWISE_KEYWORDS, "methods": ufunc_methods(value)}
        elif isinstance(value, type) or not callable(value):
            table[name] = None
        else:
            table[name] = {"keywords": UNTOLD.get(name) or keywords(value)}
    return table


def methods(cls: type) -> dict[str, Any]:
    """Return the public methods and attributes of the array class."""
    table: dict[str, Any] = {}
    for name in sorted(dir(cls)):
        if not name.startswith("_"):
            value = getattr(cls, name)
            table[name] = {"keywords": keywords(value)} if callable(value) else None
    return table


def main() -> int:
    """Write the table."""
    warnings.simplefilter("ignore")
    import cupy  # noqa: TID251

    table: dict[str, Any] = {"cupy": cupy.__version__, "ndarray": methods(cupy.ndarray)}
    for path in MODULES:
        module = cupy
        for part in path.split(".") if path else []:
            module = getattr(module, part)
        table["xp" + (f".{path}" if path else "")] = describe(module)
    lines = []
    for group, entries in table.items():
        if isinstance(entries, str):
            lines.append(f"{json.dumps(group)}: {json.dumps(entries)}")
            continue
        rows = ",\n".join(f"  {json.dumps(name)}: {json.dumps(entries[name])}" for name in entries)
        lines.append(f"{json.dumps(group)}: {{\n{rows}\n}}")
    TABLE.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"CuPy {cupy.__version__}: {TABLE}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
