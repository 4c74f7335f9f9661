"""How large a dataset of an HDF5 file may be: in proportion to what the file has for it."""

from __future__ import annotations

import itertools
import math
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.device.memory_limits import in_words, require_memory

from .hdf5_rules import GZIP, REWRITE, Refused, chunk_of, filters_of

FREE_BYTES = 1 << 29
"""What the datasets of a file may take in memory whatever the file's size: 512 MiB."""
MOST_INFLATION = 32
"""Beyond that, how many times as much as their data take in the file."""
FREE_CHUNKS, MOST_CHUNKS = 1 << 16, 1 << 18
"""How many chunks the datasets of a file may have whatever its size, and in any file."""
_INDEX_ENTRY = 8  # the least bytes that a stored chunk takes in a file's index
_CHUNKS_AT_ONCE = 1 << 12
_CHECKSUM = 4  # bytes that fletcher32 adds to a chunk
_SLACK = 64  # how much longer than unpacked a packed chunk may be


@dataclass
class Taken:
    """How much memory the datasets read from one file take, and how many bytes they have in it."""

    file_size: int
    memory: int = 0
    stored: int = 0
    chunks: int = 0

    def add(self, memory: int, stored: int) -> None:
        """Add a dataset, or refuse it if that is out of proportion."""
        self.memory += memory
        self.stored += stored
        held = min(self.stored, self.file_size)  # datasets may share their bytes
        if self.memory > max(FREE_BYTES, MOST_INFLATION * held):
            raise Refused(
                f"would take {in_words(self.memory)} of memory, with what was read before it, but the file has "
                f"{in_words(held)} of data for it: above {in_words(FREE_BYTES)}, at most {MOST_INFLATION} "
                "times the data are read",
                REWRITE,
            )

    def add_chunks(self, count: int) -> None:
        """Add a dataset's chunks, or refuse it if they are too many: HDF5 needs 10 microseconds for each."""
        self.chunks += count
        most = min(MOST_CHUNKS, max(FREE_CHUNKS, self.file_size // _INDEX_ENTRY))
        if self.chunks > most:
            raise Refused(
                f"has {count:,} chunks: of a file of this size, at most {most:,} are read in all",
                "write it with larger chunks",
            )


def check_size(
    h5py: Any, dataset: Any, dtype: np.dtype, taken: Taken, *, expected: bool = False
) -> None:
    """Refuse values that the file has no data for, or that do not fit into memory as ``dtype``.

    ``taken`` counts what is read from the file, but not values of a shape that is ``expected``.
    """
    shape = dataset.shape
    count, stored = math.prod(shape), int(dataset.get_storage_size())
    if not count:
        return
    if not stored:
        raise Refused(
            f"is {shape}, but its values were never written",
            "if it is to be zeros, write them: file[NAME][...] = 0",
        )
    chunk = chunk_of(h5py, dataset)
    if chunk is None:
        claimed = count * dataset.get_type().get_size()
        if stored != claimed:
            raise Refused(
                f"is damaged: its values take {claimed:,} bytes, but {stored:,} are stored"
            )
    else:
        chunks = _count_of_chunks(shape, chunk)
        taken.add_chunks(chunks)
        if expected and dataset.get_num_chunks() < chunks:
            raise Refused(f"is {shape}, but a part of its values was never written")
    if not expected:
        taken.add(count * dtype.itemsize, stored)
        require_memory(count * dtype.itemsize, "a dataset of an HDF5 file")


def check_packing(h5py: Any, dataset: Any) -> None:
    """Refuse chunks that unpack to more than a chunk: HDF5 itself would unpack them to any size."""
    chunk, filters = chunk_of(h5py, dataset), filters_of(dataset.get_create_plist())
    if chunk is None or not filters:
        return
    size = math.prod(chunk) * dataset.get_type().get_size()
    gzip = [index for index, (number, _) in enumerate(filters) if number == GZIP]
    for found in _chunks(dataset, _count_of_chunks(dataset.shape, chunk)):
        if found.size > size + _SLACK:
            raise Refused(f"is damaged: a chunk of {size:,} bytes takes {found.size:,} packed")
        if gzip and not found.filter_mask >> gzip[0] & 1:
            packed = dataset.read_direct_chunk(found.chunk_offset)[1]
            unpacking = zlib.decompressobj()
            try:
                unpacked = len(unpacking.decompress(packed, size + _SLACK))
            except zlib.error:
                unpacked = 0
            if not size <= unpacked <= size + _CHECKSUM or not unpacking.eof:
                raise Refused(f"is damaged: a chunk does not unpack to its {size:,} bytes")


def blocks(h5py: Any, dataset: Any) -> Iterator[tuple[slice, ...]]:
    """Yield the parts in which a dataset is read: HDF5 needs 4 KB of memory for each chunk of one reading."""
    shape, chunk = dataset.shape, chunk_of(h5py, dataset)
    if chunk is None:
        yield tuple(slice(0, length) for length in shape)
        return
    room = _CHUNKS_AT_ONCE
    steps: list[int] = []
    for length, part in zip(reversed(shape), reversed(chunk), strict=True):
        numbers = min(room, -(-length // part))
        steps.insert(0, numbers * part)
        room //= numbers
    starts = (range(0, length, step) for length, step in zip(shape, steps, strict=True))
    for corner in itertools.product(*starts):
        ends = (
            min(at + step, length) for at, step, length in zip(corner, steps, shape, strict=True)
        )
        yield tuple(map(slice, corner, ends))


def _chunks(dataset: Any, most: int) -> Iterator[Any]:
    """Return what is stored of a dataset's chunks; fail if there are more than can be."""
    if not hasattr(dataset, "chunk_iter"):  # HDF5 before 1.12.3
        yield from (dataset.get_chunk_info(index) for index in range(dataset.get_num_chunks()))
        return
    found: list[Any] = []

    def collect(info: Any) -> bool | None:
        found.append(info)
        return True if len(found) > most else None

    dataset.chunk_iter(collect)
    if len(found) > most:
        raise Refused(f"is damaged: it has more than its {most:,} chunks")
    yield from found


def _count_of_chunks(shape: tuple[int, ...], chunk: tuple[int, ...]) -> int:
    return math.prod(-(-length // part) for length, part in zip(shape, chunk, strict=True))
