"""The hook mycaffe_templates: what a plugin may return."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import PluginError
from mycaffe_py.plugins import Template, load_registry

from ..plugging import broken, refused, writer


@pytest.fixture
def write(tmp_path):
    (tmp_path / "net.prototxt").write_text('name: "x"\n')
    return writer(tmp_path)


def hook(*templates):
    return f"""
from pathlib import Path
from mycaffe_py.plugins import Template
HERE = Path(__file__).parent

@hookimpl
def mycaffe_templates():
    return [{", ".join(templates)}]
"""


GOOD = 'Template("model", "Mine", HERE / "net.prototxt")'


def test_templates_are_in_the_registry(write):
    path = write(hook(GOOD, 'Template("solver", "Mine", HERE / "net.prototxt", gyms=("Curve",))'))
    registry = load_registry([path])
    assert set(registry.templates) == {("model", "mine"), ("solver", "mine")}
    template, owner = registry.templates["model", "mine"]
    assert (template.name, owner, template.gyms) == ("Mine", "own", None)
    assert "own" not in broken(registry)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (hook('"net.prototxt"'), "a list of Templates, but it contains 'net.prototxt'"),
        (hook('Template("net", "Mine", HERE / "net.prototxt")'), "kind is 'net'"),
        (hook('Template("model", "a/b", HERE / "net.prototxt")'), "its name must be"),
        (hook('Template("model", "", HERE / "net.prototxt")'), "its name must be"),
        (hook('Template("model", "..", HERE / "net.prototxt")'), "its name must be"),
        (hook('Template("model", "Mine", HERE / "no.prototxt")'), "there is no file"),
        (hook('Template("model", "Mine", HERE)'), "there is no file"),
        (hook('Template("model", "Mine", 3)'), "there is no file 3"),
        (hook(GOOD.replace(")", ', gyms="Curve")')), 'gyms is "Curve", not a tuple'),
        (hook(GOOD, GOOD), 'model template "Mine" of plugin "own" clashes with another'),
        (hook(GOOD.replace("Mine", "lenet")), "clashes with a shipped one"),
    ],
)
def test_what_is_refused(write, body, message):
    assert message in refused([write(body)]).message


def test_two_plugins_with_one_name(write):
    body = hook(GOOD.replace("HERE", "HERE.parent"))
    error = refused([write(body, "one/a.py"), write(body, "two/b.py")])
    assert 'template "Mine" of plugin "b" clashes with that of plugin "a"' in error.message


def test_a_template_that_is_not_checked_yet(tmp_path):
    with pytest.raises(PluginError, match="there is no file"):
        Template("model", "Mine", tmp_path / "no.prototxt").check()
