"""Work grows as texts do: nothing is looked at again and again, whatever a text is full of."""

from __future__ import annotations

import sys

import pytest

from mycaffe_py.errors import PrototxtError, SchemaError
from mycaffe_py.foreign.texts import foreign_text
from mycaffe_py.schema import SchemaSource
from mycaffe_py.schema.proto import lines, tokens as proto_tokens
from mycaffe_py.schema.proto.lines import Lines
from mycaffe_py.schema.proto.proto2 import parse_proto
from mycaffe_py.schema.prototxt import tokens
from mycaffe_py.schema.prototxt.mistyped import before_a_name

MANY = 100_000
SHAPES = {
    "blocks on one line": lambda n: "layer{}" * n,
    "blocks behind spaces": lambda n: " " * n + 'layer{name:"a"}' * n,
    "old blocks": lambda n: 'layers { name: "a" } ' * n,
    "blocks that are closed early": lambda n: "  layer {\n}\n" * n,
    "values on one line": lambda n: "layer { input_param { shape { dim: 1 " + "1 " * n + "}}}",
    "values with commas": lambda n: "layer { input_param { shape { dim: 1 " + ",1" * n + "}}}",
    "a list": lambda n: "layer { input_param { shape { dim: [1" + ",1" * n + "]}}}",
    "a number": lambda n: "layer { inner_product_param { num_output: 1" + ",0" * n + "}}",
    "bare words": lambda n: "name: a " + "b " * n,
    "strings": lambda n: "name: " + '"a" ' * n,
    "strings that swallow a name": lambda n: ('name: "' + " a:" * 9 + '"x\n') * (n // 9),
    "words": lambda n: "layers " * n,
    "one name again": lambda n: 'name: "a" ' * n,
    "unknown fields": lambda n: "a: 1\n" * n,
    "brackets": lambda n: "[" * n,
    "open blocks": lambda n: "layer {" * n,
    "round brackets": lambda n: "layer ( name:" * n,
    "bad characters": lambda n: "@ " * n,
    "a directive": lambda n: 'include "a" ' + "1 " * n,
}


def calls_to_parse(schema, text):
    """Count the calls of functions while a text is read."""
    count = 0

    def watch(frame, event, argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(watch)
    try:
        schema.parse_text(text, "NetParameter")
    except PrototxtError:
        pass
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_text_takes_twice_the_calls(core, shape):
    few, many = (calls_to_parse(core, SHAPES[shape](n)) for n in (1000, 2000))
    assert many < 2.2 * few


@pytest.mark.parametrize("shape", SHAPES)
def test_the_margin_of_a_line_is_looked_for_once(core, shape, monkeypatch):
    searches, pattern = [], lines._SOMETHING

    class Counting:
        def search(self, text, start):
            searches.append(start)
            return pattern.search(text, start)

    monkeypatch.setattr(lines, "_SOMETHING", Counting())
    calls_to_parse(core, SHAPES[shape](300))
    assert len(searches) == len(set(searches))


@pytest.mark.parametrize("pattern", [tokens._TOKEN, proto_tokens._TOKEN])
@pytest.mark.parametrize("end", ["", " ", "\n", "#", '"', "'", "\\", "/*", "\x00", "1", "\ud800"])
@pytest.mark.parametrize("begin", ["", "a", '"', "/", "-", "1"])
def test_tokens_cover_every_character(pattern, begin, end):
    # What no token begins at would be tried at each of its characters, each time up to its end.
    text = begin + " \t\r\f\v" * 20 + "\n " * 20 + end + " " * 50
    assert "".join(match[0] for match in pattern.finditer(text)) == text


def test_many_spaces_are_read():
    assert [token.kind for token in tokens.tokenize(" " * MANY)] == ["end"]
    assert before_a_name(" " * MANY) is None
    assert before_a_name("a" + " " * MANY + "b :  ") == "a"
    assert not parse_proto(SchemaSource("owner", "x.proto", " " * MANY + "\n" * MANY)).messages


@pytest.mark.parametrize("part", ["\n", " \n", "<a", "\n<a", "- ", "[a] ", "import a.", "\u201ca"])
def test_texts_in_other_languages_may_be_long(part):
    foreign_text(part * MANY + "=")
    foreign_text("- " + part * MANY)


def test_lines_agree_with_counting():
    text = "\n  ab\n\n c\r\nd"
    found = Lines(text)
    for offset in range(len(text)):
        before = text[:offset]
        assert found.number(offset) == before.count("\n") + 1
        assert found.column(offset) == offset - before.rfind("\n")
    assert [found.margin(offset) for offset in (1, 3, 4, 7, 8, 11)] == [3, 3, 3, 8, 8, 11]


@pytest.mark.parametrize("end", ["]", "}", "{", "(", "layer", "layer {", "layer (", "name: [", '"'])
@pytest.mark.parametrize(
    "unit", ["] ", "} ", "layer ( name: ", "a: 1 ", "@ ", "name: [ ", "layers "]
)
def test_very_many_mistakes_end_the_reading(core, unit, end):
    with pytest.raises(PrototxtError) as caught:
        core.parse_text(unit * 300 + end, "NetParameter")
    assert 0 < len(caught.value.problems) <= 200


def test_messages_of_a_schema_may_not_be_nested_without_end():
    text = "message A { " * 5000 + "}" * 5000
    with pytest.raises(SchemaError, match="nested deeper than 30"):
        parse_proto(SchemaSource("owner", "x.proto", text))
