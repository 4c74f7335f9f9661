from __future__ import annotations

from mycaffe_py.builder import load_model, load_solver_file
from mycaffe_py.gym import Gym
from mycaffe_py.plugins import with_plugins
from mycaffe_py.run.settings import with_absolute_paths


def saved(folder, text, registry):
    (folder / "s.prototxt").write_text(text)
    return with_absolute_paths(load_solver_file(folder / "s.prototxt", registry))


def test_files_become_absolute_and_names_that_are_no_files_stay(tmp_path, registry, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.chdir(here)
    for place in (here, there):
        for name in ("n.prototxt", "d.csv"):
            (place / name).touch()
    for name in ("a.caffemodel", "b.caffemodel", "c,d.caffemodel"):
        (there / name).touch()
    message = saved(
        there,
        """net: "n.prototxt" test_net: "LiquidNetCfc.prototxt" test_net: "n.prototxt"
        weights: "a.caffemodel, b.caffemodel" weights: "c,d.caffemodel" weights: "gone.caffemodel"
        snapshot_prefix: "d.csv" trainer { gym { curve_param { csv_file: "d.csv" } } }""",
        registry,
    )
    assert message.net == str(here / "n.prototxt")  # as a net is looked for
    assert list(message.test_net) == ["LiquidNetCfc.prototxt", str(here / "n.prototxt")]
    assert list(message.weights) == [
        f"{there / 'a.caffemodel'},{there / 'b.caffemodel'}",
        str(there / "c,d.caffemodel"),
        "gone.caffemodel",
    ]
    assert message.trainer.gym.curve_param.csv_file == str(there / "d.csv")
    assert message.snapshot_prefix == "d.csv"


def test_a_setting_called_file_is_one(tmp_path, monkeypatch):
    class Levels(Gym):
        type = "LevelsInTests"
        schema = """message LevelsInTestsParameter { optional string file = 1; optional string profile = 2; }
          extend GymParameter { optional LevelsInTestsParameter levels_in_tests_param = 30123; }"""

    monkeypatch.chdir(tmp_path)
    (tmp_path / "levels.txt").touch()
    text = 'trainer { gym { levels_in_tests_param { file: "levels.txt" profile: "levels.txt" } } }'
    found = saved(tmp_path, text, with_plugins(Levels)).trainer.gym.levels_in_tests_param
    assert found.file == str(tmp_path / "levels.txt") and found.profile == "levels.txt"


def test_the_document_itself_stays_as_it_is(tmp_path, registry, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "n.prototxt").touch()
    (tmp_path / "s.prototxt").write_text('net: "n.prototxt"')
    document = load_solver_file("s.prototxt", registry)
    assert with_absolute_paths(document).net == str(tmp_path / "n.prototxt")
    assert document.message.net == "n.prototxt"


def test_what_the_layers_of_a_net_read_becomes_absolute(tmp_path, registry, monkeypatch):
    here, there = tmp_path / "here", tmp_path / "there"
    for place in (here / "db", here / "img", there / "db"):
        place.mkdir(parents=True)
    (there / "m").touch()
    monkeypatch.chdir(here)
    (there / "n.prototxt").write_text(
        """layer { name: "a" type: "Data" top: "a" data_param { source: "db" }
             transform_param { mean_file: "m" } }
        layer { name: "b" type: "ImageData" top: "b"
             image_data_param { source: "lost.txt" root_folder: "img/" } }"""
    )
    first, second = with_absolute_paths(load_model(there / "n.prototxt", registry)).layer
    assert first.data_param.source == str(here / "db")  # as a layer looks for it
    assert first.transform_param.mean_file == str(there / "m")
    assert second.image_data_param.source == "lost.txt"
    assert second.image_data_param.root_folder == f"{here / 'img'}/"
