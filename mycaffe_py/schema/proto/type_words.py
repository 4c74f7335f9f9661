"""Words of other languages for types in a schema."""

from __future__ import annotations

from collections.abc import Iterable

from mycaffe_py.errors import did_you_mean

_MEANT = {"uint": "uint32", "int": "int32", "long": "int64", "str": "string", "number": "double"}


def nearest_type(name: str, known: Iterable[str]) -> str | None:
    """Return ``did you mean "X"?`` for an unknown type, or None."""
    meant = _MEANT.get(name.lower())
    return f'did you mean "{meant}"?' if meant else did_you_mean(name, known)


def without_label(words: list[str]) -> str | None:
    """Return what to write for a field without ``optional``, as in proto3, if these words of a message begin one."""
    if len(words) == 3 and words[2] == "=" and words[1].isidentifier():
        return f"write optional {words[0]} {words[1]} = ...: every field begins with optional or repeated"
    return None
