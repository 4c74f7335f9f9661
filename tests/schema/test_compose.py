from __future__ import annotations

import zlib

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory

from mycaffe_py.errors import SchemaError, SnapshotError
from mycaffe_py.schema import SchemaSource, compose, core_sources, stable_number


def composed_with(*texts):
    return compose([*core_sources(), *(SchemaSource(*text) for text in texts)])


def clash(*texts):
    with pytest.raises(SchemaError) as caught:
        composed_with(*texts)
    return caught.value


def test_stable_number():
    expected = 20000 + zlib.crc32(b"gate_param") % (2**29 - 20000)
    assert stable_number("gate_param") == expected == stable_number("gate_param")
    numbers = {stable_number(f"layer_{index}_param") for index in range(1000)}
    assert len(numbers) == 1000
    assert min(numbers) >= 20000 and max(numbers) <= 536870911


def test_extensions_are_ordinary_fields(schema):
    layer = schema.parse_text('name: "g" gate_param { scale: 2 }', "LayerParameter").message
    assert layer.gate_param.scale == 2
    assert schema.new("LayerParameter").cfc_param.hidden_size == 256
    found = schema.extensions_of("gate")
    assert [(one.message, one.field.name, one.field.owner) for one in found] == [
        ("LayerParameter", "gate_param", "gate")
    ]
    cfc = schema.extensions_of("mycaffe_plugins.liquid")[0].field
    assert (cfc.doc, cfc.type, cfc.is_message) == ("settings of Cfc", "CfcParameter", True)
    assert schema.extensions_of("mycaffe_py") == []
    assert schema.owners == ("mycaffe_py", "mycaffe_plugins.liquid", "gate")


def test_order_of_sources_does_not_matter(plugin_sources):
    schema = compose([*plugin_sources, *core_sources()])
    assert schema.new("LayerParameter").gate_param.scale == 1


def test_a_plugin_may_extend_another_plugins_message():
    inner = ("b", "b.proto", "extend AParameter { optional int32 more = 30001; }")
    outer = (
        "a",
        "a.proto",
        "message AParameter { optional int32 x = 1; } "
        "extend LayerParameter { optional AParameter a_param = 30000; }",
    )
    layer = composed_with(inner, outer).new("LayerParameter")
    layer.a_param.more = 3
    assert composed_with(outer).new("LayerParameter").a_param.x == 0


@pytest.mark.parametrize(
    ("owner", "number", "allowed"),
    [
        ("third", 999, False),
        ("third", 1000, False),
        ("third", 1999, False),
        ("third", 2000, False),
        ("third", 18999, False),
        ("third", 19999, False),
        ("third", 20000, True),
        ("third", 2**29 - 1, True),
        ("third", 2**29, False),
        ("mycaffe_plugins.liquid", 999, False),
        ("mycaffe_plugins.liquid", 1000, True),
        ("mycaffe_plugins.liquid", 1999, True),
        ("mycaffe_plugins.liquid", 2000, False),
        ("mycaffe_plugins.liquid", 19000, False),
        ("mycaffe_plugins.liquid", 20000, True),
        ("mycaffe_py", 999, True),
        ("mycaffe_py", 1500, True),
        ("mycaffe_py", 19000, False),
    ],
)
def test_numbers(owner, number, allowed):
    text = f"extend LayerParameter {{ optional int32 my_field = {number}; }}"
    if allowed:
        assert composed_with((owner, "x.proto", text)).new("LayerParameter").my_field == 0
        return
    error = clash((owner, "x.proto", text))
    assert error.owner == owner
    assert str(number) in error.message and owner in error.message
    if number not in (2**29, 19000, 19999):
        assert str(stable_number("my_field")) in error.hint
        assert "my_field" in error.message


@pytest.mark.parametrize(
    ("first", "second", "what"),
    [
        (
            "extend LayerParameter { optional int32 a = 30000; }",
            "extend LayerParameter { optional int32 b = 30000; }",
            "field number 30000",
        ),
        (
            "extend LayerParameter { optional int32 a = 30000; }",
            "extend LayerParameter { optional int32 a = 30001; }",
            'field "LayerParameter.a"',
        ),
        ("message A { }", "message A { }", 'message "A"'),
        ("message A { }", "enum A { X = 0; }", 'enum "A"'),
        ("enum A { X = 0; }", "enum B { X = 0; }", 'enum value "X"'),
    ],
)
def test_clashes_name_both_owners(first, second, what):
    error = clash(("one", "one.proto", first), ("two", "two.proto", second))
    assert error.owner == "two"
    assert what in error.message
    assert "one" in error.message and "two" in error.message
    assert error.location.filename == "two.proto"
    composed_with(("one", "one.proto", first))  # works again without the later one


def test_clashes_with_the_core_name_it():
    error = clash(("two", "x.proto", "message LayerParameter { }"))
    assert error.owner == "two" and "mycaffe_py" in error.message
    error = clash(("two", "x.proto", "extend LayerParameter { optional int32 name = 30000; }"))
    assert error.owner == "two" and "mycaffe_py" in error.message
    error = clash(("two", "x.proto", "extend LayerParam { optional int32 z = 30000; }"))
    assert error.hint == 'did you mean "LayerParameter"?'
    error = clash(("two", "x.proto", "extend LayerParameter { required int32 z = 30000; }"))
    assert "must not be required" in error.message
    error = clash(("two", "x.proto", "enum Mine { TRAIN = 0; }"))
    assert "mycaffe_py" in error.message


def test_twice_by_one_owner():
    error = clash(("one", "one.proto", "message A { optional int32 a = 1; optional int32 a = 2; }"))
    assert "twice by one" in error.message


def test_what_protobuf_alone_refuses_is_a_schema_error(monkeypatch):
    class Refusing:
        def AddSerializedFile(self, data):
            raise TypeError("no")

    monkeypatch.setattr(descriptor_pool, "DescriptorPool", Refusing)
    assert clash(("last", "x.proto", "message A { }")).owner == "last"


def test_schemas_do_not_share_anything(core, schema):
    assert core.message_class("LayerParameter") is not schema.message_class("LayerParameter")
    assert "gate_param" not in core.message_info("LayerParameter").fields


def test_wire_bytes_equal_those_of_real_extensions(schema):
    pool = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto(name="real.proto", package="real", syntax="proto2")
    layer = file.message_type.add(name="LayerParameter")
    layer.field.add(name="name", number=1, label=1, type=9)
    layer.extension_range.add(start=1000, end=2**29)
    gate = file.message_type.add(name="GateParameter")
    gate.field.add(name="scale", number=1, label=1, type=2)
    file.extension.add(
        name="gate_param",
        number=356491270,
        label=1,
        type=11,
        type_name=".real.GateParameter",
        extendee=".real.LayerParameter",
    )
    pool.AddSerializedFile(file.SerializeToString())
    real = message_factory.GetMessageClass(pool.FindMessageTypeByName("real.LayerParameter"))()
    real.name = "g"
    real.Extensions[pool.FindExtensionByName("real.gate_param")].scale = 2.5
    ours = schema.new("LayerParameter", name="g")
    ours.gate_param.scale = 2.5
    assert ours.SerializeToString() == real.SerializeToString()


def test_unknown_fields_survive_a_round_trip(core, schema):
    net = schema.new("NetParameter", name="n")
    layer = net.layer.add(name="g", type="Gate")
    layer.gate_param.scale = 3
    data = net.SerializeToString()
    passed = core.parse_binary(data, "NetParameter")
    assert passed.layer[0].name == "g"
    assert schema.parse_binary(passed.SerializeToString(), "NetParameter") == net


def test_damaged_binary(schema):
    net = schema.new("NetParameter", name="a name")
    data = net.SerializeToString()
    for damaged in (data[:-1], b"\xff\xff\xff", b"not a protobuf"):
        with pytest.raises(SnapshotError, match="NetParameter"):
            schema.parse_binary(damaged, "NetParameter")


def test_message_class_and_new(schema):
    assert schema.message_class("LayerParameter") is schema.message_class("LayerParameter")
    nested = schema.message_class("caffe.NetState")
    assert nested.DESCRIPTOR.full_name == "caffe.NetState"
    assert schema.new("NetState", level=2).level == 2
    with pytest.raises(KeyError, match='did you mean \\\\?"LayerParameter'):
        schema.message_class("LayerParameters")
