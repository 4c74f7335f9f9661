from __future__ import annotations

import shutil

import numpy as np
import pytest

from mycaffe_py.errors import SnapshotError
from mycaffe_py.weights import load_weights, net_to_proto, save_weights, split_paths

from .conftest import with_noise

pytestmark = pytest.mark.usefixtures("no_leftovers")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_round_trip(tmp_path, make_net, dtype):
    net, other = with_noise(make_net(dtype=dtype)), make_net(seed=2, dtype=dtype)
    save_weights(net, tmp_path / "w.caffemodel")
    report = load_weights(other, tmp_path / "w.caffemodel")
    assert (report.loaded, report.ignored, report.missing) == (["fc1", "fc2", "fc3"], [], [])
    assert other.parameters.data.tobytes() == net.parameters.data.tobytes()


def test_special_values_keep_their_bits(tmp_path, make_net):
    net, other = make_net(), make_net(seed=2)
    net.parameters.data[:5] = [np.nan, np.inf, -np.inf, -0.0, 1e-45]
    save_weights(net, tmp_path / "w")
    load_weights(other, tmp_path / "w")
    assert other.parameters.data.tobytes() == net.parameters.data.tobytes()


@pytest.mark.parametrize(("stored", "here"), [("f4", "f8"), ("f8", "f4")])
def test_the_other_precision_is_converted(tmp_path, make_net, stored, here):
    net, other = with_noise(make_net(dtype=stored)), make_net(seed=2, dtype=here)
    if stored == "f8":
        net.parameters.data[0] = 1e300
    save_weights(net, tmp_path / "w")
    load_weights(other, tmp_path / "w")
    with np.errstate(over="ignore"):
        np.testing.assert_array_equal(other.parameters.data, net.parameters.data.astype(here))


def test_diffs_are_written_when_asked_for(tmp_path, make_net):
    net, other = with_noise(make_net()), make_net(seed=2)
    net.parameters.diff[...] = np.arange(net.parameters.diff.size)
    assert not any(blob.diff for layer in net_to_proto(net).layer for blob in layer.blobs)
    save_weights(net, tmp_path / "w", write_diff=True)
    load_weights(other, tmp_path / "w")
    np.testing.assert_array_equal(other.parameters.diff, net.parameters.diff)


def test_the_message_has_every_layer_as_built(make_net):
    net = make_net()
    message = net_to_proto(net)
    assert message.name == "small"
    assert [layer.name for layer in message.layer] == net.layer_names
    splits = [layer for layer in message.layer if layer.type == "Split"]
    assert {layer.name for layer in splits} == {"d_drop_0_split", "target_data_1_split"}
    assert not any(layer.blobs for layer in splits)
    weight, bias = message.layer[net.layer_names.index("fc1")].blobs
    assert list(weight.shape.dim) == [5, 3] and list(bias.shape.dim) == [5]
    assert len(weight.data) == 15 and not weight.double_data and not weight.HasField("num")


def test_values_in_the_model_itself_are_not_doubled(make_net, registry):
    net = make_net()
    again = type(net)(net_to_proto(net), registry=registry)
    assert net_to_proto(again) == net_to_proto(net)


# Nets that differ from the file.

FC = """layer { name: "%s" type: "InnerProduct" bottom: "x" top: "%s"
                inner_product_param { num_output: %d %s } %s }"""
INPUT = 'layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 4 dim: 3 } } }'


def net_text(*layers):
    lines = [FC % (name, name, outputs, *more) for name, outputs, *more in layers]
    return "\n".join(['name: "other"', INPUT, *lines])


def test_layers_of_other_names_are_left_alone(tmp_path, make_net):
    net = with_noise(make_net())
    save_weights(net, tmp_path / "w")
    other = make_net(net_text(("fc1", 5, "", ""), ("head", 9, "", "")))
    other.params["head"][0].data[...] = 3
    report = load_weights(other, tmp_path / "w")
    assert report.loaded == ["fc1"]
    assert report.ignored == ["fc2", "fc3"]
    assert report.missing == ["head"]
    assert str(report) == "1 layer loaded; ignored: fc2, fc3; not in the file: head"
    np.testing.assert_array_equal(other.params["fc1"][0].data, net.params["fc1"][0].data)
    assert (other.params["head"][0].data == 3).all()


@pytest.mark.parametrize(
    ("layers", "words"),
    [
        (
            [("fc1", 5, "", ""), ("fc2", 6, "", "")],
            ['layer "fc2" (InnerProduct)', 'blob "', "(2, 5)", "(6, 3)", "rename the layer"],
        ),
        (
            [("fc1", 5, "", ""), ("fc2", 2, "bias_term: false", "")],
            ['layer "fc2"', "2 blobs in the file and 1 in the net", "rename the layer"],
        ),
        (
            [("a", 5, "", ""), ("b", 5, "", "")],
            ["no layer of", 'net "other"', '"fc1", "fc2", "fc3"', '"a", "b"'],
        ),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_is_loaded(tmp_path, make_net, layers, words):
    save_weights(with_noise(make_net()), tmp_path / "w")
    other = make_net(net_text(*layers))
    before = other.parameters.data.copy()
    with pytest.raises(SnapshotError) as raised:
        load_weights(other, tmp_path / "w")
    assert all(word in str(raised.value) for word in [*words, str(tmp_path / "w")])
    np.testing.assert_array_equal(other.parameters.data, before)


@pytest.mark.parametrize("kept", ["first", "second"])
def test_any_layer_that_shares_a_parameter_fills_it(tmp_path, make_net, registry, kept):
    shared = 'param { name: "w" } param { name: "b" }'
    net = with_noise(make_net(net_text(("first", 5, "", shared), ("second", 5, "", shared))))
    message = net_to_proto(net)
    for layer in [layer for layer in message.layer if layer.blobs and layer.name != kept]:
        message.layer.remove(layer)
    (tmp_path / "w").write_bytes(message.SerializeToString())
    other = make_net(net_text(("first", 5, "", shared), ("second", 5, "", shared)))
    report = load_weights(other, tmp_path / "w")
    assert (report.loaded, report.missing) == ([kept], [])
    np.testing.assert_array_equal(other.parameters.data, net.parameters.data)


def test_a_net_without_weights(tmp_path, make_net):
    net = make_net(net_text())
    save_weights(net, tmp_path / "w")
    assert load_weights(net, tmp_path / "w").loaded == []


def test_paths_may_be_separated_by_commas(tmp_path):
    assert split_paths("a.caffemodel, b.caffemodel,") == ["a.caffemodel", "b.caffemodel"]
    assert split_paths([tmp_path / "a", "b,c"]) == [str(tmp_path / "a"), "b", "c"]
    (tmp_path / "a,b").touch()
    assert split_paths(tmp_path / "a,b") == [str(tmp_path / "a,b")]


def test_a_net_loads_and_saves_by_its_own_methods(tmp_path, make_net):
    net, other = with_noise(make_net()), make_net(seed=2)
    net.save(tmp_path / "w")
    shutil.copy(tmp_path / "w", tmp_path / "v")
    other.copy_from([tmp_path / "w", tmp_path / "v"])
    np.testing.assert_array_equal(other.parameters.data, net.parameters.data)
