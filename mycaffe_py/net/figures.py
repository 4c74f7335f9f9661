"""A net's outputs as figures: each element of a small one, a few figures of a large one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from mycaffe_py.events.output_names import SUMMARY

MOST_FIGURES = 128
"""Outputs of more elements are summarised by mean, minimum and maximum."""
MOST_PRINTED = 1_000_000
"""Outputs of more elements are summarised in Caffe's log, too."""


def is_summarised(count: int) -> bool:
    """Whether an output of so many elements is summarised."""
    return count > MOST_FIGURES


def summary_arrays(xp: Any, values: Any) -> list[Any]:
    """Return mean (in float64), minimum and maximum of a device array, each an array of one number on the device.

    They are NaN where a value is NaN.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # infinities of both signs have no mean
        return [xp.mean(values, dtype=xp.float64), values.min(), values.max()]


def named_elements(name: str, values: np.ndarray) -> dict[str, float]:
    """Return an output's elements as ``name`` if there is one, else ``name[i]``."""
    if values.size == 1:
        return {name: values.item()}
    return {f"{name}[{i}]": value for i, value in enumerate(values.reshape(-1).tolist())}


def named_summary(name: str, figures: Iterable[Any]) -> dict[str, float]:
    """Return mean, minimum and maximum as ``name[mean]``, ``name[min]`` and ``name[max]``."""
    return {f"{name}[{what}]": float(value) for what, value in zip(SUMMARY, figures, strict=True)}


def large_outputs(net: Any) -> dict[str, int]:
    """Return the outputs of a net that are summarised, with their numbers of elements."""
    counts = {name: net.device_blobs[name].count for name in net.outputs}
    return {name: count for name, count in counts.items() if is_summarised(count)}


def printed_outputs(net: Any) -> list[str]:
    """Return the outputs that are summarised, except in Caffe's log, which has a line for each element."""
    return [name for name, count in large_outputs(net).items() if count <= MOST_PRINTED]


def tallied_tops(net: Any) -> set[str]:
    """Return the tops of layers with a :class:`~mycaffe_py.layer.Tally`."""
    layers = zip(net.device_layers, net.tops, strict=True)
    return {blob.name for layer, top in layers if hasattr(layer, "test_tally") for blob in top}


def large_notes(*nets: Any) -> list[str]:
    """Return a line for each output that is summarised, which says so; one line for those of one name.

    Not for those of layers with a :class:`~mycaffe_py.layer.Tally`, which have figures of their own.
    """
    large = {
        name: count
        for net in nets
        for name, count in large_outputs(net).items()
        if name not in tallied_tops(net)
    }
    return [
        f'output "{name}" has {count:,} values: the metrics are their mean, minimum and maximum, '
        f"{name}[mean], {name}[min] and {name}[max]"
        for name, count in large.items()
    ]
