"""Making a project: its files, what is copied, and that nothing is left of one that could not be made."""

from __future__ import annotations

import codecs
import errno
import itertools
import json
import os
import shutil

import pytest

from mycaffe_py.builder import load_solver_file
from mycaffe_py.builder.checking import check_files
from mycaffe_py.errors import MyCaffeError, OutputError
from mycaffe_py.plugins import load_registry
from mycaffe_py.projects import (
    ProjectError,
    create_project,
    creating,
    open_project,
    ordering,
    writing,
)
from mycaffe_py.resources import resource_path

from ..storing import images, write_database
from .conftest import CSV, MODEL, SOLVER

SERIES = {"gym": "Series", "model": "SeriesCfc", "solver": "series"}


def faults_of(create, **given):
    with pytest.raises(ProjectError) as caught:
        create(**given)
    return caught.value.faults


def test_the_tutorials_project(create, tmp_path, registry):
    project = create()
    assert project.folder == tmp_path / "LiquidNN"
    assert sorted(path.name for path in project.folder.iterdir()) == [
        *("LiquidNetCfc.prototxt", "data", "project.json", "runs", "solver.prototxt"),
    ]
    # The model is the template, byte for byte; the solver differs by the net's line alone.
    shipped = resource_path("models", "LiquidNetCfc.prototxt").read_bytes()
    assert project.model.read_bytes() == shipped
    template = resource_path("solvers", "adamw.prototxt").read_text().splitlines()
    lines = project.solver.read_text().splitlines()
    assert [line for line in lines if line not in template] == ['net: "LiquidNetCfc.prototxt"']
    assert [line for line in template if line not in lines] == []
    written = json.loads((project.folder / "project.json").read_text())
    assert written.pop("created") == project.created != ""
    assert written == {
        "name": "LiquidNN",
        "model": "LiquidNetCfc.prototxt",
        "solver": "solver.prototxt",
    }
    assert project.gym == "Curve" and project.remarks == ()
    assert open_project(project.folder, registry) == project


def test_no_mistake_is_found_in_it(create, registry, monkeypatch):
    project = create(settings={"curve_param.curve": "COS", "step": "0.1", "noise": " "})
    monkeypatch.chdir(project.folder)
    assert check_files([project.model, "solver.prototxt"], registry) == []
    text = project.solver.read_text()
    assert "curve: COS" in text and "step: 0.1" in text and "noise" not in text
    assert "# B1" in text and "# Another curve, or another gym: edit this block." in text


def test_another_gym_replaces_the_templates(create, tmp_path, registry):
    (tmp_path / "heights.csv").write_text(CSV)
    project = create(
        gym="Series",
        model="SeriesStandardized",
        settings={"csv_file": "heights.csv", "period": "7,3.5"},
        base_dir=tmp_path,
    )
    text = project.solver.read_text()
    assert "curve_param" not in text and 'type: "Series"' in text
    assert 'csv_file: "data/heights.csv"' in text and "fit_model: true" in text
    assert (project.folder / "data" / "heights.csv").read_text() == CSV
    assert "was copied into data/" in project.remarks[0]
    # It does not need the original.
    (tmp_path / "heights.csv").unlink()
    assert check_files([project.solver], registry) == []


def test_a_series_gets_its_trainer_horizon_and_columns(create, tmp_path, registry):
    text = CSV.replace("height", "height,width").replace("\n", ",1\n").replace("width,1", "width")
    (tmp_path / "heights.csv").write_text(text)
    given = {"csv_file": "heights.csv", "horizon": "5", "value_column": "height"}
    project = create(**SERIES, settings=given, base_dir=tmp_path)
    trainer = load_solver_file(project.solver, registry).message.trainer
    series = trainer.gym.series_param
    assert trainer.type == "SERIES" and series.fit_model
    assert (series.csv_file, series.horizon) == ("data/heights.csv", 5)
    assert list(series.value_column) == ["height"]
    assert check_files([project.solver], registry) == []


def test_a_large_file_stays_where_it_is(create, tmp_path, monkeypatch):
    monkeypatch.setattr(ordering, "LARGEST_COPY", 10)
    file = tmp_path / "heights.csv"
    file.write_text(CSV)
    project = create(**SERIES, settings={"csv_file": str(file)})
    assert f'csv_file: "{file.as_posix()}"' in project.solver.read_text()
    assert list((project.folder / "data").iterdir()) == []
    assert "stays where it is" in project.remarks[0]


def test_a_setting_of_the_template_is_kept(create):
    text = create(
        model="CurveFollow", solver="curve_follow", settings={"curve": "COS"}
    ).solver.read_text()
    assert "x_wrap: true" in text and "curve: COS" in text and "# degrees: 1 for each step" in text


def test_without_a_gym_the_solvers_own_stays(create):
    project = create(gym=None)
    assert project.gym == "Curve" and "curve: SIN" in project.solver.read_text()


# Models that bring their own data.


def test_data_that_is_not_there_yet_is_no_mistake(create):
    project = create(gym=None, model="LeNet", solver="lenet")
    assert project.gym is None
    assert 'database "digits_train_lmdb" does not exist' in project.remarks[0]


def test_a_database(create, tmp_path, registry):
    write_database(tmp_path / "mine", images(3, (1, 28, 28)), [0, 1, 2])
    write_database(tmp_path / "tests", images(3, (1, 28, 28)), [0, 1, 2])
    lenet = {"gym": None, "model": "LeNet", "solver": "lenet"}
    one = create("One", **lenet, database={"path": "mine"}, base_dir=tmp_path)
    mine, tests = ((tmp_path / name).as_posix() for name in ("mine", "tests"))
    assert one.model.read_text().count(f'source: "{mine}"') == 2
    two = create("Two", **lenet, database={"path": mine, "test": tests})
    assert [two.model.read_text().count(f'source: "{place}"') for place in (mine, tests)] == [1, 1]
    shipped = resource_path("models", "LeNet.prototxt").read_text()
    for old, new in (("digits_train_lmdb", mine), ("digits_test_lmdb", tests)):
        shipped = shipped.replace(old, new)
    assert two.model.read_text() == shipped
    assert two.remarks == () and check_files([two.solver], registry) == []


def test_a_database_that_cannot_be_used(create, tmp_path):
    lenet = {"gym": None, "model": "LeNet", "solver": "lenet"}
    (tmp_path / "empty").mkdir()
    for path, words in (
        ("nowhere", "does not exist"),
        ("empty", "empty"),
        (" ", "Give the folder"),
    ):
        found = faults_of(create, **lenet, database={"path": path}, base_dir=tmp_path)
        assert list(found) == ["database"] and words in found["database"]
    write_database(tmp_path / "mine", images(2, (1, 5, 5)), [0, 1])
    wrong = faults_of(create, **lenet, database=str(tmp_path / "mine"))
    assert list(wrong) == ["database"]
    mine = str(tmp_path / "mine")
    assert faults_of(create, database=mine) == {
        "database": "The model LiquidNetCfc reads no database."
    }
    assert sorted(os.listdir(tmp_path)) == ["empty", "mine"]


# What is refused.


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"name": ""}, "name", "needs a name"),
        ({"name": "../x"}, "name", 'not "/"'),
        ({"name": "con"}, "name", "Windows"),
        ({"gym": "Curv"}, "gym", 'unknown gym type "Curv"'),
        ({"model": "LiquidNet"}, "model", 'no model template "LiquidNet"'),
        ({"model": "../../etc/passwd"}, "model", "no model template"),
        ({"solver": "/etc/passwd"}, "solver", "no solver template"),
        ({"solver": "lenet"}, "solver", "has no trainer"),
        ({"model": "LeNet"}, "model", "reads data of its own"),
        ({"model": "LeNet", "gym": None}, "model", "reads data of its own"),
        ({"model": "SeriesStandardized"}, "solver", "but blob"),
        ({"model": "SeriesCfc"}, "solver", "filled by the trainer SERIES"),
        ({"settings": {"stepp": "1"}}, "gym.stepp", "no setting"),
        ({"settings": {"step": "abc"}}, "gym.curve_param.step", "not a number"),
        ({"settings": {"step": "-1"}}, "gym.curve_param.step", "allowed: above 0"),
        ({"settings": {"curve": "SINUS"}}, "gym.curve_param.curve", "not a value"),
        ({"settings": {"series_param.window": "3"}}, "gym.series_param.window", "no setting"),
        ({"settings": {"csv_file": "x.csv"}}, "gym.curve_param.csv_file", "does not read this file"),
        ({"settings": {"curve": "CSV_FILE", "csv_file": "x.csv"}}, "gym.curve_param.csv_file", "does not exist"),
        ({"settings": {"curve": "CSV_FILE"}}, "gym.curve_param.csv_file", "csv_file"),
        ({"settings": {"history": "5"}}, "solver", "keeps a history of 5 points"),
        ({"gym": None, "settings": {"step": "1"}}, "gym", "no gym"),
    ],
)  # fmt: skip
def test_a_mistake_is_at_its_field_and_nothing_is_left(create, tmp_path, given, field, words):
    found = faults_of(create, **given)
    assert list(found) == [field] and words in found[field]
    assert str(tmp_path) not in found[field].replace(str(tmp_path / "x.csv"), "")
    assert list(tmp_path.iterdir()) == []


def test_all_mistakes_at_once(create):
    found = faults_of(
        create, name="a/b", model="x", solver="y", settings={"step": "a", "noise": "b"}
    )
    assert list(found) == [
        "name",
        "model",
        "solver",
        "gym.curve_param.step",
        "gym.curve_param.noise",
    ]


def test_a_broken_file_of_data(create, tmp_path):
    (tmp_path / "bad.csv").write_text("time,value\n1,x\n")
    found = faults_of(create, **SERIES, settings={"csv_file": "bad.csv"}, base_dir=tmp_path)
    (field,) = found
    assert field.startswith("gym.series_param") and "data/bad.csv" in found[field]
    assert ".tmp" not in found[field]
    assert os.listdir(tmp_path) == ["bad.csv"]


def test_a_file_is_named_as_in_the_project(create, tmp_path, registry, monkeypatch):
    (tmp_path / "heights.csv").write_text(CSV)
    monkeypatch.chdir(tmp_path)
    settings = {"csv_file": "heights.csv", "value_column": "depth"}
    with pytest.raises(ProjectError) as caught:  # the folder is a relative name
        create_project("nets", "P", **SERIES, settings=settings, registry=registry)
    (message,) = caught.value.faults.values()
    assert message.startswith("data/heights.csv: no column") and str(tmp_path) not in message


def test_a_name_that_is_taken(create, tmp_path):
    create()
    before = sorted(path.name for path in tmp_path.iterdir())
    assert faults_of(create) == {"name": "There is a folder LiquidNN already."}
    assert sorted(path.name for path in tmp_path.iterdir()) == before == ["LiquidNN"]


def test_another_process_is_faster(create, tmp_path, monkeypatch):
    build = creating.build_training

    def slow(**options):
        (tmp_path / "LiquidNN" / "in it").mkdir(parents=True)
        return build(**options)

    monkeypatch.setattr(creating, "build_training", slow)
    with pytest.raises(MyCaffeError, match="There is a folder LiquidNN already"):
        create()
    assert os.listdir(tmp_path) == ["LiquidNN"] and os.listdir(tmp_path / "LiquidNN") == ["in it"]


def test_a_new_root_is_removed_again(tmp_path, registry):
    root = tmp_path / "new" / "nets"
    chosen = {"model": "LiquidNetCfc", "solver": "adamw", "registry": registry}
    with pytest.raises(ProjectError):
        create_project(root, "X", gym="Curve", settings={"step": "-1"}, **chosen)
    assert list(tmp_path.iterdir()) == []
    assert create_project(root, "X", gym="Curve", **chosen).folder.is_dir()


def test_a_root_that_is_a_file(tmp_path, registry):
    (tmp_path / "root").write_text("")
    with pytest.raises(MyCaffeError, match="cannot create") as caught:
        create_project(
            tmp_path / "root", "X", model="LiquidNetCfc", solver="adamw", registry=registry
        )
    assert caught.value.code == "E250"


# Files from outside.


def test_files_may_be_kept_inside_a_folder(create, tmp_path):
    outside = tmp_path / "outside.csv"
    outside.write_text(CSV)
    root = tmp_path / "nets"
    root.mkdir()
    (root / "inside.csv").write_text(CSV)
    os.symlink(outside, root / "link.csv")
    given = {**SERIES, "base_dir": root, "inside": root}
    for name in (str(outside), "../outside.csv", "link.csv"):
        found = faults_of(create, **given, settings={"csv_file": name})
        assert "is not in the folder" in found["gym.series_param.csv_file"]
    assert create(**given, settings={"csv_file": "inside.csv"}).gym == "Series"


# Templates as others write them.


def plugin_of(folder, solver, model=MODEL):
    body = (
        "from pathlib import Path\n"
        "from mycaffe_py.plugins import Template, hookimpl\n"
        "@hookimpl\n"
        "def mycaffe_templates():\n"
        "    here = Path(__file__).parent\n"
        "    return [Template('model', 'Line', here / 'line.prototxt'), "
        "Template('solver', 'mine', here / 'mine.prototxt')]\n"
    )
    place = folder("plugin", {"own.py": body})
    (place / "line.prototxt").write_bytes(model.encode())
    (place / "mine.prototxt").write_bytes(solver.encode())
    return load_registry([str(place / "own.py")])


TRAINER = 'trainer { type: "RNN.SUPER_SIMPLE" }\n'


def test_line_ends_and_byte_order_mark_are_kept(folder, tmp_path):
    mark = codecs.BOM_UTF8.decode()
    solver = mark + f"# mine\r\n{SOLVER}{TRAINER}".replace("\r\n", "\n").replace("\n", "\r\n")
    registry = plugin_of(folder, solver, mark + MODEL.replace("\n", "\r\n"))
    project = create_project(
        tmp_path,
        "New",
        gym="Curve",
        settings={"step": "0.5"},
        model="Line",
        solver="mine",
        registry=registry,
    )
    assert project.model.read_bytes() == (mark + MODEL.replace("\n", "\r\n")).encode()
    written = project.solver.read_bytes()
    assert written.startswith(codecs.BOM_UTF8 + b"# mine\r\n") and b'"Line.prototxt"\r\n' in written
    assert b"step: 0.5" in written and written.count(b"\n") == written.count(b"\r\n")


def test_a_solver_with_a_train_net_names_the_projects_net(folder, tmp_path):
    registry = plugin_of(folder, SOLVER.replace("net:", "train_net:") + TRAINER)
    project = create_project(
        tmp_path, "New", gym="Curve", model="Line", solver="mine", registry=registry
    )
    text = project.solver.read_text()
    assert 'net: "Line.prototxt"' in text and "train_net" not in text


def test_mycaffes_form_of_a_trainer_is_not_changed(folder, tmp_path):
    custom = 'custom_trainer: "MyCaffeTrainerDual"\n'
    custom += 'custom_trainer_properties: "TrainerType=RNN.SUPER_SIMPLE;Gym=Curve"\n'
    registry = plugin_of(folder, SOLVER + custom)
    given = {"model": "Line", "solver": "mine", "registry": registry}
    with pytest.raises(ProjectError) as caught:
        create_project(tmp_path, "New", gym="Curve", settings={"step": "1"}, **given)
    assert "custom_trainer_properties" in caught.value.faults["solver"]
    project = create_project(tmp_path, "New", **given)
    assert custom in project.solver.read_text() and project.gym == "Curve"


FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("error", [FULL, KeyboardInterrupt()], ids=["full", "interrupted"])
@pytest.mark.parametrize("call", ["mkdir", "fsync", "replace", "rename"])
def test_whatever_fails_nothing_is_left(tmp_path, registry, monkeypatch, call, error):
    real, root = getattr(os, call), tmp_path / "new" / "root"
    for count in range(1, 40):
        calls = itertools.count(1)

        def fails(*given, calls=calls, count=count, **more):
            if next(calls) == count:
                raise error
            return real(*given, **more)

        with monkeypatch.context() as patched:
            patched.setattr(os, call, fails)
            try:
                create_project(root, "P", model="LiquidNetCfc", solver="adamw", registry=registry)
            except (OutputError, KeyboardInterrupt):
                assert list(tmp_path.iterdir()) == []
                continue
        if next(calls) <= count:  # so many calls were not made
            break
        shutil.rmtree(tmp_path / "new")
    else:
        pytest.fail("it never succeeds")


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a\n", "NET\na\n"),
        ("\ufeffa\r\n", "\ufeffNET\r\na\r\n"),
        ("# 1\n\n# 2\na", "# 1\nNET\n\n# 2\na"),
        ("\ufeff# 1\r\na\r\n", "\ufeff# 1\r\nNET\r\na\r\n"),
        ("# 1\u2028 still 1\na\n", "# 1\u2028 still 1\nNET\na\n"),
        ("# 1", "# 1\nNET"),
    ],
)
def test_the_nets_name_stands_below_the_first_comments(text, found):
    assert writing._with_net_first(text, "N") == found.replace("NET", 'net: "N"')
