"""progress.json."""

from __future__ import annotations

import json
import math

import pytest

from mycaffe_py.errors import OutputError
from mycaffe_py.events import StepDone, TestDone, TrainingEnded, TrainingStarted
from mycaffe_py.run.progress import ProgressWriter, read_progress


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    now = [0.0]
    monkeypatch.setattr("mycaffe_py.run.progress.time.perf_counter", lambda: now[0])
    return now


def tell(writer, now, event):
    writer.now = now
    writer.observe(event)


def step(iteration, **metrics):
    return StepDone(iteration, {"loss": 0.5} | metrics, 0.1)


def test_where_a_run_is(tmp_path, clock):
    writer = ProgressWriter(tmp_path)
    tell(writer, 10, TrainingStarted(100, 200))
    tell(writer, 12, step(120, accuracy=math.nan))
    tell(writer, 12, TestDone(120, 1, {"loss": 0.25}))
    writer.idle()
    found = read_progress(tmp_path)
    assert found["iteration"] == 120 and found["max_iter"] == 200 and found["seconds"] == 2
    assert found["rate"] == 10 and found["left"] == 8
    assert found["figures"] == {"loss": 0.5, "accuracy": None}
    assert found["tests"] == {"test loss (#1)": 0.25}
    assert 1 < found["memory"] <= found["peak"] < 10**6


def test_the_rate_is_that_of_the_last_seconds(tmp_path, clock):
    writer = ProgressWriter(tmp_path)
    tell(writer, 0, TrainingStarted(0, 10_000))
    for second in range(1, 31):
        # Ten updates a second in the first half, then a hundred.
        done = 10 * min(second, 15) + 100 * max(0, second - 15)
        tell(writer, second, step(done))
        clock[0] = second
        writer.idle()
    assert read_progress(tmp_path)["rate"] == 100
    tell(writer, 30, TrainingEnded(1650, "done"))
    writer.close()
    ended = read_progress(tmp_path)
    assert ended["rate"] == 1650 / 30 and ended["left"] == 0


def test_not_more_than_once_a_second(tmp_path, clock):
    writer = ProgressWriter(tmp_path)
    tell(writer, 0, TrainingStarted(0, 10))
    seen = []
    for tenth in range(25):
        clock[0] = tenth / 10
        tell(writer, clock[0], step(tenth + 1))
        writer.idle()
        seen.append(read_progress(tmp_path)["iteration"])
    assert sorted(set(seen)) == [1, 11, 21]
    writer.close()
    assert read_progress(tmp_path)["iteration"] == 25


def test_before_the_first_update(tmp_path, clock):
    writer = ProgressWriter(tmp_path)
    tell(writer, 0, TrainingStarted(5, 10))
    writer.close()
    found = read_progress(tmp_path)
    assert found["rate"] is None and found["left"] is None and found["iteration"] == 5


def test_many_figures_are_cut(tmp_path, clock):
    writer = ProgressWriter(tmp_path)
    tell(writer, 0, StepDone(1, {"loss": 1.0}, 0.1, outputs={f"y[{k}]": 0.0 for k in range(99)}))
    writer.idle()
    assert len(read_progress(tmp_path)["figures"]) == 20


def test_a_folder_that_is_gone(tmp_path, clock):
    with pytest.raises(OutputError, match="cannot write .*progress.json"):
        ProgressWriter(tmp_path / "gone").idle()


@pytest.mark.parametrize("content", [None, "{torn", "[]"])
def test_a_file_that_cannot_be_read_is_empty(tmp_path, content):
    if content is not None:
        (tmp_path / "progress.json").write_text(content)
    assert read_progress(tmp_path) == {}


def test_a_run_leaves_its_progress(train_small, monkeypatch):
    from mycaffe_py.run.directory import RunDirectory
    from mycaffe_py.run.session import TrainingSession

    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])
    session = TrainingSession(train_small(), RunDirectory.create("runs", "Net"))
    outcome = session.run()
    found = json.loads((session.directory / "progress.json").read_text())
    assert found["iteration"] == 20 and found["left"] == 0 and found["rate"] > 0
    assert found["figures"]["accuracy"] == outcome.metrics["accuracy"]
