"""Known inputs beyond the last value, and what forecasts say about rows without values and untrained distances."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import MyCaffeWarning

from .runs import trained


def plan(row):
    """Return an input that no row before tells: 0 or 1."""
    return int(row * row % 7 in (1, 2)) ^ int(row % 11 in (3, 4, 8))


def write(path, rows, future, gaps=()):
    """Write a value that is 10 + 5 times the plan, and the plan for ``future`` rows more, but for ``gaps``."""
    lines = [f"{row},{10 + 5 * plan(row)},{plan(row)}" for row in range(rows)]
    cells = ["" if row in gaps else str(plan(row)) for row in range(rows, rows + future)]
    lines += [f"{rows + number},,{cell}" for number, cell in enumerate(cells)]
    path.write_text("\n".join(["t,v,plan", *lines]) + "\n")
    return path


KNOWN = "horizon: 6 known_input_column: 'plan'"


def test_the_forecast_follows_a_known_input(tmp_path):
    training = trained(write(tmp_path / "a.csv", 150, 6), KNOWN)
    found = training.trainer.forecast(training.net, 6)
    expected = [10 + 5 * plan(row) for row in range(150, 156)]
    assert len(set(expected)) == 2
    np.testing.assert_allclose(found.predictions[:, 0], expected, atol=0.7)
    assert found.times.tolist() == list(range(150, 156))
    assert found.notes == (
        "the forecast begins after 149, the last row with a value; 6 rows after it have none",
    )


@pytest.mark.parametrize("former", [False, True])
@pytest.mark.parametrize(
    ("future", "gaps", "steps", "note"),
    [
        (6, (), 6, None),
        (4, (), 6, "plan: not given for the last 2 of 6 rows"),
        (0, (), 6, "plan: not given for the last 6 of 6 rows"),
        (6, (61, 63), 6, "plan: not given for 2 of 6 rows"),
        (6, (65,), 6, "plan: not given for the last 1 of 6 rows"),
        (6, (65,), 5, None),
    ],
)
def test_rows_without_a_known_input_are_noted(tmp_path, future, gaps, steps, note, former):
    training = trained(write(tmp_path / "a.csv", 60, future, gaps), KNOWN, former=former)
    found = training.trainer.forecast(training.net, steps)
    assert [each for each in found.notes if "plan" in each] == ([note] if note else [])
    assert np.isfinite(found.predictions).all()


@pytest.mark.parametrize("former", [False, True])
def test_distances_that_were_never_trained_are_noted(tmp_path, former):
    path = write(tmp_path / "a.csv", 60, 0)
    training = trained(path, "horizon: 4 least_horizon: 3 value_column: 'v'", former=former)
    notes = training.trainer.forecast(training.net, 5).notes
    assert notes == (
        "the net was not trained for the first 2 rows, which are nearer than least_horizon, 3",
        "beyond 4 rows, for which the net was trained, it continues from its own forecasts",
    )


def test_rows_without_values_at_the_end_are_left_out_by_either_trainer(tmp_path):
    path = write(tmp_path / "a.csv", 60, 3)
    for former in (False, True):
        training = trained(path, "horizon: 2 value_column: 'v'", former=former)
        found = training.trainer.forecast(training.net, 2)
        assert found.times.tolist() == [60, 61]
        assert "begins after 59" in found.notes[0]


def test_a_horizon_longer_than_the_training_part_is_a_warning(tmp_path):
    path = write(tmp_path / "a.csv", 20, 0)
    with pytest.warns(MyCaffeWarning, match="horizon is 30, but .* no rows farther apart than 15"):
        trained(path, "horizon: 30 value_column: 'v'")
