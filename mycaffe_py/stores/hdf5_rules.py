"""What a dataset of an HDF5 file may be, so that reading it stays in the file.

Refused are: data outside the file (external storage, virtual datasets), filters other than gzip, shuffle, fletcher32
and lzf (HDF5 would load others as programs), and types other than plain numbers.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mycaffe_py.device.memory_limits import in_words

from .hdf5_trees import EXTERNAL

LARGEST_CHUNK = 1 << 26
"""The most bytes of a compressed chunk, unpacked."""
GZIP = 1
_FLETCHER32, _LZF = 3, 32000
_BUILT_IN = (GZIP, 2, _FLETCHER32, _LZF)  # 2 is shuffle
REWRITE = "to have it read: h5repack -f NONE IN OUT writes the file without compression"


class Refused(Exception):
    """A dataset that is not read; the text goes on from its name."""

    def __init__(self, message: str, hint: str | None = None):
        super().__init__(message)
        self.hint = hint


def check_storage(h5py: Any, dataset: Any) -> None:
    """Refuse data outside the file, and filters that are not built in."""
    made = dataset.get_create_plist()
    if made.get_layout() == h5py.h5d.VIRTUAL:
        raise Refused(
            "is virtual, made of parts of other files: only what is in the file itself is read"
        )
    if made.get_external_count():
        raise Refused(EXTERNAL)
    filters = filters_of(made)
    for number, _ in filters:
        if number not in _BUILT_IN:
            raise Refused(
                f"is packed with HDF5's filter {number}: only gzip, shuffle, fletcher32 and lzf are read, as others "
                "may be programs that HDF5 loads",
                REWRITE,
            )
    numbers = [number for number, _ in filters]
    packings = [number for number in numbers if number in (GZIP, _LZF)]
    if len(set(numbers)) < len(numbers) or len(packings) > 1:
        raise Refused("is packed more than once", REWRITE)
    if packings and set(numbers[numbers.index(packings[0]) + 1 :]) - {_FLETCHER32}:
        raise Refused("is packed in an unusual order of filters", REWRITE)
    chunk = chunk_of(h5py, dataset)
    if chunk is not None:
        _check_chunk(dataset, chunk, filters)


def _check_chunk(dataset: Any, chunk: tuple[int, ...], filters: Any) -> None:
    size = math.prod(chunk) * dataset.get_type().get_size()
    if filters and size > LARGEST_CHUNK:
        raise Refused(
            f"has compressed chunks of {in_words(size)}: at most {in_words(LARGEST_CHUNK)} are read",
            REWRITE,
        )
    for number, values in filters:
        if number == _LZF and values[2:3] not in ((), (0,), (size,)):
            raise Refused("is damaged: its chunks have another size than its filter says")


def check_type(h5py: Any, dataset: Any) -> tuple[tuple[int, ...], np.dtype]:
    """Return shape and type of a dataset of plain integers or floats; refuse anything else."""
    kind = dataset.get_type()
    if dataset.shape is None:
        raise Refused("has no values")
    if kind.get_class() not in (h5py.h5t.INTEGER, h5py.h5t.FLOAT):
        raise Refused(f"is {_kind_name(h5py, kind)}, not floats or integers")
    if kind.committed():
        raise Refused(
            "has a type that is stored as an object of its own: only plain types are read"
        )
    try:
        dtype = np.dtype(kind.dtype)
        plain = dtype.kind in "fiu" and kind.equal(h5py.h5t.py_create(dtype))
    except (TypeError, ValueError):
        plain = False
    if not plain:
        raise Refused(
            "has an unusual type: only integers and floats as processors have them are read"
        )
    return tuple(int(length) for length in dataset.shape), dtype


def _kind_name(h5py: Any, kind: Any) -> str:
    names = {
        "STRING": "text",
        "REFERENCE": "references",
        "COMPOUND": "a compound",
        "ENUM": "an enumeration",
    }
    names |= {
        "VLEN": "of variable length",
        "ARRAY": "arrays",
        "OPAQUE": "opaque bytes",
        "BITFIELD": "bits",
    }
    found = [text for name, text in names.items() if getattr(h5py.h5t, name) == kind.get_class()]
    return found[0] if found else "of another kind"


def filters_of(made: Any) -> list[tuple[int, tuple[int, ...]]]:
    """Return number and values of each filter, in the order in which chunks were packed."""
    found = (made.get_filter(index) for index in range(made.get_nfilters()))
    return [(number, values) for number, _, values, _ in found]


def chunk_of(h5py: Any, dataset: Any) -> tuple[int, ...] | None:
    """Return the shape of a dataset's chunks, or None if it has none."""
    made = dataset.get_create_plist()
    return made.get_chunk() if made.get_layout() == h5py.h5d.CHUNKED else None
