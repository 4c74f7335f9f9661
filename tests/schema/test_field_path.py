"""set_field: one field of a message by a dotted path and a text."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema import SchemaSource, compose, core_sources
from mycaffe_py.schema.field_path import set_field

KINDS = """
enum Color { RED = 0; DEEP_BLUE = 1; NONE = -1; }
message Inner { optional int32 n = 1 [default = 7]; repeated int32 many = 2; optional Inner deeper = 3; }
message All {
  optional int32 i32 = 1; optional int64 i64 = 2; optional uint32 u32 = 3; optional uint64 u64 = 4;
  optional sint32 s32 = 5; optional sint64 s64 = 6; optional fixed32 f32 = 7; optional sfixed64 sf64 = 8;
  optional float real = 9; optional double wide = 10; optional bool flag = 11; optional string text = 12;
  optional bytes raw = 13; optional Color color = 14; optional Inner inner = 15;
  repeated int32 ints = 16; repeated string texts = 17; repeated Color colors = 18; repeated Inner inners = 19;
  repeated bool flags = 20; repeated double wides = 21;
}
"""
INTEGERS = ["i32", "i64", "u32", "u64", "s32", "s64", "f32", "sf64"]


@pytest.fixture(scope="module")
def schema():
    return compose([*core_sources(), SchemaSource("kinds", "kinds.proto", KINDS)])


@pytest.fixture
def message(schema):
    return schema.new(
        "All", ints=[1, 2, 3], texts=["a", "b"], inners=[{"n": 1, "many": [4, 5]}, {}]
    )


def put(message, path, text):
    set_field(message, path.split("."), text, "here")


def mistake(message, path, text):
    before = type(message).FromString(message.SerializeToString())
    with pytest.raises(ConfigError, match="^here: ") as caught:
        put(message, path, text)
    for field in message.DESCRIPTOR.fields:
        if not field.message_type:
            assert getattr(message, field.name) == getattr(before, field.name)
    return caught.value


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize(("text", "value"), [("0", 0), ("12", 12), ("0x1F", 31), (" 5 ", 5)])
def test_integers(message, name, text, value):
    put(message, name, text)
    assert getattr(message, name) == value
    assert message.HasField(name)


@pytest.mark.parametrize(
    ("names", "least", "largest"),
    [
        (("i32", "s32"), -(2**31), 2**31 - 1),
        (("i64", "s64", "sf64"), -(2**63), 2**63 - 1),
        (("u32", "f32"), 0, 2**32 - 1),
        (("u64",), 0, 2**64 - 1),
    ],
)
def test_the_first_and_last_integer_of_a_type(message, names, least, largest):
    for name in names:
        for value in (least, largest):
            put(message, name, str(value))
            assert getattr(message, name) == value
        for value in (least - 1, largest + 1):
            assert f"from {least} to {largest}" in mistake(message, name, str(value)).hint


@pytest.mark.parametrize("name", ["i32", "i64", "s32", "s64", "sf64", "real", "wide"])
def test_negative_numbers(message, name):
    put(message, name, "-4")
    assert getattr(message, name) == -4


@pytest.mark.parametrize("name", INTEGERS)
@pytest.mark.parametrize("text", ["4.0", "1e3", "four", "", "1 2", "--1", "½"])
def test_bad_integers(message, name, text):
    assert f'"{text}" is not a whole number' in mistake(message, name, text).message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("i32", str(2**31)),
        ("i32", str(-(2**31) - 1)),
        ("s32", str(2**31)),
        ("i64", str(2**63)),
        ("sf64", str(-(2**63) - 1)),
        ("u32", "-1"),
        ("u32", str(2**32)),
        ("f32", str(2**32)),
        ("u64", str(2**64)),
        ("ints", f"1,{2**31}"),
        ("ints.0", str(2**31)),
        ("inner.n", str(2**40)),
    ],
)
def test_integers_out_of_range(message, name, text):
    error = mistake(message, name, text)
    assert "is out of range for" in error.message
    assert error.hint.startswith("from ")


@pytest.mark.parametrize("name", ["real", "wide"])
@pytest.mark.parametrize(
    ("text", "value"), [("0.5", 0.5), ("1e-2", 0.01), ("3", 3.0), (".25", 0.25)]
)
def test_numbers(message, name, text, value):
    put(message, name, text)
    assert getattr(message, name) == pytest.approx(value, rel=1e-7)


@pytest.mark.parametrize("text", ["", "half", "1,5", "0.5f"])
def test_bad_numbers(message, text):
    assert f'"{text}" is not a number' in mistake(message, "wide", text).message


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("False", False),
        ("1", True),
        ("0", False),
        ("YES", True),
        ("n", None),
        ("", None),
    ],
)
def test_truth_values(message, text, value):
    if value is None:
        assert mistake(message, "flag", text).hint == "write true or false"
    else:
        put(message, "flag", text)
        assert message.flag is value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("two words", "two words"),
        ('"two words"', "two words"),
        ("'it''s'", "it''s"),
        ('"', '"'),
        ('"open', '"open'),
        ("a=b=c", "a=b=c"),
        ("a,b", "a,b"),
        ('say "yes"', 'say "yes"'),
        ("", ""),
        ("ümlaut.png", "ümlaut.png"),
    ],
)
def test_strings(message, text, value):
    put(message, "text", text)
    put(message, "raw", text)
    assert message.text == value
    assert message.raw == value.encode()


@pytest.mark.parametrize(
    ("text", "number"),
    [("RED", 0), ("deep_blue", 1), ("Deep_Blue", 1), ("1", 1), ("-1", -1), ("none", -1)],
)
def test_enums_by_name_in_any_case_and_by_number(message, text, number):
    put(message, "color", text)
    assert message.color == number


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("deep_bleu", 'did you mean "DEEP_BLUE"?'),
        ("9", "valid: RED, DEEP_BLUE, NONE"),
        ("", "valid:"),
    ],
)
def test_bad_enums(message, text, hint):
    error = mistake(message, "color", text)
    assert f'"{text}" is not a value of color' in error.message
    assert hint in error.hint


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("ints", "4", [4]),
        ("ints", "4,5, 6", [4, 5, 6]),
        ("ints", "", []),
        ("ints", "4,,5,", [4, 5]),
        ("colors", "red,1", [0, 1]),
        ("flags", "true,0", [True, False]),
        ("wides", "0.5,1e3", [0.5, 1000.0]),
        ("texts", 'one,two words,"a,b",x=y', ["one", "two words", "a,b", "x=y"]),
        ("texts", "''", [""]),
        ("inners.0.many", "7,8,9", [7, 8, 9]),
    ],
)
def test_repeated_fields_by_list(message, name, text, values):
    put(message, name, text)
    target = message.inners[0].many if "." in name else getattr(message, name)
    assert list(target) == values


def test_repeated_fields_by_index(message):
    put(message, "ints.1", "9")
    put(message, "texts.0", "a,b")
    put(message, "inners.0.n", "3")
    put(message, "inners.1.deeper.n", "4")
    put(message, "inners.0.many.1", "6")
    assert list(message.ints) == [1, 9, 3]
    assert list(message.texts) == ["a,b", "b"]
    assert [message.inners[0].n, message.inners[1].deeper.n] == [3, 4]
    assert list(message.inners[0].many) == [4, 6]


def test_nested_messages_are_created(message):
    put(message, "inner.deeper.deeper.n", "5")
    assert message.inner.deeper.deeper.n == 5
    assert not message.inner.HasField("n")


@pytest.mark.parametrize(
    ("path", "message_part", "hint"),
    [
        ("i3", 'All has no field "i3"', 'did you mean "i32"?'),
        ("qqqq", 'All has no field "qqqq"', "fields: i32, i64"),
        ("", 'All has no field ""', "fields:"),
        ("0", 'All has no field "0"', "fields:"),
        ("0.i32", 'All has no field "0"', "fields:"),
        ("inner.m", 'Inner has no field "m"', ""),
        ("inner.5.n", 'Inner has no field "5"', ""),
        ("inner.0", 'Inner has no field "0"', ""),
        ("i32.n", "i32 is not a message, so it has no field n", ""),
        ("i32.0", "i32 is not a message, so it has no field 0", ""),
        ("ints.0.n", "ints is not a message, so it has no field n", ""),
        ("inner", "inner is a message; set one of its fields: n, many, deeper", ""),
        ("inners", "inners is a message; set one of its fields", ""),
        ("inners.0", "inners is a message; set one of its fields", ""),
        ("inners.n", "inners is repeated (2 elements), so n does not name one of them", "inners.0"),
        ("ints.3", "there is no ints.3; the last one is ints.2", ""),
        ("ints.-1", "ints is repeated (3 elements), so -1 does not name one", "ints.0"),
        ("ints.²", "so ² does not name one of them", ""),
        ("flags.0", "there is no flags.0; it is empty", ""),
        ("inners.2.n", "there is no inners.2; the last one is inners.1", ""),
    ],
)
@pytest.mark.parametrize("text", ["1", "true"])
def test_bad_paths(message, path, message_part, hint, text):
    error = mistake(message, path, text)
    assert message_part in error.message
    assert hint in (error.hint or "")
