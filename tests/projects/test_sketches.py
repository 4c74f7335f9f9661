"""Points that a gym gives, for the preview of its settings."""

from __future__ import annotations

import math
import os

import pytest

from mycaffe_py.plugins import load_registry
from mycaffe_py.projects import ProjectError, preview

from ..plugging import HEAD


def test_the_curve_gym_draws_its_curve(registry):
    found = preview(registry, "Curve", {"curve": "COS", "curve_param.step": "0.25"})
    assert (found["names"], found["x_name"], found["dates"]) == (["y"], "x (radians)", False)
    assert len(found["x"]) == 500 and len(found["y"]) == 1 and len(found["y"][0]) == 500
    assert found["x"][:3] == [0, 0.25, 0.5]
    assert found["y"][0] == pytest.approx([math.cos(0.25 * i) for i in range(500)], abs=1e-6)


def test_fewer_points(registry):
    assert preview(registry, "curve", {}, points=3)["x"] == pytest.approx(
        [0, math.pi / 180, math.pi / 90]
    )


def test_a_file_is_drawn_as_a_whole(registry, tmp_path):
    rows = [f"2020-01-{day:02d},{day},{'' if day == 5 else 2 * day}" for day in range(1, 32)]
    (tmp_path / "days.csv").write_text("\n".join(["day,a,b", *rows]))
    settings = {"csv_file": "days.csv", "window": "4"}
    found = preview(registry, "Series", settings, tmp_path)
    assert found["names"] == ["a", "b"] and found["dates"] and found["x_name"] == "day"
    assert found["y"][0] == list(range(1, 32)) and found["x"][1] - found["x"][0] == 1
    assert found["y"][1][3:6] == [8, None, 12]
    some = preview(registry, "Series", settings, tmp_path, points=4)
    assert some["y"][0] == [1, 11, 21, 31]


def test_a_curve_from_a_file(registry, tmp_path):
    (tmp_path / "a.csv").write_text("y\n" + "\n".join(str(i * i) for i in range(700)))
    settings = {"curve": "CSV_FILE", "csv_file": "a.csv", "history": "100"}
    found = preview(registry, "Curve", settings, tmp_path)
    # It keeps only its latest points.
    assert found["y"][0] == [float(f"{i * i:.7g}") for i in range(600, 700)]


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ({"step": "0"}, "gym.curve_param.step", "allowed"),
        ({"step": "x"}, "gym.curve_param.step", "not a number"),
        ({"nosie": "1"}, "gym.nosie", "no setting"),
        ({"csv_file": "a.csv"}, "gym.curve_param.csv_file", "does not read this file"),
        ({"csv_file": ".", "curve": "CSV_FILE"}, "gym.curve_param.csv_file", "is a folder"),
        ({"csv_file": "no.csv", "curve": "CSV_FILE"}, "gym.curve_param.csv_file", "does not exist"),
    ],
)
def test_mistakes(registry, tmp_path, settings, field, words):
    with pytest.raises(ProjectError) as caught:
        preview(registry, "Curve", settings, tmp_path)
    assert list(caught.value.faults) == [field] and words in caught.value.faults[field]


def test_an_unknown_gym(registry):
    with pytest.raises(ProjectError) as caught:
        preview(registry, "Curv", {})
    assert list(caught.value.faults) == ["gym"]


def test_files_inside_a_folder_only(registry, tmp_path):
    (tmp_path / "a.csv").write_text("y\n1\n2\n")
    (tmp_path / "nets").mkdir()
    os.symlink(tmp_path / "a.csv", tmp_path / "nets" / "b.csv")
    for name in ("../a.csv", "b.csv", str(tmp_path / "a.csv")):
        with pytest.raises(ProjectError) as caught:
            preview(
                registry,
                "Curve",
                {"curve": "CSV_FILE", "csv_file": name},
                tmp_path / "nets",
                inside=tmp_path / "nets",
            )
        assert "is not in the folder" in caught.value.faults["gym.curve_param.csv_file"]


GYM = """
import numpy as np

class Ramp(Gym):
    \"\"\"Two ramps, of three points.\"\"\"
    type = "Ramp"
    schema = (
        "message RampParameter { optional int32 slope = 1 [default = 2]; } "
        "extend GymParameter { optional RampParameter ramp_param = 44321; }"
    )

    def _give(self):
        slope = self.param.ramp_param.slope
        n = np.array([[self.at * slope, np.nan]])
        return {"x": n, "tt": n[:, 0], "mask": n, "target": n}

    def reset(self, *, seed=None, options=None):
        self.at = 0
        return self._give(), {}

    def step(self, action=None):
        self.at += 1
        return self._give(), 0.0, self.at > 2, False, {}

@hookimpl
def mycaffe_gyms():
    return [Ramp]
"""


def test_a_gym_of_a_plugin_that_ends(tmp_path):
    (tmp_path / "ramp.py").write_text(HEAD + GYM)
    registry = load_registry([str(tmp_path / "ramp.py")])
    found = preview(registry, "Ramp", {"slope": "5"})
    assert found == {
        **{"x": [0, 1, 2], "y": [[0, 5, 10], [None, None, None]], "names": ["y1", "y2"]},
        **{"x_name": "x", "dates": False},
    }
