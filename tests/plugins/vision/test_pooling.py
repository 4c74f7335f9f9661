"""Pooling: against plain loops, and Caffe's rules one by one."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError
from mycaffe_py.layer import TEST

from .loops import average_pool, max_pool


def text(settings):
    return f'name: "p" type: "Pooling" pooling_param {{ {settings} }}'


GEOMETRIES = [
    # settings, image, kernel, stride, pad, ceil
    ("kernel_size: 2 stride: 2", (6, 8), (2, 2), (2, 2), (0, 0), True),
    ("kernel_size: 3 stride: 2", (6, 7), (3, 3), (2, 2), (0, 0), True),
    ("kernel_size: 3 stride: 2 round_mode: FLOOR", (6, 7), (3, 3), (2, 2), (0, 0), False),
    ("kernel_size: 3 stride: 2 ceil_mode: false", (6, 7), (3, 3), (2, 2), (0, 0), False),
    ("kernel_size: 3 stride: 2 ceil_mode: true", (6, 7), (3, 3), (2, 2), (0, 0), True),
    ("kernel_size: 3 stride: 2 pad: 1", (6, 7), (3, 3), (2, 2), (1, 1), True),
    ("kernel_size: 3 stride: 2 pad: 2", (5, 8), (3, 3), (2, 2), (2, 2), True),
    ("kernel_size: 2 stride: 3 pad: 1", (7, 8), (2, 2), (3, 3), (1, 1), True),
    (
        "kernel_h: 2 kernel_w: 4 stride_h: 1 stride_w: 3 pad_h: 0 pad_w: 3",
        (3, 5),
        (2, 4),
        (1, 3),
        (0, 3),
        True,
    ),
    ("kernel_size: 3 stride: 2", (2, 5), (3, 3), (2, 2), (0, 0), True),
    ("kernel_size: 5 stride: 4 pad: 4", (2, 3), (5, 5), (4, 4), (4, 4), True),
    ("kernel_size: 1 stride: 2", (5, 6), (1, 1), (2, 2), (0, 0), True),
    (
        "kernel_h: 2 kernel_w: 1 stride_h: 1 stride_w: 2 pad_h: 1 pad_w: 0",
        (3, 6),
        (2, 1),
        (1, 2),
        (1, 0),
        True,
    ),
    ("kernel_size: 1000000000 stride: 1000000000", (3, 4), (9, 9), (9, 9), (0, 0), True),
    ("global_pooling: true", (3, 5), (3, 5), (1, 1), (0, 0), True),
    ("kernel_size: 17 pad: 8", (20, 9), (17, 17), (1, 1), (8, 8), True),
]


PARAMETERS = ("settings", "image", "kernel", "stride", "pad", "ceil")


@pytest.mark.parametrize(PARAMETERS, GEOMETRIES)
def test_max(build, rng, settings, image, kernel, stride, pad, ceil):
    x = rng.integers(-3, 3, (2, 2, *image)).astype(float)  # with many ties
    built = build(text(settings), x, tops=2)
    built.forward()
    dy = rng.standard_normal(built.top[0].shape)
    (dx,) = built.backward(dy)
    for n, c in np.ndindex(2, 2):
        y, mask = max_pool(x[n, c], kernel, stride, pad, ceil)
        np.testing.assert_array_equal(built.top[0].data[n, c], y)
        np.testing.assert_array_equal(built.top[1].data[n, c], mask)
        expected = np.zeros(x[n, c].size)
        for value, cell in zip(dy[n, c].flat, mask.flat, strict=True):
            if cell >= 0:
                expected[int(cell)] += value
        np.testing.assert_allclose(dx[n, c].ravel(), expected, atol=1e-12)


@pytest.mark.parametrize(PARAMETERS, GEOMETRIES)
def test_average(build, rng, settings, image, kernel, stride, pad, ceil):
    x = rng.standard_normal((2, 2, *image))
    built = build(text(f"pool: AVE {settings}"), x)
    y = built.forward()
    dy = rng.standard_normal(y.shape)
    (dx,) = built.backward(dy)
    for n, c in np.ndindex(2, 2):
        expected = average_pool(x[n, c], kernel, stride, pad, ceil)
        np.testing.assert_allclose(y[n, c], expected, atol=1e-12)
    # It is linear: <pool(z), dy> = <z, dx> for every z.
    z = rng.standard_normal(x.shape)
    built.bottom[0].data[...] = z
    assert np.vdot(built.forward(), dy) == pytest.approx(np.vdot(z, dx))


def test_the_mask_counts_cells_of_a_plane(build):
    """Caffe's own example."""
    plane = [[1, 2, 5, 2, 3], [9, 4, 1, 4, 8], [1, 2, 5, 2, 3]]
    built = build(text("kernel_size: 2"), np.array([[plane, plane], [plane, plane]]), tops=2)
    y = built.forward()
    assert y.shape == (2, 2, 2, 4)
    assert y[1, 1].tolist() == [[9, 5, 5, 8], [9, 5, 5, 8]]
    assert built.top[1].data[1, 0].tolist() == [[5, 2, 2, 9], [5, 12, 12, 9]]


def test_the_first_of_equal_maxima_gets_the_gradient(build):
    built = build(text("kernel_size: 2 stride: 2"), np.ones((1, 1, 2, 4)))
    built.forward()
    (dx,) = built.backward([[[[3, 5]]]])
    assert dx.tolist() == [[[[3, 0, 5, 0], [0, 0, 0, 0]]]]


def test_padding_never_wins(build):
    y = build(text("kernel_size: 3 stride: 2 pad: 2"), np.full((1, 1, 3, 3), -4.0)).forward()
    assert y.shape == (1, 1, 3, 3)
    assert (y == -4).all()


def test_average_counts_padding_but_not_what_hangs_over_it(build):
    """Caffe's own example: 3 by 3 of twos, padded."""
    y = build(text("pool: AVE kernel_size: 3 pad: 1"), np.full((1, 1, 3, 3), 2.0)).forward()
    expected = np.array([[8, 12, 8], [12, 18, 12], [8, 12, 8]]) / 9
    np.testing.assert_allclose(y[0, 0], expected)
    y = build(
        text("pool: AVE kernel_size: 3 stride: 3 pad: 1"), np.full((1, 1, 3, 3), 2.0)
    ).forward()
    # The second window reaches from 2 to 5, the padding to 4 only.
    np.testing.assert_allclose(y[0, 0], [[8 / 9, 4 / 6], [4 / 6, 2 / 4]])


def test_the_last_window_begins_inside_only_with_padding(build):
    """in 4, kernel 1, stride 3 and kernel 2, stride 3, pad 1: ceil gives one window more than fits."""
    built = build(text("kernel_size: 2 stride: 3 pad: 1"), np.ones((1, 1, 5, 5)))
    assert built.top[0].shape == (1, 1, 2, 2)
    built = build(text("kernel_size: 1 stride: 3"), np.ones((1, 1, 5, 4)), tops=2)
    y = built.forward()
    assert y[0, 0].tolist() == [[1, 1], [1, 1], [-np.finfo(np.float32).max] * 2]
    assert built.top[1].data[0, 0].tolist() == [[0, 3], [12, 15], [-1, -1]]
    (dx,) = built.backward(np.ones((1, 1, 3, 2)))
    assert dx.sum() == 4
    average = build(text("pool: AVE kernel_size: 1 stride: 3"), np.ones((1, 1, 5, 4)))
    assert average.forward()[0, 0].tolist() == [[1, 1], [1, 1], [0, 0]]


def test_global_pooling_follows_the_image(build, rng):
    built = build(text("pool: AVE global_pooling: true"), np.zeros((1, 2, 3, 3)))
    for shape in ((2, 2, 4, 7), (1, 2, 1, 1), (0, 2, 5, 5)):
        x = rng.standard_normal(shape)
        built.bottom[0].reshape(shape)
        built.bottom[0].data[...] = x
        expected = x.sum((2, 3)) / np.prod(shape[2:])
        np.testing.assert_allclose(built.forward()[..., 0, 0], expected)
        built.backward(np.ones((*shape[:2], 1, 1)))


def test_backward_does_not_need_the_top_as_it_was(build, rng):
    """A ReLU may work in place on what a pooling gave."""
    x = rng.standard_normal((2, 3, 4, 4)) - 1
    for method in ("MAX", "STOCHASTIC"):
        runs = []
        for change in (False, True):
            built = build(text(f"pool: {method} kernel_size: 2 stride: 2"), abs(x), phase=TEST)
            y = built.forward()
            if change:
                y[...] = 0
            runs.append(built.backward(np.ones(y.shape))[0])
        np.testing.assert_array_equal(*runs)


def test_not_a_number_stays_one(build):
    x = np.ones((1, 1, 4, 4))
    x[0, 0, 3, 3] = np.nan
    for settings in ("kernel_size: 2 stride: 2", "kernel_size: 3 stride: 2 pad: 1"):
        built = build(text(settings), x)
        assert np.isnan(built.forward()[0, 0, -1, -1])
        assert np.isfinite(built.backward(np.ones(built.top[0].shape))[0]).all()


# Stochastic pooling.


def drawn(build, x, **arguments):
    built = build(text("pool: STOCHASTIC kernel_size: 2 stride: 2"), x, **arguments)
    return built, built.forward()


def test_stochastic_draws_cells_by_their_values(build):
    x = np.tile([[1.0, 2.0], [0.0, 5.0]], (1, 1, 40, 50))
    built, y = drawn(build, x)
    values, counts = np.unique(y, return_counts=True)
    assert values.tolist() == [1, 2, 5]
    np.testing.assert_allclose(counts / y.size, [1 / 8, 2 / 8, 5 / 8], atol=0.04)
    (dx,) = built.backward(np.ones(y.shape))
    np.testing.assert_array_equal(x[dx > 0].reshape(-1).sum(), y.sum())
    assert dx.sum() == y.size
    assert not np.array_equal(built.forward().copy(), drawn(build, x, seed=1)[1])


def test_stochastic_of_nothing_positive(build):
    built, y = drawn(build, np.zeros((1, 1, 2, 4)))
    assert y.tolist() == [[[[0, 0]]]]
    built, y = drawn(build, np.full((1, 1, 2, 2), -1.0))
    assert y.item() in (-1, 0)
    (dx,) = built.backward(np.ones(y.shape))
    assert dx.sum() == (1 if y.item() else 0)


def test_stochastic_test_phase_gives_the_expected_value(build):
    x = [[[[1, 2, 0, 0, -1], [0, 5, 0, 0, -1]]]]
    _, y = drawn(build, x, phase=TEST)
    assert y.tolist() == [[[[30 / 8, 0, 0]]]]


# Bad settings.


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ("", "kernel_size is missing: give kernel_size, or kernel_h and kernel_w"),
        ("kernel_size: 0", "kernel_size is 0, but must be at least 1"),
        ("kernel_h: 2", "kernel_h is given alone: kernel_h and kernel_w must be given together"),
        (
            "kernel_size: 2 kernel_h: 2 kernel_w: 2",
            "give kernel_size, or kernel_h and kernel_w, not both",
        ),
        (
            "kernel_size: 2 stride_w: 2",
            "stride_w is given alone: stride_h and stride_w must be given together",
        ),
        (
            "kernel_size: 2 stride: 2 stride_h: 2 stride_w: 2",
            "give stride, or stride_h and stride_w, not both",
        ),
        ("kernel_size: 2 stride: 0", "stride is 0, but must be at least 1"),
        ("kernel_size: 2 pad_h: 1", "pad_h is given alone: pad_h and pad_w must be given together"),
        ("kernel_size: 2 pad: 1 pad_h: 1 pad_w: 1", "give pad, or pad_h and pad_w, not both"),
        ("kernel_size: 2 pad: 2", "pad 2 must be smaller than the kernel's 2"),
        (
            "kernel_h: 3 kernel_w: 2 pad_h: 2 pad_w: 2",
            "pad_w 2 must be smaller than the kernel's 2",
        ),
        ("global_pooling: true kernel_size: 2", "kernel_size cannot be given with global_pooling"),
        ("global_pooling: true stride: 2", "with global_pooling pad must be 0 and stride 1"),
        ("global_pooling: true pad: 1", "with global_pooling pad must be 0 and stride 1"),
        (
            "pool: STOCHASTIC kernel_size: 2 pad: 1",
            "padding is for MAX and AVE, not STOCHASTIC",
        ),
    ],
)
def test_bad_settings(build, settings, message):
    with pytest.raises(LayerError) as error:
        build(text(settings), np.zeros((1, 1, 4, 4)))
    assert str(error.value) == f'layer "p" (Pooling): {message}'
    assert error.value.field.startswith("pooling_param")


def test_bad_bottoms(build):
    with pytest.raises(LayerError) as error:
        build(text("kernel_size: 2"), np.zeros((4, 4, 4)))
    assert str(error.value) == (
        'layer "p" (Pooling): bottom "b0" (4, 4, 4) must have 4 axes: (N, C, height, width)'
    )
    with pytest.raises(LayerError) as error:
        build(text("kernel_size: 6 stride: 2"), np.zeros((1, 1, 8, 3)))
    assert str(error.value) == (
        'layer "p" (Pooling): the kernel (6, 6) does not fit into bottom "b0" (1, 1, 8, 3) with pad (0, 0)'
    )
    with pytest.raises(LayerError, match=r'bottom "b0" \(1, 1, 0, 3\) has no cells'):
        build(text("kernel_size: 2"), np.zeros((1, 1, 0, 3)))


def test_a_mask_is_for_max_alone(build):
    with pytest.raises(LayerError, match="a second top, the mask, is for pool MAX, not AVE"):
        build(text("pool: AVE kernel_size: 2"), np.zeros((1, 1, 4, 4)), tops=2)
    with pytest.raises(LayerError, match="at most 2 top blobs, got 3"):
        build(text("kernel_size: 2"), np.zeros((1, 1, 4, 4)), tops=3)


@pytest.mark.parametrize(
    "settings", ["round_mode: CEIL ceil_mode: false", "round_mode: FLOOR ceil_mode: true"]
)
def test_two_spellings_that_contradict_each_other(build, settings):
    with pytest.raises(LayerError, match="ceil_mode says the opposite") as error:
        build(text(f"kernel_size: 2 {settings}"), np.zeros((1, 1, 4, 4)))
    assert error.value.field == "pooling_param.ceil_mode"


def test_two_spellings_that_agree(build):
    built = build(
        text("kernel_size: 2 stride: 2 round_mode: FLOOR ceil_mode: false"), np.zeros((1, 1, 5, 5))
    )
    assert built.top[0].shape == (1, 1, 2, 2)
