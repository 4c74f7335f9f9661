"""Times in a given format: their way back, and the formats that are refused since they lose something."""

from __future__ import annotations

from datetime import datetime

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.tables import BadTime, Clock

FORMATS = [
    ("%d %b %y", ("3 Jan 99", "12 Jan 99"), datetime(1999, 1, 3)),
    ("%d %b %y", ("03 Jan 99", "12 Jan 99"), datetime(1999, 1, 3)),
    ("%y-%m-%d", ("69-01-01", "69-01-02"), datetime(1969, 1, 1)),
    ("%d.%m.%Y %H:%M", ("1.2.2001 7:05", "12.2.2001 17:05"), datetime(2001, 2, 1, 7, 5)),
    ("%m/%d/%Y %I:%M %p", ("02/01/2001 03:05 PM", "02/02/2001 11:05 PM"), datetime(2001, 2, 1, 15, 5)),
    ("%Y-%m-%d %H:%M:%S.%f", ("2001-02-01 01:02:03.5", "2001-02-01 01:02:03.6"),
     datetime(2001, 2, 1, 1, 2, 3, 500000)),
    ("%Y-%m-%d %H:%M:%S.%f", ("2001-02-01 01:02:03.000", "2001-02-01 01:02:03.125"),
     datetime(2001, 2, 1, 1, 2, 3)),
    ("%Y-%m-%dT%H:%M%z", ("2001-02-01T02:00+0200", "2001-02-01T03:00+0200"), datetime(2001, 2, 1)),
    ("%Y-%m-%dT%H:%M%z", ("2001-02-01T02:00+02:00", "2001-02-01T03:00+02:00"), datetime(2001, 2, 1)),
    ("%Y-%m-%dT%H:%M%z", ("2001-02-01T00:00Z", "2001-02-01T03:00Z"), datetime(2001, 2, 1)),
    ("%Y %j", ("2001 032", "2001 033"), datetime(2001, 2, 1)),
    ("%G-W%V-%u", ("2001-W05-4", "2001-W05-5"), datetime(2001, 2, 1)),
    ("%Y-%W-%w", ("2001-05-4", "2001-05-5"), datetime(2001, 2, 1)),
    ("100%% %Y-%m-%d", ("100% 2001-02-01", "100% 2001-02-02"), datetime(2001, 2, 1)),
    ("%Y", ("0081", "0082"), datetime(81, 1, 1)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "cells", "first"), FORMATS)
def test_a_format_is_read_and_written_back(text, cells, first):
    clock = Clock.of(cells, text)
    times = clock.read_all(cells)
    assert times[0] == (first - datetime(1970, 1, 1)).total_seconds() / 86400
    assert [clock.text(time) for time in times] == list(cells)


REFUSED = {
    "week without a day": (
        "%Y-%W", ("2001-05", "2001-06"),
        'time_format "%Y-%W" loses part of the times: "2001-05" would become "2001-01"',
        "a week alone is no day",
    ),
    "no date": ("%H:%M", ("10:00", "11:00"), 'time_format "%H:%M" has no year', "with its year"),
    "no year": ("%d %b", ("3 Jan", "4 Jan"), "has no year", "with its year"),
    "half days": ("%Y-%m-%d %I:%M", ("2001-01-01 03:00", "2001-01-01 04:00"), "without AM or PM", "%H"),
    "name of a zone": (
        "%Y-%m-%d %Z", ("2001-01-01 UTC", "2001-01-02 UTC"), 'would become "2001-01-01 "', "is not kept",
    ),
    "other half of a day": (
        "%Y-%m-%d %H:%M %p", ("2001-01-01 03:00 PM", "2001-01-01 04:00 PM"), "loses part", "all that the cells say",
    ),
    "unknown": ("%Y-%m-%d %s", ("2001-01-01 0",), "'s' is a bad directive", None),
    "twice": ("%Y-%m-%d %Y", ("2001-01-01 2001",), "cannot be used", None),
    "lone sign": ("%Y-%", ("2001-",), "cannot be used", None),
    "half of ISO": ("%G-%m-%d", ("2001-01-01",), "cannot be used: ISO year directive", None),
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_a_format_that_loses_something_is_refused(kind):
    text, cells, message, hint = REFUSED[kind]
    with pytest.raises(ConfigError) as caught:
        Clock.of(cells, text)
    assert message in caught.value.message and caught.value.field == "time_format"
    assert hint is None or hint in caught.value.hint


def test_a_cell_that_does_not_match():
    cells = ("2001-01-01", "01.02.2001", " ")
    clock = Clock.of(cells, "%Y-%m-%d")
    with pytest.raises(BadTime, match='does not match the time format "%Y-%m-%d"') as caught:
        clock.read_all(cells)
    assert caught.value.index == 1
    with pytest.raises(BadTime, match="is empty"):
        clock.read_all(cells[2:])
    with pytest.raises(BadTime, match="does not match"):
        Clock.of(("x",), "%Y").read_all(("x",))


def test_offsets_by_format_find_their_zone():
    cells = ("2023-10-29T02:30+0200", "2023-10-29T02:15+0100")
    clock = Clock.of(cells, "%Y-%m-%dT%H:%M%z")
    times = clock.read_all(cells)
    assert times[1] - times[0] == pytest.approx(45 / 1440)
    assert [clock.text(time) for time in times] == list(cells)
    assert "Europe/Berlin" in clock.describe()
