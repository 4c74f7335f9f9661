"""Changes of a text, one operation or several, and what is then seen in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import Registry
from mycaffe_py.schema import TextEdit

from .look import KINDS, look


def edit(
    kind: str,
    text: str,
    phase: str,
    do: Mapping[str, Any] | Sequence[Mapping[str, Any]],
    filename: str,
    registry: Registry,
    *,
    allow_python: bool = False,
) -> dict[str, Any]:
    """Apply operations to a text, all or none; return the new text and what :func:`look` sees in it.

    ``span`` and ``start`` are where the last one changed it. Raises ConfigError in words if one cannot be done.
    """
    if kind not in KINDS:
        raise ConfigError(f"a project has a model and a solver, no {kind}")
    changes = [do] if isinstance(do, Mapping) else list(do)
    edited = TextEdit(text, KINDS[kind], registry.schema)
    span = (0, 0)
    for change in changes:
        span = edited.apply(change)
    before = edited.text[: span[0]]
    return {
        "text": edited.text,
        "span": list(span),
        "start": {
            "line": before.count("\n") + 1,
            "column": len(before) - (before.rfind("\n") + 1) + 1,
        },
        **look(kind, edited.text, phase, filename, registry, allow_python=allow_python),
    }
