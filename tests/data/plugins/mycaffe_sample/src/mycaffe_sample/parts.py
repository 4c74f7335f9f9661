"""A layer, a solver, a filler, a gym and a trainer, each as small as can be."""

import numpy as np

from mycaffe_py.gym import Gym
from mycaffe_py.layer import Layer
from mycaffe_py.layer.filler import Filler
from mycaffe_py.solver import Solver
from mycaffe_py.trainer import Trainer


class Scale2(Layer):
    """y = factor * x."""

    type = "SampleScale"
    parameters = ("sample_scale_param",)

    def reshape(self, bottom, top):
        """y has the shape of x."""
        top[0].reshape_like(bottom[0])

    def forward(self, bottom, top):
        """y = factor * x."""
        top[0].data[...] = self.param.sample_scale_param.factor * bottom[0].data

    def backward(self, top, propagate_down, bottom):
        """dx = factor * dy."""
        if propagate_down[0]:
            bottom[0].diff[...] = self.param.sample_scale_param.factor * top[0].diff


class PlainSolver(Solver):
    """w -= rate * gradient, with nothing remembered."""

    type = "SamplePlain"
    history_slots = 0

    def compute_update(self, segment, rate):
        """diff = rate * gradient."""
        segment.diff *= rate


class HalfFiller(Filler):
    """Every value is 0.5."""

    type = "sample_half"

    def values(self, shape, rng):
        """0.5."""
        return 0.5


class RampGym(Gym):
    """The target grows by ``slope`` each point."""

    type = "SampleRamp"
    parameters = ("sample_ramp_param",)
    mycaffe_properties = {"Slope": "sample_ramp_param.slope"}

    def reset(self, *, seed=None, options=None):
        """Begin at 0."""
        self.index = 0
        return self._observation(), {}

    def step(self, action=None):
        """Move on by one point."""
        self.index += 1
        return self._observation(), 0.0, False, False, {}

    def _observation(self):
        value = np.array([[self.param.sample_ramp_param.slope * self.index]])
        ones = np.ones((1, 1))
        return {"x": ones, "tt": ones[0], "mask": ones, "target": value}

    def state(self):
        """Where it stands."""
        return {"index": self.index}

    def load_state(self, state):
        """Put it back."""
        self.index = state["index"]


class RampTrainer(Trainer):
    """Fills x with 1 and target with 2."""

    type = "SampleTrainer"
    parameters = ()

    def prepare(self):
        """Fill the inputs."""
        self.solver.net.blobs["x"].data[...] = 1
        self.solver.net.blobs["target"].data[...] = 2

    def metrics(self):
        """The prediction."""
        return {"prediction": float(self.solver.net.blobs["xhat"].data[0, 0])}

    def test(self, net, iterations):
        """One forward pass."""
        net.blobs["x"].data[...] = 1
        net.forward()
        return {"prediction": float(net.blobs["xhat"].data[0, 0])}
