"""Projects with gyms of plugins that read files: templates are tried with the settings given."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import Gym
from mycaffe_py.errors import ConfigError, MissingFileError
from mycaffe_py.plugins import load_registry
from mycaffe_py.projects import choose, create_project


class _Levels(Gym):
    """Levels read from a file that needs a first line of its own."""

    at = 0
    state_names = ("at",)

    def __init__(self, param, *, base_dir=None, seed=0):
        super().__init__(param, base_dir=base_dir, seed=seed)
        path = self.base_dir / self.settings().file
        if not path.is_file():
            raise MissingFileError(f"gym {self.type}: {path}: no such file")
        first, *rest = path.read_text().split()
        if first != "levels":
            self.fail("the file must begin with levels")
        self.values = np.array(rest, dtype=float)

    def reset(self, *, seed=None, options=None):
        self.at = 60
        return self.latest()

    def step(self, action=None):
        self.at += 1
        return (*self.latest(), 0.0, False, False)

    def latest(self):
        part = self.values[: self.at + 1]
        return self.observation(np.stack([part] * self.settings().width, axis=1), part), {"x": 0.0}


class Tide(_Levels):
    """Levels of a file that is named as the gym's input."""

    type = "Tide"
    input_field = "tide_param.file"
    schema = """
      message TideParameter { optional string file = 1; optional uint32 width = 2 [default = 1]; }
      extend GymParameter { optional TideParameter tide_param = 71285435; }"""

    def settings(self):
        return self.param.tide_param


class Ebb(_Levels):
    """Levels of a file that is named in a setting like any other."""

    type = "Ebb"
    schema = """
      message EbbParameter { optional string file = 1; optional uint32 width = 2 [default = 1]; }
      extend GymParameter { optional EbbParameter ebb_param = 71285436; }"""

    def settings(self):
        return self.param.ebb_param


@pytest.fixture
def registry():
    return load_registry([Tide, Ebb])


@pytest.fixture
def levels(tmp_path):
    (tmp_path / "levels.txt").write_text("levels " + " ".join(map(str, range(100))))
    return tmp_path


@pytest.mark.parametrize("gym", ["Tide", "Ebb"])
def test_a_gym_that_reads_a_file_gets_templates_that_fit_and_a_copy(registry, levels, gym):
    settings = {"file": "levels.txt"}
    chosen = choose(registry, gym, settings=settings, base_dir=levels)
    project = create_project(
        levels / "projects",
        "P",
        gym=gym,
        model=chosen.model,
        solver=chosen.solver,
        settings=settings,
        registry=registry,
        base_dir=levels,
    )
    copied = project.folder / "data" / "levels.txt"
    assert copied.read_text() == (levels / "levels.txt").read_text()
    assert 'file: "data/levels.txt"' in (project.folder / "solver.prototxt").read_text()


def test_a_file_that_is_missing_is_named(registry, levels):
    with pytest.raises(ConfigError, match=r"Ebb: .*no.txt: no such file"):
        choose(registry, "Ebb", settings={"file": "no.txt"}, base_dir=levels)
    with pytest.raises(ConfigError, match='The file "no.txt" does not exist'):
        create_project(
            levels,
            "P",
            gym="Tide",
            model="CurveForecast",
            solver="adamw",
            settings={"file": "no.txt"},
            registry=registry,
            base_dir=levels,
        )


def test_where_nothing_fits_the_nearest_model_says_why(registry, levels):
    settings = {"file": "levels.txt", "width": "5"}
    with pytest.raises(ConfigError, match="does not go with gym Ebb: gym Ebb gives .* of x"):
        choose(registry, "Ebb", settings=settings, base_dir=levels)
    with pytest.raises(ConfigError, match="LiquidNetCfc does not go with gym Ebb: gym Ebb gives"):
        choose(registry, "Ebb", "LiquidNetCfc", settings=settings, base_dir=levels)
    with pytest.raises(ConfigError, match="SeriesCfc does not go .* filled by the trainer SERIES"):
        choose(registry, "Ebb", "SeriesCfc", settings=settings, base_dir=levels)
