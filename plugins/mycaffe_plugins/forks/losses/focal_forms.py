"""The two forms of FocalLoss: a softmax and one label for each item, or a sigmoid and a label for each score."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mycaffe_plugins.common import SMALLEST_PROBABILITY, Labels, Normalization, class_sizes
from mycaffe_py.blob import Blob
from mycaffe_py.functions import sigmoid, softmax, softplus
from mycaffe_py.layer import LossLayer, enum_name

_LEAST_DIVISOR = 1e-10
"""The forks' bound of the divisor 1 +- p."""


class SoftmaxForm:
    """-alpha * (1 - p)^gamma * log(p) of each item, p being the probability of its class by softmax."""

    def __init__(self, layer: LossLayer, param: Any):
        self._layer, self._xp, loss = layer, layer.xp, layer.param.loss_param
        self._gamma = float(param.gamma)
        # The sign of p in (1 +- p)^gamma; the fork with 1 + p leaves alpha out.
        self._sign = 1 if enum_name(param, "type") == "ONEADDP" else -1
        self._alpha = 1.0 if self._sign > 0 else float(param.alpha)
        self._normalization = Normalization(loss)
        self._labels = Labels(layer, loss.ignore_label if loss.HasField("ignore_label") else None)
        names = ("probability", "row", "picked", "logarithm", "power")
        self._probability, self._row, self._picked, self._logarithm, self._power = map(
            layer.working_blob, names
        )

    def reshape(self, bottom: Sequence[Blob], axis: int, top: Blob | None) -> None:
        """Check that there is a label for each item; ``top`` gets the probabilities."""
        outer, _, inner = self._sizes = class_sizes(bottom[0], axis)
        self._labels.reshape(bottom[0], bottom[1], self._sizes)
        self._row.reshape(outer, 1, inner)
        self._p = top or self._probability
        self._p.reshape_like(bottom[0])
        for blob in (self._picked, self._logarithm, self._power):
            blob.reshape(outer * inner)

    def forward(self, bottom: Sequence[Blob]) -> Any:
        """Return the sum of the costs over n."""
        xp, labels = self._xp, self._labels
        labels.read()
        p = self._p.data.reshape(self._sizes)
        softmax(xp, bottom[0].data.reshape(self._sizes), 1, p, self._row.data)
        picked, logarithm, power = (
            blob.data for blob in (self._picked, self._logarithm, self._power)
        )
        xp.take(p.reshape(-1), labels.places, out=picked)
        xp.maximum(picked, SMALLEST_PROBABILITY, out=logarithm)
        xp.log(logarithm, out=logarithm)
        xp.multiply(picked, self._sign, out=power)
        xp.add(power, 1, out=power)
        xp.maximum(power, 0, out=power)
        xp.power(power, self._gamma, out=power)
        if labels.counted is not None:
            xp.multiply(power, labels.counted, out=power)
        outer, _, inner = self._sizes
        self._n = self._normalization.divisor(outer * inner, outer, labels.count)
        return (0 - xp.dot(power, logarithm)) * self._alpha / self._n

    def backward(self, weight: Any, bottom: Sequence[Blob]) -> None:
        """Write slope * (p - [k == label]): the slope is that of the cost by log(p), with its sign turned."""
        xp, picked, power = self._xp, self._picked.data, self._power.data
        base = xp.maximum(1 + self._sign * picked, _LEAST_DIVISOR)
        slope = (self._sign * self._gamma) * picked * self._logarithm.data / base
        slope = power * (1 + slope) * (weight * self._alpha / self._n)
        outer, _, inner = self._sizes
        dx = bottom[0].diff.reshape(self._sizes)
        xp.multiply(self._p.data.reshape(self._sizes), slope.reshape(outer, 1, inner), out=dx)
        flat = bottom[0].diff.reshape(-1)
        flat[self._labels.places] -= slope


class SigmoidForm:
    """-a * (1 - p)^gamma * log(p) of each score, p being the probability of its label by sigmoid."""

    def __init__(self, layer: LossLayer, param: Any):
        self._layer, self._xp, loss = layer, layer.xp, layer.param.loss_param
        if enum_name(param, "type") != "ORIGIN":
            layer.fail(
                "the form with as many labels as scores has type: ORIGIN alone",
                field="focal_loss_param.type",
            )
        self._gamma, self._alpha = float(param.gamma), float(param.alpha)
        self._normalization = Normalization(loss, "BATCH_SIZE")
        self._ignored = loss.ignore_label if loss.HasField("ignore_label") else None
        names = ("wrong", "cost", "factor", "sign", "label")
        self._wrong, self._cost, self._factor, self._sign, self._label = map(
            layer.working_blob, names
        )

    def reshape(self, bottom: Sequence[Blob], axis: int, top: Blob | None) -> None:
        """Check that there is a label for each score."""
        self._layer.require_same_count(bottom)
        for blob in (self._wrong, self._cost, self._factor, self._sign, self._label):
            blob.reshape_like(bottom[0])

    def forward(self, bottom: Sequence[Blob]) -> Any:
        """Return the sum of the costs over n."""
        xp, x = self._xp, bottom[0].data
        wrong, cost, factor, sign, label = (
            blob.data for blob in (self._wrong, self._cost, self._factor, self._sign, self._label)
        )
        xp.trunc(bottom[1].data.reshape(x.shape), out=label)
        xp.equal(label, 1, out=sign)  # 1 for label 1, else 0, and then -1
        xp.multiply(sign, 2 * self._alpha - 1, out=factor)
        xp.add(factor, 1 - self._alpha, out=factor)
        xp.multiply(sign, 2, out=sign)
        xp.subtract(sign, 1, out=sign)
        # z = -x for label 1, else x: then 1 - p = sigmoid(z), and -log(p) = softplus(z).
        xp.multiply(x, sign, out=wrong)
        xp.negative(wrong, out=wrong)
        softplus(xp, wrong, cost, self._layer.device.scratch("focal", x.shape, x.dtype))
        sigmoid(xp, wrong, wrong)
        valid = None
        if self._ignored is not None:
            xp.not_equal(label, self._ignored, out=label)
            xp.multiply(factor, label, out=factor)
            valid = xp.sum(label)
            if self._layer.device.is_host:
                valid = int(valid.item())
        # a * (1 - p)^gamma.
        scratch = self._layer.device.scratch("focal", x.shape, x.dtype)
        xp.power(wrong, self._gamma, out=scratch)
        xp.multiply(factor, scratch, out=factor)
        self._n = self._normalization.divisor(bottom[0].count, bottom[0].count_axes(0, 1), valid)
        return xp.sum(factor * cost) / self._n

    def backward(self, weight: Any, bottom: Sequence[Blob]) -> None:
        """Write -sign * a * (1 - p)^gamma * ((1 - p) + gamma * p * cost) / n."""
        xp, dx, wrong = self._xp, bottom[0].diff, self._wrong.data
        xp.subtract(1, wrong, out=dx)
        xp.multiply(dx, self._cost.data, out=dx)
        xp.multiply(dx, self._gamma, out=dx)
        xp.add(dx, wrong, out=dx)
        xp.multiply(dx, self._factor.data, out=dx)
        xp.multiply(dx, self._sign.data, out=dx)
        xp.multiply(dx, -weight / self._n, out=dx)
