"""Where in a text its fields are, and which field is at a place."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import PrototxtError
from mycaffe_py.schema import load_net_text

NET = """\
name: "net"  # a comment
layer {
  name: "a"  type: 'Cfc'
  top: ["x", "y"]
  cfc_param { hidden_size: 0x10 cell_type: ltc no_gate: 1 taps: 1e-3
    inner { eps: 1 } inner { eps: 2 }
  }
}

layer { name: "b" } layer { name:
  "c" "d"
}
"""


@pytest.fixture
def document(schema):
    return schema.parse_text(NET, "NetParameter")


def line_of(number):
    return NET.split("\n")[number - 1]


@pytest.mark.parametrize(
    ("line", "word", "path"),
    [
        (1, "name", ("name",)),
        (1, "net", ("name",)),
        (1, "comment", ("name",)),
        (2, "layer", ("layer", 0)),
        (3, "name", ("layer", 0, "name")),
        (3, "Cfc", ("layer", 0, "type")),
        (4, "top", ("layer", 0, "top", 0)),
        (4, "x", ("layer", 0, "top", 0)),
        (4, '"y"', ("layer", 0, "top", 1)),
        (5, "cfc_param", ("layer", 0, "cfc_param")),
        (5, "hidden_size", ("layer", 0, "cfc_param", "hidden_size")),
        (5, "0x10", ("layer", 0, "cfc_param", "hidden_size")),
        (5, "1e-3", ("layer", 0, "cfc_param", "taps", 0)),
        (6, "inner { eps: 2", ("layer", 0, "cfc_param", "inner", 1)),
        (6, "2", ("layer", 0, "cfc_param", "inner", 1, "eps")),
        (7, "}", ("layer", 0, "cfc_param")),
        (8, "}", ("layer", 0)),
        (10, '"b"', ("layer", 1, "name")),
        (10, "layer { name:", ("layer", 1)),
        (11, "d", ("layer", 2, "name")),
    ],
)
def test_the_field_at_a_word(document, line, word, path):
    assert document.path_at(line, line_of(line).index(word) + 1) == path


@pytest.mark.parametrize(
    ("line", "column", "path"),
    [
        (3, 1, ("layer", 0, "name")),  # in the indentation
        (3, 12, ("layer", 0, "name")),  # behind the value
        (3, 99, ("layer", 0, "type")),
        (9, 1, ()),  # a blank line between layers
        (0, 0, ("name",)),
        (99, 1, ()),
        (7, 1, ("layer", 0, "cfc_param")),
    ],
)
def test_the_field_nearest_to_a_place(document, line, column, path):
    assert document.path_at(line, column) == path


def test_texts_without_fields(schema):
    for text in ("", "# c", "\n\n"):
        document = schema.parse_text(text, "NetParameter")
        assert document.path_at(1, 1) == ()
        assert document.fields() == {} and document.layer_lines() == []


def test_every_value_with_its_place(document):
    fields = {".".join(map(str, path)): place for path, place in document.fields().items()}
    assert {key: place.text for key, place in fields.items()} == {
        "name": "net",
        "layer.0.name": "a",
        "layer.0.type": "Cfc",
        "layer.0.top.0": "x",
        "layer.0.top.1": "y",
        "layer.0.cfc_param.hidden_size": "0x10",
        "layer.0.cfc_param.cell_type": "LTC",
        "layer.0.cfc_param.no_gate": "true",
        "layer.0.cfc_param.taps.0": "1e-3",
        "layer.0.cfc_param.inner.0.eps": "1",
        "layer.0.cfc_param.inner.1.eps": "2",
        "layer.1.name": "b",
        "layer.2.name": "cd",
    }
    for place in fields.values():
        assert line_of(place.line)[place.column - 1] not in " :"
    hidden = fields["layer.0.cfc_param.hidden_size"]
    assert (hidden.line, hidden.column, hidden.length) == (5, 28, 4)
    assert fields["layer.0.top.1"] == ("y", 4, 14, 3)
    assert fields["layer.2.name"] == ("cd", 11, 3, 7)


def test_the_lines_of_the_layers(document):
    assert document.layer_lines() == [(0, 2, 8), (1, 10, 10), (2, 10, 12)]


def test_escapes_and_wrong_values_as_they_are(schema):
    text = 'name: "a\\"\\x41\\n"\nlayer { name: b cfc_param { hidden_size: many cell_type: XY } }'
    with pytest.raises(PrototxtError) as caught:
        schema.parse_text(text, "NetParameter")
    fields = {path[-1]: place.text for path, place in caught.value.document.fields().items()}
    assert fields == {"name": "b", "hidden_size": "many", "cell_type": "XY"}
    fields = caught.value.document.fields()
    assert fields[("name",)].text == 'a"A\n'


def test_a_byte_order_mark_and_line_breaks_of_windows(schema):
    document = schema.parse_text("\ufeff" + NET.replace("\n", "\r\n"), "NetParameter")
    plain = schema.parse_text(NET, "NetParameter")
    assert document.layer_lines() == plain.layer_lines()
    assert {p: f[:3] for p, f in document.fields().items()} == {
        p: f[:3] for p, f in plain.fields().items()
    }
    assert document.path_at(3, 99) == ("layer", 0, "type")


def test_an_upgraded_net_has_the_places_of_the_old_text(schema):
    text = 'input: "x"\ninput_dim: 1 input_dim: 2 input_dim: 3 input_dim: 4\nlayer {\n name: "a"\n}'
    document = load_net_text(schema, text)
    assert document.layer_lines() == [(0, 1, 1), (1, 3, 5)]
    assert document.fields()[("layer", 1, "name")].line == 4
    old = load_net_text(schema, 'layers {\n  name: "a" type: RELU\n  blobs_lr: 1\n}\n')
    assert old.layer_lines() == [(0, 1, 4)]
    fields = {path: place.text for path, place in old.fields().items()}
    assert (
        fields[("layer", 0, "type")] == "RELU"
        and fields[("layer", 0, "param", 0, "lr_mult")] == "1"
    )


def test_mistakes_in_the_text_know_their_field(schema):
    text = 'layer { name: "a" }\nlayer {\n  name: "b"\n  tpye: "X"\n  cfc_param { hidden_size: many }\n}'
    with pytest.raises(PrototxtError) as caught:
        schema.parse_text(text, "NetParameter")
    unknown, wrong = caught.value.problems
    assert (unknown.path, unknown.layer) == (("layer", 1), "b")
    assert (wrong.path, wrong.layer) == (("layer", 1, "cfc_param", "hidden_size"), "b")
    assert unknown.text == unknown.message and wrong.text == wrong.message
    with pytest.raises(PrototxtError) as caught:
        schema.parse_text('name: "a', "NetParameter")
    assert caught.value.problems[0].path is None
