"""What a calendar says of times, compared with datetime."""

from __future__ import annotations

from calendar import isleap, monthrange
from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from mycaffe_py.tables import Clock

NAMES = ["hour", "weekday", "month", "yearday"]


def expected(moment):
    """The fields of a local datetime, each from its own attributes."""
    hour = moment.hour + moment.minute / 60 + moment.second / 3600
    day = moment.day - 1 + hour / 24
    return [
        hour,
        moment.weekday() + hour / 24,
        moment.month - 1 + day / monthrange(moment.year, moment.month)[1],
        (moment.timetuple().tm_yday - 1 + hour / 24) / (365 + isleap(moment.year)),
    ]


def test_fields_of_times():
    generator = np.random.default_rng(9)
    seconds = generator.integers(-(2**34), 2**36, 500)
    moments = [datetime(1970, 1, 1) + timedelta(seconds=int(each)) for each in seconds]
    cells = [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in moments]
    clock = Clock.of(cells)
    fields = clock.fields(clock.read_all(cells))
    assert list(fields) == NAMES
    found = np.stack(list(fields.values()), axis=1)
    assert found == pytest.approx(np.array(list(map(expected, moments))), abs=1e-8)


def test_fields_are_those_of_local_time():
    zone = ZoneInfo("America/New_York")
    first = datetime(2023, 3, 11, tzinfo=timezone.utc)
    moments = [(first + timedelta(minutes=37 * k)).astimezone(zone) for k in range(100)]
    cells = [moment.isoformat() for moment in moments]
    clock = Clock.of(cells)
    fields = clock.fields(clock.read_all(cells))
    assert fields["hour"] == pytest.approx([expected(moment)[0] for moment in moments], abs=1e-8)
    assert fields["weekday"] == pytest.approx([expected(moment)[1] for moment in moments], abs=1e-8)


def test_edges_of_fields():
    cells = ("2024-01-01 00:00", "2024-12-31 23:59", "2023-02-28 12:00", "2024-02-29 00:00")
    clock = Clock.of(cells)
    fields = clock.fields(clock.read_all(cells))
    assert [fields[name][0] for name in NAMES] == [0, 0, 0, 0]
    assert all(fields[name][1] < top for name, top in zip(NAMES, (24, 7, 12, 1), strict=True))
    assert fields["month"][2:] == pytest.approx([1 + 27.5 / 28, 1 + 28 / 29])


def test_seconds_since_1970_are_dates_with_fields():
    clock = Clock.of(("1700000000", "1700003600"))
    fields = clock.fields(clock.read_all(("1700000000",)))
    assert fields["hour"] == pytest.approx([22 + 13 / 60 + 20 / 3600])


def test_numbers_have_no_fields():
    assert Clock.of(("1", "2")).fields(np.array([1.0, 2.0])) == {}
