from __future__ import annotations

import subprocess
import sys

import pytest

from mycaffe_py.errors import ConfigError, OutputError
from mycaffe_py.run.directory import RunDirectory, folder_name, numbered_folders


def test_numbers_go_up_and_skip_what_is_there(tmp_path):
    assert RunDirectory.create(tmp_path, "Net").path == tmp_path / "Net" / "001"
    (tmp_path / "Net" / "007").mkdir()
    (tmp_path / "Net" / "notes").mkdir()
    assert RunDirectory.create(tmp_path, "Net").path.name == "008"
    assert [path.name for path in numbered_folders(tmp_path / "Net")] == ["001", "007", "008"]


def test_a_thousand_runs_still_sort_by_number(tmp_path):
    (tmp_path / "Net" / "999").mkdir(parents=True)
    assert RunDirectory.create(tmp_path, "Net").path.name == "1000"
    assert RunDirectory.create(tmp_path, "Net").path.name == "1001"


@pytest.mark.parametrize(
    ("name", "folder"),
    [
        *(("a/b c", "a_b_c"), ("", "net"), ("..", "net"), ("LiquidNet-2", "LiquidNet-2")),
        *(("CON", "net_CON"), ("nul.v1", "net_nul.v1"), ("波" * 100, "波" * 66)),
    ],
)
def test_a_net_name_becomes_one_folder(name, folder):
    assert folder_name(name) == folder


def test_processes_that_start_together_get_different_folders(tmp_path):
    code = (
        "import sys; from mycaffe_py.run.directory import RunDirectory\n"
        "sys.stdin.readline()\n"
        "for _ in range(20): print(RunDirectory.create(sys.argv[1], 'Net'))"
    )
    started = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for process in started:
        process.stdin.write("go\n")
        process.stdin.flush()
    made = [line for process in started for line in process.communicate()[0].split()]
    assert len(made) == len(set(made)) == 60


def test_explicit_folder_must_be_new_or_empty(tmp_path):
    assert RunDirectory.at(tmp_path / "a" / "b").path.is_dir()
    (tmp_path / "empty").mkdir()
    RunDirectory.at(tmp_path / "empty").discard()
    assert not list((tmp_path / "empty").iterdir())
    (tmp_path / "a" / "b" / "file").touch()
    with pytest.raises(ConfigError, match="not empty, and a run is never overwritten"):
        RunDirectory.at(tmp_path / "a" / "b")
    with pytest.raises(ConfigError, match="is a file"):
        RunDirectory.at(tmp_path / "a" / "b" / "file")


def test_one_of_two_that_find_the_same_folder_empty_gets_it(tmp_path, monkeypatch):
    first = RunDirectory.at(tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(type(tmp_path), "iterdir", lambda path: iter(()))
        with pytest.raises(ConfigError, match="not empty"):
            RunDirectory.at(tmp_path / "run")
    first.discard()
    assert not (tmp_path / "run").exists()


def test_a_parent_that_another_process_gives_up_is_made_anew(tmp_path, monkeypatch):
    def given_up(parent):
        parent.rmdir()
        return []

    monkeypatch.setattr("mycaffe_py.run.directory.numbered_folders", given_up)
    assert RunDirectory.create(tmp_path, "Net").path.is_dir()


def test_a_place_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "runs").touch()
    with pytest.raises(OutputError, match="cannot create the run folder .*Net") as caught:
        RunDirectory.create(tmp_path / "runs", "Net")
    assert caught.value.exit_code == 2
    assert "--run-dir" in caught.value.hint
