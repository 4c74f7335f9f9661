"""Thinning of rows by blocks of updates that never move: what was drawn of the past stays as it was.

The block of update i, counted from 1, at a size of n updates is (i - 1) // n; n is a power of two. So blocks of one
size are made of whole blocks of the size below, and thinning in steps gives the same as thinning at once.
"""

from __future__ import annotations

import numpy as np

KEPT_LIVE = 8192
"""Rows of the live file that stay in full, and the most that stay of all before them."""
MOST_UPDATES = 2**53
"""Numbers of updates are below this, so that floats tell them apart; a row with a larger one is damaged."""


def block_starts(iteration: np.ndarray, size: int) -> np.ndarray:
    """Return the index of the first row of each block; ``iteration`` (n,) increases, n > 0."""
    blocks = (iteration - 1) // size
    return np.concatenate([[0], np.flatnonzero(blocks[1:] != blocks[:-1]) + 1])


def block_size(iteration: np.ndarray, most: int, size: int = 1) -> int:
    """Return the least power of two, from ``size`` on, that makes at most ``most`` blocks of the rows."""
    if len(iteration) <= most and size == 1:
        return 1
    while len(iteration) and len(block_starts(iteration, size)) > most:
        size *= 2
    return size


def worst_of_blocks(iteration: np.ndarray, error: np.ndarray, size: int) -> np.ndarray:
    """Return the index of each block's row with the largest error; the first of several. NaN counts as largest."""
    if not len(iteration):
        return np.zeros(0, dtype=int)
    starts = block_starts(iteration, size)
    worth = np.where(np.isnan(error), np.inf, error)
    largest = np.maximum.reduceat(worth, starts)
    lengths = np.diff(np.append(starts, len(worth)))
    candidates = np.flatnonzero(worth == np.repeat(largest, lengths))
    return candidates[block_starts(iteration[candidates], size)]


class LiveThinning:
    """The rule of the live file: which rows go when it is folded.

    The newest 8,192 rows stay; of all before them, the row with the largest error of every block, whose size is
    the least that leaves at most 8,192.
    """

    def __init__(self, kept: int = KEPT_LIVE):
        self.kept, self.size = kept, 1

    def is_due(self, recent: int) -> bool:
        """Whether so many rows were added since the last time that it is time again."""
        return recent >= 2 * self.kept

    def keep(self, iteration: np.ndarray, error: np.ndarray) -> np.ndarray:
        """Return the indices of the rows to keep, of all rows that are there."""
        old = max(0, len(iteration) - self.kept)
        self.size = block_size(iteration[:old], self.kept, self.size)
        worst = worst_of_blocks(iteration[:old], error[:old], self.size)
        return np.concatenate([worst, np.arange(old, len(iteration))])
