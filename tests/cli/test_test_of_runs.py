"""``mycaffe test --weights RUNFOLDER``: model, solver, plugins and best weights are those of the run, from anywhere."""

from __future__ import annotations

import json
import math
import shutil

import pytest

PLUGIN = '''
import numpy as np
from mycaffe_py import Gym
from mycaffe_py.plugins import hookimpl

class Wave(Gym):
    """A sine from a place that its seed determines."""
    type = "Wave"
    state_names = ("at",)

    def reset(self, *, seed=None, options=None):
        self.reseed(seed)
        self.at = int(self.rng.integers(100))
        return self.latest()

    def step(self, action=None):
        self.at += 1
        return (*self.latest()[:1], 0.0, False, False, {"x": float(self.at)})

    def latest(self):
        values = [np.sin(k / 5) for k in range(self.at - 83, self.at)]
        return self.observation(values[:-1], values[1:]), {"x": float(self.at)}

@hookimpl
def mycaffe_gyms():
    return [Wave]
'''
RUN = ("--device", "cpu", "--iterations", 6, "--seed", 5, "-q")
TESTS = ("--set", "solver.test_iter=4", "--set", "solver.test_interval=3")
LIQUID = (
    "--model", "LiquidNetCfc.prototxt", "--solver", "adamw.prototxt",
    "--set", "cfc1.cfc_param.hidden_size=4", "--set", "cfc1.cfc_unit_param.backbone_units=4",
)  # fmt: skip
SERIES = "solver.trainer.gym.series_param."
GYMS = {
    "Curve": ("LiquidNetCfc", LIQUID),
    "Series": ("SeriesStandardized", (
        "--model", "SeriesStandardized.prototxt", "--solver", "adamw.prototxt",
        "--set", "solver.trainer.gym.type=Series",
        "--set", f'{SERIES}csv_file="data.csv"', "--set", f"{SERIES}window=6", "--set", f"{SERIES}fit_model=true",
        "--set", "cfc.cfc_param.hidden_size=4", "--set", "cfc.cfc_unit_param.backbone_units=4",
    )),
    "Wave": ("LiquidNetCfc", (*LIQUID, "--plugin", "wave.py", "--set", "solver.trainer.gym.type=Wave")),
}  # fmt: skip


@pytest.fixture
def run(mycaffe, tmp_path, monkeypatch):
    """Return a function that trains with a gym in one folder, goes to another, and returns the run folder."""

    def run(gym):
        work, other = tmp_path / "work", tmp_path / "other"
        work.mkdir()
        other.mkdir()
        rows = (f"{t},{math.sin(t / 3):.4f}\n" for t in range(60))
        (work / "data.csv").write_text("t,a\n" + "".join(rows))
        (work / "wave.py").write_text(PLUGIN)
        monkeypatch.chdir(work)
        net, options = GYMS[gym]
        result = mycaffe("train", *options, *RUN, *TESTS)
        assert result.exit_code == 0, result.output
        monkeypatch.chdir(other)
        return work / "runs" / net / "001"

    return run


@pytest.mark.parametrize("gym", GYMS)
def test_a_run_is_tested_as_it_was_while_it_trained(run, mycaffe, gym):
    folder = run(gym)
    result = mycaffe("test", "--weights", folder, "--iterations", 4, "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    best = json.loads((folder / "run.json").read_text())["best"]
    assert best["metric"] == "test mean_abs_error"
    rows = [json.loads(line) for line in (folder / "tests.jsonl").read_text().splitlines()]
    (then,) = (row for row in rows if row["iteration"] == best["iteration"])
    assert found["mean_abs_error"] == pytest.approx(best["value"], rel=1e-5)
    assert found["loss"] == pytest.approx(then["loss"], rel=1e-4)


def test_plugins_of_a_copied_run_are_not_loaded_unasked(run, mycaffe, tmp_path):
    folder = run("Wave")
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    refused = mycaffe("test", "--weights", copy)
    assert refused.exit_code != 0 and "--plugin" in refused.stderr
    named = mycaffe("test", "--weights", copy, "--plugin", tmp_path / "work" / "wave.py")
    assert named.exit_code == 0, named.output
