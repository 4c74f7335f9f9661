"""check_filler: check that a filler produces usable and repeatable values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob.blob import Blob
from mycaffe_py.device.device import Device
from mycaffe_py.plugins.registry import Registry

from .blaming import blaming
from .strict import strict_device
from .subjects import subject_of


def check_filler(
    filler: Any,
    settings: Any = "",
    shape: Sequence[int] | None = None,
    *,
    registry: Registry | None = None,
    seed: int = 0,
) -> None:
    """Raise AssertionError if a filler violates its contract.

    ``filler`` is a Filler class, with its settings as prototxt text, or a FillerParameter, as text or as a message;
    without ``settings``, ``shape`` may be the second argument: ``check_filler(Half, "", (3, 4))``.
    It is checked that the values
    of a blob of ``shape`` are finite, follow from the seed alone, agree between float32 and float64
    and are the same on the strict device.
    """
    if not isinstance(settings, str):
        settings, shape = "", settings
    message, registry = subject_of(filler, "fillers", settings, registry)
    with blaming(f'filler "{message.type}"'):
        made = registry.filler(message)
    with blaming(f'filler "{made.type}"', type(made)):
        _check(made, tuple(shape or ()), seed)


def _check(made: Any, shape: tuple[int, ...], seed: int) -> None:
    returned = made.values(shape, Device(seed=seed).rng)
    if returned is not None and not np.isfinite(np.asarray(returned, np.float64)).all():
        raise AssertionError(_say(made, f"returns values that are not finite for shape {shape}"))

    def values(device: Device, dtype: Any) -> np.ndarray:
        device.seed_generators(seed)
        blob = Blob(shape, device=device, dtype=dtype)
        blob.data[...] = np.nan
        made.fill(blob)
        return np.array(device.to_host(blob.data))

    wanted = values(Device(), np.float64)
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
