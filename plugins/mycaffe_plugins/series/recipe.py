"""What of a forecast is settled before a net is trained: the function of the values, their scaling and the baseline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError

from . import autoregression, baselines
from .baselines import CLEARLY, Fitted, blocks_of, fit_ridges, naive_weights, thinned
from .samples import Samples, fit_scaling
from .settings import BEST, LOG, NONE, RIDGE
from .windows import Windows

_FEW = 6

_POWER = 4
RIDGES = "ridge regression"
_FEWEST = 20
_MOST = 1000
"""How many distances decide between functions of the values, and between naive forecasts."""


@dataclass
class Baseline:
    """A linear forecast: ``weights`` (H, O, K), and those without each block of the training part, (B, H, O, K)."""

    name: str
    weights: np.ndarray
    crossed: np.ndarray
    error: float
    """Its mean absolute error on the training part, cross-validated, over the spread of the changes."""


def floor_of(param: Any, windows: Windows) -> float:
    """Return the value below which LOG counts values as this; ConfigError if none of the training part is above 0."""
    if param.log_floor:
        return float(param.log_floor)
    values = windows.training_values
    positive = values[values > 0]
    if not positive.size:
        raise ConfigError(
            "gym Series: series_param.transform is LOG, but no value of the training part is above 0",
            hint="leave series_param.transform out",
            field="series_param.transform",
        )
    return float(positive.min()) / 10


def samples_of(windows: Windows, log: bool) -> Samples:
    """Return the samples with a scaling fitted to the training part."""
    floor = floor_of(windows.param, windows) if log else 0.0
    return Samples(windows, fit_scaling(windows, log=log, floor=floor))


def choose_transform(windows: Windows) -> int:
    """Return LOG if all values of the training part are above 0 and it makes the linear baseline clearly better."""
    param = windows.param
    if param.transform in (NONE, LOG):
        return int(param.transform)
    if not (windows.training_values > 0).all():
        return NONE
    units = fit_scaling(windows, log=False, floor=0.0).spread
    few, targets = _few(param.horizon), targets_of(windows)
    errors = []
    for log in (False, True):
        samples = samples_of(windows, log)
        fits = fit_ridges(samples, targets, _centres(samples, targets), units, few)
        errors.append(min(_least(fit) for fit in fits.values()))
    return LOG if errors[1] < CLEARLY * errors[0] else NONE


def _least(fit: Fitted) -> float:
    means = [errors[np.isfinite(errors)] for errors in (fit.best_errors(), fit.centre_errors)]
    return min((float(each.mean()) for each in means if len(each)), default=np.inf)


def targets_of(windows: Windows, ends: np.ndarray | None = None) -> np.ndarray:
    """Return the rows of the training parts (or those before ``ends``) in which any value was observed, (m,)."""
    starts = windows.series.starts
    return windows.targets_between(
        starts, windows.train_ends if ends is None else ends, windows.partly
    )


def fit_baseline(samples: Samples, targets: np.ndarray, base: int | None = None) -> Baseline:
    """Return the baseline that ``base`` or the settings ask for, fitted to rows of the training part, ``targets``."""
    windows, param = samples.windows, samples.windows.param
    wanted = param.base if base is None else base
    units = fit_scaling(windows, log=False, floor=0.0).spread
    horizon = int(param.horizon)
    naive = naive_weights(samples, targets, horizon)
    named = {1: baselines.LAST, 2: baselines.SEASONAL, 3: baselines.DRIFT}.get(wanted)
    errors = {name: crossed_error(samples, targets, each, units) for name, each in naive.items()}
    if named is not None:
        chosen = named if named in naive else baselines.LAST
        return _plain(chosen, naive[chosen], errors[chosen])
    name = _clearly_best(errors)
    simple = _plain(name, naive[name], errors[name])
    if wanted == BEST and len(targets) < max(_FEWEST, len(windows.lags)):
        return simple
    weights = _combined(samples, targets, units)
    error = crossed_error(samples, targets, weights, units)
    if wanted == RIDGE or error < CLEARLY * simple.error:
        return _plain(RIDGES, weights, error)
    return simple


def _plain(name: str, weights: np.ndarray, error: float) -> Baseline:
    return Baseline(name, weights[-1], weights[:-1], error)


def _centres(samples: Samples, targets: np.ndarray) -> dict[str, np.ndarray]:
    """Return what ridge regressions are fitted around: naive forecasts and an autoregression."""
    horizon = int(samples.windows.param.horizon)
    found = naive_weights(samples, targets, horizon)
    found[autoregression.NAME] = autoregression.autoregression(samples, targets, horizon)
    return found


def _combined(samples: Samples, targets: np.ndarray, units: np.ndarray) -> np.ndarray:
    """Return the mean of the centres and of the ridge regressions around each, (B + 1, H, O, K).

    For each distance and value, each counts by a power of its cross-validated error: those that are nearly as good
    count nearly the same (combinations of forecasts: Bates and Granger 1969).
    """
    centres = _centres(samples, targets)
    last = centres[baselines.LAST]
    total, sum_of_shares = np.zeros_like(last), np.zeros(last.shape[1:3])
    for name, fit in fit_ridges(samples, targets, centres, units).items():
        plain = fit.centre_errors, centres[name]
        for errors, weights in ((fit.best_errors(), fit.chosen()), plain):
            # 0 where nothing could be fitted.
            shares = 1.0 / np.maximum(fit.smoothed(errors), 1e-12) ** _POWER
            total += shares[:, :, None] * weights
            sum_of_shares += shares
    known = sum_of_shares > 0
    total[:, known] /= sum_of_shares[known][:, None]
    total[:, ~known] = last[:, ~known]
    return total


def crossed_error(
    samples: Samples, targets: np.ndarray, weights: np.ndarray, units: np.ndarray
) -> float:
    """Return the mean absolute error of weights (B + 1, H, O, K), each block's by those fitted without it."""
    windows = samples.windows
    sums = np.zeros(2)
    for ahead in _few(windows.param.horizon):
        origins = targets - ahead
        kept = origins >= windows.first[windows.which[targets]]
        origins, block = (
            thinned(origins[kept], _MOST),
            thinned(blocks_of(samples, targets)[kept], _MOST),
        )
        if not len(origins):
            continue
        distance = np.full(len(origins), ahead)
        features = samples.linear_features(origins, distance)
        found = np.einsum("nok,nok->no", features, weights[block, ahead - 1])
        own = windows.which[origins]
        values = samples.restored(found, samples.filled[origins], own)
        missed = (
            np.abs(values - windows.series.values[origins + ahead, : windows.outputs]) / units[own]
        )
        sums += np.nansum(missed), np.isfinite(missed).sum()
    return float(sums[0] / sums[1]) if sums[1] else np.inf


def _clearly_best(errors: dict[str, float]) -> str:
    """Return the name of the smallest error; an earlier one unless a later one is clearly better."""
    best = baselines.LAST
    for name, error in errors.items():
        if error < CLEARLY * errors[best]:
            best = name
    return best


def _few(horizon: int) -> list[int]:
    return sorted({int(ahead) for ahead in np.linspace(1, horizon, min(horizon, _FEW))})
