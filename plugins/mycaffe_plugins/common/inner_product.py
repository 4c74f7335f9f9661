"""The InnerProduct layer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_py.blob import MAX_AXES, Blob
from mycaffe_py.layer import Cost, Layer, blob_axis, given_filler, linear, positive_setting
from mycaffe_py.plugins import Only

from .unit_rows import unit_rows

MAX_BYTES = 8 << 20
"""Size limit of the part of a weight's gradient that is computed at once."""


class InnerProduct(Layer):
    """Fully connected layer: y = x W^T + b.

    Bottom x: its axes from ``axis`` (default 1) on are taken together as K elements, those before it
    as M rows. Top: the shape of x up to ``axis``, then ``num_output``, and axes of length 1 up to
    ``min_top_axes`` (MyCaffe's). Blobs: weight
    (num_output, K), or (K, num_output) with ``transpose``, and bias (num_output) unless
    ``bias_term: false``. dx = dy W; dW += dy^T x; db += sum of the rows of dy.
    With ``normalize``, of forks for face recognition, forward scales each output's weights to length 1 first; their
    gradient does not know of it.
    """

    recordable = True

    type = "InnerProduct"
    group = "dense"
    parameters = ("inner_product_param",)
    conditions = (Only("inner_product_param.bias_filler", when="bias_term"),)
    exact_num_bottom_blobs = 1
    exact_num_top_blobs = 1
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Create weight and bias."""
        param = self.param.inner_product_param
        outputs = positive_setting(self, "inner_product_param", "num_output")
        if param.min_top_axes > MAX_AXES:
            self.fail(
                f"min_top_axes is {param.min_top_axes}, but a blob has at most {MAX_AXES} axes",
                field="inner_product_param.min_top_axes",
            )
        self.transpose = param.transpose
        if param.normalize and self.transpose:
            self.fail(
                "normalize is not possible with transpose: no fork has both",
                field="inner_product_param.normalize",
            )
        inputs = bottom[0].count_axes(self._axis(bottom[0]))
        shape = (inputs, outputs) if self.transpose else (outputs, inputs)
        self.add_blob(shape, given_filler(param, "weight_filler"), "weight")
        if param.bias_term:
            self.add_blob((outputs,), given_filler(param, "bias_filler"), "bias")
        self.inputs, self.outputs = inputs, outputs

    def _axis(self, bottom: Blob) -> int:
        axis = self.param.inner_product_param.axis
        return blob_axis(self, bottom, axis, "inner_product_param.axis")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that each row is as long as at setup."""
        axis = self._axis(bottom[0])
        inputs = bottom[0].count_axes(axis)
        if inputs != self.inputs:
            self.fail(
                f'bottom "{bottom[0].name}" {bottom[0].shape} has {inputs} elements from axis '
                f"{axis} on, but the weight {self.blobs[0].shape} was made for {self.inputs}"
            )
        shape = (*bottom[0].shape[:axis], self.outputs)
        least = self.param.inner_product_param.min_top_axes
        top[0].reshape(*shape, *(1,) * (least - len(shape)))
        self.rows = bottom[0].count_axes(0, axis)

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of the three products."""
        return linear(
            self.rows,
            self.inputs,
            self.outputs,
            self.dtype.itemsize,
            bias=len(self.blobs) > 1,
            learns=self.param_propagate_down[0],
            to_input=propagate_down[0],
        )

    def _matrices(self, bottom: Any, top: Any) -> tuple[Any, Any]:
        return bottom.reshape(self.rows, self.inputs), top.reshape(self.rows, self.outputs)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Write x W^T + b."""
        x, y = self._matrices(bottom[0].data, top[0].data)
        weight = self.blobs[0].data
        if self.param.inner_product_param.normalize:
            unit_rows(self.xp, weight)
        self.xp.dot(x, weight if self.transpose else weight.T, out=y)
        if len(self.blobs) > 1:
            self.xp.add(y, self.blobs[1].data, out=y)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add the gradients of weight and bias, write that of x."""
        x, dy = self._matrices(bottom[0].data, top[0].diff)
        if self.param_propagate_down[0]:
            left, right = (x, dy) if self.transpose else (dy, x)
            self._add_weight_gradient(left.T, right, self.blobs[0].diff)
        if len(self.blobs) > 1 and self.param_propagate_down[1]:
            gradient = self.blobs[1].diff
            total = self.device.scratch("bias gradient", gradient.shape, self.dtype)
            self.xp.sum(dy, axis=0, out=total)
            self.xp.add(gradient, total, out=gradient)
        if propagate_down[0]:
            dx = bottom[0].diff.reshape(self.rows, self.inputs)
            weight = self.blobs[0].data
            self.xp.dot(dy, weight.T if self.transpose else weight, out=dx)

    def _add_weight_gradient(self, left: Any, right: Any, gradient: Any) -> None:
        """Add left @ right, some rows at a time, because the product is as large as the weight."""
        rows, columns = gradient.shape
        part = max(1, MAX_BYTES // max(1, columns * self.dtype.itemsize))
        for start in range(0, rows, part):
            target = gradient[start : start + part]
            product = self.device.scratch("weight gradient", target.shape, self.dtype)
            self.xp.dot(left[start : start + part], right, out=product)
            self.xp.add(target, product, out=target)
