"""Rolling figures against a plain computation over lists."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mycaffe_py.errors import SnapshotError
from mycaffe_py.trainer import RollingFigures


def plainly(history, window, tolerance):
    """The figures, from a list of (prediction, target, last target) of updates."""
    errors, baseline = [], []
    for prediction, target, last in history[-window:]:
        for p, t, z in zip(prediction, target, last, strict=True):
            errors.append(max(abs(a - b) for a, b in zip(p, t, strict=True)))
            baseline.append(max(abs(a - b) for a, b in zip(z, t, strict=True)))
    latest = errors[-len(history[-1][0]) :]
    return {
        "accuracy": sum(error < tolerance for error in errors) / len(errors),
        "baseline_accuracy": sum(error < tolerance for error in baseline) / len(baseline),
        "mean_abs_error": sum(errors) / len(errors),
        "baseline_mean_abs_error": sum(baseline) / len(baseline),
        "abs_error": sum(latest) / len(latest),
    }


@pytest.mark.parametrize(
    ("window", "batch", "outputs"), [(1, 1, 1), (5, 1, 1), (4, 3, 2), (100, 2, 1)]
)
def test_against_a_plain_computation(rng, window, batch, outputs):
    figures, history = RollingFigures(window, 0.5, batch), []
    for _ in range(3 * min(window, 5)):
        update = [rng.standard_normal((batch, outputs)) for _ in range(3)]
        history.append([values.tolist() for values in update])
        figures.add(*update)
        assert figures.figures() == pytest.approx(plainly(history, window, 0.5), rel=1e-12)
        assert all(type(value) is float for value in figures.figures().values())


def test_before_the_first_update():
    found = RollingFigures(3, 0.5, 1).figures()
    assert len(found) == 5
    assert all(math.isnan(value) for value in found.values())


def test_an_error_of_exactly_the_tolerance_is_not_right():
    figures = RollingFigures(10, 0.25, 1)
    zero = np.zeros((1, 1))
    for error in (0.25, -0.25, 0.2499, 0.0):
        figures.add(zero + error, zero, zero + 0.25)
    assert figures.figures()["accuracy"] == 0.5
    assert figures.figures()["baseline_accuracy"] == 0.0


def test_state_goes_on(rng):
    figures, other = RollingFigures(3, 0.5, 2), RollingFigures(3, 0.5, 2)
    for _ in range(4):
        figures.add(*rng.standard_normal((3, 2, 1)))
    state = figures.state()
    other.load_state(state)
    update = rng.standard_normal((3, 2, 1))
    figures.add(*update)
    other.add(*update)
    assert other.figures() == figures.figures()
    assert state["count"] == 4


def test_state_of_another_window():
    with pytest.raises(SnapshotError, match="accuracy_window or the batch has changed"):
        RollingFigures(3, 0.5, 2).load_state(RollingFigures(4, 0.5, 2).state())
