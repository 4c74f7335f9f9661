"""Whether Python layers are built, and where their modules are looked for."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from mycaffe_py import Net, get_solver
from mycaffe_py.errors import MyCaffeError, PrototxtError, PythonRefusedError
from mycaffe_py.permission import (
    VARIABLE,
    PythonLayers,
    allowing_python_layers,
    are_refused,
    python_layers,
    refusing_python_layers,
)

LAYER = """
open("executed", "a").close()
import caffe


class Same(caffe.Layer):
    def reshape(self, bottom, top):
        top[0].reshape(*bottom[0].shape)

    def forward(self, bottom, top):
        top[0].data[...] = bottom[0].data
"""
NET = """
layer { name: "in" type: "Input" top: "x" input_param { shape { dim: 2 } } }
layer { name: "py" type: "Python" bottom: "x" top: "y" python_param { module: "%s" layer: "Same" } }
"""


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """A model with modules beside it and in the current folder."""
    before = set(sys.modules), list(sys.meta_path)
    for name in ("work", "model"):
        (tmp_path / name).mkdir()
        (tmp_path / name / f"permitted_{name}.py").write_text(LAYER)
    monkeypatch.chdir(tmp_path / "work")
    yield tmp_path
    sys.meta_path[:] = before[1]
    for name in set(sys.modules) - before[0]:
        if name.startswith(("permitted_", "caffe")):
            del sys.modules[name]


def model(folders, module):
    path = folders / "model" / "net.prototxt"
    path.write_text(NET % module)
    return str(path)


@pytest.mark.parametrize(
    ("value", "allowed"),
    [("1", True), ("true", True), ("yes", True), ("on", True)]
    + [("", False), ("0", False), ("no", False), ("2", False)],
)
def test_the_environment(monkeypatch, value, allowed):
    monkeypatch.setenv(VARIABLE, value)
    assert (python_layers() is PythonLayers.ANYWHERE) == allowed
    with refusing_python_layers():
        assert are_refused() == (not allowed)


def test_a_refusal_and_a_permission_end(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    assert python_layers() is PythonLayers.ON_PATH
    with refusing_python_layers():
        with allowing_python_layers():
            assert python_layers() is PythonLayers.ANYWHERE
        assert are_refused()
    assert python_layers() is PythonLayers.ON_PATH


@pytest.mark.parametrize("layers", PythonLayers)
def test_an_argument_means_the_same_again(layers):
    assert python_layers(layers.as_argument) is layers


@pytest.mark.parametrize("module", ["permitted_work", "permitted_model"])
def test_in_python_modules_come_from_where_python_looks(folders, monkeypatch, module):
    path = model(folders, module)
    place = folders / module.removeprefix("permitted_")
    with pytest.raises(MyCaffeError) as caught:
        Net(path)
    assert f"it is in {place}, where Python itself does not look: write allow_python=True" in str(
        caught.value
    )
    assert not os.path.exists("executed")
    monkeypatch.syspath_prepend(place)
    assert Net(path).blobs["y"].shape == (2,)


@pytest.mark.parametrize("module", ["permitted_work", "permitted_model"])
@pytest.mark.parametrize("by", ["argument", "environment"])
def test_allowed_they_come_from_the_current_folder_and_the_models(folders, monkeypatch, module, by):
    if by == "environment":
        monkeypatch.setenv(VARIABLE, "1")
    net = Net(model(folders, module), allow_python=True if by == "argument" else None)
    assert net.blobs["y"].shape == (2,)
    del sys.modules[module]
    assert net.test_net().layers[1].phase == 1  # which is built of the same model, and no less


def test_a_solver_passes_the_permission_on(folders):
    path = model(folders, "permitted_model")
    settings = {"base_lr": 0.1, "max_iter": 1, "snapshot_after_train": False}
    with pytest.raises(PrototxtError, match="E221"):
        get_solver(net=path, allow_python=False, **settings)
    assert not os.path.exists("executed")
    assert get_solver(net=path, allow_python=True, **settings).net.blobs["y"].shape == (2,)


def test_refused_nothing_is_imported_even_from_sys_path(folders, monkeypatch):
    monkeypatch.syspath_prepend(folders / "model")
    with pytest.raises(PrototxtError) as caught:
        Net(model(folders, "permitted_model"), allow_python=False)
    [problem] = caught.value.problems
    assert (problem.code, problem.layer) == (PythonRefusedError.code, "py")
    assert problem.location.line == 3 and "leave out allow_python=False" in problem.hint
    assert not os.path.exists("executed")


def test_a_script_of_caffe_builds_them_from_its_own_folder(folders):
    (folders / "model" / "script.py").write_text(
        f"import caffe; print(caffe.Net({model(folders, 'permitted_model')!r}, caffe.TEST).blobs['y'].shape)"
    )
    command = [sys.executable, "-m", "mycaffe_py.as_caffe", "../model/script.py"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.stdout == "(2,)\n", done.stderr
