"""Crop."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

X = np.arange(240.0).reshape(2, 3, 5, 8)


def crop(settings=""):
    return f'name: "cut" type: "Crop" crop_param {{ {settings} }}'


@pytest.mark.parametrize(
    ("settings", "size", "part"),
    [
        ("", (9, 9, 3, 4), np.s_[:, :, :3, :4]),
        ("offset: 2", (9, 9, 3, 4), np.s_[:, :, 2:, 2:6]),
        ("offset: 1 offset: 4", (1, 1, 3, 4), np.s_[:, :, 1:4, 4:]),
        ("axis: 0", (1, 2, 3, 4), np.s_[:1, :2, :3, :4]),
        ("axis: 1 offset: [1, 2, 3]", (7, 2, 3, 4), np.s_[:, 1:, 2:, 3:7]),
        ("axis: -1 offset: 1", (7, 2, 3, 4), np.s_[..., 1:5]),
        ("", (2, 3, 5, 8, 6), np.s_[:]),
    ],
)
def test_crop_cuts_and_pads_its_gradient(build, settings, size, part):
    built = build(crop(settings), X, np.zeros(size))
    y = built.forward()
    np.testing.assert_array_equal(y, X[part])
    for blob in built.bottom:
        blob.diff[...] = 5
    dx, dsize = built.backward(y + 1)
    expected = np.zeros(X.shape)
    expected[part] = y + 1
    np.testing.assert_array_equal(dx, expected)
    assert not dsize.any()


def test_crop_follows_its_reference(build):
    built = build(crop(), X, np.zeros((1, 1, 2, 2)))
    for height, width in ((5, 8), (1, 3)):
        built.bottom[1].reshape(1, 1, height, width)
        np.testing.assert_array_equal(built.forward(), X[:, :, :height, :width])


@pytest.mark.parametrize(
    ("settings", "size", "message"),
    [
        ("", (2, 3, 6, 8), "axis 2 has 5 elements, but offset 0 and size 6 need 6"),
        ("offset: 3", (2, 3, 3, 4), "axis 2 has 5 elements, but offset 3 and size 3 need 6"),
        ("offset: [0, 5]", (2, 3, 3, 4), "axis 3 has 8 elements, but offset 5 and size 4 need 9"),
        ("", (2, 3, 4), "which has fewer axes"),
    ],
)
def test_what_does_not_fit_names_both_blobs(build, settings, size, message):
    with pytest.raises(LayerError) as caught:
        build(crop(settings), X, np.zeros(size))
    text = str(caught.value)
    assert text.startswith(
        'layer "cut" (Crop): cannot crop bottom "b0" (2, 3, 5, 8) to the size of '
    )
    assert f'bottom "b1" {size}' in text and message in text


def test_crop_settings_that_make_no_sense(build):
    message = r'once for each of the 2 cropped axes of bottom "b0" \(2, 3, 5, 8\): 3 given'
    with pytest.raises(LayerError, match=message) as caught:
        build(crop("offset: [1, 1, 1]"), X, np.zeros((2, 3, 2, 2)))
    assert caught.value.field == "crop_param.offset"
    with pytest.raises(LayerError, match=r'axis 4 is out of range for bottom "b0" \(2, 3, 5, 8\)'):
        build(crop("axis: 4"), X, np.zeros((2, 3, 2, 2)))
