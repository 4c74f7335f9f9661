"""Blobs as they are stored, those of old files among them."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.blob.blobproto import array_from_proto, array_to_proto
from mycaffe_py.errors import SnapshotError
from mycaffe_py.weights import load_weights


def legacy_file(registry, path, weight, bias, field="shape4"):
    message = registry.schema.new("NetParameter", name="old")
    if field == "v1":
        entry = message.layers.add(name="fc1", type="INNER_PRODUCT")
    elif field == "v0":
        outer = message.layers.add()
        outer.layer.name = "fc1"
        entry = outer.layer
    else:
        entry = message.layer.add(name="fc1", type="InnerProduct")
    for values, shape in ((np.arange(15.0), weight), (np.arange(5.0), bias)):
        blob = entry.blobs.add()
        blob.num, blob.channels, blob.height, blob.width = shape
        blob.data.extend(values)
    path.write_bytes(message.SerializeToString())


@pytest.mark.parametrize("field", ["v2", "v1", "v0"])
def test_legacy_files_fit_by_padding(tmp_path, registry, make_net, field):
    legacy_file(registry, tmp_path / "w", (1, 1, 5, 3), (1, 1, 1, 5), field)
    net = make_net()
    report = load_weights(net, tmp_path / "w")
    assert report.loaded == ["fc1"] and report.missing == ["fc2", "fc3"]
    np.testing.assert_array_equal(net.params["fc1"][0].data, np.arange(15).reshape(5, 3))
    np.testing.assert_array_equal(net.params["fc1"][1].data, np.arange(5))


@pytest.mark.parametrize(
    ("weight", "bias", "named"),
    [((5, 3, 1, 1), (1, 1, 1, 5), "weight"), ((1, 1, 5, 3), (5, 1, 1, 1), "bias")],
)
def test_legacy_shapes_padded_on_the_right_do_not_fit(
    tmp_path, registry, make_net, weight, bias, named
):
    legacy_file(registry, tmp_path / "w", weight, bias)
    net = make_net()
    before = net.parameters.data.copy()
    with pytest.raises(SnapshotError, match=f'layer "fc1".*blob "{named}"'):
        load_weights(net, tmp_path / "w")
    np.testing.assert_array_equal(net.parameters.data, before)


@pytest.mark.parametrize(
    ("shape", "values"),
    [
        ((-2, -3), 6),
        ((2**62, 4), 0),
        ((2**32, 2**32), 0),
        ((0, 2**62, 2**62), 0),
        ((2, 3), 5),
        ((1,) * 70, 1),
    ],
)
def test_impossible_shapes_of_damaged_files(registry, shape, values):
    proto = registry.schema.new("BlobProto")
    proto.shape.dim.extend(shape)
    proto.data.extend([1.0] * values)
    with pytest.raises(SnapshotError, match="damaged"):
        array_from_proto(proto)


@pytest.mark.parametrize("shape", [(), (0, 3), (7,), (3, 100), (200, 300)])
@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_arrays_of_all_sizes(registry, shape, dtype):
    array = np.random.default_rng(0).normal(size=shape).astype(dtype)
    proto = registry.schema.new("BlobProto")
    array_to_proto(array, proto, diff=array * 2)
    again = registry.schema.parse_binary(proto.SerializeToString(), "BlobProto")
    for message in (proto, again):
        data, diff = array_from_proto(message), array_from_proto(message, diff=True)
        assert data.shape == shape and (data.dtype == array.dtype or not data.size)
        np.testing.assert_array_equal(data, array)
        np.testing.assert_array_equal(diff, array * 2)
