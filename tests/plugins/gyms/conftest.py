"""Fixtures of the gym tests: gyms made from prototxt text."""

from __future__ import annotations

import pytest

from mycaffe_py.plugins import load_registry


@pytest.fixture(scope="session")
def registry():
    return load_registry(["mycaffe_plugins.gyms"])


@pytest.fixture
def make_gym(registry):
    """Return a function: text of a CurveParameter -> CurveGym."""

    def make(text="", **options):
        param = registry.schema.parse_text(
            f'type: "Curve" curve_param {{ {text} }}', "GymParameter"
        ).message
        return registry.gyms.find(param.type)(param, **options)

    return make


@pytest.fixture
def make_csv_gym(make_gym, tmp_path):
    """Return a function: text of a CSV file, text of a CurveParameter -> CurveGym."""

    def make(content, text="", **options):
        data = content.encode() if isinstance(content, str) else content
        (tmp_path / "data.csv").write_bytes(data)
        settings = f'curve: CSV_FILE csv_file: "data.csv" {text}'
        return make_gym(settings, base_dir=tmp_path, **options)

    return make
