"""Tells absolute times from time spans, by their values alone."""

from __future__ import annotations

from typing import Any

import numpy as np

# Unsorted spans do not grow over this many steps of this many sequences.
_MIN_SEQUENCES, _MIN_GROWTHS = 3, 24
_MAX_FORWARDS = 20
_MIN_DIFFERENCES = 6
_GROWING_GAPS = 1.5


class AbsoluteTimes:
    """Examines the first batches of what should be time spans, to detect absolute times.

    Times never decrease within a sequence, and increase at most steps, as fast at the end of a sequence as at its
    beginning. A single decrease shows that they are spans; equal spans never increase and so are not reported.
    The span of a sequence's first step is ignored: it may be anything.
    """

    def __init__(self) -> None:
        self._forwards = self._sequences = self._growths = 0
        self.settled = False
        """Whether the question is decided, so that no more batches need to be examined."""

    def update(self, tt: np.ndarray, lengths: np.ndarray) -> bool:
        """Examine a batch (steps, N) of sequences with ``lengths`` (N,); return True once they look like times."""
        self._forwards += 1
        if len(tt) < _MIN_DIFFERENCES + 2:
            self.settled = self._forwards >= _MAX_FORWARDS
            return False
        with np.errstate(invalid="ignore", over="ignore"):  # padding may be infinite
            return self._update(tt, lengths)

    def _update(self, tt: np.ndarray, lengths: np.ndarray) -> bool:
        steps = np.arange(1, len(tt))[:, None]
        differences = np.diff(tt, axis=0)
        known = (steps >= 2) & (steps < lengths)
        if (known & (differences < 0)).any():
            self.settled = True
            return False
        count = known.sum(axis=0)
        growths = (known & (differences > 0)).sum(axis=0)
        telling = (count >= _MIN_DIFFERENCES) & (2 * growths >= count) & ~_speeds_up(tt, lengths)
        self._sequences += int(telling.sum())
        self._growths += int(growths[telling].sum())
        found = self._sequences >= _MIN_SEQUENCES and self._growths >= _MIN_GROWTHS
        self.settled = found or self._forwards >= _MAX_FORWARDS
        return found


def _speeds_up(tt: np.ndarray, lengths: np.ndarray) -> Any:
    """Return, for each sequence, whether it grows faster in its second half, as widening gaps do."""
    last = np.maximum(lengths - 1, 1)
    middle = (last + 2) // 2  # if the halves are unequal, the first one is longer
    first, half, end = (tt[index, np.arange(tt.shape[1])] for index in (0 * last + 1, middle, last))
    return end - half > _GROWING_GAPS * (half - first)
