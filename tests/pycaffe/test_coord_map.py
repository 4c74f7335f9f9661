from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import NetSpec, layers as L, params as P
from mycaffe_py.pycaffe.coord_map import (
    AxisMismatchException,
    UndefinedMapException,
    compose,
    coord_map,
    coord_map_from_to,
    crop,
    inverse,
)


def coord_net(kernel=3, stride=1, pad=0, pool=2, dstride=2, dpad=0):
    """Return data -> convolution -> pooling -> deconvolution, whose kernel is twice its stride."""
    n = NetSpec()
    n.data = L.Input(shape=dict(dim=[2, 1, 100, 100]))
    n.aux = L.Input(shape=dict(dim=[2, 1, 20, 20]))
    n.conv = L.Convolution(n.data, num_output=10, kernel_size=kernel, stride=stride, pad=pad)
    n.pool = L.Pooling(n.conv, pool=P.Pooling.MAX, kernel_size=pool, stride=pool, pad=0)
    double = [2 * each for each in dstride] if isinstance(dstride, list) else 2 * dstride
    settings = dict(num_output=10, kernel_size=double, stride=dstride, pad=dpad)
    n.deconv = L.Deconvolution(n.pool, convolution_param=settings)
    return n


def values(found):
    axis, scale, shift = found
    return axis, np.ravel(scale).tolist(), np.ravel(shift).tolist()


def ends(n):
    return n.deconv, n.data


# Single layers.


def test_convolution_and_deconvolution_are_inverse():
    x = L.Input()
    for settings in (
        dict(kernel_size=3),
        dict(kernel_size=5, stride=2, pad=1),
        dict(kernel_size=3, dilation=2),
    ):
        down = coord_map(L.Convolution(x, num_output=1, **settings).fn)
        up = coord_map(L.Deconvolution(x, convolution_param=settings).fn)
        assert values(compose(up, down)) == (1, [1], [0])
        assert values(inverse(down)) == values(up)


def test_a_kernel_reaches_as_far_as_its_dilation_makes_it():
    x = L.Input()
    found = coord_map(L.Convolution(x, kernel_size=3, dilation=2, pad=1, stride=2).fn)
    assert values(found) == (1, [0.5], [(1 - (5 - 1) / 2) / 2])


def test_settings_inside_of_the_message():
    x = L.Input()
    direct = coord_map(L.Pooling(x, kernel_size=3, stride=2, pad=1).fn)
    nested = coord_map(L.Pooling(x, pooling_param=dict(kernel_size=3, stride=2, pad=1)).fn)
    assert values(direct) == values(nested) == (1, [0.5], [0])


@pytest.mark.parametrize("kind", ["ReLU", "BatchNorm", "Scale", "Dropout", "Eltwise", "LRN"])
def test_pixels_pass_through(kind):
    assert coord_map(getattr(L, kind)(L.Input()).fn) == (None, 1, 0)


def test_crop_shifts():
    x = L.Input()
    assert values(coord_map(L.Crop(x, x, crop_param=dict(axis=2, offset=5)).fn)) == (1, [1], [-5])


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda x: L.InnerProduct(x, num_output=3), "InnerProduct"),
        (lambda x: L.Pooling(x, global_pooling=True), "no kernel_size"),
        (lambda x: L.Pooling(x, kernel_h=3, kernel_w=2), "kernel_h, kernel_w"),
    ],
)
def test_layers_without_a_map(make, words):
    with pytest.raises(UndefinedMapException, match=words):
        coord_map(make(L.Input()).fn)


def test_maps_of_other_axes_do_not_go_together():
    with pytest.raises(AxisMismatchException, match="axis 1 in one map, axis 2"):
        compose((1, 1, 0), (2, 1, 0))
    assert compose((None, 1, 0), (2, 3, 4)) == (2, 3, 4)


# Along a net.


def test_convolution_pooling_and_deconvolution():
    n = coord_net()
    assert values(coord_map_from_to(n.deconv, n.data)) == (1, [1], [0])
    n = coord_net(pool=4, dstride=4)
    assert values(coord_map_from_to(n.deconv, n.data)) == (1, [1], [-1])


def test_padding_shifts():
    before = values(coord_map_from_to(*ends(coord_net())))
    padded = values(coord_map_from_to(*ends(coord_net(pad=2))))
    cut = values(coord_map_from_to(*ends(coord_net(dpad=2))))
    assert before[:2] == padded[:2] == cut[:2] == (1, [1])
    assert padded[2][0] == before[2][0] - 2 and cut[2][0] == before[2][0] + 2


def test_a_second_convolution_adds_to_the_shift():
    n = coord_net()
    n.c2 = L.Convolution(n.data, num_output=10, kernel_size=5, stride=2, pad=0)
    wide = values(coord_map_from_to(n.c2, n.data))
    assert wide == (1, [2], [2])
    n.c3 = L.Convolution(n.c2, num_output=10, kernel_size=3)
    assert values(coord_map_from_to(n.c3, n.data)) == (1, [2], [4])


def test_rectangles_give_a_map_for_each_axis():
    three, five = coord_net(3, 1, 1, 2), coord_net(5, 1, 2, 2)
    both = coord_net([3, 5], 1, [1, 2], 2)
    a3, a5, ab = (coord_map_from_to(*ends(n)) for n in (three, five, both))
    assert values(ab)[0] == values(a3)[0] == values(a5)[0] == 1
    assert values(ab)[2] == values(a3)[2] + values(a5)[2]


def test_four_spatial_axes():
    n = coord_net([3, 5, 7, 9], 1, [1, 2, 3, 4], 2, [2, 2, 2, 2])
    axis, scale, shift = values(coord_map_from_to(*ends(n)))
    assert axis == 1 and len(scale) == len(shift) == 4


# Crops.


def test_crop_of_crop():
    n = coord_net()
    offset = 5
    n.crop = L.Crop(n.deconv, n.data, crop_param=dict(axis=2, offset=offset))
    shift = values(coord_map_from_to(*ends(n)))[2]
    assert values(coord_map_from_to(n.crop, n.data)) == (1, [1], [shift[0] + offset])


def test_the_crop_layer_is_made():
    n = coord_net(pool=2, dstride=2, kernel=7, pad=4)
    n.crop = crop(n.deconv, n.data)
    layer = n.to_proto().layer[-1]
    assert (layer.type, layer.crop_param.axis) == ("Crop", 2)
    assert list(layer.bottom) == ["deconv", "data"]
    assert list(layer.crop_param.offset) == [
        -int(v) for v in values(coord_map_from_to(*ends(n)))[2]
    ]


def test_the_offset_brings_pixels_together():
    """An impulse in the data lies in the cropped deconvolution where it lay in the data."""
    n = coord_net(kernel=3, pad=5, pool=2, dstride=2)
    (offset,) = crop(n.deconv, n.data).fn.params["crop_param"]["offset"]
    position, size = 20, 40
    data = np.zeros(size)
    data[position : position + 2] = (
        1  # both halves of a pooling window, so that the sum has a middle
    )
    conv = np.convolve(np.pad(data, 5), np.ones(3), "valid")
    pool = conv[: len(conv) // 2 * 2].reshape(-1, 2).sum(axis=1)
    up = np.zeros(2 * len(pool) + 2)
    for index, value in enumerate(pool):
        up[2 * index : 2 * index + 4] += value * np.array([0.25, 0.75, 0.75, 0.25])
    cut = up[offset : offset + size]
    centre = (cut * np.arange(size)).sum() / cut.sum()
    assert centre == pytest.approx(position + 0.5)


def test_blobs_that_are_not_connected():
    n = coord_net()
    n.ip = L.InnerProduct(n.deconv, num_output=10)
    with pytest.raises(RuntimeError, match="not connected"):
        coord_map_from_to(n.ip, n.data)
    with pytest.raises(RuntimeError):
        coord_map_from_to(n.aux, n.data)


@pytest.mark.parametrize(
    ("net", "words"),
    [
        (dict(pool=3, dstride=2), "scale mismatch on crop"),
        (dict(dpad=10), "cannot crop negative offset"),
        (dict(kernel=2, pad=3), "cannot crop noninteger offset"),
    ],
)
def test_crops_that_cannot_be(net, words):
    n = coord_net(**net)
    with pytest.raises(AssertionError, match=words):
        crop(n.deconv, n.data)
