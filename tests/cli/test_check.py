from __future__ import annotations

import json

import pytest

from mycaffe_py.plugins import default_registry, registry

BROKEN = """name: "Broken"
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 1 dim: 2 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_outputs: 2 } }
layer { name: "a" tipe: "ReLU" bottom: "y" top: "z" }
"""


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    """Plugins named with --plugin are forgotten after the test."""
    monkeypatch.setattr(registry, "_default", default_registry())


def test_a_good_net_and_a_good_solver(mycaffe):
    result = mycaffe("check", "LiquidNetCfc.prototxt", "adamw.prototxt")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "ok LiquidNetCfc.prototxt"
    assert "3 layers" in lines[1] and "x(1,82,1)" in lines[1] and "parameters" in lines[1]
    assert "cfc1 (CFC): x tt mask -> xhat(1,1)" in result.stdout
    assert "ok adamw.prototxt" in lines and "gym Curve" in lines[-1]


def test_all_mistakes_of_a_file_at_once_and_the_other_files_as_well(mycaffe, tmp_path):
    (tmp_path / "broken.prototxt").write_text(BROKEN)
    result = mycaffe("check", "broken.prototxt", "LiquidNetCfc.prototxt")
    assert result.exit_code == 2
    assert "error[E101] broken.prototxt:3:" in result.stderr
    assert 'did you mean "num_output"?' in result.stderr
    assert "broken.prototxt:4:" in result.stderr and 'did you mean "type"?' in result.stderr
    assert result.stderr.count("^^^^") >= 2
    assert "ok LiquidNetCfc.prototxt" in result.stdout


def test_the_net_is_built(mycaffe, tmp_path):
    text = BROKEN.replace("num_outputs", "num_output").replace("tipe", "type")
    (tmp_path / "a.prototxt").write_text(text.replace('bottom: "y"', 'bottom: "yy"'))
    result = mycaffe("check", "a.prototxt")
    assert (
        result.exit_code == 2 and '"yy"' in result.stderr and 'did you mean "y"?' in result.stderr
    )


def test_a_missing_file_exits_with_3(mycaffe):
    result = mycaffe("check", "LiquidNetCfk.prototxt")
    assert result.exit_code == 3 and 'did you mean "LiquidNetCfc.prototxt"?' in result.stderr


def test_a_binary_file_is_recognised(mycaffe, tmp_path):
    (tmp_path / "a.caffemodel").write_bytes(b"\x0a\x03abc\x00\x01\x02")
    result = mycaffe("check", "a.caffemodel")
    assert result.exit_code == 2 and "binary file" in result.stderr


def test_gradients_of_a_net(mycaffe):
    result = mycaffe("check", "--gradients", "CurveForecast.prototxt", "--entries", 2)
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "CurveForecast.prototxt"
    assert lines[1].split() == ["layer", "type", "bottoms", "parameters", "difference", "result"]
    rows = {line.split()[0]: line.split()[-1] for line in lines[2:]}
    assert rows["data"] == "data" and rows["cfc1"] == rows["loss"] == "ok"


def test_gradients_of_a_plugin(mycaffe, tmp_path):
    mycaffe("new", "layer", "own-gate")
    good = mycaffe("check", "--gradients", "--plugin", "own_gate.py")
    assert good.exit_code == 0 and good.stdout.splitlines()[-1].endswith("  ok"), good.stderr
    text = (tmp_path / "own_gate.py").read_text()
    (tmp_path / "wrong.py").write_text(text.replace("(1 - self.squashed**2)", "1"))
    wrong = mycaffe("check", "--gradients", "--plugin", "wrong.py")
    assert wrong.exit_code == 2 and wrong.stdout.splitlines()[-1].endswith("  wrong")
    assert "backward" in wrong.stderr and "differences" in wrong.stderr
    (found,) = json.loads(mycaffe("check", "--gradients", "--plugin", "wrong.py", "--json").stdout)
    assert found["plugin"] == "wrong" and found["layers"][0]["result"] == "wrong"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "missing argument 'FILE...'"),
        (("--gradients",), 2, "missing argument 'FILE...'"),
        (("--plugin", "mycaffe_plugins.gyms"), 2, "missing argument 'FILE...'"),
        (("--gradients", "--plugin", "mycaffe_plugins.gyms"), 2, "offers no layer types"),
        (("--gradients", "adamw.prototxt"), 2, "names no net"),
        (("--gradients", "nope.prototxt"), 3, "does not exist"),
        (("--seed", 1, "LiquidNetCfc.prototxt"), 2, "--seed goes with --gradients"),
        (("--json", "LiquidNetCfc.prototxt"), 2, "--json goes with --gradients"),
        (("--gradients", "--entries", 0, "LiquidNetCfc.prototxt"), 2, "--entries"),
    ],
)
def test_gradients_that_cannot_be_checked(mycaffe, arguments, code, words):
    result = mycaffe("check", *arguments)
    assert result.exit_code == code and words in result.stderr, result.stderr


STAGES = """layer { name: "t" type: "Input" top: "x" include { phase: TRAIN } input_param { shape { dim: 4 dim: 2 } } }
layer { name: "d" type: "Input" top: "x" include { phase: TEST stage: "deploy" }
  input_param { shape { dim: 1 dim: 2 } } }
layer { name: "r" type: "ReLU" bottom: "x" top: "y" }
layer { name: "p" type: "Softmax" bottom: "%s" top: "p" include { phase: TEST } }
"""


def test_the_states_of_a_net(mycaffe, tmp_path):
    (tmp_path / "net.prototxt").write_text(STAGES % "y")
    result = mycaffe("check", "net.prototxt")
    assert result.exit_code == 0, result.stderr
    assert "  checked in phase TRAIN; TEST with stage deploy" in result.stdout.splitlines()
    (tmp_path / "wrong.prototxt").write_text(STAGES % "z")
    wrong = mycaffe("check", "wrong.prototxt")
    assert wrong.exit_code == 2
    assert 'unknown bottom blob "z" (phase TEST with stage deploy)' in wrong.stderr
    assert mycaffe("check", "wrong.prototxt", "--phase", "TRAIN").exit_code == 0


@pytest.mark.parametrize(
    "options",
    [
        ("--phase", "test", "--stage", "deploy"),
        ("-phase", "TEST", "-stage", "deploy,"),
        ("--phase=TEST", "--stage=deploy", "--level", "3"),
    ],
)
def test_a_state_that_is_asked_for(mycaffe, tmp_path, options):
    (tmp_path / "net.prototxt").write_text(STAGES % "y")
    result = mycaffe("check", "net.prototxt", *options)
    assert result.exit_code == 0, result.stderr
    assert "  checked in phase TEST with stage deploy" in result.stdout
    assert "d (Input): - -> x(1,2)" in result.stdout


def test_a_stage_that_no_rule_names_is_warned_of(mycaffe, tmp_path):
    (tmp_path / "net.prototxt").write_text(STAGES % "y")
    result = mycaffe("check", "net.prototxt", "--stage", "deplyo", "--phase", "TRAIN")
    assert "--stage deplyo has no effect" in result.stderr


def test_gradients_in_a_state(mycaffe, tmp_path):
    (tmp_path / "net.prototxt").write_text(STAGES % "y")
    result = mycaffe("check", "--gradients", "net.prototxt", "--phase", "TEST", "--stage", "deploy")
    assert result.exit_code == 0 and "p  " in result.stdout, result.stderr
