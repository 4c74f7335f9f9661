"""What differs between runs."""

from __future__ import annotations

import pytest
from mycaffe_plugins.designer.compare import compare, settings_of

from mycaffe_py.errors import MissingFileError


def test_settings_are_named_as_set_names_them(train, registry):
    found = settings_of(train("--iterations", 2, "--seed", 3), registry)
    assert found["solver.base_lr"] == "0.01" and found["solver.max_iter"] == "2"
    assert found["solver.trainer.gym.curve_param.curve"] == "SIN"
    assert found["cfc1.cfc_param.hidden_size"] == "4" and found["cfc1.bottom"] == "x, tt, mask"
    assert found["seed"] == "3" and found["device"] == "cpu" and "versions.numpy" in found


def test_what_differs_is_told_from_what_does_not(train, registry):
    first = train("--iterations", 2, "--seed", 3)
    second = train("--iterations", 2, "--seed", 4, "--set", "cfc1.cfc_param.hidden_size=5",
                   "--set", "solver.clip_gradients=1")  # fmt: skip
    found = compare([first, second], registry)
    assert {one["path"]: one["values"] for one in found["differs"]} == {
        "cfc1.cfc_param.hidden_size": ["4", "5"],
        "seed": ["3", "4"],
        "solver.clip_gradients": [None, "1.0"],
    }
    assert found["same"] == len(found["equal"]) > 20
    assert {"path": "solver.base_lr", "value": "0.01"} in found["equal"]


def test_a_run_alone_differs_from_nothing(train, registry):
    found = compare([train("--iterations", 2)], registry)
    assert found["differs"] == [] and found["same"] > 20


def test_layers_of_one_name_are_told_apart(train, registry):
    folder = train("--iterations", 2)
    path = folder / "model.prototxt"
    text = 'layer { name: "d" type: "Input" top: "x" } layer { name: "d" type: "ReLU" bottom: "x" }'
    path.write_text(text)
    found = settings_of(folder, registry)
    assert found["d.type"] == "Input" and found["d (2).type"] == "ReLU"


def test_a_run_that_lost_its_files(train, registry):
    folder = train("--iterations", 2)
    (folder / "model.prototxt").unlink()
    with pytest.raises(MissingFileError):
        settings_of(folder, registry)
