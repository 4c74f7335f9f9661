"""Names of files in commands that messages say to type: a shell takes each as one word, whatever it contains."""

from __future__ import annotations

import json
import sys

import pytest

ODD = "$(touch x)"
NET = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 } } }
layer { name: "py" type: "%s" bottom: "x" top: "y" }
"""
OLD = 'input: "x" input_dim: 1 input_dim: 1 input_dim: 1 input_dim: 1 '


@pytest.fixture
def folder(tmp_path):
    """A run folder of somebody else, and files of odd names."""
    for name in (f"{ODD}.prototxt", "model.prototxt"):
        (tmp_path / name).write_text(NET % "Python")
    (tmp_path / "run.json").write_text(json.dumps({"plugins": [ODD], "folder": str(tmp_path)}))
    (tmp_path / f"old {ODD}.prototxt").write_text(OLD)
    (tmp_path / f"gone {ODD}.prototxt").write_text(NET % "NoSuchType")
    (tmp_path / f"{ODD}.caffemodel").touch()
    (tmp_path / f"{ODD}.pt").write_bytes(b"PK\x03\x04")
    return tmp_path


TRAIN = ("train", "--solver", "adamw.prototxt", "--model", "LiquidNetCfc.prototxt")
CASES = {
    "plugin of a run": (("check", "model.prototxt"), f"add --plugin '{ODD}'"),
    "check": (("check", f"{ODD}.prototxt"), f"mycaffe check --allow-python '{ODD}.prototxt'"),
    "draw": (("draw", f"{ODD}.prototxt"), f"mycaffe draw --allow-python '{ODD}.prototxt'"),
    "draw without shapes": (("draw", f"gone {ODD}.prototxt"), f"mycaffe check 'gone {ODD}.prototxt'"),
    "resume": ((*TRAIN, "--resume", f"{ODD}.caffemodel"), f"use --weights '{ODD}.caffemodel'"),
    "upgrade": (("check", f"old {ODD}.prototxt"), f"mycaffe upgrade-net 'old {ODD}.prototxt' NEW"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_name_in_a_command_is_one_word(mycaffe, folder, case):
    arguments, words = CASES[case]
    assert words in mycaffe(*arguments).output


def test_a_name_in_python_code_is_left_out(mycaffe, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    output = mycaffe("convert-weights", f"{ODD}.pt", "--print-layer").output
    assert "torch.load('FILE.pt', weights_only=True)" in output
