"""Errors as the command line prints them."""

from __future__ import annotations

import pytest
from mycaffe_plugins.designer.messages import problem_in

from mycaffe_py.errors import ConfigError, Location


def printed(**given):
    return ConfigError("base_lr is wrong", **given).render()


def test_a_located_error_has_file_line_and_column():
    place = Location("my nets/solver.prototxt", 12, 3, "  base_lr: x", 4)
    found = problem_in(f"mycaffe 0.2.0\n{printed(location=place, hint='write a number')}\n")
    assert found == {
        "code": "E200",
        "message": "base_lr is wrong",
        "hint": "write a number",
        "file": "my nets/solver.prototxt",
        "line": 12,
        "column": 3,
    }


def test_an_error_without_a_place():
    found = problem_in(printed(hint="one\ntwo"))
    assert (found["message"], found["hint"], found["file"]) == (
        "base_lr is wrong",
        "one\ntwo",
        None,
    )


def test_the_first_of_several_errors():
    assert problem_in("error[E101]: one\nerror[E102]: two\n")["message"] == "one"


def test_without_an_error_the_last_line_is_the_message():
    assert problem_in("Traceback\n  File x\nMemoryError: big\n\n")["message"] == "MemoryError: big"


@pytest.mark.parametrize("text", ["", "\n \n"])
def test_no_output_no_message(text):
    assert problem_in(text)["message"] == ""
