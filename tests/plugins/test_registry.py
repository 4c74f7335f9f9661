"""The registry: what loads, what the allow-list lets in and what is missing."""

from __future__ import annotations

import sys

import pytest

from mycaffe_py.errors import MissingPluginError
from mycaffe_py.plugins import KINDS, default_registry, load_registry, use_plugins

from ..plugging import BUNDLED, HEAD, broken, installer, layer, refused, schema_layer, writer


@pytest.fixture
def write(tmp_path):
    return writer(tmp_path)


@pytest.fixture
def install(tmp_path, monkeypatch):
    with installer(tmp_path / "installed", monkeypatch) as install:
        yield install


# What loads.


def test_bundled_plugins_come_through_entry_points():
    registry = load_registry(allow="")
    assert {plugin.name for plugin in registry.working() if plugin.bundled} >= BUNDLED
    assert all(plugin.origin == "mycaffe-py (entry point)" for plugin in registry.plugins)
    assert all(plugin.version for plugin in registry.plugins)
    assert registry.broken() == []
    assert all(len(registry.catalog(kind)) for kind in KINDS)


def test_file_plugin(write):
    registry = load_registry([write(schema_layer())])
    assert registry.layers.find("own").__doc__ is None
    assert registry.layers.owner(registry.layers.find("Own")) == "own"
    assert registry.schema.new("LayerParameter", own_param={"n": 3}).own_param.n == 3
    assert not registry.plugins[-1].bundled


def test_module_plugin(install):
    install(layer("Own"), "own_module_plugin", entry="other_group_name")
    registry = load_registry(["own_module_plugin"])
    assert [plugin.name for plugin in registry.plugins if not plugin.bundled] == [
        "other_group_name"
    ]
    assert "Own" in registry.layers


def test_module_that_is_not_installed_as_a_plugin(tmp_path, monkeypatch):
    (tmp_path / "just_a_module_plugin.py").write_text(HEAD + layer("Own"))
    monkeypatch.syspath_prepend(tmp_path)
    assert "Own" in load_registry(["just_a_module_plugin"]).layers
    del sys.modules["just_a_module_plugin"]


def test_same_plugin_twice_counts_once(write, monkeypatch, tmp_path):
    path = write(layer("Own"))
    monkeypatch.chdir(tmp_path)
    registry = load_registry([path, path, "own.py", "./own.py"])
    assert [plugin.name for plugin in registry.plugins if not plugin.bundled] == ["own"]


def test_bundled_plugin_named_once_more_is_the_same():
    registry = load_registry(["mycaffe_plugins.common"], allow="")
    assert sum(plugin.name == "mycaffe_plugins.common" for plugin in registry.plugins) == 1


def test_two_files_of_one_stem_are_both_used(write):
    registry = load_registry([write(layer("One"), "a/own.py"), write(layer("Two"), "b/own.py")])
    assert {"One", "Two"} <= set(registry.layers.types())
    names = [plugin.name for plugin in registry.plugins if not plugin.bundled]
    assert len(set(names)) == 2
    one, two = registry.layers.find("One"), registry.layers.find("Two")
    assert sys.modules[one.__module__].Own is one
    assert sys.modules[two.__module__].Own is two


def test_file_of_the_name_of_an_installed_plugin_is_not_dropped(write, install):
    install(layer("One"), "own")
    registry = load_registry([write(layer("Two"))])
    assert {"One", "Two"} <= set(registry.layers.types())


def test_two_packages_with_one_entry_point_name_are_both_used(install):
    install(layer("One"), "first_own_plugin", entry="own")
    install(layer("Two"), "second_own_plugin", entry="own")
    registry = load_registry()
    assert broken(registry) == {}
    assert {"One", "Two"} <= set(registry.layers.types())


def test_schema_of_a_base_class_comes_with_its_subclass(write):
    body = """
class Base(Layer):
    schema = "message BaseParameter { optional int32 n = 1; } extend LayerParameter { optional BaseParameter base_param = 30001; }"

class A(Base):
    type = "A1"

class B(Base):
    type = "B1"

@hookimpl
def mycaffe_layers():
    return [A, B]
"""  # noqa: E501
    registry = load_registry([write(body)])
    assert registry.schema.new("LayerParameter", base_param={"n": 1}).base_param.n == 1


def test_use_plugins_changes_the_default_registry(write, monkeypatch):
    # Other tests hold on to the default registry: put that very one back.
    monkeypatch.setattr("mycaffe_py.plugins.registry._default", default_registry())
    assert use_plugins(write(layer("Own"))) is default_registry()
    assert "Own" in default_registry().layers
    use_plugins()
    assert "Own" not in default_registry().layers


# The allow-list.


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (None, {"One", "Two"}),
        ("", set()),
        ("one_entry", {"One"}),
        ("Two-Dist, nothing", {"Two"}),
        ("first_allow_plugin,two_dist", {"One", "Two"}),
        ("mycaffe_plugins.gyms", set()),
    ],
)
def test_allow_list_is_for_third_parties_only(install, monkeypatch, allowed, expected):
    install(layer("One"), "first_allow_plugin", entry="one_entry")
    install(layer("Two"), "second_allow_plugin", dist="two_dist")
    if allowed is None:
        monkeypatch.delenv("MYCAFFE_PLUGINS", raising=False)
    else:
        monkeypatch.setenv("MYCAFFE_PLUGINS", allowed)
    registry = load_registry()
    assert {"One", "Two"} & set(registry.layers.types()) == expected
    assert {plugin.name for plugin in registry.plugins} >= BUNDLED


def test_allow_list_does_not_stop_a_plugin_named_on_the_command_line(write, monkeypatch):
    monkeypatch.setenv("MYCAFFE_PLUGINS", "")
    assert "Own" in load_registry([write(layer("Own"))]).layers


# What is missing.


def test_missing_file(write, tmp_path):
    write(layer("Own"), "gate.py")
    error = refused([str(tmp_path / "gaet.py")], MissingPluginError)
    assert error.exit_code == 3
    assert "gaet.py" in error.message
    assert error.hint == 'did you mean "gate.py"?'


@pytest.mark.parametrize("name", ["no_such_module_anywhere", "mycaffe_py.no_such_part", "a.b.c"])
def test_missing_module(name):
    error = refused([name], MissingPluginError)
    assert error.exit_code == 3
    assert f'"{name}" is neither a file nor an importable module' in error.message


def test_folder(tmp_path):
    assert "is a folder" in refused([str(tmp_path)]).message


def test_file_that_is_no_python(tmp_path):
    path = tmp_path / "own.txt"
    path.write_text("x")
    assert "is not a .py file" in refused([str(path)]).message
