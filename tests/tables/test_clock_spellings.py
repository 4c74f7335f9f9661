"""Spellings of times that are recognised: the instant, the way back, what the whole column decides, refusals."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, DataError
from mycaffe_py.tables import BadTime, Clock


def days(text):
    """Days since 1970 of an ISO time, by datetime."""
    moment = datetime.fromisoformat(text)
    moment = moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
    return (moment - datetime(1970, 1, 1, tzinfo=timezone.utc)) / timedelta(days=1)


SPELLINGS = [
    # ISO 8601
    (("2001-12-29", "2001-12-30"), "2001-12-29"),
    (("2001-12-29T18:30", "2001-12-29T18:31"), "2001-12-29T18:30"),
    (("2001-12-29T18", "2001-12-29T19"), "2001-12-29T18:00"),
    (("2001-12-29 6 PM", "2001-12-30 11 AM"), "2001-12-29T18:00"),
    (("2001-12-29T18+02", "2001-12-29T19+02"), "2001-12-29T16:00"),
    (("2001-12-29 18:30:15", "2001-12-29 18:30:16"), "2001-12-29T18:30:15"),
    (("2001-12-29T18:30:15Z", "2001-12-29T18:30:16Z"), "2001-12-29T18:30:15"),
    (("2001-12-29t18:30:15z", "2001-12-29t18:30:16z"), "2001-12-29T18:30:15"),
    (("2001-12-29T18:30:15+02:00", "2001-12-29T18:30:16+02:00"), "2001-12-29T18:30:15+02:00"),
    (("2001-12-29 18:30-0530", "2001-12-29 18:31-0530"), "2001-12-29T18:30-05:30"),
    (("2001-12-29 18:30+02", "2001-12-29 18:31+02"), "2001-12-29T18:30+02:00"),
    (("2001-12-29 18:30:00 UTC", "2001-12-29 18:31:00 UTC"), "2001-12-29T18:30"),
    (("2001-12-29 18:30 +0100", "2001-12-29 18:31 +0100"), "2001-12-29T18:30+01:00"),
    (("2001-12-29 18:30:15.5", "2001-12-29 18:30:15.6"), "2001-12-29T18:30:15.500"),
    (("2001-12-29 18:30:15,123", "2001-12-29 18:30:15,124"), "2001-12-29T18:30:15.123"),
    (("2001-12-29 18:30:15.123456", "2001-12-29 18:30:15.123457"), "2001-12-29T18:30:15.123456"),
    (("2001-12-29 18:30:15.123456000", "2001-12-29 18:30:16.000000000"), "2001-12-29T18:30:15.123456"),
    (("2001-12-29T18:30:15", "2001-12-29T18:30:15.500000"), "2001-12-29T18:30:15"),
    (("2001-12-29T18:30:15.25", "2001-12-29T18:30:15.5", "2001-12-29T18:30:16"), "2001-12-29T18:30:15.250"),
    (("2001-12-29", "2001-12-29 06:00", "2001-12-29 12:00"), "2001-12-29"),
    (("20011229T1830", "20011229T1831"), "2001-12-29T18:30"),
    (("20011229T183015Z", "20011229T183016Z"), "2001-12-29T18:30:15"),
    (("2001-005", "2001-006"), "2001-01-05"),
    (("2001-1-5", "2001-1-12"), "2001-01-05"),
    # other orders
    (("2010/01/31", "2010/02/01"), "2010-01-31"),
    (("2010/01/31 18:30", "2010/01/31 18:31"), "2010-01-31T18:30"),
    (("2010.01.31", "2010.02.01"), "2010-01-31"),
    (("29.12.2001", "05.01.2002"), "2001-12-29"),
    (("5.1.2002 7:30", "6.1.2002 17:30"), "2002-01-05T07:30"),
    (("01/02/2001", "13/02/2001"), "2001-02-01"),
    (("01/02/2001", "02/13/2001"), "2001-01-02"),
    (("13-02-2001", "14-02-2001"), "2001-02-13"),
    (("1/2/2001 3:05 PM", "1/13/2001 12:00 AM"), "2001-01-02T15:05"),
    (("1/2/2001 12:05 am", "1/13/2001 1:00 pm"), "2001-01-02T00:05"),
    # months, quarters, weeks
    (("2001-11", "2001-12"), "2001-11-01"),
    (("2001/11", "2001/12"), "2001-11-01"),
    (("11/2001", "12/2001"), "2001-11-01"),
    (("200111", "200112"), "2001-11-01"),
    (("2001:4", "2001:5"), "2001-04-01"),
    (("2001:02", "2001:03"), "2001-02-01"),
    (("2001:1", "2001:2", "2001:3", "2001:4", "2002:1"), "2001-01-01"),
    (("2001Q2", "2001Q3"), "2001-04-01"),
    (("2001-Q4", "2002-Q1"), "2001-10-01"),
    (("2001 Q4", "2002 Q1"), "2001-10-01"),
    (("Q3 2001", "Q4 2001"), "2001-07-01"),
    (("Q1/2001", "Q2/2001"), "2001-01-01"),
    (("2001-W05", "2001-W06"), "2001-01-29"),
    (("2009W53", "2010W01"), "2009-12-28"),
    (("2001-W05-3", "2001-W05-4"), "2001-01-31"),
    # names of months
    (("Jan 2001", "Feb 2001"), "2001-01-01"),
    (("MAY 2001", "JUN 2001"), "2001-05-01"),
    (("2001-Jan", "2001-Feb"), "2001-01-01"),
    (("January 2001", "May 2001"), "2001-01-01"),
    (("May 2001", "June 2001"), "2001-05-01"),
    (("29-Dec-2001", "30-Dec-2001"), "2001-12-29"),
    (("3 dec 2001 10:00", "13 dec 2001 10:00"), "2001-12-03T10:00"),
    (("Dec 29, 2001", "Dec 30, 2001"), "2001-12-29"),
    (("1. March 2001", "12. March 2001"), "2001-03-01"),
    # digits
    (("20011229", "20011230"), "2001-12-29"),
    (("2001122918", "2001122919"), "2001-12-29T18:00"),
    (("200112291830", "200112291831"), "2001-12-29T18:30"),
    (("20011229183015", "20011229183016"), "2001-12-29T18:30:15"),
    (("1009650615", "1009650616"), "2001-12-29T18:30:15"),
    (("1009650615123", "1009650615124"), "2001-12-29T18:30:15.123"),
    (("1009650615123456", "1009650615123457"), "2001-12-29T18:30:15.123456"),
    (("1009650615123456000", "1009650615123457000"), "2001-12-29T18:30:15.123456"),
    # far away, and with spaces around
    (("0001-01-01", "0001-01-02"), "0001-01-01"),
    (("9999-12-31 23:59:58", "9999-12-31 23:59:59"), "9999-12-31T23:59:58"),
    (("9999-12-31 23:59:59.123", "9999-12-31 23:59:59.124"), "9999-12-31T23:59:59.123"),
    (("0001-01-01T00:30+02:00", "0001-01-01T01:30+02:00"), "0001-01-01T00:30+02:00"),
    (("9999-12-31T22:30-05:00", "9999-12-31T23:30-05:00"), "9999-12-31T22:30-05:00"),
    (("1900-02-28T23:00:00.000001", "1900-02-28T23:00:00.000002"), "1900-02-28T23:00:00.000001"),
    ((" 2001-12-29\t", "2001-12-30 "), "2001-12-29"),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "first"), SPELLINGS, ids=lambda each: str(each[0])[:30])
def test_a_spelling_is_recognised_and_written_back(cells, first):
    clock = Clock.of(cells)
    times = clock.read_all(cells)
    assert clock.dates and times.dtype == np.float64
    assert times[0] == days(first)
    assert [clock.text(time) for time in times] == [cell.strip() for cell in cells]
    assert [clock.read(cell) for cell in cells] == times.tolist()


@pytest.mark.parametrize(
    "cells",
    [
        ("2001", "2002"),
        ("0.5", "1.5"),
        ("-3", "2"),
        ("19991231", "19991232"),
        ("200112", "200113"),
        ("631151999", "1700000000"),
        ("1700000000.25", "1700000001.25"),
        ("2001.10", "2001.11"),
        ("1e9", "2e9"),
    ],
)
def test_numbers_stay_numbers(cells):
    clock = Clock.of(cells)
    assert not clock.dates and clock.read_all(cells).tolist() == [float(cell) for cell in cells]
    assert clock.describe() == f"numbers like {clock.text(float(cells[-1]))}"


def test_every_microsecond_of_our_times_is_kept():
    generator = np.random.default_rng(3)
    first, last = (int(np.datetime64(text, "us").astype(int)) for text in ("1791", "2149"))
    moments = generator.integers(first, last, 3000).astype("datetime64[us]")
    cells = [str(moment) for moment in moments]
    clock = Clock.of(cells)
    assert [clock.text(time) for time in clock.read_all(cells)] == cells


@pytest.mark.parametrize("unit", ["D", "m", "s", "ms"])
def test_every_time_of_every_year_is_kept(unit):
    generator = np.random.default_rng(4)
    first, last = (int(np.datetime64(text, unit).astype(int)) for text in ("0001", "9999-12-31"))
    cells = [
        str(each) for each in generator.integers(first, last, 500).astype(f"datetime64[{unit}]")
    ]
    clock = Clock.of(cells)
    assert [clock.text(time) for time in clock.read_all(cells)] == cells


def test_fractions_beyond_microseconds_are_rounded_and_that_is_said():
    cells = ("2001-12-29T18:30:15.1234565", "2001-12-29T18:30:16.0000004")
    clock = Clock.of(cells)
    assert [clock.text(clock.read(cell))[-9:] for cell in cells] == ["5.1234570", "6.0000000"]
    assert clock.describe().endswith("to the microsecond")
    clock = Clock.of(("1009650615123456789", "1009650616123456789"))
    assert clock.text(clock.read("1009650615123456789")) == "1009650615123457000"
    assert clock.describe().startswith(
        "nanoseconds since 1970 like 1009650616123457000, every second"
    )


def test_a_few_mistakes_among_many_dates_are_mistakes():
    cells = [f"200112{day:02d}" for day in range(1, 31)]
    cells[7] = "20011299"
    with pytest.raises(BadTime, match="there is no|no day 99") as caught:
        Clock.of(cells).read_all(cells)
    assert caught.value.index == 7 and caught.value.cell == "20011299"


def test_the_order_of_most_cells_counts():
    for cells, bad in (
        (("13/02/2001", "02/13/2001", "14/02/2001"), 1),
        (("02/13/2001", "02/14/2001", "15/02/2001"), 2),
    ):
        with pytest.raises(BadTime, match="there is no month 1[35]") as caught:
            Clock.of(cells).read_all(cells)
        assert caught.value.index == bad


# Refusals of columns.

AMBIGUOUS = {
    "day or month": (
        ("01/02/2001", "02/02/2001"),
        '"02/02/2001" may be day and month, or month and day',
        'set time_format to "%d/%m/%Y" or "%m/%d/%Y"',
    ),
    "with dashes": (("01-02-2001", "02-02-2001"), "may be day and month", '"%d-%m-%Y" or "%m-%d-%Y"'),
    "short years": (
        ("13.02.01", "14.02.01"),
        '"13.02.01" has a year of two digits',
        '"%d.%m.%y" or "%m.%d.%y" or "%y.%m.%d"',
    ),
    "names and short years": (("01-Jan-01", "02-Jan-01"), "a year of two digits", '"%d-%b-%y"'),
    "month or quarter": (("2001:1", "2001:2"), "a month or a quarter", "quarters as 2001Q3"),
}  # fmt: skip


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_what_may_be_read_in_two_ways_is_refused(kind):
    cells, message, hint = AMBIGUOUS[kind]
    with pytest.raises(DataError) as caught:
        Clock.of(cells)
    assert message in caught.value.message and hint in caught.value.hint


# Refusals of cells: the column, the index of the bad cell, what is said.

BAD_CELLS = {
    "leap second": (("2001-12-29 23:59:59", "2001-12-29 23:59:60"), 1, "a leap second"),
    "hour 24": (("2001-12-29 23:00", "2001-12-29 24:00"), 1, "write 24:00 as 00:00 of the next day"),
    "hour 25": (("2001-12-29 23:00", "2001-12-29 25:00"), 1, "no such time of day"),
    "minute 60": (("2001-12-29 23:00", "2001-12-29 23:60"), 1, "no such time of day"),
    "hour 13 PM": (("1/13/2001 1:00 PM", "1/13/2001 13:00 PM"), 1, "no hour 13 PM"),
    "29 February": (("2001-02-28", "2001-02-29"), 1, "February 2001 has no day 29"),
    "month 13": (("2001-12-01", "2001-13-01"), 1, "there is no month 13"),
    "day 366": (("2001-365", "2001-366"), 1, "2001 has no day 366"),
    "week 53": (("2001-W52", "2001-W53"), 1, "2001 has no week 53"),
    "quarter 5": (("2001Q4", "2001Q5"), 1, 'the other rows, such as "2001Q4"'),
    "year 0": (("0000-12-31", "0001-01-01"), 0, "the first year is 1"),
    "year 10000": (("9999-12-31", "10000-01-01"), 1, 'such as "9999-12-31"'),
    "empty": (("2001-01-01", " ", "2001-01-03"), 1, "is empty: every row needs a time"),
    "empty number": (("1", "", "3"), 1, "is empty: every row needs a time"),
    "empty seconds": (("1700000000", "", "1700000002"), 1, "is empty: every row needs a time"),
    "mixed": (("2001-01-01", "02.01.2001", "2001-01-03"), 1, 'such as "2001-01-03"'),
    "text": (("2001-01-01", "soon"), 1, 'does not match the time format of the other rows, such as "2001-01-01"'),
    "no offset": (("2001-01-01 10:00Z", "2001-01-01 11:00", "2001-01-01 12:00Z"), 1, "has no offset from UTC"),
    "an offset": (("2001-01-01 10:00", "2001-01-01 11:00Z", "2001-01-01 12:00"), 1, "has an offset from UTC"),
    "offset 25": (("2001-01-01 10:00+25:00", "2001-01-01 11:00+25:00"), 0, '"+25:00" is no offset'),
    "wrong with offsets": (("2001-13-01T00:00Z", "2001-13-02T00:00Z", "2001-01-01T00:00"), 0, "no month 13"),
    "too fine": (("2500-01-01 00:00:00.000001", "2500-01-01 00:00:00.000003"), 0, "only kept from 1791 to 2149"),
    "no month at all": (("2001-13", "2001-14"), 0, "there is no month 13"),
    "words": (("x", "y"), 0, "is not a number (for dates in this format, set time_format)"),
    "comma": (("1,5", "2,5"), 0, "write decimals with a point"),
    "infinite": (("1", "inf"), 1, "is not a finite number"),
    "all empty": (("", " "), 0, "is empty"),
}  # fmt: skip


@pytest.mark.parametrize("kind", BAD_CELLS)
def test_a_bad_cell_is_refused_with_its_index(kind):
    cells, index, words = BAD_CELLS[kind]
    with pytest.raises(BadTime) as caught:
        Clock.of(cells).read_all(cells)
    assert words in str(caught.value)
    assert (caught.value.index, caught.value.cell) == (index, cells[index])


def test_other_ways_of_writing_the_time_of_day_have_their_right_value():
    clock = Clock.of(("2001-01-01 10:00", "2001-01-01 11:00"))
    for cell in (
        "2001-01-01T12:00",
        "2001-01-01 12:00:00.0",
        "2001-1-1 12:00",
        "2001-01-01 12:00 pm",
    ):
        assert clock.read(cell) == days("2001-01-01T12:00")


def test_a_time_after_all_years_cannot_be_written():
    clock = Clock.of(("9999-12-30", "9999-12-31"))
    with pytest.raises(ConfigError, match="a date after the year 9999"):
        clock.text(days("9999-12-31") + 1)
    with pytest.raises(ConfigError, match="a date before the year 1"):
        clock.text(days("0001-01-01") - 1)


def test_random_text_is_a_time_or_refused():
    generator = np.random.default_rng(5)
    signs = list("0129-:/.TZ +QWJan")
    for _ in range(3000):
        cell = "".join(generator.choice(signs, generator.integers(1, 14)))
        try:
            clock = Clock.of([cell, cell])
            time = clock.read(cell)
        except (DataError, ValueError):
            continue
        assert clock.read(clock.text(time)) == time
