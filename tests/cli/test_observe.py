"""``mycaffe train --observe`` and ``--tensorboard``: options, resumed and killed runs, failing observers."""

from __future__ import annotations

import json
import sys
import time

import pytest

from tests.plugins.observers.event_reader import read_events, scalars, values

from .conftest import SMALL

FAILING = '''
from mycaffe_py import Observer, hookimpl
from mycaffe_py.events import StepDone

class Failing(Observer):
    """Fails where its setting says."""

    type = "Failing"
    schema = """
      message FailingParameter { optional string where = 1; }
      extend ObserverParameter { optional FailingParameter failing_param = 300000; }
    """
    where = property(lambda self: self.param.failing_param.where)

    def __init__(self, param):
        super().__init__(param)
        if self.where == "init":
            import no_such_package

    def start(self, run):
        (run.folder / "own").mkdir()
        (run.folder / "own" / "file").write_text("x")
        if self.where == "start":
            raise OSError(28, "No space left on device", "own/file")

    def observe(self, event):
        if self.where == "observe" and isinstance(event, StepDone):
            raise RuntimeError("no connection")

    def close(self):
        if self.where == "close":
            raise ValueError("too late")

class Required(Failing):
    """The run cannot do without it."""

    type = "Required"
    required = True

@hookimpl
def mycaffe_observers():
    return [Failing, Required]
'''


@pytest.fixture
def failing(tmp_path):
    path = tmp_path / "failing.py"
    path.write_text(FAILING)
    return str(path)


def test_tensorboard_has_a_short_form(train, runs):
    assert train("--iterations", 3, "--tensorboard").exit_code == 0
    assert sorted(scalars(read_events(runs / "001"))["train/loss"]) == [1, 2, 3]


def test_options_change_what_the_solver_file_has(train, runs, tmp_path, mycaffe):
    text = mycaffe("train", *SMALL, "--print-config").stdout.partition("# solver")[2]
    solver = tmp_path / "own.prototxt"
    solver.write_text(
        text.partition("\n")[2]
        + 'observer { type: "tensorboard" tensorboard_param { every: 2 graph: false } }'
    )
    shown = mycaffe(
        *("train", "--model", "LiquidNetCfc.prototxt", "--solver", solver),
        *("--tensorboard", "--observe", "TensorBoard:every=3,histograms=true", "--print-config"),
    ).stdout
    assert shown.count("observer {") == 1
    assert all(line in shown for line in ("every: 3", "graph: false", "histograms: true"))
    result = mycaffe("train", *SMALL, "--solver", solver, "--iterations", 4)
    assert result.exit_code == 0, result.stderr
    assert sorted(scalars(read_events(runs / "001"))["train/loss"]) == [2, 4]
    assert 'type: "tensorboard"' in (runs / "001" / "solver.prototxt").read_text()


@pytest.mark.parametrize(
    ("spec", "code", "words"),
    [
        ("tensorbord", 2, 'did you mean "TensorBoard"?'),
        ("tensorboard:evry=3", 2, 'did you mean "every"?'),
        ("tensorboard:every=0", 2, "every is 0"),
        ("tensorboard:every=many", 2, "not a whole number"),
        ("tensorboard:", 2, "no setting follows the colon"),
        ("tensorboard:every", 2, "is not KEY=VALUE"),
        ("failing:where=init", 3, "pip install no_such_package"),
        ("failing:where=start", 2, "cannot start: own/file: No space left on device"),
    ],
)
def test_mistakes_end_before_training_and_leave_no_run_folder(
    train, runs, failing, spec, code, words
):
    result = train("--iterations", 2, "--plugin", failing, "--observe", spec)
    assert result.exit_code == code and words in result.stderr, result.stderr
    assert "E000" not in result.stderr and not runs.exists()


@pytest.mark.parametrize("where", ["observe", "close"])
def test_an_observer_that_fails_later_is_left_out_with_a_warning(train, runs, failing, where):
    result = train(
        *("--iterations", 3, "--plugin", failing, "--tensorboard"),
        *("--observe", f"failing:where={where}"),
    )
    assert result.exit_code == 0
    reason = "RuntimeError: no connection" if where == "observe" else "ValueError: too late"
    assert f'warning: observer "Failing" failed: {reason}; the run continues' in result.stderr
    assert json.loads((runs / "001" / "run.json").read_text())["status"] == "done"
    assert sorted(scalars(read_events(runs / "001"))["train/loss"]) == [1, 2, 3]


def test_a_required_observer_stops_the_run(train, runs, failing):
    result = train(
        "--iterations", 2, "--plugin", failing, "--observe", "required:failing_param.where=observe"
    )
    assert result.exit_code == 2 and "E120" in result.stderr
    assert 'observer "Required" failed: RuntimeError: no connection' in result.stderr
    assert json.loads((runs / "001" / "run.json").read_text())["status"] == "failed"


def test_without_tensorboardx_there_is_no_run(train, runs, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    result = train("--iterations", 2, "--tensorboard")
    assert result.exit_code == 3 and 'pip install "mycaffe-py[tensorboard]"' in result.stderr
    assert not runs.exists()


def test_a_resumed_run_goes_on_at_its_iteration(train, runs):
    assert train("--iterations", 4, "--tensorboard").exit_code == 0
    assert train("--iterations", 7, "--resume", "auto", "--tensorboard").exit_code == 0
    events = read_events(runs / "002")
    assert sorted(scalars(events)["train/loss"]) == [5, 6, 7]
    (start,) = [event for event in events if event.HasField("session_log")]
    assert (start.session_log.status, start.step) == (start.session_log.START, 5)
    assert min(event.step for event in events if event.HasField("summary")) == 4


def test_a_killed_run_leaves_what_was_written(start, runs):
    process = start(
        *("train", *SMALL, "--iterations", "1000000", "--no-live"),
        *("--tensorboard", "--set", "solver.display=0"),
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        metrics = runs / "001" / "metrics.csv"
        if metrics.exists() and metrics.read_text().count("\n") > 50:
            break
        time.sleep(0.05)
    process.kill()
    process.wait()
    curve = scalars(read_events(runs / "001"))["train/loss"]
    assert sorted(curve) == list(range(1, len(curve) + 1)) and len(curve) > 10


def test_a_run_without_updates_has_an_end(train, runs):
    result = train("--iterations", 0, "--tensorboard")
    assert result.exit_code == 0
    texts = [tag for _, tag, _ in values(read_events(runs / "001"), "tensor")]
    assert "status/text_summary" in texts
