"""Long texts on which a pattern could begin anew at every character: with each of these, that would take minutes."""

from __future__ import annotations

from pathlib import Path

import pytest

from mycaffe_py.errors import PrototxtError
from mycaffe_py.foreign.texts import foreign_text
from mycaffe_py.net.problems import how_to_make_data
from mycaffe_py.schema import compose, core_sources
from mycaffe_py.schema.kinds import parse_kind
from mycaffe_py.spreadsheets import safe_cell
from mycaffe_py.tables import Table, match_columns
from mycaffe_py.tables.time_formats import _essence

MANY = 400_000


def test_blank_lines_before_a_comment():
    assert (
        how_to_make_data("#" + "\n" * MANY + "# To make its data: run it")
        == "to make its data: run it"
    )


def test_blank_lines_in_a_file_of_another_kind():
    text = "\n" * MANY + "base_lr: 1 max_iter: 1"
    with pytest.raises(PrototxtError, match="this is a solver file"):
        parse_kind(compose(core_sources()), text, "s.prototxt", "NetParameter")


@pytest.mark.parametrize("text", ["<" + "a" * MANY, "<" + "a" * 10_000 + ">" + "</" * MANY])
def test_what_begins_like_html(text):
    for _ in range(5):  # the first 20,000 characters are looked at
        found = foreign_text(text)
        assert found is None or found.message != "this is XML or HTML"


def test_digits_that_are_no_number():
    digits = "-" + "1" * MANY
    assert safe_cell(digits) == digits
    assert safe_cell(digits + "x") == f"'{digits}x"


def test_zeros_of_a_second():
    assert _essence("12:00:00." + "0" * MANY + "1") == "12:0:0.1"
    assert _essence("12:00:01.2500") == "12:0:1.25"


def test_many_columns_with_names():
    names = tuple(map(str, range(100_000, 200_000)))
    table = Table(Path("t.csv"), names, [["1"] for _ in names])
    assert match_columns(table, names, "the net") == list(range(100_000))
    assert [table.column_index(name) for name in names] == list(range(100_000))
