"""pycaffe's Net: constructors, what it tells, its raw calls, saving and sharing."""

from __future__ import annotations

import numpy as np
import pytest

import mycaffe_py as caffe
from mycaffe_py.errors import ConfigError, LayerError, ShapeError

from ..building import data, fill, layer, make_net, product

NET = (
    "name: 'testnet' force_backward: true "
    + data((5, 2), (5, 3))
    + product("hidden", "x0", "h", 4)
    + layer("act", "TanH", "h", "h")
    + product("ip", "h", "y", 3, "param { lr_mult: 1 decay_mult: 1 } param { lr_mult: 2 }")
    + layer("loss", "EuclideanLoss", "y x1", "loss", "loss_weight: 2")
)
STAGES = (
    data((1, 1))
    + layer("a", "TanH", "x0", "a", 'include { phase: TRAIN stage: "A" }')
    + layer("b", "TanH", "x0", "b", 'include { phase: TEST stage: "B" }')
    + layer("c", "TanH", "x0", "c", 'include { min_level: 2 }')
)  # fmt: skip


@pytest.fixture
def net():
    return fill(make_net(NET))


# Constructors.


def test_the_constructors(desk):
    path = str(desk.write("net.prototxt", NET))
    first = caffe.Net(path, caffe.TRAIN)
    assert first.phase == caffe.TRAIN and first.dtype == np.float32
    saved = str(desk.folder / "w.caffemodel")
    first.save(saved)
    forms = [
        caffe.Net(path, caffe.TEST, weights=saved),
        caffe.Net(network_file=path, phase=caffe.TEST, weights=saved),
        caffe.Net(path, caffe.TEST, 0, None, saved),
    ]
    for weights_first in (caffe.TRAIN, caffe.TEST):
        with pytest.warns(DeprecationWarning, match="older form"):
            forms.append(caffe.Net(path, saved, weights_first))
        assert forms[-1].phase == weights_first
    for net in forms:
        np.testing.assert_array_equal(net.parameters.data, first.parameters.data)


def test_stages_and_levels(desk):
    path = str(desk.write("net.prototxt", STAGES))
    assert list(caffe.Net(path, caffe.TRAIN, stages=["A"]).layer_dict)[1:] == ["a"]
    assert "b" in caffe.Net(path, caffe.TEST, stages=["B"]).blobs
    assert "c" in caffe.Net(path, caffe.TEST, level=2).blobs
    assert "a" not in caffe.Net(path, caffe.TEST, level=2, stages=["A"]).blobs


def test_a_missing_file_is_a_runtime_error(desk):
    for error in (RuntimeError, FileNotFoundError):
        with pytest.raises(error, match=r"gone\.prototxt"):
            caffe.Net(str(desk.folder / "gone.prototxt"), caffe.TEST)


def test_weights_given_twice(desk):
    path = str(desk.write("net.prototxt", NET))
    with pytest.raises(ConfigError, match="given twice"):
        caffe.Net(path, "a.caffemodel", caffe.TEST, weights="b.caffemodel")


# What it tells.


def test_names_and_positions(net):
    names = ["x0", "x1", "h", "y", "loss"]
    assert list(net.blobs) == net._blob_names == names
    assert net._blobs == list(net.blobs.values())
    assert list(net.layer_dict) == net._layer_names == ["data", "hidden", "act", "ip", "loss"]
    assert [type(one).type for one in net.layers] == [one.type for one in net.layers]
    assert net.layers[1] is net.layer_dict["hidden"] and net.layers[1].blobs is net.params["hidden"]
    assert net.inputs == ["x0", "x1"] and net.outputs == ["loss"]
    assert net._inputs == [0, 1] and net._outputs == [4]
    assert net._bottom_ids(4) == [3, 1] and net._top_ids(0) == [0, 1]
    assert net.bottom_names["act"] == net.top_names["act"] == ["h"]
    assert net.blob_loss_weights["loss"] == 2 and net._blob_loss_weights == [0, 0, 0, 0, 2]


def test_memory(net):
    """Arrays outlive their net, and blobs are the memory of the net."""
    params = sum(net.params.values(), [])
    blobs = list(net.blobs.values())
    del net
    total = sum(blob.data.sum() + blob.diff.sum() for blob in params + blobs)
    assert np.isfinite(total)


def test_a_blob_as_in_pycaffe(net):
    blob = net.blobs["y"]
    assert list(blob.shape) == [5, 3] and blob.shape[0] == blob.num == 5 and blob.channels == 3
    assert (blob.height, blob.width, blob.count) == (1, 1, 15)
    blob.data[...] = 1
    blob.data *= 3
    blob.data += np.arange(3)
    np.testing.assert_array_equal(blob.data, np.tile([3, 4, 5], (5, 1)))
    blob.diff = 7
    assert (blob.diff == 7).all() and blob.diff.shape == (5, 3)
    with pytest.raises(
        ShapeError, match=r'blob "y": cannot assign values of shape \(4,\), its shape is \(5, 3\)'
    ):
        blob.data = np.zeros(4)
    blob.reshape()
    assert blob.shape == () and blob.count == 1
    with pytest.raises(RuntimeError, match='blob "y" has no GPU address'):
        blob._gpu_data_ptr  # noqa: B018


def test_blobs_are_added_in_setup_only(net):
    with pytest.raises(
        LayerError, match=r'layer "ip" \(InnerProduct\): .* can only be added in setup\(\)'
    ):
        net.params["ip"].add_blob(2, 3)


# Running.


def test_raw_forward_and_backward(net):
    loss = net._forward(0, len(net.layers) - 1)
    assert loss == pytest.approx(2 * float(net.blobs["loss"].data))
    net.clear_param_diffs()
    net._backward(len(net.layers) - 1, 0)
    found = net.params["ip"][0].diff.copy()
    net.clear_param_diffs()
    assert not net.params["ip"][0].diff.any()
    net.forward()
    net.backward()
    np.testing.assert_array_equal(found, net.params["ip"][0].diff)
    for call in (lambda: net._forward(0, 5), lambda: net._backward(-1, 0)):
        with pytest.raises(ConfigError, match="there is no layer"):
            call()


def test_forward_backward_and_their_defaults(net):
    assert list(net.forward()) == ["loss"]
    assert list(net.backward()) == ["x0", "x1"]


def test_clear_param_diffs_matters(net):
    net.forward()
    net.backward()
    once = net.params["ip"][1].diff.copy()
    net.backward()
    np.testing.assert_allclose(net.params["ip"][1].diff, 2 * once)


def test_top_bottom_names_and_partial_runs(net):
    net.forward()
    kept = net.blobs["y"].data.copy()
    net.blobs["h"].data[...] += 1
    out = net.forward(start="ip", end="ip")
    assert set(out) == {"y"} and not np.allclose(out["y"], kept)
    assert set(net.backward(start="loss", end="ip")) == {"h"}


def test_a_callback_may_change_a_blob(net):
    def halve(index):
        if net._layer_names[index] == "hidden":
            net.blobs["h"].data[...] = 0

    net.after_forward(halve)
    net.forward()
    np.testing.assert_allclose(net.blobs["y"].data, np.tile(net.params["ip"][1].data, (5, 1)))


# Weights.


def test_save_and_copy_from(net, tmp_path):
    path = str(tmp_path / "w.caffemodel")
    net.save(path)
    other = make_net(NET)
    other.params["ip"][0].data[...] = 0
    other.copy_from(path)
    for name, blobs in net.params.items():
        for mine, theirs in zip(blobs, other.params[name], strict=True):
            np.testing.assert_array_equal(mine.data, theirs.data)


@pytest.mark.parametrize("load", ["load_hdf5", "copy_from"])
def test_hdf5_files(net, tmp_path, load):
    net.save_hdf5(tmp_path / "a.h5", write_diff=True)
    other = make_net(NET)
    getattr(other, load)(tmp_path / "a.h5")
    for name, blobs in net.params.items():
        for ours, theirs in zip(blobs, other.params[name], strict=True):
            np.testing.assert_array_equal(ours.data, theirs.data)


def test_share_with(net):
    other = make_net(NET)
    other.share_with(net)
    net.params["ip"][0].data[...] = 0.5
    assert (other.params["ip"][0].data == 0.5).all()


# MemoryData.


class Memory(caffe.Layer):
    """Stands in for the real layer: keeps the arrays."""

    type = "MemoryData"

    def reshape(self, bottom, top):
        top[0].reshape(2, 1, 2, 2)

    def forward(self, bottom, top):
        pass

    def reset(self, data, labels):
        self.got = data, labels


@pytest.fixture
def memory_net(net):
    param = net.registry.schema.parse_text(
        'name: "mem" type: "MemoryData" memory_data_param { batch_size: 2 }', "LayerParameter"
    ).message
    from mycaffe_py.layer import LayerContext

    net.layers[0] = Memory(param, LayerContext(net.registry))
    return net


def test_set_input_arrays(memory_net):
    values = np.zeros((4, 1, 2, 2), np.float32)
    for labels in (
        np.arange(4, dtype=np.float32),
        np.arange(4, dtype=np.float32).reshape(4, 1, 1, 1),
    ):
        memory_net.set_input_arrays(values, labels)
        got, got_labels = memory_net.layers[0].got
        assert got is values and got_labels.tolist() == [0, 1, 2, 3]


GOOD = np.zeros((4, 1, 2, 2), np.float32)
LABELS = np.zeros(4, np.float32)


@pytest.mark.parametrize(
    ("values", "labels", "message"),
    [
        (GOOD.astype(np.float64), LABELS, "data array must be .* float32, it is float64"),
        ([1.0], LABELS, "data array must be .* float32, it is list"),
        (GOOD[0], LABELS, r"data array must be 4-d, it is \(1, 2, 2\)"),
        (GOOD, LABELS.reshape(2, 2), r"labels array must be 1-d or 4-d"),
        (GOOD.transpose(0, 3, 2, 1)[:, ::2], LABELS, "data array must be C contiguous"),
        (GOOD, LABELS[:2], r"same first dimension: data \(4, 1, 2, 2\), labels \(2,\)"),
        (GOOD, np.zeros((4, 2, 1, 1), np.float32), "one number for each item"),
        (GOOD[:3], LABELS[:3], r"multiple of batch size: data \(3, 1, 2, 2\), batch_size .* 2"),
    ],
)
def test_set_input_arrays_refuses(memory_net, values, labels, message):
    with pytest.raises(ConfigError, match=message):
        memory_net.set_input_arrays(values, labels)


def test_set_input_arrays_without_memory_data(net):
    with pytest.raises(ConfigError, match=r'first layer is a MemoryDataLayer.*"data" \(Input\)'):
        net.set_input_arrays(GOOD, LABELS)
