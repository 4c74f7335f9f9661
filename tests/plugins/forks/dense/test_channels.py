"""ShuffleChannel, Reorg, Axpy and the depthwise convolutions: rules and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError, MyCaffeWarning

X = np.arange(48.0).reshape(1, 4, 3, 4)


def test_shuffling_twice_with_both_divisors_gives_back_the_channels(build):
    x = np.random.default_rng(1).standard_normal((2, 6, 2, 2))
    once = build('type: "ShuffleChannel" shuffle_channel_param { group: 2 }', [x]).forward()
    np.testing.assert_array_equal(once[:, :3], x[:, [0, 3, 1]])
    twice = build('type: "ShuffleChannel" shuffle_channel_param { group: 3 }', [once]).forward()
    np.testing.assert_array_equal(twice, x)


def test_reorg_there_and_back(build):
    x = np.random.default_rng(1).standard_normal((2, 4, 4, 6))
    there = build('type: "Reorg" reorg_param { stride: 2 }', [x]).forward()
    assert there.shape == (2, 16, 2, 3)
    back = build(
        'type: "Reorg" reorg_param { stride: 2 reverse: true }', [there.reshape(2, 4, 4, 6)]
    )
    assert back.forward().shape == (2, 1, 8, 12)
    np.testing.assert_array_equal(back.top[0].data.reshape(x.shape), x)


def convolution(type_name, settings):
    return f'type: "{type_name}" convolution_param {{ weight_filler {{ type: "gaussian" }} {settings} }}'


@pytest.mark.parametrize(
    ("type_name", "settings"),
    [
        ("ConvolutionDepthwise", ""),
        ("ConvolutionDepthWise", "num_output: 4"),
        ("DepthwiseConvolution", "num_output: 4"),
        ("DepthwiseConv", "num_output: 8 group: 4"),
    ],
)
def test_weights_are_those_of_a_convolution_with_a_group_for_each_channel(
    build, type_name, settings
):
    own = build(convolution(type_name, f"{settings} kernel_size: 3 pad: 1"), [X])
    outputs = own.layer.outputs
    plain = build(
        convolution("Convolution", f"num_output: {outputs} group: 4 kernel_size: 3 pad: 1"), [X]
    )
    for blob, source in zip(own.layer.blobs, plain.layer.blobs, strict=True):
        assert blob.shape == source.shape
        blob.data[...] = source.data
    np.testing.assert_array_equal(own.forward(), plain.forward())


def test_numbers_without_effect_are_said(build):
    with pytest.warns(MyCaffeWarning, match="num_output 7 has no effect: this type makes one map"):
        built = build(convolution("ConvolutionDepthwise", "num_output: 7 kernel_size: 3"), [X])
    assert built.top[0].shape == (1, 4, 1, 2)


@pytest.mark.parametrize(
    ("text", "bottoms", "message"),
    [
        (
            'type: "ShuffleChannel" shuffle_channel_param { group: 3 }',
            [X],
            'the 4 channels of bottom "b0" (1, 4, 3, 4) cannot be divided into 3 groups',
        ),
        ('type: "ShuffleChannel" shuffle_channel_param { group: 0 }', [X], "group is 0"),
        ('type: "ShuffleChannel"', [np.zeros(3)], "must have at least 2 axes"),
        ('type: "Reorg"', [X], "stride is 0, but must be at least 1"),
        ('type: "Reorg" reorg_param { stride: 2 }', [X], "cannot be divided by stride 2"),
        ('type: "Reorg" reorg_param { stride: 3 }', [X], "cannot be divided by 9"),
        ('type: "Axpy"', [np.zeros((1, 3)), X, X], "expected (1, 4, 1, 1)"),
        ('type: "Axpy"', [np.zeros((1, 4)), X, X[..., :2]], "must have the same shape"),
        (
            convolution("DepthwiseConvolution", "num_output: 4 group: 2 kernel_size: 3"),
            [X],
            "group is 2, but must be the number of channels of bottom",
        ),
        (convolution("DepthwiseConvolution", "kernel_size: 3"), [X], "num_output is 0"),
        (
            convolution("DepthwiseConvolution", "num_output: 6 kernel_size: 3"),
            [X],
            "num_output 6 cannot be divided into 4 groups",
        ),
    ],
)
def test_bad_input_is_refused(build, text, bottoms, message):
    with pytest.raises(LayerError) as caught:
        build(text, bottoms)
    assert message in str(caught.value)


HOLE = "num_output: 2 kernel_size: 3 "


@pytest.mark.parametrize(
    ("settings", "dilation"),
    [("hole: 2", (2, 2)), ("hole_h: 2 hole_w: 3", (2, 3)), ("hole_w: 3", (1, 3)), ("", (1, 1))],
)
def test_hole_is_dilation(build, settings, dilation):
    built = build(convolution("Convolution", HOLE + settings), [np.zeros((1, 1, 9, 9))])
    assert built.layer.geometry.dilation == dilation


@pytest.mark.parametrize(
    ("settings", "message", "shape"),
    [
        ("hole: 2 dilation: 2", "hole is another name of dilation", (1, 1, 9, 9)),
        ("hole: 2 hole_h: 2", "give hole, or hole_h and hole_w, not both", (1, 1, 9, 9)),
        ("hole: 0", "hole is 0, but must be at least 1", (1, 1, 9, 9)),
        ("hole_h: 2", "hole_h is for two spatial axes", (1, 1, 9)),
    ],
)
def test_a_bad_hole_is_refused(build, settings, message, shape):
    with pytest.raises(LayerError) as caught:
        build(convolution("Convolution", HOLE + settings), [np.zeros(shape)])
    assert message in str(caught.value)
    assert caught.value.field.startswith("convolution_param.hole")
