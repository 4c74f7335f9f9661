"""LMDB files for tests: their pages by kind, changes of them, and hostile ones that hold what is asked for."""

from __future__ import annotations

import struct

import lmdb

PAGE = 4096
KINDS = {1: "branch", 2: "leaf", 4: "overflow", 8: "meta"}
MAGIC = 0xBEEFC0DE


def write(path, records, engine=0, commits=1, map_size=1 << 24):
    """Write records by LMDB's library; ``engine`` 0 is the format of 0.9, 1 that of 1.0. Returns the data file."""
    with lmdb.open(str(path), map_size=map_size, lib_version=engine, sync=False) as environment:
        for part in range(commits):
            with environment.begin(write=True) as transaction:
                for key, value in list(records.items())[part::commits]:
                    transaction.put(key, value)
    (path / "lock.mdb").unlink()
    return path / "data.mdb"


def read(path):
    """Return the records that LMDB's library finds."""
    with (
        lmdb.open(str(path), readonly=True, lock=False) as environment,
        environment.begin() as transaction,
    ):
        return list(transaction.cursor())


def mixed(count=300):
    """Return records of which each third has pages of its own: a tree with pages of all kinds."""
    return {
        f"{n:05}".encode() * (1 + n % 9 * 10): bytes([n % 251]) * (n % 3 * 2500 + n % 300)
        for n in range(count)
    }


def number_of(data, offset):
    return struct.unpack_from("<Q", data, offset)[0]


def newest_meta(data):
    """Return the offset of the description that counts in a file of LMDB 0.9."""
    return max((0, PAGE), key=lambda place: number_of(data, place + 144))


def pages(data, kind):
    """Return the offsets of the pages of a kind that the tree of a file of LMDB 0.9 uses."""
    found = {"meta": [0, PAGE], "branch": [], "leaf": [], "overflow": []}
    waiting = [number_of(data, newest_meta(data) + 128)]
    while waiting:
        place = waiting.pop() * PAGE
        flags, lower = struct.unpack_from("<HH", data, place + 10)
        found[KINDS[flags & 7]].append(place)
        if flags & 4:
            continue
        for slot in struct.unpack_from(f"<{(lower - 16) // 2}H", data, place + 16):
            low, high, more, size = struct.unpack_from("<4H", data, place + slot)
            if flags & 1:
                waiting.append(low | high << 16 | more << 32)
            elif more & 1:
                waiting.append(number_of(data, place + slot + 8 + size))
    return sorted(found[kind])


def patched(data, *changes):
    """Return the data with bytes put in at offsets: ``(offset, format, value)``, the format as in ``struct``."""
    data = bytearray(data)
    for offset, form, *values in changes:
        struct.pack_into(f"<{form}", data, offset, *values)
    return bytes(data)
