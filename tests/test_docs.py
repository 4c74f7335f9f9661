"""docs/commands.md holds every verb, option, exit code and error code; docs/api every public name."""

from __future__ import annotations

import importlib
import pkgutil
import re
from pathlib import Path
from types import ModuleType

import pytest

import mycaffe_py
from mycaffe_py import errors
from mycaffe_py.cli.app import app

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")

VERBS = app.list_commands(None)

API = [
    name
    for path in sorted((ROOT / "docs" / "api").glob("*.md"))
    for name in re.findall(r"^::: (\S+)$", path.read_text(encoding="utf-8"), flags=re.M)
]


def options_of(verb):
    command = app.get_command(None, verb)
    commands = [command, *getattr(command, "commands", {}).values()]
    return [n for one in commands for p in one.params for n in p.opts if n.startswith("-")]


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_and_option_is_there(verb):
    assert re.search(rf"^\| `{verb}[` ]", TEXT, flags=re.M), (
        f"docs/commands.md has no row for {verb}"
    )
    missing = [name for name in options_of(verb) if not re.search(rf"`{name}[` ]", TEXT)]
    assert missing == []


def test_no_option_is_made_up():
    known = {name for verb in VERBS for name in options_of(verb)}
    known |= {"-h", "--help", "--debug", "--version", "-solver", "--run_dir"}
    assert set(re.findall(r"`(?:mycaffe )?(--?[a-z][\w-]*)", TEXT)) <= known


def test_every_exit_code_is_there():
    codes = {value for name, value in vars(errors).items() if name.startswith("EXIT_")}
    table = TEXT.split("## Exit codes")[1].split("##")[0]
    assert {int(code) for code in re.findall(r"^\| (\d+) \|", table, flags=re.M)} == codes


def test_every_error_code_is_there():
    codes = {
        cls.code
        for cls in vars(errors).values()
        if isinstance(cls, type) and issubclass(cls, errors.MyCaffeError)
    }
    assert [code for code in sorted(codes) if not re.search(rf"\b{code}\b", TEXT)] == []


@pytest.mark.parametrize("variable", ["MYCAFFE_PLUGINS", "NO_COLOR"])
def test_the_environment_variables_are_there(variable):
    assert f"| `{variable}`" in TEXT


def test_every_public_name_is_in_the_reference():
    phases = {"TRAIN", "TEST"}  # described in words
    missing = {f"mycaffe_py.{name}" for name in set(mycaffe_py.__all__) - phases} - set(API)
    assert missing == {"mycaffe_py.__version__"}


# What the faces of these rooms offer is for users; the rest of what they offer serves other rooms.
FOR_USERS = (
    "drawing",
    "functions",
    "net",
    "plugins",
    "projects",
    "run",
    "series",
    "solver",
    "testing",
)
FOR_ROOMS = {
    "drawing": {"Ranked", "belongs", "layer_group", "order_ranks"},
    "plugins": {"LAYER_GROUPS", "first_sentence", "hookspec", "layer_group", "plain_doc", "singular"},
    "projects": {"Listed", "full_path", "offered_lines", "preview", "project_card"},
    "run": {"Changes", "folder_name", "png_bytes", "recorded_path", "row_of", "run_id"},
    "solver": {"mean_outputs", "with_outputs"},
}  # fmt: skip


@pytest.mark.parametrize("room", FOR_USERS)
def test_what_a_room_offers_is_in_the_reference(room):
    module = importlib.import_module(f"mycaffe_py.{room}")
    described = [_named(name) for name in API]
    names = set(getattr(module, "__all__", ())) - FOR_ROOMS.get(room, set())
    missing = [name for name in names if not _is_one_of(getattr(module, name), described)]
    assert sorted(missing) == []


def _named(name):
    """Return what a name stands for; a function before the module of the same name."""
    try:
        return pkgutil.resolve_name(":".join(name.rsplit(".", 1)))
    except AttributeError:
        return pkgutil.resolve_name(name)


def _is_one_of(value, described):
    return not (callable(value) or isinstance(value, ModuleType)) or any(
        value is one for one in described
    )


@pytest.mark.parametrize("name", API)
def test_the_reference_names_what_exists(name):
    assert pkgutil.resolve_name(name) is not None
