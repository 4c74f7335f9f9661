"""The liquid layers of the conformance table, with kernels: what check_layer asks of a device."""

from __future__ import annotations

import pytest

from mycaffe_py.testing import check_layer

from ..conformance_cases import LAYERS, settings_of

pytestmark = [pytest.mark.shim, pytest.mark.slow]
LIQUID = ("CFC", "CFC_UNIT", "LTC_UNIT")


@pytest.mark.parametrize(
    ("type_name", "case"),
    [
        pytest.param(name, case, id=f"{name}-{number}")
        for name in LIQUID
        for number, case in enumerate(LAYERS[name])
    ],
)
def test_a_liquid_layer(new_gpu, type_name, case, tmp_path):
    _, bottoms, arguments = case
    gpu = new_gpu()
    settings = settings_of(case, tmp_path)
    check_layer(f'name: "layer" type: "{type_name}" {settings}', bottoms, device=gpu, **arguments)
    mixed = "use_mixed" in settings
    if mixed and ("cell_type: LTC" in settings or "backbone_layers: 0" in settings):
        # The cell takes the plain path; filling the gaps of x has a kernel for every cell.
        assert set(gpu.xp.kernels.launches) <= {"fill_gaps", "fill_gaps_backward"}
    else:
        assert gpu.xp.kernels.launches
