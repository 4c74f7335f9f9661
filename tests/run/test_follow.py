"""Following a run: what is read as it comes, and what is answered from memory."""

from __future__ import annotations

import json
import math
import threading

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.events import StepDone, TestDone
from mycaffe_py.run import RunFollower, summarize
from mycaffe_py.run.directory import RunDirectory
from mycaffe_py.run.follow import Changes
from mycaffe_py.run.frames import FrameTaken, FrameWriter
from mycaffe_py.run.live import LiveWriter
from mycaffe_py.run.lock import RunLock
from mycaffe_py.run.metrics import MetricsWriter
from mycaffe_py.run.record import read_record
from mycaffe_py.run.session import TrainingSession


def step(iteration, **more):
    sample = {"x": iteration / 10, "target": [1.0], "prediction": [1.5]}
    return StepDone(iteration, {"loss": 1 / iteration, **more}, 0.01, sample=sample)


class Writers:
    """What a session writes, by hand."""

    def __init__(self, folder):
        self.folder = folder
        self.writers = [MetricsWriter(folder), LiveWriter(folder, {"names": ["a"]})]

    def tell(self, *events):
        for writer in self.writers:
            for event in events:
                writer.observe(event)
            writer.idle()

    def record(self, **fields):
        (self.folder / "run.json").write_text(json.dumps(fields))


@pytest.fixture
def run(tmp_path):
    writers = Writers(tmp_path)
    yield writers
    for writer in writers.writers:
        writer.close()


def test_a_run_that_has_not_begun(tmp_path):
    follower = RunFollower(tmp_path / "later")
    assert follower.poll() == Changes() and not any(follower.poll())
    assert follower.record == {} and follower.names == [] and follower.rows == 0
    assert follower.last == {} and follower.iteration == 0 and not follower.alive
    assert follower.curves(["loss"]) == {
        "block": 1,
        "iteration": [],
        "loss": {"min": [], "max": [], "mean": []},
    }
    assert follower.rows_since(0, ["loss"]) == (0, {"iteration": [], "loss": []})
    assert follower.live()["names"] == [] and follower.live_since(3)[0] == 3
    assert follower.tests() == {} and follower.summary() == {}


def test_only_what_is_new_is_read(run, tmp_path):
    follower = RunFollower(tmp_path)
    run.tell(*map(step, range(1, 6)))
    assert follower.poll() == Changes(rows=5, live=5)
    assert follower.poll() == Changes()
    run.tell(step(6), step(7))
    assert follower.poll() == Changes(rows=2, live=2)
    assert follower.rows == 7 and follower.iteration == 7 and follower.live_iteration == 7
    assert follower.names[:2] == ["loss", "accuracy"] and "iteration" not in follower.names
    assert follower.last["loss"] == 1 / 7 and math.isnan(follower.last["accuracy"])


def test_half_a_row_is_no_row(tmp_path):
    path = tmp_path / "metrics.csv"
    path.write_text("iteration,loss\n1,0.5\n2,0.2")
    follower = RunFollower(tmp_path)
    assert follower.poll().rows == 1
    with path.open("a") as file:
        file.write("5\n3,")
    assert follower.poll().rows == 1
    assert follower.last == {"loss": 0.25}


def test_rows_since_an_update(run, tmp_path):
    follower = RunFollower(tmp_path)
    run.tell(*map(step, range(101, 111)))
    follower.poll()
    cursor, rows = follower.rows_since(0, ["loss", "accuracy"])
    assert cursor == 110 and rows["iteration"] == list(range(101, 111))
    assert rows["loss"] == [1 / n for n in range(101, 111)] and rows["accuracy"] == [None] * 10
    assert follower.rows_since(cursor, ["loss"]) == (110, {"iteration": [], "loss": []})
    run.tell(step(111))
    follower.poll()
    assert follower.rows_since(cursor, ["lr"]) == (111, {"iteration": [111], "lr": [0.01]})
    cursor, few = follower.rows_since(0, ["loss"], most=3)
    assert cursor == 111 and few["iteration"] == [104, 108, 111]
    assert few["loss"][1] == pytest.approx(sum(1 / n for n in range(105, 109)) / 4)


def test_curves_of_a_stretch(run, tmp_path):
    follower = RunFollower(tmp_path)
    run.tell(*map(step, range(1, 101)))
    follower.poll()
    curves = follower.curves(["loss", "accuracy"], most=25)
    assert curves["block"] == 4 and curves["iteration"] == list(range(4, 101, 4))
    assert curves["loss"]["max"][0] == 1 and curves["loss"]["min"][0] == 0.25
    assert curves["accuracy"]["mean"] == [None] * 25
    part = follower.curves(["loss"], first=11, last=20)
    assert part["block"] == 1 and part["iteration"] == list(range(11, 21))
    assert follower.curves(["loss"], first=500)["iteration"] == []
    assert follower.curves([], most=1) == {"block": 128, "iteration": [100]}
    json.dumps(curves, allow_nan=False)


def test_mistakes_in_a_question(run, tmp_path):
    follower = RunFollower(tmp_path)
    run.tell(step(1))
    follower.poll()
    for ask in (follower.curves, lambda names: follower.rows_since(0, names)):
        with pytest.raises(ConfigError, match='no metric "los"') as caught:
            ask(["los"])
        assert caught.value.field == "names" and 'did you mean "loss"' in caught.value.hint
    for ask in (
        lambda: follower.curves(["loss"], most=0),
        lambda: follower.rows_since(0, ["loss"], most=0),
        lambda: follower.live_since(0, most=-1),
    ):
        with pytest.raises(ConfigError, match="most must be at least 1"):
            ask()


def test_live_samples(run, tmp_path):
    follower = RunFollower(tmp_path)
    run.tell(*map(step, range(1, 11)))
    follower.poll()
    live = follower.live(last=2)
    assert live["names"] == ["a"] and live["x_name"] == "x" and live["tolerance"] is None
    assert live["iteration"] == [9, 10] and live["x"] == [0.9, 1.0]
    assert live["target"] == [[1.0, 1.0]] and live["prediction"] == [[1.5, 1.5]]
    assert "time" not in live
    cursor, rows = follower.live_since(7)
    assert cursor == 10 and rows["iteration"] == [8, 9, 10]
    assert follower.live_since(10)[1]["iteration"] == []


def test_folded_files_give_every_sample_once(run, tmp_path):
    follower, cursor, seen = RunFollower(tmp_path), 0, []
    for begin in range(1, 30_001, 3000):
        run.tell(*map(step, range(begin, begin + 3000)))
        follower.poll()
        cursor, rows = follower.live_since(cursor, most=10**6)
        seen += rows["iteration"]
    assert json.loads((tmp_path / "live.jsonl").read_bytes().split(b"\n")[0])["folded"] == 2
    assert seen == list(range(1, 30_001))
    late = RunFollower(tmp_path)
    late.poll()
    assert late.live(8192) == follower.live(8192)
    assert len(late.live(10**6)["iteration"]) <= 3 * 8192


def test_tests_and_pictures(run, tmp_path):
    follower, frames = RunFollower(tmp_path), FrameWriter(tmp_path)
    run.tell(TestDone(0, 0, {"accuracy": 0.5, "loss": math.nan}))
    assert follower.poll() == Changes(tests=True)
    run.tell(TestDone(10, 0, {"accuracy": 0.75, "loss": 2.0}), TestDone(10, 1, {"loss": 3.0}))
    assert follower.poll().tests and not follower.poll().tests
    assert follower.tests() == {
        "test accuracy": {"iteration": [0, 10], "value": [0.5, 0.75]},
        "test loss": {"iteration": [10], "value": [2.0]},
        "test loss (#1)": {"iteration": [10], "value": [3.0]},
    }
    import numpy as np

    frames.observe(FrameTaken(np.zeros((4, 4, 3), np.uint8)))
    frames.idle()
    assert follower.frame_path == tmp_path / "live_frame.png"
    assert follower.poll() == Changes(frame=True) and follower.poll() == Changes()


def test_a_record_that_changes_and_a_process_that_goes(run, tmp_path):
    follower = RunFollower(tmp_path)
    held = RunLock(tmp_path)
    run.record(status="running", message="", iteration=0)
    assert follower.poll().record and follower.alive and follower.is_running
    assert not follower.poll().record
    held.release()
    assert follower.poll().record and follower.record["status"] == "lost" and not follower.alive
    assert follower.record == read_record(tmp_path) and not follower.poll().record


def test_progress_counts_as_the_record(run, tmp_path):
    follower = RunFollower(tmp_path)
    run.record(status="done", iteration=3)
    follower.poll()
    (tmp_path / "progress.json").write_text('{"iteration": 4, "rate": 7.5}')
    assert follower.poll().record and follower.progress["rate"] == 7.5


def test_the_summary_has_the_newest_row(run, tmp_path):
    follower = RunFollower(tmp_path)
    run.record(status="done", iteration=0, net="Net")
    (tmp_path / "progress.json").write_text('{"iteration": 1, "figures": {"loss": 9}}')
    run.tell(step(1), step(2, accuracy=math.nan))
    follower.poll()
    found = follower.summary()
    assert found["iteration"] == 2 and found["figures"]["loss"] == 0.5
    assert found["figures"]["accuracy"] is None and found["state"] == "done"
    json.dumps(found, allow_nan=False)


def test_a_session_followed_to_its_end(train_small, monkeypatch):
    """A follower in another thread sees every row; once it knows the end, it has all of them."""
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])
    session = TrainingSession(train_small(iterations=300), RunDirectory.create("runs", "Net"))
    follower, seen = RunFollower(session.directory.path), []
    runner = threading.Thread(target=session.run)
    runner.start()
    cursor = rows = 0
    while True:
        rows += follower.poll().rows
        cursor, new = follower.rows_since(cursor, ["loss"] if follower.names else [])
        seen += new["iteration"]
        if follower.record.get("status") == "done":
            break
    runner.join()
    assert seen == list(range(1, 301)) and rows == follower.rows == 300
    live = follower.live(1000)
    assert live["iteration"] == seen and live["names"] == ["y"] and live["tolerance"] == 0.005
    assert live["x_name"] == "x (radians)" and len(live["time"]) == 300
    assert follower.summary()["figures"]["accuracy"] == follower.last["accuracy"]


def test_another_run_in_the_place_of_a_removed_one(run, tmp_path):
    follower = RunFollower(tmp_path)
    run.record(status="done", started="2026-01-01T10:00:00+00:00", process=5)
    run.tell(*map(step, range(1, 31)))
    follower.poll()
    for name in ("metrics.csv", "metrics.jsonl", "live.jsonl"):
        (tmp_path / name).unlink()
    new = Writers(tmp_path)
    new.record(status="done", started="2026-01-01T11:00:00+00:00", process=6)
    new.tell(*map(step, range(101, 201)))
    for writer in new.writers:
        writer.close()
    follower.poll()
    assert follower.rows == 100
    for _, found in (follower.rows_since(0, ["loss"]), follower.live_since(0)):
        assert found["iteration"] == list(range(101, 201))


ODD = [None, -1, 1.5, "x", [], {}, [1], {"a": 1}, True, math.nan, math.inf, 10**400]
FIELDS = {
    "run.json": [
        "status",
        "iteration",
        "max_iter",
        "started",
        "best",
        "device",
        "problem",
        "snapshots",
        "resumed_run",
    ],
    "progress.json": ["iteration", "rate", "left", "memory", "figures", "tests"],
    "tests.jsonl": ["iteration", "net", "loss"],
    "live.jsonl": ["x", "t", "p", "tt"],
}
GOOD = {
    "run.json": {"status": "done"},
    "progress.json": {"iteration": 2},
    "tests.jsonl": {"iteration": 1, "net": 0, "loss": 0.5},
    "live.jsonl": {"i": 3, "x": 1, "t": [1], "p": [1]},
}


def check_readable(run, folder):
    """Read a run's files: whatever is in them, the other rows are there and all is JSON."""
    live = folder / "live.jsonl"
    live.write_text('{"names": ["a"]}\n' + live.read_text() + '{"i":4,"x":1,"t":[1],"p":[2]}\n')
    follower = RunFollower(folder)
    follower.poll()
    shown = [follower.summary(), follower.tests(), follower.live(), summarize(folder)]
    json.dumps(shown, allow_nan=False)
    assert follower.live_iteration == 4 and follower.rows == 2


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd)[:12])
@pytest.mark.parametrize("name", FIELDS)
def test_an_odd_value_costs_only_itself(run, tmp_path, name, odd):
    run.tell(step(1), step(2))
    for field in FIELDS[name]:
        for each, fields in GOOD.items():
            given = fields | {field: odd} if each == name else fields
            (tmp_path / each).write_text(json.dumps(given) + "\n")
        check_readable(run, tmp_path)


@pytest.mark.parametrize("name", GOOD)
def test_deep_nesting_costs_only_its_line(run, tmp_path, name):
    run.tell(step(1), step(2))
    for each, fields in GOOD.items():
        text = '{"i":3,"x":' + "[" * 100_000 if each == name else json.dumps(fields)
        (tmp_path / each).write_text(text + "\n")
    check_readable(run, tmp_path)


@pytest.mark.parametrize("odd", [2**53, 10**30, "inf", "nan", -4])
def test_a_row_with_an_odd_number_hides_no_other(tmp_path, odd):
    (tmp_path / "metrics.csv").write_text(f"iteration,loss\n1,0.5\n{odd},0.4\n2,0.3\n")
    lines = [f'{{"i":{at},"x":1,"t":[1],"p":[1]}}' for at in (1, odd, 2)]
    (tmp_path / "live.jsonl").write_text("\n".join(['{"names": ["a"]}', *lines, ""]))
    follower = RunFollower(tmp_path)
    follower.poll()
    assert follower.rows_since(0, ["loss"])[1] == {"iteration": [1, 2], "loss": [0.5, 0.3]}
    assert follower.live()["iteration"] == [1, 2]
