"""What a calendar says of times: the hour, the day of the week, the month, the day of the year."""

from __future__ import annotations

import numpy as np

from .day_calendars import first_of, month_of
from .moments import DAY, HOUR


def calendar_fields(local: np.ndarray) -> dict[str, np.ndarray]:
    """Return hour, weekday, month and yearday, each (n,), of local times (n,) in microseconds."""
    days = local // DAY
    day = days + (local - days * DAY) / DAY
    months = month_of(days)
    first, years = first_of(months), months // 12 * 12
    new_year = first_of(years)
    return {
        "hour": (local - days * DAY) / HOUR,
        "weekday": (day + 3) % 7,
        "month": months - years + (day - first) / (first_of(months + 1) - first),
        "yearday": (day - new_year) / (first_of(years + 12) - new_year),
    }
