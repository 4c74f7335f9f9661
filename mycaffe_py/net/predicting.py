"""Predictions for arrays of any length, by those layers that the given inputs are enough for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mycaffe_py.errors import ConfigError, ShapeError

from .engine import NetEngine
from .feeding import ArrayFeed, Arrays, named_arrays, sources_of
from .row_means import RowMeans


def predict(
    net: NetEngine, x: Arrays, batch_size: int | None, blobs: str | Sequence[str] | None
) -> dict[str, np.ndarray]:
    """Return the outputs of ``net`` for all rows: see :meth:`mycaffe_py.Net.predict`."""
    arrays = named_arrays(net, x)
    feed = ArrayFeed(net, arrays, batch_size)
    positions = runnable_layers(net, arrays)
    names = _wanted(net, positions, blobs)
    found: dict[str, list[np.ndarray]] = {name: [] for name in names}
    sizes = []
    try:
        for rows in feed.batches(np.arange(feed.rows)):
            feed.fill(rows, direct=True)
            for position in positions:
                net.run_forward(position, position)
            net.readings.loss()  # where wrong inputs of layers are reported
            sizes.append(len(rows))
            for name in names:
                found[name].append(np.array(net.device.to_host(net.device_blobs[name].data)))
    finally:
        feed.close()
    return {name: _joined(name, parts, sizes) for name, parts in found.items()}


def _joined(name: str, parts: Sequence[np.ndarray], sizes: Sequence[int]) -> np.ndarray:
    if all(part.shape[:1] == (size,) for part, size in zip(parts, sizes, strict=True)):
        return np.concatenate(parts)
    shapes = {part.shape for part in parts}
    if len(shapes) > 1:
        raise ShapeError(
            f'"{name}" has no axis of rows, and its shape differs between batches: {sorted(shapes)}',
            hint="give a batch_size that divides the number of rows",
        )
    return np.stack(parts)


def runnable_layers(net: NetEngine, given: Iterable[str]) -> list[int]:
    """Return the positions of the layers that can run if only these inputs are given, without the sources."""
    sources = sources_of(net)
    source_layers = {id(layer) for layer in sources.values()}
    unknown = {id(net.device_blobs[name]) for name in sources if name not in set(given)}
    positions = []
    for position, layer in enumerate(net.device_layers):
        if id(layer) in source_layers:
            continue
        if unknown.isdisjoint(map(id, net.bottoms[position])):
            positions.append(position)
        else:
            unknown.update(map(id, net.tops[position]))
    return positions


def _wanted(
    net: NetEngine, positions: Sequence[int], blobs: str | Sequence[str] | None
) -> list[str]:
    """Return the names of the blobs to return: those asked for, else the outputs of the layers that run."""
    if blobs is None:
        names = outputs_of(net, positions)
        if not names:
            raise ConfigError(
                f'net "{net.name}" computes nothing from these inputs alone; its inputs: {list(sources_of(net))}'
            )
        return names
    computed = sorted({blob.name for position in positions for blob in net.tops[position]})
    names = (
        [blobs]
        if isinstance(blobs, str)
        else list(blobs)
        if isinstance(blobs, Iterable)
        else [blobs]
    )
    if not all(isinstance(name, str) for name in names):
        raise ConfigError(f"blobs takes the name of a blob or a list of names, not {blobs!r:.80}")
    for name in names:
        if name not in computed:
            known = name in net.device_blobs
            what = "is not computed from these inputs" if known else "is none of its blobs"
            raise ConfigError(f'net "{net.name}": "{name}" {what}', nearest=(str(name), computed))
    return names


def outputs_of(net: NetEngine, positions: Sequence[int]) -> list[str]:
    """Return the names of the blobs that these layers compute and none of them reads, sorted."""
    names_of_model = net.context.names_in_file
    unread: set[str] = set()
    for position in positions:
        tops = [blob.name for blob in net.tops[position]]
        if tops and all(name in names_of_model for name in tops):
            continue  # an inserted split
        unread -= {names_of_model.get(blob.name, blob.name) for blob in net.bottoms[position]}
        unread.update(tops)
    return sorted(name for name in unread if not name.startswith("(automatic)"))


def mean_over_rows(net: Any, feed: ArrayFeed) -> dict[str, float]:
    """Return the loss and the outputs that are single numbers, each the mean over all rows of ``feed``.

    The net's inputs then have the shapes that they had before.
    """
    means = RowMeans(net)
    try:
        for rows in feed.batches(np.arange(feed.rows)):
            feed.fill(rows)
            means.add(net.forward_layers(), len(rows))
    finally:
        feed.close()
    return means.means()
