"""A registry for checks: nets are built with it for their shapes and mistakes, in little time and memory."""

from __future__ import annotations

from typing import Any

from mycaffe_py.plugins.registry import Registry

_SMALL = 100_000
"""Blobs up to this many elements are filled all the same, since a filler may refuse a shape."""


class SparingRegistry:
    """The registry itself, but for fillers that leave the values of large blobs untouched."""

    most_filled = _SMALL
    """See :meth:`LayerContext.fills`."""

    def __init__(self, registry: Registry):
        self._registry = registry

    def __getattr__(self, name: str) -> Any:
        return getattr(self._registry, name)

    def filler(self, param: Any) -> Any:
        """Return the filler that a FillerParameter message asks for; as always, it checks its settings."""
        return _SparingFiller(self._registry.filler(param))


class _SparingFiller:
    def __init__(self, filler: Any):
        self._filler = filler

    def __getattr__(self, name: str) -> Any:
        return getattr(self._filler, name)

    def fill(self, blob: Any) -> None:
        """Fill a small blob only."""
        if blob.count <= _SMALL:
            self._filler.fill(blob)
