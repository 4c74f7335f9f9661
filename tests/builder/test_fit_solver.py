"""Solver settings that a trainer fills in, and those that then are still missing."""

from __future__ import annotations

import pytest

from mycaffe_py import Trainer
from mycaffe_py.builder import build_training, check_solver_text
from mycaffe_py.builder.checking import check_file
from mycaffe_py.device import Device
from mycaffe_py.errors import MyCaffeWarning, PrototxtError
from mycaffe_py.plugins import with_plugins

from ..solver_files import write_nets

START = 'type: "SGD" trainer { type: "Filling" } '
NET = 'net: "net.prototxt" '


class Filling(Trainer):
    """Trains for ten updates for each value of a net's output."""

    type = "Filling"
    rate = 0.25

    @classmethod
    def fit_solver(cls, param, solver, model, base_dir):
        outputs = model.layer[1].inner_product_param.num_output
        for name, value in {
            "max_iter": 10 * outputs,
            "base_lr": cls.rate,
            "lr_policy": "fixed",
        }.items():
            if not solver.HasField(name):
                setattr(solver, name, value)


@pytest.fixture
def registry(registry):
    return with_plugins([Filling], registry)


@pytest.fixture
def write(tmp_path, monkeypatch):
    monkeypatch.chdir(write_nets(tmp_path))

    def write(text):
        (tmp_path / "solver.prototxt").write_text(text)
        return tmp_path / "solver.prototxt"

    return write


def settings(solver, registry, **options):
    training = build_training(solver=solver, registry=registry, device=Device(), seed=1, **options)
    param = training.solver.param
    return param.max_iter, param.base_lr, param.lr_policy


def test_what_is_not_set_is_filled_in(write, registry):
    assert settings(write(START + NET), registry) == (10, 0.25, "fixed")


def test_what_is_set_stays(write, registry):
    given = write(START + NET + "base_lr: 0.5")
    assert settings(given, registry, overrides=["solver.max_iter=7"]) == (7, 0.5, "fixed")


def test_the_trainer_that_another_one_runs_fills_in(write, registry):
    dual = '{ type: "MyCaffeTrainerDual" dual_param { trainer_type: "Filling" } }'
    given = write(START.replace('{ type: "Filling" }', dual) + NET)
    assert settings(given, registry) == (10, 0.25, "fixed")


def test_a_refusal_is_located_at_the_trainer(write, registry, monkeypatch):
    def refuse(cls, param, *_):
        cls.fail("3 rows are too few", "gym")

    monkeypatch.setattr(Filling, "fit_solver", classmethod(refuse))
    with pytest.raises(PrototxtError) as caught:
        settings(write(START + NET), registry)
    (problem,) = caught.value.problems
    assert problem.message == "trainer Filling: 3 rows are too few"
    assert problem.location.line == 1


def test_values_that_are_wrong_are_found_like_those_of_a_file(write, registry, monkeypatch):
    monkeypatch.setattr(Filling, "rate", -1.0)
    path = write(START + NET)
    for check in (
        lambda: check_file(path, registry),
        lambda: settings(path, registry),
    ):
        with pytest.raises(PrototxtError, match="base_lr must be a finite number"):
            check()
    (problem,) = check_solver_text(path.read_text(), str(path), registry).problems
    assert "base_lr must be a finite number" in problem.message


@pytest.mark.parametrize("text", [START + NET, START])
def test_checks_ask_for_nothing_that_is_filled_in(write, registry, text):
    path = write(text)
    check_file(path, registry)
    checked = check_solver_text(text, str(path), registry)
    assert (checked.problems, checked.warnings) == ([], [])


def test_checks_warn_of_what_train_will_ask_for(write, registry):
    text = 'type: "SGD" lr_policy: "fixed" max_iter: 3 ' + NET
    with pytest.warns(MyCaffeWarning, match="base_lr is not set"):
        check_file(write(text), registry)
    (warning,) = check_solver_text(text, str(write(text)), registry).warnings
    assert warning.startswith("solver: base_lr is not set\n  write the learning rate")


def test_a_broken_net_is_what_the_check_of_a_text_tells(write, registry):
    text = START + NET.replace("net.p", "none.p")
    (problem,) = check_solver_text(text, str(write(text)), registry).problems
    assert problem.path == ("net",)
