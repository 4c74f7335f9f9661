"""What ``help()``, ``dir()`` and tab completion show; the types are in ``data/typed_user.py``, which mypy checks."""

from __future__ import annotations

import pydoc
import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from rlcompleter import Completer
from types import ModuleType

import pytest

import mycaffe_py
from mycaffe_py import Blob, Layer, Net, Solver

CORE = Path(mycaffe_py.__file__).parent
PACKAGES = sorted(
    ".".join(("mycaffe_py", *path.parent.relative_to(CORE).parts))
    for path in CORE.rglob("__init__.py")
)
FACES = [name for name in PACKAGES if getattr(import_module(name), "__all__", [])]


def text_of(thing):
    return pydoc.render_doc(thing, renderer=pydoc.plaintext)


def completed(face: ModuleType):
    """Return what a prompt offers after the name of a module and a point."""
    completer, found = Completer({"face": face}), []
    while (words := completer.complete("face.", len(found))) is not None:
        found.append(words)
    return {re.sub(r"\(\)?$", "", words).removeprefix("face.") for words in found}


def test_every_face_is_checked():
    assert {"mycaffe_py", "mycaffe_py.weights", "mycaffe_py.stores", "mycaffe_py.schema"} < {*FACES}


@pytest.mark.parametrize("name", FACES)
def test_a_face_shows_all_that_it_offers(name):
    face = import_module(name)
    offered = {*face.__all__}
    assert offered <= {*dir(face)}
    assert {name for name in offered if not name.startswith("__")} <= completed(face)
    text = text_of(face)
    assert [name for name in offered if not re.search(rf"\b{name}\b", text)] == []


@pytest.mark.parametrize("name", FACES)
def test_all_that_a_face_offers_can_be_imported_at_once(name):
    names: dict[str, object] = {}
    exec(f"from {name} import *", names)
    face = import_module(name)
    assert {*face.__all__} <= {*names}
    assert all(names[offered] is getattr(face, offered) for offered in face.__all__)


@pytest.mark.parametrize("name", PACKAGES)
def test_a_face_offers_none_of_its_own_tools(name):
    assert not {"TYPE_CHECKING", "lazy_names"} & {*dir(import_module(name))}


def test_what_was_not_used_yet_is_shown_as_well():
    code = (
        "import sys, pydoc, mycaffe_py\n"
        "names = dir(mycaffe_py)\n"
        "assert 'numpy' not in sys.modules\n"
        "assert {'Net', 'get_solver', 'io', 'pycaffe', 'TEST'} <= {*names}\n"
        "text = ''.join(pydoc.render_doc(mycaffe_py, renderer=pydoc.plaintext).split())\n"
        "assert 'classNet(' in text and 'get_solver(solver:' in text and 'TEST=1' in text\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=CORE.parent)


@pytest.mark.parametrize(
    "module", ["io", "classifier", "coord_map", "detector", "draw", "net_spec", "proto", "pycaffe"]
)
def test_pycaffes_modules_are_names_of_the_package(module):
    assert module in dir(mycaffe_py) and module in completed(mycaffe_py)
    assert isinstance(getattr(mycaffe_py, module), ModuleType)


def test_the_message_classes_are_a_name_of_proto():
    assert "caffe_pb2" in dir(mycaffe_py.proto)
    assert mycaffe_py.proto.caffe_pb2.NetParameter().name == ""


def joined(text):
    """Return a text without white space and margins: newer Pythons break long signatures into lines."""
    return "".join(text.replace("|", " ").split())


@pytest.mark.parametrize(
    ("offered", "words"),
    [
        (Net, ["network_file: ", "forward(self, blobs: ", "Layer name -> its learnable blobs"]),
        (Solver, ["step(self, iterations: 'int')", "The learning rate of the next update."]),
        (Blob, ["The gradient, shaped like ``data``.", "reshape(self, *shape: "]),
        (Layer, ["setup(self, bottom: 'Sequence[Blob]', top: 'Sequence[Blob]') -> 'None'"]),
        (mycaffe_py.get_solver, ["get_solver(solver: ", "-> 'Solver'"]),
        (mycaffe_py.io.load_image, ["load_image(filename: ", "-> 'np.ndarray'"]),
        (mycaffe_py.set_mode_cpu, ["set_mode_cpu() -> 'None'"]),
    ],
    ids=lambda given: getattr(given, "__name__", ""),
)
def test_help_shows_signatures_and_docstrings(offered, words):
    text = joined(text_of(offered))
    assert [part for part in words if joined(part) not in text] == []


def test_the_package_tells_type_checkers_of_its_types():
    assert (CORE / "py.typed").exists()
