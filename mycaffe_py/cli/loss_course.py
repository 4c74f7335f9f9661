"""The course of the loss over a whole run, in few numbers."""

from __future__ import annotations

import math


class LossCourse:
    """Means of the loss over blocks of updates of equal size; the size doubles when there are too many."""

    def __init__(self, most: int = 1024):
        self._most = most
        self.size = 1
        self._blocks: list[tuple[float, int]] = []
        self._open: tuple[float, int, int] = (0.0, 0, 0)
        """Of the block that is not full: the sum and number of its finite losses, and the number of all."""

    def add(self, loss: float) -> None:
        """Add the loss of an update; one that is not finite does not count."""
        total, finite, count = self._open
        good = math.isfinite(loss)
        self._open = (total + (loss if good else 0.0), finite + good, count + 1)
        if count + 1 == self.size:
            self._blocks.append(self._open[:2])
            self._open = (0.0, 0, 0)
            if len(self._blocks) == self._most:
                self._join()

    def _join(self) -> None:
        """Join neighbours."""
        pairs = zip(self._blocks[::2], self._blocks[1::2], strict=True)
        self._blocks = [(first + second, m + n) for (first, m), (second, n) in pairs]
        self.size *= 2

    def means(self, most: int) -> list[float]:
        """Return at most ``most`` means from the first update to the latest; NaN where no loss was finite."""
        blocks = [*self._blocks, self._open[:2]] if self._open[2] else list(self._blocks)
        step = max(1, math.ceil(len(blocks) / most))
        joined = [blocks[start : start + step] for start in range(0, len(blocks), step)]
        sums = [(sum(one[0] for one in part), sum(one[1] for one in part)) for part in joined]
        return [total / count if count else math.nan for total, count in sums]
