"""Linear forecasts: the naive ones, and ridge regression around each of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from .samples import Samples, thinned as thinned
from .scaling import LIMIT

PENALTIES = tuple(10.0**power for power in np.arange(-1.5, 4.6, 0.5))
BLOCKS = 5
_EQUAL = 1.002
_MOST = 2000
"""How many rows ridge regression is fitted to, at most, for each distance."""
LAST, SEASONAL, DRIFT = "last value", "seasonal naive", "drift"
CLEARLY = 0.99
"""A more complicated forecast has to have at most this share of the error of a simpler one."""


def predict(features: np.ndarray, ahead: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Return linear forecasts (k, O) of features (k, O, K), by the weights (H, O, K) of distances ``ahead`` (k,)."""
    which = np.minimum(ahead, len(weights)) - 1
    return np.einsum("nok,nok->no", features, weights[which])


def naive_weights(samples: Samples, targets: np.ndarray, horizon: int) -> dict[str, np.ndarray]:
    """Return the weights (B + 1, H, O, K) of the naive forecasts by name; the drift is that up to the last targets."""
    zero = np.zeros((BLOCKS + 1, horizon, samples.windows.outputs, samples.linear_width))
    found = {LAST: zero}
    for index, _ in enumerate(samples.seasons):
        weights = zero.copy()
        weights[..., samples.seasonal_feature(index)] = 1
        found[SEASONAL if index == 0 else f"{SEASONAL} {index + 1}"] = weights
    weights = zero.copy()
    weights[..., -1] = np.arange(1, horizon + 1)[:, None] * _slopes(samples, targets)[:, None]
    return found | {DRIFT: weights}


def _slopes(samples: Samples, targets: np.ndarray) -> np.ndarray:
    """Return the mean change from row to row, in net units, over all series, without each block and at last with all.

    (B + 1, O); of each series the rows up to its last target count.
    """
    windows, count = samples.windows, samples.windows.series.count
    last = np.full(count, -1)
    np.maximum.at(last, windows.which[targets], targets)
    rows = np.arange(len(windows.series))
    rows = rows[(rows > windows.first[windows.which]) & (rows <= last[windows.which])]
    own = windows.which[rows]
    changes = (samples.filled[rows] - samples.filled[rows - 1]) / samples.scaling.spread[own]
    place, shape = own * BLOCKS + blocks_of(samples, rows), (count, BLOCKS)
    numbers = np.bincount(place, minlength=count * BLOCKS).reshape(shape)
    columns = [np.bincount(place, each, count * BLOCKS).reshape(shape) for each in changes.T]
    kept = np.concatenate([1 - np.eye(BLOCKS), np.ones((1, BLOCKS))])
    totals, numbers = np.stack(columns, axis=2).swapaxes(0, 1), kept @ numbers.T
    slopes = np.tensordot(kept, totals, 1) / np.maximum(numbers, 1)[:, :, None]
    found: np.ndarray = slopes.sum(axis=1) / np.maximum((numbers > 0).sum(axis=1), 1)[:, None]
    return found


@dataclass
class Fitted:
    """Ridge regressions around one centre: ``weights`` (P, B + 1, H, O, K), without each block and at last with all.

    ``errors`` (D, P, O) are the mean absolute errors of the blocks, each by the weights of the others, in the data's
    units over the spread of the changes; ``centre_errors`` (D, O) those of the centre alone; NaN where it is unknown.
    """

    distances: Sequence[int]
    weights: np.ndarray
    errors: np.ndarray
    centre_errors: np.ndarray

    def penalties(self) -> np.ndarray:
        """Return the best penalty for each distance and value, (D, O), as an index.

        Neighbouring distances decide together.
        """
        outputs = self.centre_errors.shape[1]
        found = np.full((len(self.distances), outputs), len(PENALTIES) - 1)
        for index, ahead in enumerate(self.distances):
            near = self._near(ahead)
            for column in range(outputs):
                errors = self.errors[near, :, column]
                errors = errors[np.isfinite(errors).all(axis=1)]
                if len(errors):
                    means = errors.mean(axis=0)
                    found[index, column] = np.flatnonzero(means <= _EQUAL * means.min())[-1]
        return found

    def best_errors(self) -> np.ndarray:
        """Return the errors at the best penalties, (D, O), NaN where too little is known."""
        found: np.ndarray = np.take_along_axis(self.errors, self.penalties()[:, None], axis=1)[:, 0]
        return found

    def smoothed(self, errors: np.ndarray) -> np.ndarray:
        """Return means of errors (D, O) over the distances that choose penalties together; infinite: unknown."""
        found = np.full(errors.shape, np.inf)
        for index, ahead in enumerate(self.distances):
            near = errors[self._near(ahead)]
            known = np.isfinite(near).any(axis=0)
            found[index, known] = np.nanmean(near[:, known], axis=0)
        return found

    def _near(self, ahead: int) -> np.ndarray:
        found: np.ndarray = np.abs(np.array(self.distances) - ahead) <= max(1, ahead // 3)
        return found

    def chosen(self) -> np.ndarray:
        """Return the weights at the best penalties, (B + 1, H, O, K); all distances must have been fitted."""
        rows, columns = np.indices(self.centre_errors.shape)
        found = self.weights[self.penalties(), :, rows, columns]  # (H, O, B + 1, K)
        return np.asarray(found.transpose(2, 0, 1, 3), dtype=np.float64)


def fit_ridges(
    samples: Samples,
    targets: np.ndarray,
    centres: Mapping[str, np.ndarray],
    units: np.ndarray,
    distances: Sequence[int] | None = None,
) -> dict[str, Fitted]:
    """Fit each value at each distance by ridge regression around each of the centres (B + 1, H, O, K).

    Samples are those whose target is one of ``targets``, rows of the training part, which is cut into five blocks.
    ``units`` (S, O) divide the errors. ``distances``: 1 to H, or those given.
    """
    shape = next(iter(centres.values())).shape
    wanted = list(distances or range(1, shape[1] + 1))
    found = {}
    for name, centre in centres.items():
        weights = np.broadcast_to(centre, (len(PENALTIES), *shape)).astype(np.float32)
        errors = np.full((len(wanted), len(PENALTIES), shape[2]), np.nan)
        found[name] = Fitted(wanted, weights, errors, np.full((len(wanted), shape[2]), np.nan))
    places = blocks_of(samples, targets)
    for index, ahead in enumerate(wanted):
        part = _Distance(samples, targets, places, ahead, units)
        if part.is_enough:
            for name, centre in centres.items():
                part.fit(centre, found[name], index)
    return found


class _Distance:
    """The samples of one distance, with the decompositions that all centres share."""

    def __init__(
        self,
        samples: Samples,
        targets: np.ndarray,
        places: np.ndarray,
        ahead: int,
        units: np.ndarray,
    ):
        windows = samples.windows
        origins = targets - ahead
        kept = np.flatnonzero(origins >= windows.first[windows.which[targets]])
        kept = thinned(kept, _MOST)
        self.samples, self.ahead, self.units = samples, ahead, units
        self.origins, self.block = origins[kept], places[kept]
        self.is_enough = len(kept) >= 2 * BLOCKS
        if not self.is_enough:
            return
        distance = np.full(len(kept), ahead)
        self.features = samples.linear_features(self.origins, distance)
        self.target = relative_targets(samples, self.origins, distance)
        self.paths: dict[int, RidgePath] = {}

    def fit(self, centre: np.ndarray, into: Fitted, index: int) -> None:
        """Fit around a centre and write weights and errors into ``into``."""
        centres = np.einsum("nok,bok->bno", self.features, centre[:, self.ahead - 1])
        crossed = centres[self.block, np.arange(len(self.block))]
        for column in range(self.target.shape[1]):
            known = np.isfinite(self.target[:, column])
            if known.sum() < 2 * BLOCKS:
                continue
            if column not in self.paths:
                self.paths[column] = RidgePath(self.features[known, column], self.block[known])
            rest = self.target[known, column, None] - centres[:, known, column].T
            rest = np.clip(rest, -LIMIT, LIMIT)
            weights, added = self.paths[column].fit(rest)
            into.weights[:, :, self.ahead - 1, column] += weights
            forecasts = crossed[known, column, None] + np.concatenate(
                [0 * added[:, :1], added], axis=1
            )
            errors = self._errors(forecasts, self.origins[known], column).mean(axis=0)
            into.centre_errors[index, column] = errors[0]
            into.errors[index, :, column] = errors[1:]

    def _errors(self, relative: np.ndarray, origins: np.ndarray, column: int) -> np.ndarray:
        """Return the absolute errors of forecasts (k, P) of one column, in the data's units over ``units``."""
        samples = self.samples
        own = samples.windows.which[origins]
        level, spread = samples.filled[origins, column], samples.scaling.spread[own, column]
        values = level[:, None] + spread[:, None] * relative
        if samples.scaling.log:
            values = np.exp(np.minimum(values, 700.0))
        truth = samples.windows.series.values[origins + self.ahead, column]
        with np.errstate(over="ignore"):  # too far off to be chosen
            found: np.ndarray = np.abs(values - truth[:, None]) / self.units[own, column][:, None]
        return found


class RidgePath:
    """Ridge regressions by z (n, K) for all penalties, without each block and with all.

    Columns are scaled to deviation 1; a column that does not vary gets weight 0, but for the constant, the last one.
    """

    def __init__(self, z: np.ndarray, block: np.ndarray):
        size = z.std(axis=0)
        still = size < 1e-9
        still[-1], size[-1] = False, 1.0
        self.factor = np.where(still, 0.0, 1 / np.where(still, 1.0, size))
        self.scaled = z * self.factor
        self.own = [np.flatnonzero(block == part) for part in range(BLOCKS)]
        squares = np.stack([self.scaled[own].T @ self.scaled[own] for own in self.own])
        parts = [squares[np.arange(BLOCKS) != part].sum(axis=0) for part in range(BLOCKS)]
        self.turns = [_decomposed(each) for each in (*parts, squares.sum(axis=0))]

    def fit(self, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the weights (P, B + 1, K) that fit y (n, B + 1), and what each sample's crossed weights give, (n, P).

        ``y[:, b]`` is for the weights without block b, ``y[:, -1]`` for those with all; (n,): the same for all.
        """
        if y.ndim == 1:
            y = np.repeat(y[:, None], BLOCKS + 1, axis=1)
        products = np.stack([self.scaled[own].T @ y[own] for own in self.own])
        parts = [products[np.arange(BLOCKS) != part, :, part].sum(axis=0) for part in range(BLOCKS)]
        parts.append(products[:, :, -1].sum(axis=0))
        weights = np.stack(
            [_path(*turn, each) for turn, each in zip(self.turns, parts, strict=True)], axis=1
        )
        found = np.zeros((len(y), len(PENALTIES)))
        for part, own in enumerate(self.own):
            found[own] = self.scaled[own] @ weights[:, part].T
        return weights * self.factor, found


def _decomposed(squares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values, vectors = np.linalg.eigh(squares)
    return np.maximum(values, 0.0), vectors


def _path(values: np.ndarray, vectors: np.ndarray, products: np.ndarray) -> np.ndarray:
    """Return ridge solutions for all penalties, (P, K), from the decomposition of the squares."""
    turned = vectors.T @ products
    return (turned / (values + np.array(PENALTIES)[:, None])) @ vectors.T


def relative_targets(samples: Samples, origins: np.ndarray, ahead: np.ndarray) -> np.ndarray:
    """Return the true values in net units, (k, O), NaN where unknown."""
    own = samples.windows.which[origins]
    level = samples.filled[origins]
    return (samples.values[origins + ahead] - level) / samples.scaling.spread[own]


def blocks_of(samples: Samples, targets: np.ndarray) -> np.ndarray:
    """Return the block, 0 to 4, of each target: the first fifth of its series' rows, the second, ..."""
    windows = samples.windows
    own = windows.which[targets]
    first, end = windows.series.starts[own], windows.train_ends[own]
    share = (targets - first) / np.maximum(end - first, 1)
    return np.minimum((share * BLOCKS).astype(int), BLOCKS - 1)
