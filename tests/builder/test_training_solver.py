"""Building a training from files: its solver, its trainer and its gym."""

from __future__ import annotations

import numpy as np
import pytest

import mycaffe_py
from mycaffe_py.builder import build_training, get_solver, load_model, load_solver_file
from mycaffe_py.errors import MissingFileError, PrototxtError
from mycaffe_py.schema import load_solver_text

from ..solver_files import SOLVER, write_nets


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_nets(tmp_path)


# The solver.


@pytest.mark.parametrize(
    ("old", "new", "message", "place"),
    [
        ('"SGD"', '"SGDD"', 'unknown solver type "SGDD"', (1, 7)),
        ('"fixed"', '"fixd"', 'unknown lr_policy "fixd"', (3, 12)),
        ("0.1", "-0.1", "base_lr must be a finite number, at least 0, got -0.1", (2, 10)),
        ("0.1", "inf", "base_lr must be a finite number, at least 0, got inf", (2, 10)),
        ("max_iter: 3", "max_iter: -3", "max_iter must be at least 0, got -3", (4, 11)),
        ("max_iter: 3", "iter_size: 0", "iter_size must be at least 1, got 0", (4, 12)),
        ("max_iter: 3", "average_loss: 0", "average_loss must be at least 1, got 0", (4, 15)),
        ("max_iter: 3", "snapshot: -1", "snapshot must be at least 0, got -1", (4, 11)),
        (
            "max_iter: 3",
            'weight_decay: 1 regularization_type: "L3"',
            'unknown regularization_type "L3"',
            (4, 38),
        ),
        ('"SGD"', '"AdamW" momentum: 1.5', "momentum must be at least 0 and below 1", (1, 25)),
        ('base_lr: 0.1', 'base_lr: "0.1"', '"base_lr" takes a number', (2, 10)),
        ('base_lr: 0.1', 'bas_lr: 0.1', 'unknown field "bas_lr"', (2, 1)),
    ],
)  # fmt: skip
def test_solver_mistakes_have_their_place(folder, registry, old, new, message, place):
    path = folder / "bad.prototxt"
    path.write_text((SOLVER + 'net: "net.prototxt"').replace(old, new))
    with pytest.raises(PrototxtError) as caught:
        build_training(solver=path, registry=registry)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.location.filename == str(path)
    assert (problem.location.line, problem.location.column) == place


def test_solver_as_a_document_is_left_as_it_was(folder, registry):
    text = SOLVER + 'net: "net.prototxt" custom_trainer: "RNN.SUPER_SIMPLE"'
    document = load_solver_text(registry.schema, text)
    before = document.message.SerializeToString(deterministic=True)
    overrides = ["solver.max_iter=9", "net.name=changed"]
    model = load_model("LiquidNetCfc.prototxt", registry)
    training = build_training(solver=document, model=model, registry=registry, overrides=overrides)
    assert (training.solver.param.max_iter, training.net.name) == (9, "changed")
    assert training.trainer.type == "RNN.SUPER_SIMPLE"
    assert document.message.SerializeToString(deterministic=True) == before
    assert model.message.name == "LiquidNetCfc"


def test_missing_solver(registry):
    with pytest.raises(MissingFileError, match='did you mean "adamw.prototxt"'):
        build_training(solver="adamww.prototxt", registry=registry)


def test_six_lines():
    net = mycaffe_py.Net("LiquidNetCfc.prototxt", phase=mycaffe_py.TEST)
    net.blobs["x"].data[...] = 0.5
    assert net.forward()["loss"].shape == ()
    assert net.params["cfc1"][0].data.any()
    solver = get_solver("adamw.prototxt", "LiquidNetCfc.prototxt", seed=1)
    solver.step(1)
    assert solver.iter == 1
    assert np.isfinite(solver.loss)


# The trainer and its gym.

FILE = """
type: "SGD"
base_lr: 0.01 lr_policy: "fixed"
trainer {
  type: "RNN.SUPER_SIMPLE"
  rnn_simple_param { accuracy_window: 10 }
  blob_names { x: "x" }
  gym {
    type: "Curve"
    curve_param { history: 100 }
  }
}
"""


def train(folder, registry, text, **options):
    path = folder / "own.prototxt"
    path.write_text(text.lstrip())
    options.setdefault("model", "LiquidNetCfc.prototxt")
    return build_training(solver=path, registry=registry, seed=1, **options)


@pytest.mark.parametrize(
    ("old", "new", "message", "place"),
    [
        ('type: "RNN.SUPER_SIMPLE"', "", "type is missing", (3, 1)),
        ("SUPER_SIMPLE", "SIMPLEST", "unknown trainer type", (4, 9)),
        ('"Curve"', '"Curv"', 'unknown gym type "Curv"', (8, 11)),
        ("window: 10", "window: 0", "accuracy_window must be at least 1", (5, 39)),
        (
            "accuracy_window: 10",
            "accuracy_tolerance: 0",
            "must be a number above 0, got 0",
            (5, 42),
        ),
        (
            "accuracy_window: 10",
            "accuracy_tolerance: inf",
            "must be a number above 0, got inf",
            (5, 42),
        ),
        ('x: "x"', 'tt: "tt2"', 'tt is blob "tt2"', (6, 20)),
        ('x: "x"', 'xhat: "xha"', 'xhat is blob "xha"', (6, 22)),
        (
            "history: 100",
            "history: 50",
            "keeps a history of 50 points, but the net needs 82",
            (7, 3),
        ),
        ("history: 100", "input: X_AND_Y", "gives 164 values of x", (7, 3)),
        ("history: 100", "input: Y noise: -1", "curve_param.noise is -1", (9, 35)),
        ("history: 100", "noisee: 1", 'unknown field "noisee"', (9, 19)),
        ("history: 100", "curve: CSV_FILE", "curve_param.csv_file is empty", None),
        (
            'type: "RNN.SUPER_SIMPLE"',
            'type: "MyCaffeTrainerDual" dual_param { trainer_type: "RNN.NO" }',
            'unknown trainer type "RNN.NO"',
            (4, 57),
        ),
        (
            'type: "RNN.SUPER_SIMPLE"',
            'type: "MyCaffeTrainerDual" dual_param { trainer_type: "Dual.Trainer" }',
            "dual_param.trainer_type cannot be MyCaffeTrainerDual itself",
            (4, 57),
        ),
    ],
)
def test_trainer_mistakes_have_their_place(folder, registry, old, new, message, place):
    with pytest.raises(PrototxtError) as caught:
        train(folder, registry, FILE.replace(old, new))
    (problem,) = caught.value.problems
    assert message in problem.message
    if place:
        assert (problem.location.line, problem.location.column) == place


def test_blob_that_the_net_has_not_is_suggested(folder, registry):
    with pytest.raises(PrototxtError) as caught:
        train(folder, registry, FILE.replace('x: "x"', 'xhat: "xhta"'))
    assert caught.value.problems[0].hint == 'did you mean "xhat"?'


def test_net_without_a_required_blob(folder, registry):
    with pytest.raises(
        PrototxtError, match='target is blob "target", but net "here" has no such blob'
    ):
        train(folder, registry, FILE, model="net.prototxt")


def test_swapped_gym_cos(folder, registry):
    training = train(folder, registry, FILE.replace("history: 100", "curve: COS"))
    training.solver.step(3)
    observed = training.trainer.gyms.gyms[0].curve_points()
    assert np.allclose(observed["target"], np.cos(observed["x"]))


@pytest.mark.parametrize("points", [90, 60])
def test_swapped_gym_csv(folder, registry, points):
    rows = "".join(f"{index / 100}\n" for index in range(points))
    (folder / "own.csv").write_text("y\n" + rows)
    text = FILE.replace("history: 100", 'curve: CSV_FILE csv_file: "own.csv"')
    if points < 82:
        with pytest.raises(PrototxtError) as caught:
            train(folder, registry, text)
        (problem,) = caught.value.problems
        assert "ended after 60 points, but the net needs 82" in problem.message
        assert problem.location.line == 7
        return
    training = train(folder, registry, text)
    targets = []
    for _ in range(12):
        training.solver.step(1)
        targets.append(round(training.trainer.sample()["target"][0], 6))
    # The file's rows 81 to 89, and then from row 81 again.
    assert targets == [0.81, 0.82, 0.83, 0.84, 0.85, 0.86, 0.87, 0.88, 0.89, 0.81, 0.82, 0.83]


def test_shipped_solver_file_has_its_trainer(registry):
    document = load_solver_file("adamw.prototxt", registry)
    assert document.message.trainer.type == "RNN.SUPER_SIMPLE"
