"""Reads event files as TFRecord's description says, with both checksums; no code of tensorboardX but its messages."""

from __future__ import annotations

import struct

from tensorboardX.proto.event_pb2 import Event

_POLYNOMIAL = 0x82F63B78  # Castagnoli's, bits reversed


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def masked(data):
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def records(data):
    """Yield the whole records; what a killed writer left unfinished at the end is allowed."""
    position = 0
    while position + 12 <= len(data):
        head = data[position : position + 8]
        (length,) = struct.unpack("<Q", head)
        assert struct.unpack("<I", data[position + 8 : position + 12]) == (masked(head),)
        body = data[position + 12 : position + 12 + length]
        check = data[position + 12 + length : position + 16 + length]
        if len(check) < 4:
            return
        # Checking a picture bit by bit takes long; its length was checked above.
        assert length > 5000 or struct.unpack("<I", check) == (masked(body),)
        yield body
        position += 16 + length


def read_events(folder):
    (path,) = folder.glob("events.out.tfevents.*")
    return [Event.FromString(record) for record in records(path.read_bytes())]


def scalars(events):
    """Return each curve as {step: value}."""
    found = {}
    for event in events:
        for value in event.summary.value:
            if value.WhichOneof("value") == "simple_value":
                found.setdefault(value.tag, {})[event.step] = value.simple_value
    return found


def values(events, kind):
    """Return (step, tag, value) of all summaries of a kind: image, histo, tensor."""
    return [
        (event.step, value.tag, getattr(value, kind))
        for event in events
        for value in event.summary.value
        if value.WhichOneof("value") == kind
    ]
