"""The tree of an LMDB database, page by page, each checked before anything of it is believed."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from typing import NamedTuple

from mycaffe_py.device.memory_limits import in_words
from mycaffe_py.errors import DataError

from .data_file import DataFile
from .lmdb_layout import cut_short, damaged, description, newest

_BRANCH, _LEAF, _OVERFLOW = 1, 2, 4
_KINDS = 0x6F  # the flags that say what a page is
_NAMES = {_BRANCH: "lead to other pages", _LEAF: "hold records", _OVERFLOW: "begin a long record"}
_BIG, _NAMED = 1, 2
_NODE = struct.Struct("=HHHH")
LONGEST = 1 << 28
"""The bytes of the longest record that is read: a file with holes may have more for nothing."""


class Leaf(NamedTuple):
    """A page with records: its number, its bytes, and where in them each record begins."""

    number: int
    page: bytes
    places: tuple[int, ...]


class Tree:
    """The pages of an LMDB database, as they were when it was opened."""

    def __init__(self, file: DataFile):
        self.file, self.meta = file, newest(file)
        self._description = description(file, self.meta)
        # Kept here, since they are needed for each record.
        layout = self.meta.layout
        self._header, self._base, self._is_new = layout.header, layout.base, layout.is_new
        self._page_size, self._page_count = self.meta.page_size, self.meta.last_page + 1
        self._head = struct.Struct(f"=Q{layout.header - 14}xHHH")
        self._long_head = struct.Struct(f"=Q{layout.header - 14}xHI")

    def leaves(self) -> Iterator[Leaf]:
        """Yield the pages with records in the order of the keys. Raises DataError."""
        below = self._below(self.meta.root, 1, self.meta.depth)
        for count, leaf in enumerate(below, start=1):
            if count > self.meta.leaf_pages:
                raise damaged(self.file, f"page {leaf.number} holds records, and was not counted")
            yield leaf

    def record(self, leaf: Leaf, index: int) -> tuple[bytes, bytes]:
        """Return key and value of a page's record. Raises DataError."""
        number, page, places = leaf
        start = places[index]
        low, high, flags, key_size = _NODE.unpack_from(page, start)
        size = low | high << 16
        key_end = start + 8 + key_size
        place = key_end + (key_size & 1) if self._is_new else key_end
        if flags not in (0, _BIG):
            raise self._unusual(number, flags)
        end = place + (8 if flags else size)
        if end > self._page_size:
            raise damaged(self.file, f"a record of page {number} lies beyond its end")
        if not flags:
            return page[start + 8 : key_end], page[place:end]
        first = int.from_bytes(page[place:end], sys.byteorder)
        return page[start + 8 : key_end], self._long_value(number, first, size)

    def check_unchanged(self) -> None:
        """Raise DataError if the database was written to in a way that may touch the pages of this tree."""
        if description(self.file, self.meta) == self._description:
            return
        now = newest(self.file)
        # The pages that the next commit frees are used again by those after it at the earliest.
        if now != self.meta and now.transaction != self.meta.transaction + 1:
            raise DataError(
                f"{self.file.what} {self.file.path} was written to while it was read",
                hint="write another one, or wait for the end of the run",
            )

    # Pages.

    def _below(self, number: int, level: int, depth: int) -> Iterator[Leaf]:
        if level == depth:
            yield Leaf(number, *self._page(number, _LEAF))
            return
        page, places = self._page(number, _BRANCH)
        for place in places:
            low, high, top, _ = _NODE.unpack_from(page, place)
            yield from self._below(low | high << 16 | top << 32, level + 1, depth)

    def _page(self, number: int, kind: int) -> tuple[bytes, tuple[int, ...]]:
        """Return a page's bytes and where its entries begin."""
        size, header, base = self._page_size, self._header, self._base
        page = self._read(number, size, 1)
        found, flags, low, high = self._head.unpack_from(page)
        if found != number or flags & _KINDS != kind:
            raise self._misplaced(number, found, kind)
        low, high = low + base, high + base
        if not header + 2 <= low <= high <= size:
            raise damaged(self.file, f"page {number} has no entries, or they lie outside it")
        places = struct.unpack_from(f"={(low - header) >> 1}H", page, header)
        if base:
            places = tuple(place + base for place in places)
        if min(places) < high or max(places) + 8 > size:
            raise damaged(self.file, f"an entry of page {number} lies outside it")
        return page, places

    def _long_value(self, leaf: int, number: int, size: int) -> bytes:
        """Return a value that has pages of its own."""
        header = self._header
        count = (header - 1 + size) // self._page_size + 1
        if size > LONGEST:
            raise DataError(
                f"a record of {self.file.path} has {in_words(size)}, and only those up to "
                f"{in_words(LONGEST)} are read"
            )
        found, flags, pages = self._long_head.unpack(self._read(number, header, count))
        if found != number or flags & _KINDS != _OVERFLOW:
            raise self._misplaced(number, found, _OVERFLOW)
        if pages != count:
            raise damaged(
                self.file,
                f"a record of page {leaf} needs {count} pages from page {number} on, which has {pages}",
            )
        return self._read(number, size, count, header)  # apart: large values are not copied

    def _read(self, number: int, size: int, pages: int, skipped: int = 0) -> bytes:
        """Return bytes of some pages, from the first one on."""
        if number < 2 or number + pages > self._page_count:
            raise damaged(
                self.file,
                f"it refers to page {number + pages - 1}, and has those from 2 to {self._page_count - 1}",
            )
        data = self.file.read(number * self._page_size + skipped, size)
        if len(data) < size:
            raise cut_short(self.file, self._page_count * self._page_size)
        return data

    def _misplaced(self, number: int, found: int, kind: int) -> DataError:
        if found != number:
            return damaged(self.file, f"page {number} says that it is page {found}")
        return damaged(self.file, f"page {number} should {_NAMES[kind]}, and is of another kind")

    def _unusual(self, number: int, flags: int) -> DataError:
        if flags == _NAMED:
            return DataError(
                f"{self.file.what} {self.file.path} contains named databases, which Caffe's do not",
                hint="copy the records of one of them into a new database",
            )
        return damaged(self.file, f"a record of page {number} is of an unknown kind")
