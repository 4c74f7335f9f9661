"""Fixtures that all tests share."""

from __future__ import annotations

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


@pytest.fixture(autouse=True)
def _no_floating_point_surprises():
    with np.errstate(divide="raise", invalid="raise"):
        yield


def pytest_collection_modifyitems(config, items):
    """Leave tests marked ``gpu`` out where no GPU can be used."""
    from mycaffe_py.device import import_cupy
    from mycaffe_py.errors import DeviceError

    try:
        import_cupy()
    except DeviceError:
        without = [item for item in items if item.get_closest_marker("gpu") is None]
        config.hook.pytest_deselected(items=[item for item in items if item not in without])
        items[:] = without
