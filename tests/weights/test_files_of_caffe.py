"""Files as Caffe writes them, byte for byte, and ours: read, written again, the same bytes."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.schema import compose, core_sources
from mycaffe_py.weights import load_weights, restore, save_snapshot, save_weights

from .conftest import ADAMW, SGD, with_noise

pytestmark = pytest.mark.usefixtures("no_leftovers")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("hdf5", [False, True])
def test_weights_read_and_written_again(tmp_path, make_net, dtype, hdf5):
    net, other = with_noise(make_net(dtype=dtype)), make_net(seed=2, dtype=dtype)
    save_weights(net, tmp_path / "a", hdf5=hdf5)
    load_weights(other, tmp_path / "a")
    save_weights(other, tmp_path / "b", hdf5=hdf5)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


@pytest.mark.parametrize("settings", [SGD, ADAMW, f"{ADAMW} snapshot_format: HDF5"])
def test_a_state_read_and_written_again(tmp_path, make_solver, settings):
    solver, other = make_solver(settings), make_solver(settings, seed=9)
    solver.step(4)
    first = save_snapshot(solver, tmp_path / "one" / "run")
    restore(other, first[1])
    second = save_snapshot(other, tmp_path / "two" / "run")
    for path, again in zip(first, second, strict=True):
        assert path.read_bytes() == again.read_bytes()


def varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def part(number, content):
    """A length-delimited field of protobuf."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def floats(*values):
    return np.array(values, "<f4").tobytes()


def legacy(shape, values):
    """A BlobProto of num, channels, height, width and unpacked or packed floats."""
    dims = b"".join(varint(n + 1 << 3) + varint(dim) for n, dim in enumerate(shape))
    return dims + part(5, floats(*values))


NET = """
name: "hand"
layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y"
        inner_product_param { num_output: 2 } }
"""
WEIGHT, BIAS = np.arange(6.0).reshape(2, 3), np.array([7.0, 8.0])
LEGACY = part(7, legacy((1, 1, 2, 3), range(6))) + part(7, legacy((1, 1, 1, 2), (7, 8)))
SHAPED = part(7, part(7, part(1, varint(2) + varint(3))) + part(5, floats(*range(6)))) + part(
    7, part(7, part(1, varint(2))) + part(5, floats(7, 8))
)
DOUBLES = part(
    7, part(7, part(1, varint(2) + varint(3))) + part(8, np.arange(6.0).astype("<f8").tobytes())
) + part(7, part(7, part(1, varint(2))) + part(8, BIAS.astype("<f8").tobytes()))
BOTH = SHAPED.replace(floats(7, 8), floats(0, 0)).replace(
    part(7, part(7, part(1, varint(2))) + part(5, floats(0, 0))),
    part(7, part(7, part(1, varint(2))) + part(5, floats(0, 0)) + part(8, BIAS.tobytes())),
)
V1 = b"".join(
    part(6, legacy(shape, values))
    for shape, values in (((1, 1, 2, 3), range(6)), ((1, 1, 1, 2), (7, 8)))
)
V0 = b"".join(
    part(50, legacy(shape, values))
    for shape, values in (((1, 1, 2, 3), range(6)), ((1, 1, 1, 2), (7, 8)))
)
FILES = {
    "legacy shapes": part(1, b"n") + part(100, part(1, b"fc") + part(2, b"InnerProduct") + LEGACY),
    "shapes": part(1, b"n") + part(100, part(1, b"fc") + part(2, b"InnerProduct") + SHAPED),
    "doubles": part(1, b"n") + part(100, part(1, b"fc") + DOUBLES),
    "doubles before floats": part(1, b"n") + part(100, part(1, b"fc") + BOTH),
    "V1": part(1, b"n") + part(2, part(4, b"fc") + b"\x28\x0e" + V1),
    "V0": part(1, b"n") + part(2, part(1, part(1, b"fc") + part(2, b"innerproduct") + V0)),
}


@pytest.mark.parametrize("form", FILES)
def test_every_form_of_weights_that_caffe_ever_wrote(tmp_path, make_net, form):
    (tmp_path / "caffe.caffemodel").write_bytes(FILES[form])
    net = make_net(NET)
    assert load_weights(net, tmp_path / "caffe.caffemodel").loaded == ["fc"]
    np.testing.assert_array_equal(net.params["fc"][0].data, WEIGHT)
    np.testing.assert_array_equal(net.params["fc"][1].data, BIAS)


def test_a_state_of_caffe(tmp_path, make_solver):
    """iter, learned_net as a path from where the run was started, history with legacy shapes, current_step."""
    solver = make_solver('type: "SGD" base_lr: 1 lr_policy: "fixed"', model=NET, trainer=False)
    (tmp_path / "net_iter_3.caffemodel").write_bytes(FILES["shapes"])
    history = part(3, legacy((1, 1, 2, 3), range(6))) + part(3, legacy((1, 1, 1, 2), (7, 8)))
    state = b"\x08\x03" + part(2, b"models/net_iter_3.caffemodel") + history + b"\x20\x01"
    (tmp_path / "net_iter_3.solverstate").write_bytes(state)
    report = restore(solver, tmp_path / "net_iter_3.solverstate")
    assert (solver.iter, solver.current_step) == (3, 1)
    assert report.weights == tmp_path / "net_iter_3.caffemodel"
    np.testing.assert_array_equal(solver.history[0], [*range(6), 7, 8])


@pytest.mark.parametrize(
    "name", ["runs\\there\\a.caffemodel", "/gone/a.caffemodel", "a.caffemodel"]
)
def test_weights_in_a_folder_that_was_moved(tmp_path, make_solver, registry, name):
    solver = make_solver(SGD, trainer=False)
    save_weights(solver.net, tmp_path / "a.caffemodel")
    _, state = save_snapshot(solver, tmp_path / "other")
    message = registry.schema.parse_binary(state.read_bytes(), "SolverState")
    del message.entry[:]
    message.ClearField("file_size")
    message.learned_net = name
    state.write_bytes(message.SerializeToString())
    assert restore(solver, state).weights == tmp_path / "a.caffemodel"


def test_fields_of_plugins_that_are_not_installed_survive(registry):
    text = (
        'name: "n" layer { name: "c" type: "CFC" cfc_param { hidden_size: 4 } } layer { name: "d" }'
    )
    data = registry.schema.parse_text(text, "NetParameter").message.SerializeToString()
    without = compose(core_sources())
    message = without.parse_binary(data, "NetParameter")
    assert not hasattr(message.layer[0], "cfc_param")
    assert message.SerializeToString() == data
