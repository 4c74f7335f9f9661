"""Contents, then names reach the disk; what killed processes left is removed, and never what is being written."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mycaffe_py import durable, leftovers
from mycaffe_py.durable import (
    HiddenFolder,
    hidden_name,
    make_folder,
    replacing,
    sync_folder,
)
from mycaffe_py.errors import OutputError
from mycaffe_py.leftovers import remove_leftovers
from mycaffe_py.weights import atomic, atomic_write

WRITER = """
import sys
from pathlib import Path
from mycaffe_py.durable import HiddenFolder, replacing
path, what = Path(sys.argv[1]), sys.argv[2]
if what == "folder":
    folder = HiddenFolder(path)
    (folder.path / "data").write_bytes(b"half")
    print("writing", flush=True)
    sys.stdin.read()
with replacing(path, to_disk=True) as file:
    file.write(b"half")
    print("writing", flush=True)
    sys.stdin.read()
"""


@pytest.fixture(params=["file", "folder"])
def writer(request, tmp_path):
    """Another process that is writing a file or a folder below ``tmp_path``."""
    process = subprocess.Popen(
        [sys.executable, "-c", WRITER, str(tmp_path / "target"), request.param],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout.readline() == "writing\n"
    yield process
    process.kill()
    process.communicate()


def hidden(folder):
    return [name for name in os.listdir(folder) if name.endswith(".tmp")]


def test_what_a_process_writes_stays_until_it_is_killed(tmp_path, writer):
    remove_leftovers(tmp_path)
    assert len(hidden(tmp_path)) == 1
    writer.kill()
    writer.wait()
    assert len(hidden(tmp_path)) == 1
    remove_leftovers(tmp_path)
    assert os.listdir(tmp_path) == []


@pytest.fixture
def leftover(tmp_path):
    path = tmp_path / ".weights.caffemodel.0123456789abcdef.tmp"
    path.write_bytes(b"half")
    return path


def test_the_next_write_into_a_folder_removes_leftovers(tmp_path, leftover):
    atomic_write(tmp_path / "other", b"whole")
    assert os.listdir(tmp_path) == ["other"]


OTHERS = [
    "weights.0123456789abcdef.tmp",
    ".weights.0123456789abcde.tmp",
    ".weights.0123456789ABCDEF.tmp",
    ".weights.0123456789abcdef.tmp2",
    ".0123456789abcdef.tmp",
    "." + "n" * 41 + ".0123456789abcdef.tmp",
    ".weights.tmp",
]


@pytest.mark.parametrize("name", OTHERS)
def test_only_our_names_are_removed(tmp_path, name):
    (tmp_path / name).write_bytes(b"mine")
    remove_leftovers(tmp_path)
    assert os.listdir(tmp_path) == [name]


@pytest.mark.posix
@pytest.mark.parametrize("kind", ["link", "broken link", "pipe", "filled folder"])
def test_only_files_and_our_folders_are_removed(tmp_path, kind):
    name = tmp_path / ".a.0123456789abcdef.tmp"
    other = tmp_path / "precious"
    other.write_bytes(b"mine")
    if kind == "pipe":
        os.mkfifo(name)
    elif kind == "filled folder":
        name.mkdir()
        (name / "file").write_bytes(b"mine")
    else:
        name.symlink_to(other if kind == "link" else tmp_path / "absent")
    remove_leftovers(tmp_path)
    assert sorted(os.listdir(tmp_path)) == [name.name, "precious"]
    assert other.read_bytes() == b"mine"


def test_an_empty_hidden_folder_is_removed(tmp_path):
    hidden_name(tmp_path / "db").mkdir()
    remove_leftovers(tmp_path)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_no_folder_has_no_leftovers(tmp_path):
    remove_leftovers(tmp_path / "absent")


@pytest.mark.posix
@pytest.mark.parametrize(("days", "stays"), [(0, True), (2, False)])
def test_without_locks_only_what_is_old_is_removed(tmp_path, leftover, monkeypatch, days, stays):
    def refuse(number, *, shared):
        raise OSError(errno.ENOLCK, "no locks")

    for module in (durable, leftovers):
        monkeypatch.setattr(module, "try_lock", refuse)
    written = time.time() - days * 86_400
    os.utime(leftover, (written, written))
    remove_leftovers(tmp_path)
    assert leftover.exists() == stays
    atomic_write(tmp_path / "other", b"whole")
    assert (tmp_path / "other").read_bytes() == b"whole"


@pytest.mark.posix
def test_a_file_that_is_taken_for_a_leftover_before_its_lock_is_made_anew(tmp_path, monkeypatch):
    taken = []
    lock = durable.try_lock

    def slow(number, *, shared):
        if not taken:
            taken.extend(tmp_path.iterdir())
            taken[0].unlink()
        return lock(number, shared=shared)

    monkeypatch.setattr(durable, "try_lock", slow)
    with replacing(tmp_path / "file", to_disk=False) as file:
        file.write(b"whole")
    assert len(taken) == 1 and (tmp_path / "file").read_bytes() == b"whole"


# In which order things reach the disk.


@pytest.fixture
def steps(monkeypatch):
    """What was flushed or renamed, in order, by name."""
    names, sync, replace, rename = [], os.fsync, os.replace, os.rename

    def synced(number):
        names.append(f"sync {Path(os.readlink(f'/proc/self/fd/{number}')).name}")
        sync(number)

    def replaced(source, target):
        names.append(f"name {Path(target).name}")
        replace(source, target)

    def renamed(source, target):
        names.append(f"name {Path(target).name}")
        rename(source, target)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", replaced)
    monkeypatch.setattr(os, "rename", renamed)
    return names


@pytest.mark.posix
def test_content_then_name_then_folder(tmp_path, steps):
    (tmp_path / "run").mkdir()
    atomic_write(tmp_path / "run" / "file", b"x")
    assert steps[0].startswith("sync .file.") and steps[1:] == ["name file", "sync run"]


@pytest.mark.posix
def test_new_folders_are_named_on_the_disk(tmp_path, steps):
    make_folder(tmp_path / "a" / "b" / "c")
    assert sorted(steps) == sorted(["sync a", "sync b", f"sync {tmp_path.name}"])
    steps.clear()
    make_folder(tmp_path / "a" / "b" / "c")
    assert steps == []


@pytest.mark.posix
def test_a_folder_is_renamed_when_what_it_holds_is_on_the_disk(tmp_path, steps):
    folder = HiddenFolder(tmp_path / "db")
    folder.publish()
    assert steps[-1] == f"sync {tmp_path.name}" and steps[-2] == "name db"
    assert steps[-3].startswith("sync .db.")
    assert os.listdir(tmp_path) == ["db"] and os.listdir(tmp_path / "db") == []
    folder.discard()
    assert os.listdir(tmp_path) == ["db"]


@pytest.mark.posix
def test_what_is_only_replaced_is_not_flushed(tmp_path, steps):
    with replacing(tmp_path / "file", to_disk=False) as file:
        file.write(b"x")
    assert steps == ["name file"]


@pytest.mark.posix
@pytest.mark.parametrize(
    ("number", "passes"),
    [(errno.EINVAL, True), (errno.ENOTSUP, True), (errno.EIO, False), (errno.ENOSPC, False)],
)
def test_a_file_system_that_does_not_flush_folders(tmp_path, monkeypatch, number, passes):
    def refuse(given):
        if os.path.isdir(f"/proc/self/fd/{given}"):
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    if passes:
        atomic_write(tmp_path / "file", b"x")
    else:
        with pytest.raises(OutputError, match=os.strerror(number)):
            atomic_write(tmp_path / "file", b"x")
    assert os.listdir(tmp_path) == ["file"]


@pytest.mark.posix
def test_windows_has_nothing_to_flush_for_a_folder(tmp_path, monkeypatch, steps):
    monkeypatch.setattr(durable, "_WINDOWS", True)
    sync_folder(tmp_path / "absent")
    atomic_write(tmp_path / "file", b"x")
    assert len(steps) == 2 and steps[1] == "name file"
    folder = HiddenFolder(tmp_path / "db")
    folder.publish()
    assert sorted(os.listdir(tmp_path)) == ["db", "file"]


def test_a_folder_is_looked_through_once(tmp_path, monkeypatch):
    looked = []
    monkeypatch.setattr(atomic, "remove_leftovers", looked.append)
    for name in ("a", "b"):
        atomic_write(tmp_path / name, b"x")
    assert looked == [str(tmp_path)]


# Windows, by its imitation.


class Held:
    """``os.replace`` of a file that a program has open for the first ``times`` attempts."""

    def __init__(self, times):
        self.left, self.replace = times, os.replace

    def __call__(self, source, target):
        self.left -= 1
        if self.left >= 0:
            raise PermissionError(errno.EACCES, "used by another process")
        self.replace(source, target)


@pytest.fixture
def held(monkeypatch):
    monkeypatch.setattr(durable, "_WINDOWS", True)
    monkeypatch.setattr(durable.time, "sleep", lambda seconds: None)

    def hold(times):
        monkeypatch.setattr(durable.os, "replace", Held(times))

    return hold


def test_a_file_that_is_scanned_for_a_moment_is_replaced(tmp_path, held):
    held(3)
    atomic_write(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new" and hidden(tmp_path) == []


@pytest.mark.parametrize(("to_disk", "attempts"), [(True, 6), (False, 1)])
def test_a_file_that_stays_open_is_an_error(tmp_path, held, to_disk, attempts):
    (tmp_path / "a").write_bytes(b"old")
    held(99)
    with pytest.raises(PermissionError), replacing(tmp_path / "a", to_disk=to_disk) as file:
        file.write(b"new")
    assert durable.os.replace.left == 99 - attempts
    assert (tmp_path / "a").read_bytes() == b"old" and hidden(tmp_path) == []
