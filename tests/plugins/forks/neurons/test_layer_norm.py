"""LayerNorm: which fork's form is meant, its axes and blobs, and bad settings."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError


def norm(settings="", more=""):
    return f'type: "LayerNorm" layer_norm_param {{ {settings} }} {more}'


@pytest.mark.parametrize(
    ("settings", "axes", "learns"),
    [
        ("", (2, 3), False),
        ("epsilon: 1e-5 enable_cuda_impl: true", (2, 3), False),
        ("axis: 1", (1, 2, 3), False),
        ("eps: 1e-5", (1, 2, 3), True),
        ("elementwise_affine: true", (1, 2, 3), True),
        ("elementwise_affine: false", (1, 2, 3), False),
        ("elementwise_affine: true epsilon: 1e-5 axis: -1", (3,), True),
    ],
)
def test_the_form_follows_from_the_settings(build, rng, settings, axes, learns):
    x = 3 * rng.standard_normal((2, 3, 4, 5)) + 1
    built = build(norm(settings), x)
    y = built.forward()
    np.testing.assert_allclose(y.mean(axes), 0, atol=1e-12)
    np.testing.assert_allclose(y.var(axes), 1, atol=1e-4)
    assert [blob.shape for blob in built.layer.blobs] == [x.shape[axes[0] :]] * 2 * learns
    assert built.layer.blob_names == ["scale", "bias"] * learns


def test_two_axes_are_normalised_along_the_second(build, rng):
    y = build(norm(), rng.standard_normal((4, 6))).forward()
    np.testing.assert_allclose(y.mean(1), 0, atol=1e-12)


def test_equal_values_give_0(build):
    built = build(norm(), np.full((2, 5), 3.0))
    assert not built.forward().any()
    assert np.isfinite(built.backward(np.ones((2, 5)))[0]).all()


def test_passing_through(build, rng):
    x = rng.standard_normal((2, 5))
    built = build(norm("enable_passthrough: true"), x)
    np.testing.assert_array_equal(built.forward(), x)
    np.testing.assert_array_equal(built.backward(x)[0], x)


def test_in_place_gives_the_same(build, rng):
    x, dy = rng.standard_normal((2, 2, 3, 5))
    for settings in ("", "eps: 0.125"):
        results = []
        for name in ("apart", "in_place"):
            built = build(norm(settings, f'name: "{name}"'), x)
            y = built.forward().copy()
            results.append((y, built.backward(dy)[0]))
        for left, right in zip(*results, strict=True):
            np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize(
    ("settings", "shape", "field", "words"),
    [
        ("epsilon: -1", (2, 3), "layer_norm_param.epsilon", "epsilon is -1"),
        ("eps: -1", (2, 3), "layer_norm_param.eps", "eps is -1"),
        ("eps: 1 epsilon: 1", (2, 3), "layer_norm_param.eps", "not both"),
        ("axis: 2", (2, 3), "layer_norm_param.axis", "axis 2 is out of range"),
        ("", (2, 0), "", "nothing to normalise from axis 1 on"),
    ],
)
def test_refusals(build, settings, shape, field, words):
    with pytest.raises(LayerError, match=words) as caught:
        build(norm(settings), np.zeros(shape))
    assert caught.value.field == field


def test_an_item_of_another_size(build, rng):
    built = build(norm("eps: 1e-5"), rng.standard_normal((2, 3)))
    built.bottom[0].reshape(2, 4)
    with pytest.raises(LayerError, match=r'does not fit the blob "scale" \(3,\)'):
        built.forward()
