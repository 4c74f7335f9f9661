"""Permute and Normalize: what they refuse, and Normalize's three forms."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

X = np.arange(1.0, 13).reshape(2, 3, 2)


def permute(order):
    return f'type: "Permute" permute_param {{ order: {order} }}'


def test_axes_that_are_not_named_follow(build):
    built = build(permute([2]), X)
    np.testing.assert_array_equal(built.forward(), X.transpose(2, 0, 1))
    (dx,) = built.backward(np.ones((2, 2, 3)) * np.arange(3))
    np.testing.assert_array_equal(dx, np.broadcast_to(np.arange(3)[:, None], (2, 3, 2)))


@pytest.mark.parametrize(("order", "message"), [([3], "holds axis 3"), ([1, 1], "axis 1 twice")])
def test_an_order_that_is_none_is_refused(build, order, message):
    with pytest.raises(LayerError, match=message) as caught:
        build(permute(order), X)
    assert caught.value.field == f"permute_param.order.{len(order) - 1}"


def test_a_layer_without_settings_is_normface(build):
    built = build('type: "Normalize" top: "y" top: "n"', X)
    norm = np.sqrt((X**2).sum(axis=1, keepdims=True) + 1e-6)
    np.testing.assert_allclose(built.forward(), X / norm)
    np.testing.assert_allclose(built.top[1].data, norm)
    assert built.layer.blobs == []


@pytest.mark.parametrize(
    "text", ['type: "Normalization2"', 'type: "Normalize" norm_param {}', 'type: "NORMALIZATION2"']
)
def test_ssds_defaults_have_one_norm_and_one_scale(build, text):
    built = build(text, X)
    built.layer.blobs[0].data[...] = 3
    expected = 3 * X / np.sqrt((X**2).sum(axis=(1, 2), keepdims=True))
    np.testing.assert_allclose(built.forward(), expected)
    assert built.layer.blobs[0].shape == ()


def test_mycaffes_spelling_of_eps(build):
    built = build('type: "Normalize" normalization2_param { esp: 5 }', X)
    assert built.layer.eps == 5


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("norm_param { eps: 1 esp: 1 }", "not both"),
        ("norm_param { eps: -1 }", "must not be negative"),
        ("norm_param {} normalization2_param {}", "not both"),
        ('norm_param {} top: "a" top: "b"', "takes one top"),
    ],
)
def test_what_is_refused(build, text, message):
    with pytest.raises(LayerError, match=message):
        build(f'type: "Normalize" {text}', X)


def test_other_channels_than_at_first_are_refused(build):
    built = build('type: "Normalize" norm_param { channel_shared: false }', X)
    built.bottom[0].reshape(2, 4, 2)
    with pytest.raises(LayerError, match="4 channels, but there are scales for 3"):
        built.forward()
