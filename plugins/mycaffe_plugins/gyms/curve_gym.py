"""The Curve gym: follow or forecast a curve that appears point by point."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, DataError
from mycaffe_py.gym import Gym, Observation
from mycaffe_py.seeding import (
    check_generator_state,
    generator_state,
    named_generator,
    restore_generator,
)
from mycaffe_py.stored import Stored

from . import picture, settings
from .csv_source import CsvSource
from .history import History
from .sources import Formula, Point, RandomWalk, Source


class CurveGym(Gym):
    """Yields the points (x, y) of a curve one by one: SIN, COS, a RANDOM walk or a column of a CSV file.

    An observation holds the latest ``history`` points, oldest first: ``x`` (n, F) inputs, ``tt``
    (n,) time, ``mask`` (n, F), ``target`` (n, 1) with y of the SAME point. Its arrays are views that
    are valid until the next ``step`` or ``reset``: copy what you keep longer.

    ``step(prediction)`` takes the prediction for the latest point. Its reward is 1 - |prediction - target|,
    at least -1 (also for a prediction that is not finite); 0 without a prediction. After the prediction for
    the last row of a CSV file, ``terminated`` is true and no point is added.

    ``look_ahead(prediction)`` adds a future point, at any time, even after the end: y of the previous point
    becomes the prediction, without noise, and counts as observed, and so does x. ``info["y"]`` and
    ``info["target"]`` are the true values of SIN and COS, or of a later row of the CSV file; NaN for a random
    walk and beyond the file, where x continues by the file's median step. ``target`` of the observation repeats
    the last y seen where y is unknown. ``step`` is then refused until ``reset`` or ``load_state``.
    """

    type = "Curve"
    aliases = ("CurveGym",)
    parameters = ("curve_param",)
    conditions = settings.CONDITIONS
    input_field = "curve_param.csv_file"
    mycaffe_properties = {
        "CurveType": "curve_param.curve",
        "datasource_csv_file": "curve_param.csv_file",
        "datasource_csv_column": "curve_param.csv_column",
        "datasource_csv_scale": "curve_param.csv_scale",
        "datasource_csv_offset": "curve_param.csv_offset",
        "Training": "",
        "TrainingStart": "",
        "override_prediction": "",
        "override_predictions": "",
        "override_future_predictions": "",
        "override_future_predictions_start": "",
        "override_future_predictions_name": "",
        "status_text": "",
    }

    state_names = (
        "_position",
        "_index",
        "_seen_y",
        "_before_observed",
        "_started",
        "_ended",
        "_looks_ahead",
        "_known",
        "_tt",
        "seed",
    )

    _point: Point
    _looks_ahead: bool
    _known: bool

    def __init__(self, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        super().__init__(param, base_dir=base_dir, seed=seed)
        curve = param.curve_param
        settings.check_settings(curve)
        self.source = _open_source(curve, Path(self.base_dir))
        self._input, self._time, self._time_scale = curve.input, curve.time, curve.time_scale
        self._step_length, self._start, self._x_wrap = curve.step, curve.start, curve.x_wrap
        self._random_start = curve.random_start
        self._x_limit = math.inf if self.source.gives_x or not curve.x_limit else curve.x_limit
        self._jitter, self._drop_ratio, self._noise = curve.jitter, curve.drop_ratio, curve.noise
        self._history = History(curve.history, 2 if curve.input == settings.X_AND_Y else 1)
        self._rng = named_generator(seed, "gym")
        self._started = self._ended = False
        self._restart_at(0.0)

    @classmethod
    def input_field_of(cls, param: Any) -> str:
        """Return the field of the input file; only CSV_FILE has one."""
        return cls.input_field if param.curve_param.curve == settings.CSV_FILE else ""

    def reset(
        self, *, seed: int | None = None, options: Mapping[str, Any] | None = None
    ) -> tuple[Observation, dict[str, Any]]:
        """Restart and return the first point; without ``seed``, the random generator just continues.

        ``options`` may contain ``random_start``, which overrides the setting, and ``forecast``, which runs
        through a CSV file to its last row, to look ahead from there.
        """
        if seed is not None:
            self.seed = seed
            self._rng = named_generator(seed, "gym")
        self._history.clear()
        random_start = bool((options or {}).get("random_start", self._random_start))
        self.source.reset(self._rng, random_start)
        phase = self._rng.random() * settings.TWO_PI if random_start else 0.0
        self._restart_at(self._start + phase)
        self._started, self._ended = True, False
        self._add(self.source.next(self._position, self._rng), self._step_length)
        while (options or {}).get("forecast") and self.source.ends and not self.source.exhausted:
            self._advance()
        return self._history.observation(), self._info()

    def step(self, action: Any = None) -> tuple[Observation, float, bool, bool, dict[str, Any]]:
        """Take the prediction for the latest point, a number or an array of one, and add a point."""
        if not self._started:
            raise ConfigError("gym Curve: step() before reset()")
        if self._ended or self._looks_ahead:
            last = "look_ahead()" if self._looks_ahead else "the last point"
            raise ConfigError(f"gym Curve: step() after {last}; call reset() first")
        reward = 0.0
        if action is not None:
            prediction = _one_number(action)
            self._history.predict(prediction)
            # A prediction that is NaN loses the comparison in max(), so its reward is -1.
            reward = max(-1.0, 1.0 - abs(prediction - self._point.y))
        if self.source.exhausted:
            self._ended = True
        else:
            self._advance()
        return self._history.observation(), reward, self._ended, False, self._info()

    def look_ahead(self, prediction: Any = None) -> tuple[Observation, dict[str, Any]]:
        """Use ``prediction`` as y of the latest point, and add a future point."""
        if not self._started:
            raise ConfigError("gym Curve: look_ahead() before reset()")
        if prediction is not None:
            self._seen_y, self._before_observed = _finite(_one_number(prediction)), True
            self._history.predict(self._seen_y)
        elif self._looks_ahead and self._known:
            self._seen_y, self._before_observed = self._point.y, True
        self._looks_ahead = True
        self._advance()
        info = self._info()
        if not self._known:
            info["y"] = math.nan
        return self._history.observation(), {**info, "target": np.array([info["y"]])}

    def past(self) -> dict[str, Any]:
        """Return the points so far: ``time`` (n,), ``value`` (n, 1), NaN where unknown, and their names."""
        points = self.curve_points()
        unknown = (points["mask"] == 0) & (not self.source.knows_unobserved)
        return {
            "time": points["x"],
            "value": np.where(unknown, np.nan, points["target"])[:, None],
            "names": (self.source.y_label,),
            "time_name": self.source.x_label,
        }

    def sample_info(self) -> dict[str, Any]:
        """Return the names of y and x, those of the columns of a CSV file."""
        return {"names": [self.source.y_label], "x_name": self.source.x_label}

    def state(self) -> dict[str, Any]:
        """Return the changing state, including points and predictions."""
        return {
            **super().state(),
            "point": list(self._point),
            "generator": generator_state(self._rng),
            "source": self.source.state(),
            **self._history.state(),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned; SnapshotError if it does not fit the settings."""
        stored = Stored(state, "gym", "it was not made by a Curve gym like this one")
        for name in ("position", "seen_y", "tt"):
            stored.number(name)
        for name in ("before_observed", "started", "ended", "looks_ahead", "known"):
            stored.flag(name)
        stored.whole("index")
        stored.whole("seed", least=-(2**63))
        point = _stored_point(stored.items("point", 3))
        check_generator_state(self._rng, stored["generator"])
        self._history.load_state(state)
        self.source.load_state(stored["source"])
        restore_generator(self._rng, stored["generator"])
        super().load_state(state)
        self._point = point

    def time_form(self) -> str:
        """Return the form of ``tt``: "absolute" or "spans"."""
        return "absolute" if self._time == settings.ABSOLUTE else "spans"

    def describe(self) -> str:
        """Return the gym, the curve, and the CSV file if it follows one."""
        curve = self.param.curve_param
        name = settings.enum_name(curve, "curve")
        return (
            f"Curve {name} {curve.csv_file}"
            if curve.curve == settings.CSV_FILE
            else f"Curve {name}"
        )

    def curve_points(self) -> dict[str, np.ndarray]:
        """Return the points as (n,) arrays: ``x``, ``target``, ``prediction``, ``mask``, ``ahead``.

        ``x`` always grows: points from before x restarted at 0 are moved to its left.
        ``target`` is NaN where it is unknown, ``prediction`` where there is none; ``mask`` is 0 where a
        point was not observed; ``ahead`` is 1 for points that were looked ahead to, and 0 for others.
        """
        return {
            "x": picture.growing(self._history.column("position"), self._step_length),
            "target": self._history.column("truth"),
            "prediction": self._history.column("prediction"),
            "mask": self._history.column("observed"),
            "ahead": self._history.column("ahead"),
        }

    def draw(self, figure: Any, *, tolerance: float = 0.005) -> None:
        """Draw target and prediction, and below them the error with a band of +-``tolerance``.

        Predictions of the future have their own colour. Missing values of a CSV file have no error, because
        the true value is unknown.
        """
        points = self.curve_points()
        error = points["prediction"] - points["target"]
        if not self.source.knows_unobserved:
            error[(points["mask"] == 0) & (points["ahead"] == 0)] = np.nan
        title = f"Curve {settings.enum_name(self.param.curve_param, 'curve')}"
        labels = (self.source.x_label, self.source.y_label)
        picture.draw_curve(figure, {**points, "error": error}, title, labels, tolerance)

    def _restart_at(self, position: float) -> None:
        self._position, self._index = position, 0
        self._seen_y, self._before_observed = 0.0, False
        self._point, self._tt = Point(position, 0.0, False), 0.0
        self._looks_ahead, self._known = False, True

    def _advance(self) -> None:
        """Move on by one step and add the next point, a future one once the gym looks ahead."""
        length = self._step_length
        if self._jitter:
            length *= 1.0 + self._jitter * (2.0 * self._rng.random() - 1.0)
        before, position = self._point.x, self._position + length
        if position > self._x_limit:
            before, position = -length, 0.0
        self._position = position
        self._index += 1
        find = self.source.ahead if self._looks_ahead else self.source.next
        point = find(position, self._rng)
        self._add(point, point.x - before)

    def _add(self, point: Point, distance: float) -> None:
        """Add ``point``, at ``distance`` from the previous one, to the history."""
        ahead, self._known = self._looks_ahead, not math.isnan(point.y)
        if not self._known:
            point = point._replace(y=self._seen_y)
        if not ahead and self._drop_ratio and self._rng.random() < self._drop_ratio:
            point = point._replace(observed=False)
        # The net sees the position of a future point, but never its y.
        x, mask = self._inputs(point._replace(observed=ahead or point.observed))
        if ahead:
            point = point._replace(observed=False)
        if self._time == settings.ABSOLUTE:
            tt = point.x * self._time_scale
        else:
            tt = distance * self._time_scale if self._time == settings.DELTA else 1.0
        self._history.append(
            x=x,
            mask=mask,
            target=point.y,
            tt=tt,
            position=point.x,
            observed=point.observed,
            ahead=ahead,
            known=self._known,
        )
        self._point, self._tt = point, tt
        noise = self._noise * self._rng.standard_normal() if self._noise else 0.0
        self._before_observed = point.observed
        if point.observed:
            self._seen_y = point.y + noise

    def _inputs(self, point: Point) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """Return the input columns of ``point`` and their masks."""
        x = point.x % settings.TWO_PI if self._x_wrap else point.x
        if self._input == settings.X:
            return (x,), (point.observed,)
        if self._input == settings.Y:
            return (self._seen_y,), (self._before_observed,)
        return (x, self._seen_y), (point.observed, self._before_observed)

    def _info(self) -> dict[str, Any]:
        point = self._point
        return {
            "x": point.x,
            "y": point.y,
            "time": self._tt,
            "index": self._index,
            "observed": point.observed,
        }


def _finite(prediction: float) -> float:
    if math.isfinite(prediction):
        return prediction
    raise DataError(
        f"gym Curve: the prediction is {prediction}; expected a finite number to continue from"
    )


def _stored_point(values: list[Any]) -> Point:
    """Return the latest point of a state; y is NaN where it is unknown."""
    stored = Stored(dict(zip(Point._fields, values, strict=True)), "gym: point")
    return Point(stored.number("x"), stored.number("y", finite=False), stored.flag("observed"))


def _one_number(action: Any) -> float:
    try:
        return float(action.item() if hasattr(action, "item") else action)
    except (TypeError, ValueError):
        shape = getattr(action, "shape", None)
        what = f"an array of shape {shape}" if shape is not None else f"{action!r:.60}"
        raise DataError(
            f"gym Curve: the prediction is {what}; expected one number for the latest point"
        ) from None


def _open_source(curve: Any, base_dir: Path) -> Source:
    if curve.curve == settings.CSV_FILE:
        return CsvSource(curve, base_dir)
    if curve.curve == settings.RANDOM:
        return RandomWalk(curve.random_step)
    return Formula(math.cos if curve.curve == settings.COS else math.sin)
