"""The example of docs/time.md learns; ``tests/snippets`` runs its commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.errors import LayerError, MyCaffeWarning

TEXT = (Path(__file__).parents[1] / "docs" / "time.md").read_text(encoding="utf-8")
ABSOLUTE = ("solver.trainer.gym.curve_param.time=ABSOLUTE",)


@pytest.fixture
def example(tmp_path, monkeypatch):
    """Write the page's model and solver."""
    monkeypatch.chdir(tmp_path)
    model, solver = re.findall(r"```prototxt\n(.*?)```", TEXT, flags=re.DOTALL)
    (tmp_path / "irregular.prototxt").write_text(model)
    (tmp_path / "irregular_solver.prototxt").write_text(solver)
    return "irregular_solver.prototxt"


@pytest.mark.slow
def test_it_learns_and_absolute_times_are_the_same(example):
    """The same points, told in the two ways, train to the same figures but for rounding."""
    found = []
    for overrides in (
        (),
        (*ABSOLUTE, "solver.trainer.gym.curve_param.x_limit=0", "cfc1.cfc_param.time=ABSOLUTE"),
    ):
        solver = build_training(solver=example, seed=1, overrides=overrides, dtype="float64").solver
        solver.step(150)
        found.append(solver.trainer.metrics())
    spans, absolute = found
    assert spans["mean_abs_error"] < 0.25
    assert absolute["mean_abs_error"] == pytest.approx(spans["mean_abs_error"], rel=0.05)


def test_times_in_place_of_spans_warn_twice(example):
    """When it is built, since gym and layer disagree; and when the numbers are seen."""
    with pytest.warns(MyCaffeWarning, match='layer "cfc1".*"tt" should be time spans.*gym Curve'):
        training = build_training(solver=example, seed=1, overrides=ABSOLUTE)
    with pytest.warns(MyCaffeWarning, match=r'"tt" \(16, 32\) looks like absolute times'):
        training.solver.step(1)


def test_spans_in_place_of_times_are_an_error(example):
    overrides = ("cfc1.cfc_param.time=ABSOLUTE",)
    with pytest.warns(MyCaffeWarning, match="should be absolute times"):
        training = build_training(solver=example, seed=1, overrides=overrides)
    with pytest.raises(LayerError, match="must not decrease"):
        training.solver.step(1)
