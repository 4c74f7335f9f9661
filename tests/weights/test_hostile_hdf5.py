"""HDF5 weights and states that want more than to be read, or are damaged: an error, and nothing has changed."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from mycaffe_py.errors import SnapshotError
from mycaffe_py.stores import hdf5_source
from mycaffe_py.weights import load_weights, restore, save_snapshot, save_weights
from mycaffe_py.weights.hdf5 import holds_state

from ..stores.hdf5_files import ACCEPTED, REFUSED, VALUES
from .conftest import SGD, bits, with_noise

HDF5 = " snapshot_format: HDF5"


@pytest.fixture
def weights(tmp_path, make_net):
    """A net, and its weights in a file."""
    net = with_noise(make_net())
    save_weights(net, tmp_path / "w.h5", hdf5=True)
    return net, tmp_path / "w.h5"


def refused(net, path):
    """Return the message with which a file is refused, having checked that the net is as it was."""
    before = net.parameters.data.tobytes()
    with pytest.raises(SnapshotError) as raised:
        load_weights(net, path)
    assert raised.value.message.startswith(str(path)) and net.parameters.data.tobytes() == before
    return raised.value.message


@pytest.mark.parametrize("name", ACCEPTED)
def test_weights_that_are_read(weights, name):
    net, path = weights
    with h5py.File(path, "a") as file:
        del file["data/fc1/0"]
        ACCEPTED[name](file, "data/fc1/0")
    load_weights(net, path)
    np.testing.assert_array_equal(net.params["fc1"][0].data, VALUES)


@pytest.mark.parametrize("place", ["data/fc1/0", "data/other/0", "diff/fc1/0"])
@pytest.mark.parametrize("name", REFUSED)
def test_weights_that_are_refused(weights, name, place):
    net, path = weights
    with h5py.File(path, "a") as file:
        if place in file:
            del file[place]
        REFUSED[name][0](file, place)
    if place == "data/other/0" and _is_shape_only(name):
        assert "other" in load_weights(net, path).ignored
        return
    assert REFUSED[name][1] in refused(net, path)


def _is_shape_only(name):
    """Whether a dataset's shape is known and only its values are at fault: nobody reads those of other layers."""
    return REFUSED[name][1].startswith(("is (5, 3), but", "is damaged: a chunk"))


@pytest.mark.parametrize(
    ("layout", "words"),
    [
        ({}, "(30000, 30000) in the file and (5, 3) in the net"),
        ({"chunks": (100, 100)}, "(30000, 30000) in the file and (5, 3) in the net"),
    ],
)
def test_shapes_are_compared_before_values_are_read(weights, layout, words):
    net, path = weights
    with h5py.File(path, "a") as file:
        del file["data/fc1/0"]
        file.create_dataset("data/fc1/0", (30000, 30000), "f4", **layout)
    assert words in refused(net, path)


@pytest.mark.parametrize("name", ["2", "99999999999", "9" * 5000, "01", "0000000000"])
def test_large_numbers_of_blobs_are_no_long_lists(weights, name):
    net, path = weights
    with h5py.File(path, "a") as file:
        del file["data/fc1/1"]
        file[f"data/fc1/{name}"] = np.ones(5, "f4")
    assert f'"/data/fc1" has a blob of number "{name[:20]}", but 2 in all' in refused(net, path)


@pytest.mark.parametrize("name", ["x", "-1", "1.0", "\u0661", "\u00b2", " 1"])
def test_other_names_are_no_blobs(weights, name):
    net, path = weights
    with h5py.File(path, "a") as file:
        file[f"data/fc1/{name}"] = h5py.ExternalLink("other.h5", "/data") if name == "x" else 1
    if name == "x":
        assert "is a link to another file" in refused(net, path)
    else:
        assert "fc1" in load_weights(net, path).loaded


def test_groups_that_contain_themselves(weights):
    net, path = weights
    with h5py.File(path, "a") as file:
        file["data/fc1/again"] = file["data"]
    assert "is more than 64 groups deep, or contains itself" in refused(net, path)


def test_groups_within_groups_without_end(weights, monkeypatch):
    """Each of 40 groups has the next one twice: 2^40 paths."""
    monkeypatch.setattr(hdf5_source, "MOST_OBJECTS", 500)
    net, path = weights
    with h5py.File(path, "a") as file:
        inner = file.create_group("last")
        for index in range(40):
            outer = file.create_group(f"level{index}")
            outer["a"] = outer["b"] = inner
            inner = outer
        file["data/x"] = inner
    assert "has more than 500 groups and datasets" in refused(net, path)


@pytest.mark.parametrize(
    ("put", "words"),
    [
        (
            lambda f: f.__setitem__("data/fc1/0/x", 1),
            'layer "fc1" (InnerProduct): blob "weight" is ()',
        ),
        (
            lambda f: f.__setitem__("data/fc1/0", h5py.SoftLink("/x")),
            '/data/fc1": "0" is no dataset',
        ),
        (lambda f: f.__setitem__("data/fc1/0", np.dtype("f4")), '/data/fc1": "0" is no dataset'),
    ],
)
def test_something_else_in_the_place_of_a_blob(weights, put, words):
    net, path = weights
    with h5py.File(path, "a") as file:
        del file["data/fc1/0"]
        put(file)
    assert words in refused(net, path)


@pytest.mark.parametrize("value", [np.ones(61_000, "u1"), np.ones(3), np.full(9, 255, "u1")])
def test_settings_in_attributes(weights, value):
    net, path = weights
    with h5py.File(path, "a", libver="latest") as file:
        file["data/fc1"].attrs["mycaffe_layer"] = value
    assert "mycaffe_layer" in refused(net, path)


def test_weights_of_which_a_part_was_not_written(weights):
    """HDF5 would fill it with zeros."""
    net, path = weights
    with h5py.File(path, "a") as file:
        del file["data/fc1/0"]
        file.create_dataset("data/fc1/0", (5, 3), "f4", chunks=(2, 3))[:3] = 1
    assert "is (5, 3), but a part of its values was never written" in refused(net, path)


# States.


@pytest.fixture
def snapshot(tmp_path, make_solver):
    solver = make_solver(SGD + HDF5)
    solver.step(2)
    return solver, save_snapshot(solver, tmp_path / "run")[1]


def not_restored(solver, state):
    before = bits(solver)
    with pytest.raises(SnapshotError) as raised:
        restore(solver, state)
    assert raised.value.message.startswith(str(state)) and bits(solver) == before
    return raised.value.message


@pytest.mark.parametrize("name", REFUSED)
def test_states_that_are_refused(snapshot, name):
    solver, state = snapshot
    with h5py.File(state, "a") as file:
        del file["history/0"]
        REFUSED[name][0](file, "history/0")
    assert REFUSED[name][1] in not_restored(solver, state)


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        ("iter", np.array([-1]), "its iter is -1"),
        ("iter", np.array([1 << 40]), "its iter is 1099511627776"),
        ("iter", np.array([1.5]), "is not one whole number"),
        ("iter", np.zeros(2, "i4"), "is not one whole number"),
        ("current_step", h5py.Empty("i4"), "has no values"),
        ("current_step", None, "has no dataset current_step"),
        ("learned_net", "of variable length", "is not a text of fixed length"),
        ("learned_net", np.array(b"x" * 70_000), "is not one text of up to 65,536 bytes"),
        ("learned_net", np.array(b"\xff"), "cannot be read"),
        ("history", None, "has no group /history"),
        ("history/99999999999", np.ones(3), 'has a blob of number "99999999999"'),
        ("mycaffe_state", np.full(99, 255, "u1"), '"/mycaffe_state" is damaged'),
        ("mycaffe_state", np.array(["text"], "S9"), "is text, not floats or integers"),
    ],
)  # fmt: skip
def test_states_with_damaged_parts(snapshot, path, value, words):
    solver, state = snapshot
    with h5py.File(state, "a") as file:
        if path in file:
            del file[path]
        if value is not None:
            file[path] = value
    assert words in not_restored(solver, state)


def test_only_the_entries_come_from_the_additional_part(snapshot, registry):
    """A history hidden in it would be one that nobody compared with the solver's."""
    solver, state = snapshot
    with h5py.File(state, "a") as file:
        more = registry.schema.parse_binary(file["mycaffe_state"][()].tobytes(), "SolverState")
        more.iter = 77
        more.history.add(data=[1.0])
        del file["mycaffe_state"]
        file["mycaffe_state"] = np.frombuffer(more.SerializeToString(), np.uint8)
    assert restore(solver, state).iteration == 2


def test_looking_at_the_kind_follows_no_link():
    import io

    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["iter"], file["learned_net"] = 1, h5py.ExternalLink("/nowhere.h5", "/x")
        file["data"] = h5py.ExternalLink("/nowhere.h5", "/x")
    assert holds_state(content.getvalue()) is True
    with h5py.File(content, "a") as file:
        del file["iter"]
    assert holds_state(content.getvalue()) is None


# The checksum.


def test_every_flipped_bit_is_noticed(snapshot):
    solver, state = snapshot
    weights = state.with_name(state.name.replace("solverstate", "caffemodel"))
    for path in (state, weights):
        data = path.read_bytes()
        for at in range(8, len(data) - 47, 97):
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            with pytest.raises(
                SnapshotError, match="is damaged: its content differs from what was"
            ):
                load_weights(solver.net, path) if path == weights else restore(solver, path)
        path.write_bytes(data)
    restore(solver, state)


def test_changing_a_file_takes_its_checksum_away(weights):
    net, path = weights
    assert b"mycaffe sha256:" in path.read_bytes()[-60:]
    with h5py.File(path, "a") as file:
        file["data/fc1/0"][...] = VALUES
    assert b"mycaffe sha256:" not in path.read_bytes()[-60:]
    load_weights(net, path)
    np.testing.assert_array_equal(net.params["fc1"][0].data, VALUES)
