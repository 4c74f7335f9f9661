"""Reverse: sequences backwards, padded ones within their length, and time spans that fit."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError, PrototxtError

from ...building import layer, make_net

X = np.arange(1, 11, dtype=float).reshape(2, 5)
MASK = [[1, 0, 1, 0, 0], [1, 1, 1, 1, 1]]


def reverse(settings="", mask=None, x=X):
    """Return what the layer makes of x, and the gradient of x for a gradient of y like x."""
    shapes = [np.shape(each) for each in (x, mask) if each is not None]
    dims = " ".join("shape { " + " ".join(f"dim: {d}" for d in s) + " }" for s in shapes)
    bottoms = "x m" if mask is not None else "x"
    net = make_net(
        "force_backward: true "
        + layer("in", "Input", "", bottoms, f"input_param {{ {dims} }}")
        + layer("reverse", "Reverse", bottoms, "y", f"reverse_param {{ {settings} }}")
    )
    given = {"x": x} if mask is None else {"x": x, "m": mask}
    y = net.forward(**given)["y"].copy()
    net.blobs["y"].diff[...] = x
    net.backward()
    return y, net.blobs["x"].diff.copy()


@pytest.mark.parametrize(
    ("settings", "mask", "wanted"),
    [
        ("", None, [[5, 4, 3, 2, 1], [10, 9, 8, 7, 6]]),
        ("axis: 0", None, [[6, 7, 8, 9, 10], [1, 2, 3, 4, 5]]),
        ("keep_first: true", None, [[1, 5, 4, 3, 2], [6, 10, 9, 8, 7]]),
        ("", MASK, [[3, 2, 1, 4, 5], [10, 9, 8, 7, 6]]),
        ("keep_first: true", MASK, [[1, 3, 2, 4, 5], [6, 10, 9, 8, 7]]),
        ("", [[0] * 5, [1, 0, 0, 0, 0]], X),
    ],
)
def test_the_steps_and_their_gradients(settings, mask, wanted):
    y, dx = reverse(settings, mask)
    np.testing.assert_array_equal(y, wanted)
    np.testing.assert_array_equal(dx, wanted)  # the layer is its own inverse


def test_features_go_with_their_step():
    x = np.arange(12.0).reshape(1, 3, 4)
    y, _ = reverse(x=x, mask=[[[0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]])
    np.testing.assert_array_equal(y, x[:, [1, 0, 2]])


def test_a_time_grid_read_backwards():
    """Spans of the reversed steps are the differences of the reversed times."""
    times = np.array([[0.0, 1.0, 3.0, 7.0]])
    spans = np.diff(times, prepend=0.0)
    y, _ = reverse("keep_first: true", x=spans)
    np.testing.assert_array_equal(y[0, 1:], -np.diff(times[:, ::-1])[0])


@pytest.mark.parametrize(
    ("settings", "mask", "message"),
    [
        ("axis: 0", MASK, "a mask needs axis 1"),
        ("", [[1, 1, 1, 1]] * 2, r'the mask, bottom "m" \(2, 4\), must be'),
        ("", [1, 1], r'the mask, bottom "m" \(2,\), must be'),
        ("axis: 2", None, "axis"),
    ],
)
def test_what_does_not_fit(settings, mask, message):
    with pytest.raises((LayerError, PrototxtError), match=message):
        reverse(settings, mask)
