from __future__ import annotations

import pytest

from mycaffe_py.errors import SchemaError
from mycaffe_py.schema import SchemaSource, compose
from mycaffe_py.schema.proto.proto2 import parse_proto


def parse(text):
    return parse_proto(SchemaSource("owner", "x.proto", text))


def build(text):
    return compose([SchemaSource("owner", "x.proto", text)])


EVERYTHING = """
/* A block comment,
 * on two lines. */
syntax = "proto2";
package caffe;
import "other.proto";
option java_package = "x";

// First paragraph
// goes on.
//
// Second one.
message Outer {
  option deprecated = true;
  reserved 100 to 199, 7, 1000 to max;
  reserved "old", "older";
  extensions 200 to 300;
  enum Mode { A = -1; B = 0x10; C = 010; }  // modes
  message Inner { optional Mode mode = 1 [default = B]; optional Outer outer = 2; };
  message Deep { message Mode { optional int32 n = 1; } optional Mode mode = 1; }
  // above
  optional Inner inner = 1;
  optional Outer.Inner same = 2;
  optional .caffe.Outer.Inner absolute = 3;
  optional caffe.Outer.Mode with_package = 4 [(custom) = 1, deprecated = true];
  // lost: a blank line follows

  repeated int32 packed = 5 [packed = true];  // beside
  repeated Mode modes = 6 [packed = false];
  optional string text = 8 [default = "a\\"b" 'c\\n\\x41'];
  optional bytes raw = 9 [default = "\\001\\377\\""];
  optional float f = 10 [default = -1.5e-3];
  optional double d = 11 [default = inf];
  optional double n = 12 [default = -inf];
  optional float q = 13 [default = nan];
  optional bool yes = 14 [default = true];
  optional int32 hex = 15 [default = -0x10];
  optional uint64 big = 16 [default = 18446744073709551615];
  required sfixed64 need = 17;
  optional int32 optional = 18;
  optional int32 message = 19;
  extend Other { optional Inner from_inside = 900; }
}
message Other { optional float old = 1; }
extend Other { repeated Outer outers = 901; }
"""


def test_everything_of_the_subset():
    schema = build(EVERYTHING)
    outer = schema.new("Outer")
    assert outer.text == 'a"bc\nA'
    assert outer.raw == b'\x01\xff"'
    assert outer.f == pytest.approx(-0.0015)
    assert (outer.d, outer.n, outer.q != outer.q) == (float("inf"), -float("inf"), True)
    assert (outer.yes, outer.hex, outer.big) == (True, -16, 2**64 - 1)
    assert outer.inner.mode == 16
    mode = schema.pool.FindEnumTypeByName("caffe.Outer.Mode")
    assert {value.name: value.number for value in mode.values} == {"A": -1, "B": 16, "C": 8}
    inner_mode = schema.message_info("Outer.Deep").fields["mode"]
    assert inner_mode.type_name == "Outer.Deep.Mode"
    assert schema.message_info("Other").fields["from_inside"].type_name == "Outer.Inner"
    assert schema.message_info("Other").fields["outers"].repeated


def test_comments_become_documentation():
    schema = build(EVERYTHING)
    outer = schema.describe("Outer")
    docs = {field.name: field.doc for field in outer.fields}
    assert outer.doc == "First paragraph goes on.\nSecond one."
    assert (docs["inner"], docs["packed"], docs["modes"]) == ("above", "beside", "")
    assert {field.name: field for field in outer.fields}["with_package"].deprecated


@pytest.mark.parametrize(
    ("text", "doc"),
    [
        ("message A { optional int32 a = 1; }  // beside", "beside"),
        ("message A { optional int32 a = 1; /* inside */ }  // beside", "inside"),
        ("message A { optional int32 b = 2; optional int32 a = 1; }  // beside", ""),
    ],
)
def test_the_comment_of_a_message_on_one_line_is_that_of_its_only_field(text, doc):
    docs = {field.name: field.doc for field in build(text).describe("A").fields}
    assert docs["a"] == doc


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("message A {\n  optional int32 a 1;\n}", 2, 20, 'expected "=", found "1"'),
        ("message A {\n  optional int32 a = 1\n}", 3, 1, 'expected ";", found "}"'),
        ("message A {\n  optional int32 a = x;\n}", 2, 22, "expected the number of the field"),
        ("message A {\n  int32 a = 1;\n}", 2, 3, "expected optional, required or repeated"),
        ("message A {\n  oneof a { int32 b = 1; }\n}", 2, 3, '"oneof" is not supported'),
        ("message A {\n optional group G = 1 { }\n}", 2, 11, '"group" is not supported'),
        ("message A {\n  optional int32 a = 1;\n", 1, 11, '"{" is never closed'),
        ("message A { optional int32 a = 0; }", 1, 32, "the field number 0 is not allowed"),
        ("message A { optional int32 a = 19500; }", 1, 32, "19500 is not allowed"),
        ("message A { optional int32 a = 536870912; }", 1, 32, "is not allowed"),
        ("message A { optional int32 a.b = 1; }", 1, 28, "expected the name of the field"),
        ("enum E { }", 1, 6, "has no values"),
        ("enum E { A = 99999999999; }", 1, 10, "does not fit"),
        ('syntax = "proto3";', 1, 10, 'expected "proto2"'),
        ("package foo;", 1, 9, 'the package must be "caffe"'),
        ("hello", 1, 1, "expected message, enum, extend"),
        ("message A { } $", 1, 15, "unexpected character '$'"),
        ('import "x', 1, 8, "unterminated string"),
        ("message A { } /* x", 1, 15, "unterminated comment"),
        ("import x", 1, 9, 'expected ";", found the end of the file'),
    ],
)
def test_syntax_errors(text, line, column, message):
    with pytest.raises(SchemaError) as caught:
        parse(text)
    error = caught.value
    assert message in error.message
    assert "owner" in error.message
    assert error.owner == "owner"
    assert (error.location.filename, error.location.line, error.location.column) == (
        "x.proto",
        line,
        column,
    )


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("message A { optional B b = 1; } message BB { }", 'unknown type "B"', '"BB"'),
        ("message A { optional A.X b = 1; }", 'unknown type "A.X"', None),
        ("message A { repeated int32 b = 1 [default = 1]; }", "cannot have a default", "singular"),
        ("message A { optional A b = 1 [default = 1]; }", "cannot have a default", "singular"),
        ("message A { optional int32 b = 1 [packed = true]; }", "cannot be packed", "repeated"),
        ("message A { repeated string b = 1 [packed = true]; }", "cannot be packed", "repeated"),
        ("message A { optional int32 b = 1 [default = 1.5]; }", "is not a value of type", None),
        ("message A { optional int32 b = 1 [default = 4294967295]; }", "is not a value", None),
        ("message A { optional bool b = 1 [default = yes]; }", "is not a value", None),
        ("message A { optional string b = 1 [default = x]; }", "is not a value", None),
        ('message A { optional int32 b = 1 [default = "1"]; }', "is not a value", None),
        (
            "enum E { GOOD = 1; } message A { optional E b = 1 [default = GOD]; }",
            "is not a value of type E",
            '"GOOD"',
        ),
        ("enum E { X = 1; Y = 1; }", "is used twice", None),
        ("message A { reserved 3; optional int32 b = 3; }", "is reserved", None),
        ('message A { reserved "b"; optional int32 b = 3; }', "is reserved", None),
        ("extend Nothing { optional int32 b = 3; }", "which is not declared", None),
    ],
)
def test_meaningless_schemas(text, message, hint):
    with pytest.raises(SchemaError) as caught:
        build(text)
    assert message in caught.value.message
    assert caught.value.owner == "owner"
    assert caught.value.location is not None
    assert (hint or "") in (caught.value.hint or "")


def test_alias():
    schema = build(
        "enum E { option allow_alias = true; X = 1; Y = 1; } message A { optional E e = 1; }"
    )
    assert schema.parse_text("e: Y", "A").message.e == 1
