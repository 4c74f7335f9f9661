"""What follows from a validation: how far the net's correction counts, and the intervals around forecasts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import bands
from .baselines import blocks_of
from .judging import Places, changes_of, in_units, linear_forecasts, some_distances, thinned, truth
from .parts import DISTANCES, ORIGINS

if TYPE_CHECKING:
    from .learning import Learner

_CLEARLY = 0.999


def error_of(learner: Learner, relative: np.ndarray, places: Places) -> float:
    """Return the mean absolute error of forecasts over the spread of the changes; NaN if no value is known."""
    samples = learner.samples
    missed = np.abs(in_units(samples, places, relative) - truth(samples, places))
    missed /= learner.units[learner.windows.which[places.origins]]
    known = np.isfinite(truth(samples, places))
    return float(missed[known].mean()) if known.any() else np.nan


def baseline_error(learner: Learner) -> float:
    """Return the baseline's error on the validation rows."""
    assert learner.places is not None
    base = linear_forecasts(learner.samples, learner.places, learner.baseline.weights)
    return error_of(learner, base, learner.places)


def validation_error(learner: Learner, net: Any) -> float:
    """Return the error of baseline and net on the validation rows."""
    assert learner.places is not None
    base, change = _parts(learner, net, learner.places)
    return error_of(learner, base + change, learner.places)


def _parts(learner: Learner, net: Any, places: Places) -> tuple[np.ndarray, np.ndarray]:
    base = linear_forecasts(learner.samples, places, learner.baseline.weights)
    return base, changes_of(net, learner.blobs, learner.samples, places, base)


def settle(learner: Learner, net: Any, coverage: float) -> tuple[str, np.ndarray]:
    """Choose gains and bands by the validation rows and keep them in the layer.

    Returns what was found, in one line, and the forecasts of ``learner.places`` that follow, in net units.
    """
    assert learner.places is not None
    places, horizon = learner.places, int(learner.settings.horizon)
    base, change = _parts(learner, net, places)
    rest = relative_truth(learner, places) - base
    gain, _ = bands.gains(change, rest, places.ahead, horizon)
    trusted = gain[places.ahead - 1] * change
    before, after = error_of(learner, base, places), error_of(learner, base + trusted, places)
    if not after < _CLEARLY * before:
        gain[...], trusted = 0.0, np.zeros_like(trusted)
        after = before
    learner.trusts_net = bool(gain.any())
    learner.left = after / before if before else 1.0
    learner.layer.remember(gain=gain)
    keep_bands(learner, base + trusted, coverage)
    name = learner.baseline.name
    if not learner.trusts_net:
        text = f"the net adds nothing to the baseline ({name}), which forecasts alone"
    else:
        text = (
            f"the net takes {1 - learner.left:.1%} off the error of the baseline ({name}); its correction counts "
            f"{gain.mean():.0%} on average"
        )
    return f"validation: {text}", base + trusted


def settle_unvalidated(learner: Learner, coverage: float) -> None:
    """Keep bands by the rows learned from; the net's correction counts fully, or with too few rows not at all."""
    if learner.too_few:
        learner.trusts_net = False
        learner.layer.remember(gain=np.zeros_like(learner.layer.memory()["gain"]))
    if coverage:
        missed, ahead = crossed_rest(learner)
        found = bands.bands(missed, ahead, int(learner.settings.horizon), coverage)
        learner.layer.remember(band=found)


def relative_truth(learner: Learner, places: Places) -> np.ndarray:
    """Return the true values at ``places`` in net units, relative to the last ones, (n, O), NaN where unknown."""
    windows, samples = learner.windows, learner.samples
    own = windows.which[places.origins]
    actual = samples.values[places.origins + places.ahead] - samples.filled[places.origins]
    found: np.ndarray = actual / samples.scaling.spread[own]
    return found


def keep_bands(learner: Learner, settled: np.ndarray, coverage: float) -> None:
    """Keep bands by what the forecasts ``settled`` of ``learner.places`` missed and by the rows learned from.

    Of the latter counts what the baseline misses by weights that were not fitted to them, as the net would leave it.
    """
    if not coverage:
        return
    assert learner.places is not None
    more, ahead = crossed_rest(learner)
    missed = relative_truth(learner, learner.places) - settled
    missed = np.concatenate([missed, more * min(1.0, learner.left)])
    ahead = np.concatenate([learner.places.ahead, ahead])
    found = bands.bands(missed, ahead, int(learner.settings.horizon), coverage)
    learner.layer.remember(band=found)


def crossed_rest(learner: Learner) -> tuple[np.ndarray, np.ndarray]:
    """Return what the baseline missed on the rows learned from, by weights without their block, and how far ahead."""
    windows, samples = learner.windows, learner.samples
    targets = thinned(learner.targets, ORIGINS)
    found, distances = [], []
    for ahead in some_distances(int(learner.settings.horizon), DISTANCES):
        origins = targets - ahead
        kept = origins >= windows.first[windows.which[targets]]
        if not kept.any():
            continue
        places = Places(origins[kept], np.full(int(kept.sum()), ahead))
        features = samples.linear_features(places.origins, places.ahead)
        block = blocks_of(samples, targets[kept])
        base = np.einsum("nok,nok->no", features, learner.baseline.crossed[block, ahead - 1])
        found.append(relative_truth(learner, places) - base)
        distances.append(places.ahead)
    return np.concatenate(found), np.concatenate(distances)
