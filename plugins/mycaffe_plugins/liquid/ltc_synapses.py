"""The synapses of an LTC cell: flow, conductance and gradients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.device import Device

from .flat_buffers import FlatBuffers
from .ltc_settings import SynapseBlobs

# Size in bytes of a working array on a device whose cache size does not matter.
_MAX_BYTES = 1 << 26


class Synapses:
    """All synapses from I source neurons to J target neurons.

    The synapse from i to j lets g_ij = w_ij sigmoid(sigma_ij (v_i - mu_ij)) through, for a potential v_i of its
    source. A target receives sum_i g_ij erev_ij, the flow, and sum_i g_ij, the conductance.

    With th_ij = tanh(sigma_ij (v_i - mu_ij) / 2), g_ij = w_ij (1 + th_ij) / 2. The share of the ones does not
    depend on v: it is ``constant``, and :meth:`forward` gives the share of th. Most of the work is the arrays of
    I x J x batch th. To stay in the processor's cache, they are computed for a group of targets at a time and not
    kept: :meth:`backward` computes them again. All sums are matrix products.
    """

    def __init__(self, blobs: SynapseBlobs, device: Device):
        self.blobs, self.device, self.xp = blobs, device, device.xp
        self.dtype = blobs.w.dtype
        self.sources, self.targets = blobs.w.shape
        xp, sources, targets = self.xp, self.sources, self.targets
        # sigma / 2 and -sigma mu / 2; w erev / 2 and w / 2.
        self._affine = xp.empty((sources, targets, 2), dtype=self.dtype)
        self._weights = xp.empty((targets, 2, sources), dtype=self.dtype)
        self._weights_back = xp.empty((targets, sources, 2), dtype=self.dtype)
        self._slopes = xp.empty((sources, 1, targets), dtype=self.dtype)
        self.constant = xp.empty((targets, 2), dtype=self.dtype)
        """(J, 2): flow and conductance of each target where th is 0."""
        self._affine_sums, self._affine_products = (xp.zeros_like(self._affine) for _ in range(2))
        self._weight_sums, self._weight_products = (
            xp.zeros_like(self._weights_back) for _ in range(2)
        )
        self._buffers = FlatBuffers(xp, self.dtype)
        self._batch = 0

    def reshape(self, batch: int) -> None:
        """Allocate the buffers for ``batch`` columns of potentials."""
        if batch == self._batch:
            return
        self._batch = batch
        sources, targets = self.sources, self.targets
        row = max(1, sources * batch * self.dtype.itemsize)
        rows = min(targets, max(1, (self.device.cache_bytes or _MAX_BYTES) // row))
        buffers = self._buffers
        self._augmented = buffers.array("augmented", sources, 2, batch)
        self._augmented[:, 1] = 1
        self._received = buffers.array("received", sources, 1, batch)
        self._parts = []
        for start in range(0, targets, rows):
            part = slice(start, min(start + rows, targets))
            shape = (sources, part.stop - part.start, batch)
            self._parts.append((part, *buffers.arrays("th gradient", *shape)))

    def prepare(self) -> None:
        """Compute everything that depends on the current weights alone."""
        xp, blobs = self.xp, self.blobs
        sigma, half = blobs.sigma.data, self._affine[:, :, 0]
        xp.multiply(sigma, 0.5, out=half)
        self._slopes[:, 0] = half
        xp.multiply(half, blobs.mu.data, out=self._affine[:, :, 1])
        xp.negative(self._affine[:, :, 1], out=self._affine[:, :, 1])
        self._used = blobs.w.used()
        self._weights[:, 1] = self._used.T
        xp.multiply(self._weights[:, 1], blobs.erev.data.T, out=self._weights[:, 0])
        self._weights *= 0.5
        self._weights_back[...] = self._weights.transpose(0, 2, 1)
        xp.sum(self._weights, axis=2, out=self.constant)

    def forward(self, potentials: Any, out: Any) -> None:
        """Write flow and conductance without their constants, ``out`` (J, 2, batch), of ``potentials`` (I, batch)."""
        matmul = self.xp.matmul
        self._augmented[:, 0] = potentials
        for part, th, _ in self._parts:
            self._activate(part, th)
            matmul(self._weights[part], th.transpose(1, 0, 2), out=out[part])

    def _activate(self, part: slice, th: Any) -> None:
        self.xp.matmul(self._affine[:, part], self._augmented, out=th)
        self.xp.tanh(th, th)

    def start_backward(self) -> None:
        """Reset the sums of the last backward pass."""
        self._affine_sums.fill(0)
        self._weight_sums.fill(0)

    def backward(self, potentials: Any, gradients: Any, out: Any, learns: bool) -> None:
        """Add the gradient of ``potentials`` to ``out`` (I, batch), from ``gradients`` (J, 2, batch) of a forward pass.

        The gradients of the weights are summed up if it ``learns``.
        """
        xp, matmul, multiply = self.xp, self.xp.matmul, self.xp.multiply
        received, augmented = self._received, self._augmented
        augmented[:, 0] = potentials
        for part, th, gradient in self._parts:
            self._activate(part, th)
            given = gradients[part]
            if learns:
                product = self._weight_products[part]
                matmul(th.transpose(1, 0, 2), given.transpose(0, 2, 1), out=product)
            # ``gradient`` = dL/dz = dL/dth (1 - th^2)
            matmul(self._weights_back[part], given, out=gradient.transpose(1, 0, 2))
            multiply(th, th, th)
            multiply(th, gradient, th)
            xp.subtract(gradient, th, gradient)
            matmul(self._slopes[:, :, part], gradient, out=received)
            out += received[:, 0]
            if learns:
                matmul(gradient, augmented.transpose(0, 2, 1), out=self._affine_products[:, part])
        if learns:
            self._weight_sums += self._weight_products
            self._affine_sums += self._affine_products

    @property
    def prepared(self) -> tuple[Any, Any]:
        """What :meth:`prepare` has computed, for kernels.

        (I, J, 2) of sigma / 2 and -sigma mu / 2; (J, 2, I) of w erev / 2 and w / 2.
        """
        return self._affine, self._weights

    def take_sums(self, of_weights: Any, of_affine: Any) -> None:
        """Take the sums of a backward pass that kernels have run, (parts, J, I, 2) and (parts, I, J, 2)."""
        self.xp.sum(of_weights, axis=0, out=self._weight_sums)
        self.xp.sum(of_affine, axis=0, out=self._affine_sums)

    def sums(self) -> tuple[Any, Any]:
        """Return the sums of a backward pass, (J, I, 2) and (I, J, 2)."""
        return self._weight_sums, self._affine_sums

    def add_weight_gradients(self, totals: Any) -> None:
        """Add the blobs' gradients of the backward passes; ``totals`` (J, 2) are the sums of their ``gradients``."""
        affine, weights = self._affine_sums, self._weight_sums
        sums = (affine[:, :, 0], affine[:, :, 1], weights[:, :, 0].T, weights[:, :, 1].T)
        add_synapse_gradients(self.blobs, self._used, sums, totals)


def add_synapse_gradients(blobs: SynapseBlobs, used: Any, sums: Sequence[Any], totals: Any) -> None:
    """Add the blobs' gradients, from those of what the cell computes with.

    ``used`` is w as used; ``sums``, (I, J) each, are the gradients of sigma / 2 and -sigma mu / 2, and those of
    w erev / 2 and w / 2 apart from the ones in 1 + th; ``totals`` (J, 2) the gradients of flow and conductance.
    """
    sigma, mu = blobs.sigma, blobs.mu
    of_product, of_ones, of_flow, of_conductance = sums
    diff = sigma.diff
    diff += (of_product - of_ones * mu.data) * 0.5
    diff = mu.diff
    diff -= of_ones * sigma.data * 0.5
    of_flow, of_conductance = (of_flow + totals[:, 0]) * 0.5, (of_conductance + totals[:, 1]) * 0.5
    diff = blobs.erev.diff
    diff += of_flow * used
    blobs.w.add_gradient(of_flow * blobs.erev.data + of_conductance)
