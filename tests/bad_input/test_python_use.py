"""Mistakes in Python: the exception, and that the standard library's class catches it."""

from __future__ import annotations

import copy
import pickle

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
    "text for a blob": (
        lambda net: setattr(net.blobs["x"], "data", "abc"),
        *(ValueError, ['blob "x" takes an array of numbers, not str']),
    ),
    "nothing for a blob": (
        lambda net: setattr(net.blobs["x"], "data", None),
        *(ValueError, ['blob "x" takes an array of numbers, not NoneType']),
    ),
    "rows of different lengths": (
        lambda net: setattr(net.blobs["x"], "diff", [[1], [1, 2]]),
        *(ValueError, ['blob "x" cannot take these values', "inhomogeneous"]),
    ),
    "complex numbers": (
        lambda net: setattr(net.blobs["x"], "data", np.ones((1, 5, 1), complex)),
        *(ValueError, ['blob "x" takes an array of numbers, not complex128']),
    ),
    "array of another shape": (
        lambda net: setattr(net.blobs["x"], "data", np.ones((4, 4))),
        *(errors.ShapeError, ['blob "x"', "(4, 4)", "(1, 5, 1)"]),
    ),
    "half a dimension": (
        lambda net: net.blobs["x"].reshape(2.5, 3),
        *(errors.ShapeError, ['blob "x" cannot have the shape (2.5, 3)']),
    ),
    "no dimension": (
        lambda net: net.blobs["x"].reshape(None),
        *(errors.ShapeError, ['blob "x" cannot have the shape (None,)']),
    ),
    "dimension by name": (
        lambda net: net.blobs["x"].reshape("x"),
        *(errors.ShapeError, ["cannot have the shape ('x',)"]),
    ),
    "text for an input": (
        lambda net: net.forward(**inputs() | {"x": "a"}),
        ValueError,
        ["not str"],
    ),
    "array by position": (
        lambda net: net.forward(np.ones((1, 5, 1))),
        *(ValueError, ["forward() takes a list of further blob names, not ndarray", "x=array"]),
    ),
    "gradient by position": (lambda net: net.backward(3), ValueError, ["backward()", "not int"]),
    "layer by its number": (lambda net: net.forward(start=1), ValueError, ["by name, not as 1"]),
    "number for many items": (
        lambda net: net.forward_all(x=3),
        *(ValueError, ["arrays with a first axis of items are needed for ['x']"]),
    ),
    "no function": (
        lambda net: net.before_forward(None),
        *(ValueError, ["before_forward() takes a function"]),
    ),
    "copy": (copy.copy, ValueError, ['net "Small" cannot be copied or pickled']),
    "deep copy": (copy.deepcopy, ValueError, ["copy its blobs"]),
    "pickle": (pickle.dumps, ValueError, ["build it in each process"]),
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
    "no file name": (lambda: Net(3), ValueError, ["a NetSpec or a NetParameter, not int"]),
    "folder": (lambda: Net("."), ValueError, [". is a directory"]),
    "solver without a net": (lambda: get_solver(SOLVER), ValueError, ["does not name a net"]),
    "bad dtype": (
        lambda: get_solver(SOLVER, MODEL, dtype="float16"),
        *(ValueError, ["float32 or float64, got float16"]),
    ),
    "whole numbers": (lambda: Net(MODEL, dtype="int8"), ValueError, ["float64, got int8"]),
    "net on no device": (lambda: Net(MODEL, device="tpu"), ValueError, ['"tpu"']),
    "bad device": (
        lambda: get_solver(SOLVER, MODEL, device="tpu"),
        *(ValueError, ['unknown device "tpu"', "auto, cpu, gpu"]),
    ),
    "bad override": (
        lambda: get_solver(SOLVER, MODEL, overrides=["solver.bas_lr=1"]),
        *(ValueError, ['no field "bas_lr"', "did you mean --set solver.base_lr=1?"]),
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


def test_one_blob_by_name_without_a_list(net):
    assert set(net.forward(blobs="xhat")) == {"loss", "xhat"}


def test_blobs_are_copied_and_pickled(net):
    blob = net.params["cfc1"][0]
    blob.diff[...] = 3
    for other in (copy.deepcopy(blob), pickle.loads(pickle.dumps(blob))):
        np.testing.assert_array_equal(other.data, blob.data)
        np.testing.assert_array_equal(other.diff, blob.diff)
        other.data[...] = 7
        assert (other.name, blob.data.max() < 7) == (blob.name, True)
    weights = copy.deepcopy(net.params)
    assert [b.shape for b in weights["cfc1"]] == [b.shape for b in net.params["cfc1"]]


@pytest.mark.parametrize(
    "error",
    [
        errors.PrototxtError([errors.Problem("a", errors.Location("f", 2, 3, "text"), "hint")], 1),
        errors.MissingFileError("a", hint="b"),
        errors.MissingLayerFileError("a"),
        errors.DataError("a", location=errors.Location("f", 1, 2)),
    ],
)
def test_errors_come_from_other_processes_as_they_are(error):
    errors.add_note(error, "a note")
    other = pickle.loads(pickle.dumps(error))
    assert type(other) is type(error) and other.args == error.args
    assert other.render() == error.render() and other.__notes__ == ["a note"]


def test_a_net_closed_twice_goes_on(net):
    net.close()
    net.close()
    net.forward()
