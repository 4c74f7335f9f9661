"""SERIES: trains a net to forecast series together with a simple baseline, and knows when to stop."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.blob import refresh_views, send_writes
from mycaffe_py.device import one_thread
from mycaffe_py.errors import ConfigError, DivergedError
from mycaffe_py.events import Log, TestDone
from mycaffe_py.forecast import Forecast, Forecasts
from mycaffe_py.layer import TRAIN
from mycaffe_py.net import Net
from mycaffe_py.seeding import (
    check_generator_state,
    generator_state,
    named_generator,
    restore_generator,
)
from mycaffe_py.stored import Stored
from mycaffe_py.trainer import Report, Trainer
from mycaffe_py.wording import counted

from . import sizing, trust
from .course import DONE, REFIT, Course, weights_of
from .forecasting import Forecaster
from .gym import SeriesGym
from .judging import in_units
from .learning import Learner
from .path_picture import draw_paths, paths_of
from .scoring import Scores, caution_of, report_on, scores_at, test_scores
from .wiring import other_gym

_WINDOW = 100
_AGAIN = (
    "the search for the best weights has ended: train anew, or give --weights to go on from these"
)
_GYM = (SeriesGym.type, *SeriesGym.aliases)


class TrainerSeries(Trainer):
    """Trains a net with a FORECAST layer on the gym Series.

    The linear baseline is fitted first; the net learns what it misses. While it learns, it is validated at intervals,
    with its weights frozen, on the last part of the training rows; the search ends when that no longer improves. Then
    the share of the net's correction that is kept, from none to all, is chosen for each distance on the same rows, and
    intervals are taken from what was missed there. At last, baseline and net learn again from all training rows, for
    as many updates as were best (``refit``).

    Metrics: ``abs_error`` of this update's forecasts in the data's units, ``mean_abs_error`` over the last 100
    updates, and ``validation_error``, the latest one, over the spread of the changes; before the first validation, that
    of the baseline alone; without validation, there is none.
    """

    type = "SERIES"
    aliases = ("TrainerSeries",)
    parameters = ("series_trainer_param",)
    best_metric = "validation_error"

    def __init__(self, solver: Any, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        super().__init__(solver, param, base_dir=base_dir, seed=seed)
        self.settings = param.series_trainer_param
        self.gym = self._new_gym()
        self.learner = Learner(solver.net, param, self.gym.windows)
        self._rng = named_generator(seed, "series")
        self._errors: deque[float] = deque(maxlen=_WINDOW)
        self._validation = math.nan
        with one_thread():
            self._begin()
        self.course = Course(solver.net, self.settings.averaging)
        self._sample: dict[str, Any] = {}
        self._batch: Any = None
        self._validation_scores: Scores | None = None

    def _begin(self) -> None:
        learner = self.learner
        if self.solver.net.phase != TRAIN:
            learner.recall()
            return
        learner.begin()
        if learner.validates:
            self._validation = trust.baseline_error(learner)
        else:
            trust.settle_unvalidated(learner, self.settings.interval)

    def _new_gym(self) -> SeriesGym:
        registry = self.solver.net.registry
        cls = registry.gyms.find(self.param.gym.type)
        if not issubclass(cls, SeriesGym):
            raise other_gym(self.param.gym.type)
        gym: SeriesGym = cls(self.param.gym, base_dir=self.base_dir, seed=self.seed)
        return gym

    @classmethod
    def check(cls, param: Any) -> None:
        """Raise ConfigError unless shares and counts are in their ranges."""
        own = param.series_trainer_param
        ranges = {
            "validation_share": (0 <= own.validation_share < 0.9, "0 to below 0.9"),
            "patience": (own.patience >= 1, "1 or more"),
            "interval": (0 <= own.interval < 1, "0 (none) to below 1"),
            "averaging": (0 <= own.averaging < 1, "0 to below 1"),
        }
        for name, (allowed, words) in ranges.items():
            if not allowed:
                cls.fail(
                    f"{name} is {getattr(own, name):g}; allowed: {words}",
                    f"series_trainer_param.{name}",
                )

    @classmethod
    def fit_solver(cls, param: Any, solver: Any, model: Any, base_dir: Path) -> None:
        """Fill in updates, learning rate and solver; see :mod:`sizing`."""
        if not param.gym.series_param.csv_file and param.gym.type not in _GYM:
            raise other_gym(param.gym.type)
        windows = SeriesGym(param.gym, base_dir=base_dir).windows
        batch = next(
            (
                layer.input_param.shape[0].dim[0]
                for layer in model.layer
                if layer.type == "Input" and layer.input_param.shape
            ),
            32,
        )
        own = param.series_trainer_param
        refits = own.refit and own.validation_share > 0
        sizing.fit_solver(solver, windows.train_rows, batch, refits)

    # Each update.

    def prepare(self) -> None:
        """Draw samples of the training rows and fill the net's inputs."""
        self._batch = self.learner.fill(self._rng)

    def collect(self) -> None:
        """Keep the errors of the forecasts that were just made, in the data's units."""
        places, batch = self._batch
        found = self.learner.predictions(self.solver.net)
        values = in_units(self.learner.samples, places, found)
        actual = in_units(self.learner.samples, places, batch.target)
        known = np.isfinite(actual)
        error = float(np.abs(values - actual)[known].mean()) if known.any() else math.nan
        self._errors.append(error)
        shown = int(np.argmax(known.all(axis=1)))  # the first without a gap, if there is one
        row = places.origins[shown] + places.ahead[shown]
        time = float(self.gym.windows.series.times[row])
        self._sample = {}
        if known[shown].all():
            target, prediction = actual[shown].tolist(), values[shown].tolist()
            self._sample = {"x": time, "target": target, "prediction": prediction}

    def updated(self) -> None:
        """Average the weights; validate, end the search or the refit where it is due."""
        course, solver = self.course, self.solver
        if course.phase == DONE:
            # Somebody goes on with a training that has ended: nothing more is learned.
            self._use(course.mean)
            solver.finish()
            return
        updates = solver.iter - course.began
        course.average(updates)
        last = solver.iter >= solver.param.max_iter
        if course.phase == REFIT:
            if updates >= course.planned or last:
                self._end(f"refit ended after {counted(updates, 'update')}")
        elif self.learner.too_few:
            self._end("too few rows to validate a net: it learns nothing, the baseline forecasts")
        elif not self.learner.validates:
            if last:
                self._end(f"training ended after {counted(updates, 'update')}, without validation")
        elif updates % self._interval() == 0 or updates >= self._search() or last:
            with one_thread():
                self._validate(updates)

    def _use(self, weights: Any) -> None:
        """Make the net's weights these."""
        send_writes()
        self.solver.net.parameters.data[...] = weights
        refresh_views()

    def _search(self) -> int:
        """Return how many updates the search may take."""
        share = 2 if self.settings.refit else 1
        return max(1, int(self.solver.param.max_iter) // share)

    def _interval(self) -> int:
        return int(self.settings.validation_interval) or max(1, self._search() // 20)

    def _validate(self, updates: int) -> None:
        course, solver = self.course, self.solver
        with weights_of(solver.net, course.mean):
            value = trust.validation_error(self.learner, solver.net)
        self._validation = value
        solver.emit(TestDone(solver.iter, 0, {"validation_error": value}))
        course.judge(value, solver.iter)
        ended = course.without >= self.settings.patience or updates >= self._search()
        if ended or solver.iter >= solver.param.max_iter:
            self._end_search(updates)

    def _end_search(self, updates: int) -> None:
        """Choose how far the net is trusted, and go on to the refit if it is."""
        course, solver, learner = self.course, self.solver, self.learner
        if course.best is None:
            raise DivergedError(
                f"iteration {solver.iter}: no validation gave a finite error, so there are no weights to keep",
                hint="lower base_lr, or set clip_gradients",
            )
        self._use(course.best)
        course.mean[...] = course.best
        self._say(
            f"search ended after {counted(updates, 'update')}: the smallest validation error was "
            f"{course.best_value:.4g}, at iteration {course.best_iteration:,}"
        )
        planned = min(course.best_iteration - course.began, solver.param.max_iter - solver.iter)
        text, settled = trust.settle(learner, solver.net, self.settings.interval)
        self._say(text)
        assert learner.places is not None
        self._validation_scores = scores_at(learner, learner.places, settled, "validation")
        course.keep(learner.with_own_blobs)
        course.best_iteration = solver.iter  # they are complete only now
        if self.settings.refit and planned:
            learner.refit()
            trust.keep_bands(learner, settled, self.settings.interval)
        if not (self.settings.refit and planned and learner.trusts_net):
            # What the search found stays; without trust, nothing of the net is used, so it need not learn again.
            course.mean = learner.with_own_blobs(course.mean)
            self._end()
            return
        course.first = learner.with_own_blobs(course.first)
        course.restart(solver.iter, REFIT, planned)
        refresh_views()
        solver.restart_updates()
        rows = counted(self.gym.windows.train_rows, "training row")
        self._say(f"refit: {counted(planned, 'update')} from the start on all {rows}")

    def _end(self, text: str = "") -> None:
        """Keep the mean weights as the final ones, and end the training."""
        course, solver = self.course, self.solver
        course.mean = self.learner.with_own_blobs(course.mean)
        if solver.net.device.all_finite(course.mean):
            self._use(course.mean)
            if self.learner.validates:
                course.best, course.best_iteration = course.mean.copy(), solver.iter
        course.phase, course.ended = DONE, solver.iter
        if text:
            self._say(text)
        solver.finish()

    def _say(self, text: str) -> None:
        self.solver.emit(Log(text))

    def ended(self) -> str:
        """Return what to do once search and refit are over."""
        return _AGAIN if self.course.phase == DONE else ""

    def best_weights(self) -> tuple[float, int, Any]:
        """Return the best validated weights of the search, or at the end those of the refit."""
        course = self.course
        if course.best is None:
            return math.nan, 0, None
        return course.best_value, course.best_iteration, course.best

    def metrics(self) -> dict[str, float]:
        """Return the errors; the rolling mean leaves out updates without a known target."""
        known = [error for error in self._errors if math.isfinite(error)]
        found = {
            "abs_error": self._errors[-1] if self._errors else math.nan,
            "mean_abs_error": math.fsum(known) / len(known) if known else math.nan,
        }
        if self.learner.validates:
            found["validation_error"] = self._validation
        return found

    # Tests, reports, forecasts.

    def scores(self, net: Net, *, ridge: bool = True) -> Scores | None:
        """Return the errors of net and baselines on the test part, if any value is known there."""
        with one_thread():
            return test_scores(self.learner, net, ridge=ridge)

    def test(self, net: Net, iterations: int) -> dict[str, float]:
        """Return the mean errors on the test part, of all distances; ``iterations`` has no effect."""
        scores = self.scores(net, ridge=False)
        if scores is None:
            raise ConfigError(
                "trainer SERIES: no row to test on: no value is known after the training part",
                hint="lower series_param.train_share, or give more rows",
                field="gym.series_param.train_share",
            )
        return scores.figures()

    def test_report(self, net: Net) -> Report | None:
        """Return the errors by distance on the test part, beside those of the baselines."""
        scores = self.scores(net)
        return None if scores is None else report_on(scores, self.learner)

    def report(self) -> Report | None:
        """Return the errors by distance on the test part, or on the validation part if there is no other."""
        scores = self.scores(self.solver.net) or self._validation_scores
        if scores is None:
            return None
        notes = []
        if self.course.phase != DONE:
            notes = [
                f"the training stopped during the {self.course.phase}; mycaffe train --resume completes it"
            ]
        return report_on(scores, self.learner, notes)

    def forecast_caution(self, net: Net) -> str | None:
        """Return why a forecast by this net is doubtful, or None."""
        scores = self.scores(net, ridge=False)
        return None if scores is None else caution_of(scores)

    def forecast(
        self, net: Net, steps: int, *, start: Any = None, series: Any = None
    ) -> Forecast | Forecasts:
        """Forecast each series, or those named, from its last value, or from the last row up to ``start``."""
        with one_thread():
            return Forecaster(self.learner, net).forecast(steps, start, series)

    def look_at(self, csv_file: str) -> None:
        """Forecast from another table with the columns of the training from now on; a trained net is needed.

        The net and the memory of its FORECAST layer stay as they are. Not for a trainer that still learns.
        """
        self.param.gym.series_param.csv_file = csv_file
        self.gym = self._new_gym()
        self.learner = Learner(self.solver.net, self.param, self.gym.windows)
        self.learner.recall()

    def reach(self) -> tuple[int, float]:
        """Return how many of a series' latest rows forecasts depend on, and for how long before the last one."""
        return self.learner.samples.reach

    @property
    def default_steps(self) -> int:  # type: ignore[override]
        """The horizon."""
        return int(self.gym.settings.horizon)

    # State, description and picture.

    def sample(self) -> dict[str, Any]:
        """Return time, targets and forecasts of the first sample."""
        return self._sample

    def sample_info(self) -> dict[str, Any]:
        """Return the gym's labels."""
        return self.gym.sample_info()

    def summary(self) -> dict[str, str]:
        """Describe the trainer and the gym."""
        return {
            "trainer": f"{self.type}: {self.learner.describe()}",
            "gym": self.gym.describe(),
        }

    def state(self) -> dict[str, Any]:
        """Return everything that changes while training."""
        return {
            "course": self.course.state(),
            "learner": self.learner.state(),
            "generator": generator_state(self._rng),
            "errors": list(self._errors),
            "validation": self._validation,
            "validation_scores": None
            if self._validation_scores is None
            else self._validation_scores.state(),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned; SnapshotError if it does not fit the data."""
        stored = Stored(state, "trainer", "it was not made by the trainer SERIES")
        errors = deque(stored.array("errors", (None,)).tolist(), _WINDOW)
        validation = stored.number("validation", finite=False)
        scores = stored["validation_scores"]
        scores = None if scores is None else Scores.of_state(scores)
        check_generator_state(self._rng, stored["generator"])
        self.learner.load_state(stored["learner"])
        self.course.load_state(stored["course"])
        restore_generator(self._rng, stored["generator"])
        self._errors, self._validation, self._validation_scores = errors, validation, scores
        if self.course.phase == DONE:
            self.solver.param.max_iter = self.course.ended

    def draw(self, figure: Any) -> bool:
        """Draw forecasts beside what came, on the test part."""
        paths = paths_of(self.learner, self.solver.net)
        if paths is not None:
            draw_paths(figure, self.gym.windows, paths)
        return paths is not None

    def close(self) -> None:
        """Close the gym."""
        self.gym.close()
