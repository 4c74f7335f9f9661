"""Every bundled layer and filler keeps the contract; a type without a case fails."""

from __future__ import annotations

import pytest

from mycaffe_py.plugins import default_registry
from mycaffe_py.testing import check_filler, check_layer

from . import conformance_cases as cases

REGISTRY = default_registry()
BUNDLED = {plugin.name for plugin in REGISTRY.plugins if plugin.bundled}


def bundled(catalog):
    return [cls.type for cls in catalog.classes() if catalog.owner(cls) in BUNDLED]


def rows(table):
    return [
        pytest.param(type_name, case, id=f"{type_name}-{number}")
        for type_name, listed in table.items()
        for number, case in enumerate(listed)
    ]


def test_all_layers_and_fillers_have_cases():
    missing = [
        f"add {type_name} to {name} in tests/conformance_cases.py"
        for name, catalog in (("LAYERS", REGISTRY.layers), ("FILLERS", REGISTRY.fillers))
        for type_name in bundled(catalog)
        if not getattr(cases, name).get(type_name)
    ]
    assert len(bundled(REGISTRY.layers)) > 60 and missing == []


@pytest.mark.parametrize(("type_name", "case"), rows(cases.LAYERS))
def test_layer(type_name, case, tmp_path):
    _, bottoms, arguments = case
    settings = cases.settings_of(case, tmp_path)
    check_layer(f'name: "layer" type: "{type_name}" {settings}', bottoms, **arguments)


@pytest.mark.parametrize(("type_name", "case"), rows(cases.FILLERS))
def test_filler(type_name, case):
    settings, shape = case
    check_filler(f'type: "{type_name}" {settings}', shape)
