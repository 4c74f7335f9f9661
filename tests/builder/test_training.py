"""Building a training from files: its nets, states, seeds and weights."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.builder import build_training, load_model
from mycaffe_py.device import Device
from mycaffe_py.errors import (
    ConfigError,
    MissingFileError,
    MyCaffeError,
    MyCaffeWarning,
    PrototxtError,
)

from ..solver_files import NET, SOLVER, write_nets

INLINE = NET % "inline"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return write_nets(tmp_path)


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
    assert "does not name a net" in error.message
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


def test_a_test_net_without_passes_is_said(build):
    with pytest.warns(MyCaffeWarning, match="test_iter is 0: the test net is built"):
        trained = build('net: "net.prototxt" test_iter: 0 test_interval: 1')
    assert len(trained.solver.test_nets) == 1


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("test_iter: 1", "test nets need test_interval > 0, got 0", None),
        ("test_iter: 1\ntest_interval: -2", "test nets need test_interval > 0, got -2", 7),
        ("test_interval: 1\ntest_iter: 1 test_iter: -3", "test_iter must be at least 0, got -3", 7),
        (
            'test_net: "other.prototxt"\ntest_net: "other.prototxt"\ntest_iter: 1 test_interval: 1',
            "2 test nets, but test_iter is given 1 time",
            8,
        ),
        (
            "test_interval: 1 test_iter: 1 test_iter: 1\ntest_state { level: 1 }",
            "test_state is given 1 time for 2 test nets",
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
    assert problem.message == "test_iter is given 1 time for 0 test nets"
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
