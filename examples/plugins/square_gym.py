"""A gym of your own in one file: a square wave, 1 for half a period and -1 for the other half.

``mycaffe train --plugin square_gym.py ...`` with ``gym { type: "Square" square_param { period: 40 } }``.
"""

import numpy as np

from mycaffe_py import Gym, hookimpl


class SquareGym(Gym):
    """A square wave over x, in periods; the net sees x and predicts the wave's value."""

    type = "Square"
    schema = """
      message SquareParameter {
        optional uint32 period = 1 [default = 40];  // points of one period, at least 2
      }
      extend GymParameter { optional SquareParameter square_param = 70285434; }"""
    state_names = ("point",)  # what changes: saved, to go on later
    point = 0

    def check(self):
        """Refuse a period without room for both halves."""
        if self.param.square_param.period < 2:
            self.fail("period must be at least 2", "square_param.period")

    def reset(self, *, seed=None, options=None):
        """Restart at the first point."""
        self.point = 0
        return self.latest(), {"x": 0.0}

    def step(self, action=None):
        """Take the prediction for the latest point, and move on."""
        reward = self.reward_for(action, self.wave(self.point))
        self.point += 1
        return self.latest(), reward, False, False, {"x": float(self.point)}

    def latest(self):
        """Return the latest points, 100 at most."""
        k = np.arange(max(0, self.point - 99), self.point + 1)
        return self.observation(k / self.param.square_param.period, self.wave(k))

    def wave(self, k):
        """Return the value at point k: 1 in even halves of periods, -1 in odd ones."""
        return 1.0 - 2.0 * (2 * k // self.param.square_param.period % 2)


@hookimpl
def mycaffe_gyms():
    """Return the gyms of this file."""
    return [SquareGym]
