"""The base class of LSTM and RNN: shapes, weights, the loop over the steps and backpropagation through time.

Arrays are feature-major, (steps, features, sequences), so that a step is a product ``W @ h`` and every gate is
contiguous in memory. The input's share of the sums is one product for all steps, and so are the weight gradients.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.compiled import in_use
from mycaffe_py.device import threads_for
from mycaffe_py.errors import SnapshotError
from mycaffe_py.layer import (
    Cost,
    Layer,
    LayerContext,
    Work,
    given_filler,
    positive_setting,
    product,
    recurrent,
)
from mycaffe_py.stored import Stored

from .recurrent_shapes import check_axes, check_shapes

if TYPE_CHECKING:
    from .compiled_sequence import CompiledSequence

_CACHED = 3 << 19
"""Bytes of weights up to which compiled kernels pay: larger ones do not stay in a core's cache, and BLAS is as fast."""
_INPUT_SHARE = 4
"""W_x counts as many times: the plain code multiplies it with all steps at once."""


class RecurrentLayer(Layer):
    """Base of the layers over sequences.

    A subclass names the parts of its state, h first, creates its weights in ``add_hidden_blobs`` and its arrays
    in ``allocate``, and computes in ``step``, ``read_out``, ``derive`` and ``step_back``. It reads
    ``initial_states[t]``, the initial state of step t, and writes ``states[t + 1]`` from ``sums[t]``, which is
    W_x x_t + b + W_h h. In backward it writes ``sum_gradients[t]``.
    """

    recordable = True

    group = "dense"
    parameters = ("recurrent_param",)
    min_bottom_blobs = 2
    min_top_blobs = 1
    allows_in_place = False
    steps_first = True
    state_names: ClassVar[tuple[str, ...]]
    gates: ClassVar[int]
    """Number of sums for each element of the state."""
    operations: ClassVar[int]
    """Operations for each element of the state and step, besides the products."""
    input_letter: ClassVar[str]
    """The ending of Caffe's names of the input's weights: W_x?, b_?."""

    def __init__(self, param: Any, context: LayerContext):
        super().__init__(param, context)
        self.exposed = param.recurrent_param.expose_hidden
        parts = len(self.state_names) if self.exposed else 0
        self.min_bottom_blobs, self.max_bottom_blobs = 2 + parts, 3 + parts
        self.exact_num_top_blobs = 1 + parts

    # What a subclass defines.

    def add_hidden_blobs(self) -> Blob:
        """Create the weights after the input's and return W_h."""
        raise TypeError(f"layer type {self.type} does not define add_hidden_blobs()")

    def allocate(self) -> None:
        """Allocate the arrays used by ``step`` and the other methods."""

    def step(self, t: int) -> None:
        """Compute ``states[t + 1]`` from ``sums[t]`` and ``initial_states[t]``."""
        raise TypeError(f"layer type {self.type} does not define step()")

    def read_out(self, out: Any) -> None:
        """Write the output of all steps, a view (T, H, N) of the top."""
        raise TypeError(f"layer type {self.type} does not define read_out()")

    def derive(self, dy: Any, out: Any) -> None:
        """Turn the output's gradient ``dy`` into that of h_t, ``out``, both (T, H, N), and prepare ``step_back``."""
        raise TypeError(f"layer type {self.type} does not define derive()")

    def step_back(self, t: int, gradients: list[Any]) -> None:
        """Write ``sum_gradients[t]`` from the gradients of the parts of ``states[t + 1]``.

        Those of the parts after h become the gradients of ``initial_states[t]``.
        """
        raise TypeError(f"layer type {self.type} does not define step_back()")

    def add_other_gradients(self) -> None:
        """Add the gradients of the weights beyond W_x, b, W_x_static and W_h."""

    def other_products(self, samples: int) -> tuple[Work, ...]:
        """Return the work of products with weights beyond these, for that many steps of sequences."""
        return ()

    def compiled_sequence(self) -> CompiledSequence:
        """Return what runs the layer with compiled kernels, in place of the methods above but the first."""
        raise TypeError(f"layer type {self.type} does not define compiled_sequence()")

    # Setup.

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Create the weights; steps and features are fixed from here on."""
        self.size = positive_setting(self, "recurrent_param", "num_output")
        self.rows = self.gates * self.size
        self.static = len(bottom) == self.max_bottom_blobs
        check_axes(self, bottom)
        self.steps, self.batch = bottom[0].shape[0], -1
        self.inputs = bottom[0].count_axes(2)
        letter = self.input_letter
        self.input_weight = self.add_weight((self.rows, self.inputs), f"W_x{letter}")
        self.bias = self.add_bias(self.rows, f"b_{letter}")
        if self.static:
            features = bottom[2].count_axes(1)
            self.static_weight = self.add_weight((self.rows, features), f"W_x{letter}_static")
        self.hidden_weight = self.add_hidden_blobs()
        weights = self.rows * (self.size + _INPUT_SHARE * self.inputs)
        small = weights * np.dtype(self.dtype).itemsize <= _CACHED
        self.compiled = self.compiled_sequence() if small and in_use(self.device) else None
        self._products = {
            blob.name: Blob(blob.shape, device=self.device, dtype=self.dtype) for blob in self.blobs
        }

    def carried_states(self) -> list[tuple[int, int]]:
        """Return the parts of the last step's state and those of the initial state, if they are exposed."""
        first = 2 + self.static
        parts = len(self.state_names) if self.exposed else 0
        return [(1 + part, first + part) for part in range(parts)]

    def add_weight(self, shape: Sequence[int], name: str) -> Blob:
        """Append a weight, filled by ``weight_filler``."""
        return self.add_blob(shape, given_filler(self.param.recurrent_param, "weight_filler"), name)

    def add_bias(self, size: int, name: str) -> Blob:
        """Append a bias, filled by ``bias_filler``."""
        return self.add_blob((size,), given_filler(self.param.recurrent_param, "bias_filler"), name)

    def array(self, *shape: int) -> Any:
        """Return a new array of the layer's type."""
        return self.xp.zeros(shape, dtype=self.dtype)

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False for cont, which has no gradient."""
        return bottom_index != 1

    def trial_values(
        self, bottom_index: int, shapes: Sequence[tuple[int, ...]], rng: np.random.Generator
    ) -> np.ndarray | None:
        """Return a cont with which every sequence begins at the first step, so that no earlier state matters."""
        if bottom_index != 1:
            return None
        cont = np.ones(shapes[1])
        cont[0] = 0
        return cont

    # Shapes.

    def exposed_of(self, bottom: Sequence[Blob]) -> Sequence[Blob]:
        """Return the bottoms of the initial state, if there are any."""
        return bottom[2 + self.static :]

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check the bottoms; a change of the number of sequences clears the state."""
        check_axes(self, bottom)
        check_shapes(self, bottom)
        batch = bottom[0].shape[1]
        if batch != self.batch:
            self._allocate(batch)
        top[0].reshape(self.steps, batch, self.size)
        for blob in top[1:]:
            blob.reshape(1, batch, self.size)

    def _allocate(self, batch: int) -> None:
        self.batch = batch
        if self.compiled:
            self.states = self.compiled.reshape(batch)
            return
        parts, steps, size = len(self.state_names), self.steps, self.size
        self.states = self.array(steps + 1, parts, size, batch)
        self.initial_states = self.array(steps, parts, size, batch)
        self.sums, self.sum_gradients = (self.array(steps, self.rows, batch) for _ in range(2))
        self._columns = {
            rows: self.array(rows, steps * batch) for rows in sorted({self.rows, size})
        }
        self._others = self.array(size, steps * batch)
        self._static_shape = (batch, self.static_weight.shape[1]) if self.static else ()
        self._offset, self._product = (self.array(self.rows, batch) for _ in range(2))
        self._state_gradient = self.array(parts, size, batch)
        self._from_output = self.array(steps, size, batch)
        # Cached views: creating one takes as long as a small product.
        self._steps = list(
            zip(
                self.states, self.initial_states, self.initial_states[:, 0], self.sums, strict=False
            )
        )
        self._back_steps = list(zip(self._from_output, self.sum_gradients, strict=True))
        self._gradients = list(self._state_gradient)
        self.allocate()

    # The state.

    def reset_state(self) -> None:
        """Reset the state, as if no forward had run."""
        self.states[-1].fill(0)

    def state(self) -> Any:
        """Return the initial state of the next forward, each part (N, H); None with ``expose_hidden``."""
        if self.exposed:
            return None
        last = self.device.to_host(self.states[-1])
        return {name: values.T.copy() for name, values in zip(self.state_names, last, strict=True)}

    def load_state(self, state: Any) -> None:
        """Restore what :meth:`state` returned."""
        stored = Stored(state, f'layer "{self.name}" ({self.type})')
        parts = [stored.array(name, (None, None)) for name in self.state_names]
        if any(part.shape != parts[0].shape or not len(part) for part in parts):
            raise SnapshotError(f'layer "{self.name}" ({self.type}): the stored state is damaged')
        batch, size = parts[0].shape
        if size != self.size:
            raise SnapshotError(
                f'layer "{self.name}" ({self.type}): the stored state is {parts[0].shape}, but '
                f"num_output is {self.size} here"
            )
        if batch != self.batch:
            self._allocate(batch)
        for target, part in zip(self.states[-1], parts, strict=True):
            target[...] = self.device.asarray(part, dtype=self.dtype).T

    def _begin(self, bottom: Sequence[Blob]) -> None:
        if not self.exposed:
            self.xp.copyto(self.states[0], self.states[-1])
        for target, blob in zip(self.states[0], self.exposed_of(bottom), strict=False):
            self.xp.copyto(target, blob.data[0].T)

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of the products for all steps at once and of the steps, which read W_h again each time."""
        itemsize, samples, hidden = self.dtype.itemsize, self.steps * self.batch, self.hidden_weight
        columns, rows = self.inputs, self.rows
        from_input = product(samples, columns, rows, itemsize)
        beside = self.other_products(samples)
        if self.static:
            beside += (product(self.batch, self.static_weight.shape[1], rows, itemsize),)
        sweep = recurrent(
            hidden.count,
            rows + self.size,
            self.size * self.operations,
            self.steps,
            self.batch,
            itemsize,
        )
        back: tuple[Work, ...] = (sweep, *beside)
        if propagate_down[0]:
            back += (from_input,)
        if any(self.param_propagate_down):
            of_hidden = product(rows, samples, self.size, itemsize)
            back += (product(rows, samples, columns, itemsize), of_hidden, *beside)
        return Cost((from_input, *beside, sweep), back)

    # Forward.

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Run the steps and write the output and, with ``expose_hidden``, the last state."""
        with threads_for(self.rows * self.size * self.batch):
            self._begin(bottom)
            if self.compiled:
                self.compiled.forward(bottom, top)
            else:
                self._feed(bottom)
                self._run(bottom[1].data)
                self.read_out(top[0].data.transpose(0, 2, 1))
        for blob, part in zip(top[1:], self.states[-1], strict=False):
            self.xp.copyto(blob.data[0], part.T)

    def _feed(self, bottom: Sequence[Blob]) -> None:
        """Write the input's share of all sums."""
        xp, columns, offset = self.xp, self._columns[self.rows], self._offset
        x = bottom[0].data.reshape(-1, self.inputs)
        xp.dot(self.input_weight.data, x.T, out=columns)
        if self.static:
            static = bottom[2].data.reshape(self._static_shape)
            xp.dot(self.static_weight.data, static.T, out=offset)
            xp.add(offset, self.bias.data[:, None], out=offset)
        else:
            offset[...] = self.bias.data[:, None]
        by_step = columns.reshape(self.rows, self.steps, self.batch).transpose(1, 0, 2)
        xp.add(by_step, offset, out=self.sums)

    def _run(self, cont: Any) -> None:
        weight, product, step = self.hidden_weight.data, self._product, self.step
        dot, add, multiply = self.xp.dot, self.xp.add, self.xp.multiply
        for t, (state, initial, hidden, sums) in enumerate(self._steps):
            multiply(state, cont[t], initial)
            dot(weight, hidden, product)
            add(sums, product, sums)
            step(t)

    # Backward.

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Backpropagate through time; no gradient passes the first step or the exposed states."""
        self.refuse_gradients(propagate_down, bottom, (1,))
        with threads_for(self.rows * self.size * self.batch):
            if self.compiled:
                self.compiled.backward(top, propagate_down, bottom)
            else:
                self.derive(top[0].diff.transpose(0, 2, 1), self._from_output)
                self._run_back(bottom[1].data)
                self._propagate(bottom, propagate_down)
                self.add_other_gradients()
        exposed = zip(self.exposed_of(bottom), propagate_down[2 + self.static :], strict=True)
        for blob, wanted in exposed:
            if wanted:
                blob.diff.fill(0)

    def _run_back(self, cont: Any) -> None:
        weight, state_gradient = self.hidden_weight.data.T, self._state_gradient
        dot, add, multiply, step_back = self.xp.dot, self.xp.add, self.xp.multiply, self.step_back
        gradients = self._gradients
        hidden = gradients[0]
        state_gradient.fill(0)
        for t in range(self.steps - 1, -1, -1):
            from_output, of_sums = self._back_steps[t]
            add(hidden, from_output, hidden)
            step_back(t, gradients)
            dot(weight, of_sums, hidden)
            multiply(state_gradient, cont[t], state_gradient)

    def _propagate(self, bottom: Sequence[Blob], propagate_down: Sequence[bool]) -> None:
        """Propagate the gradients of the sums to weights and inputs."""
        xp, x = self.xp, bottom[0].data.reshape(-1, self.inputs)
        columns = self.columns(self.sum_gradients)
        self.add_product(self.input_weight, columns, x)
        self.add_sum(self.bias, columns)
        if propagate_down[0]:
            dx = bottom[0].diff.reshape(-1, self.inputs)
            xp.dot(columns.T, self.input_weight.data, out=dx)
        if self.static:
            total = self._offset
            xp.sum(self.sum_gradients, axis=0, out=total)
            self.add_product(self.static_weight, total, bottom[2].data.reshape(self._static_shape))
            if propagate_down[2]:
                dx = bottom[2].diff.reshape(self._static_shape)
                xp.dot(total.T, self.static_weight.data, out=dx)
        self.add_product(
            self.hidden_weight, columns, self.columns(self.initial_states[:, 0], True).T
        )

    def columns(self, array: Any, other: bool = False) -> Any:
        """Return (steps, rows, sequences) as (rows, steps * sequences); valid until the next call.

        ``other`` uses a second buffer, for the right factor of a product.
        """
        rows = array.shape[1]
        out = self._others if other else self._columns[rows]
        by_step = array.transpose(1, 0, 2)
        self.xp.copyto(out.reshape(rows, self.steps, self.batch), by_step)
        return out

    def add_product(self, blob: Blob, left: Any, right: Any) -> None:
        """Add ``left @ right`` to a weight's diff, if it learns."""
        if self.learns(blob):
            product, diff = self._products[blob.name].data, blob.diff
            self.xp.dot(left, right, out=product)
            self.xp.add(diff, product, out=diff)

    def add_sum(self, blob: Blob, columns: Any) -> None:
        """Add the sum over steps and sequences to a bias's diff, if it learns."""
        if self.learns(blob):
            total, diff = self._products[blob.name].data, blob.diff
            self.xp.sum(columns, axis=1, out=total)
            self.xp.add(diff, total, out=diff)

    def learns(self, blob: Blob) -> bool:
        """Whether the gradient of a weight is wanted."""
        return self.param_propagate_down[self.blobs.index(blob)]
