"""Fixtures that all tests share."""

from __future__ import annotations

import gc
import importlib.util
import signal
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py.plugins import default_registry

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="session")
def registry():
    return default_registry()


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


@pytest.fixture(scope="session", autouse=True)
def _signals_are_heard():
    """A shell that runs the tests in the background has them ignore SIGINT, and all that they start as well."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)}
    for number, own in {
        signal.SIGINT: signal.default_int_handler,
        signal.SIGHUP: signal.SIG_DFL,
    }.items():
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


def pytest_collection_finish(session):
    """Let the garbage collector, which some tests call, leave out the thousands of collected tests."""
    gc.freeze()


def pytest_collection_modifyitems(config, items):
    """Leave out tests marked ``gpu`` where no GPU can be used, ``protoc`` where there is no protoc."""
    missing = set()
    if not _there_is_a_gpu():
        missing.add("gpu")
    if importlib.util.find_spec("grpc_tools") is None:
        missing.add("protoc")
    left_out = [item for item in items if any(item.get_closest_marker(m) for m in missing)]
    config.hook.pytest_deselected(items=left_out)
    items[:] = [item for item in items if item not in left_out]
