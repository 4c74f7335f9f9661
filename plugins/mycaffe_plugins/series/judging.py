"""Forecasts of a net for many samples at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .baselines import predict, thinned as thinned
from .samples import Samples

_CHUNK = 128


@dataclass(frozen=True)
class Places:
    """Samples to judge: the rows that they look from, and how many rows ahead, (k,) each."""

    origins: np.ndarray
    ahead: np.ndarray

    @classmethod
    def every(cls, origins: np.ndarray, distances: np.ndarray, stops: np.ndarray) -> Places:
        """Return all distances from all origins whose target is a row before the origin's stop, (k,)."""
        from_rows, ahead = (each.ravel() for each in np.meshgrid(origins, distances, indexing="ij"))
        limit = np.repeat(stops, len(distances))
        kept = from_rows + ahead < limit
        return cls(from_rows[kept], ahead[kept])


@dataclass(frozen=True)
class Blobs:
    """The names of the blobs of a forecaster."""

    x: str
    tt: str
    mask: str
    target: str
    base: str
    ahead: str
    change: str


def changes_of(
    net: Any, blobs: Blobs, samples: Samples, places: Places, base: np.ndarray
) -> np.ndarray:
    """Return what a net adds to the linear forecasts ``base`` (k, O), in net units, (k, O)."""
    found = []
    for begin in range(0, len(places.origins), 8 * _CHUNK):
        part = slice(begin, begin + 8 * _CHUNK)
        batch = samples.batch(places.origins[part], places.ahead[part], base[part])
        given = {blobs.x: batch.x, blobs.tt: batch.tt[:, :, None], blobs.mask: batch.mask}
        given = {name: values for name, values in given.items() if name in net.device_blobs}
        found.append(net.predict(given, batch_size=_CHUNK, blobs=[blobs.change])[blobs.change])
    outputs = samples.windows.outputs
    return np.concatenate(found).astype(np.float64) if found else np.zeros((0, outputs))


def forecasts_of(
    net: Any,
    blobs: Blobs,
    samples: Samples,
    places: Places,
    weights: np.ndarray,
    gain: np.ndarray,
) -> np.ndarray:
    """Return what baseline and net forecast together, (k, O), in net units: the net counts by ``gain`` (H, O)."""
    base = linear_forecasts(samples, places, weights)
    if not gain.any():
        return base
    found: np.ndarray = base + gain[places.ahead - 1] * changes_of(
        net, blobs, samples, places, base
    )
    return found


def linear_forecasts(samples: Samples, places: Places, weights: np.ndarray) -> np.ndarray:
    """Return linear forecasts in net units, (k, O)."""
    parts = []
    for begin in range(0, len(places.origins), 4096):
        part = slice(begin, begin + 4096)
        origins, ahead = places.origins[part], places.ahead[part]
        parts.append(predict(samples.linear_features(origins, ahead), ahead, weights))
    return np.concatenate(parts) if parts else np.zeros((0, samples.windows.outputs))


def in_units(samples: Samples, places: Places, relative: np.ndarray) -> np.ndarray:
    """Return forecasts in the data's units, (k, O)."""
    own = samples.windows.which[places.origins]
    return samples.restored(relative, samples.filled[places.origins], own)


def truth(samples: Samples, places: Places) -> np.ndarray:
    """Return the true values, (k, O), NaN where unknown."""
    windows = samples.windows
    values: np.ndarray = windows.series.values[places.origins + places.ahead, : windows.outputs]
    return values


def some_distances(horizon: int, most: int) -> np.ndarray:
    """Return at most ``most`` distances from 1 to ``horizon``, the near ones closer together."""
    if horizon <= most:
        return np.arange(1, horizon + 1)
    return np.unique(np.geomspace(1, horizon, most).round().astype(int))
