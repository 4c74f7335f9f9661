"""Telling times that count from somewhere from time spans, by their numbers alone."""

from __future__ import annotations

from typing import Any

import numpy as np

# Spans that no one sorted do not grow over this many steps of this many sequences.
_LEAST_SEQUENCES, _LEAST_GROWTHS = 3, 24
_MAX_FORWARDS = 20
_LEAST_DIFFERENCES = 6
_GROWING_GAPS = 1.5


class AbsoluteTimes:
    """Looks at the first batches of what should be time spans, and finds out if they look like times.

    Times never decrease in any sequence, and most of their steps grow, as fast at the end of a sequence as at its
    beginning. One span smaller than the one before it settles that they are spans; so do equal spans, as they
    never grow. The span of a sequence's first step counts for nothing: it may be anything.
    """

    def __init__(self) -> None:
        self._forwards = self._sequences = self._growths = 0
        self.settled = False
        """Whether there is nothing more to find out."""

    def take(self, tt: np.ndarray, lengths: np.ndarray) -> bool:
        """Look at a batch, (steps, N), of sequences with ``lengths`` (N,); true once they look like times."""
        self._forwards += 1
        if len(tt) < _LEAST_DIFFERENCES + 2:
            self.settled = self._forwards >= _MAX_FORWARDS
            return False
        with np.errstate(invalid="ignore", over="ignore"):  # padding may be infinite
            return self._take(tt, lengths)

    def _take(self, tt: np.ndarray, lengths: np.ndarray) -> bool:
        steps = np.arange(1, len(tt))[:, None]
        differences = np.diff(tt, axis=0)
        known = (steps >= 2) & (steps < lengths)
        if (known & (differences < 0)).any():
            self.settled = True
            return False
        count = known.sum(axis=0)
        growths = (known & (differences > 0)).sum(axis=0)
        telling = (count >= _LEAST_DIFFERENCES) & (2 * growths >= count) & ~_speeds_up(tt, lengths)
        self._sequences += int(telling.sum())
        self._growths += int(growths[telling].sum())
        found = self._sequences >= _LEAST_SEQUENCES and self._growths >= _LEAST_GROWTHS
        self.settled = found or self._forwards >= _MAX_FORWARDS
        return found


def _speeds_up(tt: np.ndarray, lengths: np.ndarray) -> Any:
    """Whether each sequence grows more in its second half than in its first, as gaps do that become wider."""
    last = np.maximum(lengths - 1, 1)
    middle = (last + 2) // 2  # of two halves that are not equal, the first is the longer one
    first, half, end = (tt[index, np.arange(tt.shape[1])] for index in (0 * last + 1, middle, last))
    return end - half > _GROWING_GAPS * (half - first)
