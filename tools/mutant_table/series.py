"""The Series gym: which rows it asks for, and what it shows."""

from __future__ import annotations

from .mutant import Mutant

SERIES_GYM = "plugins/mycaffe_gyms/series_gym.py"
SERIES_WINDOWS = "plugins/mycaffe_gyms/series_windows.py"
SERIES_TABLE = "plugins/mycaffe_gyms/series_table.py"

OF_SERIES = (
    "tests/plugins/mycaffe_gyms/test_series_gym.py",
    "tests/plugins/mycaffe_gyms/test_series_ahead.py",
)
OF_FILES = ("tests/plugins/mycaffe_gyms/test_series_files.py",)

MUTANTS = (
    Mutant(
        "series-horizon-beyond-the-training-part",
        SERIES_GYM,
        "farthest = min(self.settings.horizon, int(targets[-1]) - windows.first)",
        "farthest = self.settings.horizon",
        OF_SERIES,
    ),
    Mutant(
        "series-horizon-one-beyond-the-training-part",
        SERIES_GYM,
        "int(targets[-1]) - windows.first)",
        "int(targets[-1]) - windows.first + 1)",
        OF_SERIES,
    ),
    Mutant(
        "series-longest-horizon-never-drawn",
        SERIES_GYM,
        "self._rng.integers(nearest, farthest + 1)",
        "self._rng.integers(nearest, max(farthest, nearest + 1))",
        OF_SERIES,
    ),
    Mutant(
        "series-context-before-the-first-observation",
        SERIES_GYM,
        "begin = int(np.searchsorted(targets, windows.first + self._ahead))",
        "begin = int(np.searchsorted(targets, self._ahead))",
        OF_SERIES,
    ),
    Mutant(
        "series-statistics-of-all-rows",
        SERIES_WINDOWS,
        "values, seen = self._values[: self.train_rows], self._observed[: self.train_rows]",
        "values, seen = self._values, self._observed",
        OF_SERIES,
    ),
    Mutant(
        "series-query-not-scaled-by-the-horizon",
        SERIES_WINDOWS,
        "x[-1, width] = ahead / self.param.horizon",
        "x[-1, width] = ahead",
        OF_SERIES,
    ),
    Mutant(
        "series-training-asks-for-test-rows",
        SERIES_WINDOWS,
        "np.arange(self.first + self.param.least_horizon, self.train_rows)",
        "np.arange(self.first + self.param.least_horizon, self.train_rows + 1)",
        OF_SERIES,
    ),
    Mutant(
        "series-gaps-in-capitals",
        SERIES_TABLE,
        "cell.strip().lower() in GAPS",
        "cell.strip() in GAPS",
        (*OF_SERIES, *OF_FILES),
    ),
)
