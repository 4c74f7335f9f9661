"""How rows go on, for each calendar: expected times are listed, or come from datetime alone."""

from __future__ import annotations

from calendar import monthrange
from datetime import date, datetime, timedelta

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.tables import Clock


def goes_on(cells, count):
    clock = Clock.of(cells)
    times = clock.read_all(cells)
    later = clock.after(times, count)
    assert later.shape == (count,) and later.dtype == np.float64
    return [clock.text(time) for time in later], clock.describe()


def every_day(first, count):
    return [date.fromisoformat(first) + timedelta(days=k) for k in range(count)]


def month_days(first_year, count, choose):
    """One day of each of ``count`` months, chosen from all days of the month."""
    found = []
    for k in range(count):
        year, month = first_year + k // 12, k % 12 + 1
        found.append(
            choose([date(year, month, day + 1) for day in range(monthrange(year, month)[1])])
        )
    return found


def working(days):
    return [day for day in days if day.weekday() < 5]


RULES = {
    "month starts": (lambda days: days[0], "month starts"),
    "month ends": (lambda days: days[-1], "month ends"),
    "the 15th": (lambda days: days[14], "day 15 of the month"),
    "the 30th": (lambda days: days[:30][-1], "day 30 of the month"),
    "last business days": (lambda days: working(days)[-1], "last business days of the month"),
    "first business days": (lambda days: working(days)[0], "first business days of the month"),
    "third Fridays": (lambda days: [d for d in days if d.weekday() == 4][2], "third Fridays of the month"),
    "first Mondays": (lambda days: [d for d in days if d.weekday() == 0][0], "first Mondays of the month"),
}  # fmt: skip


@pytest.mark.parametrize("kind", RULES)
@pytest.mark.parametrize(("step", "prefix"), [(1, ""), (3, "quarterly, "), (12, "yearly, ")])
def test_days_of_months(kind, step, prefix):
    choose, words = RULES[kind]
    days = list(map(str, month_days(2001, 360, choose)))[step - 1 :: step]
    later, said = goes_on(days[: 120 // step], 120 // step)
    assert later == days[120 // step : 240 // step]
    assert said.endswith(f", {prefix}{words}")


@pytest.mark.parametrize("kind", RULES)
def test_days_of_months_of_which_a_few_are_missing(kind):
    choose, _ = RULES[kind]
    days = list(map(str, month_days(2001, 60, choose)))
    known = [day for row, day in enumerate(days[:40]) if row not in (5, 17, 18, 31)]
    assert goes_on(known, 20)[0] == days[40:]


SEVERAL = {
    "two": ((1, 15), "days 1, 15 of the month"),
    "with the last": ((15, 31), "days 15, the last of the month"),
    "three": ((1, 11, 21), "days 1, 11, 21 of the month"),
}


@pytest.mark.parametrize("kind", SEVERAL)
def test_several_days_of_months(kind):
    numbers, words = SEVERAL[kind]
    days = [
        str(month[-1] if number == 31 else month[number - 1])
        for month in month_days(2001, 40, list)
        for number in numbers
    ]
    for known in (37, 38, 39, 60):
        later, said = goes_on(days[:known], 14)
        assert later == days[known : known + 14] and said.endswith(f", {words}")
    assert goes_on([*days[:20], *days[22:60]], 3)[0] == days[60:63]


WEEKS = {
    "business days": ({0, 1, 2, 3, 4}, "business days"),
    "without Sundays": ({0, 1, 2, 3, 4, 5}, "Mondays, Tuesdays, Wednesdays, Thursdays, Fridays, Saturdays"),
    "Sunday to Thursday": ({6, 0, 1, 2, 3}, "Mondays, Tuesdays, Wednesdays, Thursdays, Sundays"),
    "weekends": ({5, 6}, "Saturdays, Sundays"),
    "Tuesdays and Fridays": ({1, 4}, "Tuesdays, Fridays"),
    "Mondays": ({0}, "Mondays"),
    "every day": ({*range(7)}, "daily"),
}  # fmt: skip


@pytest.mark.parametrize("kind", WEEKS)
@pytest.mark.parametrize("start", range(7))
def test_days_of_weeks(kind, start):
    chosen, words = WEEKS[kind]
    days = [str(day) for day in every_day("2024-01-01", 90)[start:] if day.weekday() in chosen]
    known = len(days) // 2
    later, said = goes_on(days[:known], len(days) - known)
    assert later == days[known:] and said.endswith(f", {words}")


@pytest.mark.parametrize("kind", WEEKS)
def test_days_of_weeks_with_holidays(kind):
    chosen, _ = WEEKS[kind]
    days = [day for day in every_day("2024-01-01", 400) if day.weekday() in chosen]
    generator = np.random.default_rng(7)
    known = days[:-10]
    gaps = {*generator.choice(len(known) - 1, len(known) // 12, replace=False).tolist()}
    cells = [str(day) for row, day in enumerate(known) if row not in gaps]
    assert goes_on(cells, 10)[0] == list(map(str, days[-10:]))


def test_business_days_need_two_weeks():
    days = [str(day) for day in working(every_day("2024-01-01", 12))]
    assert goes_on(days, 2)[0] == ["2024-01-15", "2024-01-16"]
    assert goes_on(days[:-1], 2)[0] == ["2024-01-12", "2024-01-13"]


def test_one_saturday_at_work_changes_nothing():
    days = working(every_day("2024-01-01", 120))
    days = sorted([*days, date(2024, 3, 2)])
    later, _ = goes_on(list(map(str, days)), 8)
    assert later == [str(day) for day in every_day("2024-04-30", 30) if day.weekday() < 5][:8]


def test_the_same_hour_of_business_days_with_a_short_one():
    cells = [f"{day} 16:00" for day in working(every_day("2024-01-01", 60))]
    cells[-8] = cells[-8].replace("16:00", "13:00")
    assert goes_on(cells, 3)[0] == ["2024-03-01 16:00", "2024-03-04 16:00", "2024-03-05 16:00"]


def test_hours_of_trade():
    times = ("09:30", "10:30", "11:30", "15:00")
    cells = [f"{day} {time}" for day in working(every_day("2024-01-01", 60)) for time in times]
    for cut in range(1, 6):
        later, said = goes_on(cells[:-40], 40)
        assert later == cells[-40:] and said.endswith("business days, 4 rows a day")
        cells = cells[:-cut]


def test_nights_that_are_missing_are_no_longer_steps():
    cells = [f"{day} {hour:02d}:15" for day in every_day("2024-01-01", 8) for hour in range(8, 20)]
    assert goes_on(cells, 13)[0] == [
        *(f"2024-01-09 {hour:02d}:15" for hour in range(8, 20)),
        "2024-01-10 08:15",
    ]


LISTED = [
    (("2000-02-29", "2004-02-29", "2008-02-29"), ["2012-02-29", "2016-02-29"], "every 4 years, month ends"),
    (("1999-02-28", "2000-02-29", "2001-02-28"), ["2002-02-28", "2003-02-28", "2004-02-29"], "yearly, month ends"),
    (("1999-02-28", "2000-02-28", "2001-02-28"), ["2002-02-28", "2003-02-28", "2004-02-28"], "day 28"),
    (("1999-07-04", "2000-07-04", "2001-07-04"), ["2002-07-04", "2003-07-04"], "yearly, day 4"),
    (("2001-12-15", "2001-12-22", "2001-12-29"), ["2002-01-05", "2002-01-12"], "Saturdays"),
    (("2001-01-01", "2001-01-15", "2001-01-29"), ["2001-02-12", "2001-02-26"], "every 2 weeks"),
    (("2001-01-01", "2001-01-08", "2001-01-22"), ["2001-02-05"], "typically 14 days apart"),
    (("2001-01-01", "2001-01-11", "2001-01-21"), ["2001-01-31", "2001-02-10"], "every 10 days"),
    (("2001-01-01", "2001-01-04", "2001-01-12", "2001-01-25"), ["2001-02-02", "2001-02-10"], "typically 8 days apart"),
    (("2001-01-05", "2001-01-09", "2001-02-20", "2001-02-24", "2001-03-05"), ["2001-03-11"], "irregular"),
    (("2001-11", "2001-12"), ["2002-01", "2002-02"], "monthly"),
    (("2001-01", "2001-04", "2001-07"), ["2001-10", "2002-01"], "quarterly"),
    (("2001-10", "2001-11", "2002-01", "2002-02"), ["2002-03", "2002-04"], "monthly"),
    (("2001Q3", "2001Q4"), ["2002Q1", "2002Q2"], "quarterly"),
    (("2001Q2", "2001Q4", "2002Q2"), ["2002Q4", "2003Q2"], "every 6 months"),
    (("2009-W52", "2009-W53"), ["2010-W01", "2010-W02"], "Mondays"),
    (("2009-W50", "2009-W52"), ["2010-W01", "2010-W03"], "every 2 weeks"),
    (("1700000000", "1700000060"), ["1700000120", "1700000180"], "every minute"),
    (("1700000000123", "1700000000124"), ["1700000000125", "1700000000126"], "every 0.001 seconds"),
    (("2001-12-31 22:00", "2001-12-31 23:00"), ["2002-01-01 00:00", "2002-01-01 01:00"], "every hour"),
    (("2001-12-31 23:30", "2001-12-31 23:45"), ["2002-01-01 00:00"], "every 15 minutes"),
    (("2001-12-31T23:59:59.8", "2001-12-31T23:59:59.9"), ["2002-01-01T00:00:00.0"], "every 0.1 seconds"),
    (("2001-12-31 23:00", "2001-12-31 23:01", "2001-12-31 23:04", "2001-12-31 23:07", "2001-12-31 23:17"),
     ["2001-12-31 23:20"], "irregular, typically 3 minutes apart"),
    (("2001-01-01 10:03", "2001-01-02 10:01", "2001-01-03 10:02", "2001-01-04 10:02"),
     ["2001-01-05 10:02"], "irregular, typically 1 day apart"),
    (("2001-12-29", "2001-12-29"), ["2001-12-30"], "daily"),
    (("2001-12", "2001-12"), ["2002-01"], "monthly"),
    (("2001122918", "2001122920"), ["2001122922", "2001123000"], "every 2 hours"),
]  # fmt: skip


@pytest.mark.parametrize(("cells", "later", "words"), LISTED, ids=lambda each: str(each)[:28])
def test_listed_continuations(cells, later, words):
    found, said = goes_on(cells, len(later))
    assert found == later and words in said


@pytest.mark.parametrize(
    ("cells", "text", "later", "words"),
    [
        (("2001-01", "2001-02"), "%Y-%m", ["2001-03", "2001-04"], "monthly"),
        (("Nov 99", "Dec 99"), "%b %y", ["Jan 00", "Feb 00"], "monthly"),
        (("1999", "2000"), "%Y", ["2001", "2002"], "yearly"),
        (("1 Dec 99", "2 Dec 99"), "%d %b %y", ["3 Dec 99", "4 Dec 99"], "daily"),
    ],
)
def test_times_of_a_format_go_on(cells, text, later, words):
    clock = Clock.of(cells, text)
    assert [clock.text(time) for time in clock.after(clock.read_all(cells), 2)] == later
    assert words in clock.describe()


def test_missing_rows_of_hours():
    first = datetime(2024, 1, 1, 5)
    cells = [
        f"{first + timedelta(hours=k):%Y-%m-%d %H:%M}"
        for k in range(100)
        if k not in (3, 40, 41, 77)
    ]
    assert goes_on(cells, 2) == (
        ["2024-01-05 09:00", "2024-01-05 10:00"],
        "dates like 2024-01-05 08:00, every hour",
    )


@pytest.mark.parametrize(
    "cells",
    [
        ("9999-12-30", "9999-12-31"),
        ("9999-10", "9999-11"),
        ("9999-10-01", "9999-11-01", "9999-12-01"),
        ("9999-12-31 22:00", "9999-12-31 23:00"),
    ],
)
def test_no_time_after_the_last_year(cells):
    with pytest.raises(ConfigError, match="a date after the year 9999"):
        goes_on(cells, 2)


def test_what_goes_on_is_read_back_as_it_is():
    """Whatever the rows, times that follow them are increasing, and what is written of them says the same."""
    generator = np.random.default_rng(8)
    for _ in range(150):
        unit = str(generator.choice(["D", "h", "m", "s"]))
        gaps = generator.choice([1, 1, 1, 2, 3, 7, 30, 31], int(generator.integers(2, 40)))
        if generator.random() < 0.3:
            gaps[:] = gaps[0]
        moments = np.datetime64("1999-12-25", unit) + np.cumsum(gaps)
        cells = [str(moment) for moment in moments]
        clock = Clock.of(cells)
        later = clock.after(clock.read_all(cells), 30)
        assert (np.diff([clock.read(cells[-1]), *later]) > 0).all()
        assert clock.read_all([clock.text(time) for time in later]).tolist() == later.tolist()


def test_rows_all_around_the_clock_are_equal_steps():
    cells = [str(each) for each in np.datetime64("2001-01-01T00:00", "m") + 180 * np.arange(100)]
    assert goes_on(cells, 1) == (["2001-01-13T12:00"], "dates like 2001-01-13T09:00, every 3 hours")


def test_long_series_look_at_their_last_rows():
    minutes = np.datetime64("2001-01-01", "m") + np.arange(100_000)
    clock = Clock.of(minutes)
    times = clock.read_all(minutes)
    later = clock.after(times, 100_000)
    assert clock.text(later[-1]) == str(minutes[-1] + np.timedelta64(100_000, "m")).replace(
        "T", " "
    )


def test_numbers_go_on_by_the_median_step():
    for cells, later in (
        (("0", "1", "3", "4"), ["5", "6"]),
        (("0.5", "0.75", "1"), ["1.25", "1.5"]),
        (("5", "5", "5"), ["6", "7"]),
        (("0", "0"), ["1", "2"]),
        (("2000", "2000.1", "2000.2"), ["2000.3", "2000.4"]),
    ):
        assert goes_on(cells, 2)[0] == later
