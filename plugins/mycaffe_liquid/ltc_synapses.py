"""Synapses of an LTC cell: what flows through them, and the way back."""

from __future__ import annotations

from typing import Any

from mycaffe_py.device import Device

from .flat_buffers import FlatBuffers
from .ltc_settings import SynapseBlobs

# Bytes of a working array on a device without a cache to care for.
_MAX_BYTES = 1 << 26


class Synapses:
    """All synapses from I source neurons to J target neurons.

    The synapse from i to j lets g_ij = w_ij sigmoid(sigma_ij (v_i - mu_ij)) through, for a potential v_i of its
    source. A target gets sum_i g_ij erev_ij, the flow, and sum_i g_ij, the conductance.

    With th_ij = tanh(sigma_ij (v_i - mu_ij) / 2), g_ij = w_ij (1 + th_ij) / 2. The share of the ones does not
    depend on v: it is ``constant``, and :meth:`forward` gives the share of th. The arrays of I x J x batch th
    are all the work. So that they stay in the processor's cache they are made for some targets after others, and
    nothing of them is kept: :meth:`backward` makes them anew. All sums are matrix products.
    """

    def __init__(self, blobs: SynapseBlobs, device: Device):
        self.blobs, self.device, self.xp = blobs, device, device.xp
        self.dtype = blobs.w.dtype
        self.sources, self.targets = blobs.w.shape
        xp, sources, targets = self.xp, self.sources, self.targets
        # sigma / 2 and -sigma mu / 2; w erev / 2 and w / 2.
        self._bends = xp.empty((sources, targets, 2), dtype=self.dtype)
        self._weights = xp.empty((targets, 2, sources), dtype=self.dtype)
        self._weights_back = xp.empty((targets, sources, 2), dtype=self.dtype)
        self._slopes = xp.empty((sources, 1, targets), dtype=self.dtype)
        self.constant = xp.empty((targets, 2), dtype=self.dtype)
        """(J, 2): flow and conductance of each target where th is 0."""
        self._bend_sums, self._bend_products = (xp.zeros_like(self._bends) for _ in range(2))
        self._weight_sums, self._weight_products = (
            xp.zeros_like(self._weights_back) for _ in range(2)
        )
        self._buffers = FlatBuffers(xp, self.dtype)
        self._batch = 0

    def reshape(self, batch: int) -> None:
        """Make room for ``batch`` columns of potentials."""
        if batch == self._batch:
            return
        self._batch = batch
        sources, targets = self.sources, self.targets
        row = max(1, sources * batch * self.dtype.itemsize)
        rows = min(targets, max(1, (self.device.cache_bytes or _MAX_BYTES) // row))
        buffers = self._buffers
        self._lifted = buffers.array("lifted", sources, 2, batch)
        self._lifted[:, 1] = 1
        self._received = buffers.array("received", sources, 1, batch)
        self._parts = []
        for start in range(0, targets, rows):
            part = slice(start, min(start + rows, targets))
            shape = (sources, part.stop - part.start, batch)
            self._parts.append((part, *buffers.arrays("th bent", *shape)))

    def prepare(self) -> None:
        """Take the weights as they are now, and compute what follows from them alone."""
        xp, blobs = self.xp, self.blobs
        sigma, half = blobs.sigma.data, self._bends[:, :, 0]
        xp.multiply(sigma, 0.5, out=half)
        self._slopes[:, 0] = half
        xp.multiply(half, blobs.mu.data, out=self._bends[:, :, 1])
        xp.negative(self._bends[:, :, 1], out=self._bends[:, :, 1])
        self._used = blobs.w.used()
        self._weights[:, 1] = self._used.T
        xp.multiply(self._weights[:, 1], blobs.erev.data.T, out=self._weights[:, 0])
        self._weights *= 0.5
        self._weights_back[...] = self._weights.transpose(0, 2, 1)
        xp.sum(self._weights, axis=2, out=self.constant)

    def forward(self, potentials: Any, out: Any) -> None:
        """Write flow and conductance without their constants, ``out`` (J, 2, batch), of ``potentials`` (I, batch)."""
        matmul = self.xp.matmul
        self._lifted[:, 0] = potentials
        for part, th, _ in self._parts:
            self._bend(part, th)
            matmul(self._weights[part], th.transpose(1, 0, 2), out=out[part])

    def _bend(self, part: slice, th: Any) -> None:
        self.xp.matmul(self._bends[:, part], self._lifted, out=th)
        self.xp.tanh(th, th)

    def start_backward(self) -> None:
        """Forget the sums of the last backward pass."""
        self._bend_sums.fill(0)
        self._weight_sums.fill(0)

    def backward(self, potentials: Any, gradients: Any, out: Any, learns: bool) -> None:
        """Add to ``out`` (I, batch) what ``gradients`` (J, 2, batch) of a forward pass are of ``potentials``.

        The weights' shares are summed up if it ``learns``.
        """
        xp, matmul, multiply = self.xp, self.xp.matmul, self.xp.multiply
        received, lifted = self._received, self._lifted
        lifted[:, 0] = potentials
        for part, th, bent in self._parts:
            self._bend(part, th)
            given = gradients[part]
            if learns:
                product = self._weight_products[part]
                matmul(th.transpose(1, 0, 2), given.transpose(0, 2, 1), out=product)
            # dL/dz = dL/dth (1 - th^2), into ``bent``.
            matmul(self._weights_back[part], given, out=bent.transpose(1, 0, 2))
            multiply(th, th, th)
            multiply(th, bent, th)
            xp.subtract(bent, th, bent)
            matmul(self._slopes[:, :, part], bent, out=received)
            out += received[:, 0]
            if learns:
                matmul(bent, lifted.transpose(0, 2, 1), out=self._bend_products[:, part])
        if learns:
            self._weight_sums += self._weight_products
            self._bend_sums += self._bend_products

    def add_weight_gradients(self, totals: Any) -> None:
        """Add the blobs' gradients of the backward passes; ``totals`` (J, 2) are the sums of their ``gradients``."""
        blobs = self.blobs
        sigma, mu = blobs.sigma, blobs.mu
        of_product, of_ones = self._bend_sums[:, :, 0], self._bend_sums[:, :, 1]
        diff = sigma.diff
        diff += (of_product - of_ones * mu.data) * 0.5
        diff = mu.diff
        diff -= of_ones * sigma.data * 0.5
        sums = (self._weight_sums + totals[:, None]) * 0.5
        of_flow, of_conductance = sums[:, :, 0].T, sums[:, :, 1].T
        diff = blobs.erev.diff
        diff += of_flow * self._used
        blobs.w.add_gradient(of_flow * blobs.erev.data + of_conductance)
