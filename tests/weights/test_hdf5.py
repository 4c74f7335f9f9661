"""Snapshots in HDF5: Caffe's layout, exact resume, files that Caffe wrote, and what is wrong with others."""

from __future__ import annotations

import os
import sys

import h5py
import numpy as np
import pytest

from mycaffe_py.errors import MissingExtraError, OutputError, SnapshotError
from mycaffe_py.weights import (
    check_format,
    check_writable,
    load_weights,
    restore,
    save_snapshot,
    save_weights,
)

from .conftest import ADAMW, MODEL, MULTISTEP, SGD, bits, with_noise

pytestmark = pytest.mark.usefixtures("no_leftovers")
HDF5 = " snapshot_format: HDF5"
SHARED = """
name: "shared"
layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }
layer { name: "one" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 3 } param { name: "w" } param { name: "b" } }
layer { name: "in/two" type: "InnerProduct" bottom: "a" top: "b"
        inner_product_param { num_output: 3 } param { name: "w" } param { } }
layer { name: "three" type: "InnerProduct" bottom: "b" top: "c"
        inner_product_param { num_output: 3 } param { name: "w" } param { name: "b" } }
"""


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("settings", [SGD, ADAMW, MULTISTEP])
def test_going_on_gives_the_bits_of_never_having_stopped(tmp_path, make_solver, settings, dtype):
    through, first = (make_solver(settings + HDF5, dtype=dtype) for _ in range(2))
    through.step(11)
    first.step(5)
    weights, state = save_snapshot(first, tmp_path / "run")
    assert [weights.name, state.name] == ["run_iter_5.caffemodel.h5", "run_iter_5.solverstate.h5"]
    second = make_solver(settings, seed=99, dtype=dtype)
    report = restore(second, state)
    assert bits(second) == bits(first) and report.absent == []
    assert (second.iter, second.current_step) == (5, first.current_step)
    second.step(6)
    assert bits(second) == bits(through)


def test_caffes_layout(tmp_path, make_solver):
    solver = make_solver(SGD + HDF5)
    solver.step(3)
    weights, state = save_snapshot(solver, tmp_path / "run")
    with h5py.File(weights) as file:
        assert list(file) == ["data"]
        # Every layer has a group, those without blobs too.
        assert set(file["data"]) == set(solver.net.layer_names)
        assert list(file["data/fc1"]) == ["0", "1"] and not list(file["data/drop"])
        assert file["data/fc1/0"].dtype == np.float32
        np.testing.assert_array_equal(file["data/fc1/0"], solver.net.params["fc1"][0].data)
    with h5py.File(state) as file:
        assert file["iter"].shape == file["current_step"].shape == (1,)
        assert file["iter"][0] == 3 and file["iter"].dtype == np.int32
        name = file["learned_net"]
        # A text of fixed length with a zero behind it, as Caffe reads it.
        assert h5py.check_string_dtype(name.dtype).length == len(weights.name) + 1
        assert name[()].decode() == weights.name
        assert list(file["history"]) == [str(index) for index in range(6)]
        assert [file["history"][str(i)].shape for i in (0, 1)] == [(5, 3), (5,)]


def test_diffs(tmp_path, make_net):
    net, other = with_noise(make_net()), make_net(seed=2)
    net.parameters.diff[...] = np.arange(net.parameters.diff.size)
    save_weights(net, tmp_path / "w.h5", write_diff=True, hdf5=True)
    with h5py.File(tmp_path / "w.h5") as file:
        assert sorted(file) == ["data", "diff"]
    load_weights(other, tmp_path / "w.h5")
    np.testing.assert_array_equal(other.parameters.diff, net.parameters.diff)


def test_the_content_decides_and_not_the_name(tmp_path, make_net):
    net, other = with_noise(make_net()), make_net(seed=2)
    save_weights(net, tmp_path / "w.caffemodel", hdf5=True)
    save_weights(net, tmp_path / "w.h5")
    assert (tmp_path / "w.caffemodel").read_bytes().startswith(b"\x89HDF")
    for name in ("w.caffemodel", "w.h5"):
        other.parameters.data[...] = 0
        load_weights(other, tmp_path / name)
        np.testing.assert_array_equal(other.parameters.data, net.parameters.data)


def test_shared_blobs_are_stored_once(tmp_path, make_net):
    net, other = with_noise(make_net(SHARED)), make_net(SHARED)
    save_weights(net, tmp_path / "w.h5", hdf5=True)
    with h5py.File(tmp_path / "w.h5") as file:
        assert list(file["data/one"]) == ["0", "1"]
        assert list(file["data/in/two"]) == ["1"] and not list(file["data/three"])
    report = load_weights(other, tmp_path / "w.h5")
    assert report.missing == [] and report.loaded == ["in/two", "one"]
    np.testing.assert_array_equal(other.parameters.data, net.parameters.data)
    # Where the net does not share, what the file leaves out is missing.
    alone = make_net(SHARED.replace('param { name: "w" }', "param { }"))
    with pytest.raises(
        SnapshotError, match=r'layer "in/two" .*: the file has no values for|is \(\)'
    ):
        load_weights(alone, tmp_path / "w.h5")


def test_weights_that_caffe_wrote(tmp_path, make_net):
    """As Caffe lays them out, with more than the net has, in another precision."""
    net = make_net()
    values = np.arange(15.0).reshape(5, 3)
    with h5py.File(tmp_path / "caffe.caffemodel.h5", "w") as file:
        data = file.create_group("data")
        data.create_group("data")
        data["fc1/0"], data["fc1/1"] = values, np.arange(5.0)
        data["unknown/0"] = np.ones(3)
        data["relu"] = h5py.Empty("f4")  # not a layer
    report = load_weights(net, tmp_path / "caffe.caffemodel.h5")
    assert (report.loaded, report.ignored, report.missing) == (["fc1"], ["unknown"], ["fc2", "fc3"])
    np.testing.assert_array_equal(net.params["fc1"][0].data, values)


def test_a_state_that_caffe_wrote(tmp_path, make_solver):
    through = make_solver(SGD, trainer=False)
    net = through.net
    net.parameters.data[...] = 1
    save_weights(net, tmp_path / "caffe.caffemodel.h5", hdf5=True)
    with h5py.File(tmp_path / "caffe_iter_7.solverstate.h5", "w") as file:
        file["iter"], file["current_step"] = np.array([7], "i4"), np.array([2], "i4")
        file["learned_net"] = np.array(b"somewhere/else/caffe.caffemodel.h5")
        for index, blob in enumerate(net.learnable_params):
            file[f"history/{index}"] = np.full(blob.shape, index, "f4")
    solver = make_solver(SGD, trainer=False)
    report = restore(solver, tmp_path / "caffe_iter_7.solverstate.h5")
    assert (solver.iter, solver.current_step) == (7, 2)
    assert report.weights == tmp_path / "caffe.caffemodel.h5"
    assert report.absent == ["random state (the file has none)"]
    np.testing.assert_array_equal(np.unique(solver.history[0]), np.arange(6))


@pytest.mark.parametrize("hdf5", [True, False])
def test_weights_of_either_form_beside_a_renamed_state(tmp_path, make_solver, hdf5):
    solver = make_solver(SGD + HDF5 * (not hdf5))
    solver.step(1)
    weights, state = save_snapshot(solver, tmp_path / "run")
    other = "moved.solverstate" + ".h5" * (not hdf5)
    state.rename(tmp_path / other)
    weights.rename(tmp_path / ("moved.caffemodel" + ".h5" * (not hdf5)))
    assert restore(make_solver(SGD), tmp_path / other).iteration == 1


def test_a_state_takes_weights_of_the_other_form_beside_it(tmp_path, make_solver, registry):
    solver = make_solver(SGD)
    solver.step(1)
    weights, state = save_snapshot(solver, tmp_path / "run")
    message = registry.schema.parse_binary(state.read_bytes(), "SolverState")
    del message.entry[:]
    message.ClearField("file_size")
    state.write_bytes(message.SerializeToString())
    save_weights(solver.net, f"{weights}.h5", hdf5=True)
    weights.unlink()
    assert str(restore(make_solver(SGD), state).weights) == f"{weights}.h5"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda f: f["data"].move("fc1/0", "x"), ["layer", '"fc1"', "is ()", "(5, 3)"]),
        (lambda f: f["data"].pop("fc1/1"), ['layer "fc1"', 'no values for blob "', "(5,)"]),
        (lambda f: f.__setitem__("data/fc1/2", [1.0]), ['"fc1"', "3 blobs in the file and 2 in"]),
        (lambda f: f.pop("data"), ["HDF5 file without weights", "/data"]),
        (
            lambda f: (f.pop("data/fc2/0"), f.__setitem__("data/fc2/0", np.ones((2, 6)))),
            ['layer "fc2"', "(2, 6) in the file", "(2, 5) in the net"],
        ),
    ],
)
def test_weights_that_do_not_fit(tmp_path, make_net, change, words):
    net, path = make_net(), tmp_path / "w.h5"
    save_weights(net, path, hdf5=True)
    with h5py.File(path, "a") as file:
        change(file)
    before = net.parameters.data.copy()
    with pytest.raises(SnapshotError) as raised:
        load_weights(net, path)
    assert all(word in str(raised.value) for word in [*words, str(path)])
    np.testing.assert_array_equal(net.parameters.data, before)


def test_one_kind_of_file_for_the_other(tmp_path, make_solver):
    solver = make_solver(SGD + HDF5)
    weights, state = save_snapshot(solver, tmp_path / "run")
    with pytest.raises(SnapshotError, match="is a solver state, but a weights file is expected"):
        load_weights(solver.net, state)
    with pytest.raises(SnapshotError, match="is a weights file, .* give .*run_iter_0.solverstate"):
        restore(solver, weights)


def test_files_cut_short(tmp_path, make_solver):
    solver = make_solver(SGD + HDF5)
    pair = save_snapshot(solver, tmp_path / "run")
    before = bits(solver)
    for path in pair:
        data = path.read_bytes()
        for length in range(8, len(data), 611):
            path.write_bytes(data[:length])
            with pytest.raises(SnapshotError) as raised:
                restore(solver, pair[1])
            assert str(path) in raised.value.message and bits(solver) == before
        path.write_bytes(data)


@pytest.mark.parametrize(
    "name", ["a//b", "/a", "a/", ".", "./a", "a/./b", "a\0b", "fc2/0", "fc2/1/x", "a/" * 64 + "a"]
)
def test_names_that_would_not_be_found_again(tmp_path, make_solver, name):
    """Some would be stored in another place, without a word."""
    solver = make_solver(
        SGD + HDF5, model=MODEL.replace('name: "fc3"', f'name: "{name}"'.replace("\0", "\\0"))
    )
    for act in (
        lambda: check_writable(solver),
        lambda: save_snapshot(solver, tmp_path / "run"),
        lambda: solver.net.save_hdf5(tmp_path / "w.h5"),
    ):
        with pytest.raises(OutputError, match="cannot be stored as HDF5 under its name") as raised:
            act()
        assert "snapshot_format: BINARYPROTO" in raised.value.hint
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["a/b/c", "..", "0", "fc2/2", "fc2/x", "1/0", "a/" * 62 + "a", "data", "\u00e9"]
)
def test_names_that_are_found_again(tmp_path, make_net, name):
    net, other = (make_net(MODEL.replace('name: "fc3"', f'name: "{name}"'), seed=n) for n in (1, 2))
    net.save_hdf5(tmp_path / "w.h5")
    assert name in load_weights(other, tmp_path / "w.h5").loaded
    np.testing.assert_array_equal(other.parameters.data, net.parameters.data)


def test_without_h5py_nothing_is_written(tmp_path, make_solver, monkeypatch):
    solver = make_solver(SGD + HDF5)
    monkeypatch.setitem(sys.modules, "h5py", None)
    for action in (
        lambda: save_snapshot(solver, tmp_path / "run"),
        lambda: check_format(solver.param),
    ):
        with pytest.raises(MissingExtraError, match=r'pip install "mycaffe-py\[hdf5\]"'):
            action()
    assert os.listdir(tmp_path) == []
