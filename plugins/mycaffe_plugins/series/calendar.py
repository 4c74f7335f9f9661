"""Columns that follow from the time alone: phases of periods, hour, weekday and month."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.tables import Clock

_CYCLES = {"hour": 24.0, "weekday": 7.0, "month": 12.0}


class Calendar:
    """Sine and cosine of the time in each ``period``, and with ``calendar: true`` of hour, weekday and month."""

    def __init__(self, param: Any, clock: Clock):
        self.periods = list(param.period)
        self.clock = clock
        self.cycles = dict(_CYCLES) if param.calendar else {}
        if param.calendar and not clock.dates:
            raise ConfigError(
                "gym Series: series_param.calendar needs dates, but the times are numbers",
                hint="leave it out, or name the column of dates in series_param.time_column",
                field="series_param.calendar",
            )

    @property
    def width(self) -> int:
        """The number of columns."""
        return 2 * (len(self.periods) + len(self.cycles))

    def columns(self, times: np.ndarray) -> np.ndarray:
        """Return sine and cosine of each cycle at ``times`` (k,): (k, :attr:`width`)."""
        shares = [times / period for period in self.periods]
        if self.cycles:
            fields = self.clock.fields(times)
            shares += [fields[name] / length for name, length in self.cycles.items()]
        if not shares:
            return np.zeros((len(times), 0))
        angles = 2 * np.pi * np.stack(shares, axis=1)
        return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(times), self.width)
