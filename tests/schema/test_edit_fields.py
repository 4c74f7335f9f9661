"""TextEdit: setting and removing fields; everything else stays as it is."""

from __future__ import annotations

import pytest
from google.protobuf import text_format

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema import TextEdit

NET = """\
# A net.
name: "net"   # its name

layer {
  name: "a"  # first
  type: 'Cfc'
  bottom: "x"
  bottom: "y" # second bottom
  cfc_param {
    hidden_size: 0x10   # units
    taps: [1, 2.5, 3]   # in brackets
    # a remark
    no_gate: false
  }
}
layer { name: "b" type: "ReLU" bottom: "h" top: "h" loss_weight: 1e-3 } # one line
layer {
\tname:"c"
\ttype:"Input"
\ttop: "long "
\t     "name"
\tinput_param { shape { dim: 1, dim: 2; } }
}
"""


def edited(schema, change, text=NET, kind="NetParameter"):
    edit = TextEdit(text, kind, schema)
    start, end = edit.apply(change)
    assert 0 <= start <= end <= len(edit.text)
    if kind == "NetParameter":  # protobuf's own parser can read it too
        text_format.Parse(edit.text.removeprefix("\ufeff"), schema.new(kind))
    return edit.text


def set_(schema, path, value, text=NET, kind="NetParameter"):
    return edited(schema, {"op": "set", "path": path, "value": value}, text, kind)


def unset(schema, path, text=NET, kind="NetParameter"):
    return edited(schema, {"op": "unset", "path": path}, text, kind)


def refused(schema, change, text=NET, kind="NetParameter"):
    edit = TextEdit(text, kind, schema)
    with pytest.raises(ConfigError) as caught:
        edit.apply(change)
    assert edit.text == text
    return caught.value


def cfc(*rest):
    return ["layer", 0, "cfc_param", *rest]


@pytest.mark.parametrize(
    ("path", "value", "old", "new"),
    [
        (["name"], "other", '"net"', '"other"'),
        (["layer", 0, "type"], "CFC", "'Cfc'", "'CFC'"),  # its quotes stay
        (["layer", 0, "type"], 'it\'s "it"', "'Cfc'", "'it\\'s \"it\"'"),
        (["name"], 'a "b" \\ \n\t\x01ü', '"net"', '"a \\"b\\" \\\\ \\n\\t\\001ü"'),
        (["name"], '"in quotes"', '"net"', '"in quotes"'),
        (["name"], "", '"net"', '""'),
        (cfc("hidden_size"), "64", "0x10", "64"),
        (cfc("hidden_size"), "0xFF", "0x10", "0xFF"),
        (cfc("hidden_size"), "1_000", "0x10", "1000"),  # Python's, not prototxt's
        (cfc("hidden_size"), " 7 ", "0x10", "7"),
        (cfc("no_gate"), "yes", "false", "true"),
        (cfc("no_gate"), "1", "false", "true"),
        (cfc("taps", 1), "1e-3", "2.5", "1e-3"),
        (cfc("taps", 0), ".5", "[1,", "[.5,"),
        (cfc("taps", 2), "010", "3]", "10]"),
        (cfc("taps", 3), "4", "3]", "3, 4]"),
        (cfc("taps"), "9, -inf", "1, 2.5, 3", "9, -inf"),
        (["layer", 0, "bottom", 1], "z", '"y"', '"z"'),
        (["layer", 0, "bottom"], "p,q", 'bottom: "x"\n  bottom: "y"', 'bottom: "p"\n  bottom: "q"'),
        (["layer", 1, "loss_weight", 0], "2", "1e-3", "2"),
        (["layer", 2, "top", 0], "short", '"long "\n\t     "name"', '"short"'),
        (["layer", 2, "input_param", "shape", 0, "dim", 1], "5", "dim: 2", "dim: 5"),
    ],
)
def test_a_value_is_replaced(schema, path, value, old, new):
    assert NET.count(old) == 1
    assert set_(schema, path, value) == NET.replace(old, new)


def test_comments_between_the_strings_of_a_value_stay(schema):
    text = 'name: "a" # one\n  "b" "c" # two\n  "d"\n  "e" # last\ndebug_info: true\n'
    new = set_(schema, ["name"], "n", text)
    assert new == 'name: "n" # one\n   # two\n   # last\ndebug_info: true\n'


def test_the_span_is_that_of_the_value(schema):
    edit = TextEdit(NET, "NetParameter", schema)
    start, end = edit.apply({"op": "set", "path": cfc("hidden_size"), "value": "64"})
    assert edit.text[start:end] == "64"
    marked = TextEdit("\ufeff" + NET, "NetParameter", schema)
    assert marked.apply({"op": "set", "path": cfc("hidden_size"), "value": "64"}) == (
        start + 1,
        end + 1,
    )
    assert marked.text == "\ufeff" + edit.text


@pytest.mark.parametrize(
    ("path", "value", "after", "added"),
    [
        (cfc("eps"), "1e-5", "    no_gate: false", "\n    eps: 1e-5"),
        (cfc("cell_type"), "ltc", "  cfc_param {", "\n    cell_type: LTC"),
        (
            cfc("inner", 0, "inner", 0, "eps"),
            "1",
            "    no_gate: false",
            "\n    inner {\n      inner {\n        eps: 1\n      }\n    }",
        ),
        (["layer", 0, "bottom", 2], "z", '  bottom: "y" # second bottom', '\n  bottom: "z"'),
        (["layer", 0, "phase"], "test", '"y" # second bottom', "\n  phase: TEST"),
        (["layer", 1, "bottom", 1], "z", '"ReLU" bottom: "h"', ' bottom: "z"'),
        (["layer", 1, "phase"], "TRAIN", 'top: "h"', " phase: TRAIN"),
        (["layer", 1, "gate_param", "scale"], "2", "1e-3", " gate_param { scale: 2 }"),
        (["layer", 2, "bottom", 0], "z", 'type:"Input"', '\n\tbottom:"z"'),
        (
            ["layer", 2, "input_param", "shape", 1, "dim"],
            "3,4",
            "shape { dim: 1, dim: 2; }",
            " shape { dim: 3 dim: 4 }",
        ),
        (["layer", 2, "input_param", "shape", 0, "dim", 2], "3", "dim: 2;", " dim: 3;"),
        (["state", "phase"], "TEST", 'name: "net"   # its name', "\nstate {\n  phase: TEST\n}"),
    ],
)
def test_a_field_is_added_in_the_style_of_its_neighbours(schema, path, value, after, added):
    assert NET.count(after) == 1
    assert set_(schema, path, value) == NET.replace(after, after + added)


@pytest.mark.parametrize(
    ("text", "path", "new"),
    [
        ("", ["name"], 'name: "n"\n'),
        ("# only a comment", ["name"], '# only a comment\nname: "n"'),
        ("# only a comment\r\n", ["name"], '# only a comment\r\nname: "n"\r\n'),
        ("force_backward: true", ["name"], 'name: "n"\nforce_backward: true'),
        ("# a net\ndebug_info: true", ["name"], '# a net\nname: "n"\ndebug_info: true'),
        (
            "# a net\n\n# more\ndebug_info: true\r\n",
            ["name"],
            '# a net\n\nname: "n"\n# more\ndebug_info: true\r\n',
        ),
        ("state {}", ["state", "stage", 0], 'state { stage: "n" }'),
        ("state { }", ["state", "stage", 0], 'state { stage: "n" }'),
        ("state {\n}\n", ["state", "stage", 0], 'state {\n  stage: "n"\n}\n'),
        ("state {\n  # c\n}\n", ["state", "stage", 0], 'state {\n  stage: "n"\n  # c\n}\n'),
        ("state <level:1>", ["state", "stage", 0], 'state <level:1 stage:"n">'),
        ("state { level: 1\n}", ["state", "stage", 0], 'state { level: 1\n  stage: "n"\n}'),
        (
            "state {\n    level: 1 }",
            ["state", "stage", 0],
            'state {\n    level: 1\n    stage: "n" }',
        ),
        ('layer { type: "z" }', ["layer", 0, "name"], 'layer { name: "n" type: "z" }'),
        ('layer {type:"z"}', ["layer", 0, "name"], 'layer { name:"n" type:"z"}'),
        ('layer {\n type:"z"\n}', ["layer", 0, "name"], 'layer {\n name:"n"\n type:"z"\n}'),
        ('layer { type: "z"\n}', ["layer", 0, "name"], 'layer { name: "n" type: "z"\n}'),
        (
            'layer { type: "a", top: "b" }',
            ["layer", 0, "top", 1],
            'layer { type: "a", top: "b", top: "n" }',
        ),
        (
            'layer { top: "b", type: "a" }',
            ["layer", 0, "top", 1],
            'layer { top: "b", top: "n", type: "a" }',
        ),
    ],
)
def test_where_a_first_field_goes(schema, text, path, new):
    assert set_(schema, path, "n", text) == new


def test_a_list_of_values_becomes_shorter_or_longer(schema):
    text = "layer {\n  loss_weight: 1  # one\n  loss_weight: 2  # two\n  loss_weight: 3\n}\n"
    path = ["layer", 0, "loss_weight"]
    assert set_(schema, path, "5", text) == "layer {\n  loss_weight: 5  # one\n}\n"
    assert set_(schema, path, "1,2,3,4", text) == text.replace(": 3\n", ": 3\n  loss_weight: 4\n")
    assert set_(schema, path, "", text) == "layer {\n}\n"


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        (["name"], 'name: "net"   # its name\n', ""),
        (cfc("hidden_size"), "    hidden_size: 0x10   # units\n", ""),
        (cfc("taps"), "    taps: [1, 2.5, 3]   # in brackets\n", ""),
        (cfc("taps", 0), "[1, 2.5", "[2.5"),
        (cfc("taps", 1), "1, 2.5, 3", "1, 3"),
        (cfc("taps", 2), "2.5, 3", "2.5"),
        (["layer", 0, "bottom", 0], '  bottom: "x"\n', ""),
        (["layer", 0, "bottom"], '  bottom: "x"\n  bottom: "y" # second bottom\n', ""),
        (["layer", 1, "name"], ' name: "b"', ""),
        (["layer", 1, "loss_weight", 0], " loss_weight: 1e-3", ""),
        (["layer", 2, "top"], '\ttop: "long "\n\t     "name"\n', ""),
        (["layer", 2, "input_param", "shape", 0, "dim", 0], " dim: 1,", ""),
        (["layer", 2, "input_param", "shape", 0, "dim", 1], " dim: 2;", ""),
        # What is emptied goes too.
        (
            ["layer", 2, "input_param", "shape", 0, "dim"],
            "\tinput_param { shape { dim: 1, dim: 2; } }\n",
            "",
        ),
    ],
)
def test_a_field_is_removed(schema, path, old, new):
    assert NET.count(old) == 1
    assert unset(schema, path) == NET.replace(old, new)


@pytest.mark.parametrize(
    ("text", "path", "new"),
    [
        ('name: "a"', ["name"], ""),
        ('# c\nname: "a"', ["name"], "# c"),
        ('# c\r\nname: "a"', ["name"], "# c"),
        ('  name: "a" debug_info: true # c', ["name"], "  debug_info: true # c"),
        ('name: "a" debug_info: true # c', ["debug_info"], 'name: "a" # c'),
        # A comment inside is not thrown away with the last field.
        ("state {\n  # why\n  level: 1\n}\n", ["state", "level"], "state {\n  # why\n}\n"),
        ("state {\n  level: 1 # why\n}\n", ["state", "level"], ""),
        # A first block would renumber the others; a layer stays a layer.
        (
            "layer { param { lr_mult: 1 } param { lr_mult: 2 } }",
            ["layer", 0, "param", 0, "lr_mult"],
            "layer { param { } param { lr_mult: 2 } }",
        ),
        (
            "layer { param { lr_mult: 1 } param { lr_mult: 2 } }",
            ["layer", 0, "param", 1, "lr_mult"],
            "layer { param { lr_mult: 1 } }",
        ),
        ('layer { name: "a" }', ["layer", 0, "name"], "layer { }"),
    ],
)
def test_what_goes_with_a_removed_field(schema, text, path, new):
    assert unset(schema, path, text) == new


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


def test_required_fields_are_added_one_by_one(schema):
    text = 'layer {\n  type: "Clip"\n}\n'
    edit = TextEdit(text, "NetParameter", schema)
    for name, value in (("min", "-1"), ("max", "1")):
        edit.apply({"op": "set", "path": ["layer", 0, "clip_param", name], "value": value})
    end = '"Clip"\n'
    block = "  clip_param {\n    min: -1\n    max: 1\n  }\n"
    assert edit.text == text.replace(end, end + block)
    edit.apply({"op": "unset", "path": ["layer", 0, "clip_param", "max"]})
    edit.apply({"op": "unset", "path": ["layer", 0, "clip_param", "min"]})
    assert edit.text == text


def test_the_only_element_of_a_list_goes_with_its_field(schema):
    text = NET.replace("[1, 2.5, 3]", "[1]")
    assert unset(schema, cfc("taps", 0), text) == text.replace(
        "    taps: [1]   # in brackets\n", ""
    )
