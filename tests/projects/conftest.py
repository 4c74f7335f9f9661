from __future__ import annotations

import json

import pytest

from mycaffe_py.projects import create_project

from ..models.test_shipped_models import stores as stores  # small databases for the shipped models

MODEL = """name: "Line"
layer { name: "data" type: "Input" top: "x" top: "target" input_param { shape { dim: 1 dim: 1 } } }
layer { name: "fc" type: "InnerProduct" bottom: "x" top: "xhat" inner_product_param { num_output: 1 } }
"""
SOLVER = 'net: "line.prototxt"\ntype: "SGD"\nbase_lr: 0.1\nlr_policy: "fixed"\n'
CSV = "day,height\n" + "".join(f"{day},{0.1 * day + day % 3}\n" for day in range(120))


@pytest.fixture
def create(tmp_path, registry):
    """Make a project in an empty folder; what is not given is the tutorial's."""

    def create(name="LiquidNN", **more):
        chosen = {"gym": "Curve", "model": "LiquidNetCfc", "solver": "adamw"}
        return create_project(tmp_path, name, registry=registry, **chosen | more)

    return create


@pytest.fixture
def folder(tmp_path):
    """Write a folder of files by name; JSON for mappings. Returns its path."""

    def write(name, files):
        place = tmp_path / name
        place.mkdir(parents=True, exist_ok=True)
        for file, content in files.items():
            path = place / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        return place

    return write
