"""The Series gym: forecast measurements that a CSV file holds, for any time ahead."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, DataError, SnapshotError
from mycaffe_py.gym import Gym, Observation
from mycaffe_py.seeding import generator_state, named_generator, restore_generator

from . import series_picture
from .csv_source import find_csv
from .series_model import fit_model
from .series_settings import check_settings
from .series_windows import Windows, open_windows

_JSON_STATE = ("part", "origin", "ahead", "begun", "ended")
_MAX_ANSWERS = 500


class SeriesGym(Gym):
    """Asks for the values of a series some rows ahead of what it shows: measurements in a CSV file, regular or not.

    An observation is the context, ``window`` rows up to some row, and one step more, the query. Columns of x: the
    values, the inputs, how far ahead the query is (0 for the rows, 1 for horizon * time_unit), and for each period
    sine and cosine of the time. Of the query only the last two kinds are known: its values and inputs have mask 0.
    ``tt`` of a row is the time since the row before it, 0 for the first; of the query, the time from the last row.
    The context of an early row is filled up in front with rows that are not observed; of a value
    that was observed in none of the rows, the one where it was seen last takes the place of the oldest.

    Training: each ``step`` gives another context of the training part and another number of rows ahead, at
    random. Testing (``reset`` with the option ``part: "test"``): contexts one row after the other, from the last
    row of the training part on; ``terminated`` after the last that has a complete row ahead.

    Forecasting (the option ``forecast``): the last row, or the last one not after ``start``, a time as the file
    writes it; ``look_ahead`` then asks for 1, 2, ... ``horizon`` rows ahead of it. Beyond that the predictions
    become the last rows of the context. Times are those of the file, and after its end go on as they did.

    ``step(prediction)`` answers the latest query. Its reward is 1 - the mean of |prediction - target| over the
    relative deviations of the values, not below -1; 0 without a prediction.
    """

    type = "Series"
    aliases = ("SeriesGym",)
    parameters = ("series_param",)
    input_field = "series_param.csv_file"
    fit_field = "series_param.fit_model"
    starts_anywhere = True

    def __init__(self, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        super().__init__(param, base_dir=base_dir, seed=seed)
        self.settings = param.series_param
        check_settings(self.settings)
        self.path = find_csv(self.settings.csv_file, Path(self.base_dir), "series_param.csv_file")
        self.windows = open_windows(self.path, self.settings)
        # A run saves its settings: a forecast from another file goes on with the unit that was learned.
        self.settings.time_unit = self.windows.unit
        self._size = self.windows.statistics["relative_deviation"][: self.windows.outputs]
        self._rng = named_generator(seed, "gym")
        self._part, self._origin, self._ahead = "train", 0, 0
        self._begun = self._ended = False
        self._predicted: list[np.ndarray] = []
        self._later = np.zeros(0)
        self._fed_back: tuple[int, Windows] | None = None
        self._answers: deque[np.ndarray] = deque(maxlen=_MAX_ANSWERS)

    @classmethod
    def fit_model(cls, param: Any, model: Any, blob_names: Any, base_dir: Path) -> None:
        """With ``fit_model``, give a model the shapes of what the gym's settings and its file give."""
        if param.series_param.fit_model:
            fit_model(model, blob_names, cls(param, base_dir=base_dir).windows)

    # Training and testing.

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict]:
        """Begin again and return the first query; options: ``part``, ``random_start``, ``forecast``, ``start``."""
        options = options or {}
        if seed is not None:
            self.seed = seed
            self._rng = named_generator(seed, "gym")
        self._begun, self._ended = True, False
        self._predicted, self._fed_back = [], None
        start = options.get("start")
        if options.get("forecast") or start is not None:
            self._part, self._origin, self._ahead = "forecast", self._row_at(start), 0
        elif options.get("part") == "test":
            self._part, self._ahead = "test", 0
            first = self.windows.first_test_origin()
            last = len(self.windows.series) - self.settings.least_horizon
            self._origin = first - 1
            if options.get("random_start"):
                self._origin = int(self._rng.integers(first, last)) - 1
            if not self._next_test_row():
                self._origin = first - 1
                self._next_test_row()
        else:
            self._part = "train"
            self._draw_training_row()
        return self._observation(), self._info()

    def step(self, action: Any = None) -> tuple[Observation, float, bool, bool, dict]:
        """Take the prediction for the latest query, (O,), and give the next one."""
        if not self._begun or self._ended or self._part == "forecast":
            why = "has ended" if self._ended else "has not begun"
            why = "looks ahead" if self._part == "forecast" and self._begun else why
            raise ConfigError(f"gym Series: step() of a series that {why}; call reset() first")
        reward = 0.0
        if action is not None:
            reward = self._answer(self._prediction(action))
        if self._part == "train":
            self._draw_training_row()
        elif not self._next_test_row():
            self._ended = True
        return self._observation(), reward, self._ended, False, self._info()

    def _draw_training_row(self) -> None:
        windows, least = self.windows, self.settings.least_horizon
        targets = windows.training_targets
        most = min(self.settings.horizon, int(targets[-1]) - windows.first)
        self._ahead = int(self._rng.integers(least, most + 1))
        begin = int(np.searchsorted(targets, windows.first + self._ahead))
        self._origin = int(targets[self._rng.integers(begin, len(targets))]) - self._ahead

    def _next_test_row(self) -> bool:
        """Move on to the next row that has a complete one ahead; False if there is none."""
        for origin in range(self._origin + 1, len(self.windows.series) - 1):
            found = self.windows.horizons_of(origin)
            if found.size:
                self._origin, self._ahead = origin, int(found[self._rng.integers(len(found))])
                return True
        return False

    def _answer(self, prediction: np.ndarray) -> float:
        """Keep a prediction for the picture and return its reward."""
        row = self._origin + self._ahead
        target = self.windows.series.values[row, : self.windows.outputs]
        self._answers.append(np.concatenate([[self._time()], target, prediction]))
        # A prediction that is NaN loses the comparison in max(), so its reward is -1.
        return max(-1.0, 1.0 - float(np.mean(np.abs(prediction - target) / self._size)))

    def _answered(self) -> np.ndarray:
        """Return the latest predictions, (k, 1 + 2 O): time, targets, predictions."""
        return np.array(self._answers).reshape(-1, 1 + 2 * self.windows.outputs)

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
        if start is None:
            return len(series) - 1
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
            raise ConfigError(f'gym Series: no row up to start "{start}"; the first is {first}')
        return row

    def look_ahead(self, prediction: Any = None) -> tuple[Observation, dict]:
        """Ask for the row after the latest query; ``prediction`` (O,) is taken for what that one turned out to be."""
        if not self._begun:
            raise ConfigError(
                "gym Series: look_ahead() of a series that has not begun; call reset() first"
            )
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
        """Return the windows and the row that the latest query looks ahead from."""
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
        return windows.observe(origin, time, values if np.isfinite(values).all() else None)

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
        """Return the rows up to the one that is looked ahead from."""
        series, outputs = self.windows.series, self.windows.outputs
        return {
            "time": series.times[: self._origin + 1],
            "value": series.values[: self._origin + 1, :outputs],
            "names": series.names[:outputs],
            "time_name": series.time_name,
            "time_text": series.clock.text,
            "dates": series.clock.dates,
        }

    # State, words and picture.

    def state(self) -> dict[str, Any]:
        """Return all that changes."""
        return {
            **{name: getattr(self, "_" + name) for name in _JSON_STATE},
            "rows": len(self.windows.series),
            "seed": self.seed,
            "generator": generator_state(self._rng),
            "predicted": np.array(self._predicted).reshape(-1, self.windows.outputs),
            "answers": self._answered(),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Put back what :meth:`state` returned; SnapshotError if it does not fit these settings or this file."""
        rows, width = len(self.windows.series), 1 + 2 * self.windows.outputs
        try:
            if state["rows"] != rows or np.shape(state["answers"])[1] != width:
                raise SnapshotError(
                    f"{self.path}: {rows} rows of data and {self.windows.outputs} values; at the snapshot it "
                    f"had {state['rows']} rows and {np.shape(state['answers'])[1] // 2} values",
                    hint="the CSV file or the columns have changed, so the run cannot go on where it stopped",
                )
            restore_generator(self._rng, state["generator"])
            for name in _JSON_STATE:
                setattr(self, "_" + name, state[name])
            self.seed, self._fed_back = state["seed"], None
            self._predicted = list(np.array(state["predicted"], dtype=np.float64))
            self._answers = deque(np.array(state["answers"], np.float64), _MAX_ANSWERS)
        except KeyError as error:
            raise SnapshotError(
                f"gym state: {error} is missing",
                hint="it was not made by a Series gym like this one",
            ) from None

    def time_form(self) -> str:
        """``tt`` is the time since the row before."""
        return "spans"

    def describe(self) -> str:
        """Return the file, what is predicted, and how far ahead."""
        windows, settings = self.windows, self.settings
        names = ", ".join(windows.series.names[: windows.outputs])
        ahead = f"{settings.least_horizon} to {settings.horizon}"
        return (
            f"Series {settings.csv_file}: {names} {ahead} rows ahead, {windows.train_rows} of "
            f"{len(windows.series)} rows for training"
        )

    def draw(self, figure: Any) -> None:
        """Draw the series and the latest predictions, each quantity on its own axes."""
        windows = self.windows
        border = windows.series.times[windows.train_rows - 1]
        series_picture.draw_answers(figure, windows.series, self._answered(), float(border))
