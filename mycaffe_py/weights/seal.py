"""How a file of weights or of a state says that it is whole: its size and a checksum of its content.

A binary file begins with its size and the SHA-256 of its message, and ends with the SHA-256 once more, so that damage
to either place leaves the other. They are fields that Caffe does not know and skips: ``file_size`` and ``checksum``,
1001 and 1002. An HDF5 file is followed by its SHA-256: HDF5 reads only as far as the file itself says, and a program
that changes the file cuts off what follows. Files without any of this, Caffe's and those of older versions, are read
as well.
"""

from __future__ import annotations

import hashlib
import struct

SIGNATURE = b"\x89HDF\r\n\x1a\n"
"""The first bytes of an HDF5 file."""
_SIZE_MARK = struct.Struct("<2sQ")
_SIZE_TAG = b"\xc9\x3e"
_SUM_TAG = b"\xd2\x3e\x20"
_SUM_BYTES = len(_SUM_TAG) + 32
_HDF5_TAG = b"\nmycaffe sha256:"


def sealed(body: bytes) -> bytes:
    """Return a serialized message with its size and checksum, as the content of a file."""
    mark = _mark(body)
    size = _SIZE_MARK.size + len(body) + 2 * len(mark)
    return b"".join((_SIZE_MARK.pack(_SIZE_TAG, size), mark, body, mark))


def sealed_hdf5(data: bytes) -> bytes:
    """Return the content of an HDF5 file followed by its checksum."""
    return data + _HDF5_TAG + hashlib.sha256(data).digest()


def damage(data: bytes) -> str:
    """Return what is wrong with a file's content by its size and checksum; "" if nothing is, or if it has neither."""
    if data.startswith(SIGNATURE):
        return _damage_of_hdf5(data)
    size = marked_size(data)
    front, body = _SIZE_MARK.size + _SUM_BYTES, memoryview(data)[: -_SUM_BYTES or None]
    head, tail = data[_SIZE_MARK.size : front], data[-_SUM_BYTES:]
    if size is not None and size != len(data):
        what = "is cut short" if len(data) < size else "is damaged"
        return f"{what}: it has {len(data)} bytes, but was written with {size}"
    summed = [mark.startswith(_SUM_TAG) for mark in (head, tail)]
    # A program that knows protobuf, but not these fields, moves them behind everything else: then they say nothing.
    if not (summed[0] or size is not None and summed[1]):
        return ""
    if size is None or head != tail or head != _mark(body[front:]):
        return "is damaged: its content differs from what was written, by its checksum"
    return ""


def marked_size(data: bytes) -> int | None:
    """Return the size that a file declares, or None if it declares none."""
    if data[:2] != _SIZE_TAG or len(data) < _SIZE_MARK.size:
        return None
    return int(_SIZE_MARK.unpack_from(data)[1])


def _mark(body: bytes | memoryview) -> bytes:
    return _SUM_TAG + hashlib.sha256(body).digest()


def _damage_of_hdf5(data: bytes) -> str:
    end = len(data) - len(_HDF5_TAG) - 32
    if end < 0 or data[end : end + len(_HDF5_TAG)] != _HDF5_TAG:
        return ""
    if hashlib.sha256(memoryview(data)[:end]).digest() == data[-32:]:
        return ""
    return "is damaged: its content differs from what was written, by its checksum"
