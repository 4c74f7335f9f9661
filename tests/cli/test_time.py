from __future__ import annotations

import json
import math
import re
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from mycaffe_py.cli import timing, timing_report
from mycaffe_py.cli.actions import time as action
from mycaffe_py.device import Ceilings, Level
from mycaffe_py.errors import PluginCodeError
from mycaffe_py.layer import Cost, Work
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
    assert "device cpu  seed 0  net LiquidNetCfc" in result.stderr


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
    assert [line for line in timing_report.caffes_lines(found) if "no gradient" in line] == [
        "        ip\tbackward: 0 ms. (no gradient)", "      loss\tbackward: 0 ms. (no gradient)",
    ]  # fmt: skip
    assert timing_report.as_values(net, found)["layers"][1]["backward_ms"] is None
    assert "- : a layer without gradient" in list(timing_report.table_lines(found))


def test_on_a_device_with_arrays_of_its_own():
    net = Net(document(TEXT), device=strict_device())
    assert timing.measure(net, 1).loss > 0


FLOOR = Ceilings("cpu", "float32", 1, 1e9, (Level("memory", math.inf, 1e9),))


def timed(**more):
    layers = [
        timing.LayerTime(
            "conv1", "Convolution", 0.003, 0.006, Cost((Work(1e6),), (Work(5e5, 1e5),))
        ),
        timing.LayerTime("accuracy", "Accuracy", 0.001, None, Cost((Work(1, 1),), (Work(7e9),))),
    ]
    return timing.Timing(1.0, layers, [0.005, 0.005], FLOOR, **more)


def test_the_table_of_a_terminal():
    lines = list(timing_report.table_lines(timed()))
    assert lines[:7] == [
        "layer       type          forward ms  backward ms        ms   share  floor ms  x floor",
        "conv1       Convolution        1.500        3.000     4.500   90.0%     1.500      3.0  " + "█" * 9,
        "accuracy    Accuracy           0.500            -     0.500   10.0%     0.000        -  █",
        "",
        "all layers                     2.000        3.000     5.000             1.500      3.3",
        "",
        "- : a layer without gradient",
    ]  # fmt: skip
    assert lines[7].startswith(
        "floor: operations and bytes over what cpu reached just now: 1 GFLOP/s"
    )
    assert lines[-4:-1] == [
        "Average Forward pass: 2 ms.", "Average Backward pass: 3 ms.", "Average Forward-Backward: 5 ms.",
    ]  # fmt: skip


def test_the_table_with_a_solver():
    whole = timing.StepTime("AdamW", [0.004, 0.006], [0.001, 0.003], (Work(5e5, 1e6),))
    found = timed(whole=whole)
    found.layers[1].needs_backward = False
    lines = list(timing_report.table_lines(found))
    assert lines[5:7] == [
        "update      AdamW                                     2.000             1.000      2.0",
        "whole step                                            5.000             2.500      2.0",
    ]
    assert "Average Update: 2 ms." in lines and "Average Step: 5 ms." in lines


def test_what_no_step_runs_backward_is_not_in_its_floor():
    found = timed()
    assert found.floor(found.step_works) == pytest.approx(0.0015 + 7)
    found.layers[1].needs_backward = False
    assert found.floor(found.step_works) == pytest.approx(0.0015)


def test_floors_as_values():
    net = Net(document(TEXT))
    values = timing_report.as_values(net, timed())
    first = values["layers"][0]
    assert (first["flops"], first["bytes"], first["floor_ms"]) == (1.5e6, 1e5, pytest.approx(1.5))
    assert first["times_floor"] == pytest.approx(3)
    assert values["layers"][1]["times_floor"] is None
    assert values["floor_ms"] == pytest.approx(1.5) and values["ceilings"]["gflop_per_s"] == 1


def test_a_terminal_gets_the_table(monkeypatch, capsys):
    terminal = SimpleNamespace(isatty=lambda: True, write=sys.stdout.write, flush=sys.stdout.flush)
    monkeypatch.setattr(sys, "stdout", terminal)
    net = Net(document(TEXT))
    action._print(net, action._measure(net, None, 1, False), False, False, seed=0)
    shown = capsys.readouterr().out
    assert "forward ms" in shown and "Benchmark begins" not in shown


# Whole steps.


def test_a_solver_times_whole_steps_and_their_updates(mycaffe, tmp_path):
    result = mycaffe(
        "time", "--solver", "adamw.prototxt", "--model", "LiquidNetCfc.prototxt", "--json",
        "--iterations", 2, "--device", "cpu", "--set", "cfc1.cfc_param.hidden_size=4",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout, parse_constant=pytest.fail)
    solver = found["solver"]
    assert solver["type"] == "AdamW" and 0 < solver["update_ms"] < solver["step_ms"]
    parameters = 64 * 7 + 64 + 64 * 64 + 64 + 4 * (4 * 64 + 4) + 4 + 1
    assert solver["update"]["bytes"] == 4 * 7 * parameters
    assert solver["step"]["flops"] == found["flops"] + solver["update"]["flops"]
    assert list(tmp_path.iterdir()) == []  # no snapshot, no run


def test_a_solver_adds_two_of_caffes_lines(mycaffe):
    result = mycaffe(
        "time", "--solver", "adamw.prototxt", "--model", "LiquidNetCfc.prototxt",
        "--iterations", 1, "--device", "cpu", "--set", "cfc1.cfc_param.hidden_size=4",
    )  # fmt: skip
    assert re.search(rf"Average Update: {NUMBER} ms\.\nAverage Step: {NUMBER} ms\.", result.stdout)
    assert result.stdout.endswith("*** Benchmark ends ***\n")


def test_the_table_on_demand(mycaffe):
    result = mycaffe(
        "time", "--model", "LiquidNetCfc.prototxt", "--iterations", 1, "--device", "cpu", "--table",
        "--set", "cfc1.cfc_param.hidden_size=4",
    )  # fmt: skip
    assert result.stdout.splitlines()[0].split()[-2:] == ["x", "floor"]
    assert "GFLOP/s" in result.stdout


def test_tests_and_snapshots_of_the_solver_are_left_out(mycaffe, data_net, tmp_path):
    before = {path.name for path in tmp_path.iterdir()}
    result = mycaffe(
        "time", "--solver", "sgd.prototxt", "--plugin", "counting.py", "--device", "cpu",
        "--iterations", 3, "--set", "solver.snapshot=1",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert {path.name for path in tmp_path.iterdir()} - {"__pycache__"} == before


def test_a_cost_that_is_none_is_reported_as_the_plugins_fault(monkeypatch):
    net = Net(document(TEXT))
    monkeypatch.setattr(net.layers[1], "cost", lambda *_: 7)
    with pytest.raises(
        PluginCodeError, match=r'"ip" \(InnerProduct\): cost\(\) must return a Cost'
    ):
        timing.cost_of(net, 1)


def test_the_net_of_a_run_with_another_solver(mycaffe, train):
    """adamw.prototxt names no net: the run's is taken, with its weights and sizes."""
    assert train("--iterations", 1, "--run-dir", "run", "-q").exit_code == 0
    result = mycaffe(
        "time", "--weights", "run", "--solver", "adamw.prototxt", "--iterations", 1, "--json",
        "--device", "cpu", "--stage", "nowhere",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    assert json.loads(result.stdout)["net"] == "LiquidNetCfc" and "nowhere" in result.stderr
