"""CUDA C++ sources of the package: one text for each set of kernels, and the options it is compiled with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

_OWN = Path(__file__).parent
_INCLUDE = re.compile(r'^#include "([^"]+)"$', re.M)


@cache
def read_source(path: Path) -> str:
    """Return a kernel file's text with the files that it includes in their places.

    They are looked for in its own folder, then in this one. One text, because CuPy keeps compiled kernels by their
    source's text and would not notice that an included file has changed.
    """
    return _included(path, set())


def _included(path: Path, seen: set[Path]) -> str:
    """Return a file's text, with each included file once."""
    seen.add(path)

    def replace(match: re.Match[str]) -> str:
        name = match[1]
        found = next(p for p in (path.with_name(name), _OWN / name) if p.exists())
        if found in seen:
            return ""
        line = match.string.count("\n", 0, match.end()) + 2
        return f'#line 1 "{name}"\n{_included(found, seen)}\n#line {line} "{path.name}"'

    return _INCLUDE.sub(replace, path.read_text(encoding="utf-8"))


def options_for(macros: Mapping[str, object]) -> tuple[str, ...]:
    """Return the compiler's options for a source with these macros, in an order that does not depend on theirs."""
    return ("-std=c++17", *(f"-D{name}={macros[name]}" for name in sorted(macros)))
