"""The values on their way: what is checked, what is filled in, and what is said about them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from mycaffe_py.errors import SnapshotError
from mycaffe_py.layer import enum_name

from .own_layer import OwnLayer
from .state_files import Tensor

_CONDUCTANCES = ("w", "sensory_w", "cm", "gleak")
_IDENTITIES = {"input_w": 1.0, "input_b": 0.0, "output_w": 1.0, "output_b": 0.0, "bias": 0.0}


def checked(name: str, tensor: Tensor, source: str) -> np.ndarray:
    """Return a tensor's values; raise SnapshotError unless they are floating-point numbers."""
    if tensor.values is None or not tensor.is_float:
        raise SnapshotError(
            f"{source}: {name} is of type {tensor.dtype}; weights must be F16, BF16, F32 or F64",
            hint="quantized weights have to be turned into floating-point numbers first",
        )
    return tensor.values


def filled(blob_name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Return the values of a blob that a checkpoint may lack, with which it has no effect."""
    last = blob_name.rpartition(".")[2]
    if last == "weight":
        return np.eye(shape[0], shape[1])
    return np.full(shape, _IDENTITIES[last])


def is_identity(weight: np.ndarray, bias: np.ndarray) -> bool:
    """Whether a readout changes nothing."""
    rows, columns = weight.shape
    return rows == columns and np.array_equal(weight, np.eye(rows)) and not bias.any()


def unusual(values: Mapping[str, np.ndarray]) -> list[str]:
    """Return a warning for each tensor with values that are not finite."""
    bad = {name: int(np.sum(~np.isfinite(array))) for name, array in values.items()}
    return [
        f"{name}: {count} of {values[name].size} values are not finite"
        for name, count in bad.items()
        if count
    ]


def as_stored(values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return float64 arrays as float32 if that loses nothing of any, else as they are."""
    with np.errstate(over="ignore"):
        single = {name: array.astype(np.float32) for name, array in values.items()}
    if all(np.array_equal(single[name], array, equal_nan=True) for name, array in values.items()):
        return single
    return dict(values)


def check_positivity(own: OwnLayer, values: Mapping[str, np.ndarray]) -> list[str]:
    """Return warnings about an LTC cell's conductances, given by their names within the cell.

    Raises SnapshotError for the authors' form with ``positivity: SOFTPLUS``, which their code does not have.
    """
    if own.structure.kind != "ltc":
        return []
    positivity = enum_name(own.layer.param.ltc_unit_param, "positivity")
    if not own.structure.ncps and positivity == "SOFTPLUS":
        raise SnapshotError(
            f'layer "{own.layer.name}" takes the softplus of its conductances, but the LTC cell of the CfC authors '
            "takes them as they are",
            hint="write positivity: NONE or CLIP in ltc_unit_param",
        )
    counts = {name: int(np.sum(values[name] < 0)) for name in _CONDUCTANCES}
    negative = ", ".join(f"{count} of {name}" for name, count in counts.items() if count)
    if not negative or positivity == "SOFTPLUS":
        return []
    effect = "count as 0 with positivity: CLIP" if positivity == "CLIP" else "are used as they are"
    advice = (
        "; a module of ncps with implicit_param_constraints=True, the default of LTC, needs positivity: SOFTPLUS"
        if own.structure.ncps
        else ""
    )
    return [f"negative conductances ({negative}) {effect}{advice}"]
