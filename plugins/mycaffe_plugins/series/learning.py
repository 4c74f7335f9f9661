"""What the trainer SERIES learns from: samples, the linear baseline, and what is kept with the weights."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np

from mycaffe_py.errors import SnapshotError
from mycaffe_py.stored import Stored

from . import recipe
from .baselines import BLOCKS, blocks_of
from .judging import Places
from .parts import are_enough, splits_of, validation_places
from .recipe import Baseline
from .samples import Batch, Samples, fit_scaling
from .scaling import Scaling, robust_size
from .settings import AUTO, LOG
from .windows import Windows
from .wiring import blobs_of, check_shapes, forecast_layer_of


class Learner:
    """The samples of a series for a net with a FORECAST layer, and that layer's memory.

    ``param`` is the TrainerParameter. :meth:`begin` fits scaling and baseline to the data; :meth:`recall` takes them
    from the layer.
    """

    samples: Samples
    baseline: Baseline

    def __init__(self, net: Any, param: Any, windows: Windows):
        self.net, self.windows = net, windows
        self.own = param.series_trainer_param
        self.settings = param.gym.series_param
        self.layer = forecast_layer_of(net)
        self.blobs = blobs_of(net, self.layer, param.blob_names)
        self.xhat = param.blob_names.xhat
        self.trusts_net = True
        self.left = 1.0
        """The share of the baseline's error on the validation rows that the net's correction leaves."""
        check_shapes(net, self.layer, self.blobs, windows)
        self._find_parts()

    def _find_parts(self) -> None:
        """Find the rows to learn from and, if these are enough, the validation rows after them."""
        share = self.own.validation_share
        self.splits = splits_of(self.windows, share)
        """(S,) the first row of the validation of each series."""
        self.validates = bool(share) and are_enough(self.windows, self.splits)
        self.too_few = bool(share) and not self.validates
        self.places = validation_places(self.windows, self.splits) if self.validates else None

    # Fitting and recalling.

    def begin(self) -> None:
        """Fit the baseline to the data, and the scaling too, unless loaded weights have one: then theirs counts."""
        if self.layer.is_set:
            self.samples = Samples(self.windows, self._remembered_scaling())
            memory = self.layer.memory()
            whole = np.ones_like(memory["gain"])
            self.layer.remember(gain=whole, band=np.zeros_like(memory["band"]))
        else:
            self.samples = Samples(self.windows, self._fitted_scaling())
            self._warn_of_outliers()
        self._warn_of_horizon()
        self._learn_from(self.splits if self.validates else self.windows.train_ends)
        remembered = self.samples.scaling.remembered()
        self.layer.remember(**remembered, weights=self.baseline.weights)

    def recall(self) -> None:
        """Take scaling and baseline from the layer's memory."""
        if not self.layer.is_set:
            self.net.context.warn(
                "the weights hold no forecast: scaling and baseline are fitted to the data now, and the net is "
                "untrained"
            )
            self.begin()
            return
        self.samples = Samples(self.windows, self._remembered_scaling())
        memory = self.layer.memory()
        weights = memory["weights"]
        crossed = np.broadcast_to(weights, (BLOCKS, *weights.shape))
        self.baseline = Baseline("remembered", weights, crossed, np.nan)
        self.targets = np.zeros(0, dtype=int)
        self.trusts_net = bool(memory["gain"].any())

    def _fitted_scaling(self) -> Scaling:
        windows, settings = self.windows, self.settings
        if settings.transform == AUTO:
            settings.transform = recipe.choose_transform(windows)
        if settings.transform == LOG:
            settings.log_floor = recipe.floor_of(settings, windows)
        return fit_scaling(windows, log=settings.transform == LOG, floor=settings.log_floor)

    def _remembered_scaling(self) -> Scaling:
        memory, windows, settings = self.layer.memory(), self.windows, self.settings
        log, outputs = settings.transform == LOG, windows.outputs
        if windows.series.is_panel:
            spread = fit_scaling(windows, log=log, floor=settings.log_floor).spread
        else:
            spread = memory["spread"][None, :outputs]
        inputs = memory["centre"][outputs:], memory["spread"][outputs:]
        return Scaling(spread, *inputs, log, settings.log_floor)

    @cached_property
    def units(self) -> np.ndarray:
        """The spread of the changes of each value, (S, O), in the data's units: errors are divided by it."""
        return fit_scaling(self.windows, log=False, floor=0.0).spread

    def _learn_from(self, ends: np.ndarray) -> None:
        """Fit the baseline to the rows before ``ends`` (S,), and draw samples from these."""
        self.targets = recipe.targets_of(self.windows, ends)
        found = recipe.fit_baseline(self.samples, self.targets)
        # As states keep it, so that a resumed training continues to the last bit.
        crossed = np.array(found.crossed, dtype=np.float32).astype(np.float64)
        self.baseline = Baseline(found.name, np.array(found.weights), crossed, found.error)

    def _warn_of_horizon(self) -> None:
        """Warn of distances that no training row has."""
        windows, horizon = self.windows, int(self.settings.horizon)
        farthest = int((windows.train_ends - 1 - windows.first).max())
        if horizon > farthest > 0:
            self.net.context.warn(
                f"horizon is {horizon}, but the training part has no rows farther apart than {farthest}: farther "
                "distances are forecast without having been learned; set series_param.horizon to at most "
                f"{farthest}, or give more rows"
            )

    def _warn_of_outliers(self) -> None:
        """Warn of values that are so far from all others that scaling leaves them out."""
        windows, series = self.windows, self.windows.series
        for column in range(windows.outputs):
            values = series.values[:, column]
            seen = np.flatnonzero(np.isfinite(values))
            middle = np.median(values[seen])
            _, far = robust_size(values[seen] - middle, 0.0)
            rows = [int(row) for row in seen[far]]
            if not rows or len(rows) > max(3, 0.01 * len(seen)):
                continue
            shown = ", ".join(
                f"{values[row]:g} at {series.clock.text(series.times[row])}" for row in rows[:3]
            )
            more = f" and {len(rows) - 3} more" if len(rows) > 3 else ""
            self.net.context.warn(
                f"{series.names[column]}: {shown}{more} is far from all other values; scaling leaves it out. If it is "
                "a mistake, empty its cell"
            )

    # Samples for an update.

    def fill(self, rng: np.random.Generator) -> tuple[Places, Batch]:
        """Draw samples, fill the net's inputs and return them."""
        windows, net, blobs = self.windows, self.net, self.blobs
        count = net.device_blobs[blobs.x].shape[0]
        if not len(
            self.targets
        ):  # recalled from weights, which mycaffe explain asks of such samples
            self.targets = recipe.targets_of(windows)
        targets = self.targets[rng.integers(0, len(self.targets), count)]
        own = windows.which[targets]
        nearest, horizon = self.settings.least_horizon, int(self.settings.horizon)
        farthest = np.minimum(horizon, targets - windows.first[own])
        ahead = nearest + np.floor(rng.random(count) * (farthest - nearest + 1)).astype(int)
        places = Places(targets - ahead, ahead)
        features = self.samples.linear_features(places.origins, ahead)
        block = blocks_of(self.samples, targets)
        weights = self.baseline.crossed[block, ahead - 1]
        base = np.einsum("nok,nok->no", features, weights)
        batch = self.samples.batch(places.origins, ahead, base)
        given = {
            **{blobs.x: batch.x, blobs.tt: batch.tt, blobs.mask: batch.mask},
            **{blobs.target: batch.target, blobs.base: base, blobs.ahead: ahead},
        }
        for name, values in given.items():
            if name in net.device_blobs:
                destination = net.device_blobs[name].data
                net.device.send(np.asarray(values).reshape(destination.shape), destination)
        return places, batch

    def predictions(self, net: Any) -> np.ndarray:
        """Return the forecasts of the latest pass in net units, (N, O)."""
        blob = net.device_blobs[self.xhat]
        return np.array(net.readings.of(blob), dtype=np.float64).reshape(-1, self.windows.outputs)

    # What is kept with the weights.

    def refit(self) -> None:
        """Fit the baseline to all training rows, draw samples from these, and keep it in the layer."""
        self._learn_from(self.windows.train_ends)
        self.layer.remember(weights=self.baseline.weights)

    def with_own_blobs(self, weights: Any) -> Any:
        """Return a copy of weights, an array as the net's parameters, with the FORECAST layer's blobs of now."""
        data, memory = self.net.parameters.data, self.layer.memory()
        kept = data.copy()
        data[...] = weights
        self.layer.remember(**memory)
        found = data.copy()
        data[...] = kept
        return found

    def describe(self) -> str:
        """Return what is done, in one line."""
        parts = [f"baseline {self.baseline.name}"]
        if self.settings.transform == LOG:
            parts.append("of logarithms")
        if self.validates:
            rows = int((self.windows.train_ends - self.splits).sum())
            parts.append(f"validated on the last {rows} of {self.windows.train_rows} training rows")
        elif self.too_few:
            parts.append("too few rows to validate a net: the baseline forecasts alone")
        return ", ".join(parts)

    # State.

    def state(self) -> dict[str, Any]:
        """Return what changes while training: the baseline and its rows, and the scaling that it was fitted with."""
        baseline, scaling = self.baseline, self.samples.scaling
        return {
            "rows": len(self.windows.series),
            "targets": self.targets.copy(),
            "baseline": baseline.name,
            "weights": np.array(baseline.weights),
            "crossed": np.array(baseline.crossed, dtype=np.float32),
            "error": float(baseline.error),
            "spread": scaling.spread.copy(),
            "centre": scaling.centre.copy(),
            "deviation": scaling.deviation.copy(),
            "log": bool(scaling.log),
            "floor": float(scaling.floor),
            "trusts_net": self.trusts_net,
            "left": float(self.left),
        }

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state` returned; the layer's memory comes with the weights."""
        stored, rows = Stored(state, "trainer: learner"), len(self.windows.series)
        if stored.whole("rows") != rows:
            raise SnapshotError(
                f"{rows} rows of data, but {stored['rows']} when the snapshot was made",
                hint="the file or its columns have changed, so the run cannot be resumed",
            )
        arrays = {
            name: stored.finite_array(name)
            for name in ("weights", "crossed", "spread", "centre", "deviation")
        }
        scaling = self.samples.scaling
        kept = {name: getattr(scaling, name).shape for name in ("spread", "centre", "deviation")}
        kept["weights"] = self.baseline.weights.shape
        for name, shape in kept.items():
            if arrays[name].shape != shape:
                raise SnapshotError(
                    f"{name} of the baseline {shape}, but {arrays[name].shape} when the snapshot was made",
                    hint="the settings or the columns have changed, so the run cannot be resumed",
                )
        stored.array("crossed", (BLOCKS, *kept["weights"]))
        for name in ("spread", "deviation"):
            if (arrays[name] <= 0).any():
                raise stored.wrong(name, "above 0")
        targets = stored.finite_array("targets", (None,))
        if (targets != np.floor(targets)).any() or ((targets < 0) | (targets >= rows)).any():
            raise stored.wrong("targets", "the numbers of rows")
        error = stored.number("error", finite=False)
        baseline = Baseline(stored.text("baseline"), arrays["weights"], arrays["crossed"], error)
        sizes = arrays["spread"], arrays["centre"], arrays["deviation"]
        scaling = Scaling(*sizes, stored.flag("log"), stored.number("floor"))
        trusts_net, left = stored.flag("trusts_net"), stored.number("left", finite=False)
        self.targets, self.baseline = targets.astype(int), baseline
        self.samples = Samples(self.windows, scaling)
        self.trusts_net, self.left = trusts_net, left
