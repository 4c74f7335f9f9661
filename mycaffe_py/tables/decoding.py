"""The text of a file: unpacked if it is gzipped, UTF-8, and refused, with what it is, if it is no text."""

from __future__ import annotations

import gzip
import io
import zlib
from pathlib import Path

from mycaffe_py.errors import DataError

MOST_UNPACKED = 2**30
MOST_OF_SMALL, MOST_TIMES = 2**22, 100
"""The most bytes that a gzipped file may have when it is unpacked: 4 MiB or 100 times what it has, 1 GiB in any case.

Tables are packed to a fifth or a tenth; a file made for it, to a thousandth.
"""

_GZIP = b"\x1f\x8b"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
# How files begin that people take for tables: what they are.
_KINDS = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an Excel workbook",
    b"BZh": "packed with bzip2",
    b"\xfd7zXZ": "packed with xz",
    b"\x28\xb5\x2f\xfd": "packed with zstd",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy file",
    b"SQLite format 3": "an SQLite database",
    b"ORC": "an ORC file",
}


def decoded(path: Path, raw: bytes) -> str:
    """Return the text in the bytes of a file; DataError if they are anything else."""
    if raw.startswith(_GZIP):
        raw = _unpacked(path, raw)
    found = _what_else(raw)
    if found:
        hint = "save it as CSV in UTF-8"
        raise DataError(f"{path} is {found}, but a CSV file is expected", hint=hint)
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}, line {line}: byte 0x{raw[error.start]:02x} is not UTF-8 text",
            hint="save the file as CSV in UTF-8",
        ) from None


def _what_else(raw: bytes) -> str:
    """Return what bytes are that are no text in UTF-8, as far as that can be told, or ""."""
    for beginning, kind in _KINDS.items():
        if raw.startswith(beginning) and not raw[:200].isascii():
            return kind
    if raw.startswith(_UTF_16):
        return "text in UTF-16"
    if b"\0" in raw:
        return next(
            (kind for start, kind in _KINDS.items() if raw.startswith(start)), "a binary file"
        )
    if raw[:1000].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return "a web page"
    return ""


def _unpacked(path: Path, raw: bytes) -> bytes:
    most = min(MOST_UNPACKED, max(MOST_OF_SMALL, MOST_TIMES * len(raw)))
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(raw)) as packed:
            data = packed.read(most + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(
            f"{path}: cannot be unpacked with gzip: {error}", hint="the file may not be complete"
        ) from None
    if len(data) > most:
        raise DataError(
            f"{path}: {len(raw):,} bytes become more than {most:,} when they are unpacked",
            hint="if the file is what it should be, unpack it first: gunzip FILE",
        )
    return data
