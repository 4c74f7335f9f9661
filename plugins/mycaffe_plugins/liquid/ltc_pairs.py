"""PairList: where the synapses of an LTC cell are, for its compiled kernels."""

from __future__ import annotations

from typing import Any

import numpy as np


class PairList:
    """The pairs of a source and a block, ``lanes`` adjacent targets, that have any synapse between them.

    Kernels work on whole pairs, so the others cost nothing. The way forward takes the pairs by block, the way back by
    source.
    """

    def __init__(self, sources: int, targets: int, lanes: int, mask: Any = None):
        """``mask`` (sources, targets) is 0 where there is no synapse; without one, they are all there."""
        blocks = -(-targets // lanes)
        there: Any = np.ones((sources, blocks), dtype=bool)
        if mask is not None:
            whole = np.zeros((sources, blocks * lanes), dtype=bool)
            whole[:, :targets] = mask != 0
            there = whole.reshape(sources, blocks, lanes).any(axis=2)
        self.blocks, self.sources = _indices(there.T)
        """(pairs,) each: the pair's block and source, by block."""
        self.first_of_block = _firsts(self.blocks, blocks)
        """(blocks + 1,): the block's pairs begin at this one, and end before the next block's."""
        self.sources_back, self.blocks_back = _indices(there)
        """The same by source."""
        self.first_of_source = _firsts(self.sources, sources)
        """(sources + 1,)"""
        self.by_source = np.argsort(self.sources, kind="stable")
        """(pairs,): the pairs sorted by source."""

    def __len__(self) -> int:
        return len(self.blocks)


def _indices(there: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(np.ascontiguousarray(index, dtype=np.int64) for index in np.nonzero(there))


def _firsts(groups: np.ndarray, count: int) -> np.ndarray:
    """Return where each group begins, and the last one ends, once the members of ``groups`` are sorted by them."""
    return np.concatenate([[0], np.cumsum(np.bincount(groups, minlength=count))]).astype(np.int64)
