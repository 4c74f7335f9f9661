"""The activation layers and Dropout."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.errors import LayerError
from mycaffe_py.layer import TEST

X = [[-2.0, 0.0, 1.0]]
VALUES = {
    "ReLU": ("", [0, 0, 1]),
    "ReLU leaky": ("relu_param { negative_slope: 0.5 }", [-1, 0, 1]),
    "TanH": ("", [-0.9640275800758169, 0, 0.7615941559557649]),
    "Sigmoid": ("", [0.11920292202211755, 0.5, 0.7310585786300049]),
    "SiLU": ("", [-0.2384058440442351, 0, 0.7310585786300049]),
    "GELU": ("", [-0.045500263896358414, 0, 0.8413447460685429]),
    "GELU bert": (
        "gelu_param { enable_bert_version: true }",
        [-0.04540230591222494, 0, 0.8411919906082768],
    ),
    "LeCun": ("", [-1.7159 * math.tanh(1.332), 0, 1.7159 * math.tanh(0.666)]),
    "SoftPlus": ("", [0.1269280110429726, math.log(2), 1.3132616875182228]),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", VALUES)
def test_values(build, name, dtype):
    settings, expected = VALUES[name]
    built = build(f'type: "{name.split()[0]}" {settings}', X, dtype=dtype)
    y = built.forward()
    assert y.dtype == dtype
    np.testing.assert_allclose(y, [expected], 1e-6 if dtype == np.float32 else 1e-14, 1e-16)


def test_relu_gradient_at_zero_is_the_slope(build):
    built = build('type: "ReLU" relu_param { negative_slope: 0.25 }', X)
    built.forward()
    assert built.backward([[1, 1, 1]])[0].tolist() == [[0.25, 0.25, 1]]


@pytest.mark.parametrize("name", ["GELU", "SiLU", "ReLU leaky"])
def test_works_in_place(build, name):
    settings, expected = VALUES[name]
    text = f'type: "{name.split()[0]}" {settings}'
    apart, together = build(text, X), build(f'{text} name: "in_place"', X)
    apart.forward()
    np.testing.assert_allclose(together.forward(), [expected], 1e-14)
    dy = [[1.0, 2.0, 3.0]]
    np.testing.assert_array_equal(together.backward(dy)[0], apart.backward(dy)[0])


def test_needs_one_bottom(build):
    with pytest.raises(LayerError, match=r'"it" \(ReLU\): needs exactly 1 bottom blob, got 2'):
        build('type: "ReLU"', X, X)


@pytest.mark.parametrize("ratio", [0.2, 0.5, 0.9])
def test_dropout_keeps_the_mean(build, ratio):
    text = f'type: "Dropout" dropout_param {{ dropout_ratio: {ratio} }}'
    built = build(text, np.ones(20_000))
    y = built.forward().copy()
    kept = y != 0
    np.testing.assert_allclose(y[kept], 1 / (1 - ratio), 1e-6)
    # Five standard deviations of a binomial share.
    assert abs(kept.mean() - (1 - ratio)) < 5 * math.sqrt(ratio * (1 - ratio) / y.size)
    (dx,) = built.backward(np.full(20_000, 3.0))
    np.testing.assert_allclose(dx, 3 * y)
    assert (built.forward() != y).any()


def test_dropout_repeats_for_a_seed(build):
    first, second, other = (
        build('type: "Dropout"', np.ones(100), seed=seed).forward() for seed in (1, 1, 2)
    )
    assert first.tolist() == second.tolist() != other.tolist()


def test_dropout_without_scale_in_training_scales_in_testing(build):
    text = 'type: "Dropout" dropout_param { dropout_ratio: 0.2 scale_train: false }'
    x = np.arange(1.0, 41.0)
    trained = build(text, x)
    kept = trained.forward() / x
    assert set(kept.tolist()) == {0.0, 1.0}
    np.testing.assert_array_equal(trained.backward(x)[0], kept * x)
    tested = build(text, x, phase=TEST)
    np.testing.assert_allclose(tested.forward(), 0.8 * x, rtol=1e-6)
    np.testing.assert_allclose(tested.backward(x)[0], 0.8 * x, rtol=1e-6)
    off = build(text.replace("}", "active: false }"), x, phase=TEST)
    np.testing.assert_array_equal(off.forward(), x)


def test_dropout_that_samples_in_testing(build):
    text = 'type: "Dropout" dropout_param { sample_weights_test: true }'
    built = build(text, np.ones(100), phase=TEST)
    first, second = built.forward().copy(), built.forward().copy()
    assert set(first.tolist()) == {0.0, 2.0} and (first != second).any()
    np.testing.assert_array_equal(built.backward(np.ones(100))[0], second)


@pytest.mark.parametrize(
    ("settings", "phase"), [("", TEST), ("dropout_param { active: false }", 0)]
)
def test_dropout_copies_where_it_does_not_drop(build, settings, phase):
    for extra in ("", 'name: "in_place"'):
        built = build(f'type: "Dropout" {settings} {extra}', X, phase=phase)
        assert built.forward().tolist() == X
        assert built.backward([[1, 2, 3]])[0].tolist() == [[1, 2, 3]]


@pytest.mark.parametrize("ratio", [-0.1, 1, 1.5])
def test_dropout_ratio_is_checked(build, ratio):
    message = (
        rf'layer "it" \(Dropout\): dropout_ratio is {ratio}, but must be at least 0 and below 1'
    )
    with pytest.raises(LayerError, match=message) as error:
        build(f'type: "Dropout" dropout_param {{ dropout_ratio: {ratio} }}', X)
    assert error.value.field == "dropout_param.dropout_ratio"


def test_dropout_ratio_zero_is_a_copy(build):
    built = build('type: "Dropout" dropout_param { dropout_ratio: 0 }', X)
    assert built.forward().tolist() == X
