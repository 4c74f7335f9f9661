"""An operation changes its place in the text and nothing else, and what is then seen comes with it."""

from __future__ import annotations

import json

import pytest
from mycaffe_plugins.designer.editing import edit

from mycaffe_py.errors import ConfigError
from mycaffe_py.resources import resource_path

LIQUID = (resource_path("models") / "LiquidNetCfc.prototxt").read_text(encoding="utf-8")
ADAMW = (resource_path("solvers") / "adamw.prototxt").read_text(encoding="utf-8")
HIDDEN = {"op": "set", "path": ["layer", 1, "cfc_param", "hidden_size"], "value": "64"}


def apply(registry, do, text=LIQUID, kind="model"):
    found = edit(kind, text, "TRAIN", do, f"{kind}.prototxt", registry)
    json.dumps(found)
    return found


def test_a_set_field_changes_its_digits_only(registry):
    found = apply(registry, HIDDEN)
    assert found["text"] == LIQUID.replace("hidden_size: 256", "hidden_size: 64")
    start, end = found["span"]
    assert "64" in found["text"][start:end]
    line, column = found["start"]["line"], found["start"]["column"]
    assert found["text"].split("\n")[line - 1][column - 1 :].startswith("64")
    assert found["fields"]["layer.1.cfc_param.hidden_size"]["text"] == "64"
    assert found["problems"] == [] and found["net"]["weights"] < 87617


def test_operations_follow_each_other_and_the_last_one_is_the_place(registry):
    add = {
        "op": "add_layer",
        "type": "ReLU",
        "name": "relu",
        "after": 1,
        "bottom": ["xhat"],
        "top": ["xhat"],
    }
    rename = {"op": "rename_layer", "index": 2, "name": "clipped"}
    found = apply(registry, [HIDDEN, add, rename])
    assert [each["name"] for each in found["layers"]] == ["data", "cfc1", "clipped", "loss"]
    chips = [chip["name"] for card in found["graph"]["cards"] for chip in card["chips"]]
    assert chips == ["clipped"]
    start, end = found["span"]
    assert "clipped" in found["text"][start:end]


def test_what_an_edit_breaks_is_among_the_problems(registry):
    found = apply(registry, {**HIDDEN, "value": "-3"})
    assert [each["text"] for each in found["problems"]] == ["must be at least 1, got -3"]


def test_a_solver_is_edited_likewise(registry):
    do = {"op": "set", "path": ["base_lr"], "value": "0.5"}
    found = apply(registry, do, ADAMW, "solver")
    assert found["text"] == ADAMW.replace("base_lr: 0.01", "base_lr: 0.5")
    assert set(found["rate"]["lr"]) == {0.5}


def test_line_ends_and_a_byte_order_mark_stay(registry):
    text = "\ufeff" + LIQUID.replace("\n", "\r\n")
    found = apply(registry, HIDDEN, text)
    assert found["text"] == text.replace("hidden_size: 256", "hidden_size: 64")


@pytest.mark.parametrize(
    "do",
    [
        {"op": "fly"},
        {},
        {"op": "set", "path": ["layer", 7, "name"], "value": "x"},
        {"op": "set", "path": ["layer", 1, "cfc_param", "hidden_size"], "value": "many"},
        [HIDDEN, {"op": "remove_layer", "index": 9, "bridge": False}],
    ],
)
def test_what_cannot_be_done_is_refused_in_words(registry, do):
    with pytest.raises(ConfigError) as caught:
        apply(registry, do)
    assert caught.value.message


def test_there_are_two_kinds_of_files(registry):
    with pytest.raises(ConfigError, match="no weights"):
        apply(registry, HIDDEN, kind="weights")
