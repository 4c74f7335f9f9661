"""Looking into a training of one of these trainers."""

from __future__ import annotations

import math

import numpy as np

DEGREE = 2 * math.pi / 360


def inner(training):
    return getattr(training.trainer, "inner", training.trainer)


def gyms(training):
    return inner(training).gyms.gyms


def spy(gym):
    """Note every call of step() with its action."""
    calls, step = [], gym.step

    def noted(action=None):
        calls.append(None if action is None else np.array(action))
        return step(action)

    gym.step = noted
    return calls
