"""SeLU, ReLU6, HSwish, HSigmoid, HardSigmoid and CReLU: spellings, edges, in place, bad settings."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

X = [[-4.0, -3.0, -1.0, 0.0, 1.0, 3.0, 6.0, 7.0]]
ONES = np.ones((1, 8))


def run(build, text, dy=ONES, x=X):
    built = build(text, x)
    y = built.forward().copy()
    return y, built.backward(dy)[0]


def test_relu6_is_flat_at_both_ends(build):
    y, dx = run(build, 'type: "ReLU6"')
    assert y.tolist() == [[0, 0, 0, 0, 1, 3, 6, 6]]
    assert dx.tolist() == [[0, 0, 0, 0, 1, 1, 0, 0]]


def test_the_settings_of_relu6_in_two_forks(build):
    y, _ = run(build, 'type: "ReLU6" relu6_param { n: 2 }')
    assert y.tolist() == [[0, 0, 0, 0, 1, 2, 2, 2]]
    y, dx = run(build, 'type: "ReLU6" relu6_param { negative_slope: 0.5 }')
    assert y.tolist() == [[-2, -1.5, -0.5, 0, 1, 3, 6, 6]]
    assert dx.tolist() == [[0.5, 0.5, 0.5, 0.5, 1, 1, 0, 0]]


@pytest.mark.parametrize("name", ["SeLU", "SELU", "SeLu"])
def test_selu_keeps_the_moments_of_its_inputs(build, rng, name):
    y = build(f'type: "{name}"', rng.standard_normal((1, 200_000))).forward()
    assert abs(y.mean()) < 0.01 and abs(y.std() - 1) < 0.01


@pytest.mark.parametrize("name", ["HSwish", "HardSwish", "h_swish"])
def test_hswish(build, name):
    y, dx = run(build, f'type: "{name}"')
    np.testing.assert_allclose(y, [[0, 0, -1 / 3, 0, 2 / 3, 3, 6, 7]])
    np.testing.assert_allclose(dx, [[0, 0, 1 / 6, 0.5, 5 / 6, 1, 1, 1]])


def test_hsigmoid(build):
    y, dx = run(build, 'type: "HSigmoid"')
    np.testing.assert_allclose(y, [[0, 0, 1 / 3, 0.5, 2 / 3, 1, 1, 1]])
    np.testing.assert_allclose(dx, [[0, 0, 1 / 6, 1 / 6, 1 / 6, 0, 0, 0]])


def test_hard_sigmoid_needs_a_setting_as_forks_disagree(build):
    with pytest.raises(LayerError, match="forks of Caffe disagree") as caught:
        build('type: "HardSigmoid"', X)
    assert caught.value.field == "hard_sigmoid_param" and "HSigmoid" in caught.value.hint
    y, _ = run(build, 'type: "HardSigmoid" hard_sigmoid_param { alpha: 0.2 }')
    np.testing.assert_allclose(y, [[0, 0, 0.3, 0.5, 0.7, 1, 1, 1]], rtol=1e-6, atol=1e-7)


def test_relu6_needs_room(build):
    with pytest.raises(LayerError, match="n is 0, but must be above 0") as caught:
        build('type: "ReLU6" relu6_param { n: 0 }', X)
    assert caught.value.field == "relu6_param.n"


@pytest.mark.parametrize(
    "text",
    [
        'type: "ReLU6"',
        'type: "ReLU6" relu6_param { negative_slope: -1 }',
        'type: "SeLU"',
        'type: "HSwish"',
        'type: "HSigmoid"',
        'type: "HardSigmoid" hard_sigmoid_param { alpha: 0.1 }',
    ],
)
def test_in_place_gives_the_same(build, text):
    dy = np.arange(1.0, 9)[None]
    apart = run(build, text, dy)
    together = run(build, f'{text} name: "in_place"', dy)
    for left, right in zip(apart, together, strict=True):
        np.testing.assert_array_equal(left, right)


def test_crelu_joins_both_halves(build):
    built = build('type: "CReLU"', [[1.0, -2.0]])
    assert built.forward().tolist() == [[1, 0, 0, 2]]
    assert built.backward([[1, 2, 3, 4]])[0].tolist() == [[1, -4]]


def test_crelu_joins_along_another_axis(build):
    built = build(
        'type: "CReLU" crelu_param { concat_axis: 2 negative_slope: 0.5 }', [[[1.0, -2.0]]]
    )
    assert built.forward().tolist() == [[[1, -1, -0.5, 2]]]
    with pytest.raises(LayerError, match="axis 3 is out of range") as caught:
        build('type: "CReLU" crelu_param { concat_axis: 3 }', [[[1.0, -2.0]]])
    assert caught.value.field == "crelu_param.concat_axis"
