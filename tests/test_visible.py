"""What would steer a terminal, or cannot be seen, is an escape; every other letter stays."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError, Location, Problem
from mycaffe_py.visible import code_of, hidden_in, visible, visible_line, without_hidden


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[2J", r"\x1b[2J"),
        ("a\rb\x07\x00\x7f\x9b", r"a\rb\x07\x00\x7f\x9b"),
        ("abc\u202e.png", r"abc\u202e.png"),
        ("ad\u200bmin\ufeff", r"ad\u200bmin\ufeff"),
        ("\u2066x\u2069\u2028", r"\u2066x\u2069\u2028"),
        ("\U000e0041", r"\U000e0041"),
        ("a\udc80", r"a\udc80"),
        ("a\u200db", r"a\u200db"),
        ("🔬\u200d", r"🔬\u200d"),
        ("a\u200d🔬", r"a\u200d🔬"),
    ],
)
def test_what_cannot_be_seen_is_an_escape(text, shown):
    assert visible(text) == visible_line(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        *("", "fc8", "Größe", "重量", "вес", "وزن", "a\\x1b", "[red]a[/red]", "e\u0301"),
        *("🙂", "❤\ufe0f", "👩\u200d🔬", "👩🏽\u200d🔬", "❤\ufe0f\u200d🔥"),
    ],
)
def test_what_people_write_stays(text):
    assert visible(text) == visible_line(text) == text


def test_lines_stay_lines_unless_one_is_wanted():
    assert visible("a\tb\nc") == "a\tb\nc"
    assert visible_line("a\tb\nc") == r"a\tb\nc"


def test_errors_show_names_escaped_also_in_python():
    error = ConfigError('unknown layer "\x1b[2J"', hint="see \x07")
    assert str(error) == r'unknown layer "\x1b[2J" (see \x07)'
    assert error.message == 'unknown layer "\x1b[2J"'


def test_carets_stand_below_the_escaped_source():
    place = Location("a\x1b.prototxt", 1, 8, 'n: "\x1b" x\x07y z', 3)
    assert Problem("wrong \x1b", place, hint="or\x07").render().split("\n") == [
        r"error[E100] a\x1b.prototxt:1:8: wrong \x1b",
        r'  n: "\x1b" x\x07y z',
        " " * len(r'  n: "\x1b" ') + "^" * len(r"x\x07y"),
        r"  or\x07",
    ]


def test_what_is_hidden_can_be_named():
    assert hidden_in("a\u200bb\u200b\n") == ["\u200b", "\n"]
    assert hidden_in("plain") == hidden_in("\u00e9") == []
    assert without_hidden("a\u200bb\n") == "ab"
    assert code_of("\u200b") == "U+200B (zero width space)"
    assert code_of("\n") == "U+000A"
