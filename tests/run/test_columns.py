"""The columns of a run in memory: blocks, thinning and parsing."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.run.columns import Columns, parse_header, parse_rows

# Parsing.


def test_rows_with_empty_cells():
    rows = parse_rows(b"1,0.5,,,2\n2,,1e-3,,\n", 5)
    assert np.array_equal(
        rows,
        [[1, 0.5, math.nan, math.nan, 2], [2, math.nan, 1e-3, math.nan, math.nan]],
        equal_nan=True,
    )


def test_rows_of_another_form_are_left_out():
    text = b"1,2\n1,2,3\nx,2\n,5\n2,7\n1,9\n3,8\n"
    assert parse_rows(text, 2).tolist() == [[1, 2], [2, 7], [3, 8]]
    assert parse_rows(b"a,b\n", 2).shape == (0, 2)


def test_columns_with_commas_and_quotes_in_their_names():
    assert parse_header(b'iteration,"a,b","c ""d"""\n') == ["iteration", "a,b", 'c "d"']
    assert parse_header(b"") == []
    assert parse_header(b"iteration,a\rb,c\n") == []  # damaged


# Blocks.


def filled(count, most=None, chunk=7, gap=None):
    """Columns whose values are the update itself and its square root; ``gap`` has none."""
    columns = Columns(["n", "root"], most)
    updates = np.arange(1, count + 1, dtype=float)
    values = np.stack([updates, updates, np.sqrt(updates)], axis=1)
    if gap is not None:
        values[gap[0] - 1 : gap[1], 1] = math.nan
    for start in range(0, count, chunk):
        columns.append(values[start : start + chunk])
    return columns


def test_few_rows_are_themselves():
    size, found = filled(10).blocks(["root", "n"], 1, 10, 10)
    assert size == 1 and found.iteration.tolist() == list(range(1, 11))
    assert np.array_equal(found.low, found.high) and np.array_equal(found.low, found.mean)
    assert found.mean[1].tolist() == list(range(1, 11))
    assert found.mean[0] == pytest.approx(np.sqrt(np.arange(1, 11)))


def test_blocks_have_minimum_maximum_and_mean():
    size, found = filled(10).blocks(["n"], 1, 10, 5)
    assert size == 2
    assert found.iteration.tolist() == [2, 4, 6, 8, 10]
    assert found.low[0].tolist() == [1, 3, 5, 7, 9] and found.high[0].tolist() == [2, 4, 6, 8, 10]
    assert found.mean[0].tolist() == [1.5, 3.5, 5.5, 7.5, 9.5]


def test_blocks_are_aligned_wherever_the_stretch_begins():
    _, whole = filled(1000).blocks(["root"], 1, 1000, 125)
    size, part = filled(1000).blocks(["root"], 331, 641, 41)
    assert size == 8
    rows = (whole.iteration >= part.iteration[0]) & (whole.iteration <= part.iteration[-1])
    assert part.iteration.tolist() == whole.iteration[rows].tolist()
    assert part.mean[0] == pytest.approx(whole.mean[0][rows])
    assert part.iteration[0] - 8 < 331 <= part.iteration[0] and part.iteration[-1] >= 641


def test_a_curve_never_changes_its_past():
    before = filled(100).blocks(["n"], 1, 100, 16)[1]
    after = filled(128).blocks(["n"], 1, 128, 16)[1]
    assert before.mean[0][:12].tolist() == after.mean[0][:12].tolist()


def test_gaps_stay_gaps():
    size, found = filled(16, gap=(5, 9)).blocks(["n"], 1, 16, 4)
    assert size == 4
    assert found.mean[0].tolist() == pytest.approx([2.5, math.nan, 11, 14.5], nan_ok=True)
    assert found.low[0].tolist() == pytest.approx([1, math.nan, 10, 13], nan_ok=True)


@pytest.mark.parametrize("chunk", [1, 13, 64, 1000])
@pytest.mark.parametrize("count", [65, 100, 333, 1000])
def test_old_rows_become_blocks_and_nothing_is_lost(count, chunk):
    columns = filled(count, most=64, chunk=chunk)
    size, found = columns.blocks(["n"], 1, count, 8)
    assert columns.rows == count and columns.iteration == count
    assert columns.last() == {"n": count, "root": math.sqrt(count)}
    updates = np.arange(1, count + 1)
    blocks = [updates[(updates - 1) // size == k] for k in range((count - 1) // size + 1)]
    assert found.iteration.tolist() == [block[-1] for block in blocks]
    assert found.low[0].tolist() == [block[0] for block in blocks]
    assert found.high[0].tolist() == [block[-1] for block in blocks]
    assert found.mean[0].tolist() == pytest.approx([block.mean() for block in blocks])
    assert len(blocks) <= 8


def test_old_rows_with_gaps_keep_their_means():
    columns = filled(400, most=64, gap=(3, 17))
    size, found = columns.blocks(["n"], 1, 400, 4)
    present = np.array([n for n in range(1, size + 1) if not 3 <= n <= 17])
    assert found.mean[0][0] == pytest.approx(present.mean()) and found.low[0][0] == 1


def test_memory_is_bounded():
    columns = filled(20_000, most=64, chunk=50)
    assert columns._values.shape[1] <= 1024
    assert len(columns._old.iteration) <= 16


def test_the_newest_rows_stay_in_full():
    columns = filled(500, most=64)
    size, found = columns.blocks(["n"], 480, 500, 100)
    assert size == 1 and found.mean[0].tolist() == list(range(480, 501))


def test_rows_since_an_update():
    columns = filled(20)
    assert columns.since(["n"], 17, 10).mean[0].tolist() == [18, 19, 20]
    found = columns.since(["n"], 3, 5)
    assert found.iteration.tolist() == [4, 8, 12, 16, 20]
    assert found.mean[0].tolist() == [4, 6.5, 10.5, 14.5, 18.5]
    assert columns.since(["n"], 20, 5).iteration.tolist() == []


def test_rows_that_do_not_follow_are_left_out():
    columns = filled(5)
    columns.append(np.array([[4.0, 1, 1], [6.0, 6, 6]]))
    assert columns.rows == 6 and columns.iteration == 6


def test_no_rows_and_no_columns():
    assert Columns(["a"]).iteration == 0 and Columns(["a"]).last() == {}
    columns = Columns([])
    columns.append(np.array([[1.0], [2.0]]))
    assert columns.blocks([], 1, 2, 5)[1].iteration.tolist() == [1, 2]


@pytest.mark.parametrize("last", ["", "2,0.3\n"])
@pytest.mark.parametrize("odd", [2**53, 10**30, "inf", "nan", -4])
def test_an_odd_number_of_an_update_is_left_out(odd, last):
    rows = parse_rows(f"1,0.5\n{odd},0.4\n{last}".encode(), 2)
    assert rows.tolist() == [[1, 0.5], [2, 0.3]][: 1 + bool(last)]
