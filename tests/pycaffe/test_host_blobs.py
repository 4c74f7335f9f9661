"""Blobs of a GPU as the user sees them, on the stand-in for one: NumPy arrays that follow the device."""

from __future__ import annotations

import gc

import numpy as np
import pytest

from mycaffe_py.blob import Blob, host_blob
from mycaffe_py.blob.host_blob import HostBlob, refresh_views, send_writes
from mycaffe_py.errors import LayerError, ShapeError
from mycaffe_py.testing import strict_device

from ..building import data, layer, make_net, product
from ..solving import ONE, make_solver

NET = (
    "force_backward: true "
    + data((4, 3), (4, 2))
    + product("a", "x0", "h", 5)
    + layer("t", "TanH", "h", "h")
    + product("b", "h", "y")
    + layer("loss", "EuclideanLoss", "y x1", "loss")
)


@pytest.fixture
def pair(rng):
    """The same net on the host and on the device."""
    device = strict_device()
    host, net = make_net(NET), make_net(NET, device=device)
    for mine, theirs in zip(net.learnable_params, host.learnable_params, strict=True):
        mine.data[...] = device.asarray(theirs.data)
    for name in host.inputs:
        host.blobs[name].data[...] = rng.standard_normal(host.blobs[name].shape)
    return host, net


@pytest.fixture
def blob():
    return HostBlob(Blob((2, 3), device=strict_device(), dtype=np.float64, name="x"))


def on_device(blob, part="data"):
    return getattr(blob.blob, part).get()


@pytest.fixture(autouse=True)
def _nothing_is_left():
    send_writes()
    yield
    gc.collect()
    send_writes()
    assert not host_blob._mirrors


def test_the_same_results_as_on_the_host(pair):
    host, net = pair
    assert list(net.blobs) == list(host.blobs) and list(net.params) == list(host.params)
    arguments = {name: host.blobs[name].data for name in host.inputs}
    for out, wanted in (
        (net.forward(**arguments), host.forward()),
        (net.backward(), host.backward()),
    ):
        assert list(out) == list(wanted)
        for name, values in out.items():
            assert isinstance(values, np.ndarray)
            np.testing.assert_allclose(values, wanted[name], rtol=1e-12)
    for name, blobs in net.params.items():
        for blob, other in zip(blobs, host.params[name], strict=True):
            np.testing.assert_allclose(blob.diff, other.diff, rtol=1e-10)


def test_writing_into_data_reaches_the_next_layer(pair):
    host, net = pair
    values = {name: host.blobs[name].data.copy() for name in host.inputs}
    for one in pair:
        for name in one.inputs:
            one.blobs[name].data[...] = values[name]
        one.blobs["x0"].data[1:3, 0] = 5
        one.blobs["x0"].data *= 2
        np.add(one.blobs["x0"].data, 1, out=one.blobs["x0"].data)
        one.params["a"][0].data[0] -= 0.25
        one.layers[3].blobs[1].data[:] = 3
        one.layer_dict["b"].blobs[0].data.fill(0.5)
    assert net.forward_layers() == pytest.approx(host.forward_layers(), rel=1e-12)
    for one in pair:
        one.forward(end="t")
        one.blobs["h"].data[...] = 0.1
        one.blobs["y"].diff[...] = 1
    for one in pair:
        one.forward(start="b")
        one.clear_param_diffs()
        one.params["b"][1].diff[...] = 100
        one.backward(start="b")
    np.testing.assert_allclose(net.params["b"][1].diff, host.params["b"][1].diff)
    np.testing.assert_allclose(net.blobs["x0"].diff, host.blobs["x0"].diff, rtol=1e-10)


def test_kept_views_follow_the_device_and_can_be_written_to(pair):
    host, net = pair
    kept = [{name: blob.data for name, blob in one.blobs.items()} for one in pair]
    for value in (0.5, -1.0):
        for one, views in zip(pair, kept, strict=True):
            views["x0"][...] = value
            views["x1"][0] = value
            one.forward()
        for name in ("x0", "h", "y"):
            np.testing.assert_allclose(kept[1][name], kept[0][name], rtol=1e-12)
        assert kept[1]["x1"][0].tolist() == [value, value]


def test_all_ways_of_writing(blob):
    np.copyto(blob.data, 1)
    send_writes()
    assert (on_device(blob) == 1).all()
    memoryview(blob.data)[0, 1] = 4
    view = blob.data.reshape(-1)[2:]
    view += 6
    np.asarray(blob.data).put(0, np.nan)
    send_writes()
    np.testing.assert_array_equal(on_device(blob), [[np.nan, 4, 7], [7, 7, 7]])
    blob.data = 3
    blob.data /= 2
    blob.diff = np.arange(6).reshape(2, 3)
    send_writes()
    assert (on_device(blob) == 1.5).all() and on_device(blob, "diff")[1, 2] == 5


def test_reading_never_overwrites_the_device(blob):
    kept = blob.data
    assert blob.data.sum() == 0
    blob.blob.data[...] = 8
    send_writes()
    assert (on_device(blob) == 8).all()
    refresh_views()
    assert (kept == 8).all()


def test_reading_anew_shows_what_the_device_holds(blob):
    blob.data[...] = 1
    send_writes()
    kept = blob.data
    send_writes()
    blob.blob.data[...] = 2
    assert (blob.data == 2).all() and (kept == 2).all()


def test_device_arrays_can_be_assigned(blob):
    blob.data[...] = blob.device.asarray(np.full((2, 3), 4.0))
    blob.data[0][...] = blob.device.asarray(np.full(3, 9.0))
    blob.diff = blob.device.asarray(np.ones(3))
    send_writes()
    assert on_device(blob).tolist() == [[9, 9, 9], [4, 4, 4]] and on_device(blob, "diff").all()


def test_results_of_computing_are_ordinary(blob):
    assert type(blob.data + 1) is np.ndarray and type(blob.data.sum()) is np.float64
    assert type(np.exp(blob.data)) is np.ndarray and type(blob.data[0, 0]) is np.float64
    assert type(blob.data.mean(axis=0)) is np.ndarray and float(blob.data.max()) == 0
    array = blob.data
    array *= 2
    assert isinstance(array, np.ndarray) and np.shares_memory(array, blob.data)


def test_shape_and_legacy_names(blob):
    assert list(blob.shape) == [2, 3] and (blob.num, blob.channels, blob.height) == (2, 3, 1)
    blob.data[...] = 1
    blob.reshape(3, 2)
    assert blob.data.shape == (3, 2) and blob.data.sum() == 6
    old = blob.data
    blob.reshape(5, 5)
    old[...] = 7
    assert blob.data.shape == (5, 5) and not blob.data.any()
    assert repr(blob) == "HostBlob('x', shape=(5, 5), float64, strict)"
    with pytest.raises(
        ShapeError, match=r'blob "x": cannot assign values of shape \(2,\), its shape is \(5, 5\)'
    ):
        blob.data = np.zeros(2)


def test_blobs_that_share_storage_share_the_array(blob):
    other = HostBlob(Blob((3, 2), device=blob.device, dtype=np.float64, name="other"))
    other.share_data(blob.blob)
    blob.data[0] = 5
    assert other.data.reshape(-1).tolist() == [5, 5, 5, 0, 0, 0]
    assert np.shares_memory(other.data, blob.data)


def test_nothing_is_kept_of_what_nobody_looks_at(blob):
    blob.data[...] = 1
    send_writes()
    assert not host_blob._mirrors
    kept = blob.data
    send_writes()
    assert len(host_blob._mirrors) == 1
    del kept
    send_writes()
    assert not host_blob._mirrors


def test_the_address_on_the_gpu(blob):
    class Memory:
        ptr = 4096

    class Array:
        data = Memory()

    gpu = Blob((2,), device=blob.device)
    gpu.device = type("Gpu", (), {"is_gpu": True})()
    gpu._data_view = gpu._diff_view = Array()
    host = HostBlob(gpu)
    assert host._gpu_data_ptr == host._gpu_diff_ptr == 4096


# With a solver, callbacks and other nets.


def solvers(settings=""):
    pair = [
        make_solver(settings, net=make_net(ONE, device=device))
        for device in (None, strict_device())
    ]
    for solver in pair:
        solver.net.blobs["x0"].data[...], solver.net.blobs["x1"].data[...] = 2, 3
        solver.net.params["ip"][0].data[...] = 0
    return pair


def test_a_solver_with_views_kept_and_weights_changed_between_steps():
    weights = []
    for solver in solvers():
        kept = solver.net.params["ip"][0].data
        solver.step(2)
        first = kept.copy()
        kept += 1
        solver.step(1)
        solver.net.params["ip"][0].data[...] *= 0.5
        solver.net.forward()
        weights.append([first.item(), kept.item(), float(solver.net.blobs["loss"].data)])
    np.testing.assert_allclose(weights[0], weights[1], rtol=1e-12)


def test_callbacks_change_gradients_and_blobs():
    weights = []
    for solver in solvers():
        net = solver.net

        def start(net=net):
            net.blobs["x0"].data[...] += 1

        def clip(net=net):
            net.params["ip"][0].diff[...] = np.clip(net.params["ip"][0].diff, -0.5, 0.5)

        solver.add_callback(start, clip)
        solver.step(3)
        weights.append([float(net.params["ip"][0].data.item()), float(net.blobs["x0"].data.item())])
    np.testing.assert_allclose(weights[0], weights[1], rtol=1e-12)


def test_callbacks_of_the_net(pair):
    for one in pair:
        seen = []

        def look(index, one=one, seen=seen):
            seen.append(one.blobs["h"].data.sum())
            if index == 1:
                one.blobs["h"].data[...] = 0.5

        one.after_forward(look)
        one.forward(x0=np.ones((4, 3)), x1=np.ones((4, 2)))
        one.seen = seen
    np.testing.assert_allclose(pair[0].seen, pair[1].seen)
    np.testing.assert_allclose(pair[0].blobs["y"].data, pair[1].blobs["y"].data)


def test_saving_and_loading(pair, tmp_path):
    for one in pair:
        kept = one.params["a"][0].data
        kept[...] = 0.75
        one.save(tmp_path / "w.caffemodel")
        one.params["a"][0].data[...] = 0
        one.copy_from(tmp_path / "w.caffemodel")
        assert (kept == 0.75).all() and (one.params["a"][0].data == 0.75).all()


def test_sharing_weights(pair):
    _, net = pair
    other = make_net(NET, device=net.device)
    other.share_with(net)
    net.params["a"][1].data[...] = 4
    assert (other.params["a"][1].data == 4).all()


def test_layers_of_a_device_net(pair):
    _, net = pair
    one = net.layers[1]
    assert one.type == "InnerProduct" and one is net.layer_dict["a"]
    assert repr(one) == repr(net.device_layers[1]) and one.blobs is net.params["a"]
    one.note = "set on the layer itself"
    assert net.device_layers[1].note == one.note
    with pytest.raises(LayerError, match=r"can only be added in setup\(\)"):
        one.blobs.add_blob(3)


def test_debug_info_and_batches(pair):
    host, net = pair
    x0, x1 = np.ones((6, 3)), np.zeros((6, 2))
    for one in pair:
        lines = []
        one.debug_info, one.log = True, lines.append
        one.out = one.forward_backward_all(x0=x0, x1=x1)
        assert lines
    for mine, theirs in zip(net.out, host.out, strict=True):
        for name, values in mine.items():
            np.testing.assert_allclose(values, theirs[name], rtol=1e-10)
