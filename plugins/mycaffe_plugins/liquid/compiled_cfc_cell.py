"""The CfC cell on compiled kernels: the same cell as ``cfc_cell.py``, several times faster on a CPU."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.compiled import AlignedBuffers, block_width, padded
from mycaffe_py.device import threads_for
from mycaffe_py.functions import GELU, LeCun, ReLU, SiLU, TanH

from . import cfc_kernels, cfc_step_kernels as step
from .cfc_cell import CfcCell
from .cfc_heads import gate_time_scales, solution_time_scales
from .compiled_memory import CompiledMemory, no_memory
from .time_scales import TimeScales

_ACTIVATIONS = {
    SiLU: step.SILU,
    ReLU: step.RELU,
    TanH: step.TANH,
    GELU: step.GELU,
    LeCun: step.LECUN,
}
_ROWS_AT_ONCE = 96
"""Rows of head gradients that weight gradients are made of at a time, so that they stay in the second cache."""


class CompiledCfcCell(CfcCell):
    """A :class:`CfcCell` whose arrays are batch-major; what the layer sees are transposed views of them.

    States are (steps, N, P): rows of P numbers, a few more than H where rows of H would be slow.
    """

    memory: CompiledMemory | None

    def __init__(self, *args: Any, **options: Any):
        super().__init__(*args, **options)
        settings = self.settings
        self._mode = (
            step.MINIMAL if settings.minimal else step.NO_GATE if settings.no_gate else step.GATE
        )
        self._kind = _ACTIVATIONS[settings.activation]
        self._layers, self._size = settings.backbone_layers, settings.hidden_size
        self._units = settings.backbone_units if self._layers else 1
        heads = self._heads.weight.shape[0]
        self._parts = heads // self._size
        self._arrays = AlignedBuffers(self.dtype)
        # What does not depend on the sequence: weights laid out for the kernels, and their gradients.
        new, rows, units, size = (
            self._arrays.array,
            self._stages[0][0].shape[0],
            self._units,
            self._size,
        )
        middle = max(self._layers - 1, 1)
        packed = rows * size + (middle * units + heads) * units
        self._packed, self._first = new("packed", packed), new("first", rows, size)
        self._middle = new("middle", middle, units, units)
        self._middle_bias = new("middle_bias", middle, units)
        self._of_first = new("of_first", rows, size)
        self._of_input = new("of_input", rows, self._stages[0][0].shape[1] - size)
        self._of_middle = new("of_middle", middle, units, units)
        self._of_middle_bias = new("of_middle_bias", max(self._layers, 1), units)
        self._of_heads = new("of_heads", heads, units)
        self._of_head_bias = new("of_head_bias", heads)

    # Buffers.

    def reshape(self, steps: int, batch: int, columns: int) -> None:
        """Shape the buffers for a sequence of inputs (steps, columns, batch)."""
        if self._shape == (steps, batch, columns):
            return
        self._shape = (steps, batch, columns)
        self.steps, self.batch, self.columns = steps, batch, columns
        new, padded_rows, units, layers = (
            self._arrays.array,
            self._padded_rows,
            self._units,
            self._layers,
        )
        self.inputs = self._seen(new("inputs", steps, batch, columns), columns)
        self._states = padded_rows("states", steps + 1, batch)
        self._d_states = padded_rows("d_states", steps + 1, batch)
        self.states = self._seen(self._states, self._size)
        self.state_gradients = self._seen(self._d_states, self._size)[1:]
        self._times = new("times", steps, batch)
        self._from_input = new("from_input", steps, batch, len(self._first))
        stages = (layers, steps, batch, units)
        self._layer_sums, self._d_sums = new("sums", *stages), new("d_sums", *stages)
        drops, minimal = self.settings.dropout_ratio > 0, self.settings.minimal
        copies = self._activation.keeps_input or drops
        self._layer_outputs = self._copies = new("outputs", *stages) if copies else self._layer_sums
        self._drops = new("drops", *stages) if drops else self._layer_sums
        self._head_values = padded_rows("heads", steps, 2 if minimal else 3, batch)
        chunk = steps
        if batch > 1 and layers:
            chunk = min(steps, max(1, _ROWS_AT_ONCE // batch))
        self._d_heads = padded_rows("d_heads", self._parts, chunk * batch)
        names = ("rate", "goal", "d_goal", "d_rate")
        self._solution = [padded_rows(name, batch if minimal else 1) for name in names]
        if self.memory is not None:
            self.memory.reshape(steps, batch)
        self._kept = self._states if self.memory is None else self.memory.kept

    def _padded_rows(self, name: str, *shape: int) -> np.ndarray:
        """Return an array with rows of P numbers, 0 beyond H."""
        array = self._arrays.array(name, *shape, padded(self._size))
        array[..., self._size :] = 0
        return array

    def _seen(self, array: np.ndarray, features: int) -> np.ndarray:
        """Return an array (steps, N, P) as the layer sees it: (steps, features, N), without N where it is 1."""
        array = array[..., :features]
        return array[:, 0] if self.batch == 1 else array.transpose(0, 2, 1)

    def _rows(self, seen: Any) -> np.ndarray:
        """Return what the layer sees as (steps N, features)."""
        array = seen[:, None] if self.batch == 1 else seen.transpose(0, 2, 1)
        return array.reshape(self.steps * self.batch, array.shape[2])

    # Forward.

    def _forward(self, times: Any, dropping: bool) -> None:
        self._times[...] = times
        self._dropping = dropping and self.settings.dropout_ratio > 0
        if self._dropping:
            self._draw_masks()
        # Without masks, the kernel leaves the outputs of some activations in place of their sums.
        in_place = not self._dropping and not self._activation.keeps_input
        self._layer_outputs = self._layer_sums if in_place else self._copies
        self._feed_input()
        for index, (weight, bias) in enumerate(self._stages[1:-1]):
            self._middle[index], self._middle_bias[index] = weight.data(), bias.data()
        if self.settings.minimal:
            for array, values in zip(self._solution, self._heads.solution_values(), strict=False):
                array[:, : self._size] = values
        head_weight, head_bias = self._head_arrays()
        rate, goal = self._solution[:2]
        inputs = self._rows(self.inputs)
        memory = no_memory(self.dtype) if self.memory is None else self.memory.begin_kernel(inputs)
        cfc_kernels.forward(
            self._mode, self._kind, block_width(self.batch), self._packed,
            self._first, self._middle, head_weight, self._middle_bias, head_bias.reshape(1, -1),
            self._from_input, self._times, rate, goal, self._drops, self._dropping,
            self._states, self._kept, self._layer_sums, self._layer_outputs, self._head_values,
            *memory,
        )  # fmt: skip

    def _feed_input(self) -> None:
        """Compute the input's part of the first stage for all steps at once."""
        matrix, flat = self._matrix(0), self._from_input.reshape(-1, self._from_input.shape[2])
        np.copyto(self._first, matrix[:, self.columns :])
        np.dot(self._rows(self.inputs), matrix[:, : self.columns].T, flat)
        flat += self._stages[0][1].data()

    def _head_arrays(self) -> tuple[np.ndarray, np.ndarray]:
        """Return weight and bias of the heads; without a backbone, they are the first stage, and these are not used."""
        if not self._layers:
            return self._of_heads, self._of_head_bias
        return self._heads.weight.data(), self._heads.bias.data()

    def _draw_masks(self) -> None:
        """Draw the masks as the plain cell does, so that the same seed gives the same ones."""
        shape = (
            (self.steps, self._units) if self.batch == 1 else (self.steps, self._units, self.batch)
        )
        self._masks = [np.empty(shape, self.dtype) for _ in range(self._layers)]
        super()._draw_masks()
        for mask, drops in zip(self._masks, self._drops, strict=True):
            self._seen(drops, self._units)[...] = mask

    # Backward.

    def backward(self, state_gradients: Any, learns: bool = True) -> None:
        """Backpropagate ``state_gradients`` through time, as the plain cell does."""
        if state_gradients is not self.state_gradients:
            self.state_gradients[...] = state_gradients
        self._d_states[0] = 0
        # The largest of the gradients, of the heads' weights, is added to the blobs by the kernel itself.
        of_heads = self._heads.weight.diff() if self._layers and learns else None
        self._heads_are_added = of_heads is not None
        of_heads = self._of_heads if of_heads is None else of_heads
        _, goal, d_goal, d_rate = self._solution
        self._of_heads.fill(0)
        own = (self._of_first, self._of_middle, self._of_middle_bias, self._of_head_bias)
        for array in (*own, d_goal, d_rate):
            array.fill(0)
        memory = no_memory(self.dtype) if self.memory is None else self.memory.begin_back()
        cfc_kernels.backward(
            self._mode, self._kind, learns,
            self._first, self._middle, self._head_arrays()[0], self._times, goal,
            self._drops, self._dropping, self._kept, self._layer_sums, self._layer_outputs,
            self._head_values, self._d_states, self._d_sums, self._d_heads, d_goal, d_rate,
            self._of_first, self._of_middle, of_heads, self._of_middle_bias, self._of_head_bias,
            *memory,
        )  # fmt: skip
        if learns:
            with threads_for(self._largest * self.batch):
                self._weight_gradients()

    @property
    def initial_state_gradient(self) -> Any:
        """dL/d(states[0]) after :meth:`backward`, (hidden, batch)."""
        return self._seen(self._d_states[:1], self._size)[0]

    def _first_gradients(self) -> list[tuple[slice, np.ndarray]]:
        """Return the gradients of the first stage's sums, (steps N, rows), part by part with their rows."""
        if self._layers:
            return [(slice(None), self._d_sums[0].reshape(-1, self._units))]
        size = self._size
        return [
            (slice(part * size, (part + 1) * size), self._d_heads[part][:, :size])
            for part in range(self._parts)
        ]

    def _weight_gradients(self) -> None:
        """Add what the kernel has summed up, and the share of the input's columns, to the blobs."""
        inputs = self._rows(self.inputs)
        weight, bias = self._stages[0]
        total = self._products.matrix(weight.shape, "first")
        total[:, self.columns :] = self._of_first
        for rows, gradient in self._first_gradients():
            np.dot(gradient.T, inputs, self._of_input[rows])
        total[:, : self.columns] = self._of_input
        if self._sparsity is not None:
            total *= self._sparsity
        weight.add_diff(total)
        bias.add_diff(self._of_middle_bias[0] if self._layers else self._of_head_bias)
        for index, (weight, bias) in enumerate(self._stages[1:-1]):
            weight.add_diff(self._of_middle[index])
            bias.add_diff(self._of_middle_bias[index + 1])
        if self._layers:
            if not self._heads_are_added:
                self._heads.weight.add_diff(self._of_heads)
            self._heads.bias.add_diff(self._of_head_bias)
        if self.settings.minimal:
            of_goal, of_rate = (array[:, : self._size].sum(axis=0) for array in self._solution[2:])
            self._heads.add_solution_gradients(of_goal, of_rate)
        if self.memory is not None:
            states = self._states[:-1].reshape(-1, self._states.shape[2])[:, : self._size]
            self.memory.add_gradients(inputs, states)

    def input_gradients(self) -> Any:
        """Return dL/d(inputs), (steps, columns, batch), after :meth:`backward`."""
        of_input = self._matrix(0)[:, : self.columns]
        total: Any = 0
        for rows, gradient in self._first_gradients():
            total = total + np.dot(gradient, of_input[rows])
        if self.memory is not None:
            total += self.memory.input_gradients()
        return self._seen(total.reshape(self.steps, self.batch, self.columns), self.columns)

    def time_gradients(self) -> Any:
        """Return dL/d(times), (steps, batch), after :meth:`backward`."""
        total = np.zeros((self.steps, self.batch), self.dtype)
        rate, goal = self._solution[:2]
        slopes = rate[None] if self.settings.minimal else self._time_sums()
        cfc_kernels.time_gradients(
            self._mode, self._head_values, self._d_states, slopes, goal, self._times, total
        )
        return total

    def _time_sums(self) -> np.ndarray:
        """Return the sums of the head time_a, (steps, N, H): the sweep does not keep them."""
        rows = slice(3 * self._size, 4 * self._size)
        weight, bias = self._heads.weight.data()[rows], self._heads.bias.data()[rows]
        if self._layers:
            sums = np.dot(self._layer_outputs[-1], weight.T) + bias
        else:
            before = self._kept[: self.steps, :, : self._size]
            sums = np.dot(before, weight[:, self.columns :].T) + self._from_input[..., rows]
        return np.ascontiguousarray(sums)

    def time_scales(self) -> TimeScales:
        """Return the neurons' time constants, after :meth:`forward` of a batch of one."""
        kept = self._head_values[:, :, 0, : self._size]
        if self.settings.minimal:
            return solution_time_scales(kept[:, 0], kept[:, 1], self._solution[0][0, : self._size])
        return gate_time_scales(self._time_sums()[:, 0], kept[:, 2])
