"""Mistakes in Python: the exception, and that the standard library's class catches it."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import TEST, Net, errors, get_solver
from mycaffe_py.device import open_device


@pytest.fixture
def net(bench):
    return Net("model.prototxt", phase=TEST)


def inputs(**changed):
    shapes = {"x": (1, 5, 1), "tt": (1, 5, 1), "mask": (1, 5, 1), "target": (1, 1)}
    return {name: np.ones(changed.get(name, shape)) for name, shape in shapes.items()}


# kind: (what is done with a net, the class, words of the message)
WITH_A_NET = {
    "input missing": (lambda net: net.forward(x=1), ValueError, ["['x']", "'target'"]),
    "unknown input": (
        lambda net: net.forward(**inputs(), y=1),
        *(ValueError, ["'y'", "'target'"]),
    ),
    "wrong batch": (
        lambda net: net.forward(**inputs(x=(2, 5, 1))),
        *(errors.ShapeError, ['"x"', "(2, 5, 1)", "(1, 5, 1)"]),
    ),
    "wrong shape": (
        lambda net: net.forward(**inputs(x=(1, 4, 1))),
        *(errors.ShapeError, ['"x"', "(1, 4, 1)", "(1, 5, 1)"]),
    ),
    "unknown layer to start at": (
        lambda net: net.forward(start="cfc2"),
        *(errors.ConfigError, ['no layer "cfc2"', 'did you mean "cfc1"?']),
    ),
    "unknown layer to end at": (
        lambda net: net.backward(end="cfc2"),
        *(errors.ConfigError, ['no layer "cfc2"', 'did you mean "cfc1"?']),
    ),
    "unknown blob": (
        lambda net: net.forward(blobs=["xhad"]),
        *(errors.ConfigError, ['no blob "xhad"', 'did you mean "xhat"?']),
    ),
    "missing weights": (
        lambda net: net.copy_from("gone.caffemodel"),
        *(FileNotFoundError, ["gone.caffemodel does not exist"]),
    ),
    "text as weights": (
        lambda net: net.copy_from("model.prototxt"),
        *(errors.SnapshotError, ["model.prototxt is text"]),
    ),
    "weights below a file": (
        lambda net: net.save("model.prototxt/w.caffemodel"),
        *(errors.OutputError, ["model.prototxt is a file"]),
    ),
}


@pytest.mark.parametrize("kind", WITH_A_NET)
def test_mistake_with_a_net(bench, net, kind):
    action, error, words = WITH_A_NET[kind]
    files, weights = bench.files(), net.parameters.data.copy()
    with pytest.raises(error) as caught:
        action(net)
    assert isinstance(caught.value, errors.MyCaffeError)
    for word in words:
        assert word in str(caught.value)
    assert bench.files() == files
    np.testing.assert_array_equal(net.parameters.data, weights)


SOLVER, MODEL = "solver.prototxt", "model.prototxt"
# kind: (what is done, the class, words of the message)
BUILDING = {
    "missing model": (lambda: Net("gone.prototxt"), FileNotFoundError, ['"gone.prototxt"']),
    "missing solver": (lambda: get_solver("adamv.prototxt"), FileNotFoundError, ["adamw.prototxt"]),
    "bad phase": (lambda: Net(MODEL, phase=7), ValueError, ["TRAIN (0) or TEST (1), got 7"]),
    "phase by name": (lambda: Net(MODEL, phase="TEST"), ValueError, ["got 'TEST'"]),
    "no file name": (lambda: Net(3), ValueError, ["file name or a NetParameter, not int"]),
    "folder": (lambda: Net("."), ValueError, [". is a directory"]),
    "solver without a net": (lambda: get_solver(SOLVER), ValueError, ["names no net"]),
    "bad dtype": (
        lambda: get_solver(SOLVER, MODEL, dtype="float16"),
        *(ValueError, ["float32 or float64, got float16"]),
    ),
    "bad device": (
        lambda: get_solver(SOLVER, MODEL, device="tpu"),
        *(ValueError, ['unknown device "tpu"', "auto, cpu, gpu"]),
    ),
    "bad override": (
        lambda: get_solver(SOLVER, MODEL, overrides=["solver.bas_lr=1"]),
        *(ValueError, ['no field "bas_lr"', 'did you mean "base_lr"?']),
    ),
    "bad device name": (lambda: open_device("cpu:0"), ValueError, ['unknown device "cpu:0"']),
}


@pytest.mark.parametrize("kind", BUILDING)
def test_mistake_in_building(bench, kind):
    action, error, words = BUILDING[kind]
    files = bench.files()
    with pytest.raises(error) as caught:
        action()
    assert isinstance(caught.value, errors.MyCaffeError)
    for word in words:
        assert word in str(caught.value)
    assert bench.files() == files


def test_a_mistake_in_a_file_has_its_place(bench):
    bench.write(MODEL, 'name: "n"\nnmae: "m"\n')
    with pytest.raises(errors.PrototxtError) as caught:
        Net(MODEL)
    (problem,) = caught.value.problems
    assert (problem.location.line, problem.location.column) == (2, 1)
    assert problem.code == "E101" and problem.hint == 'did you mean "name"?'
