"""Mistakes in a model file: the field or layer, its place and what to do, before anything is made."""

from __future__ import annotations

import pytest

from .conftest import MODEL, TRAIN, replaced

SECOND = """layer { name: "cfc1" type: "InnerProduct" bottom: "xhat" top: "z"
  inner_product_param { num_output: 1 }
}
"""

# kind: (old text, new text, words of the message); an empty old text replaces the whole file.
MISTAKES = {
    "unknown field": (
        *("hidden_size: 4", "hiden_size: 4"),
        ["E101", "model.prototxt:13:33", '"hiden_size" in CfcParameter', '"hidden_size"?'],
    ),
    "text for a number": (
        *("hidden_size: 4", 'hidden_size: "four"'),
        ["E102", ":13:46", "takes an integer", '"four"'],
    ),
    "number too large": (
        *("hidden_size: 4", "hidden_size: 40000000000"),
        ["E102", "40000000000", "out of range", "2147483647"],
    ),
    "unknown enum value": (
        *("activation: RELU", "activation: RELUU"),
        ["E102", '"RELUU"', '"RELU"?', "SILU, RELU, TANH, GELU, LECUN"],
    ),
    "enum value in quotes": (
        *("activation: RELU", 'activation: "RELU"'),
        ["leave out the quotes", "backbone_activation: RELU"],
    ),
    "text without quotes": ('"Small"', "Small net", [":1:7", 'write name: "Small net"']),
    "curly quotes": ('"Small"', "\u201cSmall\u201d", [":1:7", 'write name: "Small"']),
    "missing quote": (
        '"Small"',
        '"Small',
        ["E103", ":1:7", "not terminated", "a quote is missing"],
    ),
    "missing brace": (
        *("backbone_layers: 1 backbone_activation: RELU }", ""),
        ["E103", '"cfc_unit_param {" is never closed', ":16:1"],
    ),
    "brace too many": ("type: MSE }\n}", "type: MSE }\n}}", ["E103", ":19:2", 'unexpected "}"']),
    "missing colon": ('name: "Small"', 'name "Small"', ["E103", 'no ":" after "name"']),
    "given twice": (
        *("hidden_size: 4", "hidden_size: 4 hidden_size: 5"),
        ["E104", ":13:48", "given twice", "model.prototxt:13:33"],
    ),
    "JSON": ("", '{"name": "Small", "layers": []}', ["E103", ":1:1", "this is JSON"]),
    "unknown layer type": ('"CFC"', '"CCF"', ["E201", ":12:22", '"CCF"', '"CFC"?', "--plugin"]),
    "layer type of a later version": (
        *('"CFC"', '"QuantumGate"'),
        ["E201", '"QuantumGate"', "mycaffe layers lists all"],
    ),
    "layer without a type": (' type: "CFC"', "", ["E201", ":11:1", 'layer "cfc1" has no type']),
    "two layers with weights of one name": (
        *('layer {\n  name: "loss"', SECOND + 'layer {\n  name: "loss"'),
        ["E204", ":16:15", 'two layers with weights are named "cfc1"', "model.prototxt:12:9"],
    ),
    "unknown bottom": (
        *('bottom: "xhat"', 'bottom: "xhad"'),
        ["E206", ":17:48", 'layer "loss" (MEAN_ERROR_LOSS)', '"xhad"', '"xhat"?'],
    ),
    "bottom of a layer further down": (
        *('bottom: "x" bottom', 'bottom: "loss" bottom'),
        ["E206", '"loss"', "comes later in the file"],
    ),
    "bottom of a layer left out in this phase": (
        *('name: "cfc1" type', 'name: "cfc1" include { phase: TEST } type'),
        ["E206", 'layer "cfc1" produces it', "excluded in phase TRAIN"],
    ),
    "duplicate top": ('top: "xhat"', 'top: "x"', ["E207", ":12:73", "cannot work in place"]),
    "bottom missing": (' bottom: "target"', "", ["needs exactly 2 bottom blobs, got 1"]),
    "tops too many": ('top: "loss"', 'top: "loss" top: "b"', ["needs exactly 1 top blob, got 2"]),
    "shapes that do not fit": (
        *("shape { dim: 1 dim: 1 }", "shape { dim: 1 dim: 2 }"),
        ['layer "loss"', '"xhat" (1, 1)', '"target" (1, 2)', "same number of elements"],
    ),
    "negative dimension": (
        *("shape { dim: 1 dim: 1 }", "shape { dim: 1 dim: -1 }"),
        ["E210", 'layer "data" (Input)', '"target"', "(1, -1)"],
    ),
    "enormous blob": (
        *("shape { dim: 1 dim: 1 }", "shape { dim: 1000000 dim: 1000000 }"),
        ["E210", '"target"', "(1000000, 1000000)"],
    ),
    "a shape missing": (
        *("    shape { dim: 1 dim: 1 }\n", ""),
        [":5:5", "shape must be given once or once for each top", "3 given, 4 tops"],
    ),
    "required setting missing": (
        "hidden_size: 4 ",
        "",
        ["hidden_size must be at least 1", ":13:3"],
    ),
    "setting out of range": (
        *("backbone_layers: 1", "backbone_layers: 1 backbone_dropout_ratio: 2"),
        ["backbone_dropout_ratio must be at least 0 and below 1, got 2", ":14:81"],
    ),
    "setting that is no number": (
        *("backbone_layers: 1", "backbone_layers: 1 backbone_dropout_ratio: nan"),
        ["E220", ":14:81", '"cfc1" (CFC): cfc_unit_param.backbone_dropout_ratio is NaN'],
    ),
    "layers beyond all bounds": (
        *("backbone_layers: 1", "backbone_layers: 2147483647"),
        [":14:55", "backbone_layers must be at most 1000, got 2147483647"],
    ),
    "settings that exclude each other": (
        *("backbone_units: 4", "backbone_units: 4 minimal: true no_gate: true"),
        ["minimal and no_gate exclude each other", ":14:47"],
    ),
    "include and exclude": (
        *('name: "loss" type', 'name: "loss" include { phase: TEST } exclude { phase: TEST } type'),
        ["E203", 'layer "loss" has both include and exclude'],
    ),
    "loss weights too many": (
        *('top: "loss"', 'top: "loss" loss_weight: 1 loss_weight: 2'),
        ["loss_weight must be given once for each top", "2 given"],
    ),
    "propagate_down too few": (
        *('top: "loss"', 'top: "loss" propagate_down: true'),
        ["propagate_down must be given once for each bottom: 1 given, 2 bottoms"],
    ),
    "param specs too many": (
        *('top: "loss"', 'top: "loss" param { lr_mult: 1 }'),
        ["1 param specs are given", "0 learnable blobs"],
    ),
    "empty file": ("", "", ["E200", "model.prototxt is empty"]),
    "solver in place of the model": (
        *("", 'type: "SGD"\nbase_lr: 0.1\nmax_iter: 5\n'),
        ["model.prototxt:1:1", "this is a solver file", "--solver"],
    ),
}


@pytest.mark.parametrize("kind", MISTAKES)
def test_mistake_in_the_model(bench, kind):
    old, new, words = MISTAKES[kind]
    bench.write("model.prototxt", replaced(MODEL, old, new))
    bench.refuses(TRAIN, 2, words)


@pytest.mark.parametrize("kind", ["unknown field", "unknown layer type", "shapes that do not fit"])
def test_check_says_the_same(bench, kind):
    old, new, words = MISTAKES[kind]
    bench.write("model.prototxt", replaced(MODEL, old, new))
    bench.refuses(["check", "model.prototxt"], 2, words)


def test_two_mistakes_are_told_at_once(bench):
    text = replaced(MODEL, 'top: "x" top: "tt"', 'topp: "x" top: "tt" phase: FOO')
    bench.write("model.prototxt", text)
    result = bench.refuses(TRAIN, 2, ['"topp"', '"top"?', '"FOO"', "TRAIN, TEST"])
    assert result.stderr.count("error[") == 2


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (bytes(range(256)) * 9, ["model.prototxt is a binary file", ".caffemodel"]),
        (b"\x80\x91\xff\xfe" * 90, ["model.prototxt is a binary file"]),
        (b"\x89HDF\r\n\x1a\n" + bytes(90), ["an HDF5 file"]),
        (MODEL.encode("utf-16"), ["text in UTF-16", "save it as UTF-8"]),
        (
            MODEL.replace("Small", "Gr\u00f6\u00dfe").encode("latin-1"),
            ["model.prototxt:1:10", "byte 0xf6 is not UTF-8", "save the file as UTF-8"],
        ),
    ],
    ids=["binary", "binary without zeros", "HDF5", "UTF-16", "Latin-1"],
)
def test_a_file_that_is_no_text(bench, content, words):
    bench.write("model.prototxt", content)
    bench.refuses(TRAIN, 2, words)


def test_a_folder_for_a_model(bench):
    (bench.folder / "models").mkdir()
    arguments = ["train", "--solver", "solver.prototxt", "--model", "models"]
    bench.refuses(arguments, 2, ["models is a directory, not a prototxt file"])


def test_a_missing_file_names_the_nearest_one(bench):
    arguments = ["train", "--solver", "solver.prototxt", "--model", "LiquidNetCfk.prototxt"]
    bench.refuses(
        arguments, 3, ['"LiquidNetCfk.prototxt" does not exist', '"LiquidNetCfc.prototxt"?']
    )


def test_nesting_without_end(bench):
    bench.write("model.prototxt", "layer { " * 3000)
    bench.refuses(TRAIN, 2, ["model.prototxt:1:7", "never closed"])


def test_very_many_mistakes_do_not_flood_the_terminal(bench):
    bench.write("model.prototxt", "foo: 1\n" * 5000 + MODEL)
    result = bench.refuses(
        TRAIN, 2, ['unknown field "foo"', "only the first 50 problems are shown"]
    )
    assert result.stderr.count("error[") == 50


def test_a_very_long_line_is_shown_in_part(bench):
    bench.write("model.prototxt", MODEL.replace("\n", " ") + "foo: 3 " + "# " + "x" * 5000)
    result = bench.refuses(TRAIN, 2, ['unknown field "foo"'])
    _, source, carets, *_ = result.stderr.splitlines()
    start = carets.index("^")
    assert source[start : start + 3] == "foo" and len(source) < 200


def test_control_characters_do_not_reach_the_terminal(bench):
    bench.write("model.prototxt", replaced(MODEL, 'name: "Small"', 'name: "\x1b[31m" foo: 3'))
    assert "\x1b" not in bench.refuses(TRAIN, 2, ['unknown field "foo"']).stderr
