"""Flatten, Reshape, Tile, Squeeze, Unsqueeze and Transpose."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

IMAGES = np.arange(240.0).reshape(2, 3, 5, 8)


def flatten(settings=""):
    return f'name: "flat" type: "Flatten" flatten_param {{ {settings} }}'


def reshape(shape, settings=""):
    dims = " ".join(f"dim: {dim}" for dim in shape)
    return f'name: "form" type: "Reshape" reshape_param {{ shape {{ {dims} }} {settings} }}'


def tile(settings):
    return f'name: "tiles" type: "Tile" tile_param {{ {settings} }}'


@pytest.mark.parametrize(
    ("settings", "shape"),
    [
        ("", (2, 120)),
        ("axis: 2", (2, 3, 40)),
        ("end_axis: -2", (2, 15, 8)),
        ("axis: 0 end_axis: -2", (30, 8)),
        ("axis: 0", (240,)),
        ("axis: -1", (2, 3, 5, 8)),
        ("axis: 1 end_axis: 1", (2, 3, 5, 8)),
        ("axis: 2 end_axis: 1", (2, 3, 1, 5, 8)),
    ],
)
def test_flatten_shapes(build, settings, shape):
    built = build(flatten(settings), IMAGES)
    assert built.top[0].shape == shape
    np.testing.assert_array_equal(built.forward(), IMAGES.reshape(shape))


@pytest.mark.parametrize("text", [flatten(), reshape((0, -1))])
def test_data_and_diff_are_shared_at_every_size(build, text):
    built = build(text, IMAGES)
    for items in (2, 5, 1, 9):
        built.bottom[0].reshape(items, 3, 5, 8)
        built.bottom[0].data[...] = items
        y = built.forward()
        assert y.shape == (items, 120) and (y == items).all()
        assert np.shares_memory(y, built.bottom[0].data)
        (dx,) = built.backward(np.arange(items * 120.0).reshape(items, 120))
        assert np.shares_memory(dx, built.top[0].diff)
        np.testing.assert_array_equal(dx.reshape(-1), np.arange(items * 120))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("axis: 4", r'axis 4 is out of range for bottom "b0" \(2, 3, 5, 8\)'),
        ("end_axis: -5", r'axis -5 is out of range for bottom "b0" \(2, 3, 5, 8\)'),
        ("axis: 3 end_axis: 1", r'end_axis 1 lies before axis 3 in bottom "b0" \(2, 3, 5, 8\)'),
    ],
)
def test_flatten_errors(build, settings, message):
    with pytest.raises(LayerError, match=r'layer "flat" \(Flatten\): ' + message) as caught:
        build(flatten(settings), IMAGES)
    assert caught.value.field.startswith("flatten_param.")


def test_a_blob_of_one_axis_has_no_axis_1_to_flatten(build):
    with pytest.raises(LayerError, match=r'axis 1 is out of range for bottom "b0" \(3,\)'):
        build(flatten(), np.zeros(3))


@pytest.mark.parametrize(
    ("shape", "settings", "expected"),
    [
        ((2, -1), "", (2, 120)),
        ((0, 0, 0, 0), "", (2, 3, 5, 8)),
        ((-1,), "", (240,)),
        ((0, -1, 0, 4), "", (2, 6, 5, 4)),
        # of Caffe's own documentation: ways to say the same
        ((2, 15, 8), "", (2, 15, 8)),
        ((15, 8), "axis: 1", (2, 15, 8)),
        ((15,), "axis: 1 num_axes: 2", (2, 15, 8)),
        ((-1, 0), "axis: 2", (2, 3, 5, 8)),
        # axes of size 1 put in at the start, in the middle and at the end
        ((1, 1, 1), "axis: 0 num_axes: 0", (1, 1, 1, 2, 3, 5, 8)),
        ((1, 1, 1), "axis: 2 num_axes: 0", (2, 3, 1, 1, 1, 5, 8)),
        ((1, 1, 1), "axis: -1 num_axes: 0", (2, 3, 5, 8, 1, 1, 1)),
        ((1,), "axis: -2 num_axes: 0", (2, 3, 5, 1, 8)),
        ((4, 2), "axis: -2 num_axes: 1", (2, 3, 5, 4, 2)),
        ((-1, 2), "axis: 3 num_axes: 1", (2, 3, 5, 4, 2)),
        ((0, -1, 5), "axis: 1 num_axes: 2", (2, 3, 1, 5, 8)),
    ],
)
def test_reshape_shapes(build, shape, settings, expected):
    built = build(reshape(shape, settings), IMAGES)
    assert built.top[0].shape == expected
    np.testing.assert_array_equal(built.forward(), IMAGES.reshape(expected))


def test_reshape_without_a_shape_makes_a_scalar_of_one_element(build):
    assert build('type: "Reshape"', [[5.0]]).forward().shape == ()


@pytest.mark.parametrize(
    ("shape", "start", "expected"),
    [
        ((0, -1), (0, 3, 4), (0, 12)),
        ((-1, 12), (0, 3, 4), (0, 12)),
        ((0, 2, -1), (0, 4), (0, 2, 2)),
    ],
)
def test_reshape_of_an_empty_batch(build, shape, start, expected):
    assert build(reshape(shape), np.zeros(start)).forward().shape == expected


@pytest.mark.parametrize(
    ("shape", "settings", "message"),
    [
        ((-1, -1), "", r"shape \[-1, -1\]: only one dimension may be -1"),
        ((-2, 3), "", r"shape \[-2, 3\]: a dimension must be -1, 0 or more"),
        (
            (7, -1),
            "",
            r"the -1 cannot be inferred for bottom \"b0\" \(2, 3, 5, 8\): 240 elements",
        ),
        ((0, 2, -1), "axis: 1 num_axes: 2", "240 elements do not divide by 96"),
        ((2, 3), "", r'makes \(2, 3\) of bottom "b0" \(2, 3, 5, 8\): 6 elements in place of 240'),
        ((2, 3, 5, 8, 0), "", r"the 0 at index 4 has no axis to copy in bottom \"b0\""),
        ((0,), "axis: -1 num_axes: 0", "the 0 at index 0 has no axis to copy"),
        (
            (-1,),
            "axis: 5",
            r'axis 5 is out of range for bottom "b0" \(2, 3, 5, 8\): it may be -5 to 4',
        ),
        ((-1,), "axis: -6", "axis -6 is out of range"),
        ((-1,), "num_axes: -2", "num_axes is -2, but must be -1 or more"),
        (
            (-1,),
            "axis: 2 num_axes: 3",
            r"3 axes from axis 2 on go past the end of bottom \"b0\" \(2",
        ),
    ],
)
def test_reshape_errors(build, shape, settings, message):
    with pytest.raises(LayerError, match=r'layer "form" \(Reshape\): .*' + message) as caught:
        build(reshape(shape, settings), IMAGES)
    assert caught.value.field.startswith("reshape_param.")


def test_tile_repeats_the_whole_and_adds_up(build):
    x = [[[1, 2], [3, 4]]]
    for axis, expected in (
        ("axis: 0", x * 2),
        ("", [[[1, 2], [3, 4], [1, 2], [3, 4]]]),
        ("axis: -1", [[[1, 2, 1, 2], [3, 4, 3, 4]]]),
    ):
        built = build(tile(f"{axis} tiles: 2"), x)
        np.testing.assert_array_equal(built.forward(), expected)
        (dx,) = built.backward(np.array(expected) * 10)
        np.testing.assert_array_equal(dx, np.array(x) * 20)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("", "tile_param.tiles must be given"),
        ("tiles: 0", "tiles is 0, but must be at least 1"),
        ("tiles: -3", "tiles is -3, but must be at least 1"),
        ("tiles: 2 axis: 4", r'axis 4 is out of range for bottom "b0" \(2, 3, 5, 8\)'),
    ],
)
def test_tile_errors(build, settings, message):
    with pytest.raises(LayerError, match=r'layer "tiles" \(Tile\): ' + message):
        build(tile(settings), IMAGES)


@pytest.mark.parametrize(
    ("type_name", "axes", "before", "after"),
    [
        ("Squeeze", [], (1, 2, 1, 3), (2, 3)),
        ("Squeeze", [0], (1, 2, 1, 3), (2, 1, 3)),
        ("Squeeze", [-2, 2], (1, 2, 1, 3), (1, 2, 3)),
        ("Squeeze", [], (2, 3), (2, 3)),
        ("Unsqueeze", [0], (2, 3), (1, 2, 3)),
        ("Unsqueeze", [3, 1], (2, 3), (2, 1, 3, 1)),
        ("Unsqueeze", [-1, 0], (2, 3), (1, 2, 3, 1)),
    ],
)
def test_squeeze_and_unsqueeze(build, type_name, axes, before, after):
    text = f'type: "{type_name}" squeeze_param {{ axes: {axes} }}'
    built = build(text, np.arange(6.0).reshape(before))
    np.testing.assert_array_equal(built.forward(), np.arange(6).reshape(after))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('"Squeeze" squeeze_param { axes: 1 }', r'axis 1 of bottom "b0" \(2, 3, 5, 8\) has size 3'),
        ('"Squeeze" squeeze_param { axes: 4 }', r'axis 4 is out of range for bottom "b0" \(2, 3'),
        ('"Unsqueeze"', r"axes \[\] do not name new axes .* from -4 to 3"),
        ('"Unsqueeze" squeeze_param { axes: [1, 1] }', r"axes \[1, 1\] do not name new axes"),
        ('"Unsqueeze" squeeze_param { axes: 5 }', r'bottom "b0" \(2, 3, 5, 8\): .* from -5 to 4'),
        (
            '"Transpose"',
            r'dim \[\] must hold each axis of bottom "b0" \(2, 3, 5, 8\) once: 0, 1, 2, 3',
        ),
        ('"Transpose" transpose_param { dim: [0, 1, 1, 2] }', r"dim \[0, 1, 1, 2\] must hold each"),
        ('"Transpose" transpose_param { dim: [0, 1, 2, 4] }', r"dim \[0, 1, 2, 4\] must hold each"),
    ],
)
def test_squeeze_unsqueeze_and_transpose_errors(build, text, message):
    with pytest.raises(LayerError, match=message):
        build(f"type: {text}", IMAGES)


def test_transpose(build):
    built = build('type: "Transpose" transpose_param { dim: [2, 0, 3, 1] }', IMAGES)
    np.testing.assert_array_equal(built.forward(), IMAGES.transpose(2, 0, 3, 1))
    (dx,) = built.backward(built.top[0].data * 2)
    np.testing.assert_array_equal(dx, 2 * IMAGES)
