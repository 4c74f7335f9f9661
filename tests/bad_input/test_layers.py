"""Every layer type with wrong wires, shapes and settings: it works, or an error of ours explains what is wrong."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress
from itertools import chain

import numpy as np
import pytest

from mycaffe_py.device import Device, memory_limits as memory
from mycaffe_py.errors import MyCaffeError, OutOfMemoryError
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text

from .. import conformance_cases as cases
from .layer_mistakes import MOST_OF_A_KIND, REGISTRY, mistakes

# A changed setting may well leave another one without effect.
pytestmark = pytest.mark.filterwarnings("ignore::mycaffe_py.errors.MyCaffeWarning")

SOME = 6
"""How many mistakes of a kind a layer type gets where the slow tests are left out."""
# Words of NumPy, of Python and of HDF5 where they should have been ours.
FOREIGN = re.compile(
    r"broadcast|cannot reshape|Unable to|ufunc|out of bounds|has no attribute|operand|NoneType|numpy|Errno|index \d+ is"
)


@pytest.fixture(autouse=True)
def _little_memory(monkeypatch, tmp_path):
    """Let nothing large be made, and names of files without a folder lie in an empty one."""
    monkeypatch.setattr(memory, "_WORTH_ASKING", 1 << 20)
    monkeypatch.setattr(memory, "free_memory", lambda: 1 << 26)
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)


@pytest.fixture(autouse=True)
def _no_caffe():
    """Let the stand-in for caffe, which Python layers bring, go with the test."""
    finders, known = list(sys.meta_path), set(sys.modules)
    yield
    sys.meta_path[:] = finders
    for name in set(sys.modules) - known:
        if name.partition(".")[0] == "caffe":
            del sys.modules[name]


def fill(net):
    """Fill the inputs with numbers that are also labels; those that do not fit into memory stay as they are."""
    rng = np.random.default_rng(0)
    with suppress(OutOfMemoryError):
        for name in net.inputs:
            net.blobs[name].data[...] = rng.integers(2, size=net.blobs[name].shape, dtype=np.int8)


def run(mistake, path):
    """Return what is refused: (the error, whether while the net was built), or None."""
    net = None
    try:
        net = Net(load_net_text(REGISTRY.schema, mistake.text, str(path)), device=Device())
        fill(net)
        with np.errstate(all="ignore"):  # as in training
            net.forward_backward()
    except MyCaffeError as error:
        return error, net is None
    except Exception as error:
        if getattr(error, "from_users_code", False):
            return None
        raise AssertionError(f"{mistake.what}\n{mistake.text}") from error
    finally:
        if net is not None:
            net.close()
    return None


def assert_explained(mistake, error, in_building):
    problem = error.problems[0]
    text = " ".join([problem.message, *getattr(error, "__notes__", ())])
    said = f"{mistake.what}: {text}\n{mistake.text}"
    name = f'layer "it" ({mistake.layer.type})'
    # A required field that is missing is found before there are layers.
    assert name in text or "required field" in text, said
    assert not FOREIGN.search(problem.message), said
    if in_building:
        assert problem.location is not None and problem.location.line > 1, said
    if mistake.kind == "shapes" and "blobs[" not in text:
        assert re.search(r'"[^"]+" (is )?\([\d, ]*\)', problem.message), said


def files(folder):
    return {os.path.join(place, name) for place, *both in os.walk(folder) for name in chain(*both)}


@pytest.mark.parametrize("most", [SOME, pytest.param(MOST_OF_A_KIND, marks=pytest.mark.slow)])
@pytest.mark.parametrize("type_name", [name for name in cases.LAYERS if name != "MemoryLoss"])
def test_mistakes_in_a_layer(type_name, most, tmp_path):
    path = tmp_path / "model.prototxt"
    refused = 0
    for mistake in mistakes(type_name, tmp_path, most):
        before = files(tmp_path)
        found = run(mistake, path)
        if found is not None:
            error, in_building = found
            assert_explained(mistake, error, in_building)
            refused += 1
            if in_building:
                assert files(tmp_path) == before, mistake.what
    assert refused
