"""Names of skeletons: how they are derived, and which are refused."""

from __future__ import annotations

import sys

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import stable_number
from mycaffe_py.skeletons import SKELETONS, Names, names_of
from mycaffe_py.skeletons.naming import check_module, check_unused


@pytest.mark.parametrize(
    ("name", "camel", "snake"),
    [
        ("MyGate", "MyGate", "my_gate"),
        ("my-gate", "MyGate", "my_gate"),
        ("my_gate", "MyGate", "my_gate"),
        ("myGate", "MyGate", "my_gate"),
        ("gate", "Gate", "gate"),
        ("HTTPGate", "HTTPGate", "http_gate"),
        ("my-HTTP", "MyHTTP", "my_http"),
        ("LIF", "LIF", "lif"),
        ("conv-2d", "Conv2d", "conv_2d"),
        ("x2", "X2", "x2"),
    ],
)
def test_derived_names(name, camel, snake):
    names = names_of(name)
    assert names == Names(camel, snake)
    assert names.field == f"{snake}_param" and names.dashed == snake.replace("_", "-")
    assert names.number == stable_number(names.field)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "begins with a letter"),
        ("2d", "begins with a letter"),
        ("_gate", "begins with a letter"),
        ("gate-", "begins with a letter"),
        ("a--b", "begins with a letter"),
        ("gate.py", "begins with a letter"),
        ("../gate", "begins with a letter"),
        ("my gate", "begins with a letter"),
        ("gate\n", "begins with a letter"),
        ("Größe", "begins with a letter"),
        ("x" * 31, "too long"),
        ("class", "keyword"),
        ("Lambda", "keyword"),
        ("none", "keyword"),
        ("ValueError", "Python has a ValueError"),
        ("layer", "mycaffe has a Layer"),
        ("config-error", "mycaffe has a ConfigError"),
        ("conftest", "pytest"),
        ("TestGate", "pytest"),
        ("GymTrainer", "mycaffe has a GymTrainer"),
        ("NUL", "Windows keeps nul.py"),
        ("com1", "Windows keeps com1.py"),
    ],
)
def test_refused_names(name, words):
    with pytest.raises(ConfigError, match=words):
        names_of(name)


@pytest.mark.parametrize("module", ["random", "sys", "numpy", "pytest", "mycaffe_py"])
def test_modules_that_exist_are_not_hidden(module):
    with pytest.raises(ConfigError, match=f"there is a Python module {module} already"):
        check_module(module, module)


def test_modules_of_editable_installations_are_not_hidden(monkeypatch):
    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            return object() if name == "editable_thing" else None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])
    with pytest.raises(ConfigError, match="there is a Python module editable_thing already"):
        check_module("EditableThing", "editable_thing")
    check_module("EditableThings", "editable_things")


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("layer", "TanH", "layer type TanH of plugin mycaffe_plugins.common"),
        ("layer", "tan-h", "layer type TanH"),
        ("solver", "adam-w", "solver type AdamW"),
        ("filler", "Xavier", "filler type xavier"),
        ("gym", "CurveGym", "gym type Curve"),  # an alias
        ("gym", "Pooling", "message PoolingParameter"),
        ("command", "train", "verb mycaffe train"),
    ],
)
def test_taken_names(kind, name, words):
    with pytest.raises(ConfigError, match=words):
        check_unused(name, names_of(name), SKELETONS[kind], default_registry(), {"train"})
