"""The layers of docs/liquid.md build and run, and the page names what there is."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

PAGE = (Path(__file__).parents[3] / "docs" / "liquid.md").read_text(encoding="utf-8")
LAYERS = re.findall(r"```prototxt\n(.*?)```", PAGE, re.DOTALL)
SHAPES = {
    "x": (2, 5, 3),
    "tt": (2, 5),
    "mask": (2, 5, 3),
    "state": (2, 16),
    "one": (2, 3),
    "hidden": (2, 16),
    "span": (2, 1),
}


def net_of(registry, layer):
    inputs = re.findall(r'bottom: "(\w+)"', layer)
    tops = " ".join(f'top: "{name}"' for name in inputs)
    shapes = " ".join(
        "shape { " + " ".join(f"dim: {dim}" for dim in SHAPES[name]) + " }" for name in inputs
    )
    text = f"""force_backward: true
        layer {{ name: "in" type: "Input" {tops} input_param {{ {shapes} }} }} {layer}"""
    return Net(load_net_text(registry.schema, text), registry=registry), inputs


@pytest.mark.parametrize("layer", LAYERS)
def test_the_layer_runs(registry, rng, layer):
    net, inputs = net_of(registry, layer)
    values = {name: rng.uniform(0.1, 1, SHAPES[name]) for name in inputs}
    if "mask" in inputs:
        values["mask"] = (values["mask"] > 0.5).astype(float)
    outputs = net.forward(**values)
    for name, output in outputs.items():
        assert np.isfinite(output).all() and (output != 0).any()
        net.blobs[name].diff[...] = 1
    net.backward()
    assert all(np.isfinite(blob.diff).all() for blob in net.params[net.layers[1].name])


def test_there_is_an_example_of_each_member():
    found = " ".join(LAYERS)
    for part in (
        'type: "CFC"', 'type: "CFC_UNIT"', 'type: "LTC_UNIT"', "cell_type: LTC", "minimal: true",
        "no_gate: true", "use_mixed: true", "initial_state: true", "return_sequences: true",
        "type: AUTO_NCP", "type: NCP", "type: RANDOM", "form: NCPS", "positivity: SOFTPLUS",
    ):  # fmt: skip
        assert part in found, part


def test_every_setting_of_a_wiring_is_named(registry):
    message = registry.schema.message_class("WiringParameter").DESCRIPTOR
    names = [*message.fields_by_name, *message.enum_types_by_name["Type"].values_by_name]
    assert [name for name in names if not re.search(rf"\b{name}\b", PAGE)] == []
