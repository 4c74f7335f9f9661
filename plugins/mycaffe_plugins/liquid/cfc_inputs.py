"""The cell's input at each step, composed of the bottoms of a CFC layer, and its gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.device import Device

from .gap_kernel import GapKernel, gap_kernel_of


def observed_lengths(device: Device, mask: Any) -> np.ndarray:
    """Return, on the host, the steps of each sample up to its last observed one, (batch,).

    ``mask`` is (steps, columns, batch); 0 for a sample that was never observed.
    """
    seen = device.to_host((mask != 0).any(axis=1))
    return (seen * np.arange(1, len(seen) + 1)[:, None]).max(axis=0)


def steps_beyond(xp: Any, mask: Any) -> Any:
    """Return whether each step comes after its sample's last observed one, an array (steps, batch) of the device.

    ``mask`` is (steps, columns, batch).
    """
    seen = (mask != 0).any(axis=1)
    return xp.cumsum(seen[::-1], axis=0)[::-1] == 0


class InputComposer:
    """Composes the cell's input of each step from x, the time spans and the mask.

    Without a mask it is x. With a mask of x's features, an unobserved value (mask 0) is replaced by the last
    observed one, f_t = m_t x_t + (1 - m_t) f_(t-1), and the input is [f | m], or in the ``wide`` form
    [f | since | m] with since_t = (span_t + since_(t-1)) (1 - m_t), the time since the last observation. With a
    mask of one column for all features it is [x | m]. Arrays are (steps, columns, batch).
    """

    def __init__(self, device: Device, features: int, mask_features: int, wide: bool):
        self.device, self.xp = device, device.xp
        self.features, self.mask_features = features, mask_features
        self.fills = mask_features == features and mask_features > 0
        self.wide = wide and self.fills
        self.columns = features + mask_features * (2 if self.wide else 1)
        self._gaps: list[int] = []
        self._kernel: GapKernel | None = None

    def use_kernel(self, dtype: Any) -> None:
        """On a GPU, fill gaps by a kernel from now on, which need not know which steps have any."""
        if self.fills:
            self._kernel = gap_kernel_of(self.device, dtype, self.features, self.wide)

    @property
    def needs_host(self) -> bool:
        """Whether a pass fetches from the device which steps have gaps."""
        return self.fills and self._kernel is None

    def column_names(self, name: str) -> list[str]:
        """Describe each column of the cell's input, given the input's ``name``."""
        parts = [(name, self.features)]
        if self.wide:
            parts.append(("time since", self.features))
        parts.append(("mask", self.mask_features))
        return [
            part if count == 1 else f"{part} {index}"
            for part, count in parts
            for index in range(count)
        ]

    def forward(self, x: Any, spans: Any, mask: Any, out: Any) -> None:
        """Write the inputs into ``out`` (steps, columns, batch); x and mask (steps, features, batch)."""
        features = self.features
        out[:, :features] = x
        self._gaps = []
        if mask is None:
            return
        out[:, self.columns - self.mask_features :] = mask
        if self.wide:
            out[:, features : 2 * features] = 0
        if self._kernel is not None:
            self._mask = mask
            self._kernel.forward(x, spans, mask, out)
        elif self.fills:
            self._mask = mask
            if self.device.is_host and (mask == 1).all():
                return
            gaps = self.device.to_host((mask != 1).any(axis=(1, 2)))
            self._gaps = [int(step) for step in np.flatnonzero(gaps)]
            self._fill_gaps(x, spans, out)

    def _fill_gaps(self, x: Any, spans: Any, out: Any) -> None:
        xp, features = self.xp, self.features
        for step in self._gaps:
            keep = self._mask[step]
            missing = 1.0 - keep
            before = out[step - 1, :features] if step else xp.zeros_like(keep)
            # Unobserved values may be anything, including NaN and infinity.
            seen = xp.where(keep == 0, before, x[step])
            out[step, :features] = keep * seen + missing * before
            if self.wide:
                since = out[step - 1, features : 2 * features] if step else 0.0
                out[step, features : 2 * features] = (spans[step] + since) * missing

    def backward(self, gradient: Any, x_gradient: Any, span_gradient: Any) -> None:
        """Write dL/dx, and add the spans' share of the gradient, from dL/d(inputs); either may be None."""
        features = self.features
        filled = gradient[:, :features]
        for step in reversed(self._gaps):
            missing = 1.0 - self._mask[step]
            if step:
                filled[step - 1] += filled[step] * missing
            filled[step] *= self._mask[step]
            if self.wide:
                since = gradient[:, features : 2 * features]
                since[step] *= missing
                if step:
                    # At a complete step the factor (1 - m) is zero: no gradient passes further back.
                    since[step - 1] += since[step]
        if self._kernel is not None:
            self._kernel.backward(self._mask, gradient)
        if x_gradient is not None:
            x_gradient[...] = filled
        if span_gradient is None or not self.wide:
            return
        if self._kernel is not None:
            span_gradient += gradient[:, features : 2 * features].sum(axis=1)
        else:
            for step in self._gaps:
                span_gradient[step] += gradient[step, features : 2 * features].sum(axis=0)
