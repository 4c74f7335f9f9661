"""What LMDB's files look like at their beginning: the two descriptions of the tree, of which the newer counts.

Both formats are read, that of LMDB 0.9, which Caffe writes, and that of 1.0.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass

from mycaffe_py.errors import DataError

from .data_file import DataFile

DAMAGED_HINT = "copy it again from where it came from, or create it again"
NO_PAGE = (1 << 64) - 1
"""What stands for the tree of a database without records."""
DEEPEST = 32
_MAGIC = 0xBEEFC0DE
_META = struct.Struct("=II8x8xI44xIHH5QQQ")
_HEADER_BYTES = {16: 1, 24: 3}  # header of a page: version of the format
_ODD_KINDS = 0x04  # MDB_DUPSORT
_UNORDERED = 0x02 | 0x08  # MDB_REVERSEKEY, MDB_INTEGERKEY


@dataclass(frozen=True)
class Layout:
    """Where things are in a page of one of the formats, in bytes."""

    header: int
    """The length of a page's header."""

    @property
    def base(self) -> int:
        """From where places within a page count."""
        return self.header if self.is_new else 0

    @property
    def is_new(self) -> bool:
        """Whether it is the format of LMDB 1.0."""
        return self.header == 24


@dataclass(frozen=True)
class Meta:
    """What a description says: sizes, counts and the root of the tree of records."""

    layout: Layout
    page_size: int
    flags: int
    depth: int
    branch_pages: int
    leaf_pages: int
    overflow_pages: int
    entries: int
    root: int
    last_page: int
    transaction: int

    @property
    def ordered(self) -> bool:
        """Whether keys ascend byte by byte."""
        return not self.flags & _UNORDERED


def newest(file: DataFile) -> Meta:
    """Return the description that counts, checked as far as it can be alone. Raises DataError."""
    with suppress(DataError):
        return _newest(file)
    return _newest(file)  # another program may have been writing it


def _newest(file: DataFile) -> Meta:
    head = file.read(0, 64)
    if not head:
        raise DataError(f"{file.path} is not an LMDB database: it is empty")
    layout = _layout(file, head)
    first = _meta(file, layout, 0, 0)
    size = first.page_size
    if size & (size - 1) or not 256 <= size <= 1 << 16:
        raise damaged(file, f"it says that its pages have {size} bytes")
    second = _meta(file, layout, size, 1)
    if second.page_size != size:
        raise damaged(file, "its first two pages do not agree on the size of pages")
    numbers = first.transaction, second.transaction
    # Each commit writes the older one of the two, with the next number.
    if numbers != (0, 0) and (abs(numbers[0] - numbers[1]) != 1 or numbers[0] % 2):
        raise damaged(file, "its first two pages do not belong together")
    meta = max(first, second, key=lambda one: one.transaction)
    _check(file, meta)
    return meta


def description(file: DataFile, meta: Meta) -> bytes:
    """Return the bytes of both descriptions, which change when the database is written to."""
    return file.read(0, meta.page_size + meta.layout.header + _META.size)


def damaged(file: DataFile, what: str) -> DataError:
    """Return the error for a database that contradicts itself."""
    return DataError(f"{file.what} {file.path} is damaged: {what}", hint=DAMAGED_HINT)


def cut_short(file: DataFile, whole: int) -> DataError:
    """Return the error for a file that should have ``whole`` bytes."""
    return DataError(
        f"{file.what} {file.path} is cut short: its file has {file.size} bytes of {whole}",
        hint=DAMAGED_HINT,
    )


def _layout(file: DataFile, head: bytes) -> Layout:
    for header, version in _HEADER_BYTES.items():
        if len(head) < header + 8:
            continue
        magic, found = struct.unpack_from("=II", head, header)
        if magic == _MAGIC:
            if found != version:
                raise DataError(
                    f"{file.path} is an LMDB database of format {found}, but only those of LMDB 0.9 "
                    "and 1.0 (1 and 3) can be read",
                    hint="copy its records into a new one with mdb_dump and mdb_load",
                )
            return Layout(header)
    what, hint = _mistaken(head, file)
    raise DataError(f"{file.path} is not an LMDB database: {what}", hint=hint)


def _mistaken(head: bytes, file: DataFile) -> tuple[str, str | None]:
    """Return what a file without LMDB's mark is, as far as it can be told, and a hint."""
    from mycaffe_py.foreign.files import foreign_hint, foreign_kind

    own = struct.pack("=I", _MAGIC)
    other = own[::-1]
    if head[:4] in (own, other):
        return "it is the lock file of one", "name the folder that it is in"
    if head[12:16] == own or other in (head[12:16], head[16:20], head[24:28]):
        return (
            "it was made on a machine of another kind (32 bits, or another byte order)",
            "mdb_dump there and mdb_load here copy its records",
        )
    if head.startswith(b"\x89HDF"):
        return "it is an HDF5 file", 'HDF5 files are read by the layer "HDF5Data"'
    kind = foreign_kind(head, file.path)
    if kind:
        return f"it is {kind}", foreign_hint(kind)
    if not head.strip(b"\0"):
        return "it begins with zeros", DAMAGED_HINT
    if all(32 <= byte < 127 or byte in b"\t\r\n" for byte in head):
        return (
            "it is a text file",
            'lists of images are read by the layer "ImageData", lists of HDF5 files by "HDF5Data"',
        )
    return "LMDB's mark is missing in its first page", None


def _meta(file: DataFile, layout: Layout, place: int, number: int) -> Meta:
    data = file.read(place, layout.header + _META.size)
    if len(data) < layout.header + _META.size:
        raise cut_short(file, place + layout.header + _META.size)
    found, (flags,) = (
        struct.unpack_from("=Q", data)[0],
        struct.unpack_from("=H", data, layout.header - 6),
    )
    magic, version, size, *rest = _META.unpack_from(data, layout.header)
    if (
        (magic, version) != (_MAGIC, _HEADER_BYTES[layout.header])
        or not flags & 8
        or found != number
    ):
        raise damaged(file, f"page {number} does not describe a database")
    return Meta(layout, size, *rest[1:])


def _check(file: DataFile, meta: Meta) -> None:
    """Refuse claims that the file cannot hold: what follows trusts them."""
    pages = meta.last_page + 1
    if file.size < pages * meta.page_size:
        raise cut_short(file, pages * meta.page_size)
    if meta.flags & _ODD_KINDS:
        raise DataError(
            f"{file.what} {file.path} has several values under one key, which Caffe's databases do not have"
        )
    used = meta.branch_pages + meta.leaf_pages + meta.overflow_pages
    most = (
        meta.page_size - meta.layout.header
    ) // 10  # bytes of the shortest record, and its place
    empty = meta.root == NO_PAGE
    if (
        used > pages - 2
        or meta.depth > DEEPEST
        or meta.entries > meta.leaf_pages * most
        or empty != (meta.entries == 0)
        or empty != (meta.depth == 0)
    ):
        raise damaged(file, "its counts of pages and records contradict each other")
