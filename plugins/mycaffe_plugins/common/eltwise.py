"""The Eltwise layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import Blob
from mycaffe_py.layer import Layer, enum_name
from mycaffe_py.plugins import Only


class Eltwise(Layer):
    """Combines blobs of one shape, element by element.

    Two or more bottoms x_i, one top y of their shape. By ``operation``:
    SUM (the default): y = sum of c_i * x_i, dx_i = c_i * dy, with ``coeff`` c_i given for each
    bottom or not at all (1). PROD: y is the product, dx_i = dy * the product of the others, or with
    ``stable_prod_grad: false`` dy * y / x_i, which is faster for many bottoms and NaN at x_i = 0.
    MAX: y is the largest, and its gradient goes to the one bottom with that value: if the first two
    are equal, to the second, else to the first of equals.
    """

    recordable = True

    type = "Eltwise"
    parameters = ("eltwise_param",)
    conditions = (
        Only("eltwise_param.coeff", when="operation: SUM"),
        Only("eltwise_param.stable_prod_grad", when="operation: PROD"),
    )
    min_bottom_blobs = 2
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Read the operation and the coefficients."""
        param = self.param.eltwise_param
        self.operation = enum_name(param, "operation")
        coefficients = list(param.coeff)
        if coefficients and len(coefficients) != len(bottom):
            self.fail(
                f"coeff must be given once for each bottom or not at all: {len(coefficients)} "
                f"given, {len(bottom)} bottoms",
                field="eltwise_param.coeff",
            )
        if coefficients and self.operation == "PROD":
            self.fail("coeff is for operation SUM, not for PROD", field="eltwise_param.coeff")
        self.coefficients = coefficients or [1.0] * len(bottom)
        self._scratch, self._winner = map(self.working_blob, ("scratch", "winner"))

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that all bottoms have the same shape."""
        first = bottom[0]
        for blob in bottom[1:]:
            if blob.shape != first.shape:
                self.fail(
                    f'bottom "{first.name}" {first.shape} and bottom "{blob.name}" {blob.shape} '
                    "must have the same shape"
                )
        top[0].reshape_like(first)
        self._scratch.reshape_like(first)
        self._winner.reshape_like(first)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write the sum, product or maximum."""
        xs, y = [blob.data for blob in bottom], top[0].data
        {"SUM": self._add, "PROD": self._multiply, "MAX": self._maximum}[self.operation](xs, y)

    def _add(self, xs: Sequence[Any], y: Any) -> None:
        first, *others = self.coefficients
        if first == 1 and others[0] == 1:
            self.xp.add(xs[0], xs[1], out=y)
            xs, others = xs[1:], others[1:]
        else:
            self.xp.multiply(xs[0], first, out=y)
        for x, coefficient in zip(xs[1:], others, strict=True):
            if coefficient != 1:
                x = self.xp.multiply(x, coefficient, out=self._scratch.data)
            self.xp.add(y, x, out=y)

    def _multiply(self, xs: Sequence[Any], y: Any) -> None:
        self.xp.multiply(xs[0], xs[1], out=y)
        for x in xs[2:]:
            self.xp.multiply(y, x, out=y)

    def _maximum(self, xs: Sequence[Any], y: Any) -> None:
        winner = self._winner.data
        self.xp.less_equal(xs[0], xs[1], out=winner)
        self.xp.maximum(xs[0], xs[1], out=y)
        for index, x in enumerate(xs[2:], 2):
            self.xp.copyto(winner, index, where=x > y)
            self.xp.maximum(y, x, out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write each bottom's gradient."""
        dy = top[0].diff
        for index, blob in enumerate(bottom):
            if not propagate_down[index]:
                continue
            dx = blob.diff
            if self.operation == "SUM":
                self.xp.multiply(dy, self.coefficients[index], out=dx)
            elif self.operation == "MAX":
                self.xp.equal(self._winner.data, index, out=dx)
                self.xp.multiply(dx, dy, out=dx)
            else:
                self._product_gradient(bottom, top[0], index, dx)

    def _product_gradient(self, bottom: Sequence[Blob], top: Blob, index: int, dx: Any) -> None:
        """Write the gradient of one bottom of a product."""
        dy = top.diff
        if not self.param.eltwise_param.stable_prod_grad:
            self.xp.divide(top.data, bottom[index].data, out=dx)
            self.xp.multiply(dx, dy, out=dx)
            return
        first, *others = (blob.data for i, blob in enumerate(bottom) if i != index)
        self.xp.multiply(first, dy, out=dx)
        for x in others:
            self.xp.multiply(dx, x, out=dx)
