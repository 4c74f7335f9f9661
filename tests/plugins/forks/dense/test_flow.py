"""Correlation, Correlation1D and SpatialTransformer: rules and bad input."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

X = np.random.default_rng(1).standard_normal((1, 2, 4, 5))


def correlation(settings, type_name="Correlation"):
    return f'type: "{type_name}" correlation_param {{ {settings} }}'


def transformer(settings=""):
    return f'type: "SpatialTransformer" st_param {{ {settings} }}'


def test_a_shifted_image_correlates_most_at_its_shift(build):
    a = np.random.default_rng(1).standard_normal((1, 8, 9, 9))
    b = np.roll(a, (2, -1), axis=(2, 3))
    built = build(correlation("kernel_size: 1 max_displacement: 2"), [a, b])
    mean = built.forward().mean(axis=(0, 2, 3)).reshape(5, 5)
    assert np.unravel_index(mean.argmax(), mean.shape) == (2 + 2, 2 - 1)


def test_differences(build):
    settings = "kernel_size: 1 max_displacement: 1 pad: 1 correlation_type: SUBTRACT"
    y = build(correlation(settings), [X, 2 * X]).forward()
    np.testing.assert_allclose(y[:, 4], np.abs(X).mean(axis=1))


@pytest.mark.parametrize(("direction", "shifts"), [(0, (-2, 0, 2)), (1, (0, 2)), (-1, (-4, -2))])
def test_one_dimension(build, direction, shifts):
    settings = (
        f"kernel_size: 1 max_displacement: 3 stride_2: 2 pad: 3 single_direction: {direction}"
    )
    y = build(correlation(settings, "Correlation1D"), [X, X]).forward()
    wide = np.pad(X, ((0, 0), (0, 0), (0, 0), (4, 4)))
    expected = [(X * wide[..., 4 + s : 9 + s]).mean(axis=1) for s in shifts]
    np.testing.assert_allclose(y, np.stack(expected, axis=1))


def test_the_identity_of_theta_copies_the_image(build):
    theta = np.array([[1.0, 0, 0, 0, 1, 0]])
    np.testing.assert_allclose(build(transformer(), [X, theta]).forward(), X)


def test_fixed_numbers_of_theta_take_the_place_of_predicted_ones(build):
    whole = build(transformer(), [X, np.array([[0.5, 0, 0.1, 0, 0.7, -0.2]])]).forward()
    settings = "theta_1_1: 0.5 theta_1_2: 0 theta_2_1: 0 theta_2_2: 0.7"
    part = build(transformer(settings), [X, np.array([[0.1, -0.2]])]).forward()
    np.testing.assert_array_equal(part, whole)


def test_what_is_far_outside_or_no_number_is_zero_or_no_number(build):
    theta = np.array([[1, 0, 1e30, 0, 1, -1e30]])
    built = build(transformer(), [X, theta])
    assert not built.forward().any()
    built.backward(np.ones(X.shape))
    assert not built.bottom[0].diff.any()


@pytest.mark.parametrize(
    ("text", "bottoms", "message"),
    [
        (correlation("max_displacement: 1"), [X, X], "kernel_size is missing"),
        (correlation("kernel_size: 1"), [X, X], "max_displacement is missing"),
        (correlation("kernel_size: 2 max_displacement: 1"), [X, X], "must be odd"),
        (correlation("kernel_size: 1 max_displacement: 1 stride_1: 0"), [X, X], "stride_1 is 0"),
        (correlation("kernel_size: 1 max_displacement: 1 stride_2: 0"), [X, X], "stride_2 is 0"),
        (correlation("kernel_size: 1 max_displacement: 2"), [X, X], "do not fit into bottom"),
        (correlation("kernel_size: 1 max_displacement: 4000000000"), [X, X], "do not fit"),
        (
            correlation("kernel_size: 4001 max_displacement: 0 pad: 2000"),
            [X, X],
            "1 displacements of patches of 4001 x 4001 cells are too many",
        ),
        (
            correlation("kernel_size: 1 max_displacement: 2000 pad: 2000"),
            [X, X],
            "16008001 displacements of patches of 1 x 1 cells are too many",
        ),
        (
            correlation("kernel_size: 1 max_displacement: 1"),
            [X, X[..., :4]],
            "must have the same shape",
        ),
        (
            correlation("kernel_size: 1 max_displacement: 1 single_direction: 2", "Correlation1D"),
            [X, X],
            "single_direction is 2, but must be -1",
        ),
        (transformer('transform_type: "tps"'), [X, np.ones((1, 6))], 'must be "affine"'),
        (transformer('sampler_type: "nearest"'), [X, np.ones((1, 6))], 'must be "bilinear"'),
        (transformer("output_H: 0"), [X, np.ones((1, 6))], "output_H is 0"),
        (transformer(), [X, np.ones((1, 5))], "must hold 6 numbers for each image"),
        (transformer("theta_1_1: 1"), [X, np.ones((1, 6))], "must hold 5 numbers"),
        (transformer(), [X, np.ones((2, 6))], "must hold 6 numbers"),
    ],
)
def test_bad_input_is_refused(build, text, bottoms, message):
    with pytest.raises(LayerError) as caught:
        build(text, bottoms)
    assert message in str(caught.value)


def test_a_step_that_is_never_made_takes_no_memory(build):
    settings = "kernel_size: 1 max_displacement: 1 stride_2: 4294967295"
    y = build(correlation(settings), [X, X]).forward()
    np.testing.assert_allclose(y[:, 0], (X**2).mean(axis=1)[:, 1:-1, 1:-1])


def test_no_images(build):
    built = build(transformer(), [np.ones((0, 2, 4, 5)), np.ones((0, 6))])
    assert built.forward().shape == (0, 2, 4, 5)
    assert [dx.shape for dx in built.backward(np.ones((0, 2, 4, 5)))] == [(0, 2, 4, 5), (0, 6)]
