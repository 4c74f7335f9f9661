"""What is said of a conversion, and the layers that are printed for a checkpoint."""

from __future__ import annotations

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from mycaffe_py.errors import ConfigError, SnapshotError
from mycaffe_py.net import Net

from . import golden
from .states import converted, edit, outputs, put

CFC = "cfc_small_gate_silu_none"
LTC = "ltc_model_small_none"
NCPS = "ncps_cfc_default_lecun"
WIRED = "ncps_cfc_autoncp"
NCPS_LTC = "ncps_ltc_autoncp_softplus"


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


# What is said.


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (CFC, "no_gate: false, backbone_activation: SILU"),
        ("cfc_small_minimal_tanh_none", "has backbone_activation: TANH"),
        (WIRED, "has no_gate: false\n"),
        (NCPS_LTC, "ode_unfolds: 6, epsilon: 1e-08, positivity: SOFTPLUS"),
        (LTC, "ode_unfolds: 6, epsilon: 1e-08\n"),
    ],
)
def test_what_the_file_does_not_tell(tmp_path, capsys, name, said):
    put(tmp_path, name)
    converted("m.safetensors", "w.caffemodel")
    found = capsys.readouterr()
    assert said in found.err and found.out == "w.caffemodel\n"


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        (CFC, {}, 'ncps.torch.CfC(2, 5, proj_size=2, mode="default", activation="silu", backbone_units=4, '),
        (CFC, {"to": "cfc"}, "Cfc(2, 5, 2, {'backbone_activation': 'silu', 'backbone_units': 4, "),
        ("cfc_small_gate_silu_m3x_mixed", {}, "mixed_memory=True"),
        (NCPS, {}, 'activation="lecun_tanh"'),
        ("cfc_small_minimal_silu_none", {}, 'mode="pure"'),
        ("cfc_small_no_gate_silu_none", {}, 'mode="no_gate"'),
        (WIRED, {}, 'CfC(4, AutoNCP(10, 2, sparsity_level=0.5, seed=6440), proj_size=None, mode="default")'),
        (LTC, {}, "Cfc(2, 5, 2, {}, use_ltc=True)"),
    ],
)  # fmt: skip
def test_the_call_that_makes_the_module(tmp_path, capsys, name, given, said):
    put(tmp_path, name)
    converted("m.safetensors", "w.caffemodel")
    capsys.readouterr()
    converted("w.caffemodel", "back.safetensors", **given)
    assert said in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "to", "said"),
    [
        (WIRED, "cfc", "has no wirings"),
        (NCPS_LTC, "cfc", "adds 1"),
        (LTC, "ncps", "does not add 1"),
    ],
)
def test_modules_that_do_not_exist(tmp_path, name, to, said):
    put(tmp_path, name)
    converted("m.safetensors", "w.caffemodel")
    with pytest.raises(ConfigError, match=said):
        converted("w.caffemodel", "back.safetensors", to=to)


@pytest.mark.parametrize(
    ("positivity", "said"),
    [
        ("NONE", "are used as they are; a module of ncps"),
        ("CLIP", "count as 0 with"),
        ("SOFTPLUS", ""),
    ],
)
def test_negative_conductances(tmp_path, capsys, positivity, said):
    def change(state):
        state["w"][0, :2] = -0.5
        state["cm"][1] = -0.1

    put(tmp_path, NCPS_LTC, change)
    edit(tmp_path, ("SOFTPLUS", positivity))
    converted("m.safetensors", "w.caffemodel")
    found = capsys.readouterr().err
    assert said in found and ("(2 of w, 1 of cm)" in found) == bool(said)


def test_the_authors_form_takes_no_softplus(tmp_path):
    put(tmp_path, LTC)
    edit(tmp_path, ("ltc_unit_param {", "ltc_unit_param { positivity: SOFTPLUS"))
    with pytest.raises(SnapshotError, match="takes the softplus"):
        converted("m.safetensors", "w.caffemodel")


# Layers that are printed.


@pytest.mark.parametrize(
    "name", [CFC, "cfc_small_minimal_silu_none", LTC, "cfc_small_gate_silu_m3x_mixed"]
)
def test_the_printed_layer_fits(registry, tmp_path, capsys, name):
    one = put(tmp_path, name)
    converted("m.safetensors", print_layer=True)
    text = capsys.readouterr().out
    if name in golden.MODELS:
        text = text.replace("LECUN", golden.load(name)[0]["activation"].upper())
    mask = 'bottom: "mask"' if "mask" in one.inputs else ""
    data = one.text.partition("layer {")[2].partition("layer {")[0]
    (tmp_path / "net.prototxt").write_text(f"layer {{{data}{text.replace('top: ', mask + ' top: ', 1)}")  # fmt: skip
    converted("m.safetensors", "w.caffemodel")
    found = outputs(registry, one, "w.caffemodel")["y"]
    np.testing.assert_allclose(found, one.tops["y"], rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("ncps_ltc_full", ['type: "LTC_UNIT"', "hidden_size: 6  form: NCPS", "FULLY_CONNECTED motor_neurons: 2 }\n"]),
        (WIRED, ["type: AUTO_NCP motor_neurons: 2 }  # not known"]),
        ("cell_minimal_silu", ['type: "CFC_UNIT"', "minimal: true"]),
    ],
)  # fmt: skip
def test_what_is_printed(tmp_path, capsys, name, lines):
    put(tmp_path, name)
    converted("m.safetensors", print_layer=True)
    text = capsys.readouterr().out
    assert [line for line in lines if line not in text] == []


def test_a_wiring_of_the_usual_kind_is_found(registry, tmp_path, capsys):
    """Our own wirings are those of ncps, which tests of wirings check."""
    put(tmp_path, WIRED)
    edit(tmp_path, ("seed: 6440", "sparsity_level: 0.7"))
    Net("net.prototxt", registry=registry, device="cpu").save("w.caffemodel")
    converted("w.caffemodel", "m.safetensors")
    converted("m.safetensors", print_layer=True)
    expected = "wiring_param { type: AUTO_NCP motor_neurons: 2 sparsity_level: 0.7 }\n"
    assert expected in capsys.readouterr().out
    assert json.dumps(sorted(load_file("m.safetensors"))).count("sparsity_mask") == 3
