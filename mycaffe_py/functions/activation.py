"""The base class of all activations."""

from __future__ import annotations

from typing import Any


class Activation:
    """y = f(z), elementwise."""

    keeps_input: bool = False
    """Whether the derivative needs z; if not, y is sufficient."""

    def __init__(self) -> None:
        self._scratch: tuple[Any, ...] = ()

    def scratch(self, xp: Any, like: Any, count: int = 1, dtype: Any = None) -> tuple[Any, ...]:
        """Return ``count`` working arrays like ``like``, reused as long as they fit."""
        kept, dtype = self._scratch, dtype or like.dtype
        if (
            len(kept) < count
            or kept[0].shape != like.shape
            or kept[0].dtype != dtype
            or type(kept[0]) is not type(like)
        ):
            kept = tuple(xp.empty(like.shape, dtype=dtype) for _ in range(count))
            self._scratch = kept
        return kept[:count]

    def forward(self, xp: Any, z: Any, out: Any) -> None:
        """Write f(z) into ``out``, which may be ``z``."""
        raise TypeError(f"{type(self).__name__} does not define forward()")

    def backward(self, xp: Any, z: Any, y: Any, dy: Any, out: Any) -> None:
        """Write dy * f'(z) into ``out``, which may be ``dy``; z is read only if ``keeps_input``."""
        raise TypeError(f"{type(self).__name__} does not define backward()")
