"""StepProducts: matrix products over all steps of a sequence at once."""

from __future__ import annotations

from typing import Any

# Steps combined into one product of a weight gradient if the batch is larger than one.
_CHUNK = 8


class StepProducts:
    """Products of arrays (steps, features, batch), or (steps, features) for a batch of one."""

    def __init__(self, xp: Any, dtype: Any):
        self._xp, self._dtype = xp, dtype
        self._kept: dict[tuple[tuple[int, ...], str], Any] = {}

    def matrix(self, shape: tuple[int, ...], name: str) -> Any:
        """Return working memory of that shape, the same for the same name."""
        key = (shape, name)
        if key not in self._kept:
            self._kept[key] = self._xp.empty(shape, dtype=self._dtype)
        return self._kept[key]

    def apply(self, matrix: Any, values: Any, out: Any = None) -> Any:
        """Return matrix x values of each step, (steps, rows, batch)."""
        if values.ndim == 2:
            return self._xp.dot(values, matrix.T, out)
        return self._xp.matmul(matrix, values, out=out)

    def outer(self, gradient: Any, values: Any) -> Any:
        """Return the sum over steps and batch of gradient x values, valid until the next call."""
        xp = self._xp
        rows, columns = gradient.shape[1], values.shape[1]
        total = self.matrix((rows, columns), "outer")
        if gradient.ndim == 2:
            return xp.dot(gradient.T, values, total)
        total.fill(0)
        for start in range(0, len(gradient), _CHUNK):
            part = slice(start, min(start + _CHUNK, len(gradient)))
            both = (part.stop - start) * gradient.shape[2]
            left = gradient[part].transpose(1, 0, 2).reshape(rows, both)
            right = values[part].transpose(1, 0, 2).reshape(columns, both)
            total += xp.dot(left, right.T)
        return total

    @staticmethod
    def total(gradient: Any) -> Any:
        """Return the sum over steps and batch, (features,)."""
        # Steps first: in NumPy, one sum over both axes at once is many times slower.
        total = gradient.sum(axis=0)
        return total if total.ndim == 1 else total.sum(axis=1)
