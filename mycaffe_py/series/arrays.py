"""Numbers as people give them (arrays, frames, lists of arrays of different lengths) as arrays of float64."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError, NotNumbersError, ShapeError


def floats(values: Any, what: str) -> np.ndarray:
    """Return ``values`` as float64; times (datetime64, timedelta64) in seconds. Raises DataError, naming ``what``."""
    if hasattr(values, "toarray"):
        raise DataError(f"{what} is a sparse matrix", hint=f"give {what}.toarray()")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise ShapeError(f"{what} is no regular array: {error}") from error
    if array.dtype.kind == "c":
        raise DataError(f"Complex data not supported: {what} is {array.dtype}")
    if array.dtype.kind in "mM":
        unit = f"{array.dtype.kind}8[ns]"
        return np.where(np.isnat(array), np.nan, array.astype(unit).astype(np.int64) / 1e9)
    try:
        if array.dtype == object and hasattr(values, "to_numpy"):  # a frame: it may hold NA
            return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan))
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise NotNumbersError(f"{what} must hold numbers: {error}") from error


def is_ragged(values: Any) -> bool:
    """Whether ``values`` is a list of arrays of their own: (T_i, F), or (T_i,) of several lengths."""
    if isinstance(values, np.ndarray) and values.dtype == object and values.ndim == 1:
        values = list(values)
    if not isinstance(values, list | tuple) or not values:
        return False
    shapes = [_shape(item) for item in values]
    if any(len(shape) == 2 for shape in shapes):
        return True
    return len(set(shapes)) > 1 and all(len(shape) == 1 for shape in shapes)


def _shape(item: Any) -> tuple[int, ...]:
    try:
        return np.shape(item)
    except ValueError:
        return ()


def padded(parts: Sequence[Any], what: str, filler: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (N, T, F) with ``filler`` after each sequence's end, and the lengths (N,); (T_i,) counts as (T_i, 1)."""
    arrays = [floats(part, f"{what}[{index}]") for index, part in enumerate(parts)]
    arrays = [array[:, None] if array.ndim == 1 else array for array in arrays]
    width = arrays[0].shape[-1]
    for index, array in enumerate(arrays):
        if array.ndim != 2 or array.shape[1] != width:
            raise ShapeError(
                f"{what}[{index}] is {array.shape}, expected (steps, {width}) as in {what}[0]"
            )
        if not len(array):
            raise DataError(f"{what}[{index}] is empty: a sequence has at least one step")
    lengths = np.array([len(array) for array in arrays])
    full = np.full((len(arrays), lengths.max(), width), filler)
    for row, array in zip(full, arrays, strict=True):
        row[: len(array)] = array
    return full, lengths


def column(values: Any, what: str, rows: int) -> np.ndarray:
    """Return one number for each of ``rows`` samples, (N,)."""
    array = floats(values, what)
    if array.shape != (rows,):
        raise ShapeError(f"{what} is {array.shape}, expected ({rows},): one number for each sample")
    return array


def rounded(values: np.ndarray, dtype: str, what: str) -> np.ndarray:
    """Return finite ``values`` in the net's precision; raises DataError for what is beyond it."""
    with np.errstate(over="ignore"):
        found = values.astype(dtype)
    if not np.isfinite(found).all():
        raise DataError(
            f"{what} holds numbers that are too large for {dtype}", hint="use scale=True"
        )
    return found


def place(wrong: np.ndarray) -> tuple[int, ...]:
    """Return the indices of the first true element."""
    return tuple(int(index) for index in np.argwhere(wrong)[0])
