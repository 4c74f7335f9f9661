"""The policies sigmoid and sigmoid_inv."""

from __future__ import annotations

from mycaffe_py.solver import LrPolicy

from .powers import logistic


class Sigmoid(LrPolicy):
    """The rate follows a sigmoid with its centre at ``stepsize``: base_lr / (1 + exp(-gamma * (i - stepsize)))."""

    type = "sigmoid"
    parameters = ("gamma", "stepsize")

    def rate(self, iteration: int) -> float:
        """Return the rate of an update."""
        p = self.settings
        return float(p.base_lr * logistic(p.gamma * (iteration - p.stepsize)))


class SigmoidInv(LrPolicy):
    """The rate follows a falling sigmoid (MyCaffe's form): base_lr / (1 + exp(gamma * (i - stepsize)))."""

    type = "sigmoid_inv"
    parameters = ("gamma", "stepsize")

    def rate(self, iteration: int) -> float:
        """Return the rate of an update."""
        p = self.settings
        return float(p.base_lr * logistic(-p.gamma * (iteration - p.stepsize)))
