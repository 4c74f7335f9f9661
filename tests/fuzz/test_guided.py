"""What guided searches feed to the parsers, without atheris, which only a search needs."""

from __future__ import annotations

import importlib
import os
import random
import sys
from contextlib import nullcontext, suppress
from types import SimpleNamespace

import pytest

from mycaffe_py.errors import MyCaffeError
from tools.fuzz.mutating import change_bytes

PARSERS = ("prototxt", "solver", "weights", "state", "table")


@pytest.fixture
def guided(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "environ", dict(os.environ))
    stub = SimpleNamespace(instrument_imports=lambda **options: nullcontext())
    monkeypatch.setitem(sys.modules, "atheris", stub)
    monkeypatch.delitem(sys.modules, "tools.fuzz.guided", raising=False)
    found = importlib.import_module("tools.fuzz.guided")
    monkeypatch.setattr(found, "_folder", lambda: tmp_path)
    yield found
    sys.modules.pop("tools.fuzz.guided", None)


@pytest.mark.parametrize("name", PARSERS)
def test_a_search_begins_with_what_can_be_read(guided, name, tmp_path):
    assert sorted(guided.PARSERS) == sorted(PARSERS)
    guided.begin(name, tmp_path / "begin")
    begun = sorted((tmp_path / "begin").iterdir())
    assert begun
    for path in begun:
        with suppress(MyCaffeError):  # texts are cut
            guided.PARSERS[name](path.read_bytes())


@pytest.mark.parametrize("name", PARSERS)
def test_what_a_search_makes_of_it_is_read_or_refused(guided, name, tmp_path):
    guided.begin(name, tmp_path / "begin")
    rng, begun = random.Random(0), sorted((tmp_path / "begin").iterdir())
    for _ in range(20):
        with suppress(MyCaffeError):
            guided.PARSERS[name](change_bytes(rng, rng.choice(begun).read_bytes()))
