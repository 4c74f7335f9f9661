"""GymTrainer: a trainer that follows gyms, to be used as it is or changed by a subclass."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError
from mycaffe_py.events import with_outputs
from mycaffe_py.forecast import Forecast
from mycaffe_py.net.net import Net
from mycaffe_py.solver.averaging import FigureMeans
from mycaffe_py.wording import counted

from .gym_batch import GymBatch
from .rolling import RollingFigures
from .trainer import Trainer


class GymTrainer(Trainer):
    """Base class of trainers that follow gyms, one point for each update.

    Each update: ``prepare`` asks the gyms for the next point and fills x, tt and mask with the latest points and
    target with that of the last one; after forward and backward, ``collect`` scores the prediction, made before the
    update, and keeps it for the gyms. A batch of N uses N gyms with different seeds.

    Metrics: rolling ``accuracy`` (share of predictions closer to the target than ``accuracy_tolerance``, over
    ``accuracy_window`` updates), ``mean_abs_error``, and both for the baseline that repeats the last target;
    ``abs_error`` of this update. It tests, forecasts, resumes and draws; a subclass needs a ``type``, and changes
    the methods that it wants different. ``self.gyms`` is the GymBatch, ``self.figures`` the RollingFigures.
    """

    best_metric = "mean_abs_error"
    state_names = ("figures", "gyms")

    def __init__(self, solver: Any, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        super().__init__(solver, param, base_dir=base_dir, seed=seed)
        _refuse_layers_of_others(type(self), solver.net)
        self.gyms = self.gym_batch(solver.net)
        self.gyms.give_statistics(solver.net)
        self.figures = self._new_figures(self.gyms)
        self._sample: dict[str, Any] = {}

    @property
    def accuracy_window(self) -> int:
        """The number of updates over which the metrics are taken."""
        return 100

    @property
    def accuracy_tolerance(self) -> float:
        """The largest error of a prediction that counts as correct."""
        return 0.005

    def _new_figures(self, gyms: GymBatch, window: int | None = None) -> RollingFigures:
        return RollingFigures(window or self.accuracy_window, self.accuracy_tolerance, gyms.batch)

    def prepare(self) -> None:
        """Advance the gyms and fill the input blobs."""
        self.gyms.advance(self.solver.net)

    def collect(self) -> None:
        """Score the prediction against the target, and keep it for the gyms."""
        gyms = self.gyms
        prediction = gyms.take_prediction(self.solver.net)
        self.figures.add(prediction, gyms.target, gyms.last_target)
        self._sample = {
            "x": gyms.x,
            "target": gyms.target[0].tolist(),
            "prediction": prediction[0].tolist(),
        }
        if gyms.time != gyms.x:
            self._sample["time"] = gyms.time

    def collects_outputs_only(self) -> bool:
        """Return whether :meth:`collect` is this class's own."""
        return type(self).collect is GymTrainer.collect

    def metrics(self) -> dict[str, float]:
        """Return the rolling metrics."""
        return self.figures.figures()

    def sample(self) -> dict[str, Any]:
        """Return x, targets and predictions for the first gym's latest point, and its time if that is not x."""
        return self._sample

    def sample_info(self) -> dict[str, Any]:
        """Return the first gym's labels, and the tolerance of the accuracy."""
        return {**self.gyms.gyms[0].sample_info(), "tolerance": self.accuracy_tolerance}

    def frame(self) -> np.ndarray | None:
        """Return the first gym's picture."""
        return self.gyms.gyms[0].frame()

    def test(self, net: Net, iterations: int) -> dict[str, float]:
        """Follow new gyms, without training, and return the mean metrics."""
        gyms = self.gym_batch(net, GymBatch.TEST)
        try:
            return self._test(net, gyms, iterations)
        finally:
            gyms.close()

    def _test(self, net: Net, gyms: GymBatch, iterations: int) -> dict[str, float]:
        figures = self._new_figures(gyms, iterations)
        totals = FigureMeans(net.outputs)
        for _ in range(iterations):
            if self.solver.stop_requested:
                return {}
            gyms.advance(net)
            net.forward_layers()
            prediction = gyms.take_prediction(net)
            figures.add(prediction, gyms.target, gyms.last_target)
            totals.add(net.outputs_of_pass())
        found = figures.figures()
        del found["abs_error"]
        return with_outputs(found, totals.means)

    def forecast(self, net: Net, steps: int, *, start: Any = None) -> Forecast:
        """Forecast with the net, without training, from the end of the gym's data."""
        gyms = self.gym_batch(net, GymBatch.FORECAST)
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
        gyms = self.gyms
        count = counted(gyms.batch, "gym")
        return {
            "trainer": f"{self.type}, accuracy within {self.accuracy_tolerance:g} over "
            f"{counted(self.accuracy_window, 'update')}",
            "gym": f"{gyms.gyms[0].describe()} ({count}, {counted(gyms.steps, 'step')} each)",
        }

    def draw(self, figure: Any) -> bool:
        """Draw the first gym's picture."""
        self.gyms.gyms[0].draw(figure)
        return True

    def close(self) -> None:
        """Close the gyms."""
        self.gyms.close()


def _refuse_layers_of_others(cls: type[GymTrainer], net: Net) -> None:
    """Raise ConfigError if a layer of the net needs another trainer."""
    for layer in net.device_layers:
        if layer.needs_trainer and layer.needs_trainer not in (cls.type, *cls.aliases):
            raise ConfigError(
                f"layer {layer.name} ({layer.type}) is filled by the trainer {layer.needs_trainer}, not by {cls.type}",
                hint=f'write trainer {{ type: "{layer.needs_trainer}" ... }}, or use another model',
                field="type",
            )
