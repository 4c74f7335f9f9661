"""Starting trainings, and what is known of one that does not get far."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from mycaffe_plugins.designer.runs import Runs
from mycaffe_plugins.designer.training import Trainings, as_pasted, output_of

from mycaffe_py.run import ask_run, is_alive

from .conftest import until

pytestmark = pytest.mark.slow  # trainings in processes of their own


@pytest.fixture
def trainings():
    found = Trainings(())
    yield found
    for begun in list(found._starts.values()):
        begun.process.kill()
    found.wait(10)


@pytest.fixture
def start(trainings, sine):
    def run(**options):
        return trainings.start(sine, "LiquidNetCfc", names_its_net=True, device="cpu", **options)

    return run


def state(trainings, folder):
    trainings.tidy()
    return Runs(trainings).summary(folder)


def ended(trainings, folder):
    return until(
        lambda: (one := state(trainings, folder))["state"] not in ("starting", "running") and one
    )


def test_the_command_is_the_one_for_a_terminal(start, sine):
    folder, command = start(seed=5, iterations=3)
    assert folder == sine.folder.resolve() / "runs" / "LiquidNetCfc" / "001"
    assert command == [
        "mycaffe", "train", "--solver", "solver.prototxt", "--device", "cpu", "--seed", "5",
        "--iterations", "3",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("recorded", "typed"),
    [
        (["/x/bin/mycaffe", "train", "--solver", "s.prototxt"], "mycaffe train --solver s.prototxt"),
        (["-c", "train", "--solver", "{folder}/s.prototxt", "--run-dir", "{folder}/runs/N/001"],
         "mycaffe train --solver s.prototxt"),
        (["/x/__main__.py", "train", "--run-dir=r", "--seed", "3"], "mycaffe train --seed 3"),
        (["mycaffe", "train", "--solver", "/elsewhere/s.prototxt"],
         "mycaffe train --solver /elsewhere/s.prototxt"),
    ],
)  # fmt: skip
def test_a_recorded_command_can_be_pasted(tmp_path, recorded, typed):
    command = [part.format(folder=tmp_path) for part in recorded]
    assert " ".join(as_pasted(command, tmp_path)) == typed


def test_a_training_runs_to_its_end(start, trainings):
    folder, _ = start(seed=5, iterations=3)
    assert state(trainings, folder)["state"] in ("starting", "running", "done")
    done = ended(trainings, folder)
    assert (done["state"], done["iteration"], done["seed"]) == ("done", 3, 5)
    assert done["id"] == "LiquidNetCfc/001" and done["figures"]["loss"] > 0
    assert "Optimization Done" in output_of(folder)
    # The output is with the run, and nothing is left beside its folder.
    assert [path.name for path in folder.parent.iterdir()] == ["001"]
    assert trainings.running() == []


def test_a_folder_that_is_no_run_yet_is_looked_at_again(trainings, sine):
    """The folder is made a moment before the file for the output."""
    folder = sine.runs / "LiquidNetCfc" / "001"
    folder.mkdir(parents=True)
    runs = Runs(trainings)
    assert runs.summary(folder) == {}
    (folder.parent / "001.log").write_text("error[E200]: wrong\n")
    assert runs.summary(folder)["message"] == "wrong"


def test_the_next_training_gets_the_next_number(start):
    assert [start(iterations=1)[0].name for _ in range(2)] == ["001", "002"]


def test_a_start_that_fails_says_why(start, trainings, sine):
    sine.solver.write_text(sine.solver.read_text().replace("SIN", "TAN"))
    folder, _ = start()
    failed = ended(trainings, folder)
    assert failed["state"] == "failed" and "TAN" in failed["message"]
    assert failed["problem"]["file"].endswith("solver.prototxt") and failed["problem"]["line"] > 10
    assert "error[" in output_of(folder)
    # The next server knows it too.
    again = Runs(Trainings(())).summary(folder)
    assert (again["state"], again["message"]) == ("failed", failed["message"])


def test_a_start_that_ends_without_a_word(start, trainings):
    folder, _ = start()
    begun = trainings._starts[folder]
    begun.process.kill()
    begun.process.wait()
    (folder / "run.json").unlink(missing_ok=True)
    (folder.parent / "001.log").write_text("")
    assert "exit code -9" in state(trainings, folder)["message"]


@pytest.mark.slow
def test_a_training_goes_on_from_another(start, trainings, sine):
    first, _ = start(seed=1, iterations=5)
    ended(trainings, first)
    second, command = start(iterations=8, resume=first)
    assert command[-2:] == ["--resume", "runs/LiquidNetCfc/001"]
    done = ended(trainings, second)
    assert (done["state"], done["iteration"]) == ("done", 8)
    assert done["resumed_from"] == "LiquidNetCfc/001"


@pytest.mark.slow
def test_a_training_begins_with_weights(start, trainings):
    first, _ = start(seed=1, iterations=3)
    ended(trainings, first)
    second, _ = start(iterations=2, weights=first / "best.caffemodel")
    assert ended(trainings, second)["resumed_from"] is None


def test_a_training_is_stopped_by_asking(start, trainings):
    folder, _ = start(iterations=10**6)
    until(lambda: state(trainings, folder)["iteration"] > 3)
    assert trainings.running() == [folder]
    ask_run(folder, "stop")
    stopped = ended(trainings, folder)
    assert stopped["state"] == "interrupted" and stopped["snapshots"]


@pytest.mark.posix
def test_a_training_that_is_killed_is_lost(start, trainings):
    folder, _ = start(iterations=10**6)
    until(lambda: state(trainings, folder)["iteration"] > 3)
    trainings._starts[folder].process.kill()
    lost = ended(trainings, folder)
    assert lost["state"] == "lost" and "process is gone" in lost["message"]


@pytest.mark.posix
def test_a_training_outlives_the_server(sine, tmp_path):
    """Ctrl-C in the server's terminal goes to all processes of its session, and the training is not in it."""
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from mycaffe_py.projects import open_project\n"
        "from mycaffe_plugins.designer.training import Trainings\n"
        "trainings = Trainings(())\n"
        "project = open_project(Path(sys.argv[1]))\n"
        "folder, _ = trainings.start(project, 'N', names_its_net=True, iterations=10**6)\n"
        "print(folder, trainings._starts[folder].process.pid)\n"
        "trainings.let_go()\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(sine.folder)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stderr == ""
    folder, process = done.stdout.split()
    assert os.getsid(int(process)) != os.getsid(0)
    folder = sine.folder / "runs" / "N" / "001"
    until(lambda: is_alive(folder) and json.loads((folder / "run.json").read_text() or "{}"))
    ask_run(folder, "stop")
    until(lambda: not is_alive(folder))
    assert json.loads((folder / "run.json").read_text())["status"] == "interrupted"


def test_nothing_goes_through_a_shell_or_is_taken_for_an_option(trainings, sine, monkeypatch):
    commands = []

    class Process:
        returncode = 0

        def __init__(self, command, **options):
            commands.append((command, options))

        def poll(self, timeout=None):
            return 0

        kill = wait = poll

    monkeypatch.setattr(subprocess, "Popen", Process)
    trainings.start(sine, "$(reboot); --x", names_its_net=False, device="cpu", seed=1)
    [(command, options)] = commands
    assert command[0] == sys.executable and not options.get("shell")
    folder = command[command.index("--run-dir") + 1]
    assert folder.startswith(str(sine.runs.resolve())) and "$" not in folder


def test_modules_in_the_project_do_not_replace_those_of_python(start, trainings, sine):
    """A file json.py beside the model must not be run because a training is started there."""
    (sine.folder / "json.py").write_text("raise SystemExit('taken')")
    folder, _ = start(iterations=1)
    assert ended(trainings, folder)["state"] == "done"


def test_plugins_of_the_server_are_those_of_the_training(sine, tmp_path):
    plugin = tmp_path / "gate.py"
    plugin.write_text("")
    trainings = Trainings([str(plugin), "some.module"])
    assert trainings._plugins == ["--plugin", str(plugin), "--plugin", "some.module"]
