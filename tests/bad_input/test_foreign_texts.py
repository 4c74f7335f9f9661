"""Habits of other formats in prototxt files: one problem each, which says what to write."""

from __future__ import annotations

import pytest

from .conftest import MODEL, SOLVER, replaced

SIZE, NAME, BOTTOMS = "hidden_size: 4", 'name: "cfc1"', 'bottom: "x" bottom: "tt" bottom: "mask"'
SHAPE = "shape { dim: 1 dim: 1 }"
BLOCK = "cfc_param { input_features: 1 hidden_size: 4 output_features: 1 }"
LAYER = 'layer {\n  name: "cfc1"'

# (what is in the model, what is written instead): words of the message
IN_THE_MODEL = {
    (SIZE, "hidden_size = 4"): ['found "=" after "hidden_size"', "write hidden_size: 4"],
    (SIZE, "hidden_size => 4"): ["write hidden_size: 4"],
    (SIZE, "hidden_size := 4"): ["write hidden_size: 4"],
    (SIZE, "hidden_size; 4"): ["write hidden_size: 4"],
    (SIZE, "hidden_size 4"): ["write hidden_size: 4"],
    (SIZE, "hidden size: 4"): ['found "hidden size"', "write hidden_size"],
    (SIZE, '"hidden_size": 4,'): ["without quotes", "write hidden_size: ..."],
    (SIZE, "\u201chidden_size\u201d: 4"): ["without quotes", "write hidden_size: ..."],
    (SIZE, "hidden_size: [4]"): ["one value, not a list", "write hidden_size: 4"],
    (SIZE, "hidden_size: (4)"): ["write 4"],
    (SIZE, "hidden_size: [4, 5]"): ["write hidden_size: 4, or another one of them"],
    (SIZE, "hidden_size: ${N}"): ["nothing is put in for variables", "write the value itself"],
    (SIZE, "hidden_size: $N"): ["nothing is put in for variables"],
    (SIZE, "hidden_size: {{ n }}"): ["nothing is put in for variables"],
    (SIZE, "hidden_size: four"): ["write a whole number in digits"],
    (SIZE, "hidden_size: True"): ["write a whole number"],
    (SIZE, "hidden_size: 4.5"): ["it must be a whole number, such as 5"],
    (SIZE, "hidden_size: 4 end"): ["write end: VALUE, or leave end out"],
    (SIZE, "hidden_size: 4 hidden_size: 5"): ["keep one of them"],
    (SIZE, "hidden_size: { 4 }"): ["write hidden_size: 4"],
    (SIZE, "hidden_size: 4.0"): ["write 4"],
    (SIZE, "hidden_size: 4k"): ["write 4000"],
    (SIZE, "hidden_size: 2*2"): ["write 4"],
    (SIZE, "hidden_size: 4,000"): ["write 4000"],
    (SIZE, "hidden_size: None"): ["leave the line out"],
    (SIZE, "units: 4"): ['did you mean "hidden_size"?'],
    (SIZE, "// text\nhidden_size: 4"): ['"//" does not begin a comment', "write # instead of //"],
    (SIZE, "/* text */ hidden_size: 4"): ["write # instead of /*"],
    (SIZE, "\n-- text\nhidden_size: 4"): ["write # instead of --"],
    (NAME, "name: cfc=1"): ['write name: "cfc=1"'],
    (NAME, "name: cfc 1"): ['write name: "cfc 1"'],
    (NAME, 'name = "cfc1"'): ['write name: "cfc1"'],
    (NAME, 'name: "cfc1'): ["the closing quote is missing", 'write name: "cfc1"'],
    (NAME, "name: \u201ccfc1\u201d"): ['write name: "cfc1"'],
    (NAME, 'name: ["cfc1"]'): ['write name: "cfc1"'],
    (BOTTOMS, 'bottom: "x", "tt", "mask"'): ['write bottom: ["x", "tt", "mask"]'],
    (BOTTOMS, 'bottom: "x tt mask"'): ['write each name by itself: bottom: "x" bottom: "tt"'],
    (BOTTOMS, 'bottom: "x,tt,mask"'): ['write each name by itself: bottom: "x" bottom: "tt"'],
    ('top: "xhat"', 'output: "xhat"'): ['did you mean "top"?'],
    ('type: "CFC"', 'class: "CFC"'): ['did you mean "type"?'],
    (' type: "CFC"', ""): ["has no type", "mycaffe layers lists"],
    (SHAPE, "shape: [1, 1]"): ["write shape { dim: [1, 1] }"],
    (SHAPE, "shape: (1, 1)"): ["write shape { dim: [1, 1] }"],
    (SHAPE, "shape { 1 1 }"): ["write dim: [1, 1]"],
    (SHAPE, "shape { dim: 1, 1 }"): ["write dim: [1, 1]"],
    (SHAPE, "shape { dim: 1 1 }"): ["write dim: [1, 1]"],
    (BLOCK, "cfc_param: 5"): ["takes a block in braces", "write cfc_param { ... }"],
    (BLOCK, BLOCK.replace("{", "= {")): ["write cfc_param { ... }"],
    (BLOCK, BLOCK.replace("{", "(").replace("}", ")")): ["written in braces", "write cfc_param {"],
    (LAYER, LAYER.replace("{", '"cfc1" {')): ['write layer { name: "cfc1" ... }'],
    (LAYER, LAYER.replace("layer", "layers")): ["the form of old files", "write layer { ... }"],
    (LAYER, 'include "other.prototxt"\n' + LAYER): ["prototxt has no include", "copy the other"],
    (LAYER, 'syntax = "proto2";\n' + LAYER): ["prototxt has no syntax", "leave the line out"],
    (LAYER, LAYER.replace("{", "")): ['no "{" after "layer"'],
    ("backbone_activation: RELU", 'backbone_activation: "relu6"'): ['did you mean "RELU"?'],
    ("mean_error_type: MSE", "mean_error_type: L2"): ['did you mean "MSE"?'],
}


@pytest.mark.parametrize(("old", "new"), IN_THE_MODEL)
def test_a_habit_in_a_model(bench, old, new):
    text = MODEL.replace(old, new, 1) if old == 'top: "xhat"' else replaced(MODEL, old, new)
    bench.write("bad.prototxt", text)
    result = bench.refuses(["check", "bad.prototxt"], 2, IN_THE_MODEL[old, new])
    assert result.stderr.count("error[") == 1, result.stderr


IN_THE_SOLVER = {
    ("base_lr: 0.01", "base_lr = 0.01"): ["write base_lr: 0.01"],
    ("base_lr: 0.01", "base_lr: 0,01"): ["write 0.01"],
    ("base_lr: 0.01", "base_lr: 1/100"): ["write 0.01"],
    ("base_lr: 0.01", "base_lr: 1%"): ["write 0.01"],
    ("base_lr: 0.01", "lr: 0.01"): ['did you mean "base_lr"?'],
    ("max_iter: 4", "epochs: 4"): ['did you mean "max_iter"?'],
    ("max_iter: 4", "max_iter: 4 optimizer: 'Adam'"): ['did you mean "type"?'],
    ("max_iter: 4", "max_iter: 4 batch_size: 3"): ["is a setting of a layer", "the model file"],
    ("max_iter: 4", "max_iter: 4 hidden_size: 3"): ["is a setting of a layer", "the model file"],
    ("max_iter: 4", "max_iter: 4 debug_info: yes"): ["write debug_info: true"],
    ("curve: SIN", "curve: cosine"): ['did you mean "COS"?'],
    ("momentum: 0.9", "beta1: 0.9"): ['did you mean "momentum"?'],
    ("momentum2: 0.95", "beta2: 0.95"): ['did you mean "momentum2"?'],
}


@pytest.mark.parametrize(("old", "new"), IN_THE_SOLVER)
def test_a_habit_in_a_solver(bench, old, new):
    bench.write("bad.prototxt", replaced(SOLVER, old, new))
    result = bench.refuses(["check", "bad.prototxt"], 2, IN_THE_SOLVER[old, new])
    assert result.stderr.count("error[") == 1, result.stderr


def test_square_brackets_of_a_block(bench):
    text = MODEL.replace(LAYER, LAYER.replace("{", "[")).replace("RELU }\n}", "RELU }\n]")
    bench.write("bad.prototxt", text)
    words = ["a block is written in braces", "write layer { ... }"]
    result = bench.refuses(["check", "bad.prototxt"], 2, words)
    assert result.stderr.count("error[") == 1, result.stderr


def test_a_list_of_blocks_is_no_mistake(bench):
    layers = MODEL.replace('name: "Small"\n', "").replace("\n}\nlayer {", "\n},\n{")
    bench.write("good.prototxt", f"layer: [{layers.removeprefix('layer ')}]")
    assert bench.mycaffe("check", "good.prototxt").exit_code == 0


# whole files: words of the message
FILES = {
    '{"name": "x", "layer": [{"name": "y"}]}': "this is JSON",
    "name: x\nlayer:\n  - name: y\n    type: Input\n": "this is YAML",
    "import torch\n\nclass Net(torch.nn.Module):\n    pass\n": "this is Python code",
    "<?xml version='1.0'?><net/>": "this is XML",
    "[solver]\nbase_lr = 0.1\n": "an INI or TOML file",
    f"<<<<<<< HEAD\n{MODEL}=======\n>>>>>>> other\n": "marks of a merge conflict",
    MODEL.replace('"', "\u201d"): "quotes are typographic",
    MODEL.replace(": ", "\uff1a"): "signs of double width",
    "": "bad.prototxt is empty",
    "# nothing\n": "bad.prototxt is empty",
}


@pytest.mark.parametrize("text", FILES, ids=FILES.values())
def test_a_text_in_another_language(bench, text):
    bench.write("bad.prototxt", text)
    result = bench.refuses(["check", "bad.prototxt"], 2, [FILES[text]])
    assert result.stderr.count("error[") == 1, result.stderr


@pytest.mark.parametrize(
    "text",
    [
        MODEL.replace("\n", "\r\n"),
        "\ufeff" + MODEL,
        MODEL.replace("  ", "\t"),
        MODEL + "\x1a",
        MODEL.replace(" }\n", " };\n").replace("\n}\n", "\n},\n"),
        "# import this\n# <<<<<<< not a mark\n# \u201cquoted\u201d \u201cwords\u201d\n" + MODEL,
    ],
    ids=["Windows", "byte order mark", "tabs", "DOS end mark", "separators", "comments"],
)
def test_what_is_no_mistake(bench, text):
    bench.write("good.prototxt", text)
    result = bench.mycaffe("check", "good.prototxt")
    assert result.exit_code == 0, result.stderr


def test_old_files_may_have_layers(bench):
    bench.write(
        "old.prototxt",
        'input: "x" input_dim: [1, 1, 1, 1] layers { name: "a" type: RELU bottom: "x" top: "y" }',
    )
    assert bench.mycaffe("check", "old.prototxt").exit_code == 0
