from __future__ import annotations

import pytest

from mycaffe_py.plugins import load_registry
from mycaffe_py.testing import check_observer

HEAD = """
from pathlib import Path

from mycaffe_py import Observer, hookimpl
from mycaffe_py.events import ArraysTaken, PictureTaken, StepDone, TrainingEnded
"""
TAIL = """
@hookimpl
def mycaffe_observers():
    return [Own]
"""


@pytest.fixture
def check(tmp_path):
    def of(body):
        text = "class Own(Observer):\n    type = 'Own'\n    parameters = ()\n" + body
        path = tmp_path / "own.py"
        path.write_text(HEAD + text + TAIL)
        registry = load_registry([str(path)])
        return check_observer('type: "Own"', registry=registry, folder=tmp_path / "runs")

    return of


def test_one_that_does_nothing_is_good(check):
    assert check("") == []


def test_the_files_are_returned(check):
    written = check("    def start(self, run): (run.folder / 'a').write_text(run.solver)\n")
    assert [path.parent.name for path in written] == ["whole", "resumed", "failed"]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("    arrays_every = -1\n", "arrays_every is -1"),
        ("    pictures_every = 0.5\n", "pictures_every is 0.5"),
        (
            "    def observe(self, event): assert not isinstance(event, StepDone) or "
            "event.metrics['accuracy']\n",
            r"observe\(StepDone\) raised KeyError",
        ),
        (
            "    def observe(self, event): round(getattr(event, 'metrics', {}).get('loss', 0))\n",
            "raised OverflowError",
        ),
        (
            "    def observe(self, event):\n"
            "        if isinstance(event, PictureTaken): event.pixels[...] = 0\n",
            "changes pixels",
        ),
        (
            "    def observe(self, event):\n"
            "        if isinstance(event, ArraysTaken): event.gradients['ip/1'][:] = 1\n",
            r"changes gradients\['ip/1'\]",
        ),
        ("    def start(self, run): run.layers[0]\n", "in a run that continues another, start"),
        (
            "    def observe(self, event):\n"
            "        self.seen = getattr(self, 'seen', 0) + isinstance(event, StepDone)\n"
            "    def close(self): 1 / self.seen\n",
            "in a run that fails before its first update, close raised ZeroDivisionError",
        ),
        ("    def idle(self): raise OSError('gone')\n", "idle raised OSError: gone"),
    ],
)
def test_violations_are_described(check, body, words):
    with pytest.raises(AssertionError, match=words):
        check(body)


def test_a_constructor_that_writes_is_found(tmp_path, monkeypatch):
    path = tmp_path / "own.py"
    path.write_text(
        HEAD
        + "class Own(Observer):\n    type = 'Own'\n    parameters = ()\n"
        + f"    def __init__(self, param): Path({str(tmp_path)!r}, 'runs/whole/x').touch()\n"
        + TAIL
    )
    registry = load_registry([str(path)])
    with pytest.raises(AssertionError, match="its constructor writes files"):
        check_observer('type: "Own"', registry=registry, folder=tmp_path / "runs")
