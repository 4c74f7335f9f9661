"""Gym.reward_for: how close a prediction was."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import Gym


@pytest.mark.parametrize(
    ("action", "target", "reward"),
    [
        (None, 3.0, 0.0),
        (np.array([0.75]), 1.0, -0.25),
        (np.array([1.0, 2.0], dtype=np.float32), np.array([2.0, 5.0]), -2.0),
        ([1.0], [1.0], 0.0),
    ],
)
def test_reward(action, target, reward):
    found = Gym.reward_for(action, target)
    assert type(found) is float and found == reward
