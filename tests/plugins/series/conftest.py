"""Fixtures of the tests of series: gyms made from a table and settings."""

from __future__ import annotations

import re

import numpy as np
import pytest
from mycaffe_plugins.series.samples import Samples, fit_scaling

from mycaffe_py.builder import build_training
from mycaffe_py.device import Device
from mycaffe_py.plugins import load_registry


@pytest.fixture(scope="session")
def registry():
    return load_registry(["mycaffe_plugins.series"])


@pytest.fixture
def make_series(registry, tmp_path):
    """Return a function: text of a CSV file, text of a SeriesParameter -> SeriesGym."""

    def make(content, text="", file="data.csv", **options):
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / "data.csv").write_bytes(data)
        param = registry.schema.parse_text(
            f'type: "Series" series_param {{ csv_file: "{file}" {text} }}', "GymParameter"
        ).message
        return registry.gyms.find(param.type)(param, base_dir=tmp_path, **options)

    return make


def henon(rows):
    """Return the values of the Henon map, which a line forecasts badly and a small net well."""
    now, before, found = 0.1, 0.1, []
    for _ in range(rows):
        now, before = 1 - 1.4 * now**2 + before, 0.3 * now
        found.append(now)
    return found


def table(*columns, names="t y"):
    """Return the text of a CSV file with these columns behind one of row numbers; None is a gap."""
    rows = [
        ",".join("" if cell is None else repr(float(cell)) for cell in cells)
        for cells in zip(*columns, strict=True)
    ]
    lines = [f"{row},{text}" for row, text in enumerate(rows)]
    return "\n".join([",".join(names.split()), *lines]) + "\n"


SMALL = (
    "cfc.cfc_param.hidden_size=8",
    "cfc.cfc_unit_param.backbone_units=8",
    "forecast.forecast_param.fit_size=false",
)
SOLVER = """
net: "SeriesCfc.prototxt" {solver}
trainer {{ type: "SERIES" series_trainer_param {{ {trainer} }}
  gym {{ type: "Series" series_param {{ csv_file: "data.csv" fit_model: true {gym} }} }} }}
"""
_DEFAULTS = {
    "solver": "max_iter: 60 base_lr: 0.03",
    "trainer": "validation_interval: 5 averaging: 0.8 patience: 3",
    "gym": "horizon: 2 window: 3 period: 9",
}


def _with_defaults(part, text):
    """Return settings with the defaults that they leave out."""
    given = set(re.findall(r"(\w+):", text))
    kept = re.findall(r"(\w+): (\S+)", _DEFAULTS[part])
    return " ".join([text, *(f"{name}: {value}" for name, value in kept if name not in given)])


@pytest.fixture
def write_series(tmp_path):
    """Return a function that writes a CSV file and a solver file for the trainer SERIES, and gives its path."""

    def write(content=None, **parts):
        (tmp_path / "data.csv").write_text(content or table(henon(120)))
        path = tmp_path / "solver.prototxt"
        settings = {name: _with_defaults(name, parts.get(name, "")) for name in _DEFAULTS}
        path.write_text(SOLVER.format(**settings))
        return path

    return write


@pytest.fixture
def make_training(write_series):
    """Return a function that builds a training by the trainer SERIES on a CSV file."""

    def make(content=None, solver="", trainer="", gym="", small=SMALL, **options):
        path = write_series(content, solver=solver, trainer=trainer, gym=gym)
        options = {"seed": 1, "overrides": small} | options
        training = build_training(solver=path, device=Device(), **options)
        training.said = []
        training.solver.listeners.append(training.said.append)
        return training

    return make


@pytest.fixture
def make_samples(make_series):
    """Return a function: values (n,) or (n, O), settings -> Samples with a scaling fitted to the training part.

    ``series`` (n,) numbers the series of each row, ``times`` (n,) counts within each unless given.
    """

    def make(values, text="window: 4", times=None, series=None, log=False, floor=0.0):
        values = np.asarray(values, dtype=np.float64).reshape(len(values), -1)
        names = [f"v{column}" for column in range(values.shape[1])]
        own = np.zeros(len(values), dtype=int) if series is None else np.asarray(series)
        if times is None:
            times = np.arange(len(own)) - np.searchsorted(own, own)
        lines = [",".join(["t", "s", *names])]
        for time, number, row in zip(times, own, values, strict=True):
            cells = ["" if np.isnan(value) else repr(float(value)) for value in row]
            lines.append(",".join([repr(float(time)), f"s{number}", *cells]))
        if "value_column" not in text:
            text += "".join(f' value_column: "{name}"' for name in names)
        if series is not None:
            text += ' series_column: "s"'
        windows = make_series("\n".join(lines) + "\n", text).windows
        return Samples(windows, fit_scaling(windows, log=log, floor=floor))

    return make
