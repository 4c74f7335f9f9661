"""Convolution and Deconvolution: against plain loops, and Caffe's rules one by one."""

from __future__ import annotations

import numpy as np
import pytest

from .loops import convolve

FILL = 'weight_filler { type: "gaussian" } bias_filler { type: "gaussian" }'


def text(settings, type_name="Convolution"):
    return f'type: "{type_name}" convolution_param {{ {FILL} {settings} }}'


GEOMETRIES = [
    # settings, bottom, stride, pad, dilation, group
    ("num_output: 3 kernel_size: 3", (2, 2, 5, 4), (1, 1), (0, 0), (1, 1), 1),
    ("num_output: 4 kernel_size: 2 group: 2 stride: 2", (2, 4, 5, 6), (2, 2), (0, 0), (1, 1), 2),
    ("num_output: 4 kernel_h: 3 kernel_w: 2 pad_w: 1", (1, 2, 4, 3), (1, 1), (0, 1), (1, 1), 1),
    (
        "num_output: 2 kernel_size: 3 stride_h: 2 stride_w: 1 pad: 2 dilation: [1, 2]",
        (1, 3, 5, 6), (2, 1), (2, 2), (1, 2), 1,
    ),
    ("num_output: 4 kernel_size: 1 group: 4 stride: 3", (1, 4, 5, 7), (3, 3), (0, 0), (1, 1), 4),
    ("num_output: 2 kernel_size: 2 stride: 4", (1, 1, 7, 9), (4, 4), (0, 0), (1, 1), 1),
    ("num_output: 3 kernel_size: 1 pad: 1", (1, 2, 3, 4), (1, 1), (1, 1), (1, 1), 1),
    ("num_output: 3 kernel_size: 3 pad: [1]", (2, 2, 5), (1,), (1,), (1,), 1),
    ("num_output: 2 kernel_size: [2, 1, 2] stride: [1, 2, 1]", (1, 2, 3, 4, 2), (1, 2, 1), (0,) * 3, (1,) * 3, 1),
    ("num_output: 2 kernel_size: [1, 2, 1, 2]", (1, 2, 1, 2, 2, 3), (1,) * 4, (0,) * 4, (1,) * 4, 1),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "shape", "stride", "pad", "dilation", "group"), GEOMETRIES)
def test_convolution_is_a_correlation(build, rng, settings, shape, stride, pad, dilation, group):
    x = rng.standard_normal(shape)
    built = build(text(settings), x)
    weight, bias = (blob.data for blob in built.layer.blobs)
    expected = convolve(x, weight, stride, pad, dilation, group)
    bias = bias.reshape(-1, *(1,) * len(stride))
    np.testing.assert_allclose(built.forward(), expected + bias, atol=1e-12)


@pytest.mark.parametrize(("settings", "shape", "stride", "pad", "dilation", "group"), GEOMETRIES)
def test_deconvolution_is_the_transpose(build, rng, settings, shape, stride, pad, dilation, group):
    """<deconvolution(x), z> = <x, convolution(z)> with the same weight."""
    x = rng.standard_normal(shape)
    built = build(text(f"{settings} bias_term: false", "Deconvolution"), x)
    y = built.forward()
    z = rng.standard_normal(y.shape)
    weight = built.layer.blobs[0].data
    expected = np.vdot(x, convolve(z, weight, stride, pad, dilation, group))
    assert np.vdot(y, z) == pytest.approx(expected, abs=1e-10)


def test_blob_shapes(build):
    x = np.zeros((2, 4, 5, 6))
    settings = "num_output: 6 group: 2 kernel_h: 3 kernel_w: 2"
    shapes = {}
    for type_name in ("Convolution", "Deconvolution"):
        layer = build(text(settings, type_name), x).layer
        assert layer.blob_names == ["weight", "bias"]
        shapes[type_name] = [blob.shape for blob in layer.blobs]
    assert shapes == {
        "Convolution": [(6, 2, 3, 2), (6,)],
        "Deconvolution": [(4, 3, 3, 2), (6,)],
    }
    assert len(build(text(f"{settings} bias_term: false"), x).layer.blobs) == 1


def test_output_sizes(build):
    x = np.zeros((2, 3, 10, 11))
    settings = "num_output: 4 kernel_size: 3 stride: 2 pad: 1 dilation: 2"
    assert build(text(settings), x).top[0].shape == (2, 4, 4, 5)
    assert build(text(settings, "Deconvolution"), x).top[0].shape == (2, 4, 21, 23)


def test_without_a_filler_everything_is_zero(build):
    built = build(
        'type: "Convolution" convolution_param { num_output: 2 kernel_size: 2 }',
        np.ones((1, 1, 3, 3)),
    )
    assert not built.forward().any()
    assert not any(blob.data.any() for blob in built.layer.blobs)


def test_axis_counts_the_axes_before_it_as_images(build, rng):
    x = rng.standard_normal((2, 3, 2, 4, 5))
    built = build(text("num_output: 3 kernel_size: 3 axis: 2"), x)
    y = built.forward()
    assert y.shape == (2, 3, 3, 2, 3)
    weight, bias = (blob.data for blob in built.layer.blobs)
    flat = convolve(x.reshape(6, 2, 4, 5), weight, (1, 1), (0, 0), (1, 1), 1)
    np.testing.assert_allclose(y.reshape(6, 3, 2, 3), flat + bias[:, None, None], atol=1e-12)
    same = build(text("num_output: 3 kernel_size: 3 axis: -3"), x)
    assert same.top[0].shape == y.shape


def test_axis_0_is_one_image(build, rng):
    x = rng.standard_normal((2, 4, 4))
    built = build(text("num_output: 3 kernel_size: 2 axis: 0 bias_term: false"), x)
    expected = convolve(x[None], built.layer.blobs[0].data, (1, 1), (0, 0), (1, 1), 1)[0]
    np.testing.assert_allclose(built.forward(), expected, atol=1e-12)


def test_no_spatial_axes_make_a_product(build, rng):
    x = rng.standard_normal((3, 4))
    built = build(text("num_output: 2"), x)
    weight, bias = (blob.data for blob in built.layer.blobs)
    assert weight.shape == (2, 4)
    np.testing.assert_allclose(built.forward(), x @ weight.T + bias, atol=1e-12)
    (dx,) = built.backward([[1, 2], [3, 4], [5, 6]])
    np.testing.assert_allclose(dx, [[1, 2], [3, 4], [5, 6]] @ weight, atol=1e-12)


def test_pairs_of_bottoms_and_tops_share_the_weight(build, rng):
    first, second = rng.standard_normal((2, 1, 2, 4, 4))
    built = build(text("num_output: 3 kernel_size: 3"), first, second, tops=2)
    built.forward()
    for values, top in zip((first, second), built.top, strict=True):
        alone = build(text("num_output: 3 kernel_size: 3"), values)
        for blob, shared in zip(alone.layer.blobs, built.layer.blobs, strict=True):
            blob.data[...] = shared.data
        np.testing.assert_allclose(top.data, alone.forward(), atol=1e-12)
    built.backward(1, 2, propagate_down=[True, False])
    assert not built.bottom[1].diff.any()
    assert built.layer.blobs[1].diff.tolist() == [12, 12, 12]


def test_sizes_and_batch_may_change_at_every_forward(build, rng):
    built = build(text("num_output: 2 kernel_size: 3 pad: 1 stride: 2"), np.zeros((1, 2, 4, 4)))
    weight, bias = (blob.data for blob in built.layer.blobs)
    for shape in ((3, 2, 7, 5), (1, 2, 3, 9), (5, 2, 4, 4), (0, 2, 4, 4)):
        x = rng.standard_normal(shape)
        built.bottom[0].reshape(shape)
        built.bottom[0].data[...] = x
        expected = convolve(x, weight, (2, 2), (1, 1), (1, 1), 1) + bias[:, None, None]
        np.testing.assert_allclose(built.forward(), expected, atol=1e-12)
        built.backward(np.ones(expected.shape))


@pytest.mark.parametrize("type_name", ["Convolution", "Deconvolution"])
def test_gradients_of_blobs_that_do_not_learn_are_left_alone(build, type_name):
    built = build(text("num_output: 2 kernel_size: 2", type_name), np.ones((1, 2, 3, 3)))
    built.layer.param_propagate_down = [False, True]
    built.forward()
    built.backward(np.ones(built.top[0].shape))
    weight, bias = (blob.diff for blob in built.layer.blobs)
    assert not weight.any() and bias.all()
    built.layer.param_propagate_down = [True, False]
    bias[...] = 0
    built.backward(np.ones(built.top[0].shape))
    assert weight.all() and not bias.any()


def test_the_sharpest_kernel_finds_the_edge(build):
    """Caffe's own example: the Sobel operator as one kernel, and as two in a row."""
    x = np.arange(20.0).reshape(1, 1, 4, 5) ** 2
    whole = build(
        'type: "Convolution" convolution_param { num_output: 1 kernel_size: 3 bias_term: false }', x
    )
    whole.layer.blobs[0].data[...] = [[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]]
    column = build(
        'type: "Convolution" convolution_param { num_output: 1 kernel_h: 3 kernel_w: 1 bias_term: false }',
        x,
    )
    column.layer.blobs[0].data[...] = [[[[1], [2], [1]]]]
    row = build(
        'type: "Convolution" convolution_param { num_output: 1 kernel_h: 1 kernel_w: 3 bias_term: false }',
        column.forward(),
    )
    row.layer.blobs[0].data[...] = [[[[-1, 0, 1]]]]
    np.testing.assert_allclose(row.forward(), whole.forward())


def test_bilinear_deconvolution_enlarges_images(build):
    x = np.ones((1, 2, 3, 3))
    settings = "num_output: 2 group: 2 kernel_size: 4 stride: 2 pad: 1 bias_term: false"
    settings += ' weight_filler { type: "bilinear" }'
    y = build(f'type: "Deconvolution" convolution_param {{ {settings} }}', x).forward()
    assert y.shape == (1, 2, 6, 6)
    np.testing.assert_allclose(y[..., 1:-1, 1:-1], 1)


def test_a_batch_in_parts_gives_the_same(build, rng, monkeypatch):
    x = rng.standard_normal((5, 4, 6, 6))
    settings = "num_output: 6 kernel_size: 3 group: 2 pad: 1"
    runs = []
    for limit in (1, 3 * 4 * 9 * 36 * 8, 1 << 25):
        monkeypatch.setattr("mycaffe_plugins.vision.correlation.MAX_BYTES", limit)
        built = build(text(settings), x)
        built.layer.blobs[0].data[...] = np.linspace(-1, 1, 6 * 2 * 9).reshape(6, 2, 3, 3)
        y = built.forward().copy()
        (dx,) = built.backward(np.sin(y))
        runs.append([y, dx, *(blob.diff for blob in built.layer.blobs)])
    assert built.layer.correlation.part == 5
    for run in runs[:-1]:
        for values, expected in zip(run, runs[-1], strict=True):
            np.testing.assert_allclose(values, expected, atol=1e-10)


def test_how_it_is_computed_changes_nothing(build, rng):
    x = rng.standard_normal((1, 2, 4, 4))
    plain = build(text("num_output: 2 kernel_size: 3"), x).forward()
    for how in (
        "engine: CAFFE",
        "engine: CUDNN",
        "force_nd_im2col: true",
        "cudnn_workspace_limit: 5 cudnn_enable_tensor_cores: true",
    ):
        built = build(text(f"num_output: 2 kernel_size: 3 {how}"), x)
        np.testing.assert_array_equal(built.forward(), plain)


@pytest.mark.parametrize(
    "spelling", ["CONVOLUTION", "convolution", "Deconvolution", "DECONVOLUTION"]
)
def test_spellings(build, spelling):
    layer = build(text("num_output: 2 kernel_size: 1", spelling), np.zeros((1, 1, 2, 2))).layer
    assert type(layer).type.lower() == spelling.lower()
