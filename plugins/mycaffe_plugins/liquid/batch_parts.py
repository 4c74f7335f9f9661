"""Parts of a batch of sequences that are run one after the other, so that no step is computed unnecessarily."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from .sequence_cell import SequenceCell

# Measured with the stream lengths of the XOR task, batches of 32 to 256: more parts skip more steps, but each has
# some overhead.
_MAX_PARTS = 4
_MIN_SAMPLES = 8
# Parts are used if they need at most this share of the whole batch's work.
_MAX_WORK_SHARE = 0.8


@dataclass(frozen=True)
class BatchPart:
    """Some steps of some samples, and the cell that runs them."""

    cell: SequenceCell
    start: int
    steps: int
    samples: Any
    """Their indices, or a slice of all; the next part has the first of these."""
    count: int

    def _place(self) -> tuple[Any, ...]:
        return (slice(self.start, self.start + self.steps), ..., self.samples)

    def select(self, array: Any) -> Any:
        """Return the part's steps and samples of an array (steps, ..., batch)."""
        return array[self._place()]

    def put(self, array: Any, values: Any) -> None:
        """Write the part's steps and samples of an array (steps, ..., batch)."""
        array[self._place()] = values.reshape(self.steps, *array.shape[1:-1], self.count)

    def full(self, array: Any) -> Any:
        """Return a cell's array with its batch axis (..., batch), which is left out for a batch of one."""
        return array if self.count > 1 else array[..., None]

    # The states of the cell and of its memory, concatenated as the layer's users see them: (batch, S).

    def _states(self) -> list[Any]:
        cell = self.cell
        return [cell.states] if cell.memory is None else [cell.states, cell.memory.states]

    def _from_above(self) -> list[Any]:
        """Return the arrays of the gradients of the last states, (size, batch) each."""
        cell = self.cell
        last = [self.full(cell.state_gradients[-1])]
        return last if cell.memory is None else [*last, self.full(cell.memory.from_above)]

    def _initial_gradients(self) -> list[Any]:
        cell = self.cell
        first = [self.full(cell.initial_state_gradient)]
        return first if cell.memory is None else [*first, self.full(cell.memory.initial_gradient)]

    def start_from(self, given: Any) -> None:
        """Set the initial state from that of the whole batch (batch, S); None for 0."""
        row = 0
        for states in self._states():
            first = self.full(states[0])
            first[...] = 0 if given is None else given[self.samples, row : row + len(first)].T
            row += len(first)

    def last_state(self, out: Any) -> None:
        """Write the state after the last step into ``out`` (batch, S)."""
        last = [self.full(states[-1]).T for states in self._states()]
        self._write(last, out)

    def add_last_gradient(self, given: Any) -> None:
        """Add dL/d(last state) (batch, S) from above to what the readout has written; None for 0."""
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

    def continue_from(self, before: BatchPart) -> None:
        """Set the initial state to the last state of the previous part."""
        for ours, theirs in zip(self._states(), before._states(), strict=True):
            self.full(ours[0])[...] = before.full(theirs[-1])[:, : self.count]

    def pass_back(self, before: BatchPart) -> None:
        """Pass the gradient of the part's initial state to the previous part."""
        before.add_last_gradient(None)
        for theirs, ours in zip(before._from_above(), self._initial_gradients(), strict=True):
            theirs[:, : self.count] += ours


class BatchDivision:
    """Divides a batch into parts, and creates their cells, which share the layer's weights, as needed."""

    def __init__(self, create: Callable[[], SequenceCell], is_host: bool):
        self._create = create
        self._max_parts = (
            _MAX_PARTS if is_host else 1
        )  # on a GPU, a step takes as long for few samples
        self.whole = create()
        """The cell for whole batches."""
        self._cells = [self.whole]

    def all(self, steps: int, batch: int, columns: int) -> list[BatchPart]:
        """Return the whole batch as one part."""
        self.whole.reshape(steps, batch, columns)
        return [BatchPart(self.whole, 0, steps, slice(None), batch)]

    def by_length(self, lengths: np.ndarray, columns: int) -> list[BatchPart]:
        """Return parts that run each sample for at least ``lengths`` (batch,) steps, none if all are 0.

        The first part runs the whole batch up to the end of the shortest sequences, the next one continues with
        the others, and so on. The numbers of samples depend on the batch size only, so that cells keep their memory.
        """
        longest, batch = int(lengths.max()), len(lengths)
        if not longest:
            return []
        count = max(1, min(self._max_parts, batch // _MIN_SAMPLES))
        order = np.argsort(-lengths, kind="stable")
        counts = [batch - batch * part // count for part in range(count)]
        ends = [*(int(lengths[order[rest]]) for rest in counts[1:]), longest]
        starts = [0, *ends[:-1]]
        work = sum((end - start) * n for start, end, n in zip(starts, ends, counts, strict=True))
        if work > _MAX_WORK_SHARE * longest * batch:
            return self.all(longest, batch, columns)
        self._cells += [self._create() for _ in range(len(self._cells), count)]
        parts = []
        for cell, start, end, n in zip(self._cells, starts, ends, counts, strict=False):
            if end > start:
                cell.reshape(end - start, n, columns)
                parts.append(BatchPart(cell, start, end - start, order[:n], n))
        return parts
