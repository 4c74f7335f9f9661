"""Tables in memory under names that stand for files."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import DataError, MissingFileError
from mycaffe_py.tables import find_table, give_back, lend, lent, read_table

DATA = {"t": [0, 1], "x": ["1,234", "5"]}


def test_a_lent_table_is_found_and_read(tmp_path):
    with lent(DATA) as name:
        path = find_table(name, tmp_path, "f")
        table = read_table(path)
        assert str(path) == name == str(table.path) and table.names == ("t", "x")
        with pytest.raises(DataError, match=f'{name}, row 0, column "x": "1,234" can be 1234'):
            table.numbers(1)
        assert read_table(name, decimal=",").numbers(1).tolist() == [1.234, 5]


def test_the_name_ends_with_the_block_also_after_an_error():
    with pytest.raises(ZeroDivisionError), lent(DATA) as name:
        raise ZeroDivisionError
    with pytest.raises(
        MissingFileError, match=f"{name} is the name of a table in memory, which was given back"
    ):
        read_table(name)


def test_lending_without_a_block(tmp_path):
    names = lend(DATA), lend({"y": [1, 2]})
    assert names[0] != names[1] and read_table(names[1]).names == ("y",)
    give_back(names[0])
    give_back(names[0])
    with pytest.raises(MissingFileError, match=r"\(f\) .* was given back") as caught:
        find_table(names[0], tmp_path, "f")
    assert caught.value.field == "f" and "with lent(frame) as name" in caught.value.hint
    give_back(names[1])


def test_a_name_of_another_process(tmp_path):
    with pytest.raises(MissingFileError, match="table:999999 .* is not lent in this process"):
        find_table("table:999999", tmp_path, "f")


def test_a_file_of_such_a_name_is_a_file(tmp_path):
    (tmp_path / "table:999999").write_text("a\n1\n2\n")
    path = find_table("table:999999", tmp_path, "f")
    assert read_table(path).numbers(0).tolist() == [1, 2]


def test_what_is_no_table_is_not_lent():
    with pytest.raises(DataError, match="is no table"):
        lend(5)
    with lent({"a": [1]}) as name, pytest.raises(DataError, match="needs at least 2 rows"):
        read_table(name)
