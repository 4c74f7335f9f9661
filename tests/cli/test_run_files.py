"""Weights given as a file or as a run folder: what belongs to them is found, in every verb that takes weights."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from click.testing import CliRunner

from mycaffe_py.cli.app import app

from .conftest import SMALL

CPU = ("--device", "cpu")
RANDOM = ("--set", "solver.trainer.gym.curve_param.curve=RANDOM")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Train a few updates; return the run folder."""
    folder = tmp_path_factory.mktemp("made") / "run"
    options = ("--iterations", "40", "--seed", "5", "--run-dir", str(folder), "-q")
    result = CliRunner().invoke(app, ["train", *SMALL, *RANDOM, *CPU, *options])
    assert result.exit_code == 0, result.stderr
    return folder


@pytest.fixture
def run_folder(made, tmp_path):
    """Put the run folder where the first run of the net would be."""
    return shutil.copytree(made, tmp_path / "runs" / "LiquidNetCfc" / "001")


GIVEN = ("runs/LiquidNetCfc/001", "LiquidNetCfc/001", "runs/LiquidNetCfc/001/last.caffemodel")


@pytest.mark.parametrize("given", GIVEN)
def test_a_test_needs_only_the_weights(mycaffe, run_folder, given):
    first, second = (mycaffe("test", "--weights", given, "--json", *CPU) for _ in range(2))
    assert first.exit_code == 0, first.stderr
    assert first.stdout == second.stdout
    assert json.loads(first.stdout)["seed"] == 5
    again = mycaffe("test", "--weights", given, "--json", *CPU, "--seed", 5)
    assert again.stdout == first.stdout
    other = json.loads(mycaffe("test", "--weights", given, "--json", *CPU, "--seed", 6).stdout)
    assert other["seed"] == 6 and other["loss"] != json.loads(first.stdout)["loss"]


def test_the_line_on_weights_and_seed(mycaffe, run_folder):
    result = mycaffe("test", "--weights", GIVEN[0], *CPU, "--iterations", 2)
    assert f"weights {GIVEN[0]}/best.caffemodel  seed 5 (the run's)\n" in result.stderr
    result = mycaffe("test", "--weights", GIVEN[2], *CPU, "--iterations", 2, "--seed", 7)
    assert f"weights {GIVEN[2]}  seed 7\n" in result.stderr


def test_predictions_repeat(mycaffe, run_folder):
    arguments = ("predict", "--weights", GIVEN[0], "--steps", 4, *CPU)
    first, second = (json.loads(mycaffe(*arguments, "--json").stdout) for _ in range(2))
    assert first["rows"] == second["rows"] and first["seed"] == second["seed"] == 5


def test_without_a_run_the_seed_is_the_solvers_or_a_drawn_one(mycaffe, run_folder, tmp_path):
    shutil.copy(run_folder / "last.caffemodel", tmp_path / "w.caffemodel")
    files = ("--solver", run_folder / "solver.prototxt", "--model", run_folder / "model.prototxt")
    arguments = ("test", "--weights", "w.caffemodel", *files, "--json", *CPU, "--iterations", 2)
    seeds = {json.loads(mycaffe(*arguments).stdout)["seed"] for _ in range(3)}
    assert len(seeds) == 3 and 5 not in seeds
    given = mycaffe(*arguments, "--set", "solver.random_seed=11")
    assert json.loads(given.stdout)["seed"] == 11


@pytest.mark.parametrize("key", ["solver.random_seed", "random_seed"])
def test_a_seed_of_set_counts_more_than_the_runs(mycaffe, run_folder, key):
    arguments = ("test", "--weights", GIVEN[0], "--json", *CPU, "--iterations", 2)
    given = mycaffe(*arguments, "--set", f"{key}=11")
    assert json.loads(given.stdout)["seed"] == 11


def test_a_seed_of_set_has_no_effect_on_a_resumed_run(mycaffe, run_folder):
    arguments = ("train", "--resume", GIVEN[0], "--iterations", 41, *CPU, "-q")
    given = mycaffe(*arguments, "--set", "random_seed=11")
    assert given.exit_code == 0, given.stderr
    assert (
        "--set solver.random_seed=11 has no effect: the resumed run continues with 5"
        in given.stderr
    )
    assert "has no effect" not in mycaffe(*arguments, "--set", "random_seed=5").stderr


@pytest.mark.parametrize("text", ["[" * 9000, "[1]", '"x"', "", "{"])
def test_a_record_that_cannot_be_read(mycaffe, run_folder, text):
    (run_folder / "run.json").write_text(text)
    given = mycaffe("test", "--weights", GIVEN[0], *CPU, "--iterations", 1)
    assert given.exit_code == 0, given.stderr
    assert "run.json cannot be read: the run's seed and plugins are not known" in given.stderr


@pytest.mark.posix
def test_a_record_that_is_a_pipe_or_huge(mycaffe, run_folder):
    path = run_folder / "run.json"
    path.unlink()
    os.mkfifo(path)
    arguments = ("test", "--weights", GIVEN[0], *CPU, "--iterations", 1)
    assert "run.json cannot be read" in mycaffe(*arguments).stderr
    path.unlink()
    path.write_bytes(b"")
    os.truncate(path, 2**33)
    assert "run.json cannot be read" in mycaffe(*arguments).stderr


@pytest.mark.parametrize("seed", [-5, 1.5, True, "x", None])
def test_a_recorded_seed_that_is_none(mycaffe, run_folder, seed):
    path = run_folder / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"seed": seed}))
    given = mycaffe("test", "--weights", GIVEN[0], *CPU, "--iterations", 1, "--json")
    assert json.loads(given.stdout)["seed"] >= 0


def test_a_net_is_timed_by_its_weights_alone(mycaffe, run_folder):
    result = mycaffe("time", "--weights", GIVEN[0], "--iterations", 1, "--json", *CPU)
    found = json.loads(result.stdout)
    assert (found["net"], found["seed"]) == ("LiquidNetCfc", 5)


def test_training_goes_on_from_the_best_weights(mycaffe, run_folder, tmp_path):
    result = mycaffe("train", "--weights", GIVEN[0], "--iterations", 2, *CPU, "-q")
    assert result.exit_code == 0, result.stderr
    settings = (tmp_path / "runs/LiquidNetCfc/002/model.prototxt").read_text()
    assert settings == (run_folder / "model.prototxt").read_text()
    assert "hidden_size: 4" in settings


def test_a_run_is_resumed_by_its_folder_alone(mycaffe, run_folder, tmp_path):
    result = mycaffe("train", "--resume", GIVEN[0], "--iterations", 42, *CPU)
    assert result.exit_code == 0, result.stderr
    assert "resumed from" in result.stderr and "iteration 40" in result.stderr


def test_a_solver_that_is_given_brings_its_own_net(mycaffe, run_folder, tmp_path):
    (tmp_path / "own.prototxt").write_text('name: "Own" layer { name: "a" type: "Nonsense" }')
    text = (run_folder / "solver.prototxt").read_text()
    (tmp_path / "s.prototxt").write_text('net: "own.prototxt"\n' + text)
    result = mycaffe("test", "--weights", GIVEN[0], "--solver", "s.prototxt", *CPU)
    assert "Nonsense" in result.stderr
    (tmp_path / "s.prototxt").write_text(text)
    result = mycaffe("test", "--weights", GIVEN[0], "--solver", "s.prototxt", *CPU)
    assert result.exit_code == 0, result.stderr


@pytest.mark.parametrize("verb", ["test", "explain", "time", "train", "predict"])
def test_a_folder_without_weights(mycaffe, tmp_path, verb):
    (tmp_path / "empty").mkdir()
    steps = ("--steps", 2) if verb == "predict" else ()
    result = mycaffe(verb, "--weights", "empty", *steps)
    assert result.exit_code == 3
    assert "no weights in empty" in result.stderr


@pytest.mark.parametrize("verb", ["test", "explain", "time", "train", "predict"])
def test_weights_that_are_not_there(mycaffe, run_folder, verb):
    steps = ("--steps", 2) if verb == "predict" else ()
    result = mycaffe(verb, "--weights", "gone.caffemodel", *steps)
    assert result.exit_code == 3
    assert "weights file gone.caffemodel does not exist" in result.stderr
    assert 'did you mean "runs/LiquidNetCfc/001"?' in result.stderr


def test_a_folder_of_runs_is_no_run(mycaffe, run_folder):
    result = mycaffe("test", "--weights", "runs/LiquidNetCfc")
    assert result.exit_code == 3
    assert "no weights in runs/LiquidNetCfc" in result.stderr
    assert 'did you mean "runs/LiquidNetCfc/001"?' in result.stderr


def test_nothing_beside_the_weights(mycaffe, run_folder, tmp_path):
    shutil.copy(run_folder / "last.caffemodel", tmp_path / "w.caffemodel")
    result = mycaffe("test", "--weights", "w.caffemodel")
    assert result.exit_code == 2
    assert "no model.prototxt or solver.prototxt beside the weights" in result.stderr
    result = mycaffe("train", "--weights", "w.caffemodel")
    assert result.exit_code == 3 and "add --solver FILE" in result.stderr


def test_hdf5_weights_of_a_run_folder(mycaffe, tmp_path, data_net):
    text = (tmp_path / "sgd.prototxt").read_text()
    (tmp_path / "sgd.prototxt").write_text(text + "snapshot_format: HDF5\n")
    arguments = ("--plugin", "counting.py", *CPU)
    assert mycaffe("train", "--solver", "sgd.prototxt", "-q", *arguments).exit_code == 0
    folder = tmp_path / "runs/Line/001"
    (folder / "best.caffemodel").unlink(missing_ok=True)
    result = mycaffe("test", "--weights", folder, *arguments, "--json")
    assert result.exit_code == 0, result.stderr


def test_a_net_that_only_follows_is_not_to_be_relied_on(mycaffe, run_folder):
    arguments = ("predict", "--weights", GIVEN[0], "--steps", 2, *CPU)
    result = mycaffe(*arguments)
    assert result.stderr.count("warning: do not rely on this forecast") == 1
    found = json.loads(mycaffe(*arguments, "--json").stdout)
    assert found["caution"].startswith("do not rely on this forecast")
    tested = found["frozen_test"]
    assert tested["mean_abs_error"] > tested["baseline_mean_abs_error"]


def test_forecasts_and_pictures_that_exist_are_left_alone(mycaffe, run_folder, tmp_path):
    (tmp_path / "forecast.png").write_text("mine")
    arguments = ("predict", "--weights", GIVEN[0], "--steps", 2, *CPU)
    assert mycaffe(*arguments).stdout.split() == ["forecast-2.csv", "forecast-2.png"]
    assert not (tmp_path / "forecast.csv").exists()
    assert (tmp_path / "forecast.png").read_text() == "mine"
    result = mycaffe(*arguments, "--out", "forecast-2.csv")
    assert result.stdout.split() == ["forecast-2.csv", "forecast-2.png"]
    assert "replacing forecast-2.csv" in result.stderr
    explain = ("explain", "--weights", GIVEN[0], *CPU)
    first, second = (mycaffe(*explain).stdout.split() for _ in range(2))
    assert len({*first, *second}) == 2 * len(first) > 0
    assert all(name.endswith("-2.png") for name in second)
