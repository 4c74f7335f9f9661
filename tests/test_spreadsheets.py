"""No cell of our CSV is a formula; what was written can be read again."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from mycaffe_py.forecast import Forecast
from mycaffe_py.spreadsheets import csv_text, plain_cell, safe_cell
from mycaffe_py.trainer import Report, ReportTable

FORMULAS = [
    "=cmd|' /C calc'!A0",
    "+1+cmd|x",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    "\n=1",
    "\uff1d1",
    "-",
    "'=1",
    "''-x",
]
HARMLESS = ["", "loss", "a=b", "'", "'a", "-1", "+2.5e-3", "-.5", "-inf", "-nan", "'-1", "1-2", "ü"]


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_gets_an_apostrophe_and_loses_it_again(text):
    assert safe_cell(text) == f"'{text}"
    assert plain_cell(safe_cell(text)) == text


@pytest.mark.parametrize("text", HARMLESS)
def test_everything_else_stays(text):
    assert plain_cell(safe_cell(text)) == text
    assert safe_cell(text) == text or text.startswith("'-")


@pytest.mark.parametrize("number", [-1, -2.5, 0, None, float("-inf")])
def test_numbers_are_no_texts(number):
    assert safe_cell(number) is number


def starts(text):
    return {cell[:1] for row in csv.reader(io.StringIO(text)) for cell in row}


def test_tables_of_reports_and_forecasts():
    assert csv_text([["=a", -1], ["@b", "x"]]) == "'=a,-1\n'@b,x\n"
    report = Report((ReportTable("=t", ("=a", "b"), ((-1.0, "@c"),)),))
    assert starts(report.csv_text()) == {"'", "b", "-"}
    one = np.ones((1, 1))
    forecast = Forecast(np.ones(1), -one, one, names=("=y",), time_name="@t")
    assert starts(forecast.csv_text()) == {"'", "1", "-"}
