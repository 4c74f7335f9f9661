"""L1Loss: places without a target, the plateau, one bottom, and bad settings."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import LayerError

NAN = np.nan
X = np.array([[[3.0, 1.0], [4.0, 0.0]], [[0.0, -1.0], [0.0, 2.0]]])
T = np.array([[[0.0, NAN], [0.0, NAN]], [[0.0, 0.0], [0.0, 0.0]]])


def l1(settings=""):
    return f'type: "L1Loss" l1_loss_param {{ {settings} }}'


def test_elements_without_a_target_add_nothing(build):
    built = build(l1(), X, T)
    assert built.forward() == (3 + 4 + 1 + 2) / 2
    dx, dt = built.backward()
    assert dx.tolist() == [[[0.5, 0], [0.5, 0]], [[0, -0.5], [0, 0.5]]]
    np.testing.assert_array_equal(dt, -dx)


def test_entries_are_counted_over_the_channels(build):
    assert build(l1("normalize_by_num_entries: true"), X, T).forward() == 10 / 3
    nothing = build(l1("normalize_by_num_entries: true"), X, np.full_like(X, NAN))
    assert nothing.forward() == 0
    assert not nothing.backward()[0].any()


def test_lengths_of_places(build):
    built = build(l1("l2_per_location: true epsilon: 0"), X, T)
    assert built.forward() == pytest.approx((5 + 5**0.5) / 2)
    dx = built.backward()[0]
    np.testing.assert_allclose(dx[0], [[0.3, 0], [0.4, 0]])
    np.testing.assert_allclose(dx[1], [[0, -0.5 / 5**0.5], [0, 1 / 5**0.5]])


def test_small_errors_are_a_plateau(build):
    built = build(l1("plateau: 1.5"), X, T)
    assert built.forward() == (3 + 4 + 2) / 2
    assert built.backward()[0][1].tolist() == [[0, 0], [0, 0.5]]
    built = build(l1("l2_per_location: true epsilon: 0.25 plateau: 3"), X, T)
    assert built.forward() == pytest.approx((25.25**0.5 + 3 * 0.5) / 2)


def test_one_bottom_is_an_error_itself(build):
    built = build(l1(), X)
    assert built.forward() == np.abs(X).sum() / 2


@pytest.mark.parametrize(
    ("settings", "bottoms", "field", "words"),
    [
        ("epsilon: -1", (X,), "l1_loss_param.epsilon", "must not be negative"),
        ("plateau: -1", (X,), "l1_loss_param.plateau", "must not be negative"),
        ("", (X, np.zeros((2, 2))), "", "same number of elements"),
        ("", (np.zeros(3),), "", "at least 2 axes"),
        ("", (X, X, X), "", "at most 2 bottom blobs"),
    ],
)
def test_refusals(build, settings, bottoms, field, words):
    with pytest.raises(LayerError, match=words) as caught:
        build(l1(settings), *bottoms)
    assert caught.value.field == field
