"""Layers against values that other libraries gave; ``tools/expected`` makes the files."""

from __future__ import annotations

import re

import numpy as np
import pytest

from mycaffe_py.blob import Blob
from mycaffe_py.device import Device
from mycaffe_py.layer import TEST, TRAIN, LayerContext
from mycaffe_py.plugins import default_registry

from .conftest import DATA

TOLERANCE = {"float64": 1e-10, "float32": 2e-5}


def load():
    cases = {}
    for path in sorted((DATA / "expected").glob("*.npz")):
        with np.load(path) as stored:
            for key in stored.files:
                name, _, part = key.partition("/")
                cases.setdefault(f"{path.stem}-{name}", {})[part] = stored[key]
    return cases


CASES = load()


def arrays(case, part):
    """Return {index: array} of one part of a case."""
    found = {re.fullmatch(rf"{part}(\d+)", key): value for key, value in case.items()}
    return {int(match[1]): value for match, value in found.items() if match}


def build(case, dtype):
    registry = default_registry()
    param = registry.schema.parse_text(str(case["settings"]), "LayerParameter").message
    param.name = param.name or "it"
    phase = {"TRAIN": TRAIN, "TEST": TEST}[str(case["phase"])]
    device = Device()
    bottom = []
    for index, values in sorted(arrays(case, "bottom").items()):
        blob = Blob(values.shape, device=device, dtype=dtype, name=f"bottom{index}")
        blob.data[...] = values
        bottom.append(blob)
    top = [Blob(device=device, dtype=dtype, name=f"top{i}") for i in arrays(case, "top")]
    layer = registry.layers.find(param.type)(param, LayerContext(registry, device, dtype, phase))
    layer.initialize(bottom, top)
    for index, values in arrays(case, "blob").items():
        assert layer.blobs[index].shape == values.shape
        layer.blobs[index].data[...] = values
    return layer, bottom, top


def compare(what, found, expected, dtype, least=0.0):
    assert found.shape == expected.shape, what
    assert found.dtype == dtype, what
    scale = max(1.0, float(np.abs(expected).max(initial=0.0)))
    np.testing.assert_allclose(
        found,
        expected,
        rtol=0,
        atol=max(TOLERANCE[np.dtype(dtype).name], least) * scale,
        err_msg=what,
    )


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", CASES)
def test_a_layer_gives_what_another_library_gives(name, dtype):
    case = CASES[name]
    least = float(case.get("tolerance", 0))
    layer, bottom, top = build(case, dtype)
    layer.reshape(bottom, top)
    layer.forward(bottom, top)
    for index, expected in arrays(case, "top").items():
        compare(f"top {index}", top[index].data, expected, dtype, least)
    for index, expected in arrays(case, "blob_after").items():
        compare(f"blob {index} after forward", layer.blobs[index].data, expected, dtype, least)
    top_diffs = arrays(case, "top_diff")
    if not top_diffs:
        return
    for index, values in top_diffs.items():
        top[index].diff[...] = values
    for blob in layer.blobs:
        blob.diff[...] = 0
    bottom_diffs = arrays(case, "bottom_diff")
    layer.backward(top, [index in bottom_diffs for index in range(len(bottom))], bottom)
    for index, expected in bottom_diffs.items():
        compare(f"diff of bottom {index}", bottom[index].diff, expected, dtype, least)
    for index, expected in arrays(case, "blob_diff").items():
        compare(f"diff of blob {index}", layer.blobs[index].diff, expected, dtype, least)
