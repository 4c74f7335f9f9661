"""TextEdit: setting and removing fields; everything else stays as it is."""

from __future__ import annotations

import pytest

from mycaffe_py.schema import TextEdit

from .editing import NET, cfc, set_, unset


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
