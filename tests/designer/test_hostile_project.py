"""Projects as a stranger may have prepared them: the Designer runs nothing of them unless it was started so."""

from __future__ import annotations

import json

import pytest
from mycaffe_plugins.designer.commands import Done
from mycaffe_plugins.designer.jobs import Jobs
from mycaffe_plugins.designer.messages import problem_in
from mycaffe_plugins.designer.training import Trainings
from mycaffe_plugins.designer.worker import Worker

from ..hostile import Hostile
from .conftest import opened

LAYER = 'layer { name: "p" type: "Python" bottom: "x" top: "p" python_param { module: "%s" layer: "Same" } }\n'
CODE = """
open({!r}, "w").close()
import caffe


class Same(caffe.Layer):
    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data

    def backward(self, top, propagate_down, bottom):
        bottom[0].diff[...] = top[0].diff
"""


@pytest.fixture
def named(sine, tmp_path):
    """A project whose model names code beside it; the file that the code makes."""
    mark = tmp_path / "executed"
    (sine.folder / "named_layer.py").write_text(CODE.format(str(mark)))
    with sine.model.open("a") as model:
        model.write(LAYER % "named_layer")
    return mark


def test_a_training_is_refused_before_it_starts(client, sine, named):
    answer = client.post("/api/projects/Sine/runs", json={"device": "cpu"})
    assert answer.status_code == 422 and answer.json()["error"] == {
        "code": "E221",
        "message": 'layer "p" (Python) is not built, since that would run code',
        "hint": "if you trust this code, start the Designer with: mycaffe designer --allow-python",
    }
    assert not named.exists() and list(sine.runs.iterdir()) == []


def test_the_error_of_a_command_says_what_to_type_here():
    text = (
        'error[E221] net.prototxt:2:1: layer "p" (Python): is not built\n'
        "  if you trust this code, add --allow-python\n"
    )
    assert "start the Designer with: mycaffe designer --allow-python" in problem_in(text)["hint"]


@pytest.mark.parametrize("allowed", [False, True])
def test_jobs_pass_the_permission_on(tmp_path, allowed):
    asked = []

    class Commands:
        def options(self, arguments, last=()):
            return [*arguments, *last]

        def run(self, options, *, folder=None, longest=None):
            asked.append(options)
            return Done(0, "", "")

    jobs = Jobs(Commands(), allow_python=allowed)
    jobs.start("Net/001", tmp_path, tmp_path, ["explain"], ["--", "fc"])
    jobs.close()
    assert asked == [["explain", *["--allow-python"] * allowed, "--", "fc"]]


def test_its_processes_take_no_module_from_the_current_folder(tmp_path, monkeypatch):
    hostile = Hostile(tmp_path)
    monkeypatch.chdir(hostile.folder)
    worker = Worker()
    text = (hostile.folder / "net.prototxt").read_text()
    try:
        seen = worker.call(
            "look", kind="model", text=text, phase="TRAIN", folder=".", filename="net.prototxt"
        )
    finally:
        worker.close()
    assert hostile.marks == "" and len(seen["layers"]) == 4


@pytest.mark.slow
@pytest.mark.parametrize("allowed", [False, True])
def test_a_training_runs_the_code_only_if_that_is_allowed(sine, named, allowed):
    trainings = Trainings((), allow_python=allowed)
    folder, command = trainings.start(
        sine, "LiquidNetCfc", names_its_net=True, device="cpu", iterations=2
    )
    trainings.wait(60)
    assert named.exists() == allowed == ("--allow-python" in command)
    if allowed:
        assert json.loads((folder / "run.json").read_text())["status"] == "done"
    else:
        assert (
            "mycaffe designer --allow-python"
            in trainings.unfinished_start(folder)["problem"]["hint"]
        )


@pytest.mark.slow
def test_a_hostile_folder_as_a_project(designer, tmp_path):
    hostile = Hostile(tmp_path)
    _, url = designer(hostile.folder, cwd=hostile.folder)
    client = opened(url)
    about = client.get("/api/about").json()  # from the command doctor, in a process
    assert about["plugins"] and not [one for one in about["plugins"] if "evil" in one["name"]]
    project = f"/api/projects/{about['single']}"
    for page in (project, f"{project}/runs", f"{project}/runs/Evil/001", f"{project}/report"):
        answer = client.get(page)
        assert answer.status_code in (200, 400, 404, 422) and "E000" not in answer.text
    seen = client.get(f"{project}/files/model")
    assert seen.status_code in (200, 422)
    text = (hostile.folder / "net.prototxt").read_text()
    body = {"kind": "model", "text": text, "phase": "TRAIN"}
    layers = client.post(f"{project}/look", json=body).json()["layers"]
    assert layers[1]["note"].startswith("Not built")
    assert hostile.marks == ""
