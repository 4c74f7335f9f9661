"""A dataset of an HDF5 file: looked at before it is read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from .hdf5_rules import Refused, check_storage, check_type
from .hdf5_sizes import blocks, check_packing, check_size
from .hdf5_source import Member, shown


class HDF5Dataset(Member):
    """A dataset: numbers, or one text."""

    _looked_at: tuple[tuple[int, ...], np.dtype] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """The dataset's shape; fails unless it is a plain array of numbers in the file itself."""
        return self._look()[0]

    @property
    def dtype(self) -> np.dtype:
        """The dataset's type in the file; fails as ``shape`` does."""
        return self._look()[1]

    def check_size(self, dtype: Any) -> None:
        """Fail if the values, as ``dtype``, take far more memory than the file has data for them."""
        with self._checks():
            self._look()
            check_size(self._source.h5py, self._id, np.dtype(dtype), self._source.taken)

    def numbers(self, dtype: Any, *, expected: bool = False, checked: bool = False) -> np.ndarray:
        """Return the values as an array of ``dtype``.

        Fails if they take far more memory than the file has data for them; not if a dataset of this shape is
        ``expected``, so that memory for it was to be taken anyway. The chunks of a dataset that is ``checked``, as it
        was read before, are not unpacked to see how large they are.
        """
        wanted = np.dtype(dtype)
        with self._checks():
            h5py, shape = self._source.h5py, self.shape
            check_size(h5py, self._id, wanted, self._source.taken, expected=expected)
            if not checked:
                check_packing(h5py, self._id)
            values = np.empty(shape, wanted)
            if values.size:
                for block in blocks(h5py, self._id):
                    self._read(values, block)
        return values

    def _read(self, values: np.ndarray, block: tuple[slice, ...]) -> None:
        """Read a part of the dataset into the same part of an array."""
        h5s = self._source.h5py.h5s
        places = (h5s.ALL, h5s.ALL)
        if any(part.stop - part.start < n for part, n in zip(block, values.shape, strict=True)):
            places = self._id.get_space(), self._id.get_space()
            for place in places:
                place.select_hyperslab(
                    tuple(part.start for part in block),
                    tuple(part.stop - part.start for part in block),
                )
        self._id.read(*places, values, self._source.h5py.h5t.py_create(values.dtype))

    def integer(self) -> int:
        """Return the single whole number of the dataset."""
        with self._checks():
            if np.prod(self.shape) != 1 or self.dtype.kind not in "iu":
                raise Refused("is not one whole number")
        return int(self.numbers(self.dtype).reshape(-1)[0])

    def text(self, most: int) -> str:
        """Return the single text of the dataset, of fixed length and up to ``most`` bytes."""
        h5py = self._source.h5py
        with self._checks():
            check_storage(h5py, self._id)
            kind, shape = self._id.get_type(), self._id.shape
            if not isinstance(kind, h5py.h5t.TypeStringID) or kind.is_variable_str():
                raise Refused("is not a text of fixed length")
            if shape is None or np.prod(shape) != 1 or kind.get_size() > most:
                raise Refused(f"is not one text of up to {most:,} bytes")
            values = np.empty(shape, f"S{kind.get_size()}")
            self._id.read(h5py.h5s.ALL, h5py.h5s.ALL, values, h5py.h5t.py_create(values.dtype))
            return bytes(values.reshape(-1)[0]).decode()

    def _look(self) -> tuple[tuple[int, ...], np.dtype]:
        if self._looked_at is None:
            with self._checks():
                check_storage(self._source.h5py, self._id)
                self._looked_at = check_type(self._source.h5py, self._id)
        return self._looked_at

    @contextmanager
    def _checks(self) -> Iterator[None]:
        where = f": dataset {shown(self.path)}"
        with self._source.guard(where):
            try:
                yield
            except Refused as error:
                raise self._source.fail(f"{where} {error}", error.hint) from error
