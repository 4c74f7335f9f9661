"""Building a training from files."""

from __future__ import annotations

import numpy as np
import pytest

import mycaffe_py
from mycaffe_py.builder import build_training, get_solver, load_model, load_solver_file
from mycaffe_py.device import Device
from mycaffe_py.errors import ConfigError, MissingFileError, MyCaffeError, PrototxtError
from mycaffe_py.schema import load_solver_text

NET = """
name: "%s"
layer { name: "data" type: "Input" top: "x" top: "t"
  input_param { shape { dim: 2 dim: 3 } shape { dim: 2 dim: 1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y"
  inner_product_param { num_output: 1 weight_filler { type: "gaussian" } } }
layer { name: "drop" type: "Dropout" bottom: "y" top: "y" include { phase: TEST stage: "deep" } }
layer { name: "loss" type: "EuclideanLoss" bottom: "y" bottom: "t" top: "loss" }
"""
SOLVER = 'type: "SGD"\nbase_lr: 0.1\nlr_policy: "fixed"\nmax_iter: 3\n'
INLINE = NET % "inline"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.prototxt").write_text(NET % "here")
    (tmp_path / "other.prototxt").write_text(NET % "other")
    return tmp_path


@pytest.fixture
def build(folder, registry):
    def build(text, **options):
        path = folder / "solver.prototxt"
        path.write_text(SOLVER + text)
        options.setdefault("seed", 1)
        return build_training(solver=path, registry=registry, device=Device(), **options)

    return build


def mistake(build, text, error=PrototxtError, **options):
    with pytest.raises(error) as caught:
        build(text, **options)
    return caught.value


# Which net.


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ('net: "net.prototxt"', "here"),
        ('train_net: "other.prototxt"', "other"),
        (f"net_param {{ {INLINE} }}", "inline"),
        (f"train_net_param {{ {INLINE} }}", "inline"),
        ('net: "LiquidNetCfc.prototxt"', "LiquidNetCfc"),
    ],
)
def test_the_four_ways_to_name_a_net(build, text, name):
    assert build(text).net.name == name


def test_no_net(build):
    error = mistake(build, "", ConfigError)
    assert "names no net" in error.message
    assert "--model" in error.hint


def test_two_nets(build):
    (problem,) = mistake(build, 'net: "net.prototxt"\ntrain_net: "other.prototxt"').problems
    assert "exactly one of net, net_param, train_net, train_net_param" in problem.message
    assert (problem.location.line, problem.location.column) == (6, 12)


def test_model_argument_takes_the_place_of_the_solvers_net(build, folder, registry):
    assert build('net: "no.prototxt"', model="other.prototxt").net.name == "other"
    assert build("", model=load_model(folder / "other.prototxt", registry)).net.name == "other"
    training = build('net: "no.prototxt" test_iter: 1 test_interval: 1', model="other.prototxt")
    assert [net.name for net in training.solver.test_nets] == ["other"]


def test_where_a_relative_net_is_looked_for(build, folder, registry):
    inner = folder / "inner"
    inner.mkdir()
    (inner / "solver.prototxt").write_text(SOLVER + 'net: "net.prototxt"')
    (inner / "beside.prototxt").write_text(SOLVER + 'net: "own.prototxt"')
    (inner / "net.prototxt").write_text(NET % "beside the solver")
    (inner / "own.prototxt").write_text(NET % "own")

    def name(solver):
        return build_training(solver=inner / solver, registry=registry).net.name

    assert name("solver.prototxt") == "here"
    assert name("beside.prototxt") == "own"
    (folder / "net.prototxt").unlink()
    assert name("solver.prototxt") == "beside the solver"


def test_missing_net_is_located_in_the_solver_file(build):
    error = mistake(build, 'net: "nett.prototxt"', MissingFileError)
    assert error.exit_code == 3
    assert (error.location.line, error.location.column) == (5, 6)
    assert error.location.filename.endswith("solver.prototxt")


def test_mistake_in_an_inline_net_has_its_place(build):
    text = 'net_param {\n  layer { name: "a" type: "Nonsense" }\n}'
    (problem,) = mistake(build, text).problems
    assert (problem.location.line, problem.location.column) == (6, 27)


# Test nets.


def test_test_nets_in_caffes_order(build):
    text = f"""
    net: "net.prototxt"
    test_net: "other.prototxt"
    test_net_param {{ {INLINE} }}
    test_iter: 1 test_iter: 2 test_iter: 3 test_interval: 2
    """
    solver = build(text).solver
    assert [net.name for net in solver.test_nets] == ["inline", "other", "here"]
    assert [net.phase for net in solver.test_nets] == [1, 1, 1]
    assert build('net: "net.prototxt"').solver.test_nets == []


def test_test_nets_have_their_states(build):
    text = 'net: "net.prototxt" test_iter: 1 test_iter: 1 test_interval: 1'
    states = 'test_state { } test_state { stage: "deep" }'
    nets = build(f"{text} {states}").solver.test_nets
    assert ["drop" in net.layer_names for net in nets] == [False, True]


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("test_iter: 1", "test nets need test_interval > 0, got 0", None),
        ("test_iter: 1\ntest_interval: -2", "test nets need test_interval > 0, got -2", 7),
        ("test_interval: 1\ntest_iter: 0", "test_iter must be at least 1, got 0", 7),
        ("test_interval: 1\ntest_iter: 1 test_iter: -3", "test_iter must be at least 1, got -3", 7),
        (
            'test_net: "other.prototxt"\ntest_net: "other.prototxt"\ntest_iter: 1 test_interval: 1',
            "2 test nets, but test_iter is given 1 times",
            8,
        ),
        (
            "test_interval: 1 test_iter: 1 test_iter: 1\ntest_state { level: 1 }",
            "test_state is given 1 times for 2 test nets",
            7,
        ),
    ],
)
def test_mistakes_about_test_nets(build, text, message, line):
    (problem,) = mistake(build, f'net: "net.prototxt"\n{text}').problems
    assert problem.message == message
    if line:
        assert problem.location.line == line


def test_a_net_for_training_only_is_not_tested(build):
    (problem,) = mistake(build, 'train_net: "net.prototxt"\ntest_iter: 1 test_interval: 1').problems
    assert problem.message == "test_iter is given 1 times for 0 test nets"
    assert "train_net is for training only" in problem.hint


# States.


def test_states_are_merged(build, folder):
    (folder / "net.prototxt").write_text((NET % "here") + 'state { level: 2 stage: "own" }')
    net = build('net: "net.prototxt" train_state { level: 3 stage: "solver" }').net
    assert (net.phase, net.state.level, list(net.state.stage)) == (0, 3, ["own", "solver"])
    net = build('net: "net.prototxt"', level=5, stages=["given", ""]).net
    assert (net.state.level, list(net.state.stage)) == (5, ["own", "given"])
    net = build('net: "net.prototxt"', phase="test", stages=["deep"]).net
    assert (net.phase, "drop" in net.layer_names) == (1, True)


def test_unknown_phase(build):
    assert (
        'got "DEPLOY"' in mistake(build, 'net: "net.prototxt"', ConfigError, phase="DEPLOY").message
    )


# Seeds, numbers, weights.


def first_weights(training):
    return training.net.params["fc"][0].data.copy()


def test_seeds(build):
    by_argument = build('net: "net.prototxt" random_seed: 9', seed=4)
    by_file = build('net: "net.prototxt" random_seed: 4', seed=None)
    assert (by_argument.seed, by_file.seed) == (4, 4)
    assert np.array_equal(first_weights(by_argument), first_weights(by_file))
    assert build('net: "net.prototxt" random_seed: 0', seed=None).seed == 0
    drawn = [build('net: "net.prototxt"', seed=None) for _ in range(2)]
    assert drawn[0].seed != drawn[1].seed
    again = build('net: "net.prototxt"', seed=drawn[0].seed)
    assert np.array_equal(first_weights(drawn[0]), first_weights(again))


@pytest.mark.parametrize("dtype", ["float32", "float64", np.float64, np.dtype("float32")])
def test_dtypes(build, dtype):
    training = build('net: "net.prototxt"', dtype=dtype)
    assert training.dtype == training.net.blobs["y"].data.dtype == np.dtype(dtype)


@pytest.mark.parametrize("dtype", ["float16", "int32", "double32", "nonsense", object])
def test_other_dtypes(build, dtype):
    error = mistake(build, 'net: "net.prototxt"', ConfigError, dtype=dtype)
    assert "dtype must be float32 or float64" in error.message


@pytest.mark.parametrize("many", [False, True])
def test_weights(build, folder, many):
    first, second = folder / "first.caffemodel", folder / "sub" / "second.caffemodel"
    second.parent.mkdir()
    saved = build('net: "net.prototxt"', seed=5)
    saved.net.save(first)
    build('net: "net.prototxt"', seed=6).net.save(second)
    text = 'net: "net.prototxt" weights: "sub/second.caffemodel, first.caffemodel"'
    assert np.array_equal(first_weights(build(text)), first_weights(saved))
    given = [str(first)] if many else first
    text = 'net: "net.prototxt" weights: "sub/second.caffemodel"'
    assert np.array_equal(first_weights(build(text, weights=given)), first_weights(saved))


def test_weights_beside_the_solver(build, folder, registry, monkeypatch):
    saved = build('net: "net.prototxt"', seed=5)
    saved.net.save(folder / "w.caffemodel")
    (folder / "solver.prototxt").write_text(SOLVER + 'net: "net.prototxt" weights: "w.caffemodel"')
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    training = build_training(solver=folder / "solver.prototxt", registry=registry, seed=1)
    assert np.array_equal(first_weights(training), first_weights(saved))


def test_missing_weights(build):
    error = mistake(build, 'net: "net.prototxt" weights: "no.caffemodel"', MyCaffeError)
    assert error.exit_code == 3
    assert "no.caffemodel" in error.message


# The solver.


@pytest.mark.parametrize(
    ("old", "new", "message", "place"),
    [
        ('"SGD"', '"SGDD"', 'unknown solver type "SGDD"', (1, 7)),
        ('"fixed"', '"fixd"', 'unknown lr_policy "fixd"', (3, 12)),
        ("0.1", "-0.1", "base_lr must be a number >= 0, got -0.1", (2, 10)),
        ("0.1", "inf", "base_lr must be a number >= 0, got inf", (2, 10)),
        ("max_iter: 3", "max_iter: -3", "max_iter must not be negative, got -3", (4, 11)),
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
        ("history: 100", "history: 50", "keeps a history of 50 points, the net needs 82", (7, 3)),
        ("history: 100", "input: X_AND_Y", "gives 164 values of x", (7, 3)),
        ("history: 100", "noise: -1", "curve_param.noise is -1", (9, 26)),
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
    with pytest.raises(PrototxtError, match='target is blob "target", but net "here" has none'):
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
        assert "ended after 60 points, the net needs 82" in problem.message
        assert problem.location.line == 7
        return
    training = train(folder, registry, text)
    targets = []
    for _ in range(12):
        training.solver.step(1)
        targets.append(round(training.trainer.sample()["target"], 6))
    # The file's rows 81 to 89, and then from row 81 again.
    assert targets == [0.81, 0.82, 0.83, 0.84, 0.85, 0.86, 0.87, 0.88, 0.89, 0.81, 0.82, 0.83]


def test_shipped_solver_file_has_its_trainer(registry):
    document = load_solver_file("adamw.prototxt", registry)
    assert document.message.trainer.type == "RNN.SUPER_SIMPLE"
