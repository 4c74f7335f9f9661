"""CudaCfcCell: a CfC cell whose loop over time is one kernel forward and one backward."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.cuda import KernelUnavailable, address_of, chip_of, kernels_wanted
from mycaffe_py.device import Device

from .cfc_cell import CfcCell
from .cfc_settings import CfcBlobs, CfcSettings
from .cuda_cfc_arguments import OuterProblem
from .cuda_cfc_kernels import CfcKernels
from .cuda_cfc_plan import CfcPlan, CfcShape, plans
from .cuda_proof import difference
from .memory import Memory

_Kernels = CfcKernels | None


def shape_of(settings: CfcSettings, dtype: Any, memory: bool = False) -> CfcShape:
    """Return what the kernels of a cell have compiled in."""
    mode = "minimal" if settings.minimal else "no_gate" if settings.no_gate else "gate"
    return CfcShape(
        hidden=settings.hidden_size,
        units=settings.backbone_units,
        layers=settings.backbone_layers,
        mode=mode,
        activation=settings.activation.__name__,
        itemsize=dtype.itemsize,
        dropout=settings.dropout_ratio > 0 and settings.backbone_layers > 0,
        memory=memory,
    )


def has_kernels(device: Device, settings: CfcSettings, dtype: Any, memory: bool = False) -> bool:
    """Whether a cell with these settings, with or without a mixed memory, can be run by kernels on a device."""
    shape = shape_of(settings, dtype)
    has_backbone = shape.layers > 0
    return kernels_wanted(device) and shape.fits() and (has_backbone or not memory)


class CudaCfcCell(CfcCell):
    """A CfC cell on a GPU, with the plain one's buffers: what follows from them is computed by the plain one's code.

    The kernels are chosen for each batch size: the first plan that can be compiled and launched, and whose first pass
    agrees with the plain one's. If there is none, ``warn`` is called once and the plain cell runs.
    """

    def __init__(
        self,
        settings: CfcSettings,
        blobs: Sequence[Blob],
        where: CfcBlobs,
        device: Device,
        warn: Callable[[str], None],
        sparsity: Any = None,
        memory: Memory | None = None,
    ):
        super().__init__(settings, blobs, where, device, sparsity, memory)
        self._kernel_shape = shape_of(settings, self.dtype, memory is not None)
        self._warn = warn
        self._found: dict[int, _Kernels] = {}
        self._running: _Kernels = None
        self._arguments: Any = None
        self._refused: dict[tuple[int, CfcPlan], str] = {}
        self._warned = False

    def reshape(self, steps: int, batch: int, columns: int) -> None:
        """Allocate the buffers for a sequence of inputs (steps, columns, batch)."""
        super().reshape(steps, batch, columns)
        array, settings = self._buffers.array, self.settings
        layers = range(settings.backbone_layers)
        units = settings.backbone_units
        self._slopes = [array(f"slopes{index}", steps, units) for index in layers]

    # Which kernels.

    def _kernels(self) -> _Kernels:
        """Return kernels for the batch that have proven themselves, or are to do so; None for the plain path."""
        if not self._kernel_shape.indices_fit(self.steps, self.batch, self.columns):
            return None
        if self.batch not in self._found:
            self._found[self.batch] = self._search()
        return self._found[self.batch]

    def _search(self) -> _Kernels:
        """Return the kernels of the first plan that compiles and was not refused."""
        for plan in plans(chip_of(self.device), self._kernel_shape, self.batch):
            if (self.batch, plan) in self._refused:
                continue
            try:
                return CfcKernels(self.device, self._kernel_shape, plan, self.batch)
            except KernelUnavailable as error:
                self._refused[self.batch, plan] = str(error)
        if self._refused and not self._warned:
            self._warned = True
            reasons = "; ".join(dict.fromkeys(self._refused.values()))
            self._warn(f"its CUDA kernels are not used, the slower CuPy path is: {reasons}")
        return None

    @property
    def is_proven(self) -> bool:
        """Whether the last pass was run as all later ones will be."""
        if self._running is None:
            return self._found.get(self.batch) is None
        return bool(self._running.proven)

    # The passes.

    def _run_steps(self) -> None:
        self._running = self._kernels()
        while self._running is not None and not self._running.proven:
            why = self._try(self._running)
            if (
                why is None
            ):  # nothing to compare with: the plain path now, and another try with the next pass
                self._running = None
            elif why:
                self._refused[self.batch, self._running.plan] = why
                self._running = self._found[self.batch] = self._search()
            else:
                self._running.proven = True
        if self._running is None:
            super()._run_steps()
        else:
            self._run_kernels(self._running)

    def _try(self, kernels: CfcKernels) -> str | None:
        """Run this pass by the plain path and by kernels; return as :func:`difference`, or why they cannot run."""
        from_above = self.xp.ones_like(self.states[1:])

        def results() -> list[Any]:
            gradients = [self._state_gradient, *self._stage_gradients()]
            if self.memory is not None:
                gradients += list(self.memory.arrays().values())
            return [self.device.to_host(array).copy() for array in (self.states, *gradients)]

        super()._run_steps()
        super()._backward(from_above)
        plain = results()
        try:
            self._run_kernels(kernels)
            self._run_back(kernels, from_above)
            own = results()
        except Exception as error:  # of the driver: there are many kinds
            return f"they cannot be launched: {error}"
        return difference(plain, own)

    def _run_kernels(self, kernels: CfcKernels) -> None:
        first = self._stages[0][0].data() if self._sparsity is None else self._matrix(0)
        kernels.from_input(first, self._stages[0][1].data(), self.inputs, self._from_input)
        self._arguments = self._fill(kernels, first)
        if self.memory is not None:
            self.memory.begin(self.inputs)
            for name, array in self.memory.arrays().items():
                setattr(self._arguments, name, address_of(array))
        kernels.forward(self._arguments)

    def _fill(self, kernels: CfcKernels, first: Any) -> Any:
        """Return the struct of forward and backward pass."""
        arguments, layers = kernels.new_arguments(), self.settings.backbone_layers
        arguments.steps, arguments.batch = self.steps, self.batch
        arguments.first_stride = first.shape[1]
        arguments.first = address_of(first, self.columns)
        if layers:
            heads, bias = self._stages[-1]
            self._head_weight, self._head_bias = heads.data(), bias.data()  # kept alive
            arguments.heads = address_of(self._head_weight)
            arguments.head_bias = address_of(self._head_bias)
            arguments.heads_stride = heads.shape[1]
        else:
            arguments.heads, arguments.heads_stride = arguments.first, first.shape[1]
        for index in range(layers):
            if index:
                weight, bias = self._stages[index]
                arguments.middle[index] = address_of(weight.data())
                arguments.middle_bias[index] = address_of(bias.data())
            arguments.masks[index] = address_of(self._masks[index] if self._dropping else None)
            arguments.outputs[index] = address_of(self._outputs[index])
            arguments.slopes[index] = address_of(self._slopes[index])
            arguments.units[index] = address_of(self._unit_gradients[index])
        for name, blob in zip(("w_tau", "a"), self._heads.solution, strict=False):
            setattr(arguments, name, address_of(blob.data))
        array, size = self._buffers.array, self.settings.hidden_size
        if self._heads.solution:
            arguments.decays = address_of(array("decays", self.steps, size))
        arguments.from_input = address_of(self._from_input)
        arguments.times = address_of(self.times)
        arguments.states = address_of(self.states)
        arguments.sums = address_of(self._heads.sums)
        arguments.gradients = address_of(self._heads.gradients)
        arguments.state_gradient = address_of(self._state_gradient)
        return arguments

    def _backward(self, state_gradients: Any) -> None:
        if self._running is None:
            super()._backward(state_gradients)
        else:
            self._run_back(self._running, state_gradients)

    def _run_back(self, kernels: CfcKernels, state_gradients: Any) -> None:
        self._from_above = self.xp.ascontiguousarray(state_gradients)  # kept alive
        self._arguments.from_above = address_of(self._from_above)
        if self.memory is not None:
            self.memory.take_from_above()
        kernels.backward(self._arguments)

    def _weight_gradients(self) -> None:
        if self._running is None:
            super()._weight_gradients()
            return
        problems, beside = [], []
        for index, (weight, bias) in enumerate(self._stages):
            matrix, vector = weight.diff(), bias.diff()
            if (
                matrix is None or vector is None
            ):  # not side by side: added up here, then distributed
                matrix = self.xp.zeros(weight.shape, dtype=self.dtype)
                vector = self.xp.zeros(bias.shape, dtype=self.dtype)
                beside.append((weight, matrix, bias, vector))
            problems += self._problems(index, matrix, vector)
        self._running.weight_gradients(self.steps, problems)
        for weight, matrix, bias, vector in beside:
            weight.add_diff(matrix)
            bias.add_diff(vector)
        self._heads.add_own_gradients()
        if self.memory is not None:
            self.memory.add_gradients(self.inputs, self.states[:-1])

    def _problems(self, index: int, matrix: Any, vector: Any) -> list[OuterProblem]:
        """Return the products that a stage's gradients are the sums of."""
        gradients = self._stage_gradients()[index]
        rows, stride = matrix.shape
        step = gradients.strides[0] // (gradients.itemsize * self.batch)
        keep = self._sparsity if index == len(self._stages) - 1 else None

        def problem(columns: Any, first_column: int, bias: Any) -> OuterProblem:
            return OuterProblem(
                rows=address_of(gradients),
                columns=address_of(columns),
                keep=address_of(keep, first_column),
                out=address_of(matrix, first_column),
                bias=address_of(bias),
                row_count=rows,
                row_step=step,
                column_count=columns.shape[1],
                out_stride=stride,
            )

        if index:
            return [problem(self._outputs[index - 1], 0, vector)]
        if not self.columns:
            return [problem(self._before, 0, vector)]
        return [problem(self.inputs, 0, vector), problem(self._before, self.columns, None)]
