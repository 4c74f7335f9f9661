"""Numbers in columns of text: marks, gaps, what is refused, and what is said then."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, DataError
from mycaffe_py.tables import GAPS, is_gap, number


def column(read, cells, delimiter=";", **settings):
    rows = "".join(f"{row}{delimiter}{cell}\n" for row, cell in enumerate(cells))
    return read(f"t{delimiter}x\n{rows}", **settings).numbers(1).tolist()


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "-2", "+3"], [1, -2, 3]),
        (["1.5", ".5", "2.", "1e3", "1E-3"], [1.5, 0.5, 2, 1000, 0.001]),
        (["1,5", ",5", "2,", "1,5e3"], [1.5, 0.5, 2, 1500]),
        (["1.234,56", "1.234"], [1234.56, 1234]),
        (["1,234.56", "1,234"], [1234.56, 1234]),
        (["1.234.567", "1.234"], [1234567, 1234]),
        (["0.123", "1.234"], [0.123, 1.234]),
        (["0,123", "1,234"], [0.123, 1.234]),
        (["1234,567", "1,234"], [1234.567, 1.234]),
        (["1 234,5", "12 345 678,25"], [1234.5, 12345678.25]),
        (["1\u00a0234", "1\u202f234"], [1234, 1234]),
        (["1'234.5", "1\u2019234"], [1234.5, 1234]),
        (["\u22125", "5"], [-5, 5]),
        (["0.1234567890123456", "12345678901234567"], [0.1234567890123456, 12345678901234568]),
    ],
)
def test_the_column_decides_how_it_is_written(read, cells, values):
    assert column(read, cells) == values


@pytest.mark.parametrize(
    ("cells", "settings", "values"),
    [
        (["1,234", "2,345"], {"decimal": ","}, [1.234, 2.345]),
        (["1,234", "2,345"], {"thousands": ","}, [1234, 2345]),
        (["1,234", "2,345"], {"decimal": "."}, [1234, 2345]),
        (["1.234", "2.345"], {"decimal": "."}, [1.234, 2.345]),
        (["1.234", "2.345"], {"decimal": ","}, [1234, 2345]),
        (["1.234", "2.345"], {"thousands": "."}, [1234, 2345]),
        (["1_234", "5"], {"thousands": "_"}, [1234, 5]),
        (["1 234.5", "5"], {"thousands": "\u00a0"}, [1234.5, 5]),
    ],
)
def test_settings_decide(read, cells, settings, values):
    assert column(read, cells, **settings) == values


@pytest.mark.parametrize("mark", [",", "."])
def test_what_can_be_read_in_two_ways_is_refused_with_both(read, mark):
    cell = f"1{mark}234"
    with pytest.raises(DataError) as caught:
        column(read, ["7", cell, f"5{mark}678"])
    assert f'line 3, column "x": "{cell}" can be 1234 or 1.234' in caught.value.message
    assert f'thousands to "{mark}" for 1234' in caught.value.hint
    assert f'decimal to "{mark}" for 1.234' in caught.value.hint


def test_a_point_is_decimal_between_commas_or_where_the_file_shows_it(read):
    assert column(read, ["1.234", "2.345"], ",") == [1.234, 2.345]
    table = read("a;b\n1.234;0.5\n2.345;0.5\n")
    assert table.numbers(0).tolist() == [1.234, 2.345]
    dotted = "a,b,c\n1.234,1.234.567,1\n2.345,2.345.678,2\n"
    with pytest.raises(DataError, match="can be 1234 or 1.234"):
        read(dotted).numbers(0)
    assert read(dotted).numbers(1).tolist() == [1234567, 2345678]
    for content in ('a,b\n1.234,"0,5"\n2.345,1\n', "a;b\n1.234;0,5\n2.345;0.5\n"):
        with pytest.raises(DataError, match="can be 1234 or 1.234"):
            read(content).numbers(0)


@pytest.mark.parametrize("gap", sorted(GAPS))
def test_gaps(read, gap):
    for cell in (gap, f" {gap.upper()} "):
        assert is_gap(cell) and math.isnan(number(cell))
        np.testing.assert_array_equal(column(read, ["1,5", cell, "2"]), [1.5, math.nan, 2])


REFUSED = {
    "12.5 %": 'without "%"',
    "$12": 'without "$"',
    "12 kg": 'without "kg"',
    "1e400": "not a finite number",
    "inf": "not a finite number",
    "-Infinity": "not a finite number",
    "1e31": "is too large: values go up to 1e+30",
    "0x10": "decimal digits",
    "1_000": 'thousands without "_"',
    "\u0661\u0662": "digits 0 to 9",
    "\uff11\uff12": "digits 0 to 9",
    "1\u00b2": "is not a number",
    "true": "write 1 or 0",
    "(12)": 'negative numbers with "-"',
    "12-": 'the "-" before',
    "#DIV/0!": "an error of a spreadsheet",
    "1d5": 'the exponent with "e"',
    "1.2.3": "is not a number",
    "1 23": "is not a number",
    "12 34 567": "is not a number",
    "- 5": "is not a number",
    "--5": "is not a number",
    "2001-01-01": "is not a number",
    "x" * 1000: "x...",
}


@pytest.mark.parametrize("cell", REFUSED)
def test_what_is_no_number_is_refused_with_its_place(read, cell):
    with pytest.raises(DataError) as caught:
        column(read, ["1.5", "", cell, "2"])
    text = str(caught.value)
    assert "d.csv, line 4" in text and 'column "x": "' in text and REFUSED[cell] in text
    assert len(text) < 400


def test_a_cell_unlike_the_others_is_named(read):
    with pytest.raises(DataError, match=r'line 4.*"3.5" is not a number with the decimal mark ","'):
        column(read, ["1,5", "2,5", "3.5"])
    with pytest.raises(DataError, match=r'line 2.*"1,5" is not a number with the decimal mark "."'):
        column(read, ["1,5", "2.5", "3.5"])
    with pytest.raises(DataError, match=r"set decimal to \"\.\""):
        column(read, ["1.5", "2.5"], decimal=",")


@pytest.mark.parametrize(("cell", "mark"), [("1 234", " "), ('"1,234"', ","), ('"1,5"', ",")])
def test_in_one_column_marks_could_be_delimiters(read, cell, mark):
    content = f"x\n{cell}\n{cell}\n"
    with pytest.raises(DataError, match="can be several columns or one number"):
        read(content).numbers(0)
    with pytest.raises(DataError, match='"1 23" is not a number .columns are separated by commas'):
        read("x\n1 23\n1 2\n").numbers(0)
    value = 1.5 if "5" in cell else 1234
    settings = {"decimal": ","} if value == 1.5 else {"thousands": mark}
    assert read(content, **settings).numbers(0).tolist() == [value, value]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"decimal": ";"}, 'decimal is ";"'),
        ({"thousands": "x"}, 'thousands is "x"'),
        ({"decimal": ",", "thousands": ","}, "they must differ"),
    ],
)
def test_settings_that_make_no_sense(read, settings, message):
    with pytest.raises(ConfigError, match=message):
        read("a\n1\n2\n", **settings)


def test_settings_have_the_names_that_the_caller_gives_them(read):
    with pytest.raises(DataError, match='set p.thousands to "," for 1234, or p.decimal to ","'):
        column(read, ["1,234"] * 2, prefix="p.")
    with pytest.raises(ConfigError, match="p.decimal is") as caught:
        column(read, ["1"] * 2, decimal="x", prefix="p.")
    assert caught.value.field == "p.decimal"


def test_one_number_has_a_decimal_point():
    assert number(" 1.5 ") == 1.5 and math.isnan(number("n/a"))
    for cell, advice in (("1,5", "with a point"), ("1,234.5", "without a comma"), ("1e999", "fin")):
        with pytest.raises(ValueError, match=advice):
            number(cell)
