"""The fillers' distributions against their moments in closed form, with fixed seeds."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.errors import ConfigError

CONV = (60, 20, 3, 5)  # fan_in 300, fan_out 900
SHAPE = (120, 150)
UNIFORM_KURTOSIS, NORMAL_KURTOSIS = 1.8, 3.0


@pytest.fixture
def fill(registry):
    def make(text, shape, seed=11):
        param = registry.schema.parse_text(text, "FillerParameter").message
        blob = Blob(shape, device=Device(seed=seed), dtype=np.float64)
        registry.filler(param).fill(blob)
        return blob.data

    return make


def check_moments(values, mean, variance, kurtosis):
    """Compare the moments within five standard deviations of their estimates, skewness 0 among them."""
    count = values.size
    deviation = values - values.mean()
    spread = math.sqrt(variance)
    assert abs(values.mean() - mean) < 5 * spread / math.sqrt(count)
    assert values.var() == pytest.approx(variance, rel=5 * math.sqrt((kurtosis - 1) / count))
    assert abs((deviation**3).mean()) < 5 * spread**3 * math.sqrt(15 / count)
    fourth = (deviation**4).mean() / values.var() ** 2
    assert fourth == pytest.approx(kurtosis, abs=5 * math.sqrt(24 / count))


def test_uniform(fill):
    values = fill('type: "uniform" min: -2 max: 0.5', SHAPE)
    check_moments(values, -0.75, 2.5**2 / 12, UNIFORM_KURTOSIS)


def test_gaussian(fill):
    values = fill('type: "gaussian" mean: -1 std: 0.25', SHAPE)
    check_moments(values, -1, 0.25**2, NORMAL_KURTOSIS)


@pytest.mark.parametrize(("norm", "fan"), [("FAN_IN", 300), ("FAN_OUT", 900), ("AVERAGE", 600)])
def test_xavier_and_msra_of_convolution_weights(fill, norm, fan):
    xavier = fill(f'type: "xavier" variance_norm: {norm}', CONV)
    check_moments(xavier, 0, 1 / fan, UNIFORM_KURTOSIS)
    msra = fill(f'type: "msra" variance_norm: {norm}', CONV)
    check_moments(msra, 0, 2 / fan, NORMAL_KURTOSIS)


def test_sparse_counts_along_the_first_axis(fill):
    outputs, inputs, sparse = 40, 2000, 6
    values = fill(f'type: "gaussian" std: 2 sparse: {sparse}', (outputs, inputs))
    kept = values != 0
    share = sparse / outputs
    deviation = math.sqrt(outputs * share * (1 - share) / inputs)
    assert abs(kept.sum(axis=0).mean() - sparse) < 5 * deviation
    check_moments(values[kept], 0, 4, NORMAL_KURTOSIS)
    # Each element by itself: the counts of the inputs vary as those of coin tosses do.
    assert kept.sum(axis=0).var() == pytest.approx(outputs * share * (1 - share), rel=0.15)


def test_sparse_above_the_number_of_outputs(fill):
    message = r"sparse is 6 .*a blob of shape \(5, 40\) has only 5 outputs"
    with pytest.raises(ConfigError, match=message):
        fill('type: "gaussian" sparse: 6', (5, 40))


def test_positive_unitball(fill):
    # n numbers from U[0, 1) over their sum S ~ n / 2: mean 1 / n, variance ~ 1 / (3 n^2).
    values = fill('type: "positive_unitball"', (50, 10, 20))
    np.testing.assert_allclose(values.sum(axis=(1, 2)), 1, 1e-12)
    assert values.min() >= 0
    assert values.var() == pytest.approx(1 / (3 * 200**2), rel=0.05)
    assert values.max() < 2.4 / 200


def enlarged(line, kernel, stride, pad):
    """Return a transposed convolution of one axis, by a loop."""
    whole = np.zeros(stride * (len(line) - 1) + len(kernel))
    for index, value in enumerate(line):
        whole[index * stride : index * stride + len(kernel)] += value * kernel
    return whole[pad : len(whole) - pad]


@pytest.mark.parametrize("factor", [2, 3, 4, 5])
def test_bilinear_enlarges_a_straight_line_to_a_straight_line(fill, factor):
    size, pad = 2 * factor - factor % 2, math.ceil((factor - 1) / 2)
    weights = fill('type: "bilinear"', (2, 1, size, size))
    np.testing.assert_array_equal(weights[0], weights[1])
    kernel = weights[0, 0]
    # The kernel is the outer product of a line with itself, and the line adds up to the factor.
    line = kernel.sum(axis=0) / factor
    np.testing.assert_allclose(kernel, np.outer(line, line), 1e-12, 1e-15)
    ramp = enlarged(np.arange(8.0), line, factor, pad)
    assert len(ramp) == 8 * factor
    inside = ramp[factor:-factor]
    np.testing.assert_allclose(np.diff(inside), 1 / factor, 1e-10)
