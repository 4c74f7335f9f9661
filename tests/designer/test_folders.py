"""Nothing outside the served folder is read or written."""

from __future__ import annotations

import pytest
from mycaffe_plugins.designer.faults import Fault
from mycaffe_plugins.designer.folders import Folders, within

from mycaffe_py.errors import MissingFileError

OUT = [
    "..", ".", "", "...", "../secret", "../../secret", "a/../../secret", "/etc/passwd", "\\..\\secret",
    "..\\secret", "a\x00b", "a\nb", "\x7f", "x" * 256, ". .",
]  # fmt: skip


@pytest.fixture
def outside(tmp_path):
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "run.json").write_text("{}")
    (tmp_path / "secret" / "file").write_text("secret")
    return tmp_path / "secret"


@pytest.mark.parametrize("name", OUT)
def test_names_that_lead_elsewhere_are_no_names(root, name):
    with pytest.raises(Fault) as fault:
        within(root, name)
    assert fault.value.status == 404


def test_plain_names_stay_below(root):
    assert within(root, "a", "b.txt") == root.resolve() / "a" / "b.txt"
    assert within(root, "..hidden") == root.resolve() / "..hidden"


def test_a_link_that_leaves_is_refused(root, outside):
    (root / "link").symlink_to(outside / "file")
    (root / "folder").symlink_to(outside)
    for names in (("link",), ("folder",), ("folder", "file"), ("folder", "new")):
        with pytest.raises(Fault) as fault:
            within(root, *names)
        assert fault.value.status == 403


def test_a_link_that_does_not_leave_is_followed(root):
    (root / "file").write_text("x")
    (root / "link").symlink_to("file")
    assert within(root, "link") == root.resolve() / "file"


def test_a_circle_of_links_is_refused(root):
    (root / "a").symlink_to("b")
    (root / "b").symlink_to("a")
    with pytest.raises(Fault):
        within(root, "a", "x")


@pytest.mark.parametrize("name", OUT)
def test_a_project_of_such_a_name_is_not_found(root, sine, name):
    with pytest.raises((Fault, MissingFileError)):
        Folders(root).project(name)


def test_a_project_that_is_a_link_out_of_the_folder_is_refused_and_not_listed(root, sine, outside):
    moved = outside / "Moved"
    sine.folder.rename(moved)
    (root / "Sine").symlink_to(moved)
    folders = Folders(root)
    assert folders.listed() == [] == folders.projects()
    with pytest.raises(Fault) as fault:
        folders.project("Sine")
    assert fault.value.status == 403


@pytest.mark.parametrize("kind", ["model", "solver"])
def test_a_file_that_is_a_link_out_of_the_project_is_refused(root, sine, outside, kind):
    path = getattr(sine, kind)
    path.rename(outside / path.name)
    path.symlink_to(outside / path.name)
    with pytest.raises(Fault) as fault:
        Folders(root).file_of(sine, kind)
    assert fault.value.status == 403


@pytest.mark.parametrize("level", ["runs", "net", "run"])
def test_a_run_behind_a_link_that_leaves_is_refused(root, sine, outside, level):
    runs = sine.runs
    if runs.exists():
        runs.rmdir()
    (outside / "Net" / "001").mkdir(parents=True)
    place = {"runs": runs, "net": runs / "Net", "run": runs / "Net" / "001"}[level]
    place.parent.mkdir(parents=True, exist_ok=True)
    target = {"runs": outside, "net": outside / "Net", "run": outside / "Net" / "001"}[level]
    place.symlink_to(target)
    with pytest.raises(Fault) as fault:
        Folders(root).run(sine, "Net", "001")
    assert fault.value.status == 403


@pytest.mark.parametrize(
    "name", ["", "Net", "Net/", "/001", "Net/x", "../001", "Net/001/x", "Net/.."]
)
def test_a_run_is_a_net_and_a_number(root, sine, name):
    (sine.runs / "Net" / "001").mkdir(parents=True)
    (sine.runs / "Net" / "x").mkdir()
    with pytest.raises(Fault) as fault:
        Folders(root).run_of_id(sine, name)
    assert fault.value.status == 404
    assert Folders(root).run_of_id(sine, "Net/001").name == "001"


def test_the_folder_of_a_project_serves_that_alone(sine):
    folders = Folders(sine.folder)
    assert folders.single == "Sine"
    assert [project.name for project in folders.projects()] == ["Sine"]
    assert folders.project("Sine").folder == sine.folder.resolve()
    with pytest.raises(Fault):
        folders.project("Other")


def test_a_folder_of_projects_is_none(root, sine):
    assert Folders(root).single is None


def test_the_users_own_folder_is_shown_short(root, monkeypatch):
    monkeypatch.setenv("HOME", str(root.parent))
    assert Folders(root).shown == "~/nets"
    monkeypatch.setenv("HOME", str(root.parent / "ne"))
    assert Folders(root).shown == str(root)
