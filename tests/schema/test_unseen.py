"""Characters outside strings that cannot be seen, or only look like signs: named, with their place."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import MyCaffeWarning, PrototxtError
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net_text


@pytest.fixture(scope="module")
def load():
    schema = default_registry().schema
    return lambda text: load_net_text(schema, text, "n.prototxt")


@pytest.mark.parametrize(
    ("text", "code", "place"),
    [
        ('name\u200b: "x"', "U+200B (zero width space)", (1, 5)),
        ('\u200bname: "x"', "U+200B", (1, 1)),
        ('name: \u200b"x"', "U+200B", (1, 7)),
        ('name: "x"\ufeff\nforce_backward: true', "U+FEFF (zero width no-break space)", (1, 10)),
        ("force_back\u200bward: true", "U+200B", (1, 11)),
        ('name: "x"\n  \u2060 force_backward: true', "U+2060 (word joiner)", (2, 3)),
        ("force_backward: tr\u00adue", "U+00AD (soft hyphen)", (1, 19)),
        ('layer { name: "a" type: "ReLU" bottom\u202a: "x" }', "U+202A", (1, 38)),
    ],
)
def test_an_invisible_character_is_one_problem(load, text, code, place):
    with pytest.raises(PrototxtError) as caught:
        load(text)
    [problem] = caught.value.problems
    assert code in problem.message and "is outside quotes" in problem.message
    assert (problem.location.line, problem.location.column) == place
    assert problem.code == "E103" and "remove it" in problem.hint


def test_a_wide_sign_is_one_problem(load):
    with pytest.raises(PrototxtError) as caught:
        load('name\uff1a "x"')
    [problem] = caught.value.problems
    assert "U+FF1A (fullwidth colon)" in problem.message and problem.hint == "write :"


def test_another_space_is_read_and_named(load):
    text = 'name:\u00a0"x\u00a0y" # \u00a0\nforce_backward:\u2003true'
    with pytest.warns(
        MyCaffeWarning, match=r"n.prototxt:1:6: U\+00A0 \(no-break space\)"
    ) as caught:
        document = load(text)
    assert document.message.name == "x\u00a0y" and document.message.force_backward
    assert "so is 1 other place, the last in line 2" in str(caught[0].message)


def test_names_in_quotes_keep_them(load):
    assert load('name: "a\u200bb"').message.name == "a\u200bb"


def test_very_many_are_bounded(load):
    with pytest.raises(PrototxtError) as caught:
        load("\u200b" * 10_000 + 'name: "x"')
    assert len(caught.value.problems) == 20


def test_an_unknown_bottom_says_what_cannot_be_seen(load):
    from mycaffe_py import Net

    text = """layer { name: "d" type: "Input" top: "data" input_param { shape { dim: 1 } } }
layer { name: "r" type: "ReLU" bottom: "data\u200b" top: "y" }"""
    with pytest.raises(PrototxtError) as caught:
        Net(text)
    [problem] = caught.value.problems
    assert "U+200B (zero width space)" in problem.hint
    assert "\\u200b" in problem.render() and "\u200b" not in problem.render()
