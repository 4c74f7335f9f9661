"""Every bundled layer, filler, learning-rate policy and observer keeps the contract; a type without a case fails."""

from __future__ import annotations

import pytest

from mycaffe_py.plugins import default_registry
from mycaffe_py.testing import check_filler, check_layer, check_lr_policy, check_observer

from . import conformance_cases as cases

REGISTRY = default_registry()
COMPILED = ("CFC", "CFC_UNIT")
"""Layers that have compiled kernels beside the plain code."""
BUNDLED = {plugin.name for plugin in REGISTRY.plugins if plugin.bundled}


def bundled(catalog):
    return [cls.type for cls in catalog.classes() if catalog.owner(cls) in BUNDLED]


def rows(table):
    return [
        pytest.param(type_name, case, id=f"{type_name}-{number}")
        for type_name, listed in table.items()
        for number, case in enumerate(listed)
    ]


def test_all_types_have_cases():
    missing = [
        f"add {type_name} to {name} in tests/conformance_cases.py"
        for name, catalog in (
            ("LAYERS", REGISTRY.layers),
            ("FILLERS", REGISTRY.fillers),
            ("LR_POLICIES", REGISTRY.lr_policies),
            ("OBSERVERS", REGISTRY.observers),
        )
        for type_name in bundled(catalog)
        if not getattr(cases, name).get(type_name)
    ]
    assert len(bundled(REGISTRY.layers)) > 60 and missing == []


@pytest.mark.parametrize(("type_name", "case"), rows(cases.LAYERS))
def test_layer(type_name, case, tmp_path):
    _, bottoms, arguments = case
    settings = cases.settings_of(case, tmp_path)
    check_layer(f'name: "layer" type: "{type_name}" {settings}', bottoms, **arguments)


@pytest.mark.parametrize(
    ("type_name", "case"), rows({name: cases.LAYERS[name] for name in COMPILED})
)
def test_layer_on_compiled_kernels(type_name, case, tmp_path, compiled):
    test_layer(type_name, case, tmp_path)


@pytest.mark.parametrize(("type_name", "case"), rows(cases.FILLERS))
def test_filler(type_name, case):
    settings, shape = case
    check_filler(f'type: "{type_name}" {settings}', shape)


@pytest.mark.parametrize(("type_name", "settings"), rows(cases.LR_POLICIES))
def test_lr_policy(type_name, settings):
    check_lr_policy(f'lr_policy: "{type_name}" {settings}')


@pytest.mark.parametrize(("type_name", "settings"), rows(cases.OBSERVERS))
def test_observer(type_name, settings, tmp_path):
    assert check_observer(f'type: "{type_name}" {settings}', folder=tmp_path)
