"""``--device auto`` where there is a GPU: what is chosen, said and recorded."""

from __future__ import annotations

import json

import pytest

from mycaffe_py.builder import device_choice
from mycaffe_py.builder.device_choice import Choice
from mycaffe_py.testing import strict_device

from .conftest import SMALL


@pytest.fixture
def gpu(monkeypatch):
    """The strict device stands in for the first GPU; return what is said of each subject that is tried."""
    tried = []

    def choose(subject, cpu, gpu):
        tried.append(subject)
        return Choice(answer["name"], "faster in a trial: a step took 1 ms on x, 2 ms on y")

    answer = {"name": "cpu"}
    monkeypatch.setattr(device_choice, "open_device", lambda name: strict_device())
    monkeypatch.setattr(device_choice, "choose", choose)
    return tried, answer


SAID = "(faster in a trial: a step took 1 ms on x, 2 ms on y)"


@pytest.mark.parametrize("arguments", [(), ("--device", "auto"), ("--device", "AUTO")])
def test_train_says_and_records_the_choice(mycaffe, gpu, tmp_path, arguments):
    result = mycaffe("train", *SMALL, *arguments, "--iterations", 2, "--run-dir", "run")
    assert result.exit_code == 0, result.stderr
    assert f"device cpu {SAID}" in result.stderr.splitlines()[0]
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["device"] == {"name": "cpu", "reason": SAID.strip("()")}
    (subject,) = gpu[0]
    assert subject.solver.type == "AdamW" and subject.state.phase == 0


def test_the_other_device_is_used_if_it_is_faster(mycaffe, gpu):
    gpu[1]["name"] = "strict"
    result = mycaffe("train", *SMALL, "--iterations", 1)
    assert result.exit_code == 0 and f"device strict {SAID}" in result.stderr.splitlines()[0]


@pytest.mark.parametrize(
    "arguments", [("--device", "cpu"), ("--set", "solver.solver_mode=CPU")]
)  # fmt: skip
def test_a_device_that_is_named_is_not_tried(mycaffe, gpu, arguments):
    result = mycaffe("train", *SMALL, *arguments, "--iterations", 1)
    assert result.exit_code == 0, result.stderr
    assert gpu[0] == [] and SAID not in result.stderr


def test_verbs_that_run_a_net_alone_try_that(mycaffe, gpu):
    options = ("--model", "LiquidNetCfc.prototxt", *SMALL[4:], "--iterations", 1)
    result = mycaffe("time", *options, "--phase", "TEST")
    assert result.exit_code == 0 and f"device cpu {SAID}  seed 0" in result.stderr
    assert mycaffe("time", *options, "--solver", "adamw.prototxt").exit_code == 0
    assert [subject.state.phase for subject in gpu[0]] == [1, 0]
    assert [subject.solver is None for subject in gpu[0]] == [True, False]


def test_testing_tries_passes_without_updates(mycaffe, gpu):
    run = ("--iterations", 1, "--run-dir", "run", "-q", "--device", "cpu")
    assert mycaffe("train", *SMALL, *run).exit_code == 0
    result = mycaffe("test", "--weights", "run", "--iterations", 1)
    assert result.exit_code == 0, result.stderr
    (subject,) = gpu[0]
    assert subject.solver is None and subject.state.phase == 1


def test_with_a_real_choice_a_small_net_stays_on_the_cpu(mycaffe, monkeypatch):
    monkeypatch.setattr(device_choice, "open_device", lambda name: strict_device())
    result = mycaffe("train", *SMALL, "--iterations", 1, "--seed", 1)
    assert result.exit_code == 0, result.stderr
    assert "million operations a step: too few for a GPU)" in result.stderr.splitlines()[0]
