"""Solvers of published repositories name nets from the repository's root; they are found from any folder."""

from __future__ import annotations

import pytest
from click.testing import CliRunner

from mycaffe_py.builder.checking import check_file, check_files
from mycaffe_py.builder.sources import read_sources
from mycaffe_py.cli.app import app
from mycaffe_py.errors import MissingFileError, MyCaffeWarning

NET = """layer { name: "in" type: "DummyData" top: "x" top: "y" dummy_data_param { shape { dim: 2 dim: 3 } } }
layer { name: "loss" type: "EuclideanLoss" bottom: "x" bottom: "y" top: "loss" }
"""
SOLVER = 'base_lr: 0.1 lr_policy: "fixed" max_iter: 1 '
NAMED = 'net: "models/x/train_val.prototxt"'


@pytest.fixture
def repository(tmp_path, monkeypatch):
    root = tmp_path / "repository"
    folder = root / "models" / "x"
    folder.mkdir(parents=True)
    (folder / "train_val.prototxt").write_text(NET)
    (folder / "solver.prototxt").write_text(SOLVER + NAMED)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    return root


def test_the_file_that_is_taken_is_said(repository):
    solver = repository / "models" / "x" / "solver.prototxt"
    result = CliRunner().invoke(app, ["check", str(solver)])
    assert result.exit_code == 0, result.stderr
    assert str(repository / "models" / "x" / "train_val.prototxt") in result.stderr.replace(
        "\n", ""
    )


def test_test_and_train_nets(repository, registry):
    solver = repository / "models" / "x" / "solver.prototxt"
    train, test = (NAMED.replace("net:", f"{name}_net:") for name in ("train", "test"))
    solver.write_text(f"{SOLVER}{train} {test} test_iter: 1 test_interval: 1")
    with pytest.warns(MyCaffeWarning) as warnings:
        check_file(solver, registry)
    assert sum("is taken" in str(each.message) for each in warnings) == 2


def test_nothing_is_said_where_the_command_runs_in_the_root(repository, registry, monkeypatch):
    monkeypatch.chdir(repository)
    assert check_files(["models/x/solver.prototxt"], registry) == []


def test_not_above_a_repository(repository, registry):
    (repository / "models" / "x" / ".git").write_text("gitdir: elsewhere")
    with pytest.raises(MissingFileError):
        check_file(repository / "models" / "x" / "solver.prototxt", registry)
    (repository / "models" / "x" / ".git").unlink()
    (repository / ".git").mkdir()
    with pytest.warns(MyCaffeWarning, match="is taken"):
        check_file(repository / "models" / "x" / "solver.prototxt", registry)


def test_not_more_than_eight_folders_above_nor_by_dots(repository, registry):
    deep = repository.joinpath(*"abcdefghi")
    deep.mkdir(parents=True)
    for folder, name in ((deep, "models/x"), (repository / "a" / "b", "c/../../models/x")):
        solver = folder / "solver.prototxt"
        solver.write_text(SOLVER + NAMED.replace("models/x", name))
        with pytest.raises(MissingFileError):
            check_file(solver, registry)


def test_for_data_it_is_a_hint(repository, registry):
    (repository / "data").mkdir()
    (repository / "data" / "list.txt").write_text("a.png 0\n")
    model = repository / "models" / "x" / "data.prototxt"
    model.write_text(
        'layer { name: "d" type: "ImageData" top: "x" top: "y" '
        'image_data_param { source: "data/list.txt" batch_size: 1 } }'
    )
    found = check_files([model], registry)[0]
    assert found.code == "E311" and f"in {repository}: run the command in that folder" in found.hint


def test_for_weights_too(repository, registry):
    (repository / "start.caffemodel").write_bytes(b"")
    solver = repository / "models" / "x" / "solver.prototxt"
    solver.write_text(f'{SOLVER}net: "train_val.prototxt" weights: "start.caffemodel"')
    with pytest.warns(MyCaffeWarning, match="is not here, but in") as warnings:
        read_sources(solver, None, registry, [])
    assert str(repository) in str(warnings[0].message)
