from __future__ import annotations

import json
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from mycaffe_py.cli.actions import time as timing
from mycaffe_py.net import Net
from mycaffe_py.testing.strict import strict_device

from ..building import data, document, layer, product

NUMBER = r"[\d.e+-]+"


def test_caffes_lines(mycaffe):
    result = mycaffe(
        "time", "-model", "LiquidNetCfc.prototxt", "-iterations", 2, "--device", "cpu",
        "--set", "cfc1.cfc_param.hidden_size=4",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    expected = [
        rf"Initial loss: {NUMBER}",
        r"\*\*\* Benchmark begins \*\*\*",
        "Testing for 2 iterations.",
        rf"Iteration: 1 forward-backward time: {NUMBER} ms\.",
        rf"Iteration: 2 forward-backward time: {NUMBER} ms\.",
        "Average time per layer: ",
        *(
            rf"      {name}\t{way}: {NUMBER} ms\."
            for name in ("data", "cfc1", "loss")
            for way in ("forward", "backward")
        ),
        rf"Average Forward pass: {NUMBER} ms\.",
        rf"Average Backward pass: {NUMBER} ms\.",
        rf"Average Forward-Backward: {NUMBER} ms\.",
        rf"Total Time: {NUMBER} ms\.",
        r"\*\*\* Benchmark ends \*\*\*",
    ]
    lines = result.stdout.splitlines()
    assert len(lines) == len(expected)
    for line, pattern in zip(lines, expected, strict=True):
        assert re.fullmatch(pattern, line)
    assert "device cpu  net LiquidNetCfc" in result.stderr


def test_json_adds_up(mycaffe):
    result = mycaffe(
        "time", "--model", "LiquidNetCfc.prototxt", "--iterations", 2, "--device", "cpu", "--json",
        "--phase", "TEST", "--set", "cfc1.cfc_param.hidden_size=4",
    )  # fmt: skip
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    assert [entry["type"] for entry in found["layers"]] == ["Input", "CFC", "MEAN_ERROR_LOSS"]
    assert found["forward_ms"] == pytest.approx(sum(e["forward_ms"] for e in found["layers"]))
    assert sum(entry["share"] for entry in found["layers"]) == pytest.approx(1)
    parts = found["forward_ms"] + found["backward_ms"]
    assert found["forward_backward_ms"] == pytest.approx(parts) and found["total_ms"] > 0
    assert (found["device"], found["dtype"], found["iterations"]) == ("cpu", "float32", 2)


def test_a_net_with_data_layers_and_weights(mycaffe, data_net):
    arguments = ("--solver", "sgd.prototxt", "--plugin", "counting.py", "-q", "--device", "cpu")
    assert mycaffe("train", *arguments).exit_code == 0
    weights = "runs/Line/001/last.caffemodel"
    options = ("--plugin", "counting.py", "--device", "cpu", "--iterations", 1)
    result = mycaffe("time", "--model", "line.prototxt", "--weights", weights, *options)
    assert result.exit_code == 0, result.stderr
    assert "\tbackward: 0 ms. (no gradient)" not in result.stdout
    fresh = mycaffe("time", "--model", "line.prototxt", *options)
    assert fresh.stdout.splitlines()[0] != result.stdout.splitlines()[0]


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "add --model FILE"),
        (("--model", "gone.prototxt"), 3, "gone.prototxt"),
        (("--model", "LiquidNetCfc.prototxt", "--phase", "DEPLOY"), 2, "DEPLOY"),
        (("--model", "LiquidNetCfc.prototxt", "--iterations", "0"), 2, "--iterations"),
        (("--model", "LiquidNetCfc.prototxt", "--gpu", "0,1"), 2, "number of one GPU"),
        (
            ("--model", "LiquidNetCfc.prototxt", "--weights", "gone.caffemodel"),
            3,
            "gone.caffemodel",
        ),
    ],
)
def test_mistakes(mycaffe, arguments, code, words):
    device = () if "--gpu" in arguments else ("--device", "cpu")
    result = mycaffe("time", *arguments, *device)
    assert result.exit_code == code, result.stderr
    assert words in result.stderr and result.stdout == ""


# What is measured.

TEXT = data((3, 4), (3, 2)) + product("ip", "x0", "y") + layer("loss", "EuclideanLoss", "y x1", "l")


def test_every_layer_runs_and_nothing_is_learned():
    net = Net(document(TEXT))
    before = [blob.data.copy() for blob in net.learnable_params]
    calls = []
    found = timing.measure(net, 3, begun=calls.append, done=lambda *call: calls.append(call))
    assert calls[0] == found.loss > 0 and [number for number, _ in calls[1:]] == [1, 2, 3]
    assert all(entry.forward > 0 and entry.backward > 0 for entry in found.layers)
    assert found.total == pytest.approx(3 * (found.forward + found.backward))
    for blob, values in zip(net.learnable_params, before, strict=True):
        np.testing.assert_array_equal(blob.data, values)
    assert (net.blobs["x0"].data > 0).all() and (net.blobs["x0"].data < 1).all()


def test_layers_run_backward_also_where_no_loss_needs_it(monkeypatch):
    net = Net(document(data((3, 4)) + product("ip", "x0", "y")))
    assert net.layer_need_backward == [False, False]
    ran = []
    monkeypatch.setattr(net.layers[1], "backward", lambda *_: ran.append(1), raising=False)
    timing.measure(net, 2)
    assert len(ran) == 3


def test_a_layer_without_gradient_is_skipped_and_marked(tmp_path, monkeypatch):
    from mycaffe_py.layer import Layer

    net = Net(document(TEXT))
    monkeypatch.setattr(type(net.layers[1]), "backward", Layer.backward)
    monkeypatch.setattr(
        net.layers[2], "backward", lambda *_: net.layers[2].fail("none"), raising=False
    )
    found = timing.measure(net, 1)
    assert [entry.backward is None for entry in found.layers] == [False, True, True]
    assert [line for line in timing.caffes_lines(found) if "no gradient" in line] == [
        "        ip\tbackward: 0 ms. (no gradient)", "      loss\tbackward: 0 ms. (no gradient)",
    ]  # fmt: skip
    assert timing.as_values(net, found)["layers"][1]["backward_ms"] is None
    assert "- : a layer without gradient" in list(timing.table_lines(found))


def test_on_a_device_with_arrays_of_its_own():
    net = Net(document(TEXT), device=strict_device())
    assert timing.measure(net, 1).loss > 0


def test_the_table_of_a_terminal():
    layers = [
        timing.LayerTime("conv1", "Convolution", 0.003, 0.006),
        timing.LayerTime("accuracy", "Accuracy", 0.001, None),
    ]
    lines = list(timing.table_lines(timing.Timing(1.0, layers, [0.005, 0.005])))
    assert lines[:4] == [
        "layer     type          forward ms  backward ms   share",
        "conv1     Convolution        1.500        3.000   90.0%  " + "█" * 18,
        "accuracy  Accuracy           0.500            -   10.0%  ██",
        "- : a layer without gradient",
    ]
    assert lines[-4:-1] == [
        "Average Forward pass: 2 ms.", "Average Backward pass: 3 ms.", "Average Forward-Backward: 5 ms.",
    ]  # fmt: skip


def test_a_terminal_gets_the_table(monkeypatch, capsys):
    terminal = SimpleNamespace(isatty=lambda: True, write=sys.stdout.write, flush=sys.stdout.flush)
    monkeypatch.setattr(sys, "stdout", terminal)
    timing._print(Net(document(TEXT)), 1, as_json=False)
    shown = capsys.readouterr().out
    assert "forward ms" in shown and "Benchmark begins" not in shown
