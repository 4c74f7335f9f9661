"""Bad settings and bad shapes of Convolution, Deconvolution and Im2col."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

IMAGE = (2, 4, 5, 6)


def text(settings, type_name="Convolution"):
    return f'name: "c" type: "{type_name}" convolution_param {{ {settings} }}'


@pytest.mark.parametrize(
    ("settings", "message", "field"),
    [
        ("kernel_size: 3", "num_output is 0, but must be at least 1", "num_output"),
        (
            "num_output: 2",
            "kernel_size is missing: give kernel_size, or kernel_h and kernel_w, for the 2 spatial axes "
            'of bottom "b0" (2, 4, 5, 6)',
            "",
        ),
        ("num_output: 2 kernel_size: 0", "kernel_size is 0, but must be at least 1", "kernel_size"),
        (
            "num_output: 2 kernel_h: 3",
            "kernel_w is 0, but must be at least 1: kernel_h and kernel_w must be given together",
            "kernel_h",
        ),
        (
            "num_output: 2 kernel_size: 3 kernel_h: 3",
            "give kernel_size, or kernel_h and kernel_w, not both",
            "kernel_h",
        ),
        (
            "num_output: 2 kernel_size: [3, 3, 3]",
            "kernel_size must be given once, or once for each of the 2 spatial axes of bottom "
            '"b0" (2, 4, 5, 6): got [3, 3, 3]',
            "kernel_size",
        ),
        ("num_output: 2 kernel_size: 3 stride: 0", "stride is 0, but must be at least 1", "stride"),
        (
            "num_output: 2 kernel_size: 3 stride_w: 2",
            "stride_h is 0, but must be at least 1: stride_h and stride_w must be given together",
            "stride_w",
        ),
        (
            "num_output: 2 kernel_size: 3 stride: 1 stride_h: 1",
            "give stride, or stride_h and stride_w, not both",
            "stride_h",
        ),
        (
            "num_output: 2 kernel_size: 3 pad: 1 pad_w: 1",
            "give pad, or pad_h and pad_w, not both",
            "pad_w",
        ),
        (
            "num_output: 2 kernel_size: 3 pad: [1, 1, 1]",
            "pad must be given once, or once for each of the 2 spatial axes of bottom "
            '"b0" (2, 4, 5, 6): got [1, 1, 1]',
            "pad",
        ),
        (
            "num_output: 2 kernel_size: 3 dilation: 0",
            "dilation is 0, but must be at least 1",
            "dilation",
        ),
        ("num_output: 2 kernel_size: 3 group: 0", "group is 0, but must be at least 1", "group"),
        (
            "num_output: 6 kernel_size: 3 group: 3",
            'the 4 channels of bottom "b0" (2, 4, 5, 6) cannot be divided into 3 groups',
            "group",
        ),
        (
            "num_output: 3 kernel_size: 3 group: 2",
            'num_output 3 cannot be divided into 2 groups: bottom "b0" (2, 4, 5, 6)',
            "num_output",
        ),
        (
            "num_output: 2 kernel_size: 3 axis: 4",
            'axis 4 is out of range for bottom "b0" (2, 4, 5, 6)',
            "axis",
        ),
        (
            "num_output: 2 kernel_h: 3 kernel_w: 3 axis: 2",
            'kernel_h is for two spatial axes, but bottom "b0" (2, 4, 5, 6) has 1: use kernel_size',
            "kernel_h",
        ),
    ],
)
@pytest.mark.parametrize("type_name", ["Convolution", "Deconvolution"])
def test_bad_settings(build, type_name, settings, message, field):
    with pytest.raises(LayerError) as error:
        build(text(settings, type_name), np.zeros(IMAGE))
    assert str(error.value) == f'layer "c" ({type_name}): {message}'
    assert error.value.field == f"convolution_param.{field}".rstrip(".")


def test_a_kernel_that_does_not_fit(build):
    with pytest.raises(LayerError) as error:
        build(text("num_output: 2 kernel_size: 4 dilation: 2 pad: 1"), np.zeros((1, 4, 5, 4)))
    assert str(error.value) == (
        'layer "c" (Convolution): the kernel extends over (7, 7), but bottom "b0" (1, 4, 5, 4) '
        "is only (7, 6) with its padding"
    )
    with pytest.raises(
        LayerError, match=r'\(Im2col\): the kernel extends over \(3, 3\), but bottom "b0"'
    ):
        build(text("kernel_size: 3", "Im2col"), np.zeros((1, 1, 2, 5)))


def test_padding_that_leaves_nothing_of_a_deconvolution(build):
    with pytest.raises(LayerError) as error:
        build(text("num_output: 2 kernel_size: 2 pad: 2", "Deconvolution"), np.zeros((1, 4, 3, 2)))
    assert str(error.value) == (
        'layer "c" (Deconvolution): nothing is left of bottom "b0" (1, 4, 3, 2): the top would be '
        "(0, -1) after cutting off pad (2, 2)"
    )


@pytest.mark.parametrize("type_name", ["Convolution", "Deconvolution"])
def test_the_weight_keeps_its_shape(build, type_name):
    built = build(text("num_output: 2 kernel_size: 3", type_name), np.zeros(IMAGE))
    weight = built.layer.blobs[0].shape
    built.bottom[0].reshape(2, 3, 5, 6)
    with pytest.raises(LayerError) as error:
        built.forward()
    assert str(error.value) == (
        f'layer "c" ({type_name}): bottom "b0" (2, 3, 5, 6) has 3 channels along axis 1, but the '
        f"weight {weight} was made for 4"
    )
    built.bottom[0].reshape(2, 4, 5)
    with pytest.raises(LayerError) as error:
        built.forward()
    assert str(error.value) == (
        f'layer "c" ({type_name}): bottom "b0" (2, 4, 5) has 3 axes, but the weight {weight} '
        "was made for 4"
    )


def test_bottoms_of_different_shapes(build):
    with pytest.raises(LayerError) as error:
        build(text("num_output: 2 kernel_size: 3"), np.zeros(IMAGE), np.zeros((2, 4, 5, 5)), tops=2)
    assert str(error.value) == (
        'layer "c" (Convolution): bottom "b0" (2, 4, 5, 6) and bottom "b1" (2, 4, 5, 5) must have the '
        "same shape: they share the weight"
    )


def test_counts_of_blobs(build):
    with pytest.raises(LayerError, match="as many tops as bottoms, got 2 bottoms and 1 top"):
        build(text("num_output: 2 kernel_size: 3"), np.zeros(IMAGE), np.zeros(IMAGE))
    with pytest.raises(LayerError, match="exactly 1 bottom blob, got 2"):
        build(text("kernel_size: 3", "Im2col"), np.zeros(IMAGE), np.zeros(IMAGE))


def test_no_channels(build):
    with pytest.raises(
        LayerError, match=r'bottom "b0" \(2, 0, 5, 6\) has no channels along axis 1'
    ):
        build(text("num_output: 2 kernel_size: 3"), np.zeros((2, 0, 5, 6)))


def test_im2col_needs_spatial_axes(build):
    with pytest.raises(LayerError, match=r'bottom "b0" \(2, 4\) has no spatial axis after axis 1'):
        build(text("kernel_size: 3", "Im2col"), np.zeros((2, 4)))
    built = build(text("kernel_size: 3", "Im2col"), np.zeros(IMAGE))
    built.bottom[0].reshape(2, 4, 5)
    with pytest.raises(LayerError, match=r"\(2, 4, 5\) has 3 axes, but had 4 at setup"):
        built.forward()


def test_stored_blobs_of_another_shape(build):
    stored = "blobs { shape { dim: 2 dim: 4 dim: 3 } data: 0 }"
    with pytest.raises(
        LayerError, match=r"blobs\[0\] in the file is \(2, 4, 3\), here it is \(2, 4, 3, 3\)"
    ):
        build(text("num_output: 2 kernel_size: 3") + stored, np.zeros(IMAGE))
