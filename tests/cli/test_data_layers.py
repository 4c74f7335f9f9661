from __future__ import annotations

import json
import re

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
