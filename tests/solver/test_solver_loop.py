"""Solver: snapshots, requests, callbacks, events, the trainer's hooks, determinism."""

from __future__ import annotations

import math

import pytest

from mycaffe_py.events import SnapshotWritten, StepDone, TestDone

from ..building import data, document, fill, layer, make_net, product
from ..solving import ONE, one, record, set_data, train, weight

LOSS = layer("loss", "EuclideanLoss", "y x1", "loss")


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    """Solvers without a run write their snapshots into the current folder."""
    monkeypatch.chdir(tmp_path)


# Snapshots and requests.


def snapshots(solver):
    taken = []
    solver.snapshot_action = lambda reason: taken.append((solver.iter, reason))
    return taken


def test_snapshots_at_intervals():
    solver = one("snapshot: 3")
    taken = snapshots(solver)
    solver.step(7)
    assert taken == [(3, "interval"), (6, "interval")]


def test_a_snapshot_on_request_comes_after_the_iteration():
    solver = one("snapshot: 4")
    taken = snapshots(solver)
    solver.net.before_forward(
        lambda index: solver.request("snapshot") if solver.iter in (1, 3) and index == 0 else None
    )
    solver.step(5)
    assert taken == [(2, "request"), (4, "interval")]


def test_a_stop_on_request_comes_after_the_iteration():
    solver = one("snapshot: 100 max_iter: 50")
    taken = snapshots(solver)
    solver.add_callback(lambda: solver.request("stop") if solver.iter == 4 else None, lambda: None)
    solver.solve()
    assert solver.iter == 5 and solver.stop_requested
    assert taken == [(5, "interrupted")]
    solver.step(3)
    assert solver.iter == 5
    solver.clear_requests()
    solver.step(3)
    assert solver.iter == 8


@pytest.mark.parametrize(
    ("settings", "taken"),
    [
        ("max_iter: 4", [(4, "end")]),
        ("max_iter: 4 snapshot: 2", [(2, "interval"), (4, "interval")]),
        ("max_iter: 5 snapshot: 2", [(2, "interval"), (4, "interval"), (5, "end")]),
        ("max_iter: 4 snapshot_after_train: false", []),
    ],
)
def test_solve_ends_with_a_snapshot(settings, taken):
    solver = one(settings)
    found = snapshots(solver)
    solver.solve()
    assert found == taken and solver.iter == solver.param.max_iter


def test_solve_ends_with_a_test():
    settings = "max_iter: 4 test_iter: 1 test_interval: 2"
    solver = one(settings, test_nets=[make_net(ONE, phase=1)])
    events = record(solver)
    solver.solve()
    assert [e.iteration for e in events if isinstance(e, TestDone)] == [0, 2, 4]
    solver = one(settings.replace("max_iter: 4", "max_iter: 3"), test_nets=[make_net(ONE, phase=1)])
    events = record(solver)
    solver.solve()
    assert [e.iteration for e in events if isinstance(e, TestDone)] == [0, 2]


def test_solve_goes_on_from_where_it_is():
    solver = one("max_iter: 6")
    solver.step(4)
    solver.solve()
    assert solver.iter == 6
    solver.solve()
    assert solver.iter == 6


def test_snapshots_without_an_action_follow_caffes_rule(tmp_path):
    solver = one("snapshot: 1")
    events = record(solver)
    solver.step(2)
    stems = [f"{solver.net.name or 'net'}_iter_{iteration}" for iteration in (1, 2)]
    names = [f"{stem}.{kind}" for stem in stems for kind in ("caffemodel", "solverstate")]
    assert sorted(path.name for path in tmp_path.iterdir()) == names
    written = [event.state.name for event in events if isinstance(event, SnapshotWritten)]
    assert written == names[1::2]
    other = one("snapshot_prefix: 'there/' momentum: 0")
    other.restore(names[1])
    assert other.iter == 1 and weight(other).item() != 0
    (tmp_path / "there").mkdir()
    other.snapshot()
    assert (tmp_path / "there" / f"{solver.net.name or 'net'}_iter_1.solverstate").is_file()


def test_in_update_tells_a_failed_iteration(tmp_path):
    solver = one()
    solver.step(1)
    assert not solver.in_update

    def fail(index):
        raise RuntimeError("a bug in a layer")

    solver.net.before_forward(fail)
    with pytest.raises(RuntimeError, match="a bug"):
        solver.step(1)
    assert solver.in_update and solver.iter == 1


def test_an_output_named_like_a_figure_keeps_both():
    extra = layer("t", "TanH", "x0", "accuracy")
    solver = one(net=make_net(ONE + extra), a=0, b=1)
    FakeTrainer(solver)
    events = record(solver)
    solver.step(1)
    metrics = events[0].named_values
    assert metrics["accuracy"] == 0.5
    assert metrics["accuracy_output"] == pytest.approx(math.tanh(1))


def test_the_smoothed_loss_does_not_hide_the_output():
    solver = one("average_loss: 2", net=make_net(ONE), a=1, b=2)
    events = record(solver)
    solver.step(2)
    first, second = (event.named_values["loss_output"] for event in events)
    assert events[1].metrics["loss"] == pytest.approx((first + second) / 2)


# Callbacks, events, the trainer.


def test_callbacks_run_before_the_iteration_and_before_the_update():
    solver = one("iter_size: 2", w=0)
    calls = []
    solver.add_callback(
        lambda: calls.append(("start", solver.net.parameters.diff.item())),
        lambda: calls.append(("ready", weight(solver).item())),
    )
    solver.net.before_forward(lambda index: calls.append("forward") if index == 0 else None)
    solver.step(1)
    # Diffs are cleared before; the update comes after.
    assert calls == [("start", 0), "forward", "forward", ("ready", 0)]
    assert weight(solver).item() != 0


def test_step_events():
    solver = one("display: 2", w=0)
    events = record(solver)
    solver.step(4)
    assert all(type(event) is StepDone for event in events)
    assert [event.iteration for event in events] == [1, 2, 3, 4]
    assert [event.display for event in events] == [True, False, True, False]  # 0 and 2, as Caffe
    assert events[0].metrics == {"loss": 4.5} and events[0].sample == {}
    assert {event.learning_rate for event in events} == {0.1}
    silent = one()
    events = record(silent)
    silent.step(2)
    assert not any(event.display for event in events)


def test_metrics_hold_every_output_by_name():
    extra = layer("t", "TanH", "x0", "aux") + layer("s", "TanH", "x1", "more", "loss_weight: 2")
    solver = one(net=make_net(ONE + extra), a=0, b=1)
    events = record(solver)
    solver.step(1)
    loss = 0.5 + 2 * math.tanh(1)
    assert events[0].named_values == {
        "loss": pytest.approx(loss, rel=1e-12), "loss_output": 0.5, "aux": 0, "more": pytest.approx(math.tanh(1)),
    }  # fmt: skip


class FakeTrainer:
    """Notes what the solver asks of it."""

    def __init__(self, solver):
        self.solver, self.calls = solver, []
        solver.trainer = self

    def note(self, what):
        self.calls.append((what, self.solver.iter, weight(self.solver).item() != 0))

    def prepare(self):
        set_data(self.solver, 1, 1)
        self.note("prepare")

    def collect(self):
        self.note("collect")

    def metrics(self):
        self.note("metrics")
        return {"accuracy": 0.5, "loss": -1}

    def sample(self):
        self.note("sample")
        return {"x": 1.0}

    def test(self, net, iterations):
        self.note(f"test {iterations} {net.phase}")
        return {"accuracy": 1.0}


@pytest.mark.parametrize("listening", [True, False])
def test_order_of_the_trainers_hooks(listening):
    solver = one("iter_size: 2", w=0, a=0, b=0)
    trainer = FakeTrainer(solver)
    events = record(solver) if listening else []
    solver.net.before_forward(lambda index: trainer.note("forward") if index == 0 else None)
    solver.net.after_backward(lambda index: trainer.note("backward") if index == 0 else None)
    solver.step(1)
    one_pass = ["prepare", "forward", "backward", "collect"]
    wanted = [(what, 0, False) for what in one_pass * 2]
    told = [("metrics", 1, True), ("sample", 1, True)]
    assert trainer.calls == wanted + (told if listening else [])
    if listening:
        # The loss is the net's; with iter_size the output is of the last pass only.
        assert events[0].metrics == {"accuracy": 0.5, "loss": 0.5}
        assert events[0].outputs == {"loss": 0.5}
        assert events[0].named_values == {"accuracy": 0.5, "loss": 0.5, "loss_output": 0.5}
        assert events[0].sample == {"x": 1.0}


def test_a_trainer_tests_the_net():
    solver = one("test_iter: 7 test_interval: 1", test_nets=[make_net(ONE, phase=1)])
    trainer, events = FakeTrainer(solver), record(solver)
    solver.test_all()
    assert trainer.calls == [("test 7 1", 0, False)]
    assert events == [TestDone(0, 0, {"accuracy": 1.0})]


# Debug information.


def test_debug_info_on_display_iterations():
    solver = one("debug_info: true display: 2 test_iter: 1 test_interval: 100",
                 test_nets=[make_net(ONE, phase=1)])  # fmt: skip
    lines = []
    solver.net.log = lambda text: lines.append((solver.iter, text))
    solver.test_nets[0].log = lambda text: lines.append(("test", text))
    solver.step(4)
    assert {iteration for iteration, _ in lines} == {"test", 0, 2}
    assert one("debug_info: true").step(1) is None  # no display, no lines


# Determinism.


def noisy(seed):
    text = (
        data((8, 5), (8, 2)) + product("a", "x0", "h", 16) + layer("d", "Dropout", "h", "h")
        + product("b", "h", "y") + LOSS
    )  # fmt: skip
    solver = train(
        "momentum: 0.9 clip_gradients: 1", model=document(text), dtype="float32", seed=seed
    ).solver
    fill(solver.net)
    solver.step(20)
    return solver.net.parameters.data.tobytes(), solver.history[0].tobytes()


def test_the_same_seed_gives_the_same_bits():
    assert noisy(3) == noisy(3)
    assert noisy(3)[0] != noisy(4)[0]
