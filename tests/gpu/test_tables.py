"""Every layer and solver of the tables on a GPU; the strict device has them in every run."""

from __future__ import annotations

import pytest

from mycaffe_py.device import open_device
from mycaffe_py.testing import check_layer, check_solver

from ..conformance_cases import LAYERS, settings_of
from ..plugins.solvers.test_every_solver import CASES as SOLVERS

pytestmark = pytest.mark.gpu


@pytest.mark.parametrize(
    ("type_name", "case"), [(name, case) for name, cases in LAYERS.items() for case in cases]
)
def test_every_layer_gives_the_same_as_on_the_cpu(type_name, case, tmp_path):
    _, bottoms, arguments = case
    settings = settings_of(case, tmp_path)
    device = open_device("gpu:0", seed=7)
    check_layer(
        f'name: "layer" type: "{type_name}" {settings}', bottoms, device=device, **arguments
    )


@pytest.mark.parametrize(
    ("type_name", "settings"), [(name, case) for name, cases in SOLVERS.items() for case in cases]
)
def test_every_solver_gives_the_same_as_on_the_cpu(type_name, settings):
    check_solver(f'type: "{type_name}" {settings}', device=open_device("gpu:0", seed=7))
