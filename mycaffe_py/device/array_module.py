"""A GPU's array module, whose products may be computed by kernels of our own."""

from __future__ import annotations

from typing import Any


class OwnKernels:
    """Kernels of our own that a device may use in place of the array module's; each is None where it is not used."""

    def __init__(self) -> None:
        self.products: Any = None
        """While products must not go to cuBLAS, as in recorded graphs: an object with ``dot`` and ``matmul``, and with
        ``can_dot`` and ``can_multiply``."""
        self.uniform: Any = None
        """An object with ``fill(out)`` and ``restart(key)``, the device's random numbers."""


class ArrayModule:
    """CuPy, except for ``dot`` and ``matmul`` while ``own.products`` is set."""

    def __init__(self, xp: Any, own: OwnKernels):
        self._xp, self._own = xp, own

    def __getattr__(self, name: str) -> Any:
        return getattr(self._xp, name)

    def dot(self, a: Any, b: Any, out: Any = None) -> Any:
        """Return the product, as ``numpy.dot``."""
        products = self._own.products
        if products is not None and products.can_dot(a, b, out):
            return products.dot(a, b, out)
        return self._xp.dot(a, b, out=out)

    def matmul(self, a: Any, b: Any, out: Any = None) -> Any:
        """Return the product, as ``numpy.matmul``."""
        products = self._own.products
        if products is not None and products.can_multiply(a, b, out):
            return products.matmul(a, b, out)
        return self._xp.matmul(a, b, out=out)
