"""The MarginInnerProduct layer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NoReturn

import numpy as np

from mycaffe_plugins.common import Labels, unit_rows
from mycaffe_py.blob import Blob
from mycaffe_py.layer import (
    Cost,
    Layer,
    blob_axis,
    enum_name,
    given_filler,
    linear,
    positive_setting,
)
from mycaffe_py.plugins import Only
from mycaffe_py.stored import Stored

from .angular_margins import MARGINS, margin

_FIELD = "margin_inner_product_param"
_MOST = 1e30
"""The largest lambda: products with it are finite in float32."""


def _has_margin(param: Any) -> bool:
    return enum_name(param.margin_inner_product_param, "type") != "SINGLE"


class MarginInnerProduct(Layer):
    """Product with unit weights, and a multiplied angle for each item's own class: SphereFace (Liu et al. 2017).

    Bottoms: x, whose axes from ``axis`` on are K features, and a label for each of the M rows; tops: y (M, num_output)
    and, if wanted, lambda (1). Blob: weight (num_output, K), whose rows forward scales to length 1.
    y = x w^T, but for the label's: with x w = |x| cos(t), there
    y = (|x| f(t) + lambda x w) / (1 + lambda), where f is cos(t) with ``type: SINGLE``, and falls on as cos(2 t),
    cos(3 t) or cos(4 t) with DOUBLE, TRIPLE and QUADRUPLE.
    lambda = max(base * (1 + gamma * i)^-power, lambda_min) in pass i, counted from ``iteration`` + 1; the count is kept
    in snapshots.

    As in the fork, the gradients are not the true ones: that of the weight is dy^T x, and that of |x| f(t), made of w
    and x, is divided by the root of the sum of squares of its two coefficients.
    """

    type = "MarginInnerProduct"
    group = "dense"
    fork = "SphereFace"
    parameters = (_FIELD,)
    conditions = (
        Only(
            *(f"{_FIELD}.{name}" for name in ("base", "gamma", "power", "iteration", "lambda_min")),
            when="a type other than SINGLE",
            test=_has_margin,
        ),
    )
    exact_num_bottom_blobs = 2
    min_top_blobs = 1
    max_top_blobs = 2
    allows_in_place = False

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Create the weight."""
        param = self.param.margin_inner_product_param
        self.outputs = positive_setting(self, _FIELD, "num_output")
        self.inputs = bottom[0].count_axes(self._axis(bottom[0]))
        filler = given_filler(param, "weight_filler")
        self.add_blob((self.outputs, self.inputs), filler, "weight")
        self.factor = MARGINS[enum_name(param, "type")]
        self.passes = int(param.iteration)
        for name in ("gamma", "base", "iteration", "lambda_min"):
            if not 0 <= getattr(param, name) < math.inf:
                self._refuse(name, "must be finite and not negative")
        if not math.isfinite(param.power):
            self._refuse("power", "must be finite")
        self.labels = Labels(self)
        self.labels.reason = f"num_output is {self.outputs}"
        self._norm = self.working_blob("norm")

    def _refuse(self, name: str, what: str) -> NoReturn:
        value = getattr(self.param.margin_inner_product_param, name)
        self.fail(f"{name} is {value:g}, but {what}", field=f"{_FIELD}.{name}")

    def _axis(self, x: Blob) -> int:
        return blob_axis(self, x, self.param.margin_inner_product_param.axis, f"{_FIELD}.axis")

    def allow_force_backward(self, bottom_index: int) -> bool:
        """Return False for the labels."""
        return bottom_index == 0

    def why_no_derivative(self) -> str:
        """Say so of margins, whose gradient is the fork's own."""
        return "" if self.factor == 1 else "the gradient of a margin is SphereFace's own rule"

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check rows and labels, and shape the tops."""
        x = bottom[0]
        axis = self._axis(x)
        if x.count_axes(axis) != self.inputs:
            self.fail(
                f'bottom "{x.name}" {x.shape} has {x.count_axes(axis)} elements from axis {axis} on, but the '
                f"weight {self.blobs[0].shape} was made for {self.inputs}"
            )
        self.rows = x.count_axes(0, axis)
        top[0].reshape(*x.shape[:axis], self.outputs)
        if len(top) > 1:
            top[1].reshape(1)
        self.labels.reshape(x, bottom[1], (self.rows, self.outputs, 1))
        self._norm.reshape(self.rows)

    def cost(
        self, bottom: Sequence[Blob], top: Sequence[Blob], propagate_down: Sequence[bool]
    ) -> Cost:
        """Return the cost of the three products."""
        return linear(
            self.rows,
            self.inputs,
            self.outputs,
            self.dtype.itemsize,
            bias=False,
            learns=self.param_propagate_down[0],
            to_input=propagate_down[0],
        )

    def _lambda(self) -> float:
        param = self.param.margin_inner_product_param
        try:
            falling = param.base * (1 + param.gamma * self.passes) ** -param.power
        except OverflowError:  # a negative power: lambda grows
            falling = math.inf
        found = max(falling, param.lambda_min)
        if found > _MOST:
            self._refuse("power", f"makes lambda more than {_MOST:g} in pass {self.passes}")
        return float(found)

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Scale the weights to length 1 and write the products, with a margin for the labels."""
        xp, y = self.xp, top[0].data.reshape(self.rows, self.outputs)
        self.passes += 1
        self.mixed = self._lambda()
        if len(top) > 1:
            top[1].data[...] = self.mixed
        x, weight = bottom[0].data.reshape(self.rows, self.inputs), self.blobs[0].data
        unit_rows(xp, weight)
        xp.dot(x, weight.T, out=y)
        self.labels.read()
        if self.factor == 1 or not self.rows:
            return
        norm = self._norm.data
        xp.sqrt(xp.sum(x * x, axis=1), out=norm)
        xp.add(norm, norm == 0, out=norm)  # a row of zeros has no angle
        picked = y.reshape(-1)[self.labels.places]
        value, self._along_weight, self._along_x = margin(xp, picked / norm, self.factor)
        y.reshape(-1)[self.labels.places] = (norm * value + self.mixed * picked) / (1 + self.mixed)

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Add the gradient of the weight, write that of x."""
        self.refuse_gradients(propagate_down, bottom, (1,))
        xp, dy = self.xp, top[0].diff.reshape(self.rows, self.outputs)
        x, weight = bottom[0].data.reshape(self.rows, self.inputs), self.blobs[0].data
        if self.param_propagate_down[0]:
            diff = self.blobs[0].diff
            diff += xp.dot(dy.T, x)
        if not propagate_down[0]:
            return
        dx = bottom[0].diff.reshape(self.rows, self.inputs)
        if self.factor == 1 or not self.rows:
            xp.dot(dy, weight, out=dx)
            return
        along_x = self._along_x / self._norm.data
        length = xp.sqrt(self._along_weight * self._along_weight + along_x * along_x)
        length = xp.maximum(length, float(np.finfo(self.dtype).tiny))
        share, places = 1 / (1 + self.mixed), self.labels.places
        of_label = dy.reshape(-1)[places]
        turned = dy.copy()
        turned.reshape(-1)[places] = of_label * (self._along_weight / length + self.mixed) * share
        xp.dot(turned, weight, out=dx)
        dx += (of_label * share * along_x / length)[:, None] * x

    def state(self) -> Any:
        """Return the number of passes, from which lambda follows."""
        return {"passes": self.passes}

    def load_state(self, state: Any) -> None:
        """Restore the number of passes."""
        self.passes = Stored(state, f'layer "{self.name}" ({self.type})').whole("passes")
