"""Im2col: the columns that a convolution multiplies with its kernels."""

from __future__ import annotations

import numpy as np
import pytest


def text(settings, type_name="Im2col"):
    return f'type: "{type_name}" convolution_param {{ {settings} }}'


def test_the_order_of_the_columns(build):
    x = np.arange(12.0).reshape(1, 2, 2, 3)
    y = build(text("kernel_size: 2"), x).forward()
    assert y.shape == (1, 8, 1, 2)
    assert y[0, :, 0].tolist() == [
        [0, 1],
        [1, 2],
        [3, 4],
        [4, 5],
        [6, 7],
        [7, 8],
        [9, 10],
        [10, 11],
    ]


def test_padding_is_zero(build):
    y = build(text("kernel_size: 2 pad: 1 stride: 2"), np.ones((1, 1, 2, 2))).forward()
    assert y[0].reshape(4, 4).tolist() == np.eye(4)[::-1].tolist()


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ("kernel_size: 3 stride: 2 pad: 1", (2, 3, 6, 5)),
        ("kernel_h: 2 kernel_w: 3 dilation: [2, 1]", (2, 2, 5, 5)),
        ("kernel_size: 2", (2, 3, 5)),
        ("kernel_size: 2 stride: [1, 2, 1]", (1, 2, 3, 4, 3)),
        ("kernel_size: 2 axis: 2", (2, 2, 1, 3, 3)),
    ],
)
def test_a_product_with_the_kernels_is_a_convolution(build, rng, settings, shape):
    x = rng.standard_normal(shape)
    columns = build(text(settings), x).forward()
    filler = 'weight_filler { type: "gaussian" }'
    built = build(text(f"{settings} {filler} num_output: 2 bias_term: false", "Convolution"), x)
    y = built.forward()
    axis = built.layer.axis
    weight = built.layer.blobs[0].data.reshape(2, -1)
    expected = np.moveaxis(np.tensordot(weight, columns, (1, axis)), 0, axis)
    np.testing.assert_allclose(y, expected, atol=1e-12)


def test_backward_counts_how_often_each_place_was_used(build):
    built = build(text("kernel_size: 2"), np.zeros((1, 1, 3, 3)))
    (dx,) = built.backward(np.ones((1, 4, 2, 2)))
    assert dx[0, 0].tolist() == [[1, 2, 1], [2, 4, 2], [1, 2, 1]]
