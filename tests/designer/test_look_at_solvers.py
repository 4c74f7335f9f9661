"""What a page is told about a solver's text: its type, the fields in use, the trainer, the rate's course."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from mycaffe_plugins.designer.look import look

from mycaffe_py.resources import resource_path

MODEL = resource_path("models") / "LiquidNetCfc.prototxt"
LIQUID = MODEL.read_text(encoding="utf-8")
ADAMW = (resource_path("solvers") / "adamw.prototxt").read_text(encoding="utf-8")


def solver(registry, text, filename="solver.prototxt"):
    seen = look("solver", text, "TRAIN", filename, registry)
    json.dumps(seen)
    return seen


def test_a_solver_is_described(registry):
    seen = solver(registry, ADAMW)
    assert seen["problems"] == [] and seen["type"] == "AdamW"
    assert seen["trainer"] == {
        "form": "block", "type": "RNN.SUPER_SIMPLE", "gym": "Curve", "properties": [],
    }  # fmt: skip
    assert seen["fields"]["trainer.gym.curve_param.curve"]["text"] == "SIN"
    assert seen["rate"]["iteration"][0] == 0 and seen["rate"]["iteration"][-1] == 3999
    assert seen["rate"]["lr"] == [0.01] * 200


@pytest.mark.parametrize(
    ("settings", "rate_at"),
    [
        ('lr_policy: "step" gamma: 0.5 stepsize: 100', lambda i: 0.1 * 0.5 ** (i // 100)),
        ('lr_policy: "poly" power: 2', lambda i: 0.1 * (1 - i / 1000) ** 2),
        ('lr_policy: "multistep" gamma: 0.1 stepvalue: 300 stepvalue: 700',
         lambda i: 0.1 * 0.1 ** ((i >= 300) + (i >= 700))),
        ('lr_policy: "sigmoid" gamma: -0.01 stepsize: 500',
         lambda i: 0.1 / (1 + math.exp(0.01 * (i - 500)))),
    ],
)  # fmt: skip
def test_the_rate_is_that_of_the_training(registry, settings, rate_at):
    seen = solver(registry, f'type: "SGD" base_lr: 0.1 max_iter: 1000 {settings}')
    assert seen["problems"] == []
    updates, rates = seen["rate"]["iteration"], seen["rate"]["lr"]
    assert len(updates) == len(set(updates)) == 200 and updates[-1] == 999
    assert rates == pytest.approx([rate_at(update) for update in updates])


def test_a_rate_beyond_all_numbers_is_left_out(registry):
    seen = solver(registry, 'base_lr: 1 lr_policy: "exp" gamma: 100 max_iter: 100000')
    assert seen["rate"]["lr"][0] == 1.0 and seen["rate"]["lr"][-1] is None


@pytest.mark.parametrize(
    "text", ["", 'lr_policy: "fixed" base_lr: 1', 'lr_policy: "step" base_lr: 1 max_iter: 9']
)
def test_without_updates_or_a_sound_policy_there_is_no_rate(registry, text):
    assert solver(registry, text)["rate"] is None


def test_the_fields_in_use_depend_on_type_and_policy(registry):
    def uses(text):
        return set(solver(registry, text)["uses"])

    sgd = uses('type: "SGD" lr_policy: "fixed" base_lr: 1')
    adamw = uses('type: "AdamW" lr_policy: "fixed" base_lr: 1')
    assert {"base_lr", "lr_policy", "max_iter", "snapshot", "momentum"} <= sgd & adamw
    assert {"momentum2", "delta", "adamw_decay"} <= adamw - sgd
    assert not {"gamma", "power", "stepsize", "stepvalue", "rms_decay"} & (sgd | adamw)
    stepped = uses('type: "SGD" lr_policy: "step" base_lr: 1')
    assert stepped - sgd == {"gamma", "stepsize"}
    multistep = uses('type: "SGD" lr_policy: "multistep" base_lr: 1')
    assert multistep - sgd == {"gamma", "stepvalue"}


PROPERTIES = """type: "AdamW" base_lr: 0.01 lr_policy: "fixed" max_iter: 10 momentum: 0.9 momentum2: 0.9
custom_trainer: "MyCaffeTrainerDual"
custom_trainer_properties: "TrainerType=RNN.SUPER_SIMPLE;Gym=Curve;CurveType=COS;Threads=1;Oops=2"
"""


def test_the_properties_of_mycaffes_form_are_listed_with_what_they_set(registry):
    seen = solver(registry, PROPERTIES)
    trainer = seen["trainer"]
    assert (trainer["form"], trainer["type"], trainer["gym"]) == (
        "properties", "RNN.SUPER_SIMPLE", "Curve",
    )  # fmt: skip
    assert [(each["key"], each["value"], each["path"]) for each in trainer["properties"]] == [
        ("TrainerType", "RNN.SUPER_SIMPLE", "trainer.type"),
        ("Gym", "Curve", "trainer.gym.type"),
        ("CurveType", "COS", "trainer.gym.curve_param.curve"),
        ("Threads", "1", ""),
        ("Oops", "2", None),
    ]
    (problem,) = seen["problems"]
    assert problem["text"] == 'unknown property "Oops"' and problem["line"] == 3
    assert solver(registry, PROPERTIES.replace(";Oops=2", ""))["problems"] == []


def test_mistakes_of_settings_and_trainer_are_found_without_a_net(registry):
    bad = ADAMW.replace("momentum: 0.9 ", "momentum: 1.9 ")
    assert [each["path"] for each in solver(registry, bad)["problems"]] == [["momentum"]]
    bad = ADAMW.replace('"Curve"', '"Curv"')
    assert [each["path"] for each in solver(registry, bad)["problems"]] == [
        ["trainer", "gym", "type"]
    ]


def test_a_problem_of_the_net_that_is_named_says_so(registry, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("net.prototxt").write_text(
        LIQUID.replace("hidden_size: 256", "hidden_size: -3"), encoding="utf-8"
    )
    (problem,) = solver(registry, f'net: "net.prototxt" {ADAMW}')["problems"]
    assert problem["message"].startswith("net.prototxt, line 27: ") and problem["line"] is None
    Path("net.prototxt").write_text(LIQUID, encoding="utf-8")
    assert solver(registry, f'net: "net.prototxt" {ADAMW}')["problems"] == []
    wrong = ADAMW.replace('x: "x"', 'x: "y"')
    assert len(solver(registry, f'net: "net.prototxt" {wrong}')["problems"]) == 1
    (missing,) = solver(registry, f'net: "gone.prototxt" {ADAMW}')["problems"]
    assert missing["path"] == ["net"]


def test_an_old_form_is_named(registry):
    old = solver(registry, 'solver_type: ADAM base_lr: 1 lr_policy: "fixed" momentum: 0.9')
    assert old["upgrade"].startswith("mycaffe upgrade-solver") and old["type"] == "Adam"
