"""Modules under the names that they had before 0.2."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from mycaffe_py import aliases

ROOT = Path(__file__).parents[1]


@pytest.mark.parametrize("name", aliases._MOVED)
def test_a_former_name_gives_the_module_itself(name):
    home = f"mycaffe_py.{aliases._MOVED[name]}"
    module = importlib.import_module(home)
    path = getattr(module, "__path__", None)
    assert importlib.import_module(f"mycaffe_py.{name}") is module
    assert module.__name__ == module.__spec__.name == home
    assert getattr(module, "__path__", None) == path


def test_no_former_name_is_that_of_a_module_of_today():
    files = {
        path.relative_to(ROOT / "mycaffe_py").with_suffix("")
        for path in ROOT.glob("mycaffe_py/**/*.py")
    }
    names = {".".join(path.parts).removesuffix(".__init__") for path in files}
    assert not names & set(aliases._MOVED)
    assert set(aliases._MOVED.values()) <= names


def test_names_that_a_layer_of_an_earlier_version_imports():
    code = """
from mycaffe_py.blobproto import array_from_proto
from mycaffe_py.filler import Filler
from mycaffe_py.forecast import short_dates
from mycaffe_py.fused import FusedBlobs
from mycaffe_py.hookspecs import hookimpl
from mycaffe_py.host_blob import facing
from mycaffe_py.layer import LayerContext, default_parameter_field
from mycaffe_py.layer_settings import keep_from_solver, positive_setting
from mycaffe_py.loss_layer import LossLayer
from mycaffe_py.net import TEST, Net
from mycaffe_py.solver import Segment, Solver, mean_outputs, with_outputs
from mycaffe_py.stores import resize_image
import mycaffe_py.blas, mycaffe_py.memory as memory
assert memory.require_memory and mycaffe_py.blas.one_thread
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_former_names_of_plugins_come_first():
    """isort puts them before mycaffe_py."""
    code = """
from mycaffe_liquid.wiring import Wiring
import mycaffe_common
from mycaffe_py import Net
import mycaffe_plugins.common, mycaffe_plugins.liquid.wiring as today
assert Wiring is today.Wiring and mycaffe_common is mycaffe_plugins.common
"""
    subprocess.run([sys.executable, "-W", "error", "-c", code], check=True)


def test_an_empty_folder_of_a_former_name_hides_nothing(tmp_path):
    """An update may leave a folder with nothing but old bytecode behind."""
    code = f"""
import mycaffe_py
mycaffe_py.__path__.append({str(tmp_path)!r})
import mycaffe_py.proto
assert mycaffe_py.proto.caffe_pb2.BlobProto().num == 0
"""
    (tmp_path / "proto" / "__pycache__").mkdir(parents=True)
    subprocess.run([sys.executable, "-c", code], check=True)
