"""Files that exist: those of a name that the verb chose are left alone, others are replaced with a word."""

from __future__ import annotations

from pathlib import Path

import pytest

from mycaffe_py.cli.outputs import free_paths, say_replaced

NET = """
name: "Own"
layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 1 } } }
layer { name: "act" type: "ReLU" bottom: "x" top: "y" }
"""


def test_all_names_get_the_same_number(tmp_path, capsys):
    table, picture = tmp_path / "a.csv", tmp_path / "a.png"
    assert free_paths([table, picture]) == [table, picture]
    table.touch()
    (tmp_path / "a-2.png").touch()
    assert free_paths([table, picture]) == [tmp_path / "a-3.csv", tmp_path / "a-3.png"]
    said = capsys.readouterr().err
    assert said == f"{table} exists already: writing a-3.csv (--out FILE replaces a file)\n"


@pytest.mark.posix
def test_replacing_is_said(tmp_path, capsys):
    (tmp_path / "a").touch()
    say_replaced([tmp_path / "a", tmp_path / "b", Path("/dev/null")])
    assert capsys.readouterr().err == f"replacing {tmp_path / 'a'}\n"


@pytest.fixture
def net(tmp_path):
    path = tmp_path / "own.prototxt"
    path.write_text(NET)
    return path


def test_a_drawing_does_not_overwrite_another(mycaffe, net, tmp_path):
    (tmp_path / "own.svg").write_text("mine")
    result = mycaffe("draw", net)
    assert result.stdout == "own-2.svg\n" and "own.svg exists already" in result.stderr
    assert (tmp_path / "own.svg").read_text() == "mine"
    result = mycaffe("draw", net, "own.svg")
    assert result.stdout == "own.svg\n" and "replacing own.svg\n" in result.stderr
    assert (tmp_path / "own.svg").read_text() != "mine"


def test_an_upgrade_says_what_it_replaces(mycaffe, net):
    result = mycaffe("upgrade-net", net, net)
    assert result.exit_code == 0 and f"replacing {net}\n" in result.stderr
