"""Plugins of other people: single files of ``examples/plugins``, and a package that pip installs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py.builder import build_training
from mycaffe_py.plugins import load_registry
from mycaffe_py.schema import load_net_text, load_solver_text, stable_number
from mycaffe_py.testing.gyms import check_gym
from mycaffe_py.testing.layers import check_layer
from mycaffe_py.testing.trainers import check_trainer

EXAMPLES = Path(__file__).parents[2] / "examples" / "plugins"
SAMPLE = Path(__file__).parents[1] / "data" / "plugins" / "mycaffe_sample"

NET = """
name: "own"
layer {{ name: "data" type: "Input" top: "x" top: "tt" top: "mask" top: "target"
  input_param {{
    shape {{ dim: 1 dim: {steps} dim: 1 }} shape {{ dim: 1 dim: {steps} }}
    shape {{ dim: 1 dim: {steps} dim: 1 }} shape {{ dim: 1 dim: 1 }} }} }}
layer {{ name: "fc1" type: "InnerProduct" bottom: "x" top: "h"
  inner_product_param {{ num_output: 8 weight_filler {{ type: "{filler}" }} }} }}
{layer}
layer {{ name: "fc2" type: "InnerProduct" bottom: "g" top: "xhat"
  inner_product_param {{ num_output: 1 weight_filler {{ type: "xavier" }} }} }}
layer {{ name: "loss" type: "EuclideanLoss" bottom: "xhat" bottom: "target" top: "loss" }}
layer {{ name: "end" type: "Silence" bottom: "tt" bottom: "mask" }}
"""
GATE = 'layer { name: "gate" type: "Gate" bottom: "h" top: "g" gate_param { scale: 2 } }'
RELU = 'layer { name: "gate" type: "ReLU" bottom: "h" top: "g" }'
SOLVER = 'type: "AdamW" base_lr: 0.01 lr_policy: "fixed" momentum: 0.9 max_iter: 200 '
SQUARE = 'trainer { type: "RNN.SUPER_SIMPLE" gym { type: "Square" square_param { period: 10 } } }'
CURVE = 'trainer { type: "RNN.SUPER_SIMPLE" }'


def train(registry, net, solver, updates):
    training = build_training(
        solver=load_solver_text(registry.schema, solver),
        model=load_net_text(registry.schema, net),
        registry=registry,
        seed=1,
    )
    training.solver.step(updates)
    return training


def test_the_layer_in_one_file():
    registry = load_registry([str(EXAMPLES / "gate.py")])
    assert stable_number("gate_param") == 356491270
    for settings in ("", "gate_param { scale: 2 }"):
        check_layer(f'name: "g" type: "Gate" {settings}', [(3, 4)], registry=registry)
    training = train(registry, NET.format(steps=4, filler="xavier", layer=GATE), SOLVER + CURVE, 3)
    assert training.net.layer_dict["gate"].param.gate_param.scale == 2
    gate, h = training.net.blobs["g"].data, training.net.blobs["h"].data
    assert gate == pytest.approx(2 * h / (1 + np.exp(-h)), rel=1e-5)


def test_the_gym_in_one_file():
    registry = load_registry([str(EXAMPLES / "square_gym.py")])
    check_gym('type: "Square" square_param { period: 7 }', registry=registry)
    net = NET.format(steps=20, filler="xavier", layer=RELU)
    check_trainer(SOLVER + SQUARE, net, registry)
    training = train(registry, net, SOLVER + SQUARE, 200)
    assert training.trainer.summary()["gym"].startswith("Square (1 gym")
    assert np.isfinite(training.trainer.metrics()["mean_abs_error"])


def test_both_files_at_once():
    registry = load_registry([str(EXAMPLES / "gate.py"), str(EXAMPLES / "square_gym.py")])
    net = NET.format(steps=20, filler="xavier", layer=GATE)
    assert train(registry, net, SOLVER + SQUARE, 5).solver.iter == 5


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """Install the sample package, without a network, into a folder of its own."""
    folder = tmp_path_factory.mktemp("sample")
    source, target = folder / "source", folder / "target"
    shutil.copytree(SAMPLE, source)
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--quiet",
        "--no-build-isolation",
        "--no-deps",
    ]
    command += ["--no-index", "--disable-pip-version-check", "--target", str(target), str(source)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return target


def run(installed, *arguments, cwd, **variables):
    environment = {**os.environ, "PYTHONPATH": str(installed), **variables}
    environment.pop("PYTHONWARNINGS", None)
    command = [sys.executable, "-W", "error", *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


TRAIN = """
import json
from mycaffe_py.builder import build_training
from mycaffe_py.plugins import load_registry

registry = load_registry()
assert not registry.broken(), registry.broken()
plugin = next(plugin for plugin in registry.plugins if not plugin.bundled)
results = []
for solver in ("gym.prototxt", "trainer.prototxt"):
    training = build_training(solver=solver, model="net.prototxt", registry=registry, seed=1)
    assert (training.net.params["fc1"][0].data == 0.5).all()
    training.solver.step(20)
    results.append(training.trainer.metrics())
print(json.dumps([plugin.name, plugin.version, plugin.origin, results, list(registry.commands)]))
"""


@pytest.mark.slow
def test_installed_package(installed, tmp_path):
    layer = 'layer { name: "s" type: "SampleScale" bottom: "h" top: "g" sample_scale_param { factor: 3 } }'
    (tmp_path / "net.prototxt").write_text(NET.format(steps=1, filler="sample_half", layer=layer))
    plain = 'type: "SamplePlain" base_lr: 0.001 lr_policy: "fixed" '
    gym = 'gym { type: "SampleRamp" sample_ramp_param { slope: 0.5 } }'
    (tmp_path / "gym.prototxt").write_text(f'{plain} trainer {{ type: "RNN.SUPER_SIMPLE" {gym} }}')
    (tmp_path / "trainer.prototxt").write_text(plain + 'trainer { type: "SampleTrainer" }')
    name, version, origin, results, commands = json.loads(run(installed, "-c", TRAIN, cwd=tmp_path))
    assert (name, version, origin) == ("sample", "1.2.3", "mycaffe-sample (entry point)")
    assert "sample-hello" in commands
    assert results[0]["baseline_mean_abs_error"] == pytest.approx(0.5 * 19 / 20)
    assert results[1]["prediction"] == pytest.approx(2, abs=0.5)


VERBS = """
import json, os
from click.testing import CliRunner
from mycaffe_py.cli.app import app

def mycaffe(*arguments):
    return CliRunner().invoke(app, arguments, catch_exceptions=False).stdout

found = [mycaffe("plugins"), mycaffe("layers", "SampleScale")]
os.environ["MYCAFFE_PLUGINS"] = ""
print(json.dumps([*found, mycaffe("plugins")]))
"""


@pytest.mark.slow
def test_installed_package_on_the_command_line(installed, tmp_path):
    main = "from mycaffe_py.cli import main; main()"
    hello = run(installed, "-c", main, "sample-hello", cwd=tmp_path)
    assert hello == "hello from the sample\n"
    plugins, layer, without = json.loads(run(installed, "-c", VERBS, cwd=tmp_path))
    assert "sample  1.2.3  mycaffe-sample (entry point)" in plugins
    assert "sample_scale_param" in layer
    assert "sample  1.2.3" not in without and "mycaffe_plugins.common" in without
