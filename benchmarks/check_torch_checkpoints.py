"""Checks `mycaffe convert-weights` with ncps' own modules and torch's own files; the test suite does without torch.

python -m pytest -n0 benchmarks/check_torch_checkpoints.py
"""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from ncps.torch import LTC, CfC
from ncps.wirings import NCP, AutoNCP, FullyConnected, Random
from safetensors.torch import save_file

from mycaffe_py.cli.app import app
from mycaffe_py.net import Net

STEPS, INPUTS = 6, 3
MODULES = {
    "plain": lambda: CfC(INPUTS, 5, proj_size=2, backbone_units=7),
    "no readout": lambda: CfC(INPUTS, 5, backbone_units=7, backbone_layers=2),
    "dropout": lambda: CfC(INPUTS, 5, proj_size=2, backbone_units=7, backbone_layers=3, backbone_dropout=0.1),
    "relu": lambda: CfC(INPUTS, 5, proj_size=2, activation="relu"),
    "pure": lambda: CfC(INPUTS, 5, proj_size=2, mode="pure", backbone_units=4),
    "no gate": lambda: CfC(INPUTS, 5, proj_size=2, mode="no_gate", backbone_units=4),
    "mixed": lambda: CfC(INPUTS, 5, proj_size=2, mixed_memory=True, backbone_units=4),
    "no backbone": lambda: CfC(INPUTS, 5, proj_size=2, backbone_layers=0),
    "wired": lambda: CfC(INPUTS, AutoNCP(9, 2)),
    "wired, sparse": lambda: CfC(INPUTS, AutoNCP(12, 2, sparsity_level=0.7), proj_size=4),
    "wired pure": lambda: CfC(INPUTS, AutoNCP(9, 2), mode="pure"),
    "wired random": lambda: CfC(INPUTS, Random(6, sparsity_level=0.4)),
    "ltc": lambda: LTC(INPUTS, 5),
    "ltc explicit": lambda: LTC(INPUTS, 5, implicit_param_constraints=False),
    "ltc wired": lambda: LTC(INPUTS, AutoNCP(9, 2)),
    "ltc ncp": lambda: LTC(INPUTS, NCP(5, 4, 2, 3, 2, 3, 3, seed=4)),
    "ltc alone": lambda: LTC(INPUTS, FullyConnected(5, 2, self_connections=False)),
    "ltc mixed": lambda: LTC(INPUTS, AutoNCP(9, 2), mixed_memory=True),
    "ltc without maps": lambda: LTC(INPUTS, 5, input_mapping=None, output_mapping="linear"),
}  # fmt: skip
# What a file does not tell.
SETTINGS = {
    "relu": ("backbone_activation: LECUN", "backbone_activation: RELU"),
    "no gate": ("backbone_units", "no_gate: true backbone_units"),
    "dropout": ("backbone_units", "backbone_dropout_ratio: 0.1 backbone_units"),
    "ltc explicit": ("SOFTPLUS", "NONE"),
    "ltc ncp": (
        "type: AUTO_NCP motor_neurons: 2",
        "type: NCP inter_neurons: 5 command_neurons: 4 motor_neurons: 2 sensory_fanout: 3 inter_fanout: 2 "
        "recurrent_command_synapses: 3 motor_fanin: 3 seed: 4",
    ),
}  # fmt: skip


def mycaffe(*arguments, status=0):
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == status, result.output
    return result


def made(name):
    torch.manual_seed(5)
    module = MODULES[name]()
    for parameter in module.parameters():
        if parameter.requires_grad:
            parameter.data += 0.1 * torch.rand_like(parameter)
    return module.eval()


def contiguous(module):
    """The masks of wired cells are transposed views, which safetensors refuses."""
    return {key: value.contiguous() for key, value in module.state_dict().items()}


def net_for(name, source, folder):
    text = mycaffe("convert-weights", source, "--print-layer").stdout
    if name in SETTINGS:
        assert SETTINGS[name][0] in text
        text = text.replace(*SETTINGS[name])
        text = re.sub(r"#.*not known.*", "", text)
    if "cfc_param {" in text:
        text = text.replace("cfc_param {", "cfc_param { return_sequences: true ", 1)
    path = folder / "net.prototxt"
    path.write_text(
        f"""layer {{ name: "in" type: "Input" top: "x" top: "tt" input_param {{
        shape {{ dim: 1 dim: {STEPS} dim: {INPUTS} }} shape {{ dim: 1 dim: {STEPS} }} }} }}\n{text}"""
    )
    return path


def inputs():
    random = np.random.default_rng(2)
    x = random.normal(size=(1, STEPS, INPUTS)).astype(np.float32)
    return x, random.uniform(0.2, 1.5, size=(1, STEPS)).astype(np.float32)


def outputs(module):
    x, times = inputs()
    with torch.no_grad():
        return module(torch.from_numpy(x), timespans=torch.from_numpy(times))[0].numpy()


def check(net_file, weights, module):
    x, times = inputs()
    net = Net(str(net_file), phase=1, weights=str(weights), device="cpu")
    np.testing.assert_allclose(net.forward(x=x, tt=times)["y"], outputs(module), atol=2e-6)


@pytest.mark.parametrize("name", MODULES)
def test_there_and_back(name, tmp_path):
    module = made(name)
    source, ours, back = tmp_path / "m.safetensors", tmp_path / "w.caffemodel", tmp_path / "b.pt"
    save_file(contiguous(module), source)
    net_file = net_for(name, source, tmp_path)
    mycaffe("convert-weights", source, ours, "--model", net_file)
    check(net_file, ours, module)
    said = mycaffe("convert-weights", ours, back, "--model", net_file).stderr
    call = re.search(r"for (ncps\.torch\..*)", said)[1]
    same = eval(call.replace("ncps.torch.", ""))  # with the names that this file imports
    same.load_state_dict(torch.load(back, weights_only=True))
    np.testing.assert_allclose(outputs(same.eval()), outputs(module), atol=2e-6)
    state = torch.load(back, weights_only=True)
    extra = {"ltc without maps": {"rnn_cell.input_w", "rnn_cell.input_b", "rnn_cell.output_b"}}
    if name == "no backbone":
        state = {key.replace("layer_0.", ""): value for key, value in state.items() if "mask" not in key}  # fmt: skip
    assert set(state) - set(module.state_dict()) == extra.get(name, set())
    other = MODULES[name]().eval()
    other.load_state_dict(state, strict=name not in extra)
    for key, value in module.state_dict().items():
        assert value.dtype == state[key].dtype and torch.equal(value, state[key]), key


@pytest.mark.parametrize("wrap", ["plain", "lightning", "prefixed", "parallel"])
def test_torchs_files(wrap, tmp_path):
    module = made("plain")
    state = module.state_dict()
    if wrap == "prefixed":
        head = torch.nn.Sequential(torch.nn.Linear(4, 3), torch.nn.BatchNorm1d(3))
        state = {f"net.rnn.{key}": value for key, value in state.items()} | head.state_dict()
    if wrap == "parallel":
        state = torch.nn.DataParallel(module).state_dict()
    if wrap == "lightning":
        optimiser = torch.optim.Adam(module.parameters())
        module.train()(torch.rand(1, 2, 3))[0].sum().backward()
        optimiser.step()
        module.eval()
        state = {"epoch": 3, "state_dict": {f"model.{k}": v for k, v in module.state_dict().items()},
                 "optimizer_states": [optimiser.state_dict()], "hyper_parameters": {"lr": 0.1}}  # fmt: skip
    path, ours = tmp_path / "m.ckpt", tmp_path / "w.caffemodel"
    torch.save(state, path)
    net_file = net_for("plain", path, tmp_path)
    said = mycaffe("convert-weights", path, ours, "--model", net_file).stderr
    assert ("not converted: 0.weight" in said) == (wrap == "prefixed")
    check(net_file, ours, module)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float64])
@pytest.mark.parametrize("suffix", [".pt", ".safetensors"])
def test_types(dtype, suffix, tmp_path):
    module = made("plain").to(dtype)
    source, ours = tmp_path / f"m{suffix}", tmp_path / "w.caffemodel"
    (save_file if suffix == ".safetensors" else torch.save)(module.state_dict(), source)
    net_file = net_for("plain", source, tmp_path)
    mycaffe("convert-weights", source, ours, "--model", net_file)
    check(net_file, ours, module.float())


def test_files_that_are_refused(tmp_path):
    path = tmp_path / "m.pt"
    torch.save(made("plain"), path)
    said = mycaffe("convert-weights", path, "--print-layer", status=2).stderr
    assert "cannot be read as plain tensors" in said and "state_dict()" in said
    whole = tmp_path / "half.pt"
    torch.save(made("plain").state_dict(), whole)
    whole.write_bytes(whole.read_bytes()[:-200])
    assert "cannot be read" in mycaffe("convert-weights", whole, "--print-layer", status=2).stderr
    torch.save([1, 2], path)
    assert (
        "no dict of tensors" in mycaffe("convert-weights", path, "--print-layer", status=2).stderr
    )
    sparse = {key: value for key, value in made("plain").state_dict().items()}
    sparse["rnn_cell.ff1.weight"] = sparse["rnn_cell.ff1.weight"].to_sparse()
    torch.save(sparse, path)
    net_file = net_for("plain", path, tmp_path)
    said = mycaffe(
        "convert-weights", path, tmp_path / "w.caffemodel", "--model", net_file, status=2
    ).stderr
    assert "rnn_cell.ff1.weight is of type float32, torch.sparse_coo" in said
