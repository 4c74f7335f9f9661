"""BatchNorm as NVIDIA's Caffe stores it: mean, variance, a correction that stays 1, scale and bias."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.layer import TEST
from mycaffe_py.net import Net
from mycaffe_py.schema import load_net_text
from mycaffe_py.weights import load_weights

from .test_files_of_caffe import floats, part, varint

pytestmark = pytest.mark.usefixtures("no_leftovers")

MEAN, VARIANCE, SCALE, BIAS = [1.0, -2.0], [4.0, 0.25], [3.0, 0.5], [-1.0, 2.0]
EPS = float(np.float32(1e-4))


def blob(*values):
    shape = part(7, part(1, varint(len(values))))
    return part(7, shape + part(5, floats(*values)))


def stored(*blobs):
    return part(1, b"n") + part(100, part(1, b"bn") + part(2, b"BatchNorm") + b"".join(blobs))


def net(registry, settings):
    text = f"""
    layer {{ name: "data" type: "Input" top: "x" input_param {{ shape {{ dim: 3 dim: 2 dim: 4 }} }} }}
    layer {{ name: "bn" type: "BatchNorm" bottom: "x" top: "y" batch_norm_param {{ {settings} eps: 1e-4 }} }}"""
    document = load_net_text(registry.schema, text)
    return Net(document, registry=registry, phase=TEST, dtype=np.float64)


@pytest.mark.parametrize("settings", ["scale_bias: true", "scale_filler { value: 1 }"])
def test_its_five_blobs_compute_what_they_mean_there(tmp_path, registry, rng, settings):
    path = tmp_path / "nv.caffemodel"
    path.write_bytes(stored(blob(*MEAN), blob(*VARIANCE), blob(1), blob(*SCALE), blob(*BIAS)))
    found = net(registry, settings)
    assert load_weights(found, path).loaded == ["bn"]
    x = rng.standard_normal((3, 2, 4))
    found.blobs["x"].data[...] = x
    found.forward()
    mean, variance, scale, bias = (np.array(v)[:, None] for v in (MEAN, VARIANCE, SCALE, BIAS))
    expected = (x - mean) / np.sqrt(variance + EPS) * scale + bias
    np.testing.assert_allclose(found.blobs["y"].data, expected, rtol=1e-6)


def test_a_net_without_scale_and_bias_refuses_them(tmp_path, registry):
    path = tmp_path / "nv.caffemodel"
    path.write_bytes(stored(blob(*MEAN), blob(*VARIANCE), blob(1), blob(*SCALE), blob(*BIAS)))
    with pytest.raises(MyCaffeError, match="has 5 blobs in the file and 3 in the net"):
        load_weights(net(registry, ""), path)
