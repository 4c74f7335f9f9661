"""Parts of a batch of sequences that are run one after the other, so that no step is computed in vain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .sequence_cell import SequenceCell

# Measured with the stream lengths of the XOR task, batches of 32 to 256: more parts leave out more steps, but each
# takes some time by itself.
_MAX_PARTS = 4
_LEAST_SAMPLES = 8
# Share of the work of a whole batch up to which parts are worth it.
_WORTH_IT = 0.8


@dataclass(frozen=True)
class BatchPart:
    """Some steps of some samples, and the cell that runs them."""

    cell: SequenceCell
    start: int
    steps: int
    samples: Any
    """Their indices, or a slice of all; those of the next part are the first of these."""
    count: int

    def _place(self) -> tuple[Any, ...]:
        return (slice(self.start, self.start + self.steps), ..., self.samples)

    def take(self, array: Any) -> Any:
        """Return the part's own of an array (steps, ..., batch)."""
        return array[self._place()]

    def put(self, array: Any, values: Any) -> None:
        """Write the part's own into an array (steps, ..., batch)."""
        array[self._place()] = values.reshape(self.steps, *array.shape[1:-1], self.count)

    def full(self, array: Any) -> Any:
        """Return a cell's array (..., batch) with its last axis, which a batch of one lacks."""
        return array if self.count > 1 else array[..., None]

    # The cell's state and that of its memory, side by side as the layer's users see them: (batch, S).

    def _states(self) -> list[Any]:
        cell = self.cell
        return [cell.states] if cell.memory is None else [cell.states, cell.memory.states]

    def _from_above(self) -> list[Any]:
        """Return where the gradients of the last states are taken from, (size, batch) each."""
        cell = self.cell
        last = [self.full(cell.by_step[-1])]
        return last if cell.memory is None else [*last, self.full(cell.memory.from_above)]

    def _initial_gradients(self) -> list[Any]:
        cell = self.cell
        first = [self.full(cell.initial_state_gradient)]
        return first if cell.memory is None else [*first, self.full(cell.memory.initial_gradient)]

    def start_from(self, given: Any) -> None:
        """Start from the state (batch, S) of the whole batch, or from 0 if it is None."""
        row = 0
        for states in self._states():
            first = self.full(states[0])
            first[...] = 0 if given is None else given[self.samples, row : row + len(first)].T
            row += len(first)

    def last_state(self, out: Any) -> None:
        """Write the state after the last step into ``out`` (batch, S)."""
        last = [self.full(states[-1]).T for states in self._states()]
        self._write(last, out)

    def take_from_above(self, given: Any) -> None:
        """Take dL/d(last state) (batch, S) from above, besides what the readout has put there; None for 0."""
        last, *memory = self._from_above()
        if given is not None:
            last += given[self.samples, : len(last)].T
        for gradient in memory:
            gradient[...] = 0 if given is None else given[self.samples, len(last) :].T

    def initial_gradient(self, out: Any) -> None:
        """Write dL/d(initial state) into ``out`` (batch, S)."""
        self._write([gradient.T for gradient in self._initial_gradients()], out)

    def _write(self, arrays: list[Any], out: Any) -> None:
        column = 0
        for array in arrays:
            out[self.samples, column : column + array.shape[1]] = array
            column += array.shape[1]

    def go_on_from(self, before: BatchPart) -> None:
        """Start from the state after the last step of the part before."""
        for ours, theirs in zip(self._states(), before._states(), strict=True):
            self.full(ours[0])[...] = before.full(theirs[-1])[:, : self.count]

    def pass_back(self, before: BatchPart) -> None:
        """Hand the gradient of the state that the part started from to the part before."""
        before.take_from_above(None)
        for theirs, ours in zip(before._from_above(), self._initial_gradients(), strict=True):
            theirs[:, : self.count] += ours


class BatchDivision:
    """Divides a batch into parts. Their cells, all with the layer's weights, are made as they are needed."""

    def __init__(self, create: Callable[[], SequenceCell], is_host: bool):
        self._create = create
        self._most = _MAX_PARTS if is_host else 1  # a GPU's step takes as long for few samples
        self.whole = create()
        """The cell that runs whole batches."""
        self._cells = [self.whole]

    def all(self, steps: int, batch: int, columns: int) -> list[BatchPart]:
        """Return the whole batch as one part."""
        self.whole.reshape(steps, batch, columns)
        return [BatchPart(self.whole, 0, steps, slice(None), batch)]

    def by_length(self, lengths: np.ndarray, columns: int) -> list[BatchPart]:
        """Return parts that run each sample for at least ``lengths`` (batch,) steps, none if all are 0.

        The first part runs the whole batch for as long as the shortest sequences last, the next one goes on with
        the others, and so on. The numbers of samples depend on the batch only, so that cells keep their memory.
        """
        longest, batch = int(lengths.max()), len(lengths)
        if not longest:
            return []
        count = max(1, min(self._most, batch // _LEAST_SAMPLES))
        order = np.argsort(-lengths, kind="stable")
        counts = [batch - batch * part // count for part in range(count)]
        ends = [*(int(lengths[order[rest]]) for rest in counts[1:]), longest]
        starts = [0, *ends[:-1]]
        work = sum((end - start) * n for start, end, n in zip(starts, ends, counts, strict=True))
        if work > _WORTH_IT * longest * batch:
            return self.all(longest, batch, columns)
        self._cells += [self._create() for _ in range(len(self._cells), count)]
        parts = []
        for cell, start, end, n in zip(self._cells, starts, ends, counts, strict=False):
            if end > start:
                cell.reshape(end - start, n, columns)
                parts.append(BatchPart(cell, start, end - start, order[:n], n))
        return parts
