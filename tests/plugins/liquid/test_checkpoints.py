"""What fits a model and what does not: settings, wirings, prefixes and readouts."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.liquid.checkpoints.modules import modules_in
from safetensors.numpy import load_file

from mycaffe_py.errors import ConfigError, SnapshotError

from . import wired_golden
from .states import assert_same, case, converted, edit, outputs, put

CFC = "cfc_small_gate_silu_none"
LTC = "ltc_model_small_none"
NCPS = "ncps_cfc_default_lecun"
WIRED = "ncps_cfc_autoncp"
NCPS_LTC = "ncps_ltc_autoncp_softplus"


@pytest.fixture(autouse=True)
def _here(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (CFC, "hidden_size: 5", "hidden_size: 6", "hidden_size is 5, the model's 6"),
        (CFC, "backbone_units: 4", "backbone_units: 3", "backbone_units is 4, the model's 3"),
        (CFC, "backbone_layers: 2", "backbone_layers: 1", "backbone_layers is 2, the model's 1"),
        (CFC, "output_features: 2", "output_features: 1", "output_features is 2, the model's 1"),
        (CFC, "use_mixed: false", "use_mixed: true", "use_mixed is false, the model's true"),
        (CFC, "cfc_unit_param {", "cfc_unit_param { minimal: true", "minimal is false, the model's true"),
        (CFC, "dim: 7 dim: 2", "dim: 7 dim: 3", "columns of the cell's input is 2, the model's 3"),
        (LTC, "ltc_unit_param {", "ltc_unit_param { form: NCPS", "form is AUTHORS, the model's NCPS"),
        (WIRED, "motor_neurons: 2", "motor_neurons: 3", "neurons of each layer is 5, 3, 2, the model's 5, 2, 3"),
        (WIRED, "hidden_size: 10", "hidden_size: 10 output_features: 3", "output_features is not set, the model's 3"),
        (NCPS_LTC, "motor_neurons: 2", "motor_neurons: 3", "motor_neurons is 2, the model's 3"),
        (NCPS_LTC, "form: NCPS", "form: AUTHORS", "form is NCPS, the model's AUTHORS"),
    ],
)  # fmt: skip
def test_settings_that_differ(tmp_path, name, old, new, said):
    put(tmp_path, name)
    edit(tmp_path, (old, new))
    if "AUTHORS" in new:
        edit(tmp_path, (' top: "output"', ""))
    with pytest.raises(SnapshotError) as caught:
        converted("m.safetensors", "w.caffemodel")
    assert said in caught.value.message and "m.safetensors does not fit layer" in str(caught.value)
    assert caught.value.hint.startswith("the layer needs these settings:\n")
    assert not (tmp_path / "w.caffemodel").exists()


@pytest.mark.parametrize(
    ("name", "net", "said"),
    [
        (CFC, LTC, "cell is CfC, the model's LTC"),
        (LTC, CFC, "cell is LTC, the model's CfC"),
        (NCPS, WIRED, "cell is CfC, the model's CfC with a wiring"),
        (WIRED, NCPS, "cell is CfC with a wiring, the model's CfC"),
    ],
)
def test_cells_of_another_kind(tmp_path, name, net, said):
    put(tmp_path, name)
    (tmp_path / "net.prototxt").write_text(case(net).text)
    with pytest.raises(SnapshotError) as caught:
        converted("m.safetensors", "w.caffemodel")
    assert caught.value.message.endswith(f": {said}")


def test_the_hint_has_the_whole_settings(tmp_path):
    put(tmp_path, CFC)
    edit(tmp_path, ("hidden_size: 5", "hidden_size: 6"))
    with pytest.raises(SnapshotError) as caught:
        converted("m.safetensors", "w.caffemodel")
    _, layer, unit = caught.value.hint.splitlines()
    assert layer == "cfc_param { hidden_size: 5  output_features: 2 }"
    assert unit.startswith("cfc_unit_param { backbone_units: 4  backbone_layers: 2 ")


# Wirings.


@pytest.mark.parametrize(
    ("name", "seed", "said"),
    [
        (WIRED, 6440, r"layer_\d\.sparsity_mask (has|lacks) the synapse \[\d, \d\] \(from its input"),
        (NCPS_LTC, 873, r" (sensory_)?sparsity_mask (has|lacks) the synapse \[\d, \d\] \(from (input|neuron)"),
    ],
)  # fmt: skip
def test_another_seed_has_other_synapses(tmp_path, name, seed, said):
    put(tmp_path, name)
    edit(tmp_path, (f"seed: {seed}", "seed: 5"))
    with pytest.raises(SnapshotError, match=said) as caught:
        converted("m.safetensors", "w.caffemodel")
    assert "seed" in caught.value.hint


def test_the_first_difference_is_named(tmp_path):
    def change(state):
        mask = state["rnn_cell.layer_1.sparsity_mask"]
        for row, column in np.argwhere(mask == 1)[:2]:
            places.append((row, column))
            mask[row, column] = 0

    places = []

    put(tmp_path, WIRED, change)
    with pytest.raises(SnapshotError) as caught:
        converted("m.safetensors", "w.caffemodel")
    row, column = places[0]
    assert (
        f"layer_1.sparsity_mask lacks the synapse [{row}, {column}] (from its input {column} to its neuron {row}), "
        'which the wiring of layer "cfc1" has (the first of 2 differences)' in caught.value.message
    )


def test_a_mask_of_other_numbers(tmp_path):
    def change(state):
        state["sparsity_mask"][0, 1] = 0.5

    put(tmp_path, "ncps_ltc_full", change)
    with pytest.raises(SnapshotError, match=r"sparsity_mask\[0, 1\] is 0\.5; a mask has only 0"):
        converted("m.safetensors", "w.caffemodel")


def test_the_authors_ltc_has_every_synapse(registry, tmp_path):
    put(tmp_path, LTC)
    wiring = "wiring_param { type: FULLY_CONNECTED } ltc_unit_param {"
    edit(tmp_path, ("ltc_unit_param {", wiring))
    assert converted("m.safetensors", "w.caffemodel") == 0
    edit(tmp_path, ("FULLY_CONNECTED", "RANDOM sparsity_level: 0.4"))
    with pytest.raises(
        SnapshotError, match=r"has no sparsity_mask, so every synapse, but .* lacks"
    ):
        converted("m.safetensors", "w.caffemodel")
    with pytest.raises(SnapshotError, match=r"every synapse"):
        converted("w.caffemodel", "back.safetensors")


def test_a_wiring_of_one_layer_gives_all_its_neurons(tmp_path):
    put(tmp_path, WIRED)
    edit(tmp_path, (wired_golden.WIRINGS[WIRED], "wiring_param { type: RANDOM motor_neurons: 2 }"))
    with pytest.raises(ConfigError, match="gives 2 of its 10 neurons") as caught:
        converted("m.safetensors", "w.caffemodel")
    assert "motor_neurons: 10" in caught.value.hint


def test_a_cell_without_backbone_is_a_wiring_of_one_layer(registry, tmp_path):
    """The golden wired cell's last layer alone: ff1 and so on read [u | h]."""

    def change(state):
        kept = {
            name.replace("layer_2.", ""): value
            for name, value in state.items()
            if "layer_2" in name
        }
        mask = kept.pop("rnn_cell.sparsity_mask")
        for head in ("ff1", "ff2"):
            kept[f"rnn_cell.{head}.weight"] = kept[f"rnn_cell.{head}.weight"] * mask
        state.clear()
        state.update(kept)

    one = put(tmp_path, WIRED, change)
    edit(
        tmp_path,
        (wired_golden.WIRINGS[WIRED], "wiring_param { type: FULLY_CONNECTED }"),
        ("hidden_size: 10", "hidden_size: 2"), ("dim: 3 dim: 10", "dim: 3 dim: 2"), ("dim: 5 dim: 4", "dim: 5 dim: 3"),
    )  # fmt: skip
    converted("m.safetensors", "w.caffemodel")
    x, tt = one.inputs["x"][:, :, :3], one.inputs["tt"]
    one.inputs = {"x": x, "tt": tt, "h0": np.zeros((3, 2))}
    np.testing.assert_allclose(
        outputs(registry, one, "w.caffemodel")["y"], _steps(one.state, x, tt), atol=1e-12
    )


def _steps(state, x, times):
    w = {name.removeprefix("rnn_cell."): value for name, value in state.items()}
    h, found = np.zeros((3, 2)), []
    for step in range(x.shape[1]):
        a = np.concatenate([x[:, step], h], axis=1)
        heads = ("ff1", "ff2", "time_a", "time_b")
        f1, f2, ta, tb = (a @ w[f"{head}.weight"].T + w[f"{head}.bias"] for head in heads)
        s = 1 / (1 + np.exp(-(ta * times[:, step, None] + tb)))
        h = np.tanh(f1) * (1 - s) + s * np.tanh(f2)
        found.append(h)
    return np.stack(found, axis=1)


def with_memory(state):
    inputs, size = 4, 10
    prefix = "" if any(name.startswith("rnn_cell") for name in state) else "rnn_cell."
    prefixed(prefix)(state)
    state["lstm.input_map.weight"] = np.ones((4 * size, inputs))
    state["lstm.input_map.bias"] = np.ones(4 * size)
    state["lstm.recurrent_map.weight"] = np.ones((4 * size, size))


def test_a_wiring_with_a_mixed_memory(tmp_path):
    put(tmp_path, WIRED, with_memory)
    with pytest.raises(SnapshotError, match="a wiring and a mixed memory"):
        converted("m.safetensors", "w.caffemodel")


def test_a_unit_has_no_mixed_memory(tmp_path):
    put(tmp_path, "ncps_ltc_autoncp_softplus", with_memory)
    with pytest.raises(SnapshotError, match="but LTC_UNIT, the type of layer .*, has none"):
        converted("m.safetensors", "w.caffemodel")


def test_a_cell_without_neurons(tmp_path):
    def change(state):
        kept = {name: value for name, value in state.items() if "layer_2" in name}
        state.clear()
        for name, value in kept.items():
            state[name.replace("layer_2", "layer_0")] = value[:, :2] if value.ndim == 2 else value

    put(tmp_path, WIRED, change)
    with pytest.raises(SnapshotError, match="a cell of 2 neurons with 0 inputs"):
        converted("m.safetensors", "w.caffemodel")


# Prefixes.


def prefixed(prefix):
    def change(state):
        for name in list(state):
            state[prefix + name] = state.pop(name)

    return change


@pytest.mark.parametrize("prefix", ["model.", "module.", "net.rnn.", "a.b.layer_0."])
@pytest.mark.parametrize("name", [CFC, LTC, WIRED])
def test_a_prefix_is_found(registry, tmp_path, name, prefix):
    one = put(tmp_path, name, prefixed(prefix))
    converted("m.safetensors", "w.caffemodel")
    found = outputs(registry, one, "w.caffemodel")["y"]
    np.testing.assert_allclose(found, one.tops["y"], rtol=0, atol=1e-12)
    converted("w.caffemodel", "back.safetensors", prefix=prefix.strip("."))
    assert_same("back.safetensors", one.state)


def test_a_cell_beside_a_module_of_the_same_prefix(registry, tmp_path):
    def change(state):
        inner = {
            f"a.{name.removeprefix('rnn_cell.')}": 2 * value
            for name, value in state.items()
            if name[:2] == "rn"
        }
        prefixed("a.")(state)
        state |= inner

    one = put(tmp_path, CFC, change)
    with pytest.raises(SnapshotError) as caught:
        converted("m.safetensors", "w.caffemodel")
    assert caught.value.hint.endswith("'a', 'a.rnn_cell'")
    converted("m.safetensors", "w.caffemodel", prefix="a.rnn_cell")
    found = outputs(registry, one, "w.caffemodel")["y"]
    np.testing.assert_allclose(found, one.tops["y"], rtol=0, atol=1e-12)


def two(state):
    for name in list(state):
        state[f"rnn2.{name}"] = state[name] * 2
        state[f"rnn1.{name}"] = state.pop(name)
    state["head.weight"] = np.ones((3, 3))


@pytest.mark.parametrize("prefix", ["rnn1", "rnn1.", "rnn1.rnn_cell"])
def test_one_of_two_modules(registry, tmp_path, capsys, prefix):
    one = put(tmp_path, CFC, two)
    with pytest.raises(SnapshotError, match="has 2 liquid modules") as caught:
        converted("m.safetensors", "w.caffemodel")
    assert caught.value.hint == "name one of them with --prefix: 'rnn1', 'rnn2'"
    converted("m.safetensors", "w.caffemodel", prefix=prefix)
    assert "not converted: head.weight, rnn2." in capsys.readouterr().err
    found = outputs(registry, one, "w.caffemodel")["y"]
    np.testing.assert_allclose(found, one.tops["y"], rtol=0, atol=1e-12)


def test_a_prefix_that_is_not_there(tmp_path):
    put(tmp_path, CFC, two)
    with pytest.raises(SnapshotError, match='no liquid module with the prefix "rnn"') as caught:
        converted("m.safetensors", "w.caffemodel", prefix="rnn")
    assert 'did you mean "rnn' in caught.value.hint


def test_no_liquid_module(tmp_path):
    put(tmp_path, CFC, lambda state: [state.pop(n) for n in list(state) if n[:3] == "rnn"])
    with pytest.raises(SnapshotError, match=r"no tensors of a liquid module, but fc\.bias") as caught:  # fmt: skip
        converted("m.safetensors", "w.caffemodel")
    assert "rnn_cell.ff1.weight" in caught.value.hint


def test_modules_by_their_names():
    names = ["a.rnn_cell.ff1.weight", "b.layer_3.ff1.weight", "layer_1.backbone.0.weight",
             "layer_1.ff1.weight", "c.gleak", "x.ff1.weights", "lecun.cm"]  # fmt: skip
    found = [(one.kind, one.cell, one.outer, one.prefix) for one in modules_in(names)]
    assert found == [
        ("cfc", "a.rnn_cell.", "a.", "a"),
        ("wired", "b.", None, "b"),
        ("ltc", "c.", None, "c"),
        ("cfc", "layer_1.", None, "layer_1"),
    ]


# Readouts and maps.


def test_without_a_readout_it_becomes_the_identity(registry, tmp_path, capsys):
    def change(state):
        del state["fc.weight"], state["fc.bias"]

    one = put(tmp_path, NCPS, change)
    with pytest.raises(SnapshotError, match="output_features is not set, the model's 2"):
        converted("m.safetensors", "w.caffemodel")
    edit(tmp_path, ("output_features: 2", "output_features: 6"))
    converted("m.safetensors", "w.caffemodel")
    assert "set so that they have no effect: fc.weight, fc.bias" in capsys.readouterr().err
    _, arrays = wired_golden.load(NCPS)
    y = outputs(registry, one, "w.caffemodel")["y"]
    np.testing.assert_allclose(y, arrays["h_seq"], rtol=0, atol=1e-12)
    converted("w.caffemodel", "back.safetensors")
    assert_same("back.safetensors", one.state)
    converted("w.caffemodel", "back.safetensors", to="cfc")
    np.testing.assert_array_equal(load_file("back.safetensors")["fc.weight"], np.eye(6))


def test_maps_that_ncps_leaves_out(registry, tmp_path, capsys):
    def change(state):
        for name in ("input_w", "input_b", "output_b"):
            del state[name]

    put(tmp_path, "ncps_ltc_full", change)
    converted("m.safetensors", "w.caffemodel")
    assert "no effect: input_w, input_b, output_b" in capsys.readouterr().err
    converted("w.caffemodel", "back.safetensors")
    back = load_file("back.safetensors")
    np.testing.assert_array_equal(back["input_w"], np.ones(4))
    np.testing.assert_array_equal(back["output_b"], np.zeros(2))


def test_a_cell_of_a_whole_module_into_a_unit(registry, tmp_path, capsys):
    def change(state):
        prefixed("rnn_cell.")(state)
        state |= {"fc.weight": np.ones((1, 5)), "fc.bias": np.ones(1)}

    one = put(tmp_path, "cell_gate_silu", change)
    converted("m.safetensors", "w.caffemodel")
    assert "not converted: fc" in capsys.readouterr().err
    found = outputs(registry, one, "w.caffemodel")["h_new"]
    np.testing.assert_allclose(found, one.tops["h_new"], rtol=0, atol=1e-12)
