"""The example of detection: images are drawn, a small SSD learns them, its boxes are painted.

A third of the training is a slow test; a few images and two updates are not.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from mycaffe_plugins.forks.records import Box
from PIL import Image

from mycaffe_py.cli.app import app

DETECTION = Path(__file__).parents[1] / "examples" / "detection"
TRAIN = ["train", "--solver", "solver.prototxt", "--seed", "1", "--run-dir", "run", "--no-live"]


@pytest.fixture
def scripts(monkeypatch):
    """The modules make_shapes and draw_boxes, which are forgotten afterwards."""
    monkeypatch.syspath_prepend(str(DETECTION))
    names = ("make_shapes", "draw_boxes")
    yield tuple(importlib.import_module(name) for name in names)
    for name in names:
        del sys.modules[name]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for path in DETECTION.glob("*.prototxt"):
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def shorten(name, **changes):
    """Give settings of a copied file other values."""
    text = Path(name).read_text()
    for field, value in changes.items():
        text, count = re.subn(rf"\b{field}: \d+", f"{field}: {value}", text)
        assert count
    Path(name).write_text(text)


def figures_of_tests():
    return [json.loads(line) for line in Path("run/tests.jsonl").read_text().splitlines()]


def test_shapes_fill_their_boxes(scripts):
    make = scripts[0]
    rng = np.random.default_rng(5)
    for kind in (make.CIRCLE, make.SQUARE):
        canvas = np.zeros((make.SIZE, make.SIZE, 3))
        make.draw(canvas, kind, 10, 20, 15, rng)
        rows, columns = np.nonzero(canvas.any(axis=2))
        assert (columns.min(), rows.min(), columns.max(), rows.max()) == (10, 20, 24, 34)
    image, boxes = make.make_image(rng)
    assert image.shape == (3, 64, 64) and image.dtype == np.uint8 and 1 <= len(boxes) <= 6
    assert all(isinstance(box, Box) and 0 <= box.xmin < box.xmax <= 1 for box in boxes)


def test_two_updates_a_test_and_a_picture(scripts, folder, monkeypatch):
    monkeypatch.setattr("mycaffe_py.run.session.draw_pictures", lambda *_, **__: [])
    make, paint = scripts
    make.main({"train": 40, "test": 12})
    shorten("solver.prototxt", max_iter=2, test_iter=3, test_interval=2)
    shorten("shapes.prototxt", batch_size=4)
    done = CliRunner().invoke(app, TRAIN)
    assert done.exit_code == 0, done.output
    assert "Test net output #0: detection_eval = " in done.output
    assert "the metrics are their mean" not in done.output
    (tested,) = figures_of_tests()
    assert {"detection_eval", "detection_eval_class1", "detection_eval_class2"} <= set(tested)
    assert json.loads(Path("run/run.json").read_text())["best"]["metric"] == "test detection_eval"
    paint.main("run/last.caffemodel")
    with Image.open("boxes.png") as picture:
        assert picture.size == (1054, 530)


@pytest.mark.parametrize("verb", ["draw", "time"])
def test_the_nets_are_drawn_and_timed(folder, scripts, verb):
    scripts[0].main({"train": 4, "test": 4})
    shorten("shapes.prototxt", batch_size=4)
    for name in ("shapes.prototxt", "deploy.prototxt"):
        words = (
            ["draw", name, "net.svg"]
            if verb == "draw"
            else ["time", "--model", name, "--iterations", "1"]
        )
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output


@pytest.mark.slow
def test_it_learns_to_find_the_shapes(scripts, folder):
    scripts[0].main(scripts[0].COUNTS)
    shorten("solver.prototxt", max_iter=400)
    done = CliRunner().invoke(app, TRAIN)
    assert done.exit_code == 0, done.output
    assert figures_of_tests()[-1]["detection_eval"] >= 0.8
