"""The Series gym: forecasts measurements from a CSV file, for any time ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.device import one_thread
from mycaffe_py.errors import ConfigError, DataError, SnapshotError
from mycaffe_py.gym import Gym, Observation
from mycaffe_py.plugins import Only
from mycaffe_py.seeding import generator_state, named_generator, restore_generator
from mycaffe_py.stored import Stored
from mycaffe_py.tables import find_table

from . import picture
from .model import fit_model, is_forecaster
from .notes import notes_of
from .recipe import choose_transform, floor_of
from .remembering import (
    keeps_settings,
    refuse_other_steps,
    remember_settings,
    remember_step,
)
from .resolving import name_columns, refuse_long_windows, resolve
from .settings import AUTO, LOG, check_settings, refuse_settings_of_forecasters
from .table import read_series
from .windows import Windows, open_windows

_MAX_SCORED = 500


class SeriesGym(Gym):
    """Asks for the values of a series some rows ahead: measurements in a CSV file, regular or not.

    An observation is the context, ``window`` rows up to some row, plus one more step, the query. Columns of x: the
    values, the inputs, how far ahead the query is (0 for the rows, 1 for horizon * time_unit), and for each period
    sine and cosine of the time. Only the last two kinds are known of the query: its values and inputs have mask 0.
    ``tt`` of a row is the time since the row before it, 0 for the first; of the query, the time from the last row.
    The context of an early row is padded in front with unobserved rows; if a value was observed in none of the
    rows, the row where it was last observed replaces the oldest.

    Training: each ``step`` draws a random context of the training part and a random number of rows ahead.
    Testing (``reset`` with the option ``part: "test"``): contexts row by row, from the last row of the training
    part on; ``terminated`` after the last one that has a complete row ahead.

    Forecasting (the option ``forecast``): from the last row, or the last one not after ``start``, a time in the
    file's format; ``look_ahead`` then asks for 1, 2, ... ``horizon`` rows ahead of it. Beyond that, the
    predictions become the last rows of the context. Times are those of the file, continued regularly after its end.

    ``step(prediction)`` takes the prediction for the latest query. Its reward is 1 - the mean of
    |prediction - target| divided by the relative deviations of the values, at least -1; 0 without a prediction.
    """

    type = "Series"
    aliases = ("SeriesGym",)
    parameters = ("series_param",)
    conditions = (
        Only(
            "series_param.recent",
            when="stride above 1",
            test=lambda gym: gym.series_param.stride > 1,
        ),
    )
    input_field = "series_param.csv_file"
    fit_field = "series_param.fit_model"
    starts_anywhere = True
    state_names = ("_part", "_origin", "_ahead", "_begun", "_ended", "seed")

    def __init__(self, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        super().__init__(param, base_dir=base_dir, seed=seed)
        self.settings = param.series_param
        check_settings(self.settings)
        self.path = find_table(self.settings.csv_file, Path(self.base_dir), "series_param.csv_file")
        self.windows = open_windows(self.path, self.settings)
        refuse_other_steps(self.settings, self.windows)
        # Saved with the run's settings, so that a forecast from another file uses the same unit.
        self.settings.time_unit = self.windows.unit
        self._size = self.windows.statistics["relative_deviation"][: self.windows.outputs]
        self._rng = named_generator(seed, "gym")
        self._part, self._origin, self._ahead = "train", 0, 0
        self._begun = self._ended = False
        self._start: Any = None
        self._predicted: list[np.ndarray] = []
        self._later = np.zeros(0)
        self._fed_back: tuple[int, Windows] | None = None
        self._scored: deque[np.ndarray] = deque(maxlen=_MAX_SCORED)

    @classmethod
    def fit_model(cls, param: Any, model: Any, blob_names: Any, base_dir: Path) -> None:
        """With ``fit_model``, fit a model's shapes to the gym's settings and its file.

        Without it, a model whose layers keep the gym's settings with their weights gets those.
        """
        settings = param.series_param
        if not settings.fit_model:
            if keeps_settings(model) and settings.csv_file:
                windows = cls(param, base_dir=base_dir).windows
                if windows.series.values.shape[1] > 1:  # a single one may have any name
                    name_columns(settings, windows.series)
                remember_settings(model, cls(param, base_dir=base_dir).windows)
            return
        check_settings(settings)
        path = find_table(settings.csv_file, Path(base_dir), "series_param.csv_file")
        resolve(settings, read_series(path, settings))
        windows = cls(param, base_dir=base_dir).windows
        if is_forecaster(model):
            refuse_long_windows(windows, settings)
        if is_forecaster(model) and settings.transform == AUTO:
            with one_thread():  # for many small products, more threads only wait for each other
                settings.transform = choose_transform(windows)
            settings.log_floor = floor_of(settings, windows) if settings.transform == LOG else 0.0
            windows = cls(param, base_dir=base_dir).windows
        fit_model(model, blob_names, windows)
        remember_step(settings, windows)

    # Training and testing.

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Restart and return the first query; options: ``part``, ``random_start``, ``forecast``, ``start``."""
        refuse_settings_of_forecasters(self.settings)
        options = options or {}
        if seed is not None:
            self.seed = seed
            self._rng = named_generator(seed, "gym")
        self._begun, self._ended = True, False
        self._predicted, self._fed_back = [], None
        start = self._start = options.get("start")
        if options.get("forecast") or start is not None:
            self._part, self._origin, self._ahead = "forecast", self._row_at(start), 0
        elif options.get("part") == "test":
            self._part = "test"
            origins = self.windows.test_origins
            place = int(self._rng.integers(len(origins))) if options.get("random_start") else 0
            self._origin = int(origins[place]) - 1
            self._next_test_row()
        else:
            self._part = "train"
            self._draw_training_row()
        return self._observation(), self._info()

    def step(self, action: Any = None) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Take the prediction for the latest query, (O,), and give the next one."""
        if not self._begun:
            raise ConfigError("gym Series: step() before reset()")
        if self._ended or self._part == "forecast":
            last = "look_ahead()" if self._part == "forecast" else "the last query"
            raise ConfigError(f"gym Series: step() after {last}; call reset() first")
        reward = 0.0
        if action is not None:
            reward = self._score(self._prediction(action))
        if self._part == "train":
            self._draw_training_row()
        elif not self._next_test_row():
            self._ended = True
        return self._observation(), reward, self._ended, False, self._info()

    def _draw_training_row(self) -> None:
        windows, nearest = self.windows, self.settings.least_horizon
        targets, first = windows.training_targets, windows.first
        if windows.series.is_panel:
            row = int(targets[self._rng.integers(len(targets))])
            farthest = min(self.settings.horizon, row - int(first[windows.which[row]]))
            self._ahead = int(self._rng.integers(nearest, farthest + 1))
        else:
            farthest = min(self.settings.horizon, int(targets[-1] - first[0]))
            self._ahead = int(self._rng.integers(nearest, farthest + 1))
            begin = int(np.searchsorted(targets, first[0] + self._ahead))
            row = int(targets[self._rng.integers(begin, len(targets))])
        self._origin = row - self._ahead

    def _next_test_row(self) -> bool:
        """Advance to the next row that has a complete one ahead; False if there is none."""
        origins = self.windows.test_origins
        place = int(np.searchsorted(origins, self._origin, side="right"))
        if place == len(origins):
            return False
        self._origin = int(origins[place])
        found = self.windows.horizons_of(self._origin)
        self._ahead = int(found[self._rng.integers(len(found))])
        return True

    def _score(self, prediction: np.ndarray) -> float:
        """Keep a prediction for the picture and return its reward."""
        row = self._origin + self._ahead
        target = self.windows.series.values[row, : self.windows.outputs]
        self._scored.append(np.concatenate([[self._time()], target, prediction]))
        # A prediction that is NaN loses the comparison in max(), so its reward is -1.
        return max(-1.0, 1.0 - float(np.mean(np.abs(prediction - target) / self._size)))

    def _scored_rows(self) -> np.ndarray:
        """Return the latest predictions, (k, 1 + 2 O): time, targets, predictions."""
        return np.array(self._scored).reshape(-1, 1 + 2 * self.windows.outputs)

    def _prediction(self, action: Any) -> np.ndarray:
        try:
            values = np.asarray(action, dtype=np.float64).reshape(-1)
        except (TypeError, ValueError):
            values = np.zeros(0)
        if values.shape != (self.windows.outputs,):
            found = getattr(action, "shape", None) or f"{action!r:.60}"
            raise DataError(
                f"gym Series: the prediction is {found}; expected {self.windows.outputs} numbers for the "
                "latest query"
            )
        return values

    # Looking ahead.

    def _row_at(self, start: Any) -> int:
        series = self.windows.series
        if series.is_panel:
            raise ConfigError(
                f"gym Series: {series.count} series in one file are forecast by the trainer SERIES only",
                field="series_param.series_column",
            )
        if start is None:
            return int(self.windows.ends[0]) - 1
        try:
            time = series.clock.read(str(start))
        except ValueError as refusal:
            last = series.clock.text(series.times[-1])
            raise ConfigError(
                f'gym Series: start "{start}" {refusal}',
                hint=f"the last time in the file is {last}",
            ) from None
        row = int(np.searchsorted(series.times, time, side="right")) - 1
        if row < 0:
            first = series.clock.text(series.times[0])
            raise ConfigError(f'gym Series: start "{start}" is before the first row, {first}')
        return row

    def look_ahead(self, prediction: Any = None) -> tuple[Observation, dict[str, Any]]:
        """Ask for the row after the latest query, with ``prediction`` (O,) as that query's values."""
        if not self._begun:
            raise ConfigError("gym Series: look_ahead() before reset()")
        if self._part != "forecast":
            rows = slice(self._origin + 1, self._origin + self._ahead)
            self._predicted = list(self.windows.series.values[rows, : self.windows.outputs])
            self._part, self._fed_back = "forecast", None
        if self._ahead:
            _, known = self._place(self._ahead)
            values = known if prediction is None else self._prediction(prediction)
            self._predicted.append(values)
        self._ahead += 1
        return self._observation(), self._info()

    def _place(self, ahead: int) -> tuple[float, np.ndarray]:
        """Return the time ``ahead`` rows after the forecast's origin, and the values there, NaN if unknown."""
        windows, row = self.windows, self._origin + ahead
        series = windows.series
        if row < len(series):
            return float(series.times[row]), series.values[row, : windows.outputs]
        further = row - len(series)
        if further >= len(self._later):
            self._later = series.clock.after(series.times, 2 * further + 64)
        return float(self._later[further]), np.full(windows.outputs, np.nan)

    def _time(self) -> float:
        """Return the time of the latest query."""
        return self._place(self._ahead)[0]

    def _context(self) -> tuple[Windows, int]:
        """Return the windows and the row from which the latest query looks ahead."""
        horizon = self.settings.horizon
        fed_back = (max(self._ahead, 1) - 1) // horizon * horizon
        if not fed_back:
            return self.windows, self._origin
        if self._fed_back is None or self._fed_back[0] != fed_back:
            first = max(0, fed_back - int(self.windows.lags[0]) - 1)
            times = np.array([self._place(ahead + 1)[0] for ahead in range(first, fed_back)])
            values = np.array(self._predicted[first:fed_back])
            self._fed_back = fed_back, self.windows.continued(self._origin, times, values)
        windows = self._fed_back[1]
        return windows, len(windows.series) - 1

    # What a trainer sees.

    def _observation(self) -> Observation:
        time, values = self._place(self._ahead)
        windows, origin = self._context()
        series, row = self.windows.series, self._origin + self._ahead
        known = None
        if series.known and row < len(series):
            known = series.values[row, len(series.names) - series.known :]
        complete = bool(np.isfinite(values).all())
        return windows.observe(origin, time, values if complete else None, known)

    def _info(self) -> dict[str, Any]:
        time, values = self._place(self._ahead)
        return {
            "x": time,
            "time": time,
            "target": values.copy(),
            "row": self._origin,
            "ahead": self._ahead,
        }

    def statistics(self) -> dict[str, np.ndarray]:
        """Return mean, deviation and relative deviation of each column of x, over the training part."""
        return {name: values.copy() for name, values in self.windows.statistics.items()}

    def past(self) -> dict[str, Any]:
        """Return the rows up to the one from which the gym looks ahead."""
        series, outputs = self.windows.series, self.windows.outputs
        return {
            "time": series.times[: self._origin + 1],
            "value": series.values[: self._origin + 1, :outputs],
            "names": series.names[:outputs],
            "time_name": series.time_name,
            "time_text": series.clock.text,
            "dates": series.clock.dates,
        }

    def forecast_notes(self, steps: int) -> list[str]:
        """Return where the forecast begins, known inputs that it lacks, and distances that were never trained."""
        return notes_of(self.windows, self._origin, steps, self._start)

    def sample_info(self) -> dict[str, Any]:
        """Return the names of the values and of the time column, and whether times are dates."""
        series = self.windows.series
        return {
            "names": list(series.names[: self.windows.outputs]),
            "x_name": series.time_name,
            "dates": series.clock.dates,
        }

    # State, description and picture.

    def state(self) -> dict[str, Any]:
        """Return the changing state."""
        return {
            **super().state(),
            "rows": len(self.windows.series),
            "generator": generator_state(self._rng),
            "predicted": np.array(self._predicted).reshape(-1, self.windows.outputs),
            "answers": self._scored_rows(),  # the key's old name, so that older snapshots load
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned; SnapshotError if it does not fit the settings or the file."""
        rows, width = len(self.windows.series), 1 + 2 * self.windows.outputs
        stored = Stored(state, "gym", "it was not made by a Series gym like this one")
        scored, then = stored.array("answers"), stored.whole("rows")
        if then != rows or scored.ndim != 2 or scored.shape[1] != width:
            raise SnapshotError(
                f"{self.path}: {rows} rows of data and {self.windows.outputs} values, but "
                f"{then} rows and {scored.shape[-1] // 2 if scored.ndim else 0} values when the snapshot was made",
                hint="the CSV file or the columns have changed, so the run cannot be resumed",
            )
        predicted = stored.array("predicted", (None, self.windows.outputs))
        self._check_place(stored, rows, len(predicted))
        restore_generator(self._rng, stored["generator"])
        super().load_state(state)
        self._fed_back = None
        self._predicted = list(predicted)
        self._scored = deque(scored, _MAX_SCORED)

    @staticmethod
    def _check_place(stored: Stored, rows: int, predicted: int) -> None:
        """Raise SnapshotError unless a state is of a place in these rows, or beyond them with a prediction for each."""
        part = stored.text("part", ("train", "test", "forecast"))
        origin = stored.whole("origin", least=-1, most=rows - 1)
        stored.whole("ahead", most=predicted + 1 if part == "forecast" else rows - 1 - origin)
        stored.whole("seed", least=-(2**63))
        for name in ("begun", "ended"):
            stored.flag(name)

    def time_form(self) -> str:
        """Return "spans": ``tt`` is the time since the previous row."""
        return "spans"

    def describe(self) -> str:
        """Return the file, what is predicted, and how far ahead."""
        windows, settings = self.windows, self.settings
        series = windows.series
        names = ", ".join(series.names[: windows.outputs])
        ahead = f"{settings.least_horizon} to {settings.horizon}"
        rows = int((windows.ends - series.starts).sum())
        many = f" of {series.count} series" if series.is_panel else ""
        seasons = ", ".join(f"{season:g}" for season in settings.season)
        return (
            f"Series {settings.csv_file}: {names}{many} {ahead} rows ahead, {windows.train_rows} of "
            f"{rows} rows for training" + (f", season {seasons}" if seasons else "")
        )

    def draw(self, figure: Any) -> None:
        """Draw the series and the latest predictions, each quantity on its own axes."""
        windows = self.windows
        border = windows.series.times[windows.train_ends[0] - 1]
        picture.draw_predictions(figure, windows.series, self._scored_rows(), float(border))
