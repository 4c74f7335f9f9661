"""Templates: what there is, and what goes together."""

from __future__ import annotations

import json

import pytest

from mycaffe_py.builder.checking import check_files
from mycaffe_py.errors import ConfigError, OutputError
from mycaffe_py.plugins import load_registry
from mycaffe_py.projects import ProjectError, choose, create_project, fitting, templates, trial
from mycaffe_py.projects.template_files import first_comment
from mycaffe_py.resources import resource_names

from .conftest import CSV, MODEL, SOLVER


@pytest.fixture(scope="module")
def known():
    return templates()


def test_every_shipped_file_is_a_template(known):
    for kind, found in (("models", known.models), ("solvers", known.solvers)):
        assert sorted(f"{one.name}.prototxt" for one in found) == resource_names(kind)


def test_every_template_says_in_one_sentence_what_it_is(known):
    for one in (*known.models, *known.solvers, *known.gyms):
        assert 10 < len(one.doc) <= 170 and one.doc.endswith((".", "?")), one.doc


def test_what_goes_with_the_curve_gym(known):
    assert {one.name: one.gyms for one in known.models if one.gyms is not None} == {
        "LiquidNetCfc": ("Curve",),
        "CurveFollow": ("Curve",),
        "CurveForecast": ("Curve",),
        "SeriesCfc": ("Series",),
        "SeriesStandardized": ("Series",),
    }
    assert known.model("LiquidNetCfc").solvers[0] == "adamw"
    # Each of these has a solver with settings of the gym of its own; adamw's time would be another one.
    assert known.model("CurveFollow").solvers == ("curve_follow",)
    assert known.model("CurveForecast").solvers == ("curve_forecast",)
    # What one trainer fills is not offered with another one.
    assert known.model("SeriesCfc").solvers == ("series",)
    assert known.model("SeriesStandardized").solvers == ("adamw",)
    assert known.solver("adamw").gyms == ("Curve", "Series")
    assert known.solver("series").gyms == ("Series",)
    assert known.solver("curve_follow").gyms == ("Curve",)


def test_models_that_bring_their_own_data(known):
    assert known.model("LeNet").gyms is None and known.model("LeNet").solvers == ("lenet",)
    assert known.model("LeNet").database and not known.model("SequenceLstm").database
    assert known.solver("lenet").gyms is None


def test_sizes(known):
    assert (known.model("LiquidNetCfc").layers, known.model("LiquidNetCfc").weights) == (3, 87617)
    assert (known.model("LeNet").layers, known.model("LeNet").weights) == (11, None)


def test_gyms(known):
    curve, series = known.gyms
    assert (curve.type, curve.model, curve.solver) == ("Curve", "LiquidNetCfc", "adamw")
    assert (series.type, series.model, series.solver) == ("Series", "SeriesCfc", "series")
    # Every tenth point of a sine with a step of one degree.
    assert len(curve.spark) == 60 and curve.spark[9] == pytest.approx(1)
    assert curve.spark[3] == pytest.approx(0.5)
    assert series.spark is None and series.needs_file and not curve.needs_file
    fields = {field["path"]: field for field in curve.fields}
    assert fields["curve_param.step"]["default"] == "0.017453292519943295"
    assert [value["name"] for value in fields["curve_param.curve"]["values"]][0] == "SIN"
    assert [path for path, field in fields.items() if field["file"]] == ["curve_param.csv_file"]


def test_as_json(known):
    found = known.as_json()
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert set(found["models"][0]) == {
        *("name", "doc", "plugin", "gyms", "solvers", "layers", "weights", "database")
    }
    assert set(found["solvers"][0]) == {"name", "doc", "plugin", "gyms", "type"}
    assert {"type", "doc", "plugin", "spark", "fields"} <= set(found["gyms"][0])
    assert found["models"][0]["name"] == "LiquidNetCfc" and found["solvers"][0]["name"] == "adamw"


def offered():
    known = templates()
    for model in known.models:
        for name in model.solvers:
            solver = known.solver(name)
            for gym in model.gyms if model.gyms is not None else [None]:
                if gym is None or gym in solver.gyms:
                    yield pytest.param(gym, model.name, name, id=f"{gym}-{model.name}-{name}")


@pytest.mark.parametrize(("gym", "model", "solver"), list(offered()))
def test_everything_offered_passes_the_check(
    gym,
    model,
    solver,
    tmp_path,
    registry,
    stores,
    monkeypatch,
):
    (tmp_path / "heights.csv").write_text(CSV)
    settings = {"csv_file": "heights.csv"} if gym == "Series" else {}
    project = create_project(
        tmp_path,
        "New",
        gym=gym,
        settings=settings,
        model=model,
        solver=solver,
        registry=registry,
        base_dir=tmp_path,
    )
    monkeypatch.chdir(stores if gym is None else project.folder)
    assert check_files([project.model, project.solver], registry) == []


def test_unknown_names(known):
    with pytest.raises(ConfigError, match='did you mean "LiquidNetCfc"') as caught:
        known.model("LiquidNetCfk")
    assert caught.value.field == "model"
    with pytest.raises(ConfigError, match="solver templates: adamw, "):
        known.solver("zzz")
    assert known.model("liquidnetcfc.prototxt").name == "LiquidNetCfc"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("# One thing. Another.\ntype: 1", "One thing."),
        ("# One thing\n# over two lines.\n#\n# more", "One thing over two lines."),
        ("\ufeff# With a mark\r\nx: 1\r\n", "With a mark"),
        ("# 28 x 28. examples/digits makes it.\n", "28 x 28."),
        ('name: "x"  # no comment at the start\n', ""),
        ("", ""),
    ],
)
def test_the_first_comment(text, sentence):
    assert first_comment(text) == sentence


# Choosing.


@pytest.mark.parametrize(
    ("given", "chosen"),
    [
        ({}, ("Curve", "LiquidNetCfc", "adamw")),
        ({"gym": "series"}, ("Series", "SeriesCfc", "series")),
        ({"solver": "series"}, ("Series", "SeriesCfc", "series")),
        ({"model": "SeriesCfc"}, ("Series", "SeriesCfc", "series")),
        ({"model": "SeriesStandardized"}, ("Series", "SeriesStandardized", "adamw")),
        ({"gym": "Series", "solver": "adamw"}, ("Series", "SeriesStandardized", "adamw")),
        ({"model": "CurveFollow"}, ("Curve", "CurveFollow", "curve_follow")),
        ({"solver": "curve_forecast"}, ("Curve", "LiquidNetCfc", "curve_forecast")),
        ({"model": "LeNet"}, (None, "LeNet", "lenet")),
        ({"solver": "lenet"}, (None, "LeNet", "lenet")),
        ({"model": "Siamese", "database": True}, (None, "Siamese", "siamese")),
    ],
)
def test_what_is_not_chosen_is_the_first_that_fits(registry, given, chosen):
    found = choose(registry, **given)
    assert (found.gym, found.model, found.solver) == chosen


@pytest.mark.parametrize(
    ("given", "field", "words"),
    [
        ({"gym": "Curve", "model": "LeNet"}, "model", "LeNet does not go with gym Curve"),
        ({"gym": "Curve", "database": True, "model": "LeNet"}, "database", "not from both"),
        ({"database": True}, "model", "Which model"),
        ({"database": True, "model": "SeriesCfc"}, "database", "reads no database"),
        ({"gym": "Curv"}, "gym", "unknown gym type"),
        ({"gym": "Curve", "solver": "lenet"}, "solver", "lenet does not go with gym Curve"),
        ({"gym": "Curve", "solver": "series"}, "solver", "series does not go with gym Curve"),
        ({"gym": "Curve", "model": "SeriesCfc"}, "model", "SeriesCfc does not go with gym Curve"),
    ],
)
def test_what_does_not_fit(registry, given, field, words):
    with pytest.raises(ConfigError) as caught:
        choose(registry, **given)
    assert caught.value.field == field and words in caught.value.message


def test_all_unknown_names_at_once(registry):
    with pytest.raises(ProjectError) as caught:
        choose(registry, "Curv", "LiquidNetCfk", "adam")
    assert set(caught.value.faults) == {"gym", "model", "solver"}


# Templates of plugins.

PLUGIN = """
from pathlib import Path
from mycaffe_py.plugins import Template, hookimpl

HERE = Path(__file__).parent

@hookimpl
def mycaffe_templates():
    return [Template("model", "Line", HERE / "line.prototxt"),
            Template("solver", "plain", HERE / "plain.prototxt", doc="Plain descent.")]
"""


@pytest.fixture
def with_plugin(tmp_path, folder):
    trainer = 'trainer { type: "RNN.SUPER_SIMPLE" gym { curve_param { step: 0.5 } } }\n'
    folder(
        "plugin",
        {
            "line.prototxt": f"# A line.\n{MODEL}",
            "plain.prototxt": SOLVER.replace("line", "Line") + trainer,
            "own.py": PLUGIN,
        },
    )
    return load_registry([str(tmp_path / "plugin" / "own.py")])


def test_templates_of_a_plugin_are_offered_and_used(with_plugin, tmp_path):
    known = templates(with_plugin)
    line, plain = known.model("line"), known.solver("plain")
    assert (line.plugin, line.doc, line.gyms) == ("own", "A line.", ("Curve",))
    assert line.solvers == ("plain",) and line.weights == 2
    assert (plain.plugin, plain.doc, plain.gyms) == ("own", "Plain descent.", ("Curve",))
    project = create_project(
        tmp_path, "New", gym="Curve", model="Line", solver="plain", registry=with_plugin
    )
    assert "step: 0.5" in project.solver.read_text()
    assert project.model.read_text() == f"# A line.\n{MODEL}"


def test_a_template_may_say_which_gyms_it_is_for(tmp_path, folder):
    body = PLUGIN.replace('"line.prototxt")', '"line.prototxt", gyms=("Series",))')
    place = folder("plugin", {"line.prototxt": MODEL, "plain.prototxt": SOLVER, "own.py": body})
    known = templates(load_registry([str(place / "own.py")]))
    # It goes with none: the shipped solvers for Series give it more inputs than it takes.
    assert known.model("Line").gyms == ()


def test_without_room_for_temporary_files_nothing_is_said_of_what_fits(registry, monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(trial.tempfile, "TemporaryDirectory", full)
    monkeypatch.setattr(fitting, "_known", {})
    with pytest.raises(OutputError, match="cannot write a temporary file: No space left"):
        templates(registry)
