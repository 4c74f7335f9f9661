"""Files with enormous cells and lines, and times that stand still: read, or an error with the line."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import DataError
from mycaffe_py.tables import read_table

ROWS = "".join(f"{row},{row % 7}\n" for row in range(20))


def read(tmp_path, text):
    path = tmp_path / "x.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return read_table(path)


@pytest.mark.parametrize("cell", ["1" * 200_000, '"' + "a" * 200_000 + '"'])
def test_an_enormous_cell_is_an_error_with_its_line(tmp_path, cell):
    with pytest.raises(DataError, match=r"line 22: .*131,?072"):
        read(tmp_path, f"time,y\n{ROWS}20,{cell}\n")


def test_an_enormous_name_is_an_error_with_its_line(tmp_path):
    with pytest.raises(DataError, match=r"line 1: .*131,?072"):
        read(tmp_path, f"time,{'y' * 200_000}\n{ROWS}")


def test_a_quote_that_is_never_closed_is_named(tmp_path):
    with pytest.raises(DataError) as caught:
        read(tmp_path, 'time,y\n1,"2\n' + "3,4\n" * 50_000)
    assert "must end with one" in caught.value.hint


def test_an_enormous_line_is_read(tmp_path):
    table = read(tmp_path, ("time" + ",1" * 50_000 + "\n") * 3)
    assert len(table.cells(50_000)) >= 2


@pytest.mark.parametrize("text", [b"\x00" * 100_000, b"time,y\n1,0.\x005\n"])
def test_null_characters_are_no_table(tmp_path, text):
    with pytest.raises(DataError, match="binary file"):
        read(tmp_path, text)


def test_lines_may_end_with_cr_alone(tmp_path):
    table = read(tmp_path, "time,y\n".replace("\n", "\r") + ROWS.replace("\n", "\r"))
    assert table.names == ("time", "y") and len(table.cells(0)) == 20


@pytest.mark.parametrize("count", [2, 20])
def test_times_that_stand_still_are_refused(tmp_path, count):
    table = read(tmp_path, "time,y\n" + "0,1\n" * count)
    with pytest.raises(
        DataError, match=f'line {count + 1}, column "time": "0" is the time of every'
    ):
        table.times(0, float)


def test_some_equal_times_are_taken(tmp_path):
    assert read(tmp_path, "time,y\n0,1\n0,1\n1,1\n").times(0, float).tolist() == [0, 0, 1]
