"""``mycaffe new project``."""

from __future__ import annotations

import json

import pytest


def test_the_tutorials_project_is_made_and_trained(mycaffe, tmp_path, monkeypatch):
    result = mycaffe(
        *("new", "project", "LiquidNN", "--gym", "Curve"),
        *("--model", "LiquidNetCfc", "--solver", "adamw"),
    )
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "LiquidNN\n"
    assert "cd LiquidNN" in result.stderr
    assert "mycaffe train --solver solver.prototxt" in result.stderr
    monkeypatch.chdir(tmp_path / "LiquidNN")
    checked = mycaffe("check", "solver.prototxt", "LiquidNetCfc.prototxt")
    assert checked.exit_code == 0 and checked.stdout.startswith("ok solver.prototxt")
    small = ("cfc1.cfc_param.hidden_size=4", "cfc1.cfc_unit_param.backbone_units=4")
    trained = mycaffe(
        *("train", "--solver", "solver.prototxt", "--iterations", 5, "--device", "cpu"),
        *(word for setting in small for word in ("--set", setting)),
    )
    assert trained.exit_code == 0, trained.stderr
    record = json.loads((tmp_path / "LiquidNN/runs/LiquidNetCfc/001/run.json").read_text())
    assert (record["status"], record["iteration"]) == ("done", 5)


def test_the_defaults_are_the_tutorials(mycaffe, tmp_path):
    for name, more in (("One", ()), ("Two", ("--gym", "Curve", "--solver", "adamw"))):
        assert mycaffe("new", "project", name, *more).exit_code == 0
    texts = [(tmp_path / name / "solver.prototxt").read_text() for name in ("One", "Two")]
    assert texts[0] == texts[1] and (tmp_path / "One" / "LiquidNetCfc.prototxt").is_file()


@pytest.mark.parametrize(
    "key", ["curve", "curve_param.curve", "gym.curve", "gym.curve_param.curve"]
)
def test_settings_of_the_gym(mycaffe, tmp_path, key):
    result = mycaffe("new", "project", "Waves", "--set", f"{key}=COS", "--set", "step=0.1")
    assert result.exit_code == 0, result.stderr
    text = (tmp_path / "Waves" / "solver.prototxt").read_text()
    assert "curve: COS" in text and "step: 0.1" in text


def test_a_file_is_copied_and_a_list_given_piece_by_piece(mycaffe, tmp_path):
    rows = "".join(f"{day},{day % 5},{day % 3}\n" for day in range(100))
    (tmp_path / "a.csv").write_text("day,a,b\n" + rows)
    result = mycaffe(
        *("new", "project", "S", "--gym", "Series", "--set", "csv_file=a.csv"),
        *("--set", "period=7", "--set", "period=3.5", "--folder", "nets"),
    )
    assert result.exit_code == 0, result.stderr
    assert result.stdout.strip().replace("\\", "/") == "nets/S"
    assert "copied into data/" in result.stderr and (tmp_path / "nets/S/data/a.csv").is_file()
    text = (tmp_path / "nets/S/solver.prototxt").read_text()
    assert "period: 7" in text and "period: 3.5" in text
    assert 'type: "SERIES"' in text and (tmp_path / "nets/S/SeriesCfc.prototxt").is_file()


def test_a_model_with_data_of_its_own(mycaffe):
    result = mycaffe("new", "project", "Digits", "--model", "LeNet")
    assert result.exit_code == 0 and "its own data" in result.stderr
    assert "digits_train_lmdb" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 2, "needs a name"),
        (("X", "--gym", "Curv"), 2, 'did you mean "Curve"?'),
        (("X", "--model", "LiquidNet"), 2, 'did you mean "LiquidNetCfc"?'),
        (("X", "--solver", "zzz"), 2, "solver templates: adamw, curve_follow"),
        (("X", "--set", "stepp=1"), 2, 'did you mean "step"?'),
        (("X", "--set", "step"), 2, "is not KEY=VALUE"),
        (("X", "--set", "step=a", "--set", "noise=b"), 2, "noise: "),
        (("X", "--set", "step=-1"), 2, "allowed: above 0"),
        (("../X",), 2, "letters, digits, spaces"),
        (("X", "--gym", "Series"), 2, "csv_file is empty"),
        (("X", "--gym", "Series", "--set", "csv_file=no.csv"), 2, "does not exist"),
        (("X", "--database", "nowhere"), 2, "choose it with --model: Autoencoder"),
        (("X", "--model", "LeNet", "--database", "nowhere"), 3, "does not exist"),
        (("X", "--model", "LeNet", "--test-database", "nowhere"), 2, "goes with --database"),
        (("X", "--gym", "Curve", "--model", "LeNet"), 2, "models that do: LiquidNetCfc"),
        (("X", "Y"), 2, "unexpected extra argument"),
    ],
)
def test_mistakes(mycaffe, tmp_path, arguments, code, words):
    result = mycaffe("new", "project", *arguments)
    assert result.exit_code == code and words in result.stderr, result.stderr
    assert result.stdout == "" and list(tmp_path.iterdir()) == []


def test_without_a_name_it_says_what_there_is(mycaffe):
    result = mycaffe("new", "project")
    for line in ("gyms: Curve, Series", "models: LiquidNetCfc, ", "solvers: adamw, "):
        assert line in result.stderr


def test_a_name_that_is_taken(mycaffe, tmp_path):
    (tmp_path / "X").mkdir()
    result = mycaffe("new", "project", "X")
    assert result.exit_code == 2 and "There is a folder X already." in result.stderr


def test_what_can_be_made(mycaffe):
    assert "write: mycaffe new project MyName" in mycaffe("new", "projct").stderr
    assert "known: project" in mycaffe("new", "zzz", "X").stderr
    shown = mycaffe("new", "--help").stdout
    assert "mycaffe new project LiquidNN" in shown and "project" in shown
    assert mycaffe("new", "project", "--help").stdout.startswith("Examples")
