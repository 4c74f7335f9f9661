"""Where the compiled LTC cell looks for synapses."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.liquid.ltc_pairs import PairList


def covered(pairs, sources, blocks, by):
    """Return the blocks of each source, from one of the two orders."""
    table = np.zeros((sources, blocks), dtype=int)
    if by == "block":
        for block in range(blocks):
            for pair in range(pairs.first_of_block[block], pairs.first_of_block[block + 1]):
                assert pairs.blocks[pair] == block
                table[pairs.sources[pair], block] += 1
    else:
        for source in range(sources):
            for pair in range(pairs.first_of_source[source], pairs.first_of_source[source + 1]):
                assert pairs.sources_back[pair] == source
                table[source, pairs.blocks_back[pair]] += 1
    return table


@pytest.mark.parametrize("by", ["block", "source"])
@pytest.mark.parametrize(("sources", "targets"), [(5, 11), (1, 1), (8, 8), (3, 20)])
def test_pairs_are_where_any_synapse_is(rng, sources, targets, by):
    mask = rng.random((sources, targets)) < 0.2
    blocks = -(-targets // 4)
    expected = np.zeros((sources, blocks), dtype=int)
    for source, target in np.argwhere(mask):
        expected[source, target // 4] = 1
    pairs = PairList(sources, targets, 4, mask)
    np.testing.assert_array_equal(covered(pairs, sources, blocks, by), expected)
    assert len(pairs) == expected.sum()


def test_both_orders_are_of_the_same_pairs(rng):
    pairs = PairList(6, 13, 4, rng.random((6, 13)) < 0.3)
    np.testing.assert_array_equal(pairs.sources[pairs.by_source], pairs.sources_back)
    np.testing.assert_array_equal(pairs.blocks[pairs.by_source], pairs.blocks_back)


def test_without_a_mask_they_are_all_there():
    assert len(PairList(3, 9, 4)) == 9


def test_no_sources():
    pairs = PairList(0, 9, 4)
    assert len(pairs) == 0 and pairs.first_of_block.tolist() == [0, 0, 0, 0]
    assert pairs.first_of_source.tolist() == [0]
