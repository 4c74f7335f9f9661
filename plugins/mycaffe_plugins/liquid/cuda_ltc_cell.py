"""CudaLtcCell: an LTC cell whose loops over time and unfolds are one kernel forward and one backward."""

from __future__ import annotations

from typing import Any

from mycaffe_py.cuda import KernelUnavailable, address_of, kernels_wanted
from mycaffe_py.device import Device
from mycaffe_py.layer import Layer

from .cuda_ltc_kernels import LtcArguments, LtcKernels, most_neurons
from .cuda_proof import difference
from .ltc_cell import LtcCell
from .ltc_settings import LtcBlobs

_INDEX_LIMIT = 2**31


def has_kernels(device: Device, neurons: int, dtype: Any) -> bool:
    """Whether a cell of that many neurons can be run by kernels on a device."""
    return kernels_wanted(device) and neurons <= most_neurons(dtype.itemsize)


class CudaLtcCell(LtcCell):
    """An LTC cell on a GPU, with the plain one's buffers: what follows from them is computed by the plain one's code.

    The first pass is compared with the plain one's. If the kernels cannot be compiled or launched, or do not agree,
    the layer warns once and the plain cell runs.
    """

    def __init__(self, layer: Layer, blobs: LtcBlobs):
        super().__init__(layer, blobs)
        self._kernels: LtcKernels | None = None
        self._running: LtcKernels | None = None
        self._arguments = LtcArguments()
        try:
            self._kernels = LtcKernels(self.device, self.state_size, self.dtype)
        except KernelUnavailable as error:
            self._give_up(str(error))

    def _give_up(self, why: str) -> None:
        self._kernels = None
        self._layer.warn(f"its CUDA kernels are not used, the slower CuPy path is: {why}")

    @property
    def is_proven(self) -> bool:
        """Whether the last pass was run as all later ones will be."""
        return self._kernels is None or bool(self._running is not None and self._running.proven)

    def _fits(self) -> bool:
        """Whether the largest array can be indexed with 32 bits."""
        each = self.batch * self.state_size * self.settings.unfolds
        return (self.steps + 1) * max(2, each) < _INDEX_LIMIT

    # The passes.

    def _run(self) -> None:
        self._running = self._kernels if self._fits() else None
        if self._running is not None and not self._running.proven:
            self._prove(self._running)
        if self._running is None:
            super()._run()
        else:
            self._run_kernels(self._running)

    def _prove(self, kernels: LtcKernels) -> None:
        """Run this pass by the plain path and by kernels, and compare; without agreement the plain path runs."""
        from_above = self.xp.ones_like(self._states[1:])
        self._of_cm.fill(0)
        self._state_gradient.fill(0)
        self._synapses.start_backward()
        super()._run()
        super()._run_back(from_above, True)
        plain = self._results()
        self._state_gradient.fill(0)
        try:
            self._run_kernels(kernels)
            self._run_back_kernels(kernels, from_above)
            why = difference(plain, self._results())
        except Exception as error:  # of the driver: there are many kinds
            why = f"they cannot be launched: {error}"
        if why == "":
            kernels.proven = True
            return
        self._running = None
        if why is not None:
            self._give_up(why)

    def _results(self) -> list[Any]:
        arrays = (
            self._states, self._state_gradient, self._leak_gradient, self._time_gradient, self._of_cm,
            *self._synapses.sums(),
        )  # fmt: skip
        return [self.device.to_host(array).copy() for array in arrays]

    def _run_kernels(self, kernels: LtcKernels) -> None:
        arguments, (affine, weights) = self._arguments, self._synapses.prepared
        arguments.steps, arguments.batch = self.steps, self.batch
        arguments.unfolds = self.settings.unfolds
        self._contiguous = [
            self.xp.ascontiguousarray(array) for array in (affine, weights, self._cm)
        ]
        arguments.affine, arguments.weights, arguments.cm = map(address_of, self._contiguous)
        for name, array in (
            ("leak", self._leak),
            ("capacity_factor", self._capacity_factor),
            ("rate_factor", self._rate_factor),
            ("states", self._states),
            ("between", self._between),
            ("rates", self._rates),
            ("inverses", self._inverses),
            ("leak_gradient", self._leak_gradient),
            ("time_gradient", self._time_gradient),
            ("of_cm", self._of_cm),
            ("state_gradient", self._state_gradient),
        ):
            setattr(arguments, name, address_of(array))
        kernels.forward(arguments)

    def _run_back(self, given: Any, learns: bool) -> None:
        if self._running is None:
            super()._run_back(given, learns)
        else:
            self._run_back_kernels(self._running, given)

    def _run_back_kernels(self, kernels: LtcKernels, given: Any) -> None:
        self._from_above = self.xp.ascontiguousarray(given)  # kept alive
        self._arguments.from_above = address_of(self._from_above)
        self._synapses.take_sums(*kernels.backward(self._arguments))
