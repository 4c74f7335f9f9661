"""LabelSpecificAdd and CosinAddm: margins of AM-Softmax and ArcFace, and the unit weights before them."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.errors import LayerError
from mycaffe_py.layer import TEST

X = [[0.9, -0.3, 0.2], [0.1, 0.3, -0.95]]
ONES = [[1.0, 1.0, 1.0]] * 2


def run(build, text, x=X, labels=(0, 1), **options):
    built = build(text, x, labels, **options)
    y = built.forward().copy()
    return y, built.backward(ONES, propagate_down=[True, False])[0]


def add(settings="bias: -0.35"):
    return f'type: "LabelSpecificAdd" label_specific_add_param {{ {settings} }}'


def angle(settings=""):
    return f'type: "CosinAddm" cosin_add_m_param {{ {settings} }}'


def test_only_scores_of_labels_above_the_margin_change(build):
    y, dx = run(build, add())
    np.testing.assert_allclose(y, [[0.55, -0.3, 0.2], [0.1, 0.3, -0.95]], rtol=1e-7)
    assert dx.tolist() == ONES


def test_testing_adds_nothing_whatever_transform_test_says(build):
    y, _ = run(build, add("bias: -0.35 transform_test: true"), phase=TEST)
    assert y.tolist() == X


def test_in_place(build):
    text = f'{add()} name: "in_place"'
    y, dx = run(build, text)
    np.testing.assert_allclose(y[0], [0.55, -0.3, 0.2], rtol=1e-7)
    assert dx.tolist() == ONES


def test_the_angle_of_the_label_grows(build):
    y, dx = run(build, angle())
    for row, cosine in ((0, 0.9), (1, 0.3)):
        grown = math.acos(cosine) + 0.5
        assert y[row, row] == pytest.approx(math.cos(grown))
        assert dx[row, row] == pytest.approx(math.sin(grown) / math.sin(math.acos(cosine)))
    assert y[0, 1:].tolist() == X[0][1:] and dx[0, 1:].tolist() == [1, 1]


def test_past_the_last_angle_it_falls_on_straight(build):
    y, dx = run(build, angle(), labels=[0, 2])
    assert y[1, 2] == pytest.approx(-0.95 - 0.5 * math.sin(0.5)) and dx[1, 2] == 1


def test_cosines_above_1_by_rounding(build):
    y, dx = run(build, angle(), x=[[1 + 1e-6, 0, 0], [-1 - 1e-6, 0, 0]], labels=[0, 0])
    assert y[0, 0] == pytest.approx(math.cos(0.5)) and dx[0, 0] == 1
    assert np.isfinite(y).all() and np.isfinite(dx).all()


@pytest.mark.parametrize("m", [-0.1, 3.5])
def test_m_is_an_angle(build, m):
    with pytest.raises(LayerError, match="must be an angle from 0 to pi") as caught:
        build(angle(f"m: {m}"), X, [0, 1])
    assert caught.value.field == "cosin_add_m_param.m"


@pytest.mark.parametrize("text", [add(), angle()])
def test_labels(build, text):
    with pytest.raises(LayerError, match="holds the label 3"):
        build(text, X, [0, 3]).forward()
    with pytest.raises(LayerError, match="holds 3 labels, but .* needs 2"):
        build(text, X, [0, 1, 2])
    built = build(text, X, [0, 1])
    built.forward()
    with pytest.raises(LayerError, match='"b1" .* has no gradient'):
        built.backward(ONES)
    assert [built.layer.allow_force_backward(index) for index in (0, 1)] == [True, False]


def product(settings):
    return (
        f'type: "InnerProduct" inner_product_param {{ num_output: 2 bias_term: false {settings} }}'
    )


def test_inner_product_with_unit_weights(build):
    built = build(product("normalize: true"), [[1.0, 2.0]])
    built.layer.blobs[0].data[...] = [[3, 4], [0, 0]]
    np.testing.assert_allclose(built.forward(), [[11 / 5, 0]])
    np.testing.assert_allclose(built.layer.blobs[0].data, [[0.6, 0.8], [0, 0]])
    kept = built.layer.blobs[0].data.copy()
    built.forward()
    np.testing.assert_array_equal(built.layer.blobs[0].data, kept)


def test_unit_weights_are_rows(build):
    with pytest.raises(LayerError, match="not possible with transpose") as caught:
        build(product("normalize: true transpose: true"), [[1.0, 2.0]])
    assert caught.value.field == "inner_product_param.normalize"
