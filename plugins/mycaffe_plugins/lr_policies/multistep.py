"""The policy multistep."""

from __future__ import annotations

from mycaffe_py.solver import LrPolicy

from .powers import power


class MultiStep(LrPolicy):
    """The rate is multiplied by ``gamma`` at each ``stepvalue``: base_lr * gamma ^ (number of values reached).

    At most one value is counted at an update, as in Caffe: the second of two equal ones counts an update later.
    """

    type = "multistep"
    parameters = ("gamma", "stepvalue")

    def check(self) -> None:
        """Check that gamma is set."""
        self.need("gamma", what="gamma, the factor of each step")

    def rate(self, iteration: int) -> float:
        """Return the rate of an update."""
        p = self.settings
        return float(p.base_lr * power(p.gamma, self._step_at(iteration)))

    def advance(self, iteration: int) -> None:
        """Count the next stepvalue if the iteration has reached it."""
        self.current_step = self._step_at(iteration)

    def _step_at(self, iteration: int) -> int:
        values, step = self.param.stepvalue, self.current_step
        return step + (step < len(values) and iteration >= values[step])
