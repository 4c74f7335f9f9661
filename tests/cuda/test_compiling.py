"""Every kernel compiles for sm_80, sm_90 and sm_100, keeps all in registers, and needs what the table says."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = [p for folder in ("mycaffe_py", "plugins") for p in (ROOT / folder).rglob("*.cu")]

sys.path.insert(0, str(ROOT))
try:
    nvrtc, table, variants = (
        importlib.import_module(f"tools.cuda_kernels.{name}")
        for name in ("nvrtc", "table", "variants")
    )
finally:
    sys.path.remove(str(ROOT))

VARIANTS = list(variants.variants())
RECORDED = json.loads(table.TABLE.read_text(encoding="utf-8"))


def case(variant):
    return pytest.param(variant, id=variant.name, marks=[] if variant.quick else [pytest.mark.slow])


@pytest.mark.nvrtc
@pytest.mark.parametrize("variant", [case(variant) for variant in VARIANTS])
def test_a_variant(variant):
    found = table.row_of(variant)
    assert "spilled" not in found
    if nvrtc.version() == RECORDED["nvrtc"]:  # another release allots registers otherwise
        assert found == RECORDED["rows"][variant.name]
    else:
        expected = RECORDED["rows"][variant.name]
        assert {name: value for name, value in found.items() if name != "registers"} == {
            name: value for name, value in expected.items() if name != "registers"
        }


def test_the_table_has_every_variant():
    names = [variant.name for variant in VARIANTS]
    assert list(RECORDED["rows"]) == names and len(set(names)) == len(names)
    assert {variant.architecture for variant in VARIANTS} == {80, 90, 100}
    assert {variant.source for variant in VARIANTS} == set(SOURCES)
    assert [name for name, row in RECORDED["rows"].items() if "spilled" in row] == []


@pytest.mark.nvrtc
def test_mistakes_and_spills_would_be_noticed():
    with pytest.raises(nvrtc.CompileError, match="identifier .mistake. is undefined"):
        nvrtc.compile_source("int a = mistake;", (), 90)
    spilling = """extern "C" __device__ int sizes[] = {258, 0, 3};
    extern "C" __global__ void __launch_bounds__(1024) kernel(float* x) {
        float v[200];
        #pragma unroll
        for (int i = 0; i < 200; ++i) v[i] = x[i * 7 + threadIdx.x];
        __syncthreads();
        #pragma unroll
        for (int i = 0; i < 200; ++i) x[i * threadIdx.x] = v[199 - i] * v[i];
    }"""
    compiled = nvrtc.compile_source(spilling, (), 90)
    assert compiled.kernels["kernel"].spill_stores > 0
    assert compiled.integers == {"sizes": [258, 0, 3]}
