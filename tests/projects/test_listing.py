"""Which folders are projects, and why others are not."""

from __future__ import annotations

import errno
import os

import pytest

from mycaffe_py.errors import ConfigError, MissingFileError
from mycaffe_py.projects import find_project, list_projects, open_project

from .conftest import MODEL, SOLVER

PLAIN = {"line.prototxt": MODEL, "solver.prototxt": SOLVER}


def names(root, registry):
    return [one.name for one in list_projects(root, registry)]


def test_a_folder_with_a_model_and_a_solver_is_a_project(folder, registry):
    project = open_project(folder("Plain", PLAIN), registry)
    assert (project.name, project.model.name, project.solver.name) == (
        *("Plain", "line.prototxt", "solver.prototxt"),
    )
    assert project.created == "" and project.gym is None
    assert project.runs == project.folder / "runs" and project.notes.name == "notes.md"
    assert project.as_json()["name"] == "Plain"


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({}, "no model and no solver file"),
        ({"notes.txt": "x"}, "no model and no solver file"),
        ({"line.prototxt": MODEL}, "a model, but no solver file"),
        ({"solver.prototxt": SOLVER}, "names the net line.prototxt, which is not in this folder"),
        ({"solver.prototxt": 'type: "SGD" base_lr: 1'}, "a solver file, but no model"),
        (
            {**PLAIN, "a.prototxt": MODEL, "solver.prototxt": 'type: "SGD" base_lr: 1'},
            "2 models, a.prototxt, line.prototxt, and solver.prototxt names none of them",
        ),
        (
            {"line.prototxt": MODEL, "a.prototxt": SOLVER, "b.prototxt": SOLVER},
            "2 solver files, a.prototxt, b.prototxt, and none is called solver.prototxt",
        ),
    ],
)
def test_why_a_folder_is_no_project(folder, registry, files, words):
    place = folder("x", files)
    with pytest.raises(ConfigError) as caught:
        open_project(place, registry)
    assert words in caught.value.message
    assert list_projects(place.parent, registry) == []


def test_which_solver_is_chosen(folder, registry):
    other = SOLVER.replace("line.prototxt", "gone.prototxt")
    two = {"line.prototxt": MODEL, "a.prototxt": other, "b.prototxt": SOLVER}
    assert open_project(folder("one", two), registry).solver.name == "b.prototxt"
    three = {**two, "solver.prototxt": SOLVER}
    assert open_project(folder("two", three), registry).solver.name == "solver.prototxt"
    only = {"line.prototxt": MODEL, "train.prototxt": other}
    project = open_project(folder("three", only), registry)
    assert (project.solver.name, project.model.name) == ("train.prototxt", "line.prototxt")


def test_the_model_that_the_solver_names(folder, registry):
    files = {
        **PLAIN,
        "another.prototxt": MODEL,
        "solver.prototxt": SOLVER.replace('"line', '"./line'),
    }
    assert open_project(folder("x", files), registry).model.name == "line.prototxt"


def test_a_file_with_a_mistake_still_opens(folder, registry):
    files = {
        "line.prototxt": MODEL.replace("num_output", "num_outputs"),
        "solver.prototxt": SOLVER + "max_itr: 3\n",
    }
    project = open_project(folder("x", files), registry)
    assert (project.model.name, project.solver.name) == ("line.prototxt", "solver.prototxt")


def test_project_json_decides(folder, registry):
    files = {**PLAIN, "a.prototxt": MODEL, "b.prototxt": SOLVER}
    written = {"name": "Other", "model": "a.prototxt", "solver": "b.prototxt", "created": "2026"}
    project = open_project(folder("x", {**files, "project.json": written}), registry)
    assert (project.name, project.model.name, project.solver.name, project.created) == (
        *("x", "a.prototxt", "b.prototxt", "2026"),
    )
    half = folder("y", {**PLAIN, "project.json": {"solver": "solver.prototxt"}})
    assert open_project(half, registry).model.name == "line.prototxt"


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("{", "is not JSON"),
        ("[]", "does not hold an object"),
        ({"model": "gone.prototxt", "solver": "solver.prototxt"}, "names the model gone.prototxt, which is not there"),
        ({"model": "../Other/line.prototxt"}, "not the name of a file in this folder"),
        ({"model": "/etc/passwd"}, "not the name of a file"),
        ({"model": ".."}, "not the name of a file"),
        ({"model": 3}, "not the name of a file"),
        ({"solver": "link.prototxt"}, "a link that leads out of the project"),
    ],
)  # fmt: skip
def test_a_project_that_cannot_be_opened_is_listed_with_its_problem(
    folder, registry, written, words
):
    folder("Other", PLAIN)
    place = folder("x", {**PLAIN, "project.json": written})
    os.symlink(place.parent / "Other" / "solver.prototxt", place / "link.prototxt")
    with pytest.raises(ConfigError) as caught:
        open_project(place, registry)
    assert words in caught.value.message
    other, broken = list_projects(place.parent, registry)
    assert other.project and not other.problem
    assert (broken.name, broken.project, broken.problem) == ("x", None, caught.value.message)


def test_the_list_is_sorted_and_leaves_out_what_is_hidden(folder, registry):
    for name in ("b", "A", "c 2", ".hidden", ".c.12.tmp"):
        folder(name, PLAIN)
    root = folder("empty", {}).parent
    (root / "file.txt").write_text("")
    assert names(root, registry) == ["A", "b", "c 2"]


def test_links_out_of_the_folder_are_left_out(folder, tmp_path, registry):
    outside = folder("outside", PLAIN)
    root = folder("root", {})
    folder("root/Inside", PLAIN)
    os.symlink(outside, root / "Link")
    os.symlink(root / "Inside", root / "Second")
    os.symlink("loop", root / "loop")
    assert names(root, registry) == ["Inside", "Inside"]
    with pytest.raises(MissingFileError):
        find_project(root, "Link", registry)
    os.symlink(
        outside / "solver.prototxt", folder("root/Half", {"line.prototxt": MODEL}) / "s.prototxt"
    )
    with pytest.raises(ConfigError, match="no solver file"):
        open_project(root / "Half", registry)


@pytest.mark.parametrize(
    "name",
    ["../outside", "..", "", "/", "Inside/..", "a/Inside", ".hidden", "x\0", "In\\side", "no"],
)
def test_a_name_is_never_a_path(folder, registry, name):
    folder("outside", PLAIN)
    folder("root/Inside", PLAIN)
    folder("root/a/Inside", PLAIN)
    root = folder("root", {})
    folder("root/.hidden", PLAIN)
    with pytest.raises(MissingFileError, match="there is no project"):
        find_project(root, name, registry)


def test_finding_one(folder, registry):
    root = folder("root/Sine", PLAIN).parent
    assert find_project(root, "Sine", registry).folder == root / "Sine"
    with pytest.raises(MissingFileError, match='did you mean "Sine"'):
        find_project(root, "Sin", registry)
    folder("root/half", {"line.prototxt": MODEL})
    with pytest.raises(ConfigError, match="no solver file"):
        find_project(root, "half", registry)


def test_a_folder_that_is_a_project_itself(folder, registry):
    place = folder("Sine", PLAIN)
    assert names(place, registry) == ["Sine"]
    for name in ("Sine", "."):
        assert find_project(place, name, registry).folder == place
    with pytest.raises(MissingFileError):
        find_project(place, "Cosine", registry)


def test_files_beside_projects_do_not_hide_them(folder, registry):
    place = folder("root", PLAIN)
    folder("root/Sine", PLAIN)
    assert names(place, registry) == ["Sine"]
    folder("root", {"project.json": {}})
    assert names(place, registry) == ["root"]


def test_a_folder_that_is_not_there(tmp_path, registry):
    with pytest.raises(MissingFileError, match="there is no folder"):
        open_project(tmp_path / "gone", registry)


def test_a_folder_that_cannot_be_read(tmp_path, registry):
    with pytest.raises(MissingFileError, match="gone cannot be read: No such file"):
        list_projects(tmp_path / "gone", registry)


def test_a_folder_of_somebody_else_hides_no_project(folder, registry, monkeypatch):
    place = folder("root/a", PLAIN).parent
    folder("root/private", {})
    real = os.stat

    def stat(path, *given, **more):
        if f"private{os.sep}" in os.fspath(path):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path, *given, **more)

    monkeypatch.setattr(os, "stat", stat)
    assert names(place, registry) == ["a"]
