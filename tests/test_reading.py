"""Reading a file's bytes without waiting."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mycaffe_py.reading import link_target, read_bytes


def test_a_file(tmp_path):
    (tmp_path / "a").write_bytes(b"\0text")
    assert read_bytes(tmp_path / "a") == b"\0text"
    assert link_target(tmp_path / "a") is None and link_target(tmp_path / "no") is None
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "no")
    with pytest.raises(IsADirectoryError):
        read_bytes(tmp_path)


def test_a_pipe_without_a_writer_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "p")
    with pytest.raises(OSError, match="it is a named pipe, and nothing writes to it"):
        read_bytes(tmp_path / "p")


def test_what_a_shell_substitutes():
    """``<(command)`` of a shell is a pipe with a writer."""
    code = (
        "import sys; from mycaffe_py.reading import read_bytes; print(len(read_bytes(sys.argv[1])))"
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
