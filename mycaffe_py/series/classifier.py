"""LiquidClassifier: classes of sequences."""

from __future__ import annotations

import sys
import warnings
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError, MyCaffeWarning, ShapeError
from mycaffe_py.functions import softmax

from .held_out import checked_weights
from .liquid_estimator import LiquidEstimator


class LiquidClassifier(LiquidEstimator):
    """Learns the class of each sequence by a liquid net, with scikit-learn's conventions.

    Labels may be numbers, words or truth values, of at least two classes. The loss is the cross-entropy of a softmax.
    Parameters and attributes are those of :class:`LiquidRegressor`, but for ``output_scaling_``; ``classes_`` are the
    labels, sorted. Validation holds out the same share of each class.
    """

    _estimator_type = "classifier"
    _classes = True
    classes_: np.ndarray

    def fit(
        self,
        X: Any,
        y: Any,
        sample_weight: Any = None,
        *,
        times: Any = None,
        mask: Any = None,
        lengths: Any = None,
    ) -> LiquidClassifier:
        """Train on sequences X and their labels y (N,); everything else as :meth:`LiquidRegressor.fit`."""
        sequences = self._sequences_to_learn(X, times, mask, lengths)
        labels = _labels(y, len(sequences))
        weights = checked_weights(sample_weight, len(sequences))
        counting = labels if weights is None else labels[weights > 0]
        classes = _unique(counting)
        if len(classes) < 2:
            raise DataError(
                f"y has one class only, {classes[0]}, so there is nothing to decide",
                hint="a classifier needs samples of at least two classes",
            )
        known = np.isin(labels, classes)  # others have weight 0
        positions = np.searchsorted(classes, np.where(known, labels, classes[0]))
        with self._all_or_nothing():
            self.classes_ = classes
            self._learn(sequences, positions, len(classes), weights)
        return self

    def _labels(self, y: np.ndarray) -> np.ndarray:
        return y

    def _targets(
        self, y: np.ndarray, rows: np.ndarray, weights: np.ndarray | None
    ) -> dict[str, np.ndarray]:
        if weights is None:
            return {"target": y.astype(self.dtype)}
        target = np.zeros((len(y), len(self.classes_)), self.dtype)
        target[np.arange(len(y)), y] = weights
        return {"target": target}

    def predict_proba(
        self,
        X: Any,
        *,
        times: Any = None,
        mask: Any = None,
        lengths: Any = None,
        batch_size: int | None = None,
    ) -> np.ndarray:
        """Return the probability of each class, (N, classes) in the order of ``classes_``, in float64."""
        scores = self._outputs(X, times, mask, lengths, batch_size)
        softmax(np, scores, 1, scores, np.empty((len(scores), 1)))
        return scores

    def predict(self, X: Any, **data: Any) -> np.ndarray:
        """Return the most probable label of each sequence, (N,); ``data`` as in :meth:`predict_proba`."""
        probable = self.predict_proba(X, **data).argmax(axis=1)
        labels: np.ndarray = self.classes_[probable]
        return labels

    def score(self, X: Any, y: Any, sample_weight: Any = None, **data: Any) -> float:
        """Return the share of sequences whose label is right; ``data`` as in :meth:`predict_proba`."""
        predicted = self.predict(X, **data)
        right = predicted == _labels(y, len(predicted))
        return float(np.average(right, weights=checked_weights(sample_weight, len(right))))


def _labels(y: Any, rows: int) -> np.ndarray:
    if y is None:
        raise DataError("the classifier requires y to be passed, but the target y is None")
    try:
        labels = np.asarray(y)
    except ValueError as error:
        raise ShapeError(f"y is no regular array: {error}") from error
    if labels.ndim == 2 and labels.shape[1] == 1:
        _warn_of_column()
        labels = labels[:, 0]
    if labels.ndim != 1 or len(labels) != rows:
        raise ShapeError(f"y is {labels.shape}, expected ({rows},): a label for each sequence")
    if labels.dtype.kind == "c" or labels.dtype.kind not in "biufUSO":
        raise DataError(f"Unknown label type: {labels.dtype}")
    if labels.dtype == object and any(label != label for label in labels):
        raise DataError("Input y contains NaN")
    if labels.dtype.kind == "f":
        if not np.isfinite(labels).all():
            raise DataError(f"Input y contains {'NaN' if np.isnan(labels).any() else 'infinity'}")
        if (labels != np.floor(labels)).any():
            raise DataError(
                "Unknown label type: continuous. y holds fractions, but labels are whole numbers or words",
                hint="LiquidRegressor predicts numbers",
            )
    return labels


def _unique(labels: np.ndarray) -> np.ndarray:
    try:
        return np.unique(labels)
    except TypeError as error:
        kinds = sorted({type(label).__name__ for label in labels})
        raise DataError(f"Unknown label type: y mixes {', '.join(kinds)}") from error


def _warn_of_column() -> None:
    category: type[Warning] = MyCaffeWarning
    if "sklearn" in sys.modules:
        from .sklearn_errors import DataConversionWarning as category
    message = "A column-vector y was passed when a 1d array was expected: it is used as (N,)"
    warnings.warn(message, category, stacklevel=4)
