"""``--set`` with a part of the key, or with another tool's name."""

from __future__ import annotations

import pytest

from .conftest import TRAIN, replaced

HIDDEN = "cfc1.cfc_param.hidden_size"
CURVE = "solver.trainer.gym.curve_param.curve"

# the key, its value: the whole key that is set
FOUND = {
    "base_lr=0.5": "solver.base_lr",
    "max_iter=2": "solver.max_iter",
    "hidden_size=3": HIDDEN,
    "cfc1.hidden_size=3": HIDDEN,
    "CFC.hidden_size=3": HIDDEN,
    "cfc_param.hidden_size=3": HIDDEN,
    "net.cfc1.cfc_param.hidden_size=3": HIDDEN,
    "layer.cfc1.cfc_param.hidden_size=3": HIDDEN,
    "curve=COS": CURVE,
    "curve_param.curve=COS": CURVE,
    "gym.curve=COS": CURVE,
    "solver.curve=COS": CURVE,
    "solver.trainer.gym.curve=COS": CURVE,
    "trainer.gym.curve_param.curve=COS": CURVE,
    "mean_error_type=MAE": "loss.mean_error_loss_param.mean_error_type",
    "backbone_layers=2": "cfc1.cfc_unit_param.backbone_layers",
    "custom_trainer=": "solver.custom_trainer",
}


@pytest.mark.parametrize("override", FOUND)
def test_a_key_that_names_one_setting(bench, override):
    result = bench.mycaffe(*TRAIN, "--print-config", "--set", override)
    whole = f"{FOUND[override]}={override.partition('=')[2]}"
    assert result.exit_code == 0, result.stderr
    assert f"warning: --set {override} is taken as --set {whole}" in result.stderr
    assert result.stdout == bench.mycaffe(*TRAIN, "--print-config", "--set", whole).stdout


def test_it_is_what_the_run_trains(bench):
    folder = bench.trains("--set", "hidden_size=3", "--set", "max_iter=2")
    assert "hidden_size: 3" in (folder / "model.prototxt").read_text()
    assert "max_iter: 2" in (folder / "solver.prototxt").read_text()


def test_the_model_that_the_solver_names_is_replaced(bench):
    bench.write("other.prototxt", (bench.folder / "model.prototxt").read_text())
    bench.write(
        "named.prototxt", 'net: "gone.prototxt"\n' + (bench.folder / "solver.prototxt").read_text()
    )
    result = bench.mycaffe(
        "train", "--solver", "named.prototxt", "--print-config", "--set", "net=other.prototxt"
    )
    assert result.exit_code == 0, result.stderr
    assert "taken as --set solver.net=other.prototxt" in result.stderr


# what is typed: words of the message
REFUSED = {
    "name=x": ['4 settings are named "name"', "data.name=x, cfc1.name=x, loss.name=x, net.name=x"],
    # A wiring that the file does not have would be added; other tools call another setting so.
    "seed=3": ['"seed" may mean 2 settings', "cfc1.wiring_param.seed=3, solver.random_seed=3"],
    "dim=3": ["4 settings", "data.input_param.shape.0.dim=3, data.input_param.shape.1.dim=3"],
    "data.input_param.shape.dim=3": ["4 settings", "data.input_param.shape.3.dim=3"],
    "batch_size=4": [
        "where the data comes in",
        "write --set data.input_param.shape.0.dim.0=4 --set",
    ],
    "lr=0.1": ['no setting is named "lr"', "did you mean --set solver.base_lr=0.1?"],
    "solver.learning_rate=0.1": ["no field", "did you mean --set solver.base_lr=0.1?"],
    "base-lr=0.1": ["did you mean --set solver.base_lr=0.1?"],
    "solver/base_lr=0.1": ["did you mean --set solver.base_lr=0.1?"],
    "epochs=10": ["did you mean --set solver.max_iter=10?"],
    "units=3": [f"did you mean --set {HIDDEN}=3?"],
    "hiden_size=3": [f"did you mean --set {HIDDEN}=3?"],
    "solver.hidden_size=3": [f"did you mean --set {HIDDEN}=3?"],
    "CFC1.cfc_param.hidden_size=3": [f"did you mean --set {HIDDEN}=3?"],
    "cfc2.hidden_size=3": ['no layer is named "cfc2"', f"did you mean --set {HIDDEN}=3?"],
    "cfc1=64": ["cfc1 is a layer", "for example --set cfc1.cfc_param."],
    "cfc1.cfc_param=64": ["cfc_param is a message", "hidden_size"],
    f"{HIDDEN}:64": ["expected KEY=VALUE", f"write --set {HIDDEN}=64"],
    "hidden_size": ["expected KEY=VALUE", "write --set hidden_size=VALUE"],
    "zzz=1": ['no setting is named "zzz"', "for example solver.base_lr"],
    "solver.base_lr=0,1": ['"0,1" is not a number', "write 0.1"],
    "solver.base_lr==0.1": ['"=0.1" is not a number', "write 0.1"],
    "solver.base_lr=": ['"" is not a number', "a number is missing"],
    "solver.max_iter=1e3": ['"1e3" is not a whole number', "write 1000"],
    f"{CURVE}=cosine": ['"cosine" is not a value', 'did you mean "COS"?'],
    f"{CURVE}=sine": ['did you mean "SIN"?'],
    "solver.lr_policy=constant": ['did you mean "fixed"?'],
    "solver.type=sgdm": ['did you mean "SGD"?'],
}


@pytest.mark.parametrize("override", REFUSED)
def test_a_key_or_value_that_is_refused(bench, override):
    bench.refuses([*TRAIN, "--set", override], 2, REFUSED[override])


def test_a_layer_that_is_named_like_the_solver(bench):
    model = bench.folder / "model.prototxt"
    bench.write("model.prototxt", replaced(model.read_text(), 'name: "cfc1"', 'name: "solver"'))
    result = bench.mycaffe(*TRAIN, "--print-config", "--set", "solver.base_lr=0.5")
    assert result.exit_code == 0 and "base_lr: 0.5" in result.stdout
    result = bench.mycaffe(*TRAIN, "--print-config", "--set", "solver.cfc_param.hidden_size=3")
    assert result.exit_code == 0 and "hidden_size: 3" in result.stdout


# `mycaffe new project`: the gym's settings, by the same rule
PROJECT = {
    "curv=COS": (2, 'did you mean "curve"?'),
    "base_lr=0.1": (2, "mycaffe train --set base_lr="),
    "hidden_size=8": (2, "mycaffe train --set hidden_size="),
    "curve COS": (2, "write --set curve=COS"),
    "solver.trainer.gym.curve_param.curve=COS": (0, "gym Curve"),
    "gym.curve=COS": (0, "gym Curve"),
}


@pytest.mark.parametrize("setting", PROJECT)
def test_settings_of_a_new_project(bench, setting):
    code, word = PROJECT[setting]
    result = bench.mycaffe("new", "project", "X", "--gym", "Curve", "--set", *setting.split())
    assert result.exit_code == code and word in result.stderr, result.stderr
    if code == 0:
        assert "curve: COS" in (bench.folder / "X" / "solver.prototxt").read_text()
