"""Fixtures that all tests share."""

from __future__ import annotations

import gc
import importlib.util
import os
import platform
import shutil
import signal
import sys
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py import plugin_code
from mycaffe_py.compiled import SWITCH, why_not
from mycaffe_py.plugins import default_registry

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def registry():
    return default_registry()


@pytest.fixture(scope="session", autouse=True)
def _no_kernels():
    """Layers and solvers run without compiled kernels, also in programs that tests start: most tests need no speed.

    ``MYCAFFE_FAST=1 pytest`` runs all of them with kernels.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(SWITCH, os.environ.get(SWITCH, "0"))
        yield


@pytest.fixture
def compiled(monkeypatch):
    """What is built in the test uses compiled kernels."""
    monkeypatch.setenv(SWITCH, "1")
    assert why_not() is None


@pytest.fixture(params=["plain", "compiled"])
def kernels(request, monkeypatch):
    """The test runs twice: without compiled kernels and with them."""
    if request.param == "compiled":
        request.getfixturevalue("compiled")
    else:
        monkeypatch.setenv(SWITCH, "0")
    return request.param


@pytest.fixture
def rng():
    return np.random.default_rng(1234)


@pytest.fixture
def sketches(monkeypatch):
    """Pictures are put together but not painted, which takes longer than to train a small net."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    paint = FigureCanvasAgg.print_png
    monkeypatch.setattr(
        FigureCanvasAgg, "print_png", lambda self, file, **_: file.write(b"\x89PNG, a sketch")
    )
    return lambda: monkeypatch.setattr(FigureCanvasAgg, "print_png", paint)


@pytest.fixture
def painted(sketches):
    """Pictures are painted, also in a folder whose tests make do with sketches."""
    sketches()


@pytest.fixture(autouse=True)
def _no_floating_point_surprises():
    with np.errstate(divide="raise", invalid="raise"):
        yield


@pytest.fixture(autouse=True)
def _tests_are_no_plugin():
    """A test that gives a class of its own as a plugin makes the package ``tests`` one, for itself alone."""
    yield
    plugin_code._plugins.pop(__name__.partition(".")[0], None)


@pytest.fixture(scope="session", autouse=True)
def _own_key(tmp_path_factory):
    """The key that signs runs is one of the tests', not the user's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(
            "LOCALAPPDATA" if os.name == "nt" else "XDG_STATE_HOME",
            str(tmp_path_factory.mktemp("state")),
        )
        yield


@pytest.fixture(scope="session", autouse=True)
def _signals_are_heard():
    """A shell that runs the tests in the background has them ignore SIGINT, and all that they start as well."""
    usual = {signal.SIGINT: signal.default_int_handler}
    if hasattr(signal, "SIGHUP"):  # not on Windows
        usual[signal.SIGHUP] = signal.SIG_DFL
    before = {number: signal.getsignal(number) for number in usual}
    for number, own in usual.items():
        if before[number] == signal.SIG_IGN:
            signal.signal(number, own)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def _there_is_a_gpu():
    from mycaffe_py.device import import_cupy
    from mycaffe_py.errors import DeviceError

    try:
        import_cupy()
    except DeviceError:
        return False
    return True


def _there_is_nvrtc():
    spec = importlib.util.find_spec("nvidia")
    folders = spec.submodule_search_locations if spec else ()
    return any(True for folder in folders for _ in Path(folder).rglob("*nvrtc*.[sd][ol]*"))


def pytest_collection_finish(session):
    """Let the garbage collector, which some tests call, leave out the thousands of collected tests."""
    gc.freeze()


def pytest_collection_modifyitems(config, items):
    """Leave out tests marked ``gpu`` where no GPU can be used, ``protoc`` where there is none, ``posix`` on Windows.

    And ``shim`` where kernels cannot be compiled for the CPU (by g++, on Linux on x86-64), and ``nvrtc`` where its
    wheel is missing; on Linux with CI set, a missing g++ or wheel is an error.
    """
    missing = set()
    on_linux = sys.platform == "linux"
    runs_fibers = on_linux and platform.machine() == "x86_64"
    if not runs_fibers or shutil.which("g++") is None:
        if runs_fibers and os.environ.get("CI"):
            raise pytest.UsageError("tests marked shim need g++, and in CI must not be left out")
        missing.add("shim")
    if os.name == "nt":
        missing.add("posix")
    if not _there_is_a_gpu():
        missing.add("gpu")
    if importlib.util.find_spec("grpc_tools") is None:
        missing.add("protoc")
    if not _there_is_nvrtc():
        if on_linux and os.environ.get("CI"):
            raise pytest.UsageError(
                "tests marked nvrtc need the wheel nvidia-cuda-nvrtc, and in CI must not be left out"
            )
        missing.add("nvrtc")
    left_out = [item for item in items if any(item.get_closest_marker(m) for m in missing)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
