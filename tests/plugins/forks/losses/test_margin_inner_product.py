"""MarginInnerProduct: its margins, its own gradients, lambda and its count, and what is refused."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.blob import Blob
from mycaffe_py.errors import LayerError, SnapshotError
from mycaffe_py.layer import LayerContext
from mycaffe_py.testing import strict_device

FACTORS = {"SINGLE": 1, "DOUBLE": 2, "TRIPLE": 3, "QUADRUPLE": 4}


def text(settings="", more='top: "y" top: "lambda"'):
    filler = 'weight_filler { type: "gaussian" }'
    return f'type: "MarginInnerProduct" {more} margin_inner_product_param {{ num_output: 6 {filler} {settings} }}'


def psi(cosine, factor):
    """The function of the paper: (-1)^k cos(m t) - 2 k in the k-th part of the angles."""
    angle = math.acos(cosine)
    k = min(int(angle * factor / math.pi), factor - 1)
    return (-1) ** k * math.cos(factor * angle) - 2 * k


def built_on(build, rng, settings):
    x, labels = 2 * rng.standard_normal((8, 4)), rng.integers(0, 6, 8)
    built = build(text(settings), x, labels)
    return built, x, labels


@pytest.mark.parametrize("name", FACTORS)
def test_the_label_gets_the_multiplied_angle(build, rng, name):
    built, x, labels = built_on(build, rng, f"type: {name} base: 0 lambda_min: 3")
    y = built.forward()
    weight = built.layer.blobs[0].data
    np.testing.assert_allclose(np.linalg.norm(weight, axis=1), 1)
    expected = x @ weight.T
    for row, label in enumerate(labels):
        norm, plain = np.linalg.norm(x[row]), expected[row, label]
        margin = norm * psi(plain / norm, FACTORS[name])
        if name != "SINGLE":
            expected[row, label] = (margin + 3 * plain) / 4
    np.testing.assert_allclose(y, expected, rtol=1e-9, atol=1e-12)
    assert built.top[1].data.tolist() == [3]


@pytest.mark.parametrize("name", ["DOUBLE", "TRIPLE", "QUADRUPLE"])
def test_the_gradients_are_those_of_the_fork(build, rng, name):
    built, x, labels = built_on(build, rng, f"type: {name} base: 0 lambda_min: 1")
    dy = rng.standard_normal((8, 6))
    built.forward()
    (dx, _) = built.backward(dy, propagate_down=[True, False])
    weight, factor = built.layer.blobs[0].data, FACTORS[name]
    expected = dy @ weight
    for row, label in enumerate(labels):
        norm, own = np.linalg.norm(x[row]), weight[label]
        cosine, step = own @ x[row] / norm, 1e-6
        slope = (psi(cosine + step, factor) - psi(cosine - step, factor)) / (2 * step)
        along_x = (psi(cosine, factor) - cosine * slope) / norm
        length = math.hypot(slope, along_x)
        margin = (slope * own + along_x * x[row]) / length
        expected[row] += dy[row, label] * ((margin + own) / 2 - own)
    np.testing.assert_allclose(dx, expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(built.layer.blobs[0].diff, dy.T @ x)


def test_lambda_falls_with_each_pass_and_is_kept(build, rng):
    settings = "type: DOUBLE base: 1000 gamma: 0.5 power: 2 lambda_min: 50 iteration: 1"
    built, _, _ = built_on(build, rng, settings)
    found = []
    for _ in range(4):
        built.forward()
        found.append(float(built.top[1].data[0]))
    assert found == [250, 160, pytest.approx(1000 / 9), pytest.approx(1000 / 3.5**2)]
    other, _, _ = built_on(build, rng, settings)
    other.layer.load_state(built.layer.state())
    other.forward()
    assert float(other.top[1].data[0]) == pytest.approx(1000 / 16)
    with pytest.raises(SnapshotError, match="passes"):
        other.layer.load_state({"passes": -1})


def test_on_a_device(registry, rng):
    x, labels = rng.standard_normal((5, 4)), [0.0, 3, 2, 2, 5]
    results = []
    for device in (None, strict_device()):
        param = registry.schema.parse_text(text("type: QUADRUPLE base: 2", ""), "LayerParameter")
        context = (
            LayerContext(registry, device, np.float64)
            if device
            else LayerContext(registry, dtype=np.float64)
        )
        layer = registry.layers.find("MarginInnerProduct")(param.message, context)
        bottom = []
        for values in (x, np.array(labels)):
            blob = Blob(values.shape, device=layer.device, dtype=np.float64)
            blob.data[...] = layer.device.asarray(values)
            bottom.append(blob)
        top = [Blob(device=layer.device, dtype=np.float64)]
        layer.initialize(bottom, top)
        layer.blobs[0].data[...] = layer.device.asarray(np.linspace(-1, 1, 24).reshape(6, 4) ** 3)
        layer.forward(bottom, top)
        top[0].diff[...] = layer.device.asarray(np.arange(30.0).reshape(5, 6))
        layer.backward(top, [True, False], bottom)
        arrays = (top[0].data, bottom[0].diff, layer.blobs[0].diff)
        results.append([np.array(layer.device.to_host(array)) for array in arrays])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-12)


def test_a_row_of_zeros_stays_finite(build):
    built = build(text("type: TRIPLE"), np.zeros((1, 4)), [1])
    assert np.isfinite(built.forward()).all()
    assert np.isfinite(built.backward(np.ones((1, 6)), propagate_down=[True, False])[0]).all()


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ("axis: 2", "axis", "axis 2 is out of range"),
        ("type: DOUBLE gamma: -1", "gamma", "gamma is -1"),
        ("type: DOUBLE base: -1", "base", "base is -1"),
        ("type: DOUBLE base: inf", "base", "base is inf"),
        ("type: DOUBLE iteration: -2", "iteration", "iteration is -2"),
        ("type: DOUBLE lambda_min: nan", "lambda_min", "lambda_min is nan"),
        ("type: DOUBLE power: inf", "power", "power is inf"),
    ],
)
def test_refusals(build, settings, field, words):
    with pytest.raises(LayerError, match=words) as caught:
        build(text(settings), np.zeros((2, 4)), [0, 1])
    assert caught.value.field == f"margin_inner_product_param.{field}"


def test_rows_and_labels_must_fit(build):
    built = build(text(), np.ones((2, 4)), [0, 6])
    with pytest.raises(LayerError, match="holds the label 6 at .*because num_output is 6"):
        built.forward()
    built.bottom[0].reshape(2, 5)
    with pytest.raises(LayerError, match="has 5 elements from axis 1 on, .* made for 4"):
        built.forward()
    assert not built.layer.allow_force_backward(1)


@pytest.mark.parametrize("power", [-60, -1e30])
def test_a_lambda_that_grows_beyond_all_numbers_is_refused(build, power):
    built = build(text(f"type: DOUBLE gamma: 9 power: {power}"), np.ones((1, 4)), [1])
    with pytest.raises(LayerError, match=r"makes lambda more than 1e\+30 in pass 1"):
        built.forward()
