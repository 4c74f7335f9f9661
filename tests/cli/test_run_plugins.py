"""The plugins that a run was made with."""

from __future__ import annotations

import json
import shutil

import pytest

from mycaffe_py.run.signing import signature

CPU = ("--device", "cpu")
RUN = "runs/Line/001"
LOADING = "loading plugin counting.py, which runs/Line/001 was made with\n"


@pytest.fixture
def made(mycaffe, data_net, tmp_path):
    """Train with a plugin file; return the run folder."""
    arguments = ("train", "--solver", "sgd.prototxt", "--plugin", "counting.py", "-q", *CPU)
    result = mycaffe(*arguments)
    assert result.exit_code == 0, result.stderr
    return tmp_path / RUN


def change(run, **fields):
    path = run / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def sign(run, plugins):
    """Make the record one that the user's own training wrote."""
    change(run, folder=str(run), plugins=plugins, signature=signature(str(run), plugins))


def test_a_run_remembers_its_plugins_and_where_it_was_made(made, tmp_path):
    record = json.loads((made / "run.json").read_text())
    assert record["plugins"] == [str(tmp_path / "counting.py")]
    assert record["folder"] == str(made)


def test_a_later_run_in_the_process_names_only_its_own_plugins(mycaffe, made, tmp_path):
    model = 'name: "Own" layer { name: "d" type: "DummyData" top: "x" dummy_data_param { shape { dim: 1 } } }'
    (tmp_path / "own.prototxt").write_text(model)
    result = mycaffe("train", "--solver", "sgd.prototxt", "--model", "own.prototxt", "-q", *CPU)
    assert result.exit_code == 0, result.stderr
    record = json.loads((tmp_path / "runs/Own/001/run.json").read_text())
    assert record["plugins"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("test", "--weights", RUN),
        ("time", "--weights", RUN, "--iterations", "1"),
        ("check", f"{RUN}/model.prototxt"),
        ("draw", f"{RUN}/model.prototxt"),
        ("report", RUN),
        ("train", "--resume", RUN, "--iterations", "8"),
        ("train", "--weights", RUN, "--iterations", "2"),
    ],
)
def test_verbs_load_the_plugins_of_the_run(mycaffe, made, arguments):
    result = mycaffe(*arguments)
    assert result.exit_code == 0, result.stderr
    assert result.stderr.count(LOADING) == 1


def test_a_plugin_that_is_given_takes_the_place_of_the_runs(mycaffe, made, tmp_path):
    (tmp_path / "new").mkdir()
    shutil.move(tmp_path / "counting.py", tmp_path / "new")
    result = mycaffe("test", "--weights", RUN, "--plugin", "new/counting.py")
    assert result.exit_code == 0, result.stderr
    assert "loading" not in result.stderr and "warning" not in result.stderr


def test_a_plugin_that_is_gone_is_named(mycaffe, made, tmp_path):
    (tmp_path / "counting.py").unlink()
    result = mycaffe("test", "--weights", RUN)
    assert result.exit_code != 0
    assert f"{tmp_path / 'counting.py'}, which is not there any more" in result.stderr
    assert "add --plugin" in result.stderr and "Counting" in result.stderr


def executed(path):
    """Return the text of a plugin that leaves a file when it is executed, and that file."""
    mark = path.with_suffix(".executed")
    return f"open({str(mark)!r}, 'w').close()\n", mark


def test_a_folder_from_elsewhere_executes_nothing(mycaffe, made, tmp_path):
    text, mark = executed(tmp_path / "counting.py")
    (tmp_path / "counting.py").write_text(text)
    moved = shutil.copytree(made, tmp_path / "moved")
    result = mycaffe("test", "--weights", "moved")
    assert not mark.exists()
    assert f"add --plugin {tmp_path / 'counting.py'}" in result.stderr
    inside = moved / "own.py"
    inside.write_text(text)
    for name in (str(inside), "own.py", "./moved/own.py", "moved/own.py"):
        sign(moved, [name])
        result = mycaffe("test", "--weights", "moved")
        assert result.exit_code != 0 and "warning:" in result.stderr
        assert not mark.exists(), name


@pytest.mark.posix
def test_a_record_that_is_written_for_every_machine_executes_nothing(mycaffe, made, tmp_path):
    """As in an archive with a run and a plugin beside it: the paths are right wherever it is unpacked."""
    text, mark = executed(tmp_path / "evil.py")
    (tmp_path / "evil.py").write_text(text)
    plugins = [str(tmp_path / "evil.py"), "/proc/self/cwd/evil.py", "evil", "evil.py"]
    for folder in (str(made), RUN, f"/proc/self/cwd/{RUN}", f"./{RUN}", "/nul\0"):
        change(made, folder=folder, plugins=plugins)  # the signature is one of other plugins
        result = mycaffe("test", "--weights", RUN, "--plugin", "counting.py")
        assert not mark.exists(), folder
        assert "warning:" in result.stderr and result.exit_code == 0, result.stderr


def test_a_module_that_is_not_installed(mycaffe, made):
    sign(made, ["not_there.at_all"])
    result = mycaffe("test", "--weights", RUN)
    assert "not_there.at_all, which is not installed here" in result.stderr


@pytest.mark.parametrize("plugins", [None, "counting.py", [1, None, ""], {}])
def test_a_record_of_other_kinds(mycaffe, made, plugins):
    change(made, plugins=plugins)
    result = mycaffe("test", "--weights", RUN, "--plugin", "counting.py")
    assert result.exit_code == 0, result.stderr
