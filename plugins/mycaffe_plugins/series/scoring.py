"""Errors by distance ahead, beside those of simple forecasts from the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mycaffe_py.stored import Stored
from mycaffe_py.trainer import Report, ReportTable

from . import recipe
from .baselines import DRIFT, LAST, SEASONAL, naive_weights
from .judging import (
    Places,
    forecasts_of,
    in_units,
    linear_forecasts,
    some_distances,
    thinned,
    truth,
)
from .settings import RIDGE

if TYPE_CHECKING:
    from .learning import Learner

_ORIGINS, _DISTANCES = 150, 16
NET = "net"
RIDGES = "ridge"


@dataclass(frozen=True)
class Scores:
    """Absolute errors (k, O) of each forecast by name, in the data's units, at samples ``ahead`` (k,) rows ahead.

    ``scale`` (k, O) is the mean error of the seasonal naive forecast (without a season, of the last value one row
    ahead) on the training part of the sample's series, by which MASE divides (Hyndman and Koehler 2006). ``held`` (k,
    O): 1 where the interval holds the value, NaN without intervals; ``pinball`` (k, O) the loss of its ends.
    """

    part: str
    errors: dict[str, np.ndarray]
    ahead: np.ndarray
    scale: np.ndarray
    held: np.ndarray
    pinball: np.ndarray
    names: tuple[str, ...]
    coverage: float

    def mean(self, name: str, column: int | None = None, ahead: int | None = None) -> float:
        """Return a mean absolute error: of one value or of all, at one distance or at all."""
        found = self.errors[name]
        found = found if ahead is None else found[self.ahead == ahead]
        found = found if column is None else found[:, column]
        return _mean(found)

    def mase(self, name: str, column: int | None = None) -> float:
        """Return the mean absolute scaled error."""
        found = self.errors[name] / self.scale
        return _mean(found if column is None else found[:, column])

    def state(self) -> dict[str, Any]:
        """Return everything as plain values and arrays."""
        return {**vars(self), "errors": dict(self.errors), "names": list(self.names)}

    @classmethod
    def of_state(cls, state: Mapping[str, Any]) -> Scores:
        """Return the scores that gave this state."""
        stored = Stored(state, "trainer: validation_scores")
        inner, names = stored.inner("errors"), stored.items("names")
        if not all(isinstance(name, str) for name in names):
            raise stored.wrong("names", "a list of texts")
        shape = (len(stored.array("ahead", (None,))), len(names))
        errors = {str(name): inner.array(name, shape) for name in inner.values}
        if NET not in errors or not errors.keys() - {NET, RIDGES}:
            raise stored.wrong("errors", "the errors of the net and of simple forecasts")
        arrays = {name: stored.array(name, shape) for name in ("scale", "held", "pinball")}
        coverage = stored.number("coverage", finite=False)
        ahead = stored.array("ahead", shape[:1], dtype=None)
        return cls(
            stored.text("part"), errors, ahead, names=tuple(names), coverage=coverage, **arrays
        )

    @property
    def simple(self) -> list[str]:
        """The names of the simple forecasts."""
        return [name for name in self.errors if name != NET]

    def figures(self) -> dict[str, float]:
        """Return the metrics of a test: mean errors over all values and distances, MASE, coverage."""
        found = {
            "mean_abs_error": self.mean(NET),
            "baseline_mean_abs_error": min(
                self.mean(name) for name in self.simple if name != RIDGES
            ),
            "mase": self.mase(NET),
        }
        if np.isfinite(self.held).any():
            found |= {"coverage": _mean(self.held), "pinball": _mean(self.pinball)}
        return found


def _mean(values: np.ndarray) -> float:
    return float(np.nanmean(values)) if np.isfinite(values).any() else float("nan")


def test_scores(learner: Learner, net: Any, *, ridge: bool = True) -> Scores | None:
    """Return the scores of a net on the test part, ``ridge`` among them or not; None if no value is known there."""
    windows = learner.windows
    rows = np.arange(len(windows.series))
    own = windows.which
    begins = np.maximum(windows.train_ends - 1, windows.first)
    origins = thinned(rows[(rows >= begins[own]) & (rows < windows.ends[own] - 1)], _ORIGINS)
    if not len(origins):
        return None
    distances = _shown(learner, _DISTANCES)
    places = Places.every(origins, distances, windows.ends[windows.which[origins]])
    if not np.isfinite(truth(learner.samples, places)).any():
        return None
    kept = learner.baseline.weights, learner.layer.memory()["gain"]
    relative = forecasts_of(net, learner.blobs, learner.samples, places, *kept)
    return scores_at(learner, places, relative, "test", ridge=ridge)


def _shown(learner: Learner, most: int) -> np.ndarray:
    """Return the distances that are judged: powers of 2, the horizon, and others between them."""
    horizon = int(learner.settings.horizon)
    powers = 2 ** np.arange(int(np.log2(horizon)) + 1)
    found = np.union1d(np.union1d(powers, [horizon]), some_distances(horizon, most))
    return found[found >= learner.settings.least_horizon]


def scores_at(
    learner: Learner, places: Places, relative: np.ndarray, part: str, *, ridge: bool = True
) -> Scores:
    """Return the scores of forecasts in net units, (k, O), beside simple ones fitted to the rows learned from."""
    samples, windows = learner.samples, learner.windows
    actual = truth(samples, places)
    errors = {NET: np.abs(in_units(samples, places, relative) - actual)}
    ends = learner.splits if part == "validation" else windows.train_ends
    targets = recipe.targets_of(windows, ends)
    naive = naive_weights(samples, targets, int(learner.settings.horizon))
    for name in (LAST, SEASONAL, DRIFT):
        if name in naive:
            found = linear_forecasts(samples, places, naive[name][-1])
            errors[name] = np.abs(in_units(samples, places, found) - actual)
    if ridge:
        found = linear_forecasts(samples, places, _ridge_weights(learner, targets))
        errors[RIDGES] = np.abs(in_units(samples, places, found) - actual)
    held, pinball = _band_scores(learner, places, relative, actual)
    return Scores(
        part,
        errors,
        places.ahead,
        _mase_scale(learner)[windows.which[places.origins]],
        held,
        pinball,
        tuple(windows.series.names[: windows.outputs]),
        float(learner.own.interval),
    )


def _ridge_weights(learner: Learner, targets: np.ndarray) -> np.ndarray:
    """Return the weights of the ridge regression, (H, O, K): the baseline's if it is one that was fitted here."""
    baseline = learner.baseline
    if baseline.name == recipe.RIDGES and not np.isnan(baseline.error):
        return baseline.weights
    return recipe.fit_baseline(learner.samples, targets, base=RIDGE).weights


def _band_scores(
    learner: Learner, places: Places, relative: np.ndarray, actual: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Return whether intervals hold the values, and the pinball loss of their ends, (k, O) each; NaN where unknown."""
    band = learner.layer.memory()["band"]
    if not band.any():
        return np.full(actual.shape, np.nan), np.full(actual.shape, np.nan)
    ends = [
        in_units(learner.samples, places, relative + band[places.ahead - 1, :, side])
        for side in (0, 1)
    ]
    known = np.isfinite(actual)
    held = np.where(known, (actual >= ends[0]) & (actual <= ends[1]), np.nan)
    tail = (1 - learner.own.interval) / 2
    losses = [
        np.maximum(share * (actual - end), (share - 1) * (actual - end))
        for end, share in zip(ends, (tail, 1 - tail), strict=True)
    ]
    return held, (losses[0] + losses[1]) / 2


def _mase_scale(learner: Learner) -> np.ndarray:
    """Return the mean error of the seasonal naive forecast on the training parts, (S, O)."""
    windows, samples = learner.windows, learner.samples
    lag = samples.season_rows[0] if samples.season_rows else 1
    found = np.full((windows.series.count, windows.outputs), np.nan)
    for index, (first, end) in enumerate(
        zip(windows.series.starts, windows.train_ends, strict=True)
    ):
        values = windows.series.values[first:end, : windows.outputs]
        own = lag if lag < len(values) else 1
        changes = np.abs(values[own:] - values[:-own])
        for column in range(windows.outputs):
            size = _mean(changes[:, column])
            found[index, column] = size if size > 0 else np.nan
    return found


def report_on(scores: Scores, learner: Learner, notes: Sequence[str] = ()) -> Report:
    """Return tables of mean absolute errors by distance, one for each value, with ``notes``, others and cautions."""
    tables = [_table(scores, learner, column) for column in range(len(scores.names))]
    cautions = [text for column in range(len(scores.names)) if (text := _loses(scores, column))]
    return Report(tables, [*_notes(scores, learner), *notes], cautions)


def _table(scores: Scores, learner: Learner, column: int) -> ReportTable:
    horizon = int(learner.settings.horizon)
    powers = [2**power for power in range(horizon.bit_length()) if 2**power < horizon]
    wanted = [ahead for ahead in (*powers, horizon) if (scores.ahead == ahead).any()]
    names = list(scores.errors)
    rows: list[list[Any]] = [
        [str(ahead), *(_cell(scores.mean(name, column, ahead)) for name in names)]
        for ahead in wanted
    ]
    rows.append(["all", *(_cell(scores.mean(name, column)) for name in names)])
    rows.append(["MASE", *(_cell(scores.mase(name, column)) for name in names)])
    title = f"{scores.names[column]}: mean absolute error by rows ahead, on the {scores.part} rows"
    return ReportTable(title, ["rows ahead", *names], rows, best="low")


def _cell(value: float) -> float | None:
    return value if np.isfinite(value) else None


def _notes(scores: Scores, learner: Learner) -> list[str]:
    notes = []
    if np.isfinite(scores.held).any():
        notes.append(
            f"intervals meant to hold {scores.coverage:.0%} of the values held {_mean(scores.held):.0%}; their "
            f"pinball loss is {_mean(scores.pinball):.4g}"
        )
    if not learner.trusts_net:
        notes.append(
            "too few rows to validate a net: the baseline forecasts alone"
            if learner.too_few
            else "the net's correction is not used: it did not improve the baseline on the validation rows"
        )
    return notes


def _loses(scores: Scores, column: int) -> str | None:
    """Return a sentence if a simple forecast is better than the net, or None."""
    own = scores.mean(NET, column)
    rivals = {name: scores.mean(name, column) for name in scores.simple}
    best = min(rivals, key=lambda name: rivals[name])
    if not own > 1.01 * rivals[best]:
        return None
    return (
        f"{scores.names[column]}: the net does not beat {best} on the {scores.part} rows: its mean error is "
        f"{own:.4g}, that of {best} {rivals[best]:.4g}"
    )


def caution_of(scores: Scores) -> str | None:
    """Return a caution if the net loses to a naive forecast, or None."""
    naive = [name for name in scores.simple if name != RIDGES]
    for column, name in enumerate(scores.names):
        own = scores.mean(NET, column)
        best = min(naive, key=lambda each: scores.mean(each, column))
        if own >= scores.mean(best, column):
            return (
                f"do not rely on this forecast of {name}: on the {scores.part} rows the net is off by {own:.4g} on "
                f"average, {best} by {scores.mean(best, column):.4g}"
            )
    return None
