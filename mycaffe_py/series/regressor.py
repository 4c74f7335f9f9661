"""LiquidRegressor: numbers from sequences."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError, MyCaffeWarning, ShapeError

from .arrays import floats, place, rounded
from .held_out import checked_weights
from .liquid_estimator import LiquidEstimator
from .scaling import Scaling


class LiquidRegressor(LiquidEstimator):
    """Learns one or more numbers for each sequence by a liquid net, with scikit-learn's conventions.

    Minimises the mean squared error of the scaled targets by AdamW. What is trained is the net in ``model_``, a CFC
    layer or several, by ``Solver.fit``.

    - ``hidden_size``: neurons of each layer; ``backbone_units``: units of its backbone (default: as many).
    - ``cell``: ``cfc``, ``no_gate``, ``minimal`` or ``ltc``; ``mixed_memory``: an LSTM before the cell.
    - ``time``: whether ``times`` are ``spans``, the time since the previous step, or ``absolute``, the time of
      each step; ``time_column``: the column of X that holds them, for pipelines, which pass on X alone.
    - ``epochs``, ``max_updates``: upper limits. With neither: 1,000 updates, but 20 to 200 epochs.
    - ``validation_share`` of the sequences are held out (none if that is fewer than 3), and measured after each
      epoch. Without improvement over ``patience`` updates (half of all by default) the training ends; the weights
      are those of the lowest validation loss.
    - ``learning_rate`` falls to 0 along half a cosine.
    - ``scale``: inputs and targets by median and spread of the training part, in float64; inputs are limited to
      30 spreads, and spans are divided by their median.
    - ``random_state``: the same number gives the same weights.
    - ``device``: ``cpu``, ``gpu`` or ``gpu:N``; ``dtype``: float32 or float64.
    - ``verbose`` shows a progress line; ``callbacks`` are those of ``Solver.fit``.

    After ``fit``: ``weights_`` by layer and index; ``history_`` with ``update``, ``loss``, ``validation_update`` and
    ``validation_loss``, of scaled targets; ``best_validation_`` (None without a validation); ``n_updates_``;
    ``n_features_in_`` (of a table: its columns), ``n_steps_in_``, ``n_outputs_``; ``seed_``; ``model_``, prototxt text;
    ``input_scaling_``, ``output_scaling_``, ``time_scale_``; ``feature_names_in_`` for a frame.
    """

    _estimator_type = "regressor"
    output_scaling_: Scaling

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        times: Any = None,
        mask: Any = None,
        lengths: Any = None,
    ) -> LiquidRegressor:
        """Train on X (N, T, F), (N, T) for one feature, or a list of (T_i, F), and y (N,) or (N, O).

        ``times`` (N, T) are as ``time`` says, each span is 1 without them; ``mask`` (N, T, F) of 0 and NaN in X mark
        what was not observed; ``lengths`` (N,) are the steps of each sequence. ``sample_weight`` (N,) multiplies
        the loss of each sample; a sample of weight 0 is left out. Raises DataError, ShapeError or ConfigError,
        and DivergedError if the loss is no number.
        """
        sequences = self._sequences_to_learn(X, times, mask, lengths)
        targets = _numbers(y, len(sequences))
        weights = checked_weights(sample_weight, len(sequences))
        columns = targets.reshape(len(targets), -1)
        with self._all_or_nothing():
            self._is_vector = targets.ndim == 1
            self._learn(sequences, columns, columns.shape[1], weights)
        return self

    def _targets(
        self, y: np.ndarray, rows: np.ndarray, weights: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        self.output_scaling_ = Scaling.of(y[rows]) if self.scale else Scaling.none(y.shape[1])
        scaled = self.output_scaling_.apply(y)
        if weights is None:
            return {"target": rounded(scaled, self.dtype, "y")}
        factor = np.sqrt(weights)  # of prediction and target: the loss squares it
        target = rounded(scaled * factor[:, None], self.dtype, "y")
        return {"target": target, "weight": factor.astype(self.dtype)}

    def predict(
        self,
        X: Any,
        *,
        times: Any = None,
        mask: Any = None,
        lengths: Any = None,
        batch_size: int | None = None,
    ) -> np.ndarray:
        """Return a prediction for each sequence, (N,) or (N, O) as y was, in float64.

        ``batch_size`` sequences (default 256) are computed at a time. Raises NotFittedError before ``fit``, and
        ShapeError for X of another width.
        """
        outputs = self._outputs(X, times, mask, lengths, batch_size)
        found = self.output_scaling_.undo(outputs)
        return found[:, 0] if self._is_vector else found

    def score(self, X: Any, y: Any, sample_weight: Any = None, **data: Any) -> float:
        """Return R2, the mean over the outputs: 1 is perfect, 0 as good as y's mean. ``data`` as in :meth:`predict`."""
        predicted = self.predict(X, **data)
        targets = _numbers(y, len(predicted))
        if targets.shape != predicted.shape:
            raise ShapeError(f"y is {targets.shape}, the predictions are {predicted.shape}")
        weights = checked_weights(sample_weight, len(predicted))
        if len(predicted) < 2:
            warnings.warn("R2 of a single sample is not defined", MyCaffeWarning, stacklevel=2)
            return float("nan")
        unit = np.abs(targets).max() or 1.0  # squares of huge numbers would overflow
        targets, predicted = targets / unit, predicted / unit
        mean = np.average(targets, axis=0, weights=weights)
        share = np.ones(len(targets)) if weights is None else weights
        errors = np.atleast_1d(share @ (targets - predicted) ** 2)
        spread = np.atleast_1d(share @ (targets - mean) ** 2)
        constant = spread == 0
        found = 1 - errors / np.where(constant, 1, spread)
        return float(np.where(constant, errors == 0, found).mean())


def _numbers(y: Any, rows: int) -> np.ndarray:
    if y is None:
        raise DataError("the regressor requires y to be passed, but the target y is None")
    targets = floats(y, "y")
    if targets.ndim not in (1, 2) or len(targets) != rows or not targets.size:
        raise ShapeError(f"y is {targets.shape}, expected ({rows},) or ({rows}, outputs) as X has")
    wrong = ~np.isfinite(targets)
    if wrong.any():
        where = place(wrong)
        what = "NaN" if np.isnan(targets[where]) else "infinity"
        raise DataError(f"Input y contains {what}: sample {where[0]}")
    return targets
