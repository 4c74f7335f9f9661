"""check_filler: check that a filler produces usable and repeatable values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob.blob import Blob
from mycaffe_py.device.device import Device
from mycaffe_py.plugins.registry import Registry, default_registry

from .strict import strict_device


def check_filler(
    filler: Any, shape: Sequence[int], *, registry: Registry | None = None, seed: int = 0
) -> None:
    """Raise AssertionError if a filler violates its contract.

    ``filler`` is a FillerParameter, as prototxt text or as a message. It is checked that the values
    of a blob of ``shape`` are finite, follow from the seed alone, agree between float32 and float64
    and are the same on the strict device, and that the filler names existing fields in ``uses``.
    """
    registry = registry or default_registry()
    if isinstance(filler, str):
        filler = registry.schema.parse_text(filler, "FillerParameter").message
    made = registry.filler(filler)
    unknown = set(made.uses) - set(filler.DESCRIPTOR.fields_by_name)
    if unknown:
        raise AssertionError(
            _say(made, f"uses names fields that FillerParameter does not have: {unknown}")
        )

    def values(device: Device, dtype: Any) -> np.ndarray:
        device.seed_generators(seed)
        blob = Blob(tuple(shape), device=device, dtype=dtype)
        blob.data[...] = np.nan
        made.fill(blob)
        return np.array(device.to_host(blob.data))

    wanted = values(Device(), np.float64)
    if not np.isfinite(wanted).all():
        raise AssertionError(_say(made, f"returns values that are not finite for shape {shape}"))
    others = {
        "the second time": values(Device(), np.float64),
        "on the strict device": values(strict_device(), np.float64),
        "in float32": values(Device(), np.float32),
    }
    for what, got in others.items():
        expected = wanted.astype(got.dtype)
        if not np.array_equal(got, expected):
            index = tuple(int(i) for i in np.argwhere(got != expected)[0])
            raise AssertionError(
                _say(made, f"returns {got[index]!r} at {index} {what}, not {expected[index]!r}")
            )


def _say(filler: Any, what: str) -> str:
    return f'filler "{filler.type}": {what}'
