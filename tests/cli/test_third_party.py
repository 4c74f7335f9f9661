"""Verbs that installed distributions add."""

from __future__ import annotations

import sys

import click
import pytest
from click.testing import CliRunner

from mycaffe_py.cli import app as app_module, third_party
from mycaffe_py.cli.actions.plugins import plugin_entries
from mycaffe_py.cli.app import app
from mycaffe_py.errors import PluginError
from mycaffe_py.plugins import registry


def distribution(folder, name, *entries, group="mycaffe.commands"):
    place = folder / name
    place.mkdir()
    text = "\n".join([f"[{group}]", *entries, ""])
    (place / "entry_points.txt").write_text(text)


@pytest.mark.parametrize(
    "name", ["gate-1.0.dist-info", "gate.egg-info", "mycaffe_py-0.2.dist-info"]
)
def test_verbs_are_found_by_their_entry_points(tmp_path, name):
    distribution(
        tmp_path, name, "# a comment", "hello = gate.verbs:hello", " bye=gate:bye ", "broken"
    )
    found = third_party.commands_in([str(tmp_path / "gone"), str(tmp_path)])
    assert found == {"hello": "gate.verbs:hello", "bye": "gate:bye"}


def test_other_groups_are_left_alone(tmp_path):
    distribution(tmp_path, "gate-1.0.dist-info", "hello = gate:hello", group="console_scripts")
    assert third_party.commands_in([str(tmp_path)]) == {}


def test_the_first_on_the_path_wins(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        distribution(tmp_path / folder, "gate-1.0.dist-info", f"hello = {folder}:hello")
    places = [str(tmp_path / folder) for folder in ("two", "one")]
    assert third_party.commands_in(places) == {"hello": "two:hello"}


@pytest.mark.parametrize(
    ("allow", "found"),
    [
        (None, {"hello", "own"}), ("", {"own"}), ("other", {"own"}), ("Gate-Plugin", {"hello", "own"}),
        ("gate", {"hello", "own"}), ("x, hello", {"hello", "own"}),
    ],
)  # fmt: skip
def test_the_list_of_allowed_plugins_counts_for_verbs_too(tmp_path, allow, found):
    distribution(tmp_path, "gate_plugin-1.0.dist-info", "hello = gate:hello")
    distribution(tmp_path, "mycaffe_py-1.0.dist-info", "own = mine:own")
    assert set(third_party.commands_in([str(tmp_path)], allow)) == found


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Install verbs given as name -> source of a module whose ``verb`` they are."""

    def install(**sources):
        places = {}
        for name, source in sources.items():
            (tmp_path / f"verb_of_{name}.py").write_text(source)
            places[name] = f"verb_of_{name}:verb"
        monkeypatch.syspath_prepend(str(tmp_path))
        monkeypatch.setattr(app_module, "installed_commands", lambda: places)
        third_party.load_command.cache_clear()

    yield install
    third_party.load_command.cache_clear()
    for name in [name for name in sys.modules if name.startswith("verb_of_")]:
        del sys.modules[name]


HELLO = """
import click

@click.command("hello")
def verb():
    \"\"\"Say hello.\"\"\"
    click.echo("hello")
"""


def run(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_a_verb_is_listed_and_run(installed):
    installed(hello=HELLO)
    assert run("hello").stdout == "hello\n"
    assert "Say hello." in run("--help").stdout
    assert 'did you mean "hello"?' in run("helo").stderr


def test_a_verb_is_imported_only_when_it_is_needed(installed):
    installed(hello=HELLO)
    run("check", "--help")
    assert "verb_of_hello" not in sys.modules
    run("hello")
    assert "verb_of_hello" in sys.modules


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("import nothing_of_this_name", "nothing_of_this_name"),
        ("1 / 0", "ZeroDivisionError"),
        ("raise SystemExit(3)", "SystemExit"),
        ("x = 1", "verb"),
        ("verb = 1", "is not a click command"),
        ("verb = (", "SyntaxError"),
    ],
)
def test_a_broken_verb_breaks_no_other(installed, source, reason):
    installed(hello=HELLO, broken=source)
    help_page = run("--help")
    assert help_page.exit_code == 0 and "Say hello." in help_page.stdout
    assert help_page.stderr.startswith("warning: ") and reason in help_page.stderr
    assert run("hello").stdout == "hello\n" and run("check", "--help").stderr == ""
    asked = run("broken")
    assert asked.exit_code == 2 and "Traceback" not in asked.stderr
    assert asked.stderr.startswith('error[E120]: the verb "broken"') and reason in asked.stderr


def test_a_built_in_verb_is_not_replaced(installed):
    installed(check=HELLO)
    assert run("check", "--help").stdout.startswith("Examples:")
    assert run("--help").stdout.count("\n  check ") == 1


def test_a_place_without_an_attribute_is_refused():
    with pytest.raises(PluginError, match="cannot be loaded"):
        third_party.load_command("x", "click")


def test_our_own_are_installed():
    assert {
        "benchmark",
        "convert-annoset",
        "convert-weights",
        "designer",
        "fold-bn",
        "plot",
        "report",
    } <= third_party.installed_commands().keys()
    for name, place in third_party.installed_commands().items():
        assert isinstance(third_party.load_command(name, place), click.Command)


OF_A_FILE = '''
import click
from mycaffe_py import hookimpl

@click.command("greet")
@click.argument("name", default="you")
def greet(name):
    """Greet somebody."""
    click.echo(f"good day, {name}")

@click.command("listing")
@click.option("--plugin", "plugins", multiple=True)
def listing(plugins):
    click.echo(",".join(plugins))

@hookimpl
def mycaffe_commands():
    return [greet, listing]
'''


@pytest.fixture
def plugin_file(tmp_path, monkeypatch):
    monkeypatch.setattr(registry, "_default", None)
    path = tmp_path / "greeting.py"
    path.write_text(OF_A_FILE)
    return str(path)


@pytest.mark.parametrize(
    ("arguments", "printed"),
    [
        (["greet", "--plugin", "PLUGIN"], "good day, you\n"),
        (["greet", "--plugin=PLUGIN", "Ann"], "good day, Ann\n"),
        (["greet", "Ann", "-plugin", "PLUGIN"], "good day, Ann\n"),
        (["greet", "--plugin", "PLUGIN", "--", "--plugin"], "good day, --plugin\n"),
    ],
)
def test_a_verb_of_a_plugin_file_is_run(plugin_file, arguments, printed):
    result = run(*(argument.replace("PLUGIN", plugin_file) for argument in arguments))
    assert (result.exit_code, result.stdout) == (0, printed), result.stderr


def test_a_verb_with_the_option_gets_it(plugin_file):
    assert run("listing", "--plugin", plugin_file).stdout == f"{plugin_file}\n"


def test_its_help_and_mistakes_in_its_name(plugin_file):
    assert "Greet somebody." in run("greet", "--help", "--plugin", plugin_file).stdout
    result = run("gret", "--plugin", plugin_file)
    assert result.exit_code == 2 and 'did you mean "greet"?' in result.stderr
    result = run("greet")
    assert result.exit_code == 2 and 'unknown verb "greet"' in result.stderr
    assert run("greet", "--plugin", "gone.py").exit_code == 3
    assert run("greet", "--plugin").exit_code == 2


def test_verbs_of_packages_are_listed_and_those_not_in_use_are_named(tmp_path, monkeypatch):
    distribution(tmp_path, "gate_plugin-1.0.dist-info", "hello = gate:hello", "train = gate:train")
    distribution(tmp_path, "other-1.0.dist-info", "hello = other:hello")
    monkeypatch.syspath_prepend(str(tmp_path))
    entries = {entry["name"]: entry for entry in plugin_entries([])}
    assert entries["gate_plugin"]["offers"] == {"commands": ["hello"]}
    assert entries["gate_plugin"]["error"].startswith('the verb "train": there is one of that name')
    assert 'the verb "hello"' in entries["other"]["error"] and not entries["other"]["offers"]
    report = CliRunner().invoke(app, ["doctor"]).output
    assert "plugin     gate_plugin" in report and 'NOT IN USE: the verb "train"' in report
    assert "1 observer" in report and "1 observers" not in report
    assert "10 learning-rate policies" in report
