"""Reports of trainers: their text, JSON and CSV, and what is refused."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from mycaffe_py.errors import DataError
from mycaffe_py.trainer import Report, ReportTable

NAN = float("nan")


def table(*rows, columns=("horizon", "net", "naive"), **more):
    return ReportTable("mean errors", columns, rows, **more)


def test_numbers_stand_at_the_right_with_four_significant_digits():
    lines = table(("one day", 1.23456, 2), ("a week", 123.456789, None)).lines()
    assert lines == [
        "mean errors",
        "horizon    net  naive",
        "one day  1.235      2",
        "a week   123.5      -",
    ]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (1234562.89, "1234563"),
        (12345678, "12345678"),
        (0.000012345, "1.234e-05"),
        (-4e20, "-4e+20"),
        (NAN, "nan"),
        ("two\nlines", "two lines"),
        (True, "True"),
        (np.float32(0.5), "0.5"),
        (np.int64(3), "3"),
    ],
)
def test_a_cell(cell, text):
    *_, line = table((cell,), columns=("c",)).lines()
    assert line == text


@pytest.mark.parametrize(
    ("row", "marked"),
    [
        ((1, 2.0, 3.0), "2*"),
        ((9, 2.0, 1), "1*"),
        ((9, NAN, 1.0), None),  # nothing to win against
        ((9, 1.0, 1.0), None),
        ((9, 1.00001, 1.0), None),  # shown alike
        (("x", "a", 1.0), None),
        (("x", 1.0, None), None),
    ],
)
def test_the_smallest_number_of_a_row_is_marked(row, marked):
    *_, line = table(row, best="low").lines()
    assert [word for word in line.split() if word.endswith("*")] == ([marked] if marked else [])


def test_what_looks_like_the_smallest_is_marked_too():
    shown = table(("a", 1.00001, 1.0, 2.0), columns=("", "net", "ridge", "last"), best="low")
    assert shown.texts() == [["a", "1*", "1*", "2"]]


def test_marks_stand_outside_the_columns():
    *_, first, second = table(("a", 0.25, 10.5), ("b", 3.0, 2.0), best="low").lines()
    assert first == "a        0.25*   10.5"
    assert second == "b           3       2*"


def test_columns_that_do_not_fit_follow_below():
    rows = [("day", 1.0, 2.0, 3.0), ("week", 4.0, 5.0, 6.0)]
    lines = table(*rows, columns=("span", "first", "second", "third")).lines(width=19)
    assert lines[1:] == [
        "span  first  second",
        "day       1       2",
        "week      4       5",
        "span  third",
        "day       3",
        "week      6",
    ]


def test_a_report_is_its_tables_then_its_notes():
    small = ReportTable("", ("n",), [(1,)])
    report = Report([small, small], ["word " * 10], "careful")
    assert report.lines(width=25) == ["n", "1", "", "n", "1", "", *["word " * 4 + "word"] * 2]
    assert report.cautions == ("careful",)
    assert Report([], ["alone"]).lines() == ["alone"]


def test_json():
    report = Report([table(("a", np.float64(1.5), None), best="low")], ["n"], ["c"])
    assert report.as_json() == {
        "tables": [
            {
                "title": "mean errors",
                "columns": ["horizon", "net", "naive"],
                "rows": [["a", 1.5, None]],
                "best": "low",
            }
        ],
        "notes": ["n"],
        "cautions": ["c"],
    }


def rows_of(report):
    return list(csv.reader(io.StringIO(report.csv_text())))


def test_csv_has_all_digits():
    report = Report([table(("a, b", 2 / 3, None), ("c", 1234562.89, 5), best="low")])
    assert rows_of(report) == [
        ["horizon", "net", "naive"],
        ["a, b", repr(2 / 3), ""],
        ["c", "1234562.89", "5"],
    ]


def test_several_tables_become_one():
    other = ReportTable("counts", ("horizon", "windows"), [("a", 7)])
    assert rows_of(Report([table(("a", 1.0, 2.0)), other])) == [
        ["table", "horizon", "net", "naive", "windows"],
        ["mean errors", "a", "1.0", "2.0", ""],
        ["counts", "a", "", "", "7"],
    ]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: table(("a", 1.0)), 'report table "mean errors": row 1 has 2 cells for 3 columns'),
        (lambda: table(("a", 1.0, [2])), r'row 1, "naive": \[2\] is no text, number or None'),
        (lambda: table(("a", 1.0, 1j)), 'row 1, "naive": 1j is no text'),
        (lambda: table(columns=("a", "a")), "must have different names, not a, a"),
        (lambda: table(columns=()), "must have different names, not none"),
        (lambda: table(best="high"), 'best is "high", not "low"'),
        (lambda: Report(["text"]), "'text' among its tables is no ReportTable"),
        (lambda: Report([], [3]), "3 among its notes is no str"),
    ],
)
def test_what_is_refused(make, words):
    with pytest.raises(DataError, match=words):
        make()


def test_whether_all_numbers_are_finite():
    assert Report([table(("a", 1.0, None))]).is_finite()
    assert not Report([table(("a", NAN, 1.0))]).is_finite()
