"""TextEdit: what is refused, and in which words; texts that can be repaired or only replaced."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema import TextEdit

from .editing import cfc, refused, set_, unset


@pytest.mark.parametrize(
    ("path", "value", "message", "hint"),
    [
        (cfc("hidden_size"), "-3", "-3 is out of range for hidden_size", "from 0 to 4294967295"),
        (cfc("hidden_size"), "2.5", '"2.5" is not a whole number', None),
        (cfc("eps"), "small", '"small" is not a number', None),
        (cfc("no_gate"), "maybe", '"maybe" is not a boolean', "write true or false"),
        (cfc("cell_type"), "CFD", '"CFD" is not a value of cell_type', 'did you mean "CFC"?'),
        (cfc("taps"), "1,x", '"x" is not a number', None),
        (cfc("hidden"), "1", 'CfcParameter has no field "hidden"', None),
        (cfc(), "1", "cfc_param is a message; set one of its fields", None),
        (cfc("hidden_size", "x"), "1", "hidden_size is not a message, so it has no field x", None),
        (["layer", 9, "name"], "n", "there is no layer.9; the last one is layer.2", None),
        (["layer", 0, "top", 1], "n", "there is no top.1; it is empty", None),
        (["layer", "a", "name"], "n", "layer is repeated, so a does not name one", None),
        (["layer", -1, "name"], "n", "layer is repeated, so -1 does not name one", None),
    ],
)
def test_values_and_paths_that_are_refused(schema, path, value, message, hint):
    error = refused(schema, {"op": "set", "path": path, "value": value})
    assert message in error.message
    assert hint is None or hint in error.hint
    assert error.field == ".".join(map(str, path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({}, 'unknown change "missing"'),
        ({"op": "sett"}, 'unknown change "sett"'),
        ({"op": 3}, "unknown change"),
        ([], "a change is an object"),
        ({"op": "set", "path": ["name"]}, '"value" of set must be a text'),
        ({"op": "set", "path": ["name"], "value": 3}, '"value" of set must be a text'),
        ({"op": "set", "path": [], "value": "3"}, '"path" of set must be a list'),
        ({"op": "set", "path": "name", "value": "3"}, '"path" of set must be a list'),
        ({"op": "set", "path": ["name"], "value": "\ud800"}, "valid characters"),
        ({"op": "set", "path": ["name"], "value": "3", "what": 1}, 'set has no "what"'),
        ({"op": "set", "path": [{}], "value": "3"}, 'NetParameter has no field "{}"'),
        ({"op": "unset", "path": ["debug_info"]}, "debug_info is not set"),
        ({"op": "unset", "path": ["layer", 0, "cfc_param", "eps"]}, "eps is not set"),
        ({"op": "unset", "path": ["layer"]}, "layers are removed one by one"),
        ({"op": "set_gym", "type": "Curve"}, "a net has no trainer"),
    ],
)
def test_changes_that_make_no_sense(schema, change, message):
    assert message in refused(schema, change).message


def test_lists_of_blocks_are_not_cut_into(schema):
    text = 'layer: [ { name: "a" }, { name: "b" } ]\n'
    path = ["layer", 1, "name"]
    assert set_(schema, path, "c", text) == text.replace('"b"', '"c"')
    error = refused(schema, {"op": "set", "path": ["layer", 2, "name"], "value": "c"}, text)
    assert "written as a list in brackets" in error.message
    inner = "layer { cfc_param { inner: [ { eps: 1 }, { eps: 2 } ] } }"
    assert (
        "written as a list"
        in refused(
            schema, {"op": "unset", "path": ["layer", 0, "cfc_param", "inner", 0]}, inner
        ).message
    )
    assert unset(schema, ["layer", 0, "cfc_param", "inner", 0, "eps"], inner) == inner.replace(
        " eps: 1", ""
    )


def test_a_text_with_wrong_values_can_be_repaired(schema):
    text = 'name: "a"\nlayer {\n  name: "b"\n  tpye: "X"\n  cfc_param { hidden_size: many }\n}\n'
    path = ["layer", 0, "cfc_param", "hidden_size"]
    edit = TextEdit(text, "NetParameter", schema)
    edit.apply({"op": "set", "path": path, "value": "5"})
    assert edit.text == text.replace("many", "5")
    edit.apply({"op": "set", "path": ["layer", 0, "bottom", 0], "value": "x"})
    assert edit.text == text.replace("many", "5").replace('"b"\n', '"b"\n  bottom: "x"\n')


@pytest.mark.parametrize(
    "text", ['name: "a', "layer {", "layer { name: } ", 'name "a"', "layer { name: 'a' ]"]
)
def test_a_text_without_structure_can_only_be_replaced(schema, text):
    edit = TextEdit(text, "NetParameter", schema)
    with pytest.raises(ConfigError, match="mistake in its form: line 1"):
        edit.apply({"op": "set", "path": ["name"], "value": "b"})
    edit.apply({"op": "text", "text": 'name: "a"'})
    assert edit.text == 'name: "a"'
    edit.apply({"op": "set", "path": ["name"], "value": "b"})
    assert edit.text == 'name: "b"'


@pytest.mark.parametrize(
    ("old", "new", "span"),
    [
        ("abcdef", "abXdef", (2, 3)),
        ("abc", "abc", (3, 3)),
        ("", "abc", (0, 3)),
        ("abc", "", (0, 0)),
        ("aaa", "aa", (2, 2)),
        ("aa", "aaa", (2, 3)),
        ("abab", "ab", (2, 2)),
    ],
)
def test_replacing_the_whole_text(schema, old, new, span):
    edit = TextEdit(old, "NetParameter", schema)
    assert edit.apply({"op": "text", "text": new}) == span
    assert edit.text == new


@pytest.mark.parametrize(
    "text", ['layers { name: "a" type: RELU }', 'input: "x" input_dim: 1', "layers { layer { } }"]
)
def test_old_forms_are_to_be_upgraded_first(schema, text):
    error = refused(schema, {"op": "set", "path": ["name"], "value": "b"}, text)
    assert "old form" in error.message
    assert "mycaffe upgrade-net" in error.hint


def test_the_old_type_of_a_solver_is_not_joined_by_the_new_one(schema):
    change = {"op": "set", "path": ["type"], "value": "SGD"}
    error = refused(schema, change, "solver_type: ADAM", "SolverParameter")
    assert "solver_type" in error.message and "upgrade-solver" in error.hint
    assert set_(schema, ["base_lr"], "0.1", "solver_type: ADAM\n", "SolverParameter")


def test_texts_that_are_too_long(schema):
    long = "#" + "x" * 2_000_000
    with pytest.raises(ConfigError, match="more than 2 MB"):
        TextEdit(long, "NetParameter", schema)
    assert "more than 2 MB" in refused(schema, {"op": "text", "text": long}).message
    wide = "#" + "\u4e2d" * 700_000
    assert "more than 2 MB" in refused(schema, {"op": "text", "text": wide}).message
    change = {"op": "set", "path": ["name"], "value": "x" * 2_000_000}
    assert "more than 2 MB" in refused(schema, change).message


def test_only_models_and_solvers(schema):
    with pytest.raises(ConfigError, match="a LayerParameter cannot be edited"):
        TextEdit("", "LayerParameter", schema)
