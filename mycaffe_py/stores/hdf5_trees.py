"""The lists and trees in which HDF5 files of the older format keep names and chunks, checked before HDF5 follows them.

HDF5 follows one that leads back to itself until the stack or the memory is used up. In a right tree each level is one
less than the one above, and no node has two parents.
"""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

GROUP, CHUNKS = 0, 1
CIRCLE = "is damaged: a list or tree in it leads in a circle"
EXTERNAL = "has its data in other files: only what is in the file itself is read"
_SYMBOL_TABLE, _LAYOUT, _CONTINUATION, _EXTERNAL = 0x11, 0x08, 0x10, 0x07
_CHUNKED, _FREE_PLACE, _END_OF_FREE = 2, 16, 1
_NONE = (1 << 64) - 1
_HEAD = 24
_MOST_BLOCKS, _LONGEST, _FURTHEST = 4096, 1 << 24, (1 << 63) - 1


def faults(read: Reader, header: int, file_size: int) -> Iterator[str]:
    """Yield what is wrong with the object that has its header at this address.

    Only what HDF5 would follow without an end, or out of the file; other damage it notices itself.
    """
    try:
        for number, data in _messages(read, header):
            if number == _EXTERNAL:
                yield EXTERNAL
            if number == _SYMBOL_TABLE:
                tree, heap = struct.unpack_from("<QQ", data)
                if not _descends(read, tree, 8, GROUP, file_size) or not _ends(
                    read, heap, file_size
                ):
                    yield CIRCLE
            if number == _LAYOUT:
                tree, dimensions = _tree_of_chunks(data)
                if tree is not None and not _descends(
                    read, tree, 8 + 8 * dimensions, CHUNKS, file_size
                ):
                    yield CIRCLE
    except (struct.error, IndexError):  # cut short: HDF5 says so
        return


class Reader:
    """Reads a file, given by its path or its bytes, at addresses that count from ``base``."""

    def __init__(self, content: Path | bytes, base: int):
        if isinstance(content, bytes):
            self._file: BinaryIO = io.BytesIO(content)
        else:
            self._file = open(content, "rb")  # noqa: SIM115
        self._base = base

    def __call__(self, address: int, length: int) -> bytes:
        """Return the bytes there; fewer at the end of the file."""
        self._file.seek(min(self._base + address, _FURTHEST))
        return self._file.read(min(max(length, 0), _LONGEST))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def _ends(read: Reader, heap: int, file_size: int) -> bool:
    """Whether the list of free places in a heap of names ends."""
    head = read(heap, 32)
    if head[:4] != b"HEAP":
        return True
    size, place, start = struct.unpack_from("<QQQ", head, 8)
    for _ in range(min(size, file_size) // _FREE_PLACE + 1):  # the size may be anything
        if place == _END_OF_FREE or place >= size:  # the latter is noticed
            return True
        place = struct.unpack("<Q", read(start + place, 8))[0]
    return False


def _descends(read: Reader, root: int, key: int, kind: int, file_size: int) -> bool:
    if root == _NONE:
        return True
    most = file_size // _HEAD
    waiting, visited = [root], 0
    while waiting:
        address = waiting.pop()
        visited += 1
        if visited > most:
            return False
        head = read(address, _HEAD)
        level, entries = head[5], int.from_bytes(head[6:8], "little")
        if head[:4] != b"TREE" or head[4] != kind or not level:
            continue
        node = read(address + _HEAD, entries * (key + 8))
        for at in range(key, len(node) - 7, key + 8):
            child = int.from_bytes(node[at : at + 8], "little")
            below = read(child, 6)
            if below[:4] == b"TREE" and below[5] != level - 1:
                return False
            if level > 1:
                waiting.append(child)
            else:
                visited += 1
    return True


def _tree_of_chunks(layout: bytes) -> tuple[int | None, int]:
    """Return the address of the tree that a layout message names, or None, and the number of its dimensions."""
    version = layout[0]
    if version == 3 and layout[1] == _CHUNKED:
        return struct.unpack_from("<Q", layout, 3)[0], layout[2]
    if version in (1, 2) and layout[2] == _CHUNKED:
        return struct.unpack_from("<Q", layout, 8)[0], layout[1]
    return None, 0


def _messages(read: Reader, header: int) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of an object header's messages."""
    head = read(header, 48)
    if head[:4] == b"OHDR":
        first = 6 + (16 if head[5] & 0x20 else 0) + (4 if head[5] & 0x10 else 0)
        width = 1 << (head[5] & 3)
        size = int.from_bytes(head[first : first + width], "little")
        blocks, prefix = [(header + first + width, size)], 6 if head[5] & 4 else 4
    else:
        blocks, prefix = [(header + 16, struct.unpack_from("<I", head, 8)[0])], 8
    for address, length in blocks:
        if len(blocks) > _MOST_BLOCKS:
            return
        data, at = read(address, length), 0
        while at + prefix <= len(data):
            number = data[at] if prefix < 8 else struct.unpack_from("<H", data, at)[0]
            size = struct.unpack_from("<H", data, at + (1 if prefix < 8 else 2))[0]
            content = data[at + prefix : at + prefix + size]
            if number == _CONTINUATION and prefix < 8:  # between a signature and a checksum
                start, size_there = struct.unpack_from("<QQ", content)
                blocks.append((start + 4, size_there - 8))
            elif number == _CONTINUATION:
                blocks.append(struct.unpack_from("<QQ", content))
            yield number, content
            at += prefix + size
