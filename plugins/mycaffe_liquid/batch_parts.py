"""Parts of a batch that are run by themselves, so that short sequences do not wait for long ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .sequence_cell import SequenceCell


@dataclass(frozen=True)
class BatchPart:
    """Some samples of a batch with the cell that runs their first ``steps`` steps."""

    cell: SequenceCell
    samples: Any
    """Their indices, or a slice of all."""
    steps: int
    count: int

    def take(self, array: Any) -> Any:
        """Return the part's own of an array (steps, ..., batch)."""
        return array[: self.steps, ..., self.samples]

    def put(self, array: Any, values: Any) -> None:
        """Write the part's own into an array (steps, ..., batch)."""
        shape = (self.steps, *array.shape[1:-1], self.count)
        array[: self.steps, ..., self.samples] = values.reshape(shape)

    def full(self, array: Any) -> Any:
        """Return a cell's array (steps, features, batch) with its last axis, which a batch of one lacks."""
        return array.reshape(len(array), -1, self.count)


class BatchDivision:
    """Cells for the parts of a batch, made as they are needed; all have the layer's weights."""

    def __init__(self, create: Callable[[], SequenceCell]):
        self._create = create
        self.whole = create()
        """The cell that runs whole batches."""

    def all(self, steps: int, batch: int, columns: int) -> list[BatchPart]:
        """Return the whole batch as one part."""
        self.whole.reshape(steps, batch, columns)
        return [BatchPart(self.whole, slice(None), steps, batch)]

    def by_length(self, lengths: np.ndarray, columns: int) -> list[BatchPart]:
        """Return parts that run each sample for at least ``lengths`` (batch,) steps."""
        steps = int(lengths.max())
        return self.all(steps, len(lengths), columns) if steps else []
