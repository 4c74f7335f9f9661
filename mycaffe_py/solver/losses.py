"""The window of losses that ``average_loss`` averages."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable


class LossWindow:
    """The last ``size`` losses. Caffe's window starts again with each ``step()``."""

    def __init__(self, size: int):
        self._losses: deque[float] = deque(maxlen=max(1, size))
        self._resumed = False

    def begin(self) -> None:
        """Start a new window, unless losses of an earlier run were just restored."""
        if not self._resumed:
            self._losses.clear()
        self._resumed = False

    def add(self, loss: float) -> None:
        """Add the latest loss; the oldest one is dropped when the window is full."""
        self._losses.append(loss)

    def values(self) -> list[float]:
        """Return the losses, oldest first."""
        return list(self._losses)

    def resume(self, losses: Iterable[float]) -> None:
        """Restore the losses of an earlier run, with which the next step continues."""
        self._losses.clear()
        self._losses.extend(losses)
        self._resumed = True

    @property
    def mean(self) -> float:
        """The mean of the losses; NaN if there are none."""
        return sum(self._losses) / len(self._losses) if self._losses else math.nan
