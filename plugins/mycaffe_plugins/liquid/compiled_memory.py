"""The mixed memory on compiled kernels, for :class:`CompiledCfcCell`."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.compiled import AlignedBuffers, padded
from mycaffe_py.device import Device

from .memory import Memory


@lru_cache(maxsize=4)
def no_memory(dtype: Any) -> tuple[Any, ...]:
    """Return the arguments of a sweep that stand for a memory, for a cell without one."""
    matrix, vector = np.zeros((1, 1), dtype), np.zeros(1, dtype)
    cube, four = np.zeros((1, 1, 1), dtype), np.zeros((1, 1, 1, 1), dtype)
    return (False, matrix, vector, cube, four, cube, cube, matrix, cube)


class CompiledMemory(Memory):
    """A :class:`Memory` that the kernels of a cell run; arrays are (steps, N, P), seen transposed like the cell's."""

    compiled = True

    def __init__(self, blobs: Sequence[Blob], first: int, device: Device):
        super().__init__(blobs, first, device)
        self._arrays = AlignedBuffers(blobs[first].dtype)

    def reshape(self, steps: int, batch: int) -> None:
        """Shape the buffers for that many steps."""
        self._steps, self._batch = steps, batch
        self._memories = self._rows("memories", steps + 1, batch)
        self.kept = self._rows("outputs", steps, batch)
        """(steps, N, P): the state h' that the cell continues from."""
        self._above, self._carry = self._rows("above", 1, batch), self._rows("carry", 1, batch)
        self.states, self.outputs = self._seen(self._memories), self._seen(self.kept)
        self.from_above = self._seen(self._above)[0]
        self.initial_gradient = self._seen(self._carry)[0]
        self._given = self._arrays.array("given", steps, batch, 4 * self.size)
        self._gates = self._rows("gates", steps, 4, batch)
        self._activated = self._rows("activated", steps, batch)
        self._d_gates = self._rows("d_gates", 4, steps * batch)
        self._packed = self._arrays.array("packed", 4 * self.size**2)

    def _rows(self, name: str, *shape: int) -> np.ndarray:
        """Return an array with rows of P numbers, 0 beyond H."""
        array = self._arrays.array(name, *shape, padded(self.size))
        array[..., self.size :] = 0
        return array

    def _seen(self, array: np.ndarray) -> np.ndarray:
        array = array[..., : self.size]
        return array[:, 0] if self._batch == 1 else array.transpose(0, 2, 1)

    def begin_kernel(self, inputs: np.ndarray) -> tuple[Any, ...]:
        """Compute the input's part of the sums, from inputs (steps N, columns); return the memory's arguments."""
        given = self._given.reshape(-1, 4 * self.size)
        np.dot(inputs, self._input_map.data.T, given)
        given += self._whole_bias()
        return self._arguments()

    def begin_back(self) -> tuple[Any, ...]:
        """Start the backward sweep from the gradient from above; return the memory's arguments."""
        self._carry[...] = self._above
        return self._arguments()

    def _arguments(self) -> tuple[Any, ...]:
        return (
            True, self._recurrent_map.data, self._packed, self._given, self._gates, self._memories,
            self._activated, self._carry[0], self._d_gates,
        )  # fmt: skip

    def _by_part(self) -> list[tuple[slice, np.ndarray]]:
        """Return the gradients of the sums (steps N, H) of each part, with its rows of the weights."""
        size = self.size
        return [
            (slice(part * size, (part + 1) * size), self._d_gates[part][:, :size])
            for part in range(4)
        ]

    def add_gradients(self, inputs: Any, states: Any) -> None:
        """Add the blobs' gradients, given inputs (steps N, columns) and the states before each step (steps N, H)."""
        of_input, of_bias = self._input_map.diff, self._bias.diff
        of_state = self._recurrent_map.diff
        for rows, gradient in self._by_part():
            of_input[rows] += np.dot(gradient.T, inputs)
            of_bias[rows] += gradient.sum(axis=0)
            of_state[rows] += np.dot(gradient.T, states)

    def input_gradients(self) -> Any:
        """Return the share of dL/d(inputs) that came through the memory, (steps N, columns)."""
        weight = self._input_map.data
        return sum(np.dot(gradient, weight[rows]) for rows, gradient in self._by_part())
