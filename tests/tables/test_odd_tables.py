"""Odd and broken tables are read rightly, or refused with what is wrong; nothing else ever happens."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import MyCaffeError

from .odd_tables import odd_table

SEEDS = range(400)


@pytest.mark.parametrize("seed", SEEDS)
def test_an_odd_table(read, seed):
    odd = odd_table(seed)
    if odd.refused:
        with pytest.raises(MyCaffeError) as caught:
            read(odd.content, **odd.settings)
        assert "d.csv" in caught.value.message and caught.value.code == "E240"
        return
    try:
        table = read(odd.content, **odd.settings)
    except MyCaffeError as error:
        assert not odd.certain and error.code == "E240", odd.kind
        return
    assert table.names == (odd.names and tuple(odd.names)), odd.kind
    for index, expected in enumerate(odd.values):
        compare_column(table, index, expected, odd)


def compare_column(table, index, expected, odd):
    bad = odd.bad if odd.bad and odd.bad[2] == index else None
    try:
        numbers = table.numbers(index)
    except MyCaffeError as error:
        assert not odd.certain or bad, (odd.kind, str(error))
        assert error.code == "E240" and table.quoted_name(index) in error.message
        assert (
            f"d.csv, line {bad[0]}" in error.message or "can be" in error.message if bad else True
        )
        return
    assert bad is None, odd.kind
    np.testing.assert_array_equal(numbers, expected, err_msg=odd.kind)


def test_all_kinds_are_there_and_most_tables_are_read(read):
    tables = [odd_table(seed) for seed in SEEDS]
    assert len({odd.kind for odd in tables}) == 22
    assert sum(odd.certain and not odd.refused for odd in tables) > 80
    assert odd_table(3).content == odd_table(3).content
