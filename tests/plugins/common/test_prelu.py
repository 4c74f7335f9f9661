"""PReLU: its slopes, their gradient and what it refuses."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

X = np.array([[[-2.0, 0.0], [1.0, -4.0]], [[3.0, -1.0], [-0.5, 2.0]]])
DY = np.array([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]])


def test_a_slope_for_each_channel(build):
    built = build('type: "PReLU"', X)
    (slope,) = built.layer.blobs
    assert slope.data.tolist() == [0.25, 0.25]
    slope.data[...] = [0.5, -1]
    y = built.forward()
    assert y.tolist() == [[[-1, 0], [1, 4]], [[3, -0.5], [0.5, 2]]]
    (dx,) = built.backward(DY)
    # At 0 the slope counts, as below 0.
    assert dx.tolist() == [[[0.5, 1], [3, -4]], [[5, 3], [-7, 8]]]
    assert slope.diff.tolist() == [1 * -2 + 6 * -1, 4 * -4 + 7 * -0.5]


def test_one_slope_for_all(build):
    built = build('type: "PReLU" prelu_param { channel_shared: true }', X)
    (slope,) = built.layer.blobs
    assert slope.shape == () and slope.data.item() == 0.25
    assert built.forward().tolist() == np.where(X > 0, X, X / 4).tolist()
    built.backward(DY)
    built.backward(DY)
    assert slope.diff.item() == 2 * (-2 - 6 - 16 - 3.5)


def test_a_slope_that_does_not_learn(build):
    built = build('type: "PReLU"', X)
    built.layer.param_propagate_down[0] = False
    built.forward()
    built.backward(DY)
    assert not built.layer.blobs[0].diff.any()


def test_filler(build):
    built = build('type: "PReLU" prelu_param { filler { type: "constant" value: 0.5 } }', X)
    assert built.layer.blobs[0].data.tolist() == [0.5, 0.5]
    # A filler without a value is zero, as everywhere.
    built = build("type: 'PReLU' prelu_param { filler {} }", X)
    assert built.layer.blobs[0].data.tolist() == [0, 0]


def test_shared_slope_takes_any_number_of_channels(build):
    built = build('type: "PReLU" prelu_param { channel_shared: true }', X)
    built.bottom[0].reshape(1, 5)
    built.bottom[0].data[...] = -4
    assert built.forward().tolist() == [[-1] * 5]


def test_needs_channels(build):
    message = r'layer "it" \(PReLU\): bottom "b0" \(3,\) has 1 axes, but at least 2 are needed'
    with pytest.raises(LayerError, match=message):
        build('type: "PReLU"', [1.0, 2.0, 3.0])


def test_other_number_of_channels(build):
    built = build('type: "PReLU"', X)
    built.bottom[0].reshape(2, 3, 2)
    message = (
        r'layer "it" \(PReLU\): bottom "b0" \(2, 3, 2\) has 3 channels, but blob "slope" \(2,\) '
        "was made for 2.*channel_shared"
    )
    with pytest.raises(LayerError, match=message):
        built.forward()


def test_stored_slopes_of_another_shape(build):
    text = 'type: "PReLU" blobs { shape { dim: 3 } data: [1, 2, 3] }'
    with pytest.raises(LayerError, match=r"blobs\[0\] in the file is \(3,\), here it is \(2,\)"):
        build(text, X)
    # Files from before shapes were stored: one number has four axes of 1.
    text = (
        'type: "PReLU" prelu_param { channel_shared: true } '
        "blobs { num: 1 channels: 1 height: 1 width: 1 data: 0.75 }"
    )
    assert build(text, X).layer.blobs[0].data.item() == 0.75
