"""What the package asks of ``xp`` is what CuPy has: names and keywords, by the table of tools/cupy_api.py."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py.testing import strict, strict_array

ROOT = Path(__file__).parent.parent
API = json.loads((Path(__file__).parent / "data" / "cupy_api.json").read_text(encoding="utf-8"))
SOURCES = sorted(
    path
    for folder in ("mycaffe_py", "plugins", "examples")
    for path in (ROOT / folder).rglob("*.py")
)
ONLY_THE_DEVICE = ("random", "cuda")


def names_after_xp(node):
    """Return ["linalg", "norm"] for ``self.xp.linalg.norm``, None for anything else."""
    names = []
    while isinstance(node, ast.Attribute):
        if node.attr == "xp":
            return names[::-1] or None
        names.append(node.attr)
        node = node.value
    return names[::-1] or None if isinstance(node, ast.Name) and node.id == "xp" else None


def entry(names):
    """Return (whether CuPy has it, its keywords or None)."""
    path = ".".join(["xp", *names])
    if any(f"{group}.".startswith(f"{path}.") for group in API):
        return True, None  # a module, or the beginning of its path
    for split in range(len(names) - 1, -1, -1):
        group = API.get(".".join(["xp", *names[:split]]))
        if group is None:
            continue
        name, *method = names[split:]
        if name not in group:
            return False, None
        found = group[name] or {"keywords": None}
        if method and "methods" in found:
            return method[0] in found["methods"], None
        return True, found["keywords"]
    return False, None


def aliases(tree):
    """Yield (name, names after xp) of each ``add, dot = xp.add, xp.dot``."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                pairs = [(target, node.value)]
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    pairs = zip(target.elts, node.value.elts, strict=True)
                for name, value in pairs:
                    if isinstance(name, ast.Name) and (names := names_after_xp(value)):
                        yield name.id, names


def asked(tree):
    """Yield (names after xp, keywords or (), line)."""
    known = dict(aliases(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            names = names_after_xp(node.func)
            if names is None and isinstance(node.func, ast.Name):
                names = known.get(node.func.id)
            if names:
                yield names, [word.arg for word in node.keywords if word.arg], node.lineno
        elif isinstance(node, ast.Attribute) and (names := names_after_xp(node)):
            yield names, [], node.lineno


def mistakes(tree):
    found = []
    for names, keywords, line in asked(tree):
        there, known = entry(names)
        called = ".".join(["xp", *names])
        if not there:
            found.append(f"line {line}: CuPy has no {called}")
        elif known is not None and "*" not in known:
            unknown = sorted(set(keywords) - set(known))
            if unknown:
                found.append(f"line {line}: CuPy's {called} does not take {', '.join(unknown)}")
    return found


@pytest.fixture(scope="module")
def trees():
    """The parsed sources, by their paths."""
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in SOURCES
    }


def test_cupy_has_all_that_is_asked_of_xp(trees):
    assert len(trees) > 100
    assert [f"{path}, {one}" for path, tree in trees.items() for one in mistakes(tree)] == []


def test_numbers_and_waiting_come_from_the_device(trees):
    used = [
        f"{path}, line {line}: xp.{names[0]}"
        for path, tree in trees.items()
        if not path.startswith(("mycaffe_py/device/", "mycaffe_py/cuda/"))
        for names, _, line in asked(tree)
        if names[0] in ONLY_THE_DEVICE
    ]
    assert used == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("self.xp.vecdott(a, b)", "line 1: CuPy has no xp.vecdott"),
        ("xp.add(a, b, where=c)", "line 1: CuPy's xp.add does not take where"),
        ("xp.sum(a, initial=0, axis=1)", "line 1: CuPy's xp.sum does not take initial"),
        ("device.xp.maximum.reduce(a)", "line 1: CuPy has no xp.maximum.reduce"),
        ("xp.multiply.at(a, i, b)", "line 1: CuPy has no xp.multiply.at"),
        ("xp.einsum(s, a, b, out=c)", "line 1: CuPy's xp.einsum does not take out"),
        ("xp.linalg.norm(a, initial=1)", "line 1: CuPy's xp.linalg.norm does not take initial"),
        ("add, exp = xp.add, xp.exp\nexp(a, where=b)", "line 2: CuPy's xp.exp does not take where"),
        ("xp.lib.stride_tricks.as_strided(a, s, t, writeable=False)", "does not take writeable"),
        ("xp.argmax(a, axis=1, keepdims=True)", ""),
        ("self.xp.add.at(a, i, b)", ""),
        ("xp.float32(1) + xp.pi", ""),
        ("as_strided = xp.lib.stride_tricks.as_strided", ""),
        ("xp.libb.stride_tricks", "line 1: CuPy has no xp.libb"),
    ],
)
def test_the_check_itself(line, message):
    found = mistakes(ast.parse(line))
    assert not found if not message else any(message in one for one in found), found


# The strict stand-in offers nothing that CuPy lacks.


def test_the_stand_in_offers_what_cupy_has():
    wrong = []
    for name, keywords in strict.KEYWORDS.items():
        there, known = entry(name.split("."))
        if not there or not set(keywords) <= set(known):
            wrong.append(name)
    assert strict.KEYWORDS and wrong == []


def test_the_stand_in_has_no_more_methods_of_ufuncs():
    for name, methods in strict.UFUNC_METHODS.items():
        assert set(methods) <= set(API["xp"][name]["methods"])


def test_the_arrays_methods_are_cupys():
    # Compiled functions take *args under names of their own.
    wrong = [
        name
        for name, keywords in strict_array.METHODS.items()
        if not set(keywords) <= set(API["ndarray"][name]["keywords"])
    ]
    assert strict_array.METHODS and wrong == []


def test_the_arrays_attributes_are_cupys():
    names = [name for name in vars(strict_array.StrictArray) if not name.startswith("_")]
    assert [name for name in names if name not in API["ndarray"]] == []


def test_constants_are_cupys():
    names = strict.CONSTANTS.split()
    assert [name for name in names if name not in API["xp"] or not hasattr(np, name)] == []
