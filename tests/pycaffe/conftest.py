"""Files of a pycaffe user: a model, and a module with Python layers beside it."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py import Net
from mycaffe_py.as_caffe import _home_of
from mycaffe_py.device import Device
from mycaffe_py.old_numpy import forget_old_names
from mycaffe_py.testing import strict_device


class Desk:
    """A folder with the user's files; ``device`` is where its nets work."""

    def __init__(self, folder: Path, device: Device):
        self.folder, self.device = folder, device

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def net(self, text: str, phase: int = 0, **options) -> Net:
        path = self.write("net.prototxt", text)
        options = {"device": self.device, "dtype": np.float64, "allow_python": True} | options
        return Net(str(path), phase, **options)


def forget_caffe():
    """Take away the stand-in for caffe, which a Python layer in an earlier test may have left."""
    forget_old_names()
    sys.meta_path[:] = [
        finder for finder in sys.meta_path if getattr(finder, "find_home", None) is not _home_of
    ]
    for name in [name for name in sys.modules if name.partition(".")[0] == "caffe"]:
        del sys.modules[name]


@pytest.fixture(autouse=True)
def _imports_as_they_were():
    forget_caffe()
    modules, finders, path = dict(sys.modules), list(sys.meta_path), list(sys.path)
    yield
    assert sys.path == path
    sys.meta_path[:] = finders
    forget_old_names()
    for name in set(sys.modules) - set(modules):
        if name.startswith("user_") or name.partition(".")[0] == "caffe":
            del sys.modules[name]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path, Device())


@pytest.fixture(params=["cpu", "strict"])
def desks(request, tmp_path):
    """The same on the host and on the stand-in for a GPU."""
    return Desk(tmp_path, Device() if request.param == "cpu" else strict_device())
