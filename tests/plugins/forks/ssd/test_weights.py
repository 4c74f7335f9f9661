"""Weights that SSD's Caffe wrote: its LayerParameters hold settings under numbers that are not ours."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.plugins import default_registry
from mycaffe_py.weights import load_weights, save_weights

from .ssd_nets import small_ssd
from .test_nets import net_of

SSDS_NUMBERS = range(200, 208)


def varint(value):
    found = bytearray()
    while value > 127:
        found.append(value & 127 | 128)
        value >>= 7
    return bytes([*found, value])


def foreign(number, content):
    """Return a field of bytes that our schema does not have."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def as_ssd_writes(path):
    """Give each layer of a file of weights the messages of SSD's layers, under SSD's numbers."""
    net = default_registry().schema.message_class("NetParameter").FromString(path.read_bytes())
    extra = b"".join(foreign(number, b"\x08\x01\x10\x02") for number in SSDS_NUMBERS)
    text = foreign(1, net.name.encode())
    for layer in net.layer:
        text += foreign(100, layer.SerializeToString() + extra)
    path.write_bytes(text)


def test_ssds_settings_in_weights_are_skipped(tmp_path):
    path = tmp_path / "ssd.caffemodel"
    trained, fresh = net_of(small_ssd()), net_of(small_ssd())
    for blobs in trained.params.values():
        for blob in blobs:
            blob.data[...] += 0.5
    save_weights(trained, path)
    as_ssd_writes(path)
    load_weights(fresh, path)
    for name, blobs in trained.params.items():
        for ours, theirs in zip(fresh.params[name], blobs, strict=True):
            np.testing.assert_array_equal(ours.data, theirs.data)


@pytest.mark.parametrize("number", SSDS_NUMBERS)
def test_ssds_numbers_are_not_ours(number):
    message = default_registry().schema.message_class("LayerParameter")
    assert number not in message.DESCRIPTOR.fields_by_number
