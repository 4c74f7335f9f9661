"""RNN.SUPER_SIMPLE: one forward pass, one backward pass and one update for each new point of a gym."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, SnapshotError
from mycaffe_py.events import with_outputs
from mycaffe_py.forecast import Forecast
from mycaffe_py.net import Net
from mycaffe_py.trainer import Trainer

from .gym_batch import FORECAST, TEST, TRAIN, GymBatch
from .rolling import RollingFigures


class TrainerRNNSimple(Trainer):
    """Trains a net to follow a gym, one point at a time.

    Each update: ask the gym for the next point; fill x, tt and mask with the latest points and target with
    that of the last one; forward; backward; one solver step; return the prediction, made before the update, to
    the gym. A batch of N uses N gyms with different seeds.

    Metrics: rolling ``accuracy`` (share of predictions closer to the target than ``accuracy_tolerance``),
    ``mean_abs_error``, and both for the baseline that repeats the last target; ``abs_error`` of this update.
    """

    type = "RNN.SUPER_SIMPLE"
    aliases = ("RNN.SUPER.SIMPLE", "TrainerRNNSimple")
    parameters = ("rnn_simple_param",)
    best_metric = "mean_abs_error"

    def __init__(self, solver: Any, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        super().__init__(solver, param, base_dir=base_dir, seed=seed)
        self.gyms = self._new_gyms(solver.net, TRAIN)
        self.gyms.give_statistics(solver.net)
        self.figures = self._new_figures(self.gyms)
        self._sample: dict[str, Any] = {}

    @classmethod
    def check(cls, param: Any) -> None:
        """Raise ConfigError unless the window is at least one update and the tolerance is above 0."""
        settings = param.rnn_simple_param
        if settings.accuracy_window < 1:
            raise ConfigError(
                "rnn_simple_param.accuracy_window must be at least 1, got 0",
                field="rnn_simple_param.accuracy_window",
            )
        if not 0 < settings.accuracy_tolerance < float("inf"):
            raise ConfigError(
                "rnn_simple_param.accuracy_tolerance must be a number above 0, got "
                f"{settings.accuracy_tolerance:g}",
                field="rnn_simple_param.accuracy_tolerance",
            )

    def _new_gyms(self, net: Net, purpose: str) -> GymBatch:
        return GymBatch(net, self.param, self.base_dir, self.seed, purpose)

    def _new_figures(self, gyms: GymBatch, window: int | None = None) -> RollingFigures:
        settings = self.param.rnn_simple_param
        return RollingFigures(
            window or settings.accuracy_window, settings.accuracy_tolerance, gyms.batch
        )

    def prepare(self) -> None:
        """Advance the gyms and fill the input blobs."""
        self.gyms.advance(self.solver.net)

    def collect(self) -> None:
        """Score the prediction against the target, and keep it for the gyms."""
        gyms = self.gyms
        prediction = gyms.prediction(self.solver.net)
        gyms.set_actions(prediction)
        self.figures.add(prediction, gyms.target, gyms.last_target)
        self._sample = {
            "x": gyms.x,
            "target": gyms.target[0].tolist(),
            "prediction": prediction[0].tolist(),
        }
        if gyms.time != gyms.x:
            self._sample["time"] = gyms.time

    def metrics(self) -> dict[str, float]:
        """Return the rolling metrics."""
        return self.figures.figures()

    def sample(self) -> dict[str, Any]:
        """Return x, targets and predictions for the first gym's latest point, and its time if that is not x."""
        return self._sample

    def sample_info(self) -> dict[str, Any]:
        """Return the first gym's labels, and the tolerance of the accuracy."""
        tolerance = self.param.rnn_simple_param.accuracy_tolerance
        return {**self.gyms.gyms[0].sample_info(), "tolerance": tolerance}

    def frame(self) -> np.ndarray | None:
        """Return the first gym's picture."""
        return self.gyms.gyms[0].frame()

    def test(self, net: Net, iterations: int) -> dict[str, float]:
        """Follow new gyms, without training, and return the mean metrics."""
        gyms = self._new_gyms(net, TEST)
        try:
            return self._test(net, gyms, iterations)
        finally:
            gyms.close()

    def _test(self, net: Net, gyms: GymBatch, iterations: int) -> dict[str, float]:
        figures = self._new_figures(gyms, iterations)
        totals: dict[str, float] = {}
        for done in range(iterations):
            if self.solver.stop_requested:
                return {}
            gyms.advance(net)
            net.forward_layers()
            prediction = gyms.prediction(net)
            gyms.set_actions(prediction)
            figures.add(prediction, gyms.target, gyms.last_target)
            for name, value in net.output_values().items():
                totals[name] = totals.get(name, 0.0) + (value - totals.get(name, 0.0)) / (done + 1)
        found = figures.figures()
        del found["abs_error"]
        return with_outputs(found, totals)

    def forecast(self, net: Net, steps: int, *, start: Any = None) -> Forecast:
        """Forecast with the net, without training, from the end of the gym's data."""
        gyms = self._new_gyms(net, FORECAST)
        try:
            if start is not None and not gyms.gyms[0].starts_anywhere:
                raise ConfigError(
                    f"gym {gyms.gyms[0].type} starts where its settings say; it does not accept a start"
                )
            return gyms.forecast(net, steps, start)
        finally:
            gyms.close()

    def summary(self) -> dict[str, str]:
        """Describe the trainer and its gyms."""
        settings, gyms = self.param.rnn_simple_param, self.gyms
        count = f"{gyms.batch} gyms" if gyms.batch > 1 else "1 gym"
        return {
            "trainer": f"{self.type}, accuracy within {settings.accuracy_tolerance:g} over "
            f"{settings.accuracy_window} updates",
            "gym": f"{gyms.gyms[0].describe()} ({count}, {gyms.steps} steps each)",
        }

    def state(self) -> dict[str, Any]:
        """Return the states of the gyms and of the rolling metrics."""
        return {"gyms": self.gyms.state(), "figures": self.figures.state()}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned; SnapshotError if it does not fit the settings."""
        if not {"gyms", "figures"} <= set(state):
            raise SnapshotError(f"the state has no data of trainer {self.type}")
        self.figures.load_state(state["figures"])
        self.gyms.load_state(state["gyms"])

    def draw(self, figure: Any) -> bool:
        """Draw the first gym's picture."""
        self.gyms.gyms[0].draw(figure)
        return True

    def close(self) -> None:
        """Close the gyms."""
        self.gyms.close()
