"""The rules of ``docs/architecture.md`` that a program can check."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from mycaffe_py import errors
from mycaffe_py.plugins import HOOKS

ROOT = Path(__file__).parents[1]
CORE = ROOT / "mycaffe_py"
PLUGINS = ROOT / "plugins"
CORE_FILES = sorted(CORE.rglob("*.py"))
PLUGIN_FILES = sorted(PLUGINS.rglob("*.py"))
SOURCES = CORE_FILES + PLUGIN_FILES
PLUGIN_PACKAGES = sorted(path.parent.name for path in PLUGINS.glob("*/__init__.py"))

# A module of mycaffe_py imports from its own row and from the rows above it. A folder stands for all in it.
LAYERS = [
    "version errors events hookspecs functions denormals blas resources catalog field_path as_written as_caffe "
    "figures memory progress_log resizing",
    "seeding blobproto lr_policy schema transformer",
    "device stores",
    "blob fused host_blob",
    "layer layer_settings loss_layer solver_settings filler forecast gym net_state parameters splits debug_info "
    "segments type_fields",
    "net_wiring net_views net_calls",
    "net_builder weights",
    "net",
    "before_test",
    "solver",
    "trainer",
    "discovery overrides custom_trainer",
    "plugins",
    "builder partial_net trainer_building proto net_spec_values net_spec io",
    "pycaffe pycaffe_solvers image_net",
    "classifier coord_map detector drawing",
    "draw",
    "checking testing",
    "run",
    "designer",
    "cli __main__",
]
LEVEL = {name: level for level, row in enumerate(LAYERS) for name in row.split()}

# Upward imports inside functions: (module, what it imports): why.
EXEMPT = {
    ("net", "plugins"): "a net made without a registry takes the default one",
}

# What plugins may import.
PUBLIC = {
    name
    for row in (
        "as_caffe blas blob blobproto builder device errors events filler forecast functions fused gym hookspecs",
        "host_blob layer layer_settings loss_layer net schema seeding solver stores trainer",
    )
    for name in row.split()
}

MOST_LINES, MOST_FUNCTION_LINES = 400, 60


def module_of(path, top):
    parts = path.relative_to(top).with_suffix("").parts
    return parts[:-1] if parts[-1] == "__init__" else parts


def imported(path, top):
    """Yield (module as a tuple of names, whether it is under TYPE_CHECKING, whether in a function)."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    package = module_of(path, top)
    package = package if path.name == "__init__.py" else package[:-1]
    yield from _imports(tree, package, False, False)


def _imports(node, package, typing, inside):
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield tuple(alias.name.split(".")), typing, inside
        elif isinstance(child, ast.ImportFrom):
            base = package[: len(package) - child.level + 1] if child.level else ()
            base += tuple(child.module.split(".")) if child.module else ()
            for alias in child.names:
                yield (*base, alias.name), typing, inside
        else:
            checking = isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)
            function = isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            yield from _imports(child, package, typing or checking, inside or function)


def shown(path):
    return path.relative_to(ROOT).as_posix()


# Who imports whom.


@pytest.mark.parametrize("path", CORE_FILES, ids=shown)
def test_the_core_imports_no_plugin(path):
    assert not {names[0] for names, *_ in imported(path, ROOT)} & set(PLUGIN_PACKAGES)


@pytest.mark.parametrize("path", PLUGIN_FILES, ids=shown)
def test_plugins_import_the_public_core_and_themselves(path):
    own = path.relative_to(PLUGINS).parts[0]
    for names, *_ in imported(path, PLUGINS):
        if names[0] in PLUGIN_PACKAGES:
            assert names[0] == own
        elif names[:1] == ("mycaffe_py",):
            is_module = (CORE / f"{names[1]}.py").exists() or (CORE / names[1]).is_dir()
            assert not is_module or names[1] in PUBLIC, f"mycaffe_py.{names[1]} is not for plugins"
            assert not any(part.startswith("_") and not part.startswith("__") for part in names[1:])


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_cupy_is_imported_in_device_only(path):
    top = ROOT if CORE in path.parents else PLUGINS
    if any(names[0] == "cupy" for names, *_ in imported(path, top)):
        assert shown(path) == "mycaffe_py/device.py"


@pytest.mark.parametrize("path", CORE_FILES, ids=shown)
def test_imports_go_one_way(path):
    module = module_of(path, ROOT)[1:]
    if not module:
        return  # the public names, each imported when it is first used
    name = module[0]
    assert name in LEVEL, f"add {name} to LAYERS in tests/test_architecture.py"
    for names, typing, inside in imported(path, ROOT):
        if names[0] != "mycaffe_py" or typing:
            continue
        target = names[1]
        if target not in LEVEL and not (CORE / f"{target}.py").exists():
            continue  # a name of mycaffe_py/__init__.py itself
        assert target in LEVEL, f"add {target} to LAYERS in tests/test_architecture.py"
        if not (inside and (name, target) in EXEMPT):
            assert LEVEL[target] <= LEVEL[name], f"{name} must not import {target}"


def test_exempt_imports_still_exist():
    found = {
        (module_of(path, ROOT)[1], names[1])
        for path in CORE_FILES
        if len(module_of(path, ROOT)) > 1
        for names, _, inside in imported(path, ROOT)
        if inside and names[0] == "mycaffe_py"
    }
    assert set(EXEMPT) <= found


# The size of files and functions.


@pytest.mark.parametrize("path", SOURCES, ids=shown)
def test_files_and_functions_are_short(path):
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= MOST_LINES
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            lines = node.end_lineno - node.lineno + 1
            assert lines <= MOST_FUNCTION_LINES, f"{node.name}() has {lines} lines"


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
        ".".join(path.parent.relative_to(PLUGINS).parts) for path in PLUGINS.rglob("__init__.py")
    }
    assert set(listed) == core | shares | inner
    assert len(listed) == len(set(listed))


def test_every_package_has_its_folder(project):
    folders = project["tool"]["setuptools"]["package-dir"]
    assert all((ROOT / folder).is_dir() for folder in folders.values())
    assert {name: folders[name] for name in PLUGIN_PACKAGES} == {
        name: f"plugins/{name}" for name in PLUGIN_PACKAGES
    }


def test_every_plugin_has_an_entry_point(project):
    entries = project["project"]["entry-points"]["mycaffe"]
    assert sorted(entries.values()) == PLUGIN_PACKAGES
    assert set(entries) == {name.removeprefix("mycaffe_") for name in PLUGIN_PACKAGES}


def test_code_folders_without_init_do_not_exist():
    for path in SOURCES:
        assert (path.parent / "__init__.py").exists(), f"{shown(path)} is in no package"


# The documentation.


def documentation():
    return "\n".join(
        path.read_text(encoding="utf-8") for path in sorted((ROOT / "docs").glob("*.md"))
    )


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_is_documented(hook):
    text = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    assert f"`{hook}`" in text


def test_the_layer_of_the_documentation_is_the_one_of_the_example():
    text = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")

    def code(source):
        tree = ast.parse(source)
        for node in ast.walk(tree):
            body = getattr(node, "body", None)
            if isinstance(body, list) and body and isinstance(node, ast.Module | ast.FunctionDef):
                first = body[0]
                if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant):
                    del body[0]
        return {ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}

    shown_there = code(re.search(r"```python\n(.*?class Gate.*?)```", text, re.S)[1])
    example = (ROOT / "examples" / "plugins" / "gate.py").read_text(encoding="utf-8")
    assert shown_there == code(example)


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
