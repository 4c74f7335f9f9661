"""Checks of a layer's inputs whose outcome stays on the GPU until the host reads values anyway.

A layer that looks at the values of its bottoms, such as labels, would make the host wait for the GPU in each pass. It
notes on the device what is wrong instead; the net reports it with the next values that it fetches.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from weakref import ProxyType, WeakMethod, proxy

from mycaffe_py.device.device import Device

_IN_A_ROW = 64


class DeferredCheck:
    """One check: a flag on the device, and the values that were wrong the last time."""

    def __init__(
        self, checks: DeferredChecks, layer: Any, flag: Any, explain: Callable[[Any], Any]
    ):
        # Weak references, so that the layer is freed at once.
        self._checks, self.flag = proxy(checks), flag
        self.layer = layer if isinstance(layer, ProxyType) else proxy(layer)
        self.explain = WeakMethod(explain)
        self.kept: list[Any] = []

    def note(self, bad: Any, *values: Any) -> None:
        """Remember that a pass went wrong if ``bad``, a 0-d array of bool, is true, and its ``values`` (arrays)."""
        xp = self._checks.xp
        if [kept.shape for kept in self.kept] != [value.shape for value in values]:
            if self.kept:
                self._checks.report()  # before the values of other shapes take their place
            self.kept = [xp.empty(value.shape, dtype=value.dtype) for value in values]
        xp.maximum(self.flag, bad, out=self.flag)
        for kept, value in zip(self.kept, values, strict=True):
            xp.copyto(kept, value, where=bad)


class DeferredChecks:
    """The deferred checks of a net. On the CPU there are none: layers check at once."""

    def __init__(self, device: Device):
        self._device, self.xp = device, device.xp
        self._rows: list[Any] = []
        self._checks: list[DeferredCheck] = []
        self.failed: Any = None
        """The layer whose check failed last."""

    def add(self, layer: Any, explain: Callable[..., Any]) -> DeferredCheck | None:
        """Return a new check, or None if the layer is to check at once.

        ``explain`` is a method that gets the wrong values as device arrays and raises the error of ``layer``.
        """
        if self._device.is_host:
            return None
        number = len(self._checks)
        if number % _IN_A_ROW == 0:
            self._rows.append(self.xp.zeros(_IN_A_ROW, dtype="int32"))
        check = DeferredCheck(self, layer, self._rows[-1][number % _IN_A_ROW], explain)
        self._checks.append(check)
        return check

    @property
    def flags(self) -> list[Any]:
        """The device arrays that tell which checks failed, to be fetched together with other values."""
        return self._rows

    def report(self, fetched: list[Any] | None = None) -> None:
        """Raise the error of the first check that failed since the last report; ``fetched`` are the flags, if known."""
        rows = self._device.fetch(*self._rows) if fetched is None else fetched
        if not any(row.any() for row in rows):
            return
        for row in self._rows:
            row.fill(0)
        flags = [value for row in rows for value in row]
        for check, flag in zip(self._checks, flags, strict=False):
            if flag:
                self.failed, explain = check.layer, check.explain()
                if explain is not None:
                    explain(*check.kept)
