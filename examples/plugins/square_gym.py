"""A gym of your own in one file: a square wave, 1 for half a period and -1 for the other half.

``mycaffe train --plugin square_gym.py ...`` with ``gym { type: "Square" square_param { period: 40 } }``.
"""

import numpy as np

from mycaffe_py import Gym, hookimpl
from mycaffe_py.errors import ConfigError


class SquareGym(Gym):
    """A square wave over x; the net sees x and predicts the wave's value."""

    type = "Square"
    schema = """
      message SquareParameter {
        optional uint32 period = 1 [default = 40];  // points of one period, at least 2
        optional uint32 history = 2 [default = 100];  // maximum number of points in an observation
      }
      extend GymParameter { optional SquareParameter square_param = 70285434; }
    """

    def __init__(self, param, *, base_dir=None, seed=0):
        super().__init__(param, base_dir=base_dir, seed=seed)
        self.settings = param.square_param
        if self.settings.period < 2:
            raise ConfigError(f"square_param.period must be at least 2, got {self.settings.period}")
        self.index = 0

    def reset(self, *, seed=None, options=None):
        """Restart at the first point."""
        self.index = 0
        return self._observation(), self._info()

    def step(self, action=None):
        """Take the prediction for the latest point, and move on."""
        error = 0.0 if action is None else abs(float(np.ravel(action)[0]) - self._wave(self.index))
        reward = 1.0 - error if np.isfinite(error) else -1.0
        self.index += 1
        return self._observation(), reward, False, False, self._info()

    def _wave(self, index):
        return np.where(index % self.settings.period < self.settings.period / 2, 1.0, -1.0)

    def _observation(self):
        points = np.arange(max(0, self.index + 1 - self.settings.history), self.index + 1)
        x = points / self.settings.period
        return {
            "x": x[:, None],
            "tt": np.ones(len(points)),
            "mask": np.ones((len(points), 1)),
            "target": self._wave(points)[:, None],
        }

    def _info(self):
        return {"x": self.index / self.settings.period, "time": float(self.index)}

    def state(self):
        """Return the position, which is all that changes."""
        return {"index": self.index}

    def load_state(self, state):
        """Restore what ``state`` returned."""
        self.index = state["index"]

    def describe(self):
        """Describe the gym in one line."""
        return f"Square wave of {self.settings.period} points"


@hookimpl
def mycaffe_gyms():
    """Return the gyms of this file."""
    return [SquareGym]
