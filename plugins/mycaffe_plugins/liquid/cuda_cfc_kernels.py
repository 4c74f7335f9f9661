"""CfcKernels: the compiled kernels of a CfC cell for one batch size, and how they are launched."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.cuda import KernelUnavailable, address_of, cuda_module, read_source
from mycaffe_py.device import Device

from .cuda_cfc_arguments import InputArguments, LayoutArguments, OuterProblem, argument_types
from .cuda_cfc_plan import COOPERATIVE, CfcPlan, CfcShape

SOURCE = Path(__file__).with_name("cfc_kernels.cu")

# As in cfc_products.cuh.
_THREADS, _TILE, _PARTIALS_OF_TILE = 256, 32, 2048
_TERMS_EACH = 128
"""Terms of a weight gradient that a block adds before others share the work."""


class CfcKernels:
    """The kernels for a shape, a plan and a batch. Raises KernelUnavailable if they cannot be used on the device."""

    def __init__(self, device: Device, shape: CfcShape, plan: CfcPlan, batch: int):
        self._device, self.shape, self.plan, self.batch = device, shape, plan, batch
        self._module = cuda_module(device, read_source(SOURCE), plan.macros(shape, batch))
        self.argument_type, self._outer_type = argument_types(shape.layers)
        forward_bytes, backward_bytes, outer_bytes = self._shared_bytes()
        kernel, threads = self._module.kernel, plan.threads
        self._forward = kernel("cfc_forward", threads, forward_bytes, plan.cluster)
        self._backward = kernel("cfc_backward", threads, backward_bytes, plan.cluster)
        self._from_input = kernel("cfc_from_input", _THREADS)
        self._outer = kernel("cfc_weight_gradients", _THREADS, outer_bytes)
        self._add_partials = kernel("cfc_add_partials", _THREADS)
        self._partials: Any = None
        groups = -(-batch // plan.tile)
        self.teams = groups if plan.sync != COOPERATIVE else min(groups, self._resident_teams())
        self._exchange, self._rounds = self._new_exchange()
        self.proven = False
        """Whether a pass on this device has been compared with the plain path's."""

    def _shared_bytes(self) -> list[int]:
        """Return the shared memory of the forward, backward and weight-gradient kernels."""
        sizes = self._device.xp.zeros(6, dtype=np.int32)
        kernel = self._module.kernel("cfc_layout", 32)
        kernel.launch(1, LayoutArguments(address_of(sizes)))
        found = [int(size) for size in self._device.to_host(sizes)]
        structs: list[Any] = [self.argument_type, InputArguments, self._outer_type]
        if found[3:] != [ctypes.sizeof(struct) for struct in structs]:
            raise KernelUnavailable("the compiler lays out the kernels' arguments otherwise")
        return found[:3]

    def _resident_teams(self) -> int:
        """Return how many teams can run at the same time in a cooperative launch."""
        blocks = min(self._forward.resident_blocks(), self._backward.resident_blocks())
        if blocks < self.plan.parts:
            raise KernelUnavailable(f"{self.plan.parts} blocks do not run at the same time")
        return blocks // self.plan.parts

    def _new_exchange(self) -> tuple[Any, Any]:
        """Return the words through which blocks exchange and the count of rounds; None if they have no need of it."""
        if self.plan.sync != COOPERATIVE:
            return None, None
        plan, shape, zeros = self.plan, self.shape, self._device.xp.zeros
        words = 2 * plan.parts * plan.tile * shape.units * shape.itemsize // 4
        return zeros(self.teams * words, dtype=np.uint64), zeros(self.teams, dtype=np.uint64)

    # Launches, in the current stream.

    def _recur(self, kernel: Any, arguments: ctypes.Structure) -> None:
        kernel.launch(self.teams * self.plan.parts, arguments, self.plan.sync == COOPERATIVE)

    def new_arguments(self) -> Any:
        """Return the struct of forward and backward pass, with what does not change filled in."""
        arguments: Any = self.argument_type()
        arguments.exchange = address_of(self._exchange)
        arguments.rounds = address_of(self._rounds)
        return arguments

    def forward(self, arguments: ctypes.Structure) -> None:
        """Run the loop over time."""
        self._recur(self._forward, arguments)

    def backward(self, arguments: ctypes.Structure) -> None:
        """Run the loop over time backwards."""
        self._recur(self._backward, arguments)

    def from_input(self, weight: Any, bias: Any, inputs: Any, out: Any) -> None:
        """Write the input's share of the first sums, (steps, rows, batch).

        Weight is (rows, columns of the inputs and of the state), inputs (steps, columns, batch).
        """
        steps, columns = inputs.shape[:2]
        rows, stride = weight.shape
        count = steps * rows * self.batch
        self._from_input.launch(
            -(-count // _THREADS),
            InputArguments(
                *map(address_of, (weight, bias, inputs, out)),
                steps, self.batch, rows, columns, stride,
            ),
        )  # fmt: skip

    def weight_gradients(self, steps: int, problems: Sequence[OuterProblem]) -> None:
        """Add products of all steps to the problems' matrices, in one launch or two."""
        tiles = 0
        for problem in problems:
            problem.first_tile = tiles
            tiles += -(-problem.row_count // _TILE) * -(-problem.column_count // _TILE)
        terms = steps * self.batch
        splits = max(
            1, min(-(-terms // _TERMS_EACH), 8 * self._module.chip.processors // max(tiles, 1))
        )
        each = -(-terms // splits)
        splits = -(-terms // each)
        arguments: Any = self._outer_type(steps, self.batch, len(problems), tiles, splits, each)
        arguments.problems[: len(problems)] = problems
        if splits > 1:
            arguments.partials = address_of(self._scratch(splits * tiles * _PARTIALS_OF_TILE))
        self._outer.launch(tiles * splits, arguments)
        if splits > 1:
            self._add_partials.launch(tiles, arguments)

    def _scratch(self, count: int) -> Any:
        if self._partials is None or self._partials.size < count:
            dtype = np.float32 if self.shape.itemsize == 4 else np.float64
            self._partials = self._device.xp.empty(count, dtype=dtype)
        return self._partials
