"""Tables: columns by name and number, cells, times, and columns that a net needs again."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import DataError
from mycaffe_py.tables import match_columns, table_of


def test_columns_by_name_and_number(read):
    table = read("a,b,a\n1,2,3\n4,5,6\n")
    assert table.width == 3 and table.column_index("b", "f") == 1
    assert table.column_index("2", "f") == 2
    for wanted, words in (
        ("a", '2 columns are named "a" \\(f\\)'),
        ("c", 'no column "c" \\(f\\); it has the columns "a", "b", "a"'),
        ("3", 'no column "3"'),
        ("9" * 5000, "no column"),
        ("\u0661\u0661", "no column"),
    ):
        with pytest.raises(DataError, match=words) as caught:
            table.column_index(wanted, "f")
        assert caught.value.field == "f"


def test_the_only_other_column(read):
    assert read("a,b\n1,2\n3,4\n").only_other_column(0, "f") == 1
    with pytest.raises(DataError, match="f is not set, and the file has 3 columns without names"):
        read("1,2,3\n4,5,6\n").only_other_column(0, "f")


def test_cells_are_text_or_typed(read):
    table = read("a,b\n1,x\n3,y\n")
    assert table.cells(0) == ["1", "3"] and table.texts(1) == ["x", "y"]
    assert table.text(1, 1) == "y" and table.zone(0) is None
    typed = table_of({"a": [1, 2], "b": [0.5, None]})
    assert typed.cells(0).dtype == np.int64 and typed.texts(1) == ["0.5", ""]
    with pytest.raises(ValueError, match="read-only"):
        typed.cells(0)[0] = 5


def test_rows_have_lines_in_files_and_numbers_elsewhere(read):
    assert read("a\n1\n2\n").row_name(1) == "line 3"
    table = table_of({"a": [1, "x"]})
    assert table.row_name(1) == "row 1"
    with pytest.raises(DataError, match='table, row 1, column "a": "x" is not a number'):
        table.numbers(0)


def test_times_must_not_decrease(read):
    table = read("t,a\n1,1\n3,1\n2,1\n")
    with pytest.raises(DataError, match='line 4, column "t": "2" comes before the row above it'):
        table.times(0, float)
    assert read("t,a\n1,1\n1,1\n2,1\n").times(0, float).tolist() == [1, 1, 2]


def test_moments_are_days_since_1970():
    moments = np.array(["1970-01-02T12:00", "1970-01-03", "1970-01-01"], "datetime64[m]")
    table = table_of({"t": moments[:2], "u": moments[1:], "v": [moments[0], None]})
    assert table.has_moments(0) and table.times(0, float).tolist() == [1.5, 2]
    with pytest.raises(DataError, match='row 1, column "u": "1970-01-01" comes before'):
        table.times(1, float)
    with pytest.raises(DataError, match='row 1, column "v": "" is empty'):
        table.times(2, float)


def test_columns_that_a_net_needs(read):
    table = read("time,price,load\n1,2,3\n4,5,6\n")
    assert match_columns(table, ["load", "time"], "the net") == [2, 0]
    with pytest.raises(DataError) as caught:
        match_columns(table, ["Price", "wind", "load"], "the net")
    assert caught.value.message.endswith(
        'd.csv: the net needs the columns "Price", "wind", which the table lacks; '
        'not needed: "time", "price"'
    )
    assert caught.value.hint == 'did you mean "price" for "Price"?'
    with pytest.raises(DataError, match='needs the column "a", of which there are several'):
        match_columns(read("a,a\n1,2\n3,4\n"), ["a"], "the net")
    assert match_columns(read("1,2\n3,4\n"), ["column 1"], "the net") == [1]
