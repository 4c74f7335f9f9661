"""Solver: Caffe's rules around the loop: the last forward pass, tests that are cut short, weights, snapshots' place."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.builder import get_solver
from mycaffe_py.device import Device
from mycaffe_py.errors import OutputError
from mycaffe_py.events import (
    FinalLoss,
    Log,
    SnapshotWritten,
    SolveEnded,
    SolveStarted,
    StepDone,
    TestDone,
)

from ..building import document, layer, make_net
from ..solving import ONE, SGD, one, record, train, weight


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


# The end of solve().


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ("max_iter: 4 display: 2", True),
        ("max_iter: 4 display: 3", False),
        ("max_iter: 4", False),
    ],
)
def test_one_more_forward_pass_on_a_display_iteration(settings, shown):
    solver = one(settings)
    passes = []
    solver.net.before_forward(lambda index: passes.append(index) if index == 0 else None)
    events = record(solver)
    solver.solve()
    assert len(passes) == 4 + shown
    found = [event for event in events if isinstance(event, FinalLoss)]
    w = weight(solver).item()
    assert found == ([FinalLoss(4, pytest.approx((2 * w - 3) ** 2 / 2))] if shown else [])


def test_the_last_loss_is_smoothed_and_comes_after_the_snapshot_and_before_the_test():
    solver = one(
        "max_iter: 2 display: 1 average_loss: 2 test_iter: 1 test_interval: 2 test_initialization: false",
        test_nets=[make_net(ONE, phase=1)],
    )
    solver.snapshot_action = lambda reason: solver.emit(
        SnapshotWritten(solver.iter, "", "", reason)
    )
    events = record(solver)
    solver.solve()
    kinds = [type(event) for event in events]
    steps = [StepDone, StepDone, SnapshotWritten, FinalLoss, TestDone]
    assert kinds == [SolveStarted, *steps, SolveEnded] and not events[-1].early
    assert events[4].loss == pytest.approx(sum(solver.recent_losses) / 2)


def test_no_further_pass_after_a_stop_or_with_a_trainer():
    solver = one("max_iter: 4 display: 1 snapshot_after_train: false")
    solver.add_callback(lambda: solver.request("stop"), lambda: None)
    events = record(solver)
    solver.solve()
    assert [type(event) for event in events] == [SolveStarted, StepDone, SolveEnded]
    assert events[-1].early


# Tests that are cut short.


def test_a_test_cut_short_is_no_result():
    solver = one("test_iter: 5 test_interval: 1", test_nets=[make_net(ONE, phase=1)])
    passes = []

    def stop(index):
        passes.append(index)
        if len(passes) == 3:
            solver.request("stop")

    solver.test_nets[0].before_forward(lambda index: stop(index) if index == 0 else None)
    events = record(solver)
    solver.step(1)
    assert events == [Log("Test interrupted.")] and len(passes) == 3


def test_a_stop_in_the_last_pass_of_a_test_comes_after_it():
    solver = one("test_iter: 1 test_interval: 1", test_nets=[make_net(ONE, phase=1)])
    solver.test_nets[0].before_forward(lambda index: solver.request("stop"))
    events = record(solver)
    solver.step(1)
    assert [type(event) for event in events] == [TestDone] and solver.iter == 0


def test_a_snapshot_asked_for_in_a_test_is_made_between_its_passes():
    solver = one("test_iter: 3 test_interval: 2", test_nets=[make_net(ONE, phase=1)])
    taken, passes = [], []
    solver.snapshot_action = lambda reason: taken.append((len(passes), solver.iter, reason))

    def ask(index):
        if index == 0:
            passes.append(index)
            if len(passes) == 1:
                solver.request("snapshot")

    solver.test_nets[0].before_forward(ask)
    events = record(solver)
    solver.step(1)
    assert taken == [(1, 0, "request")]
    assert [type(event) for event in events] == [TestDone, StepDone] and len(passes) == 3


# Weights in the solver file.


def test_weights_go_into_layers_that_only_a_test_net_has(tmp_path):
    settings = "inner_product_param { num_output: 1 } include { phase: TEST }"
    extra = layer("head", "InnerProduct", "x0", "h", settings)
    whole = make_net(ONE + extra, phase=1)
    whole.params["head"][0].data[...], whole.params["ip"][0].data[...] = 5, 7
    whole.save(tmp_path / "whole.caffemodel")
    settings = 'weights: "whole.caffemodel" test_iter: 1 test_interval: 1'
    solver = train(settings, model=document(ONE + extra)).solver
    assert weight(solver).item() == 7
    assert solver.test_nets[0].params["head"][0].data.item() == 5


def test_given_weights_replace_those_of_the_file(tmp_path):
    for name, value in (("a", 1), ("b", 2)):
        net = make_net(ONE)
        net.params["ip"][0].data[...] = value
        net.save(tmp_path / f"{name}.caffemodel")
    assert weight(train('weights: "b.caffemodel,a.caffemodel"').solver).item() == 1
    assert weight(train('weights: "a.caffemodel" weights: "b.caffemodel"').solver).item() == 2
    settings = 'weights: "a.caffemodel"'
    assert weight(train(settings, weights="b.caffemodel").solver).item() == 2
    assert weight(train(settings, weights=[]).solver).item() == 0


# Where snapshots go.


def test_a_place_that_cannot_be_written_is_found_out_at_once(tmp_path):
    (tmp_path / "file").touch()
    text = SGD + f"net_param {{ {ONE} }} max_iter: 1 snapshot_prefix: 'file/run' "
    (tmp_path / "s.prototxt").write_text(text + "snapshot: 1")
    with pytest.raises(OutputError, match="cannot write snapshots to file: it is a file"):
        get_solver(tmp_path / "s.prototxt", device=Device())
    (tmp_path / "s.prototxt").write_text(text)
    get_solver(tmp_path / "s.prototxt", device=Device())


@pytest.mark.parametrize("form", ["BINARYPROTO", "HDF5"])
def test_solve_and_restore_without_a_run(tmp_path, form):
    """As a script does it: step, snapshot, a new solver, restore, the same bits."""
    text = SGD + f"net_param {{ name: 'n' {ONE} }} max_iter: 4 momentum: 0.9 snapshot: 2 "
    (tmp_path / "s.prototxt").write_text(f"{text} snapshot_format: {form}")
    ending = ".h5" if form == "HDF5" else ""

    def new():
        solver = get_solver(tmp_path / "s.prototxt", device=Device())
        solver.net.blobs["x0"].data[...], solver.net.blobs["x1"].data[...] = 2, 3
        return solver

    through = new()
    through.solve()
    states = sorted(path.name for path in tmp_path.glob("*.solverstate*"))
    assert states == [f"s_iter_{n}.solverstate{ending}" for n in (2, 4)]
    again = new()
    again.restore(f"s_iter_2.solverstate{ending}")
    again.solve()
    np.testing.assert_array_equal(weight(again), weight(through))


def test_a_folder_as_prefix_takes_the_name_of_the_solver_file(tmp_path):
    (tmp_path / "there").mkdir()
    text = SGD + f"net_param {{ name: 'n' {ONE} }} snapshot_prefix: 'there' "
    (tmp_path / "quick_solver.prototxt").write_text(text)
    solver = get_solver(tmp_path / "quick_solver.prototxt", device=Device())
    solver.snapshot()
    assert (tmp_path / "there" / "quick_solver_iter_0.caffemodel").is_file()


# Debug information.


def test_debug_info_of_a_net_file():
    assert make_net(ONE + "debug_info: true").debug_info
    assert not make_net(ONE).debug_info
    solver = one(net=make_net(ONE + "debug_info: true"))
    solver.step(1)
    assert not solver.net.debug_info  # the solver's own setting decides, as in Caffe


def test_debug_lines_name_shared_blobs():
    net = make_net(
        "debug_info: true "
        + ONE.replace("inner_product_param", "param { name: 'w' } inner_product_param")
    )
    lines = []
    net.log = lines.append
    net.forward()
    assert any("param blob w data" in line for line in lines)
