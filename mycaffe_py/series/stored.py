"""A trained estimator as JSON values and arrays, and back."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .runner import Runner
from .scaling import Scaling
from .settings import check_settings, seed_of

_NUMBERS = (
    "n_features_in_",
    "n_steps_in_",
    "n_outputs_",
    "seed_",
    "time_scale_",
    "best_validation_",
)
_FLAGS = ("_is_table", "_had_times", "_is_vector", "_features")
_COURSE = ("update", "loss", "validation_update", "validation_loss")


def header_and_arrays(estimator: Any) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return what is stored of an estimator: JSON values, and arrays by entry."""
    own = vars(estimator)
    params = {name: _plain(value) for name, value in own["_params_used"].items()}
    header = {name: _plain(own[name]) for name in (*_NUMBERS, *_FLAGS) if name in own}
    arrays = {f"weights/{name}": array for name, array in own["weights_"].items()}
    arrays |= {f"history/{name}": array for name, array in own["history_"].items()}
    for name in ("input_scaling_", "output_scaling_"):
        if name in own:
            arrays[f"{name}/center"], arrays[f"{name}/scale"] = own[name].center, own[name].scale
    for name in ("classes_", "feature_names_in_"):
        if name in own:
            arrays[name] = _words(own[name])
            header[f"{name} are objects"] = own[name].dtype == object
    return {"params": params, **header}, arrays


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _words(values: np.ndarray) -> np.ndarray:
    """Return labels as an array that needs no pickle: words as they are, and no other objects."""
    if values.dtype.kind == "S":
        raise _unsaved("bytes")
    if values.dtype != object:
        return values
    others = [value for value in values if not isinstance(value, str)]
    if others:
        raise _unsaved(type(others[0]).__name__)
    return values.astype(str)


def _unsaved(kind: str) -> Exception:
    from mycaffe_py.errors import ConfigError

    return ConfigError(
        f"labels of type {kind} cannot be saved in a file", hint="pickle keeps them, or use words"
    )


def restored(
    cls: type[Any], header: dict[str, Any], arrays: dict[str, np.ndarray], device: str | None
) -> Any:
    """Return the estimator of what :func:`header_and_arrays` gave; ValueError or TypeError if it does not fit.

    ``device``: another one than that of the training.
    """
    params = dict(header["params"])
    if device is not None:
        params["device"] = device
    estimator = cls(**params)
    check_settings(params)
    seed_of(params["random_state"])
    for name in (*_NUMBERS, *_FLAGS):
        if name in header:
            setattr(estimator, name, _number(name, header[name]))
    features, outputs = estimator._features, estimator.n_outputs_
    weights = _below(arrays, "weights/")
    total = sum(array.size for array in weights.values())
    if (
        max(
            params["hidden_size"],
            params["layers"],
            params["backbone_units"] or 0,
            features,
            outputs,
        )
        > total
    ):
        raise ValueError("there are fewer weights than the parameters say")
    estimator.weights_ = weights
    estimator.history_ = {name: _column(arrays, f"history/{name}") for name in _COURSE}
    estimator.n_updates_ = len(estimator.history_["update"])
    estimator.input_scaling_ = _scaling(arrays, "input_scaling_", features)
    if cls._estimator_type == "regressor":
        estimator._is_vector = bool(header["_is_vector"])
        estimator.output_scaling_ = _scaling(arrays, "output_scaling_", outputs)
    else:
        estimator.classes_ = _labels(header, arrays, "classes_")
        if len(np.unique(estimator.classes_)) != len(estimator.classes_) or not outputs == len(
            estimator.classes_
        ):
            raise ValueError(f"{len(estimator.classes_)} classes for {outputs} outputs")
    if "feature_names_in_" in arrays:
        estimator.feature_names_in_ = _labels(header, arrays, "feature_names_in_")
    estimator._finish(params, features)
    _check_weights(estimator._runner, weights)
    return estimator


def _number(name: str, value: Any) -> Any:
    if value is None and name == "best_validation_":
        return None
    whole = name.startswith("n_") or name in ("seed_", "_features")
    flag = name.startswith("_") and not whole
    if isinstance(value, bool) != flag or type(value) not in (
        bool,
        int,
        *(() if whole else (float,)),
    ):
        raise TypeError(f"{name} is {value!r:.40}")
    lowest = -math.inf if name == "best_validation_" else 0 if name == "seed_" else math.ulp(0.0)
    if not flag and not lowest <= value < math.inf:
        raise ValueError(f"{name} is {value!r:.40}")
    return value


def _below(arrays: dict[str, np.ndarray], prefix: str) -> dict[str, np.ndarray]:
    return {name[len(prefix) :]: a for name, a in arrays.items() if name.startswith(prefix)}


def _scaling(arrays: dict[str, np.ndarray], name: str, columns: int) -> Scaling:
    center, scale = arrays[f"{name}/center"], arrays[f"{name}/scale"]
    for values in (center, scale):
        if (
            values.shape != (columns,)
            or values.dtype != np.float64
            or not np.isfinite(values).all()
        ):
            raise ValueError(f"{name} has no {columns} finite numbers")
    if (scale <= 0).any():
        raise ValueError(f"{name} has a scale that is not above 0")
    return Scaling(center, scale)


def _column(arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    column = arrays[name]
    if column.ndim != 1 or column.dtype.kind not in "if":
        raise ValueError(f"{name} is {column.shape} of {column.dtype}")
    return column


def _labels(header: dict[str, Any], arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    labels = arrays[name]
    if labels.ndim != 1:
        raise ValueError(f"{name} is {labels.shape}")
    return labels.astype(object) if header[f"{name} are objects"] else labels


def _check_weights(runner: Runner, weights: dict[str, np.ndarray]) -> None:
    wanted = runner.shapes()
    if {name: array.shape for name, array in weights.items()} != wanted:
        raise ValueError(f"the weights do not fit the model: {len(weights)} of {len(wanted)}")
    for name, array in weights.items():
        if array.dtype.kind != "f" or not np.isfinite(array).all():
            raise ValueError(f"weights {name} are no finite numbers")
