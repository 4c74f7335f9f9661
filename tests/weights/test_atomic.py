from __future__ import annotations

import errno
import os
import stat

import pytest

from mycaffe_py.errors import OutputError
from mycaffe_py.weights import atomic_write, save_snapshot, save_weights

pytestmark = pytest.mark.usefixtures("no_leftovers")


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"\x00\xff", b"\x00\xff"),
        ("gr\u00f6\u00dfer\n", "gr\u00f6\u00dfer\n".encode()),
        (lambda file: file.write(b"x" * 10), b"x" * 10),
    ],
)
def test_writes_bytes_text_or_what_a_function_writes(tmp_path, data, content):
    path = tmp_path / "new" / "folder" / "file.bin"
    atomic_write(path, data)
    assert path.read_bytes() == content
    assert os.listdir(path.parent) == ["file.bin"]


def test_the_file_may_be_read_by_those_whom_the_umask_allows(tmp_path):
    before = os.umask(0o022)
    try:
        atomic_write(tmp_path / "file", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "file").stat().st_mode) == 0o644


def test_the_temporary_file_is_hidden_and_in_the_same_folder(tmp_path):
    seen = []
    atomic_write(tmp_path / "file", lambda file: seen.extend(os.listdir(tmp_path)))
    assert len(seen) == 1 and seen[0].startswith(".") and seen[0].endswith(".tmp")


def test_a_name_as_long_as_names_may_be(tmp_path):
    atomic_write(tmp_path / ("n" * 255), b"x")
    assert os.listdir(tmp_path) == ["n" * 255]


class Stop(BaseException):
    pass


@pytest.mark.parametrize("error", [KeyboardInterrupt, Stop, ValueError])
def test_an_interrupted_write_leaves_what_was_there(tmp_path, error):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def write(file):
        file.write(b"half")
        raise error

    with pytest.raises(error):
        atomic_write(path, write)
    assert os.listdir(tmp_path) == ["file"] and path.read_bytes() == b"old"


@pytest.mark.parametrize("function", ["fsync", "replace"])
@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_what_the_system_refuses_is_an_output_error(tmp_path, monkeypatch, function, number):
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def refuse(*arguments):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, function, refuse)
    with pytest.raises(OutputError) as raised:
        atomic_write(path, b"new")
    assert str(raised.value) == f"cannot write {path}: {os.strerror(number)}"
    assert os.listdir(tmp_path) == ["file"] and path.read_bytes() == b"old"


def test_no_space_while_writing(tmp_path):
    def full(file):
        file.write(b"half")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with pytest.raises(OutputError, match="No space left"):
        atomic_write(tmp_path / "file", full)
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("below", ["file", "folder/file"])
def test_a_file_where_a_folder_is_needed(tmp_path, below):
    blocking = tmp_path / "blocking"
    blocking.write_bytes(b"")
    with pytest.raises(OutputError, match=r"blocking is a file, not a folder"):
        atomic_write(blocking / below, b"x")


def test_a_folder_where_the_file_should_be(tmp_path):
    (tmp_path / "taken").mkdir()
    with pytest.raises(OutputError, match="cannot write .*taken"):
        atomic_write(tmp_path / "taken", b"x")


def test_the_weights_of_a_full_disk_leave_nothing(tmp_path, monkeypatch, make_net):
    def full(number):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OutputError, match=r"small\.caffemodel: No space left on device"):
        save_weights(make_net(), tmp_path / "small.caffemodel")
    assert os.listdir(tmp_path) == []


def test_a_disk_that_fills_between_weights_and_state(tmp_path, monkeypatch, make_solver):
    calls = []

    def second_fails(source, target):
        calls.append(target)
        if len(calls) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.rename(source, target)

    monkeypatch.setattr(os, "replace", second_fails)
    with pytest.raises(OutputError, match=r"\.solverstate: No space"):
        save_snapshot(make_solver(), tmp_path / "s")
    assert os.listdir(tmp_path) == ["s_iter_0.caffemodel"]


def test_a_link_stays_and_leads_to_the_new_content(tmp_path):
    (tmp_path / "file").write_bytes(b"old")
    for name, target in (("link", "file"), ("ahead", "later")):
        (tmp_path / name).symlink_to(tmp_path / target)
        atomic_write(tmp_path / name, b"new")
        assert (tmp_path / name).is_symlink() and (tmp_path / target).read_bytes() == b"new"


@pytest.mark.posix
def test_a_pipe_is_written_and_not_replaced(tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        atomic_write(path, b"content")
        assert os.read(reader, 100) == b"content"
    finally:
        os.close(reader)
    assert stat.S_ISFIFO(path.stat().st_mode) and os.listdir(tmp_path) == ["pipe"]
