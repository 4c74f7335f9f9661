from __future__ import annotations

import json
import re

import pytest

PLUGIN = ("--plugin", "counting.py", "--device", "cpu")


def test_caffes_own_loop_with_test_nets(mycaffe, data_net, tmp_path):
    result = mycaffe("train", "--solver", "sgd.prototxt", *PLUGIN, "--seed", 1)
    assert result.exit_code == 0, result.stderr
    for iteration in (0, 3, 6):
        assert f"Iteration {iteration}, Testing net (#0)" in result.stderr
    assert re.search(
        r"    Test net output #0: loss = 8\.4375 \(\* 1 = 8\.4375 loss\)", result.stderr
    )
    tests = (tmp_path / "runs" / "Line" / "001" / "tests.jsonl").read_text().splitlines()
    assert [json.loads(line)["iteration"] for line in tests] == [0, 3, 6]
    losses = [json.loads(line)["loss"] for line in tests]
    assert losses[0] > losses[-1]


def test_frozen_weights_on_data_layers(mycaffe, data_net):
    mycaffe("train", "--solver", "sgd.prototxt", *PLUGIN, "-q")
    weights = ("--weights", "runs/Line/001/last.caffemodel")
    by_model = mycaffe("test", "--model", "line.prototxt", *weights, *PLUGIN, "--json")
    assert by_model.exit_code == 0, by_model.stderr
    by_solver = mycaffe("test", "--solver", "sgd.prototxt", *weights, *PLUGIN, "--json")
    assert by_model.stdout == by_solver.stdout
    text = mycaffe("test", "--model", "line.prototxt", *weights, *PLUGIN).stdout
    assert text.startswith("mean over 50 passes with frozen weights\nloss = ")


def test_a_model_may_be_overridden_for_a_test(mycaffe, data_net):
    mycaffe("train", "--solver", "sgd.prototxt", *PLUGIN, "-q")
    result = mycaffe(
        "test", "--model", "line.prototxt", "--weights", "runs/Line/001/last.caffemodel", *PLUGIN,
        "--set", "fc.inner_product_param.num_output=2",
    )  # fmt: skip
    assert result.exit_code == 2 and "guess" in result.stderr


def test_each_pass_of_a_test_in_caffes_wording(mycaffe, data_net):
    mycaffe("train", "--solver", "sgd.prototxt", *PLUGIN, "-q")
    weights = ("-weights", "runs/Line/001/last.caffemodel")
    result = mycaffe("test", "-model", "line.prototxt", *weights, *PLUGIN, "-iterations", 3)
    lines = result.stderr.splitlines()
    start = lines.index("Running for 3 iterations.")
    loss = lines[start + 1].removeprefix("Batch 0, loss = ")
    assert lines[start + 1 : start + 6] == [
        *(f"Batch {batch}, loss = {loss}" for batch in range(3)),
        f"Loss: {loss}",
        f"loss = {loss} (* 1 = {loss} loss)",
    ]
    assert float(loss) > 0 and result.stdout.startswith("mean over 3 passes")
    quiet = mycaffe("test", "-model", "line.prototxt", *weights, *PLUGIN, "--json")
    assert "Batch" not in quiet.stderr and "test_loss" not in quiet.stdout


def test_weights_of_the_command_line_replace_those_of_the_solver(mycaffe, data_net, tmp_path):
    """As Caffe's -weights and -snapshot do: the solver's own files need not even be there."""
    common = ("train", "--solver", "sgd.prototxt", *PLUGIN)
    assert mycaffe(*common, "-q").exit_code == 0
    (tmp_path / "sgd.prototxt").write_text(
        (tmp_path / "sgd.prototxt").read_text() + 'weights: "gone.caffemodel"'
    )
    result = mycaffe(*common)
    assert result.exit_code == 3 and "gone.caffemodel does not exist" in result.stderr
    weights = "runs/Line/001/last.caffemodel"
    assert mycaffe(*common, "--weights", f"{weights},{weights}").exit_code == 0
    state = "runs/Line/001/last.solverstate"
    assert mycaffe(*common, "--snapshot", state, "--iterations", 8).exit_code == 0


@pytest.mark.parametrize("given", ["0,1", "all", "0, 1"])
def test_several_gpus_are_refused_with_a_reason(mycaffe, data_net, given):
    result = mycaffe("train", "--solver", "sgd.prototxt", "--plugin", "counting.py", "-gpu", given)
    assert result.exit_code == 2 and "one device at a time" in result.stderr
    assert f'not "{given}"' in result.stderr


def test_level_and_stage_with_caffes_flags(mycaffe, data_net, tmp_path):
    rules = 'include { stage: "deep" } include { min_level: 2 }'
    layer = f'layer {{ name: "t" type: "TanH" bottom: "x" top: "t" {rules} }}'
    (tmp_path / "line.prototxt").write_text((tmp_path / "line.prototxt").read_text() + layer)
    common = ("train", "-solver", "sgd.prototxt", *PLUGIN, "-iterations", 1, "-v")
    for flags, there in (
        ((), False),
        (("-stage", "wide,deep"), True),
        (("-stage", "deep"), True),
        (("-level", "2"), True),
        (("-level=1",), False),
    ):
        assert ("  t (TanH)" in mycaffe(*common, *flags).stderr) == there, flags


@pytest.mark.parametrize("flag", ["-sigint_effect", "--sighup-effect"])
def test_effects_of_signals(mycaffe, data_net, flag):
    common = ("train", "--solver", "sgd.prototxt", *PLUGIN, "-q")
    assert all(mycaffe(*common, flag, name).exit_code == 0 for name in ("stop", "none"))
    result = mycaffe(*common, flag, "abort")
    assert result.exit_code == 2 and "'stop', 'snapshot', 'none'" in result.stderr
