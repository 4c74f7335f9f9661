"""New files are written all, or none."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError, OutputError
from mycaffe_py.skeletons.writing import write_new


def test_files_and_folders(tmp_path):
    files = write_new(tmp_path / "new", {"a": "1\n", "deep/er/b": "2\n"})
    assert [file.read_bytes() for file in files] == [b"1\n", b"2\n"]


def test_nothing_is_overwritten(tmp_path):
    (tmp_path / "b").write_text("mine")
    with pytest.raises(ConfigError, match="b exists already"):
        write_new(tmp_path, {"a": "1", "b": "2"})
    assert [path.name for path in tmp_path.iterdir()] == ["b"]
    assert (tmp_path / "b").read_text() == "mine"


def test_a_link_to_nowhere_is_there_too(tmp_path):
    (tmp_path / "a").symlink_to("nowhere")
    with pytest.raises(ConfigError, match="exists already"):
        write_new(tmp_path, {"a": "1"})


def test_after_an_error_nothing_is_left(tmp_path):
    (tmp_path / "new").mkdir()
    with pytest.raises(OutputError, match="cannot write"):
        # A file cannot be a folder as well.
        write_new(tmp_path / "new", {"x/a": "1", "b": "2", "b/c": "3"})
    assert list((tmp_path / "new").iterdir()) == []


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigError, match="is not a folder"):
        write_new(tmp_path / "file", {"a": "1"})
