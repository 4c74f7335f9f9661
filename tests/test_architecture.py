"""The rules of ``docs/architecture.md`` that a program can check; each rule is one test that names every offender."""

from __future__ import annotations

import ast
import importlib
import os
import re
from functools import cache
from pathlib import Path

import pytest

import mycaffe_py
from mycaffe_py import aliases, errors
from mycaffe_py.plugins import HOOKS, KINDS, default_registry

ROOT = Path(__file__).parents[1]
CORE = ROOT / "mycaffe_py"
PLUGINS = ROOT / "plugins"
CORE_FILES = sorted(CORE.rglob("*.py"))
PLUGIN_FILES = sorted((PLUGINS / "mycaffe_plugins").rglob("*.py"))
SOURCES = CORE_FILES + PLUGIN_FILES
BUNDLED = sorted(path.parent.name for path in PLUGINS.glob("mycaffe_plugins/*/__init__.py"))
FORMER_PLUGINS = sorted(aliases._MOVED_PLUGINS)

PAGE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
ROOMS = re.findall(r"^\| `(\w+)(?:/|\.py)` \|", PAGE, re.M)

# The rooms whose faces plugins may import from.
PUBLIC = {
    *("as_caffe", "blob", "builder", "compiled", "cuda", "device", "drawing", "errors", "events", "forecast"),
    *("functions", "cli", "gym", "layer", "lazy", "net", "plugins", "projects", "run", "schema", "seeding", "solver"),
    *("permission", "plugin_code", "reading", "spreadsheets", "stored", "stores", "tables", "trainer", "visible"),
    *("weights", "wording", "written_files"),
}  # fmt: skip

# Plugins that build on the faces of other plugins.
BUILT_ON = {"forks": {"common", "data", "vision"}}

MAX_LINES, MAX_P90_LINES, MAX_FUNCTION_LINES = 400, 200, 60


def shown(path):
    return path.relative_to(ROOT).as_posix()


def top_of(path):
    return ROOT if CORE in path.parents else PLUGINS


def module_of(path):
    parts = path.relative_to(top_of(path)).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


MODULES = {module_of(path): path for path in SOURCES}


@cache
def tree_of(path):
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def imported(path):
    """Return what a file imports, wherever in it, as tuples of names: module and, where one is given, the name."""
    module = module_of(path)
    package = module if path.name == "__init__.py" else module[:-1]
    found = []
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            found += [tuple(alias.name.split(".")) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else ()
            base += tuple(node.module.split(".")) if node.module else ()
            found += [(*base, alias.name) for alias in node.names]
    return found


def module_in(names):
    """Return the module of ours that an import leads to, or None."""
    return next((names[:n] for n in range(len(names), 0, -1) if names[:n] in MODULES), None)


# Who imports whom.


def test_the_core_imports_no_plugin():
    assert [
        shown(path)
        for path in CORE_FILES
        if {names[0] for names in imported(path)} & {"mycaffe_plugins", *FORMER_PLUGINS}
    ] == []


def test_every_room_is_in_the_table():
    rooms = {path.relative_to(CORE).parts[0].removesuffix(".py") for path in CORE_FILES}
    assert set(ROOMS) == rooms - {"__init__"} and len(ROOMS) == len(set(ROOMS))


def test_rooms_import_only_earlier_rooms():
    offenders = []
    for path in CORE_FILES:
        room = path.relative_to(CORE).parts[0].removesuffix(".py")
        if room == "__init__":
            continue  # the public names, each imported when it is first used
        for names in imported(path):
            target = module_in(names)
            if target is None or target == ("mycaffe_py",):
                continue
            if ROOMS.index(target[1]) > ROOMS.index(room):
                offenders.append(f"{shown(path)} imports {'.'.join(target)}")
    assert offenders == []


def test_no_files_import_each_other_in_a_circle():
    graph = {
        module: {target for names in imported(path) if (target := module_in(names))} - {module}
        for module, path in MODULES.items()
        if path.name != "__init__.py"
    }
    while graph:
        leaves = {module for module, targets in graph.items() if not targets & graph.keys()}
        assert leaves, f"among these files is a circle: {sorted('.'.join(m) for m in graph)}"
        graph = {module: targets for module, targets in graph.items() if module not in leaves}


def test_plugins_import_the_faces_of_the_core_and_themselves():
    offenders = []
    for path in PLUGIN_FILES:
        own = module_of(path)[:2]
        for names in imported(path):
            target = module_in(names)
            if names[0] in ("mycaffe_plugins", *FORMER_PLUGINS):
                good = names[:2] == own or (own[1] in BUILT_ON and names[1] in BUILT_ON[own[1]])
                good = good and (names[:2] == own or len(names) <= 3)
            elif names[0] == "mycaffe_py":
                hidden = any(name.startswith("_") and name[:2] != "__" for name in names[1:])
                public = names[1] in (mycaffe_py.__all__ if target == ("mycaffe_py",) else PUBLIC)
                good = public and len(names) <= 3 and not hidden
            else:
                good = True
            if not good:
                offenders.append(f"{shown(path)} imports {'.'.join(names)}")
    assert offenders == []


def test_every_class_of_a_plugin_is_registered(monkeypatch):
    """A class with a type of its own that no hook returns is a file that somebody forgot."""
    monkeypatch.setattr(os, "environ", dict(os.environ))  # which benchmark/one_thread.py changes
    registry = default_registry()
    offered = {cls for kind in KINDS for cls in registry.catalog(kind).classes()}
    forgotten = []
    for path in PLUGIN_FILES:
        if ("torch",) in imported(path):
            continue  # not always installed, and there is no type of ours
        module = importlib.import_module(".".join(module_of(path)))
        for value in vars(module).values():
            own = isinstance(value, type) and value.__module__ == module.__name__
            typed = own and hasattr(value, "kind") and value.__dict__.get("type")
            if typed and value not in offered:
                forgotten.append(f"{shown(path)}: {value.__name__}")
    assert forgotten == []


def test_cupy_is_imported_in_device_only():
    importers = [path for path in SOURCES if any(names[0] == "cupy" for names in imported(path))]
    assert list(map(shown, importers)) == ["mycaffe_py/device/device.py"]


def test_what_a_verb_does_is_in_a_file_of_the_same_name():
    folders = [
        sorted(path.name for path in (CORE / "cli" / name).glob("*.py"))
        for name in ("commands", "actions")
    ]
    assert folders[0] == folders[1]


def lazy_faces():
    return [p for p in CORE.rglob("__init__.py") if "lazy_names(" in p.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", lazy_faces(), ids=shown)
def test_a_face_tells_editors_what_it_offers(path):
    """The names imported under TYPE_CHECKING are those that are loaded when first used."""
    typed, offered = set(), set()
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.If):
            imports = [n for n in node.body if isinstance(n, ast.ImportFrom)]
            typed |= {alias.asname or alias.name for n in imports for alias in n.names}
        elif isinstance(node, ast.Call) and getattr(node.func, "id", "") == "lazy_names":
            words = [ast.literal_eval(keyword.value) for keyword in node.keywords]
            offered |= {word.rpartition(".")[2] for text in words for word in text.split()}
    assert typed == offered != set()


# The size of files and functions.


def lines_of(path):
    return len(path.read_text(encoding="utf-8").splitlines())


def test_files_are_short():
    assert [shown(path) for path in SOURCES if lines_of(path) > MAX_LINES] == []
    sizes = sorted(map(lines_of, CORE_FILES))
    assert sizes[int(0.9 * len(sizes))] <= MAX_P90_LINES


def test_functions_are_short():
    functions = [
        (shown(path), node.name, node.end_lineno - node.lineno + 1)
        for path in SOURCES
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [one for one in functions if one[2] > MAX_FUNCTION_LINES] == []


# What pyproject.toml lists by hand.


@pytest.fixture(scope="module")
def project():
    from setuptools.config.pyprojecttoml import load_file

    return load_file(ROOT / "pyproject.toml")


def test_every_package_is_listed(project):
    core = {
        ".".join(path.parent.relative_to(ROOT).parts)
        for path in CORE.rglob("__init__.py")
        if "share" not in path.parts
    }
    shares = {f"mycaffe_py.share.{name}" for name in ("models", "protos", "solvers")}
    listed = project["tool"]["setuptools"]["packages"]
    inner = {
        ".".join(path.parent.relative_to(PLUGINS).parts)
        for path in PLUGIN_FILES
        if path.name == "__init__.py"
    }
    assert set(listed) == core | shares | inner | set(FORMER_PLUGINS)
    assert len(listed) == len(set(listed))


def test_every_package_has_its_folder(project):
    folders = project["tool"]["setuptools"]["package-dir"]
    assert all((ROOT / folder).is_dir() for folder in folders.values())
    assert folders["mycaffe_plugins"] == "plugins/mycaffe_plugins"


def test_former_names_lead_to_the_plugins_of_today(project):
    folders = project["tool"]["setuptools"]["package-dir"]
    assert [
        name for name, folder in folders.items() if folder == "plugins/former"
    ] == FORMER_PLUGINS
    for name in FORMER_PLUGINS:
        home = name.replace("mycaffe_", "mycaffe_plugins.")
        assert importlib.import_module(name) is importlib.import_module(home)


def test_every_plugin_has_an_entry_point(project):
    entries = project["project"]["entry-points"]["mycaffe"]
    assert entries == {name: f"mycaffe_plugins.{name}" for name in BUNDLED}


def test_code_folders_without_init_do_not_exist():
    assert [shown(path) for path in SOURCES if not (path.parent / "__init__.py").exists()] == []


# The documentation.


def documentation():
    return "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").rglob("*.md"))
    )


def test_every_hook_is_documented():
    text = (ROOT / "docs" / "plugins" / "index.md").read_text(encoding="utf-8")
    assert [hook for hook in HOOKS if f"`{hook}`" not in text] == []


def test_every_bundled_plugin_is_in_the_architecture():
    assert sorted(re.findall(r"^\| `mycaffe_plugins\.(\w+)` \|", PAGE, re.M)) == BUNDLED


def exit_codes():
    return {value for name, value in vars(errors).items() if name.startswith("EXIT_")}


def test_exit_codes_are_documented():
    rows = {int(code) for code in re.findall(r"^\|\s*`?(\d+)`?\s*\|", documentation(), re.M)}
    assert exit_codes() <= rows


def test_every_error_class_has_a_documented_exit_code():
    classes = [
        value
        for value in vars(errors).values()
        if isinstance(value, type) and issubclass(value, errors.MyCaffeError)
    ]
    assert {cls.exit_code for cls in classes} <= exit_codes()
    assert len({cls.code for cls in classes}) == len(classes)


def test_verbs_print_by_functions_that_escape():
    """``echo``, ``say`` and the like show control characters of names as escapes; click and print do not."""
    allowed = {CORE / "cli" / "failures.py", PLUGINS / "mycaffe_plugins" / "designer" / "desk.py"}
    printing = re.compile(r"\bclick\.s?echo\(|(?<![\w.])(?<!def )print\(")
    rooms = (CORE / "cli", PLUGINS)
    found = [
        shown(path)
        for path in SOURCES
        if path not in allowed and any(room in path.parents for room in rooms)
        if printing.search(path.read_text(encoding="utf-8"))
    ]
    assert found == []
