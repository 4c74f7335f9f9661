"""Runs used with other files: columns by name, spellings of times, units, files without a header."""

from __future__ import annotations

import calendar
import datetime
import math

import numpy as np
import pytest

from mycaffe_py.errors import MyCaffeError

from .runs import GYM, reused, trained

ROWS = 60
SETTINGS = "horizon: 3 period: 19"


def day(row):
    return datetime.date(2020, 1, 1) + datetime.timedelta(row)


def hour(row):
    return (datetime.datetime(2020, 1, 1) + datetime.timedelta(hours=row)).isoformat()


def a(row):
    return round(10 + 3 * math.sin(row / 3), 3)


def b(row):
    return 1000 + row % 5


def seconds(row):
    return calendar.timegm(day(row).timetuple())


NAMES = ["day", "a", "b"]
SAME = {
    "as it was": (NAMES, [day, a, b], ","),
    "columns swapped": (["b", "a", "day"], [b, a, day], ","),
    "columns added": (["x", "day", "a", "y", "b"], [lambda _: "text", day, a, b, b], ","),
    "semicolons": (NAMES, [day, a, b], ";"),
    "German dates": (NAMES, [lambda row: day(row).strftime("%d.%m.%Y"), a, b], ","),
    "American dates": (NAMES, [lambda row: day(row).strftime("%m/%d/%Y"), a, b], ","),
    "seconds": (NAMES, [seconds, a, b], ","),
    "milliseconds": (NAMES, [lambda row: 1000 * seconds(row), a, b], ","),
}
REFUSED = {
    "a renamed column": (["day", "a", "c"], [day, a, b], '"b"'),
    "a renamed time": (["date", "a", "b"], [day, a, b], '"day"'),
    "a missing column": (["day", "a"], [day, a], '"b"'),
    "other order of rows": (NAMES, [lambda row: day(ROWS - row), a, b], '"day"'),
    "hours for days": (NAMES, [lambda row: 24 * row, a, b], "24 apart"),
    "hourly rows": (NAMES, [hour, a, b], r"0\.0416667 days apart"),
    "no header": (None, [day, a, b], '"day"'),
}


def write(path, header, columns, mark=","):
    rows = [[str(column(row)) for column in columns] for row in range(ROWS)]
    lines = [mark.join(each) for each in ([header] if header else []) + rows]
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.fixture(scope="module", params=[False, True], ids=["SERIES", "SUPER_SIMPLE"])
def run(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("other")
    return trained(write(folder / "a.csv", *SAME["as it was"]), SETTINGS, former=request.param)


@pytest.fixture(scope="module")
def expected(run, tmp_path_factory):
    return forecast(run, write(tmp_path_factory.mktemp("same") / "a.csv", *SAME["as it was"]))


def forecast(run, path, *overrides):
    training = reused(run, path, *overrides)
    return training.trainer.forecast(training.net, 3).predictions


@pytest.mark.parametrize("name", SAME)
def test_the_same_data_give_the_same_forecast(run, expected, tmp_path, name):
    found = forecast(run, write(tmp_path / "b.csv", *SAME[name]))
    np.testing.assert_allclose(found, expected, rtol=1e-5)


@pytest.mark.parametrize("name", REFUSED)
def test_what_does_not_fit_is_refused_by_name(run, tmp_path, name):
    *table, told = REFUSED[name]
    with pytest.raises(MyCaffeError, match=told):
        forecast(run, write(tmp_path / "b.csv", *table))


def test_rows_at_another_distance_are_used_if_that_is_said(run, tmp_path):
    path = write(tmp_path / "b.csv", NAMES, [hour, a, b])
    assert np.isfinite(forecast(run, path, f"{GYM}row_step=0.0416666667")).all()


@pytest.mark.parametrize("former", [False, True])
def test_after_a_file_without_a_header_columns_count_by_position(tmp_path, former):
    bare = write(tmp_path / "a.csv", None, [day, a, b])
    run = trained(bare, SETTINGS, former=former)
    named = write(tmp_path / "b.csv", ["x", "y", "z"], [day, a, b])
    np.testing.assert_allclose(forecast(run, named), forecast(run, bare), rtol=1e-5)
    with pytest.raises(MyCaffeError, match='"column 1", "column 2", here "y"'):
        forecast(run, write(tmp_path / "c.csv", ["x", "y"], [day, a]))
