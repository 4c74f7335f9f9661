"""An autoregression that is iterated: its forecast for any distance, as linear weights."""

from __future__ import annotations

import numpy as np

from .baselines import BLOCKS, RidgePath, blocks_of, relative_targets
from .samples import Samples, thinned
from .scaling import LIMIT

NAME = "autoregression"
_MOST = 20_000
"""How many rows it is fitted to, at most."""
_EXPLODED = 1000.0
"""Weights above this come from a model whose forecasts grow without limit; it is iterated no further."""


def autoregression(samples: Samples, targets: np.ndarray, horizon: int) -> np.ndarray:
    """Return the weights of iterated one-row forecasts, (B + 1, H, O, K), fitted without each block, and to all.

    The change to the next row is a linear function of the differences between the latest value and the consecutive
    rows before it, of the phases of the periods, and a constant; its penalty is chosen by blocked cross-validation. As
    a sinus stays one when it is shifted, what is iterated is again linear in these. Rows count as equally long steps.
    """
    windows = samples.windows
    origins = targets - 1
    kept = thinned(np.flatnonzero(origins >= windows.first[windows.which[targets]]), _MOST)
    origins, block = origins[kept], blocks_of(samples, targets)[kept]
    one = np.ones(len(origins), dtype=int)
    features = samples.linear_features(origins, one)
    target = np.clip(relative_targets(samples, origins, one), -LIMIT, LIMIT)
    outputs, width = features.shape[1:]
    places = _Places(samples, width)
    found = np.zeros((BLOCKS + 1, horizon, outputs, width))
    for column in range(outputs):
        known = np.isfinite(target[:, column])
        if known.sum() < 2 * BLOCKS:
            continue
        z = features[known, column][:, places.one_step]
        y = target[known, column]
        weights, forecasts = RidgePath(z, block[known]).fit(y)
        errors = np.abs(forecasts - y[:, None]).mean(axis=0)
        best = int(np.argmin(errors))
        for part in range(BLOCKS + 1):
            _iterate(found[part, :, column], weights[best, part], places)
    return found


class _Places:
    """Where the one-step model's features are among the linear ones, and how phases turn from row to row."""

    def __init__(self, samples: Samples, width: int):
        windows = samples.windows
        param = windows.param
        consecutive = min(param.recent or param.window, param.window) - 1
        end = len(windows.lags) - 1
        self.lags = np.arange(end - consecutive, end)  # the oldest first
        moments = samples.moments.shape[1]
        phases = 2 * len(param.period)
        at_origin = width - 2 - 2 * moments
        self.origin = np.arange(at_origin, at_origin + phases)
        self.query = self.origin + moments
        self.constant = width - 1
        self.one_step = np.concatenate([self.lags, self.query, [self.constant]])
        self.angles = 2 * np.pi * windows.unit / np.array(param.period or [1.0])[: phases // 2]

    def turned(self, weights: np.ndarray, rows: int) -> np.ndarray:
        """Return weights of phases ``rows`` later as weights of the phases now: sin(a + b), cos(a + b)."""
        of_sin, of_cos = weights[0::2], weights[1::2]
        sin, cos = np.sin(rows * self.angles), np.cos(rows * self.angles)
        found = np.empty_like(weights)
        found[0::2] = of_sin * cos - of_cos * sin
        found[1::2] = of_sin * sin + of_cos * cos
        return found


def _iterate(into: np.ndarray, weights: np.ndarray, places: _Places) -> None:
    """Write the weights of 1, 2, ..., H rows ahead, (H, K), that follow from those of one row."""
    count = len(places.lags)
    own, phases, constant = weights[:count], weights[count:-1], weights[-1]
    width = into.shape[1]
    # States by time: the latest value last. Each is a vector of weights; the value at the origin is 0.
    states = [np.eye(1, width, place)[0] for place in places.lags]
    states.append(np.zeros(width))
    for ahead in range(1, len(into) + 1):
        latest = states[-1]
        past = np.array(states[-count - 1 : -1]).reshape(count, width)
        following = latest + own @ (past - latest)
        following[places.constant] += constant
        following[places.origin] += places.turned(phases, ahead)
        if np.abs(following).max() > _EXPLODED:
            into[ahead - 1 :] = latest
            return
        states.append(following)
        into[ahead - 1] = following
