"""MyCaffeTrainerDual: runs another trainer, by its type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, within_field
from mycaffe_py.forecast import Forecast, Forecasts, forecast_of
from mycaffe_py.trainer import Report, Trainer


class MyCaffeTrainerDual(Trainer):
    """Runs the trainer that ``dual_param.trainer_type`` names, any registered one.

    It is how MyCaffe's files select a trainer (``custom_trainer`` and the property ``TrainerType``).
    """

    type = "MyCaffeTrainerDual"
    aliases = ("Dual.Trainer", "RNN.Trainer", "MyCaffeTrainerRNN")
    parameters = ("dual_param",)
    mycaffe_properties = {"TrainerType": "dual_param.trainer_type"}

    def __init__(self, solver: Any, param: Any, *, base_dir: Path | None = None, seed: int = 0):
        super().__init__(solver, param, base_dir=base_dir, seed=seed)
        cls = _inner_class(solver.net.registry, param.dual_param.trainer_type)
        self.inner = cls(solver, param, base_dir=base_dir, seed=seed)
        # For this one, not for the class.
        self.best_metric = self.inner.best_metric  # type: ignore[misc]
        self.default_steps = self.inner.default_steps
        if hasattr(self.inner, "forecast_caution"):
            self.forecast_caution = self.inner.forecast_caution

    @classmethod
    def runs(cls, param: Any) -> str:
        """Return ``dual_param.trainer_type``."""
        return str(param.dual_param.trainer_type)

    def prepare(self) -> None:
        """Delegate to the inner trainer."""
        self.inner.prepare()

    def collect(self) -> None:
        """Delegate to the inner trainer."""
        self.inner.collect()

    def collects_outputs_only(self) -> bool:
        """Delegate to the inner trainer."""
        return self.inner.collects_outputs_only()

    def metrics(self) -> dict[str, float]:
        """Delegate to the inner trainer."""
        return self.inner.metrics()

    def sample(self) -> dict[str, Any]:
        """Delegate to the inner trainer."""
        return self.inner.sample()

    def sample_info(self) -> dict[str, Any]:
        """Delegate to the inner trainer."""
        return self.inner.sample_info()

    def frame(self) -> np.ndarray | None:
        """Delegate to the inner trainer."""
        return self.inner.frame()

    def test(self, net: Any, iterations: int) -> dict[str, float]:
        """Delegate to the inner trainer."""
        return self.inner.test(net, iterations)

    def test_report(self, net: Any) -> Report | None:
        """Delegate to the inner trainer."""
        return self.inner.test_report(net)

    def report(self) -> Report | None:
        """Delegate to the inner trainer."""
        return self.inner.report()

    def forecast(
        self, net: Any, steps: int, *, start: Any = None, series: Sequence[str] = ()
    ) -> Forecast | Forecasts:
        """Delegate to the inner trainer."""
        return forecast_of(self.inner, net, steps, start=start, series=series)

    def summary(self) -> dict[str, str]:
        """Return the inner trainer's summary, with both trainer types."""
        lines = self.inner.summary()
        return {**lines, "trainer": f"{self.type} -> {lines.get('trainer', self.inner.type)}"}

    def state(self) -> dict[str, Any]:
        """Return the inner trainer's state, so that a run resumes with either way of naming the trainer."""
        return self.inner.state()

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Delegate to the inner trainer."""
        self.inner.load_state(state)

    def draw(self, figure: Any) -> bool:
        """Delegate to the inner trainer."""
        return self.inner.draw(figure)

    def close(self) -> None:
        """Delegate to the inner trainer."""
        self.inner.close()


def _inner_class(registry: Any, name: str) -> type[Trainer]:
    with within_field("dual_param.trainer_type"):
        cls = registry.trainers.find(name)
        if issubclass(cls, MyCaffeTrainerDual):
            raise ConfigError(
                f"dual_param.trainer_type cannot be {cls.type} itself",
                hint="name RNN.SUPER_SIMPLE",
            )
    return cls
