from __future__ import annotations

import pytest

from mycaffe_py.builder import add_observers, build_observers, check_files, check_observers
from mycaffe_py.errors import ConfigError, PrototxtError, UnknownTypeError
from mycaffe_py.plugins import load_registry
from mycaffe_py.schema import Document

PLUGIN = '''
from mycaffe_py import Observer, hookimpl
from mycaffe_py.errors import ConfigError

class Own(Observer):
    """An observer with several kinds of settings."""

    type = "Own"
    aliases = ("Mine",)
    schema = """
      message OwnParameter {
        optional string text = 1; repeated int32 numbers = 2; optional OwnParameter inner = 3;
      }
      extend ObserverParameter {
        optional OwnParameter own_param = 300001;
        optional int32 level = 300002;
      }
    """

    @classmethod
    def check(cls, param):
        if param.own_param.text == "bad":
            raise ConfigError("text is bad", field="own_param.text")
        if param.own_param.text == "bug":
            raise ZeroDivisionError("oh")

class Bare(Observer):
    """An observer without settings."""

    type = "Bare"

@hookimpl
def mycaffe_observers():
    return [Own, Bare]
'''


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    path = tmp_path_factory.mktemp("plugin") / "own.py"
    path.write_text(PLUGIN)
    return load_registry([str(path)])


def document_of(registry, text=""):
    return registry.schema.parse_text(text, "SolverParameter")


@pytest.mark.parametrize(
    ("spec", "text"),
    [
        ("own", ""),
        ("OWN:level=3", "level: 3"),
        ("mine:text=a", 'own_param { text: "a" }'),
        ("own:own_param.text=a", 'own_param { text: "a" }'),
        ("own:text=a b,level=2", 'own_param { text: "a b" } level: 2'),
        ("own:numbers=1,2,3,text=x", 'own_param { numbers: [1, 2, 3] text: "x" }'),
        ("own:inner.text=http://host:80/a?b", 'own_param { inner { text: "http://host:80/a?b" } }'),
        ("own: text = a ", 'own_param { text: "a" }'),
    ],
)
def test_settings_become_fields(own, spec, text):
    document = document_of(own)
    add_observers(document, [spec], own)
    (param,) = document.message.observer
    assert param == own.schema.parse_text(f'type: "Own" {text}', "ObserverParameter").message


@pytest.mark.parametrize(
    ("spec", "error", "words"),
    [
        ("nobody", UnknownTypeError, 'unknown observer type "nobody"'),
        ("own:texd=a", ConfigError, 'no field "texd"'),
        ("own:level=x", ConfigError, "not a whole number"),
        ("own:text=bad", ConfigError, "text is bad"),
        ("own:inner=1", ConfigError, "is a message"),
        ("own:=1", ConfigError, "is not KEY=VALUE"),
        ("bare:a=1", ConfigError, 'observer "Bare" has no setting "a"'),
    ],
)
def test_mistakes_of_the_option_name_it(own, spec, error, words):
    with pytest.raises(error) as caught:
        add_observers(document_of(own), [spec], own)
    assert caught.value.message.startswith(f"--observe {spec}: ") and words in str(caught.value)


def test_the_option_changes_what_the_file_has(own):
    document = document_of(own, 'observer { type: "mine" level: 1 own_param { text: "a" } }')
    add_observers(document, ["own:level=2", "bare", "own:numbers=5"], own)
    first, second = document.message.observer
    assert (first.level, first.own_param.text, list(first.own_param.numbers)) == (2, "a", [5])
    assert [type(one).__name__ for one in build_observers(document, own)] == ["Own", "Bare"]


@pytest.mark.parametrize(
    ("text", "words", "column"),
    [
        ('observer { type: "owm" }', 'did you mean "Own"', 18),
        ("observer { level: 1 }", "type is missing", 1),
        ('observer { type: "Own" own_param { text: "bad" } }', "text is bad", 42),
        ('observer { type: "Own" } observer { type: "Mine" }', "given twice", 43),
    ],
)
def test_mistakes_of_the_file_are_located(own, text, words, column):
    with pytest.raises(PrototxtError) as caught:
        check_observers(document_of(own, text), own)
    (problem,) = caught.value.problems
    assert words in problem.render() and problem.location.column == column


def test_the_mistakes_of_the_file_come_before_those_of_the_option(own):
    document = document_of(own, 'observer { type: "Own" own_param { text: "bad" } }')
    with pytest.raises(PrototxtError):
        add_observers(document, ["own:level=1"], own)


def test_a_bug_in_an_observer_is_the_plugins(own):
    document = document_of(own, 'observer { type: "Own" own_param { text: "bug" } }')
    with pytest.raises(PrototxtError, match='E120.*observer "Own" .*ZeroDivisionError: oh'):
        build_observers(document, own)


def test_the_verb_check_sees_observers(registry, tmp_path):
    path = tmp_path / "solver.prototxt"
    path.write_text('base_lr: 0.1\nlr_policy: "fixed"\nobserver { type: "tensorboad" }\n')
    (problem,) = check_files([path], registry)
    assert (problem.location.line, problem.code) == (3, "E201")


def test_a_document_without_text(own):
    document = Document(own.schema.new("SolverParameter", observer=[{"type": "Own"}] * 2))
    with pytest.raises(ConfigError, match="given twice"):
        check_observers(document, own)
