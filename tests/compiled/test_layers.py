"""Layers with compiled kernels keep the contract and give what other libraries give, whatever the shape."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from mycaffe_plugins.common import channel_kernels, compiled_channels
from mycaffe_plugins.vision import choosing_correlation, convolution_kernels

from mycaffe_py.testing import check_layer

from .. import conformance_cases, test_expected

CONVOLUTIONS = ("Convolution", "Deconvolution")
CHANNELS = ("BatchNorm", "Scale", "Bias")
TYPES = (*CONVOLUTIONS, *CHANNELS)


@pytest.fixture
def calls(monkeypatch):
    """Compiled kernels are used for every shape; returns how often each of them ran."""
    counts = Counter()

    def counting(module, name):
        kernel = getattr(module, name)

        def called(*arguments):
            counts[name] += 1
            return kernel(*arguments)

        monkeypatch.setattr(module, name, called)

    monkeypatch.delenv("MYCAFFE_FAST", raising=False)
    for name in ("LEAST_IMAGES", "LEAST_CHANNELS"):
        monkeypatch.setattr(choosing_correlation, name, 1)
    for name in ("MOST_PLACES", "MOST_POINTWISE"):
        monkeypatch.setattr(choosing_correlation, name, 1 << 60)
    monkeypatch.setattr(compiled_channels, "LEAST_ROWS", 1)
    counting(convolution_kernels, "sum_taps")
    for name in (
        "sums",
        "sums_and_products",
        "centre",
        "normalize",
        "affine",
        "without_statistics",
    ):
        counting(channel_kernels, name)
    return counts


def is_compiled(type_name, shape, settings):
    """Whether a case must run compiled kernels: of convolutions, those of two spatial axes."""
    images = len(shape) == 4 and "axis" not in settings
    return np.prod(shape) > 0 and (images or type_name not in CONVOLUTIONS)


@pytest.mark.parametrize(
    ("type_name", "case"),
    [
        pytest.param(type_name, case, id=f"{type_name}-{number}")
        for type_name in TYPES
        for number, case in enumerate(conformance_cases.LAYERS[type_name])
    ],
)
def test_conformance(calls, type_name, case):
    settings, bottoms, arguments = case
    check_layer(f'name: "layer" type: "{type_name}" {settings}', bottoms, **arguments)
    if is_compiled(type_name, np.shape(np.empty(bottoms[0])), settings):
        assert calls


EXPECTED = [
    name
    for name, case in test_expected.CASES.items()
    if any(f'"{t}"' in str(case["settings"]) for t in TYPES)
]


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("name", EXPECTED)
def test_values_of_other_libraries(calls, name, dtype):
    test_expected.test_a_layer_gives_what_another_library_gives(name, dtype)
    case = test_expected.CASES[name]
    settings = str(case["settings"])
    type_name = next(t for t in TYPES if f'"{t}"' in settings)
    if "top_diff0" in case and is_compiled(type_name, case["bottom0"].shape, settings):
        assert calls
