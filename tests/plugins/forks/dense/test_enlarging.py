"""Upsample, Unpooling and Interp: sizes, masks, and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

from ....building import data, layer, make_net

X = np.arange(12.0).reshape(1, 2, 2, 3) + 1


def text(type_name, field, settings):
    return f'type: "{type_name}" {field} {{ {settings} }}'


def upsample(settings):
    return text("Upsample", "upsample_param", settings)


def unpooling(settings):
    return text("Unpooling", "unpooling_param", settings)


def interp(settings):
    return text("Interp", "interp_param", settings)


MASK = np.array([0.0, 5, 23, 8, 9, 1] * 2).reshape(X.shape)


@pytest.mark.parametrize(
    ("layer_text", "size"),
    [
        (upsample("scale: 2"), (4, 6)),
        (upsample(""), (4, 6)),
        (upsample("scale_h: 3 scale_w: 4"), (6, 12)),
        (upsample("pad_out_h: true scale: 2"), (3, 6 + 2)),
        (upsample("upsample_h: 5 upsample_w: 7"), (5, 7)),
        (unpooling("kernel_size: 2 stride: 2"), (5, 7)),
        (unpooling("kernel_size: 4 stride: 2"), (6, 8)),
        (unpooling("kernel_size: 2 stride: 2 unpool_size: 5"), (5, 5)),
        (unpooling("scale: 3"), (6, 9)),
        (unpooling("output_h: 4 output_w: 9"), (4, 9)),
    ],
)
def test_sizes_with_a_mask(build, layer_text, size):
    if "pad_out_h" in layer_text:
        layer_text, size = layer_text.replace("pad_out_h", "pad_out_w"), (4, 5)
    built = build(layer_text, [X, np.minimum(MASK, size[0] * size[1] - 1)])
    assert built.forward().shape == (1, 2, *size)


def test_a_mask_tells_the_cells(build):
    built = build(upsample("scale: 2"), [X, MASK])
    y = built.forward().reshape(2, 24)
    for plane in range(2):
        expected = np.zeros(24)
        expected[MASK[0, plane].reshape(-1).astype(int)] = X[0, plane].reshape(-1)
        np.testing.assert_array_equal(y[plane], expected)


def test_of_values_with_the_same_cell_the_last_stays_and_each_has_its_gradient(build):
    built = build(upsample("scale: 2"), [X, np.zeros(X.shape)])
    assert built.forward()[0, 0, 0, 0] == X[0, 0, 1, 2]
    dy = np.random.default_rng(1).standard_normal((1, 2, 4, 6))
    dx, _ = built.backward(dy, propagate_down=[True, True])
    np.testing.assert_array_equal(dx, np.broadcast_to(dy[:, :, :1, :1], X.shape))
    assert not built.bottom[1].diff.any()


@pytest.mark.parametrize("bad", [-1.0, 24.0, 0.5, np.nan, np.inf])
@pytest.mark.parametrize("make", [lambda: upsample("scale: 2"), lambda: unpooling("scale: 2")])
def test_a_mask_that_leads_out_of_the_image_is_refused(build, make, bad):
    mask = MASK.copy()
    mask[0, 1, 0, 1] = bad
    built = build(make(), [X, mask])
    with pytest.raises(LayerError) as caught:
        built.forward()
    assert f"names cell {bad:.9g} at index 7; expected whole numbers from 0 to 23" in str(
        caught.value
    )


def test_each_element_is_repeated(build):
    built = build(upsample("scale: 3"), [X])
    np.testing.assert_array_equal(built.forward(), X.repeat(3, 2).repeat(3, 3))
    built = build(upsample("stride: 2 scale: 0.5"), [X])
    np.testing.assert_array_equal(built.forward(), X.repeat(2, 2).repeat(2, 3) / 2)
    built = build(upsample("stride_h: 1 stride_w: 2"), [X])
    np.testing.assert_array_equal(built.forward(), X.repeat(2, 3))


def test_unpooling_without_a_mask(build):
    built = build(unpooling("kernel_size: 2 stride: 2"), [X])
    y = built.forward()
    assert y.shape == (1, 2, 5, 7)
    np.testing.assert_array_equal(y[..., :4:2, :6:2], X)
    assert y.sum() == X.sum()
    share = build(unpooling("unpool: AVE kernel_size: 2 stride: 2 unpool_h: 4 unpool_w: 5"), [X])
    y = share.forward()
    np.testing.assert_allclose(y[..., :2, :2], X[..., :1, :1] / 4 * np.ones((2, 2)))
    np.testing.assert_allclose(y[..., :2, 4:], X[..., :1, 2:] / 2 * np.ones((2, 1)))
    np.testing.assert_allclose(y.sum(), X.sum())
    tiled = build(unpooling("unpool: TILE kernel_size: 2 stride: 1"), [np.ones((1, 1, 2, 2))])
    np.testing.assert_array_equal(tiled.forward()[0, 0], [[1, 2, 1], [2, 4, 2], [1, 2, 1]])


@pytest.mark.parametrize(
    ("settings", "size"),
    [
        ("height: 5 width: 8", (5, 8)),
        ("zoom_factor: 8", (9, 17)),
        ("shrink_factor: 2", (1, 2)),
        ("shrink_factor: 2 height: 9 width: 9", (1, 2)),
        ("zoom_factor: 2 height: 9 width: 9", (3, 5)),
        ("shrink_factor: 2 zoom_factor: 3", (1, 4)),
        ("shrink_factor: 2 zoom_factor: 3 height: 9 width: 7", (9, 7)),
        ("height: 4 width: 4 pad_end: -1", (4, 4)),
    ],
)
def test_sizes_of_interp(build, settings, size):
    assert build(interp(settings), [X]).forward().shape == (1, 2, *size)


def test_corners_stay_and_the_size_itself_copies(build):
    y = build(interp("height: 7 width: 11"), [X]).forward()
    np.testing.assert_array_equal(y[..., ::6, ::10], X[..., ::1, ::2])
    np.testing.assert_array_equal(build(interp("height: 2 width: 3"), [X]).forward(), X)


def test_not_a_number_stays_between_its_neighbours(build):
    x = X.copy()
    x[0, 0, 0, 0] = np.nan
    y = build(interp("zoom_factor: 2"), [x]).forward()
    assert np.argwhere(np.isnan(y[0, 0])).tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert not np.isnan(y[0, 1]).any()


ONE, TWO = [X], [X, MASK]


@pytest.mark.parametrize(
    ("layer_text", "bottoms", "message"),
    [
        (upsample(""), ONE, "scale is missing"),
        (upsample("scale: 1.5"), ONE, "scale is 1.5, but must be a whole number from 1 up"),
        (upsample("scale: 1"), TWO, "scale is 1, but must be a whole number from 2 up"),
        (upsample("scale: inf"), TWO, "scale is inf, but must be a whole number from 2 up"),
        (upsample("scale: nan"), ONE, "scale is nan, but must be a whole number from 1 up"),
        (upsample("scale: 1e30"), TWO, "but must be a whole number from 2 up"),
        (upsample("stride: 0"), ONE, "stride is 0, but must be at least 1"),
        (upsample("upsample_h: 4 upsample_w: 4"), ONE, "upsample_h is for a second bottom"),
        (upsample("upsample_h: 4"), TWO, "upsample_h is given alone"),
        (upsample("scale: 2 scale_h: 2 scale_w: 2"), TWO, "give scale, or scale_h and scale_w"),
        (upsample("scale: 3 pad_out_h: true"), TWO, "pad_out_h is for a factor of 2, not 3"),
        (upsample("scale: 2"), [X, MASK[:, :1]], "must have the shape of bottom"),
        (upsample("scale: 2"), [X[0]], "must have 4 axes"),
        (unpooling(""), ONE, "kernel_size is missing"),
        (unpooling("kernel_size: 0"), ONE, "kernel_size is 0, but must be at least 1"),
        (unpooling("kernel_size: 2 kernel_h: 2 kernel_w: 2"), ONE, "not both"),
        (unpooling("kernel_h: 2"), ONE, "kernel_h is given alone"),
        (unpooling("kernel_size: 2 pad: 1"), ONE, "pad is 1, but must be 0"),
        (unpooling("kernel_size: 2 unpool: AVE"), TWO, "a mask is for unpool MAX, not AVE"),
        (unpooling("scale: 2"), ONE, "scale is for a second bottom"),
        (
            unpooling("scale: 2 kernel_size: 2"),
            TWO,
            "FuseNet's form of Unpooling, kernel_size of DeconvNet's",
        ),
        (interp(""), ONE, "the top's size is missing"),
        (interp("height: 3"), ONE, "the top's size is missing"),
        (interp("zoom_factor: 0"), ONE, "zoom_factor is 0, but must be at least 1"),
        (interp("zoom_factor: 2 pad_beg: 1"), ONE, "pad_beg is 1, but must be 0 or negative"),
        (interp("zoom_factor: 2 pad_end: -2"), ONE, "nothing is left of bottom"),
        (interp('zoom_factor: 2 interp_type: "nearest"'), ONE, 'must be "bilinear"'),
    ],
)
def test_bad_input_is_refused(build, layer_text, bottoms, message):
    with pytest.raises(LayerError) as caught:
        build(layer_text, bottoms)
    assert message in str(caught.value)


def test_the_mask_of_a_pooling_layer_fits():
    text = data((1, 2, 6, 8))
    text += layer("pool", "Pooling", "x0", "p mask", "pooling_param { kernel_size: 2 stride: 2 }")
    text += layer("up", "Upsample", "p mask", "y", "upsample_param { scale: 2 }")
    net = make_net(text)
    x = np.random.default_rng(3).standard_normal((1, 2, 6, 8))
    y = net.forward(x0=x)["y"]
    assert np.count_nonzero(y) == 24
    np.testing.assert_array_equal(y[y != 0], x[y != 0])


def test_layers_of_the_second_format():
    """DeconvNet's files are written so."""
    text = """
        input: "x" input_dim: 1 input_dim: 2 input_dim: 4 input_dim: 4
        layers { name: "p" type: POOLING bottom: "x" top: "p" top: "m"
                 pooling_param { pool: MAX kernel_size: 2 stride: 2 } }
        layers { name: "u" type: UNPOOLING bottom: "p" bottom: "m" top: "u"
                 unpooling_param { unpool: MAX kernel_size: 2 stride: 2 unpool_size: 4 } }
        layers { name: "b" type: BN bottom: "u" top: "u"
                 bn_param { scale_filler { value: 1 } shift_filler { } bn_mode: INFERENCE } }"""
    net = make_net(text)
    x = np.arange(32.0).reshape(1, 2, 4, 4)
    np.testing.assert_array_equal(
        net.forward(x=x)["u"], np.where((x % 2 == 1) & (x // 4 % 2 == 1), x, 0)
    )


def test_windows_of_too_many_steps_are_refused(build):
    settings = "unpool: TILE kernel_h: 100000000 kernel_w: 1 unpool_h: 2000000 unpool_w: 1"
    with pytest.raises(LayerError, match="windows of 2000000 cells along an axis are too large"):
        build(unpooling(settings), [np.ones((1, 1, 1, 1))])
