"""The text parser agrees with protobuf's own on valid texts."""

from __future__ import annotations

import math
import random
import re

import pytest
from google.protobuf import text_format

from mycaffe_py.errors import ConfigError, PrototxtError
from mycaffe_py.schema.proto.catalog import SCALAR_TYPES
from mycaffe_py.schema.prototxt.files import read_text_file

VALID = [
    ("NetParameter", ""),
    ("NetParameter", "  \n\t # only a comment"),
    ("NetParameter", 'name: "x"# comment at the end'),
    ("NetParameter", 'name: "x"; layer { name: "a", top: "b"; } , layer < name: "c" >'),
    ("NetParameter", 'layer: { name: "a" } layer: < name: "b" > layer{name:"c"}'),
    ("NetParameter", 'layer [ { name: "a" }, < name: "b" > ] layer: [{ name: "c" }] layer: []'),
    ("NetParameter", "input_dim: [1, 2,3] input_dim: 4 input_dim: []"),
    ("NetParameter", "name: 'it\"s' \"'\" 'a\\n\\t\\\\\\'\\\"\\x41\\101' \"\u00e9\""),
    ("NetParameter", 'name: "a"\n  # between\n "b"'),
    ("NetParameter", "force_backward: true debug_info: 1"),
    ("NetParameter", "force_backward: t debug_info: False"),
    ("NetParameter", "force_backward: f debug_info: 0 state { phase: 0 level: -3 }"),
    ("NetParameter", "state { phase: TRAIN stage: ['a', \"b\"] stage: 'c' }"),
    ("LayerParameter", "cfc_param { hidden_size: 0x1F taps: [1, 1.5, .5, -2.e3, 1e-3f, 7f] }"),
    ("LayerParameter", "cfc_param { taps: [7F, -.5F, 1e3F] }"),
    ("LayerParameter", "cfc_param { hidden_size: 017 taps: inf taps: -inf taps: Infinity }"),
    ("LayerParameter", "cfc_param { offset: -0x10 flags: 4294967295 eps: 1.7976931348623157e308 }"),
    ("LayerParameter", "cfc_param { offset: -9223372036854775808 taps: -0 taps: 0f }"),
    ("LayerParameter", 'cfc_param { blob: "\\377\\000\\x1" "z" inner { inner { inner <> } } }'),
    ("LayerParameter", "loss_weight: 1 loss_weight: 2.5 propagate_down: [true, false]"),
    ("LayerParameter", "gate_param { scale: 2 } clip_param { min: -1 max: 1 }"),
]


@pytest.mark.parametrize(("name", "text"), VALID)
def test_valid_texts(schema, name, text):
    expected = text_format.Parse(text, schema.message_class(name)())
    assert schema.parse_text(text, name).message == expected


def test_not_a_number(schema):
    for text in ("taps: nan", "taps: NaN", "taps: nanf"):
        assert math.isnan(schema.parse_text(text, "CfcParameter").message.taps[0])


def test_unicode_escapes(schema):
    text = r'name: "\u00e9\U0001F600 \303\251"'
    assert schema.parse_text(text, "NetParameter").message.name == "\u00e9\U0001f600 \u00e9"


def test_of_an_octal_escape_the_low_byte_counts(schema):
    layer = schema.parse_text(r'cfc_param { blob: "\501\777" }', "LayerParameter").message
    assert layer.cfc_param.blob == b"A\xff"


@pytest.mark.parametrize("text", ["017", "-00", "-0123"])
def test_a_float_is_not_written_in_octal(schema, text):
    with pytest.raises(PrototxtError, match=f'"taps" takes a number, found {text}'):
        schema.parse_text(f"taps: {text}", "CfcParameter")


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_stock_parser_accepts(schema, seed):
    rng = random.Random(seed)
    pieces = [piece for _, text in VALID for piece in re.findall(r"\w+|\s+|.", text)]
    for name, text in VALID * 10:
        position = rng.randrange(len(text) + 1)
        mutated = text[:position] + rng.choice(pieces) + text[position + rng.randrange(2) :]
        try:
            expected = text_format.Parse(mutated, schema.message_class(name)())
        except (text_format.ParseError, ValueError, DeprecationWarning):
            continue
        assert schema.parse_text(mutated, name).message == expected, mutated


def test_beyond_the_stock_parser(schema):
    text = "\ufeffstate {\r\n  phase: train\r\n}\r\nname: 'x'\r\n"
    net = schema.parse_text(text, "NetParameter")
    assert net.message.state.phase == 0
    assert net.message.name == "x"
    location = net.locate(("state", "phase"))
    assert (location.line, location.column, location.text) == (2, 10, "  phase: train")
    layer = schema.parse_text("cfc_param { cell_type: ltc }", "LayerParameter").message
    assert layer.cfc_param.cell_type == 1


@pytest.mark.parametrize("seed", range(60))
def test_random_messages_round_trip(schema, seed):
    rng = random.Random(seed)
    for name in ("NetParameter", "SolverParameter", "LayerParameter", "Datum", "CfcParameter"):
        message = random_message(schema, schema.message_info(name), rng, 3)
        text = schema.to_text(message)
        assert schema.parse_text(text, name).message == message
        escaped = text_format.MessageToString(message, as_one_line=True)
        assert schema.parse_text(escaped, name).message == message
        assert text_format.Parse(text, schema.message_class(name)()) == message


def random_message(schema, info, rng, depth):
    message = schema.new(info.name)
    fields = list(info.fields.values())
    chosen = [f for f in fields if f.required] + rng.sample(fields, min(len(fields), 6))
    for field in chosen:
        if field.message and depth == 0:
            continue
        values = [
            random_message(schema, field.message, rng, depth - 1)
            if field.message
            else random_value(field, rng)
            for _ in range(rng.randint(1, 3) if field.repeated else 1)
        ]
        if field.repeated:
            getattr(message, field.name).extend(values)
        elif field.message:
            getattr(message, field.name).CopyFrom(values[0])
        else:
            setattr(message, field.name, values[0])
    return message


def random_value(field, rng):
    if field.enum:
        return rng.choice(list(field.enum.numbers.values()))
    bounds = SCALAR_TYPES[field.type]
    if bounds:
        return rng.choice([*bounds, 0, 1, rng.randint(*bounds)])
    if field.type == "float":
        return rng.choice([0.0, -1.5, 0.1, 3e38, 1e-38, float("inf"), rng.gauss(0, 1)])
    if field.type == "double":
        return rng.choice([0.0, 1e300, -1e-300, rng.gauss(0, 1)])
    if field.type == "bool":
        return rng.random() < 0.5
    if field.type == "bytes":
        return bytes(rng.randrange(256) for _ in range(rng.randint(0, 12)))
    letters = "ab \n\t\"'\\#{}:\u00e9\u4e2d\U0001f600\x01\x7f"
    return "".join(rng.choice(letters) for _ in range(rng.randint(0, 12)))


NET = """name: "net"
layer {
  name: "a"
  type: "Cfc"
  bottom: "x"  bottom: "tt"
  top: ["h", "o"]
  cfc_param {
    hidden_size: 32
  }
}
layer { name: "b" }
"""


@pytest.mark.parametrize(
    ("path", "line", "column", "length"),
    [
        (("name",), 1, 7, 5),
        (("layer", 0), 2, 1, 5),
        (("layer",), 2, 1, 5),
        (("layer", 0, "type"), 4, 9, 5),
        (("layer", 0, "bottom", 1), 5, 24, 4),
        (("layer", 0, "top", 1), 6, 14, 3),
        (("layer", 0, "cfc_param"), 7, 3, 9),
        (("layer", 0, "cfc_param", "hidden_size"), 8, 18, 2),
        (("layer", 0, "cfc_param", "no_gate"), 7, 3, 9),
        (("layer", 0, "gate_param", "scale"), 2, 1, 5),
        (("layer", 1, "name"), 11, 15, 3),
        (("layer", -1, "name"), 11, 15, 3),
        (("layer", 1, "type"), 11, 1, 5),
        (("layer", 7, "name"), 1, 1, 1),
        (("state", "phase"), 1, 1, 1),
        ((), 1, 1, 1),
    ],
)
def test_locate(schema, path, line, column, length):
    location = schema.parse_text(NET, "NetParameter", "net.prototxt").locate(path)
    assert location.filename == "net.prototxt"
    assert (location.line, location.column, location.length) == (line, column, length)
    assert location.text == NET.splitlines()[line - 1]


def test_locate_field_and_problem(schema):
    document = schema.parse_text(NET, "NetParameter", "net.prototxt")
    location = document.locate_field(("layer", 0, "bottom", 1))
    assert (location.line, location.column, location.length) == (5, 16, 6)
    assert document.locate_field(("state",)).line == 1
    problem = document.problem(("layer", 1, "name"), "bad name", "another one")
    assert problem.code == "E200"
    assert problem.render() == (
        "error[E200] net.prototxt:11:15: bad name\n"
        '  layer { name: "b" }\n'
        "                ^^^\n"
        "  another one"
    )


def test_a_very_long_text_is_not_read(tmp_path, monkeypatch):
    path = tmp_path / "long.prototxt"
    path.write_text("# " + "x" * (4 << 20))
    with pytest.raises(ConfigError, match="more than 4,194,304 bytes") as caught:
        read_text_file(path)
    assert caught.value.hint == "if it is to be read all the same: MYCAFFE_TEXT_SIZE=64M"
    monkeypatch.setenv("MYCAFFE_TEXT_SIZE", "5M")
    assert read_text_file(path).startswith("# x")
