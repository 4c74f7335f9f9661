"""CSV files as series: columns, ways of writing times, gaps, mistakes with file, line and column."""

from __future__ import annotations

from datetime import datetime

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, DataError, MissingFileError

PLAIN = "t,a\n0,1\n1,2\n2,3\n"


def series(make_series, content, text="window: 2"):
    return make_series(content, text).windows.series


def days(text):
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1)).total_seconds() / 86400


@pytest.mark.parametrize(
    ("cells", "first"),
    [
        (("19580329", "19580405"), "1958-03-29"),
        (("2001-12-29", "2002-01-05"), "2001-12-29"),
        (("2001-12-29 18:30:00", "2001-12-29 18:31:00"), "2001-12-29T18:30:00"),
        (("2001-12-29T18:30", "2001-12-29T18:31"), "2001-12-29T18:30"),
        (("2001-11", "2001-12"), "2001-11-01"),
        (("2001/12/29", "2001/12/30"), "2001-12-29"),
        (("29.12.2001", "05.01.2002"), "2001-12-29"),
    ],
)
def test_dates_that_are_recognised_are_written_back_as_they_were(make_series, cells, first):
    found = series(make_series, "when,a\n" + "".join(f"{cell},1\n" for cell in cells))
    assert found.clock.dates and found.times[0] == pytest.approx(days(first), abs=1e-9)
    assert tuple(map(found.clock.text, found.times)) == cells


def test_a_format_of_ones_own(make_series):
    found = series(make_series, "d,a\n3 Jan 99,1\n4 Jan 99,2\n", 'time_format: "%d %b %y"')
    assert found.times[0] == days("1999-01-03") and found.clock.text(found.times[1]) == "4 Jan 99"


def test_eight_digits_that_are_no_dates_are_numbers(make_series):
    found = series(make_series, "n,a\n19991231,1\n19991232,2\n")
    assert not found.clock.dates and found.times.tolist() == [19991231, 19991232]


def test_numbers_keep_their_digits(make_series):
    for first, second, third in (
        ("1700000000123", "1700000060123", "1700000120123"),
        ("1700000000123456000", "1700000060123456000", "1700000120123456000"),
        ("1700000000.25", "1700000000.75", "1700000001.25"),
        ("2000", "2000.1", "2000.2"),
    ):
        clock = (found := series(make_series, f"t,a\n{first},1\n{second},2\n")).clock
        assert [clock.text(time) for time in found.times] == [first, second]
        assert clock.text(clock.after(found.times, 1)[0]) == third


def test_summer_time_ends_without_time_running_backwards(make_series):
    rows = "d,a\n2023-10-29T02:30+0200,1\n2023-10-29T02:15+0100,2\n"
    found = series(make_series, rows, 'time_format: "%Y-%m-%dT%H:%M%z"')
    assert np.diff(found.times) == pytest.approx([45 / 1440])
    assert found.clock.text(found.times[1]) == "2023-10-29T02:15+0100"


def test_years_have_four_digits(make_series):
    found = series(make_series, "d,a\n0080-01-01,1\n0081-01-01,2\n")
    assert found.clock.text(found.times[1]) == "0081-01-01"


def test_times_in_a_zone(make_series):
    rows = "d,a\n2001-01-01T00:00+0200,1\n2001-01-01T01:00+0200,2\n"
    found = series(make_series, rows, 'time_format: "%Y-%m-%dT%H:%M%z"')
    assert found.clock.text(found.times[1]) == "2001-01-01T01:00+0200"


@pytest.mark.parametrize(
    ("cells", "later"),
    [
        (("0", "1", "3", "4"), ["5", "6"]),
        (("0.5", "0.75", "1"), ["1.25", "1.5"]),
        (("2001-12-15", "2001-12-22", "2001-12-29"), ["2002-01-05", "2002-01-12"]),
        (("2001-10-31", "2001-11-30", "2001-12-31"), ["2002-01-31", "2002-02-28"]),
        (("2001-10", "2001-11", "2001-12"), ["2002-01", "2002-02"]),
        (("1999-07-04", "2000-07-04", "2001-07-04"), ["2002-07-04", "2003-07-04"]),
        (("2001-01-15", "2001-04-15", "2001-10-15"), ["2002-02-15", "2002-06-15"]),
    ],
)
def test_times_go_on_as_they_did(make_series, cells, later):
    found = series(make_series, "when,a\n" + "".join(f"{cell},1\n" for cell in cells))
    assert list(map(found.clock.text, found.clock.after(found.times, 2))) == later


def test_no_date_after_the_last_year_there_is(make_series):
    for cells in (("9999-12-01", "9999-12-30"), ("9999-10-01", "9999-11-01", "9999-12-01")):
        found = series(make_series, "when,a\n" + "".join(f"{cell},1\n" for cell in cells))
        with pytest.raises(ConfigError, match="after the year 9999"):
            [found.clock.text(time) for time in found.clock.after(found.times, 2)]


def test_gaps(make_series):
    cells = ("", " ", "nan", "NaN", "NA", "n/a", "null", "None", "7")
    found = series(
        make_series, "t,a\n" + "".join(f"{row},{cell}\n" for row, cell in enumerate(cells))
    )
    assert np.isnan(found.values[:-1]).all() and found.values[-1, 0] == 7


def test_columns_by_name_and_number_semicolons_no_header(make_series):
    found = series(make_series, "a;5;0\nb;6;1\n", 'time_column: "2" value_column: "1" window: 2')
    assert found.values.ravel().tolist() == [5, 6] and found.names == ("column 1",)
    assert found.time_name == "time"


def test_equal_times_take_no_time(make_series):
    gym = make_series("t,a\n0,1\n1,2\n1,3\n2,4\n", "window: 3")
    assert gym.windows.observe(2, 2.0)["tt"].tolist() == [0.0, 1.0, 0.0, 1.0]


MISTAKES = {
    "one row": ("t,a\n0,1\n", "", "needs at least 2 rows of data, has 1"),
    "backwards": ("t,a\n0,1\n2,2\n1,3\n", "", 'line 4, column "t": "1" comes before the row above it'),
    "no time": ("t,a\n0,1\n,2\n", "", 'line 3, column "t": "" is empty: every row needs a time'),
    "no number": ("t,a\nx,1\ny,2\n", "", 'line 2, column "t": "x" is not a number (for dates in this format, set'),
    "other date": ("t,a\n2001-01-01,1\n2001-13-01,2\n", "", 'line 3, column "t": "2001-13-01" does not match'),
    "given format": (PLAIN, 'time_format: "%Y"', 'line 2, column "t": "0" does not match the time format "%Y"'),
    "text": ("t,a,b\n0,1,x\n1,2,y\n", "", 'line 2, column "b": "x" is not a number'),
    "infinite": ("t,a\n0,1\n1,inf\n", "", 'line 3, column "a": "inf" is not a finite number'),
    "huge": ("t,a\n0,1\n1,-2e30\n", "", 'line 3, column "a": "-2e30" is too large: values go up to 1e+30'),
    "huge times": ("t,a\n-1e300,1\n0,2\n1,3\n2,4\n3,5\n", "", "the times span 1e+300 units of 1"),
    "all gaps": ("t,a,b\n0,1,\n1,2,\n", "", 'column "b": every cell is empty'),
    "times only": ("t\n0\n1\n", "", 'no column to predict besides the times; it has the columns "t"'),
    "unknown": (PLAIN, 'value_column: "b"', 'no column "b" (series_param.value_column)'),
    "unknown time": (PLAIN, 'time_column: "b"', 'no column "b" (series_param.time_column)'),
    "twice": (PLAIN, 'value_column: "a" input_column: "a"', 'names the column "a"'),
    "time as value": (PLAIN, 'value_column: "t"', 'names the column "t"'),
    "ragged": ("t,a\n0,1\n1,2,3\n", "", "line 3: the row has 3 cells; the first has 2"),
}  # fmt: skip


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_named_with_its_place(make_series, kind):
    content, settings, words = MISTAKES[kind]
    with pytest.raises((DataError, ConfigError)) as caught:
        make_series(content, settings)
    assert words in caught.value.message and (
        "data.csv" in caught.value.message or kind == "huge times"
    )


def test_a_column_of_text_can_be_left_out(make_series):
    with pytest.raises(DataError) as caught:
        make_series("t,a,b\n0,1,x\n1,2,y\n")
    assert "series_param.value_column" in caught.value.hint
    assert series(make_series, "t,a,b\n0,1,x\n1,2,y\n", 'value_column: "a"').names == ("a",)


def test_a_file_that_is_not_there_or_not_named(make_series):
    with pytest.raises(MissingFileError, match='no CSV file "none.csv" .series_param.csv_file'):
        make_series(PLAIN, file="none.csv")
    with pytest.raises(ConfigError, match="series_param.csv_file is empty"):
        make_series(PLAIN, file="")


def test_a_file_that_changes_is_read_anew(make_series):
    assert len(series(make_series, PLAIN)) == 3
    assert len(series(make_series, PLAIN + "3,4\n")) == 4


def test_more_columns_than_a_net_reads(make_series):
    from mycaffe_plugins.series.table import MOST_COLUMNS

    names = ["t", *(f"c{index}" for index in range(MOST_COLUMNS + 1))]
    rows = [",".join(str(row) for _ in names) for row in range(4)]
    content = "\n".join([",".join(names), *rows, ""])
    with pytest.raises(DataError, match="2,001 columns; one net reads 2,000 at most") as caught:
        series(make_series, content)
    assert "series_column" in caught.value.hint
    assert series(make_series, content, 'window: 2 value_column: "c7"').names == ("c7",)
