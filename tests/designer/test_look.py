"""What a page is told about a text: problems at their fields, what is known of each layer, the rate's course."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from mycaffe_plugins.designer.look import look

from mycaffe_py.builder import check_files
from mycaffe_py.errors import ConfigError
from mycaffe_py.resources import resource_path

MODEL = resource_path("models") / "LiquidNetCfc.prototxt"
LIQUID = MODEL.read_text(encoding="utf-8")
ADAMW = (resource_path("solvers") / "adamw.prototxt").read_text(encoding="utf-8")
INPUT = 'layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }\n'


def model(registry, text, phase="TRAIN", filename="net.prototxt", **options):
    seen = look("model", text, phase, filename, registry, **options)
    json.dumps(seen)
    return seen


# A sound model.


def test_a_sound_model_is_described_layer_by_layer(registry):
    seen = model(registry, LIQUID)
    assert seen["problems"] == [] and seen["old_form"] is None and seen["not_drawn"] is None
    assert seen["net"] == {"name": "LiquidNetCfc", "layers": 3, "weights": 87617}
    assert seen["blobs"] == ["x", "tt", "mask", "target", "xhat", "loss"]
    assert seen["layers"][1] == {
        "index": 1,
        "name": "cfc1",
        "type": "CFC",
        "group": "liquid",
        "plugin": "mycaffe_plugins.liquid",
        "included": True,
        "phase": None,
        "bottoms": ["x", "tt", "mask"],
        "tops": [{"blob": "xhat", "shape": [1, 1]}],
        "weights": 87617,
        "loss": False,
        "summary": "",
        "note": None,
    }
    assert [card["lines"] for card in seen["graph"]["cards"]] == [[], ["87,617 weights"], []]
    assert seen["layers"][2]["loss"] and seen["graph"]["cards"][2]["loss"]


def test_every_scalar_in_the_text_has_its_place(registry):
    seen = model(registry, LIQUID)
    lines = LIQUID.splitlines()
    field = seen["fields"]["layer.1.cfc_param.hidden_size"]
    assert field["text"] == "256"
    start = field["column"] - 1
    assert lines[field["line"] - 1][start : start + field["length"]] == "256"
    assert seen["fields"]["layer.1.bottom.2"]["text"] == "mask"
    assert seen["fields"]["name"]["text"] == "LiquidNetCfc"
    index, first, last = seen["lines"][1]
    assert (index, lines[first - 1], lines[last - 1]) == (1, "layer {", "}")
    assert 'name: "cfc1"' in lines[first]


def test_a_byte_order_mark_and_crlf_move_no_place(registry):
    text = "\ufeffname: 3\r\nlayer {\r\n  name: 'a'\r\n  type: 'Inpt'\r\n}\r\n"
    first, second = model(registry, text)["problems"]
    assert (first["line"], first["column"], first["length"]) == (1, 8, 1)
    assert (second["line"], second["column"], second["length"]) == (4, 9, 6)


# Problems.

BROKEN = {
    "setting": LIQUID.replace("hidden_size: 256", "hidden_size: -3"),
    "type": LIQUID.replace('"CFC"', '"CFX"'),
    "bottom": LIQUID.replace('bottom: "mask"', 'bottom: "msk"'),
    "field": LIQUID.replace("backbone_units", "backbone_unit"),
    "value": LIQUID.replace("RELU", "RELUX"),
    "several": LIQUID.replace("256", "-3").replace('bottom: "target"', 'bottom: "targt"'),
    "bracket": LIQUID.replace("  cfc_param {", "  cfc_param"),
    "shapes": LIQUID.replace("dim: 1 dim: 1 }", "dim: 3 dim: 7 }"),
    "filler": INPUT
    + 'layer { name: "f" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 2 '
    'weight_filler { type: "xaver" } } }',
    "filler's shape": INPUT
    + 'layer { name: "f" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 2 '
    'weight_filler { type: "bilinear" } } }',
    "no layers": 'name: "Empty"',
    "solver": ADAMW,
}


@pytest.mark.parametrize("name", BROKEN)
def test_the_problems_are_those_of_check(registry, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(BROKEN[name], encoding="utf-8")
    wanted = look("model", BROKEN[name], "TRAIN", "net.prototxt", registry)["problems"]
    found = (
        check_files(["net.prototxt"], registry)
        if name != "solver"  # which mycaffe check takes for what it is
        else [None]
    )
    assert len(wanted) == len(found) > 0
    for seen, problem in zip(wanted, found, strict=True):
        if problem is not None:
            assert (seen["message"], seen["hint"], seen["code"]) == (
                problem.message, problem.hint, problem.code,
            )  # fmt: skip


def test_a_problem_names_its_layer_and_field_and_the_rest_is_drawn(registry):
    seen = model(registry, BROKEN["setting"])
    assert seen["problems"] == [
        {
            "code": "E220",
            "message": 'layer "cfc1" (CFC): hidden_size must be at least 1, got -3',
            "text": "must be at least 1, got -3",
            "hint": None,
            "path": ["layer", 1, "cfc_param", "hidden_size"],
            "layer": "cfc1",
            "index": 1,
            "line": 27,
            "column": 18,
            "length": 2,
        }
    ]
    assert len(seen["graph"]["cards"]) == 3 and seen["net"]["weights"] is None
    shapes = {top["blob"]: top["shape"] for each in seen["layers"] for top in each["tops"]}
    assert shapes["mask"] == [1, 82, 1] and shapes["xhat"] is None


def test_a_wrong_word_leaves_the_other_layers_known(registry):
    seen = model(registry, BROKEN["value"])
    assert seen["problems"][0]["path"] == ["layer", 1, "cfc_unit_param", "backbone_activation"]
    assert seen["problems"][0]["index"] == 1
    assert seen["layers"][0]["tops"][0]["shape"] == [1, 82, 1]
    assert len(seen["graph"]["cards"]) == 3


def test_without_structure_there_is_only_the_problem(registry):
    seen = model(registry, "layer { name: 'a'")
    assert [each["line"] for each in seen["problems"]] == [1]
    assert (seen["graph"], seen["layers"], seen["fields"]) == (None, [], {})


def test_an_exception_in_a_plugins_layer_is_a_problem(registry, monkeypatch):
    def broken(self, bottom, top):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(registry.layers.find("ReLU"), "setup", broken)
    text = INPUT + 'layer { name: "r" type: "ReLU" bottom: "x" top: "y" }'
    seen = model(registry, text)
    (problem,) = seen["problems"]
    assert "by zero" in problem["message"] and 'layer "r" (ReLU)' in problem["message"]
    assert problem["code"] == "E120"
    assert seen["layers"][0]["tops"][0]["shape"] == [2, 3] and seen["graph"]


# Phases and old forms.

PHASES = """layer { name: "a" type: "Input" top: "x" include { phase: TRAIN } input_param { shape { dim: 64 } } }
layer { name: "b" type: "Input" top: "x" include { phase: TEST } input_param { shape { dim: 100 } } }
layer { name: "r" type: "ReLU" bottom: "x" top: "y" }
layer { name: "t" type: "Silence" bottom: "z" include { phase: TEST } }
"""


@pytest.mark.parametrize(
    ("phase", "included", "problems", "shape"),
    [
        ("TRAIN", [True, False, True, False], 0, [64]),
        ("TEST", [False, True, True, True], 1, [100]),
        ("ALL", [True] * 4, 1, [64]),
    ],
)
def test_a_phase_has_its_layers_and_its_problems(registry, phase, included, problems, shape):
    seen = model(registry, PHASES, phase)
    assert [each["included"] for each in seen["layers"]] == included
    assert [each["phase"] for each in seen["layers"]] == ["TRAIN", "TEST", None, "TEST"]
    assert len(seen["problems"]) == problems
    assert seen["layers"][2]["tops"][0]["shape"] == shape
    assert [card["index"] for card in seen["graph"]["cards"]] == [
        index for index, own in enumerate(included) if own
    ]


def test_a_net_for_training_alone_has_no_problems_of_test(registry):
    text = PHASES.splitlines()[0] + PHASES.splitlines()[2]
    assert model(registry, text, "ALL")["problems"] == []


def test_an_old_form_is_named_and_drawn(registry):
    text = """input: "x" input_dim: 1 input_dim: 3 input_dim: 8 input_dim: 8
    layers { name: "conv" type: CONVOLUTION bottom: "x" top: "y" convolution_param { num_output: 2 kernel_size: 3 } }"""
    seen = model(registry, text)
    assert "layers { }" in seen["old_form"] and seen["problems"] == []
    assert seen["upgrade"] == "mycaffe upgrade-net net.prototxt net_new.prototxt"
    assert [card["type"] for card in seen["graph"]["cards"]] == ["Input", "Convolution"]


def test_weights_that_layers_share_count_once_in_the_net(registry):
    fc = """layer {{ name: "{0}" type: "InnerProduct" bottom: "x" top: "{0}" param {{ name: "w" }} param {{ name: "b" }}
      inner_product_param {{ num_output: 4 }} }}\n"""
    seen = model(registry, INPUT + fc.format("one") + fc.format("two"))
    assert [each["weights"] for each in seen["layers"]] == [None, 16, 16]
    assert seen["net"]["weights"] == 16


# Texts that nobody writes.


def test_a_text_of_more_than_two_megabytes_is_refused(registry):
    with pytest.raises(ConfigError, match="larger than 2 MB"):
        model(registry, "#" * 10_000_000)


def test_blocks_within_blocks_are_an_ordinary_problem(registry):
    seen = model(registry, "layer { loss_param { " * 5000 + "}" * 10000)
    assert 0 < len(seen["problems"]) <= 200


def test_too_many_layers_are_not_drawn(registry):
    seen = model(registry, 'layer { name: "a" }\n' * 3001)
    assert seen["graph"] is None and "3,001 layers" in seen["not_drawn"]
    assert [each["message"] for each in seen["problems"]] == [
        f"{seen['not_drawn']}, and to check here"
    ]
    assert seen["net"]["layers"] == 3001


def test_shapes_beyond_reason_are_problems(registry):
    text = INPUT.replace("dim: 2 dim: 3", "dim: 1000000000 dim: 1000000000")
    (problem,) = model(registry, text)["problems"]
    assert "more than 2147483647 elements" in problem["message"]


def test_a_large_layer_takes_no_memory(registry, monkeypatch):
    from mycaffe_py.blob import Blob

    sizes = []
    allocate = Blob._allocate
    monkeypatch.setattr(
        Blob, "_allocate", lambda self: (sizes.append(self.count), allocate(self))[1]
    )
    text = INPUT + (
        'layer { name: "f" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { '
        'num_output: 500000000 weight_filler { type: "xavier" } } }'
    )
    seen = model(registry, text)
    assert seen["net"]["weights"] == 2_000_000_000 and seen["problems"] == []
    assert max(sizes, default=0) < 1000


MARKS = """import pathlib
pathlib.Path("imported").touch()
import caffe
class Twice(caffe.Layer):
    def setup(self, bottom, top): pass
    def reshape(self, bottom, top): top[0].reshape(4, 3)
    def forward(self, bottom, top): pass
"""


def test_python_layers_are_not_run_unless_allowed(registry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("marks_of_look.py").write_text(MARKS, encoding="utf-8")
    text = INPUT + (
        'layer { name: "p" type: "python" bottom: "x" top: "y" '
        'python_param { module: "marks_of_look" layer: "Twice" } }\n'
        'layer { name: "r" type: "ReLU" bottom: "y" top: "z" }'
    )
    seen = model(registry, text)
    assert not Path("imported").exists()
    assert seen["problems"] == [] and seen["net"]["weights"] is None
    assert (
        "Not built" in seen["layers"][1]["note"] and "--allow-python" in seen["layers"][1]["note"]
    )
    assert [card["lines"] for card in seen["graph"]["cards"]] == [[], ["not built"], []]
    assert [each["tops"][0]["shape"] for each in seen["layers"]] == [[2, 3], None, None]
    assert len(seen["graph"]["cards"]) == 3
    monkeypatch.setenv("MYCAFFE_ALLOW_PYTHON", "1")
    allowed = model(registry, text, allow_python=True)
    assert Path("imported").exists() and allowed["layers"][2]["tops"][0]["shape"] == [4, 3]


@pytest.mark.parametrize(("kind", "phase"), [("weights", "TRAIN"), ("model", "DEPLOY")])
def test_other_kinds_and_phases_are_refused(registry, kind, phase):
    with pytest.raises(ConfigError):
        look(kind, "", phase, "x", registry)
