"""What the liquid estimators have in common: their parameters, their training, predictions, and one file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any, TypeVar

import numpy as np

from mycaffe_py.errors import ConfigError, DataError, ShapeError

from .arrays import rounded
from .estimator import Estimator
from .held_out import held_out
from .learning import learn
from .model import Sizes, model_text
from .runner import Runner
from .scaling import Scaling
from .sequences import Sequences, read_sequences
from .settings import Plan, check_settings, seed_of
from .spans import typical_span

_MOST = 30.0
"""Scaled inputs are limited to this many spreads, so that an outlier does not saturate every neuron."""

Self = TypeVar("Self", bound="LiquidEstimator")


class LiquidEstimator(Estimator):
    """Base of the estimators with a liquid net: one vector of outputs for each sequence."""

    weights_: dict[str, np.ndarray]
    history_: dict[str, np.ndarray]
    best_validation_: float | None
    n_features_in_: int
    n_steps_in_: int
    n_outputs_: int
    n_updates_: int
    seed_: int
    model_: str
    input_scaling_: Scaling
    time_scale_: float

    def __init__(
        self,
        *,
        hidden_size: int = 32,
        backbone_units: int | None = None,
        layers: int = 1,
        cell: str = "cfc",
        mixed_memory: bool = False,
        time: str = "spans",
        time_column: int | None = None,
        epochs: int | None = None,
        max_updates: int | None = None,
        batch_size: int = 32,
        learning_rate: float = 0.01,
        validation_share: float = 0.15,
        patience: int | None = None,
        scale: bool = True,
        random_state: Any = None,
        device: str | None = None,
        dtype: str = "float32",
        verbose: bool = False,
        callbacks: Any = None,
    ):
        self.hidden_size, self.backbone_units, self.layers = hidden_size, backbone_units, layers
        self.cell, self.mixed_memory = cell, mixed_memory
        self.time, self.time_column = time, time_column
        self.epochs, self.max_updates, self.batch_size = epochs, max_updates, batch_size
        self.learning_rate, self.validation_share = learning_rate, validation_share
        self.patience, self.scale, self.random_state = patience, scale, random_state
        self.device, self.dtype, self.verbose, self.callbacks = device, dtype, verbose, callbacks

    # What a subclass defines.

    _classes = False
    """Whether the outputs are scores of classes."""

    def _labels(self, y: np.ndarray) -> np.ndarray | None:
        """Return the class of each row, of which validation holds out a share each; None if there are none."""
        return None

    def _targets(
        self, y: np.ndarray, rows: np.ndarray, weights: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        """Return the arrays of the loss's inputs for all of y; ``rows`` are those of the training."""
        raise TypeError(f"{type(self).__name__} does not define _targets()")

    # Training.

    def _read(self, X: Any, times: Any, mask: Any, lengths: Any) -> Sequences:
        form, at = self._used["time"], self._used["time_column"]
        return read_sequences(X, times, mask, lengths, time=form, time_column=at)

    @property
    def _used(self) -> Mapping[str, Any]:
        """The parameters of the latest training, whatever has been set since; before it, those that are set."""
        found: Mapping[str, Any] = vars(self).get("_params_used") or self.get_params()
        return found

    def _sequences_to_learn(self, X: Any, times: Any, mask: Any, lengths: Any) -> Sequences:
        params = self.get_params()
        check_settings(params)
        form, at = params["time"], params["time_column"]
        return read_sequences(X, times, mask, lengths, time=form, time_column=at)

    def _learn(
        self: Self,
        sequences: Sequences,
        y: np.ndarray,
        outputs: int,
        sample_weight: np.ndarray | None,
    ) -> Self:
        """Train on sequences and their targets (N, ...); samples of weight 0 are left out before."""
        if sample_weight is not None and not sample_weight.all():
            kept = np.flatnonzero(sample_weight)
            sequences, y, sample_weight = sequences.rows(kept), y[kept], sample_weight[kept]
        if not sequences.observed.any():
            raise DataError("X has no observed value at all", hint="all are NaN, or masked")
        params, seed = self.get_params(), seed_of(self.random_state)
        held = held_out(len(sequences), params["validation_share"], seed, self._labels(y))
        rows = np.setdiff1d(np.arange(len(sequences)), held)
        self._scale_by(sequences.rows(rows))
        weights = None if sample_weight is None else sample_weight / sample_weight[rows].mean()
        arrays = self._inputs(sequences, params) | self._targets(y, rows, weights)
        steps, features = sequences.x.shape[1:]
        sizes = Sizes(int(params["batch_size"]), steps, features, outputs)
        text = model_text(params, sizes, classes=self._classes, weighted=weights is not None)
        plan = Plan.of(len(rows), params)
        learned = learn(text, _taken(arrays, rows), _taken(arrays, held), plan, params, seed)
        self.weights_, self.history_ = learned.weights, learned.history
        self.best_validation_, self.n_updates_ = (
            learned.best_validation,
            len(learned.history["update"]),
        )
        self.n_features_in_, self.n_steps_in_ = sequences.columns, steps
        self.n_outputs_, self.seed_ = outputs, seed
        self._is_table, self._had_times = sequences.is_table, sequences.has_times
        self._keep_names(sequences)
        self._finish(params, features)
        return self

    def _scale_by(self, sequences: Sequences) -> None:
        features = sequences.x.shape[2]
        self.input_scaling_, self.time_scale_ = Scaling.none(features), 1.0
        if self.scale:
            self.input_scaling_ = Scaling.of(sequences.x.reshape(-1, features))
            self.time_scale_ = typical_span(sequences.spans)

    def _keep_names(self, sequences: Sequences) -> None:
        if sequences.names is not None:
            self.feature_names_in_ = np.array(sequences.names, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_

    def _finish(self, params: Mapping[str, Any], features: int) -> None:
        """Set what follows from a training, or from a file of one."""
        self._params_used = {**params, "callbacks": None, "random_state": self.seed_}
        self._features = features
        sizes = Sizes(int(params["batch_size"]), self.n_steps_in_, features, self.n_outputs_)
        self.model_ = model_text(dict(params), sizes, classes=self._classes, weighted=False)
        self._runner = Runner(self.model_, self.weights_, params["device"], params["dtype"])

    # Predictions.

    def _outputs(
        self, X: Any, times: Any, mask: Any, lengths: Any, batch_size: int | None
    ) -> np.ndarray:
        """Return the net's outputs for sequences, (N, outputs) in float64."""
        self._require_fitted()
        size = 256 if batch_size is None else batch_size
        if isinstance(size, bool) or not isinstance(size, int | np.integer) or size < 1:
            raise ConfigError(f"batch_size must be a whole number, at least 1, not {size!r:.40}")
        sequences = self._read(X, times, mask, lengths)
        self._check_alike(sequences)
        arrays = self._inputs(sequences, self._used)
        return self._runner.outputs(arrays, min(int(size), len(sequences)))

    def _check_alike(self, sequences: Sequences) -> None:
        """Raise ShapeError or ConfigError where the data are not of the training's form."""
        columns = sequences.columns
        one = sequences.x.shape[2] == self._features == 1 and not (
            sequences.is_table and self._is_table
        )
        if columns != self.n_features_in_ and not one:
            raise ShapeError(
                f"X has {columns} features, but {type(self).__name__} is expecting "
                f"{self.n_features_in_} features as input",
                hint="a column is a step of a table (N, T); sequences (N, T, 1) may have any number of steps"
                if self._is_table
                else None,
            )
        names = getattr(self, "feature_names_in_", None)
        if names is not None and sequences.names is not None and sequences.names != tuple(names):
            raise ConfigError(
                f"The feature names should match those that were passed during fit: {list(sequences.names)} "
                f"instead of {list(names)}"
            )
        if sequences.has_times != self._had_times:
            raise ConfigError(
                "the training had times, so a prediction needs them: give times="
                if self._had_times
                else "times are given, but the training had none: each span was 1",
                hint=None if self._had_times else "give times to fit as well, or leave them out",
            )

    def _inputs(self, sequences: Sequences, params: Mapping[str, Any]) -> dict[str, np.ndarray]:
        """Return the arrays of the net's inputs: x, tt, mask and, with several layers, seen."""
        dtype, observed = params["dtype"], sequences.observed
        x = self.input_scaling_.apply(np.where(observed, sequences.x, self.input_scaling_.center))
        if params["scale"]:
            x = x.clip(-_MOST, _MOST)
        spans = np.minimum(sequences.spans / self.time_scale_, 1e12)
        found = {"x": x, "tt": spans, "mask": observed}
        if params["layers"] > 1:
            found["seen"] = np.asarray(observed.any(axis=2, keepdims=True))
        return {name: rounded(array, dtype, "X") for name, array in found.items()}

    # Files.

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the trained estimator to one file, without pickle; callbacks are not part of it."""
        from .files import save

        self._require_fitted()
        save(self, path)

    @classmethod
    def load(cls: type[Self], path: str | os.PathLike[str], *, device: str | None = None) -> Self:
        """Return the estimator of a file that :meth:`save` wrote; its predictions are the same bits.

        ``device`` is another one than that of the training. Raises MissingFileError, SnapshotError for a file that is
        damaged or of another class, and DeviceError. Nothing in a file is executed.
        """
        from .files import load

        return load(cls, path, device)


def _taken(arrays: Mapping[str, np.ndarray], rows: np.ndarray) -> dict[str, np.ndarray]:
    return {name: array[rows] for name, array in arrays.items()} if len(rows) else {}
