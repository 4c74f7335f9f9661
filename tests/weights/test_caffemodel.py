from __future__ import annotations

import shutil
import struct

import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from mycaffe_py.blobproto import array_from_proto, array_to_proto
from mycaffe_py.errors import SnapshotError
from mycaffe_py.weights import load_weights, net_to_proto, save_weights, split_paths

pytestmark = pytest.mark.usefixtures("no_leftovers")


def with_noise(net, seed=7):
    net.parameters.data[...] = np.random.default_rng(seed).normal(size=net.parameters.data.size)
    return net


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


# The wire format, without the code under test.


def fields(data):
    """Decode one message by hand into (number, wire type, value)."""
    position = 0

    def varint():
        nonlocal position
        value = shift = 0
        while True:
            byte = data[position]
            position += 1
            value |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                return value

    found = []
    while position < len(data):
        tag = varint()
        if tag & 7 == 0:
            value = varint()
        else:
            length = {1: 8, 5: 4}.get(tag & 7) or varint()
            value = data[position : position + length]
            position += length
        found.append((tag >> 3, tag & 7, value))
    assert position == len(data)
    return found


@pytest.mark.parametrize(("dtype", "number", "code"), [(np.float32, 5, "f"), (np.float64, 8, "d")])
def test_the_bytes_are_those_of_caffe(tmp_path, make_net, dtype, number, code):
    net = with_noise(make_net(dtype=dtype))
    save_weights(net, tmp_path / "w")
    data = (tmp_path / "w").read_bytes()
    top = fields(data)
    assert top[0] == (1001, 1, struct.pack("<Q", len(data)))
    assert (1, 2, b"small") in top
    layers = [dict_of(fields(value)) for key, _, value in top if key == 100]
    assert [layer[1][0].decode() for layer in layers] == net.layer_names
    layer = next(layer for layer in layers if layer[1] == [b"fc2"])
    assert layer[2] == [b"InnerProduct"]
    weight = dict_of(fields(layer[7][0]))
    assert sorted(weight) == sorted([7, number])
    assert fields(weight[7][0]) == [(1, 2, b"\x02\x05")]
    values = struct.unpack(f"<10{code}", weight[number][0])
    np.testing.assert_array_equal(values, net.params["fc2"][0].data.reshape(-1))


def dict_of(found):
    result = {}
    for key, _, value in found:
        result.setdefault(key, []).append(value)
    return result


def stock_classes():
    """Return message classes of stock protobuf that know only what is needed, by Caffe's numbers."""
    file = descriptor_pb2.FileDescriptorProto(name="stock.proto", package="stock", syntax="proto2")
    kinds = descriptor_pb2.FieldDescriptorProto
    text, whole, single, message = (
        kinds.TYPE_STRING,
        kinds.TYPE_INT64,
        kinds.TYPE_FLOAT,
        kinds.TYPE_MESSAGE,
    )
    for name, members in {
        "Shape": [("dim", 1, whole, "")],
        "Blob": [("shape", 7, message, "Shape"), ("data", 5, single, "")],
        "Layer": [("name", 1, text, ""), ("blobs", 7, message, "Blob")],
        "Net": [("name", 1, text, ""), ("layer", 100, message, "Layer")],
    }.items():
        entry = file.message_type.add(name=name)
        for member, number, kind, of in members:
            repeated = member in ("dim", "data", "blobs", "layer")
            field = entry.field.add(name=member, number=number, type=kind)
            field.label = kinds.LABEL_REPEATED if repeated else kinds.LABEL_OPTIONAL
            field.options.packed = member in ("dim", "data")
            if of:
                field.type_name = f".stock.{of}"
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("stock.Net"))


def test_stock_protobuf_reads_changes_and_writes_it(tmp_path, make_net):
    net = with_noise(make_net())
    save_weights(net, tmp_path / "w")
    stock = stock_classes().FromString((tmp_path / "w").read_bytes())
    assert stock.name == "small"
    stored = {layer.name: layer.blobs for layer in stock.layer}
    np.testing.assert_array_equal(stored["fc1"][1].data, net.params["fc1"][1].data)
    stored["fc1"][1].data[0] = 42
    del stock.layer[-1]
    (tmp_path / "changed").write_bytes(stock.SerializeToString())
    load_weights(net, tmp_path / "changed")
    assert net.params["fc1"][1].data[0] == 42


# Old files.


def legacy_file(registry, path, weight, bias, field="shape4"):
    message = registry.schema.new("NetParameter", name="old")
    if field == "v1":
        entry = message.layers.add(name="fc1", type="INNER_PRODUCT")
    elif field == "v0":
        outer = message.layers.add()
        outer.layer.name = "fc1"
        entry = outer.layer
    else:
        entry = message.layer.add(name="fc1", type="InnerProduct")
    for values, shape in ((np.arange(15.0), weight), (np.arange(5.0), bias)):
        blob = entry.blobs.add()
        blob.num, blob.channels, blob.height, blob.width = shape
        blob.data.extend(values)
    path.write_bytes(message.SerializeToString())


@pytest.mark.parametrize("field", ["v2", "v1", "v0"])
def test_legacy_files_fit_by_padding(tmp_path, registry, make_net, field):
    legacy_file(registry, tmp_path / "w", (1, 1, 5, 3), (1, 1, 1, 5), field)
    net = make_net()
    report = load_weights(net, tmp_path / "w")
    assert report.loaded == ["fc1"] and report.missing == ["fc2", "fc3"]
    np.testing.assert_array_equal(net.params["fc1"][0].data, np.arange(15).reshape(5, 3))
    np.testing.assert_array_equal(net.params["fc1"][1].data, np.arange(5))


@pytest.mark.parametrize(
    ("weight", "bias", "named"),
    [((5, 3, 1, 1), (1, 1, 1, 5), "weight"), ((1, 1, 5, 3), (5, 1, 1, 1), "bias")],
)
def test_legacy_shapes_padded_on_the_right_do_not_fit(
    tmp_path, registry, make_net, weight, bias, named
):
    legacy_file(registry, tmp_path / "w", weight, bias)
    net = make_net()
    before = net.parameters.data.copy()
    with pytest.raises(SnapshotError, match=f'layer "fc1".*blob "{named}"'):
        load_weights(net, tmp_path / "w")
    np.testing.assert_array_equal(net.parameters.data, before)


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
    assert str(report) == "1 layers loaded; ignored: fc2, fc3; not in the file: head"
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


# Stored blobs by themselves.


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        ((-2, -3), 6),
        ((2**62, 4), 0),
        ((2**32, 2**32), 0),
        ((0, 2**62, 2**62), 0),
        ((2, 3), 5),
        ((1,) * 70, 1),
    ],
)
def test_impossible_shapes_of_damaged_files(registry, shape, values):
    proto = registry.schema.new("BlobProto")
    proto.shape.dim.extend(shape)
    proto.data.extend([1.0] * values)
    with pytest.raises(SnapshotError, match="damaged"):
        array_from_proto(proto)


@pytest.mark.parametrize("shape", [(), (0, 3), (7,), (3, 100), (200, 300)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_arrays_of_all_sizes(registry, shape, dtype):
    array = np.random.default_rng(0).normal(size=shape).astype(dtype)
    proto = registry.schema.new("BlobProto")
    array_to_proto(array, proto, diff=array * 2)
    again = registry.schema.parse_binary(proto.SerializeToString(), "BlobProto")
    for message in (proto, again):
        data, diff = array_from_proto(message), array_from_proto(message, diff=True)
        assert data.shape == shape and (data.dtype == array.dtype or not data.size)
        np.testing.assert_array_equal(data, array)
        np.testing.assert_array_equal(diff, array * 2)
