"""Offsets and zones: instants in UTC, the way back, daylight saving, and typed columns with a zone."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, DataError
from mycaffe_py.tables import BadTime, Clock

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def local_cells(zone, start, step, count):
    """ISO cells of equal steps in real time, in a zone's local time, by datetime."""
    first = datetime.fromisoformat(start).replace(tzinfo=timezone.utc)
    return [(first + k * step).astimezone(ZoneInfo(zone)).isoformat() for k in range(count)]


@pytest.mark.parametrize(
    "zone",
    ["Europe/London", "Europe/Berlin", "Europe/Helsinki", "America/New_York", "America/St_Johns"],
)
def test_changing_offsets_are_a_zone_and_go_on_in_it(zone):
    cells = local_cells(zone, "2022-09-01T00:00", timedelta(hours=5), 3000)
    known = cells[:2200]
    clock = Clock.of(known)
    times = clock.read_all(known)
    moments = [(datetime.fromisoformat(cell) - EPOCH) / timedelta(days=1) for cell in known]
    assert times.tolist() == moments
    assert [clock.text(time) for time in times] == known
    assert [clock.text(time) for time in clock.after(times, 800)] == cells[2200:]
    assert clock.describe() == f"dates like {known[-1]}, every 5 hours, in the zone {zone}"


def test_a_zone_that_writes_z_in_winter():
    cells = ["2023-03-25T12:00Z", "2023-03-26T12:00+01:00", "2023-03-27T12:00+01:00"]
    clock = Clock.of(cells)
    times = clock.read_all(cells)
    assert [clock.text(time) for time in times] == cells
    assert np.diff(times) == pytest.approx([23 / 24, 1])


def test_days_go_on_at_the_same_hour_on_the_wall():
    zone = ZoneInfo("America/New_York")
    days = [datetime(2023, 10, 23 + k, 9, 30, tzinfo=zone) for k in range(9)]
    days += [datetime(2023, 11, 1 + k, 9, 30, tzinfo=zone) for k in range(20)]
    cells = [day.isoformat() for day in days]
    clock = Clock.of(cells)
    later = [clock.text(time) for time in clock.after(clock.read_all(cells), 130)]
    expected = [
        (datetime(2023, 11, 21, 9, 30) + timedelta(days=k)).replace(tzinfo=zone).isoformat()
        for k in range(130)
    ]
    assert later == expected
    assert later[-1].endswith("-04:00") and later[0].endswith("-05:00")


def test_a_time_that_spring_leaves_out_is_moved_on():
    cells = [f"2023-03-{day}T02:30+01:00" for day in range(20, 26)]
    cells = ["2022-10-29T02:30+02:00", *cells]
    clock = Clock.of(cells)
    later = [clock.text(time) for time in clock.after(clock.read_all(cells), 2)]
    assert later == ["2023-03-26T03:30+02:00", "2023-03-27T02:30+02:00"]


def test_an_hour_that_autumn_repeats_is_its_first():
    cells = [f"2023-10-{day}T02:30+02:00" for day in range(20, 29)]
    clock = Clock.of(["2023-03-25T02:30+01:00", *cells])
    times = clock.read_all(cells)
    later = [clock.text(time) for time in clock.after(times, 2)]
    assert later == ["2023-10-29T02:30+02:00", "2023-10-30T02:30+01:00"]


def test_offsets_of_no_common_zone_go_on_with_the_last():
    cells = ["2023-01-01T00:00+03:00", "2023-01-01T01:00+03:00", "2023-01-01T09:00+10:00"]
    clock = Clock.of(cells)
    times = clock.read_all(cells)
    assert np.diff(times) * 24 == pytest.approx([1, 1])
    assert clock.text(clock.after(times, 1)[0]) == "2023-01-01T10:00+10:00"
    assert clock.describe().endswith("every hour, with the last offset, +10:00")


def test_a_constant_offset_stays():
    cells = ["2023-10-28T12:00+02:00", "2023-10-29T12:00+02:00", "2023-10-30T12:00+02:00"]
    clock = Clock.of(cells)
    later = clock.after(clock.read_all(cells), 100)
    assert clock.text(later[-1]) == "2024-02-07T12:00+02:00"


def test_monthly_rows_in_a_zone():
    cells = ["2023-01-01T00:00+01:00", "2023-02-01T00:00+01:00", "2023-03-01T00:00+01:00"]
    cells += ["2023-04-01T00:00+02:00"]
    clock = Clock.of(cells)
    later = [clock.text(time) for time in clock.after(clock.read_all(cells), 8)]
    assert later == [
        *(f"2023-{month:02d}-01T00:00+02:00" for month in range(5, 11)),
        *("2023-11-01T00:00+01:00", "2023-12-01T00:00+01:00"),
    ]


# Typed columns.


def hours(start, count):
    return np.datetime64(start, "ns") + np.arange(count) * np.timedelta64(1, "h")


def test_a_typed_column_without_a_zone():
    for cells, texts in (
        (np.arange("2001-12-29", "2002-01-02", dtype="datetime64[D]"), ["2002-01-01", "2002-01-02"]),
        (hours("2001-12-31T21:00", 3), ["2001-12-31 23:00", "2002-01-01 00:00"]),
        (np.array(["2001-12-31T23:59:58", "2001-12-31T23:59:59"], "datetime64[s]"),
         ["2001-12-31 23:59:59", "2002-01-01 00:00:00"]),
        (np.array(["2001-12-31T23:59:59.25", "2001-12-31T23:59:59.5"], "datetime64[ms]"),
         ["2001-12-31 23:59:59.500", "2001-12-31 23:59:59.750"]),
        (np.array(["2001-12-31T23:59:59.000001", "2001-12-31T23:59:59.000002"], "datetime64[us]"),
         ["2001-12-31 23:59:59.000002", "2001-12-31 23:59:59.000003"]),
    ):  # fmt: skip
        clock = Clock.of(cells)
        times = clock.read_all(cells)
        assert times == pytest.approx(cells.astype("datetime64[us]").astype(int) / 864e8, abs=0)
        assert [clock.text(times[-1]), clock.text(clock.after(times, 1)[0])] == texts
        assert [clock.read(clock.text(time)) for time in times] == times.tolist()


def test_a_typed_column_in_a_zone_is_written_in_local_time():
    cells = hours("2023-10-28T23:00", 4)
    clock = Clock.of(cells, zone="Europe/Berlin")
    times = clock.read_all(cells)
    assert [clock.text(time) for time in times] == [
        *("2023-10-29 01:00+02:00", "2023-10-29 02:00+02:00", "2023-10-29 02:00+01:00"),
        "2023-10-29 03:00+01:00",
    ]
    assert (
        clock.read("2023-10-29 12:00") == np.datetime64("2023-10-29T11:00", "s").astype(int) / 86400
    )
    assert clock.describe() == (
        "dates like 2023-10-29 03:00+01:00, every hour, in the zone Europe/Berlin"
    )


def test_local_midnights_are_days():
    start = datetime(2023, 10, 27, tzinfo=ZoneInfo("Europe/Berlin"))
    moments = [datetime(2023, 10, 27 + k, tzinfo=start.tzinfo) for k in range(4)]
    cells = np.array([moment.timestamp() for moment in moments]).astype("datetime64[s]")
    clock = Clock.of(cells, zone="Europe/Berlin")
    times = clock.read_all(cells)
    later = clock.after(times, 2)
    assert [clock.text(time) for time in (*times, *later)] == [
        *("2023-10-27", "2023-10-28", "2023-10-29", "2023-10-30", "2023-10-31", "2023-11-01")
    ]
    assert [clock.read(clock.text(time)) for time in times] == times.tolist()


def test_zones_by_offset_and_unknown_ones():
    clock = Clock.of(hours("2001-01-01", 2), zone="+05:30")
    assert clock.text(0.0) == "1970-01-01 05:30+05:30"
    assert Clock.of(hours("2001-01-01", 2), zone="UTC").text(0.0) == "1970-01-01 00:00+00:00"
    for name in ("Nowhere/Land", "../etc", "Europe", "\0"):
        with pytest.raises(DataError, match="no time zone"):
            Clock.of(hours("2001-01-01", 2), zone=name)


def test_local_times_outside_all_years_are_refused():
    clock = Clock.of(hours("2001-01-01", 2), zone="Europe/Berlin")
    with pytest.raises(ConfigError, match="after the year 9999"):
        clock.text(np.datetime64("9999-12-31T23:30", "s").astype(int) / 86400)
    clock = Clock.of(hours("2001-01-01", 2), zone="America/New_York")
    with pytest.raises(ConfigError, match="before the year 1"):
        clock.text(np.datetime64("0001-01-01T01:30", "s").astype(int) / 86400)


def test_a_typed_column_with_a_missing_time():
    cells = np.array(["2001-01-01", "NaT", "2001-01-03"], "datetime64[ns]")
    with pytest.raises(BadTime, match="is empty") as caught:
        Clock.of(cells).read_all(cells)
    assert caught.value.index == 1
    with pytest.raises(BadTime, match="is empty"):
        Clock.of(cells[1:2]).read_all(cells[1:2])


def test_a_typed_column_has_the_times_of_its_text():
    generator = np.random.default_rng(11)
    first, last = (int(np.datetime64(text, "ms").astype(int)) for text in ("0001", "9999"))
    cells = generator.integers(first, last, 2000).astype("datetime64[ms]")
    clock = Clock.of(cells)
    texts = [str(cell) for cell in cells]
    assert clock.read_all(cells).tolist() == clock.read_all(texts).tolist()


def test_nanoseconds_are_rounded():
    cells = np.array(
        ["2001-01-01T00:00:00.000001500", "2001-01-01T00:00:00.000002499"], "datetime64[ns]"
    )
    clock = Clock.of(cells)
    assert [clock.text(time)[-3:] for time in clock.read_all(cells)] == ["002", "002"]


def test_arrays_of_numbers():
    for cells, dates in (
        (np.array([20010101, 20010102]), True),
        (np.array([20010101.0, 20010102.0]), True),
        (np.array([1700000000, 1700000060], np.int64), True),
        (np.array([1700000000.0, 1700000060.0]), True),
        (np.array([2000, 2001], np.int16), False),
        (np.array([0.5, 1.5], np.float32), False),
    ):
        clock = Clock.of(cells)
        times = clock.read_all(cells)
        assert clock.dates == dates
        assert [clock.text(time) for time in times] == [f"{each:.15g}" for each in cells.tolist()]
    for bad, words in ((np.nan, "is empty"), (np.inf, "is not a finite number")):
        cells = np.array([0.5, bad])
        with pytest.raises(BadTime, match=words) as caught:
            Clock.of(cells).read_all(cells)
        assert caught.value.index == 1


def test_arrays_of_objects():
    cells = np.array([datetime(2001, 1, 1, 10), None, datetime(2001, 1, 1, 12)], object)
    clock = Clock.of(cells)
    assert clock.text(clock.read("2001-01-01 11:00:00")) == "2001-01-01 11:00:00"
    with pytest.raises(BadTime, match="is empty") as caught:
        clock.read_all(cells)
    assert caught.value.index == 1
