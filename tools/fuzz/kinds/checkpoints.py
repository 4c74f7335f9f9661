"""Weights of PyTorch's modules (.safetensors), as ``convert-weights`` reads them; part of the kind ``weights``."""

from __future__ import annotations

import json
import random
from pathlib import Path

from mycaffe_py.net import Net
from mycaffe_py.weights import save_weights
from tools.fuzz.case import MYCAFFE, Case
from tools.fuzz.jsonwise import as_text, change_json
from tools.fuzz.mutating import change_bytes

from .small_run import command_files

NET = """
name: "liquid"
layer { name: "in" type: "Input" top: "x" top: "tt"
  input_param { shape { dim: 2 dim: 4 dim: 3 } shape { dim: 2 dim: 4 } } }
layer { name: "cfc1" type: "CFC" bottom: "x" bottom: "tt" top: "y"
  cfc_param { hidden_size: 5 output_features: 2 } cfc_unit_param { backbone_units: 4 } }
"""
_HEADER = 8
"""Bytes before the header of such a file: the header's length."""


def checkpoint(folder: Path) -> bytes:
    """Return the file of a module that fits the net."""
    folder.mkdir()
    (folder / "net.prototxt").write_text(NET)
    save_weights(Net(folder / "net.prototxt"), folder / "w.caffemodel")
    words = ["convert-weights", "w.caffemodel", "m.safetensors", "--model", "net.prototxt"]
    return command_files(folder, words)["m.safetensors"]


def checkpoint_case(rng: random.Random, data: bytes) -> Case:
    """Return a case: a file with a changed header or changed bytes, converted or only looked at."""
    size = int.from_bytes(data[:_HEADER], "little")
    if rng.random() < 0.6:
        header = json.loads(data[_HEADER : _HEADER + size])
        text = as_text(rng, change_json(rng, header, rng.randint(1, 3))).encode("utf-8", "replace")
        data = len(text).to_bytes(_HEADER, "little") + text + data[_HEADER + size :]
    else:
        data = change_bytes(rng, data)
    use = ["--print-layer"] if rng.random() < 0.5 else ["w.caffemodel", "--model", "net.prototxt"]
    files = {"m.safetensors": data, "net.prototxt": NET.encode()}
    return Case([[MYCAFFE, "convert-weights", "m.safetensors", *use]], files)
