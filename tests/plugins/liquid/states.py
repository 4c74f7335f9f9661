"""Golden cases as state dicts with the names of ncps' and the CfC authors' modules, and the nets for them."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from mycaffe_plugins.liquid.checkpoints.converting import convert
from safetensors.numpy import load_file, save_file

from mycaffe_py.net import Net

from . import golden, ltc_golden, wired_golden

CASES = [
    *golden.MODELS, *golden.CELLS, *ltc_golden.MODELS, *ltc_golden.CELLS, *wired_golden.WIRINGS,
]  # fmt: skip


@dataclass
class Case:
    """A golden case: the state of its module, the text of its net, inputs and expected tops."""

    state: dict[str, np.ndarray]
    text: str
    inputs: dict[str, np.ndarray]
    tops: dict[str, np.ndarray]


def case(name):
    meta, arrays = golden.load(name)
    state = {their_name(key[2:]): value for key, value in arrays.items() if key.startswith("w.")}
    single = {"x": arrays["input"], "h": arrays["hx"], "ts": arrays["ts"]} if "hx" in arrays else {}
    if name in golden.MODELS:
        inputs = golden.model_inputs(arrays)
        return Case(state, golden.model_text(meta, inputs), inputs, {"y": arrays["y"]})
    if name in golden.CELLS:
        return Case(state, golden.cell_text(meta, single), single, {"h_new": arrays["h_new"]})
    if name in ltc_golden.MODELS:
        inputs = golden.model_inputs(arrays)
        text = ltc_golden.with_inputs(inputs, ltc_golden.model_text(meta, inputs))
        return Case(state, text, inputs, {"y": arrays["y"]})
    if name in ltc_golden.CELLS:
        tops = {key: arrays[key] for key in ("h_new", "output") if key in arrays}
        return Case(state, ltc_golden.with_inputs(single, ltc_golden.cell_text(meta)), single, tops)
    inputs = {"x": arrays["x"], "tt": arrays["timespans"], "h0": arrays["h0"]}
    return Case(state, wired_golden.net_text(name, meta, inputs), inputs, {"y": arrays["y"]})


def their_name(golden_name):
    """Linear layers and activations alternate in the backbone of the modules."""
    return re.sub(r"bb_(\d+)", lambda match: f"backbone.{2 * int(match[1])}", golden_name)


def converted(source, target=None, **given):
    """Run the conversion as the verb does."""
    defaults = {
        "model": "net.prototxt", "layer": None, "prefix": None, "to": None, "phase": "TEST",
        "print_layer": False, "plugins": (),
    }  # fmt: skip
    return convert(source=source, target=target, **(defaults | given))


def put(folder, name, change=None):
    """Write a case's files, after a change of its state if there is one; return the case."""
    one = case(name)
    (folder / "net.prototxt").write_text(one.text)
    if change is not None:
        change(one.state)
    ordered = {key: np.ascontiguousarray(value) for key, value in one.state.items()}
    save_file(ordered, folder / "m.safetensors")
    return one


def edit(folder, *changes):
    """Change the text of the net."""
    path = folder / "net.prototxt"
    text = path.read_text()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text)


def outputs(registry, one, weights, dtype="float64"):
    """Return the tops of the case's net with weights of ours."""
    net = Net("net.prototxt", weights=weights, registry=registry, dtype=dtype, device="cpu")
    return net.forward(**one.inputs)


def assert_same(found, expected):
    """Check that two files, or a file and a state, hold the same bits."""
    found, expected = (load_file(one) if isinstance(one, str) else one for one in (found, expected))
    assert set(found) == set(expected)
    for name, array in expected.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape, name
        assert found[name].tobytes() == np.ascontiguousarray(array).tobytes(), name
