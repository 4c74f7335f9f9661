"""Reading a file's bytes without waiting, and no more of them than make sense."""

from __future__ import annotations

import os
import socket
import subprocess
import sys

import pytest

from mycaffe_py import reading
from mycaffe_py.errors import ConfigError
from mycaffe_py.reading import allow_pipes, link_target, read_bytes, size_setting


def test_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"\0text")
    assert read_bytes(tmp_path / "a") == b"\0text"
    assert link_target(tmp_path / "a") is None and link_target(tmp_path / "no") is None
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "no")
    with pytest.raises(IsADirectoryError):
        read_bytes(tmp_path)


@pytest.mark.parametrize("content", [b"", b"a", b"abc" * 1000])
def test_files_of_all_sizes(tmp_path, content, monkeypatch):
    monkeypatch.setattr(reading, "_CHUNK", 100)
    (tmp_path / "a").write_bytes(content)
    assert read_bytes(tmp_path / "a") == content
    assert read_bytes(tmp_path / "a", len(content)) == content
    if content:
        with pytest.raises(OSError, match=f"more than {len(content) - 1:,} bytes"):
            read_bytes(tmp_path / "a", len(content) - 1)


@pytest.mark.posix
def test_a_file_that_says_it_is_empty_is_read_to_its_end_or_the_limit():
    if not os.path.exists("/proc/self/status"):
        pytest.skip("there is no /proc")
    assert b"Name:" in read_bytes("/proc/self/status")
    with pytest.raises(OSError, match="more than 10 bytes"):
        read_bytes("/proc/self/status", 10)


@pytest.mark.posix
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/random", "/dev/tty"])
def test_devices_are_no_files(device):
    with pytest.raises(OSError, match="it is a device, not a file"):
        read_bytes(device)


@pytest.mark.posix
def test_sockets_and_pipes_are_no_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        with pytest.raises(OSError, match="it is a socket, not a file"):
            read_bytes("s")
    os.mkfifo("p")
    with pytest.raises(OSError, match="it is a named pipe, not a file"):
        read_bytes("p")
    os.symlink("p", "link")
    with pytest.raises(OSError, match="it is a named pipe, not a file"):
        read_bytes("link")


@pytest.mark.posix
def test_a_pipe_that_was_typed_but_has_no_writer_is_refused_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_typed", set())
    os.mkfifo(tmp_path / "p")
    allow_pipes(["--model", f"--solver={tmp_path / 'p'}"])
    with pytest.raises(OSError, match="it is a named pipe, and nothing writes to it"):
        read_bytes(tmp_path / "p")


@pytest.mark.posix
def test_what_a_shell_substitutes():
    """``<(command)`` of a shell is a pipe with a writer. What is read twice is given twice."""
    code = (
        "import sys; from mycaffe_py.reading import read_bytes; "
        "first, second = [read_bytes(sys.argv[1]) for _ in range(2)]; "
        "print(len(first) if first == second else 0)"
    )
    line = f"{sys.executable} -c '{code}' <(seq 1 50000)"
    result = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=True)
    assert int(result.stdout) == sum(len(str(number)) + 1 for number in range(1, 50001))


@pytest.mark.parametrize("target", ["nowhere", "link"])
def test_a_link_to_nowhere_names_where_it_leads(tmp_path, target):
    os.symlink(target, tmp_path / "link")
    assert link_target(tmp_path / "link") == target
    with pytest.raises(OSError, match=f"link to {target}|symbolic links"):
        read_bytes(tmp_path / "link")


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("", None),
        ("0", 0),
        ("2G", 2 << 30),
        ("1.5 MiB", 3 << 19),
        ("64k", 1 << 16),
        ("1TB", 1 << 40),
    ],
)
def test_sizes(monkeypatch, text, size):
    monkeypatch.setenv("A_SIZE", text)
    assert size_setting("A_SIZE") == size


@pytest.mark.parametrize("text", ["much", "-1", "2 Gs", "1e9", "\u0663"])
def test_what_is_no_size(monkeypatch, text):
    monkeypatch.setenv("A_SIZE", text)
    with pytest.raises(ConfigError, match="which is no size"):
        size_setting("A_SIZE")


@pytest.mark.skipif(not hasattr(os, "SEEK_DATA"), reason="the system does not tell holes")
@pytest.mark.parametrize("stored", [b"", b"abc", bytes(1 << 16)])
def test_a_file_of_holes_is_not_read(tmp_path, monkeypatch, stored):
    monkeypatch.setattr(reading, "_LARGE", 1 << 20)
    path = tmp_path / "a"
    path.write_bytes(stored)
    os.truncate(path, 1 << 24)
    with pytest.raises(OSError, match="the others are holes"):
        read_bytes(path)
    path.write_bytes(b"x" * (1 << 21))
    assert len(read_bytes(path)) == 1 << 21
