"""What a liquid cell needs at least over a sequence: operations and bytes, counted from its blobs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.layer import FUNCTION, Cost, Layer, Work, product, recurrent

from .sequence_cell import SequenceCell
from .wiring import Wiring

GATED, MINIMAL, MEMORY = 3 * FUNCTION + 12, FUNCTION + 6, 5 * FUNCTION + 8
"""Operations for each neuron and step besides the products: of f1, f2 and s; of the direct solution; of the LSTM."""
SYNAPSE, SYNAPSE_BACK = FUNCTION + 6, FUNCTION + 14
"""Operations for each synapse, sample and unfold: sigma (v - mu), the logistic function, w, erev and two sums; backward
the same function again, its slope, four gradients of weights and that of v."""

_NAME = re.compile(
    r"(?:layer_(\d+)\.)?(bb_\d+|ff1|ff2|time_a|time_b|input_map|recurrent_map)\.weight$"
)
_MASKED = ("ff1", "ff2")


@dataclass(frozen=True)
class _Matrix:
    """A weight: how many numbers multiply inputs, and how many the state or a layer's output."""

    rows: int
    columns: int
    of_input: int
    of_state: int


def cell_cost(
    layer: Layer,
    cell: SequenceCell,
    columns: int,
    runs: Sequence[tuple[int, int]],
    *,
    learns: bool,
    to_input: bool,
) -> Cost:
    """Return the cost of a cell's passes over ``runs``, each (steps, samples), for inputs of ``columns`` features.

    A wiring's synapses count, not the zeros between them.
    """
    total = Cost()
    for steps, batch in runs:
        total += _products(layer, cell, columns, steps, batch, learns, to_input)
        if any(name.endswith("sensory_sigma") for name in layer.blob_names):
            total += _synapses(layer, cell, columns, steps, batch, learns)
    return total


def _products(
    layer: Layer,
    cell: SequenceCell,
    columns: int,
    steps: int,
    batch: int,
    learns: bool,
    to_input: bool,
) -> Cost:
    """Return the cost of the matrix products, and of what a CfC cell or a mixed memory does with their sums."""
    itemsize, size = layer.dtype.itemsize, cell.state_size
    matrices = list(_matrices(layer, size, cell.wiring))
    if not matrices:
        return Cost()
    of_input = sum(each.of_input for each in matrices)
    of_state = sum(each.of_state for each in matrices)
    rows = sum(each.rows for each in matrices)
    heads = {name.split(".")[-2] for name in layer.blob_names if name.endswith(".weight")}
    operations = rows + size * (GATED if "ff2" in heads else MINIMAL if "ff1" in heads else 0)
    operations += size * MEMORY * (cell.memory is not None)
    samples = steps * batch
    from_input = Work(2.0 * samples * of_input, float(itemsize * (of_input + samples * columns)))
    sweep = recurrent(of_state, rows + size, operations, steps, batch, itemsize)
    back = [sweep]
    if to_input:
        back.append(from_input)
    if learns:
        back += [product(each.rows, samples, each.columns, itemsize) for each in matrices]
    return Cost((from_input, sweep), tuple(back))


def _matrices(layer: Layer, size: int, wiring: Wiring | None) -> Iterable[_Matrix]:
    """Yield the cell's weights."""
    for name, blob in zip(layer.blob_names, layer.blobs, strict=True):
        found = _NAME.search(name)
        if found is None:
            continue
        index, kind = found.groups()
        rows, width = blob.shape
        if index is not None:
            # A layer of a wiring: the inputs, then its own neurons.
            of_input = width - rows
        elif kind == "input_map":
            of_input = width
        else:
            of_input = width - size if kind == "bb_0" else 0
        mask: Any = np.ones((rows, width), dtype=bool)
        if wiring is not None and index is not None and kind in _MASKED:
            mask = np.asarray(wiring.layer_mask(int(index))) != 0
        yield _Matrix(rows, width, int(mask[:, :of_input].sum()), int(mask[:, of_input:].sum()))


def _synapses(
    layer: Layer, cell: SequenceCell, columns: int, steps: int, batch: int, learns: bool
) -> Cost:
    """Return the cost of an LTC cell's synapses."""
    itemsize, size = layer.dtype.itemsize, cell.state_size
    unfolds = layer.param.ltc_unit_param.ode_unfolds
    wiring = cell.wiring
    between = size * size if wiring is None else int(np.count_nonzero(wiring.mask))
    sensory = columns * size if wiring is None else int(np.count_nonzero(wiring.sensory_mask))

    def passes(operations: int) -> tuple[Work, ...]:
        """Return the work of the inputs' synapses, for all steps at once, and of the neurons', unfold by unfold."""
        samples, turns = steps * batch, steps * unfolds
        of_input = Work(
            float(samples * sensory * operations),
            float(itemsize * (4 * sensory + samples * (columns + 2 * size))),
        )
        each = itemsize * (4 * between + batch * 4 * size)
        flops = float(turns * batch * (between * operations + 8 * size))
        return of_input, Work(flops, float(turns * each), float(each), turns)

    ahead = passes(SYNAPSE)
    return Cost(ahead, passes(SYNAPSE_BACK if learns else SYNAPSE))
