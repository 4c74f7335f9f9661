"""The bytes of a .caffemodel, checked without the code under test."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from mycaffe_py.errors import SnapshotError
from mycaffe_py.weights import load_weights, save_weights
from mycaffe_py.weights.wire import has_more_fields, top_level_fields

from .conftest import with_noise


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


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", set()),
        (b"\x08\x05\x12\x02ab\x18\x00", {(1, 0), (2, 2), (3, 0)}),
        (b"\x09" + bytes(8) + b"\x15" + bytes(4) + b"\x18\x00", {(1, 1), (2, 5), (3, 0)}),
        (b"\x08" + b"\xff" * 9 + b"\x01\x10\x00", {(1, 0), (2, 0)}),  # a varint of ten bytes
        (b"\x08" + b"\xff" * 10 + b"\x01\x10\x00", {(1, 0)}),  # eleven are too many
        (b"\x0a\x05ab", {(1, 2)}),  # cut off
        (b"\x08\x05\x00\x01\x10\x00", {(1, 0)}),  # no field has the number 0
        (b"\x08\x05\x13\x14\x18\x00", {(1, 0)}),  # groups are not used
    ],
)
def test_the_fields_of_a_message(data, found):
    assert top_level_fields(data) == found


_NET = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: 1 } } }'
LAYER, BLOB = b"\xa2\x06", b"\x3a\x00"


@pytest.mark.parametrize(
    "data",
    [
        (LAYER + b"\x00") * 500_001,
        LAYER + b"\xc2\x84\x3d" + BLOB * 500_001,
        (LAYER + b"\x02" + BLOB) * 250_001,
    ],
    ids=["layers", "blobs", "both"],
)
def test_a_file_of_very_many_empty_parts_is_refused_before_it_is_unpacked(data, make_net, tmp_path):
    path = tmp_path / "many.caffemodel"
    path.write_bytes(data)
    with pytest.raises(SnapshotError, match="has more than 500,000 parts"):
        load_weights(make_net(_NET), path)


def test_parts_are_counted():
    data = (LAYER + b"\x04" + BLOB * 2) * 10
    assert has_more_fields(data, 29, frozenset({100})) and not has_more_fields(
        data, 30, frozenset({100})
    )
    assert has_more_fields(data, 9, frozenset()) and not has_more_fields(data, 10, frozenset())
