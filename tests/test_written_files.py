"""Where a file may have others written: below the current folder, unless the user of a command says otherwise."""

from __future__ import annotations

import os

import pytest

from mycaffe_py.written_files import (
    SWITCH,
    allow_folder,
    allow_value,
    lift_limits,
    limits,
    why_not_there,
)

OUT = "leads out of the current folder"
LINK = f"{OUT} through a link"
HOME = "begins with ~"
KINDS = {
    "name": ("out.h5", ""),
    "below": ("a/b/out.h5", ""),
    "back and forth": ("a/../b/out.h5", ""),
    "the folder itself by its whole name": ("{here}/out.h5", ""),
    "above": ("../out.h5", OUT),
    "above after below": ("a/../../out.h5", OUT),
    "beside, with the same beginning": ("{here}x/out.h5", OUT),
    "absolute": ("/etc/out.h5", OUT),
    "home": ("~/out.h5", HOME),
    "another's home": ("~root/out.h5", HOME),
    "link to a folder inside": ("inside/out.h5", ""),
    "link to a folder outside": ("outside/out.h5", LINK),
    "link to a file outside": ("file.h5", LINK),
    "link to nothing outside": ("dangling.h5", LINK),
    "link and back": ("outside/../out.h5", LINK),
    "link that leads nowhere else": ("circle", ""),
    "null character": ("a\0b", "contains a null character"),
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The current folder, with links in it."""
    folder, other = tmp_path / "here", tmp_path / "other" / "deep"
    (folder / "a").mkdir(parents=True)
    other.mkdir(parents=True)
    (other / "file").touch()
    for name, target in {
        "inside": "a",
        "outside": other,
        "file.h5": other / "file",
        "dangling.h5": other / "absent",
        "circle": "circle",
    }.items():
        (folder / name).symlink_to(target)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("PWD", raising=False)
    return folder


@pytest.mark.posix
@pytest.mark.parametrize("kind", KINDS)
def test_where_a_file_may_have_something_written(here, kind):
    name, reason = KINDS[kind]
    name = name.format(here=here)
    with limits():
        found = why_not_there("file_name", name)
    assert found.startswith(reason) and bool(found) == bool(reason)


@pytest.mark.posix
@pytest.mark.parametrize("how", ["script", "option", "variable", "typed", "folder"])
def test_the_user_may_allow_it(here, monkeypatch, how):
    path = str(here.parent / "other" / "out.h5")
    if how == "script":
        assert why_not_there("file_name", path) == ""
        return
    monkeypatch.setenv(SWITCH, "1" if how == "variable" else "0")
    with limits():
        if how == "option":
            lift_limits()
        elif how == "typed":
            allow_value("snapshot_prefix", path)
            assert why_not_there("file_name", path) == OUT
            allow_value("file_name", path)
        elif how == "folder":
            allow_folder("../other")
            assert why_not_there("file_name", "../out.h5") == OUT
        assert why_not_there("file_name", path) == ""
    monkeypatch.setenv(SWITCH, "")
    with limits():
        assert why_not_there("file_name", path) == OUT
    assert why_not_there("file_name", path) == ""


@pytest.mark.posix
def test_a_folder_that_the_shell_calls_otherwise(here, monkeypatch):
    other = here.parent / "called"
    other.symlink_to(here)
    with limits():
        assert why_not_there("file_name", f"{other}/out.h5") == OUT
        monkeypatch.setenv("PWD", str(other))
        assert why_not_there("file_name", f"{other}/out.h5") == ""
        monkeypatch.setenv("PWD", str(here.parent))
        assert why_not_there("file_name", f"{here.parent}/out.h5") == OUT


@pytest.mark.posix
def test_nothing_outside_is_looked_at(here, monkeypatch):
    """A name on a network drive is refused without asking for the drive."""
    looked = []
    real = os.path.realpath
    monkeypatch.setattr(os.path, "realpath", lambda path, **_: looked.append(path) or real(path))
    with limits():
        assert why_not_there("file_name", "/net/host/out.h5") == OUT
    assert looked == []
