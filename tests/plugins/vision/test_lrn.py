"""LRN: against plain loops, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError


def text(settings):
    return f'name: "l" type: "LRN" lrn_param {{ {settings} }}'


def windows(index, size, count):
    return slice(max(0, index - size // 2), min(count, index + size // 2 + 1))


@pytest.mark.parametrize(
    ("settings", "size", "alpha", "beta", "k"),
    [
        ("", 5, 1, 0.75, 1),
        ("local_size: 3 alpha: 0.5 beta: 0.5 k: 2", 3, 0.5, 0.5, 2),
        ("local_size: 15 alpha: 4", 15, 4, 0.75, 1),
        ("local_size: 1 beta: 1.25", 1, 1, 1.25, 1),
    ],
)
def test_across_channels(build, rng, settings, size, alpha, beta, k):
    x = rng.standard_normal((2, 7, 3, 2))
    expected = np.empty(x.shape)
    for channel in range(7):
        total = (x[:, windows(channel, size, 7)] ** 2).sum(1)
        expected[:, channel] = x[:, channel] * (k + alpha / size * total) ** -beta
    np.testing.assert_allclose(build(text(settings), x).forward(), expected, rtol=1e-12)


@pytest.mark.parametrize("size", [1, 3, 5, 9])
def test_within_a_channel_k_is_1_whatever_the_file_says(build, rng, size):
    x = rng.standard_normal((2, 2, 4, 5))
    expected = np.empty(x.shape)
    for row, column in np.ndindex(4, 5):
        part = x[:, :, windows(row, size, 4), windows(column, size, 5)]
        scale = 1 + 2 / size**2 * (part**2).sum((2, 3))
        expected[:, :, row, column] = x[:, :, row, column] * scale**-0.75
    settings = f"local_size: {size} alpha: 2 k: 7 norm_region: WITHIN_CHANNEL"
    np.testing.assert_allclose(build(text(settings), x).forward(), expected, rtol=1e-12)


@pytest.mark.parametrize("region", ["ACROSS_CHANNELS", "WITHIN_CHANNEL"])
def test_an_empty_batch(build, region):
    built = build(text(f"norm_region: {region}"), np.zeros((0, 3, 2, 2)))
    assert built.forward().shape == (0, 3, 2, 2)
    built.backward(np.zeros((0, 3, 2, 2)))


@pytest.mark.parametrize("size", [0, 4])
def test_local_size_must_be_odd(build, size):
    with pytest.raises(LayerError) as error:
        build(text(f"local_size: {size}"), np.zeros((1, 3, 2, 2)))
    assert str(error.value) == f'layer "l" (LRN): local_size is {size}, but must be odd'
    assert error.value.field == "lrn_param.local_size"


def test_four_axes(build):
    with pytest.raises(LayerError) as error:
        build(text(""), np.zeros((3, 2)))
    assert str(error.value) == (
        'layer "l" (LRN): bottom "b0" (3, 2) must have 4 axes: (N, C, height, width)'
    )
