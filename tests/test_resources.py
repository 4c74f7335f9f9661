"""Shipped files: protos, models and solvers."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import MissingFileError, MyCaffeError
from mycaffe_py.resources import find_resource, resource_names, resource_path


def test_names_and_paths():
    assert "LiquidNetCfc.prototxt" in resource_names("models")
    assert "adamw.prototxt" in resource_names("solvers")
    assert "net.proto" in resource_names("protos")
    for kind in ("models", "solvers", "protos"):
        assert resource_names(kind) == sorted(resource_names(kind))
        assert all(resource_path(kind, name).is_file() for name in resource_names(kind))


def test_a_file_here_comes_before_a_shipped_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shipped = find_resource("models", "LiquidNetCfc.prototxt")
    assert shipped == resource_path("models", "LiquidNetCfc.prototxt")
    (tmp_path / "LiquidNetCfc.prototxt").write_text("x")
    assert find_resource("models", "LiquidNetCfc.prototxt").resolve().parent == tmp_path.resolve()


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("LiquidNetCfk.prototxt", 'did you mean "LiquidNetCfc.prototxt"?'),
        ("here/LiquidNetCfc.prototxt", 'did you mean "LiquidNetCfc.prototxt"?'),
        ("qqq", "shipped models: "),
    ],
)
def test_missing_files(name, hint):
    with pytest.raises(MissingFileError) as caught:
        find_resource("models", name)
    assert caught.value.message == f'model file "{name}" does not exist'
    assert hint in caught.value.hint
    assert caught.value.exit_code == 3
    assert isinstance(caught.value, FileNotFoundError)


def test_missing_shipped_file_and_unknown_kind():
    with pytest.raises(MissingFileError, match="among the shipped solvers"):
        resource_path("solvers", "adam.prototxt")
    with pytest.raises(ValueError, match="unknown kind of resource 'tests'"):
        resource_path("tests")


def test_a_shipped_name_may_do_without_its_suffix():
    assert find_resource("models", "LeNet") == resource_path("models", "LeNet.prototxt")
    assert find_resource("solvers", "lenet") == resource_path("solvers", "lenet.prototxt")


def test_a_shipped_model_says_how_to_make_its_data(tmp_path, monkeypatch):
    from mycaffe_py import TRAIN, Net

    monkeypatch.chdir(tmp_path)
    with pytest.raises(MyCaffeError) as caught:
        Net("LeNet.prototxt", TRAIN)
    assert "to make its data: python examples/digits/make_digits.py" in str(caught.value.render())
