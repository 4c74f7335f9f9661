"""Texts that no editor writes: each is read, or is one error with a place."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError, PrototxtError

NUMBER = "layer {{ inner_product_param {{ num_output: {} }} }}"


def only_problem(core, text):
    with pytest.raises(PrototxtError) as caught:
        core.parse_text(text, "NetParameter", "x.prototxt")
    caught.value.render().encode("utf-8", "replace")
    [problem] = caught.value.problems
    return problem


def test_lines_may_end_with_cr_alone(core):
    text = '# the net\rname: "a"  # its name\rlayer {\r  name: "b"\r  tipe: "c"\r}\r'
    problem = only_problem(core, text)
    assert (problem.location.line, problem.location.column) == (5, 3)
    good = core.parse_text(text.replace("tipe", "type"), "NetParameter").message
    assert (good.name, good.layer[0].name) == ("a", "b")


def test_a_byte_order_mark_is_no_part_of_the_text(core):
    assert core.parse_text('\ufeffname: "a"', "NetParameter").message.name == "a"


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("\x00", "expected the name of a field", 1),
        ('name: "a\ud800"', 'string for "name" is not UTF-8 text', 7),
        ("name: \ud800", '"name" takes a string in quotes', 7),
        ('name: "a', "the string is not terminated", 7),
        ("name: 'a\\", "the string is not terminated", 7),
        ("/* name", '"/*" does not begin a comment', 1),
        (NUMBER.format("0x"), '"num_output" takes an integer (uint32), found 0x', 43),
        (NUMBER.format("9" * 5000), "out of range for uint32", 43),
        (NUMBER.format("0x" + "9" * 5000), "out of range for uint32", 43),
        (NUMBER.format("-0" + "7" * 5000), "out of range for uint32", 43),
        (NUMBER.format("1" + ".1" * 5000), '"num_output" takes an integer', 43),
        (NUMBER.format("10**5000"), '"num_output" takes an integer', 43),
        (NUMBER.format("1e999999"), '"num_output" takes an integer', 43),
        ("layer { loss_weight: 1" + "e" * 5000 + " }", '"loss_weight" takes a number', 22),
    ],
)
def test_an_odd_text_is_one_problem(core, text, message, column):
    problem = only_problem(core, text)
    assert message in problem.message
    assert (problem.location.line, problem.location.column) == (1, column)


def test_a_number_of_very_many_digits_is_read(core):
    read = core.parse_text(f"layer {{ loss_weight: 0.{'3' * 100_000} }}", "NetParameter")
    assert read.message.layer[0].loss_weight[0] == pytest.approx(1 / 3)


def test_a_mistake_in_a_very_long_line_is_shown_without_it(core):
    text = " " * 100_000 + "nam: 1" + " " * 100_000
    problem = only_problem(core, text)
    assert problem.location.column == 100_001
    assert len(problem.render()) < 200


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-16-be"])
def test_another_encoding_is_named(core, tmp_path, encoding):
    path = tmp_path / "x.prototxt"
    path.write_bytes('name: "a"'.encode(encoding))
    with pytest.raises(ConfigError, match="UTF-16|binary file"):
        core.parse_file(path, "NetParameter")
