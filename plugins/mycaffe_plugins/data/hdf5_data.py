"""The HDF5Data layer."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.errors import DataError, did_you_mean, require
from mycaffe_py.plugins import Only
from mycaffe_py.stores import HDF5Dataset, HDF5Group, open_hdf5, text_lines

from .data_layer import PREFETCH_ONLY, Batch, DataLayer
from .order import Order

_MOST_LISTED = 20


class HDF5Data(DataLayer):
    """Reads rows of datasets from the HDF5 files listed in a text file, one path per line.

    No bottoms; one or more tops, each named like a dataset of floats or integers: it gets
    ``batch_size`` of the dataset's rows (batch, ...). Within a file, all these datasets have equally
    many rows; across files, the rows of a dataset have the same shape. A batch continues in the next
    file where one ends. ``shuffle`` draws, for each pass, the order of the files and of the rows in
    each; rows of different files are never mixed. One file at a time is kept in memory: up to 512 MiB of values, or
    up to 32 times what the file has for them. Data in other files, filters that HDF5 would load and types other than
    plain numbers are refused.
    """

    type = "HDF5Data"
    parameters = ("hdf5_data_param", "data_param")
    conditions = (PREFETCH_ONLY, Only("transform_param", when="never", refuse=True))
    settings_field = "hdf5_data_param"
    min_top_blobs = 1

    def open(self, top: Sequence[Blob]) -> None:
        """Read the list, check every file and shape the tops."""
        require("h5py", "hdf5")
        self.source = self.find_source("list file")
        with self.naming(setting="source"):
            self.paths = [self._path(number, line) for number, line in text_lines(self.source)]
            if not self.paths:
                raise DataError(f"{self.source} lists no HDF5 files")
            self.row_shapes: dict[str, tuple[int, ...]] = {}
            rows = {path: self._look_into(path) for path in dict.fromkeys(self.paths)}
            self.rows = [rows[path] for path in self.paths]
        self.size = sum(self.rows)
        if not self.size:
            self.fail(
                f"the files listed in {self.source} have no rows", field="hdf5_data_param.source"
            )
        self._unpacked: dict[int, tuple[int, ...] | None] = {}
        self.restarted()
        for blob in top:
            blob.reshape(self.batch_size, *self.row_shapes[blob.name])

    def restarted(self) -> None:
        """Draw a new order."""
        shuffle = self.settings.shuffle
        self.files = Order(len(self.paths), shuffle, lambda n: self.generator("files", n))
        self._kept: tuple[int, list[np.ndarray]] | None = None
        self._rows_order: tuple[tuple[int, int], np.ndarray | None] | None = None

    def load(self, first: int, batch: Batch) -> None:
        """Copy the rows, file by file."""
        tops = [
            batch.array(index, (self.batch_size, *self.row_shapes[name]))
            for index, name in enumerate(self.top_names)
        ]
        done = 0
        while done < self.batch_size:
            turn, file, start = self._locate(first + done)
            stop = min(self.rows[file], start + self.batch_size - done)
            order = self._order_of_rows(turn, file)
            rows = slice(start, stop) if order is None else order[start:stop]
            for target, values in zip(tops, self._values(file), strict=True):
                target[done : done + stop - start] = values[rows]
            done += stop - start

    def _locate(self, number: int) -> tuple[int, int, int]:
        """Return (pass, file, row in the file's order) of a row."""
        turn, row = divmod(number, self.size)
        for index in range(len(self.paths)):
            file = self.files.place(turn * len(self.paths) + index)[1]
            if row < self.rows[file]:
                return turn, file, row
            row -= self.rows[file]
        raise AssertionError("the files have fewer rows than counted")

    def _order_of_rows(self, turn: int, file: int) -> np.ndarray | None:
        if not self.settings.shuffle:
            return None
        if self._rows_order is None or self._rows_order[0] != (turn, file):
            generator = self.generator("rows", turn, file)
            self._rows_order = (turn, file), generator.permutation(self.rows[file])
        return self._rows_order[1]

    def _values(self, file: int) -> list[np.ndarray]:
        """Return the datasets of a file, read as a whole."""
        if self._kept is None or self._kept[0] != file:
            self._kept = None  # never two files in memory
            with self.naming():
                values = self._read(file)
            self._kept = file, values
        return self._kept[1]

    def _read(self, file: int) -> list[np.ndarray]:
        path, stamp = self.paths[file], _stamp(self.paths[file])
        values = []
        with open_hdf5(path, str(path), DataError) as opened:
            for name in self.top_names:
                dataset = self._dataset(opened, path, name)
                wanted = (self.rows[file], *self.row_shapes[name])
                if dataset.shape != wanted:
                    raise DataError(
                        f'{path}: dataset "{name}" is now {dataset.shape}, but was {wanted}'
                    )
                checked = stamp is not None and self._unpacked.get(file) == stamp
                values.append(dataset.numbers(self.dtype, checked=checked))
        self._unpacked[file] = stamp
        return values

    # Checking files.

    def _path(self, number: int, line: str) -> Path:
        base = self.context.base_dir
        for folder in (Path(), *([base] if base else []), self.source.parent):
            if os.path.isfile(folder / line):
                return folder / line
        raise DataError(f'line {number} of {self.source}: file "{line}" does not exist')

    def _look_into(self, path: Path) -> int:
        """Check the datasets of a file and return how many rows it has."""
        shapes = {}
        with open_hdf5(path, str(path), DataError) as opened:
            for name in self.top_names:
                dataset = self._dataset(opened, path, name)
                if not dataset.shape:
                    raise DataError(f'{path}: dataset "{name}" is a single value, not rows')
                dataset.check_size(self.dtype)
                shapes[name] = dataset.shape
        first = self.top_names[0]
        for name, shape in shapes.items():
            if shape[0] != shapes[first][0]:
                raise DataError(
                    f'{path}: dataset "{name}" {shape} has {shape[0]} rows, and "{first}" '
                    f"{shapes[first]} has {shapes[first][0]}"
                )
            known = self.row_shapes.setdefault(name, shape[1:])
            if shape[1:] != known:
                raise DataError(
                    f'{path}: rows of dataset "{name}" are {shape[1:]}, but {known} in {self.paths[0]}'
                )
        return shapes[first][0]

    def _dataset(self, opened: HDF5Group, path: Path, name: str) -> HDF5Dataset:
        dataset = opened.get(name)
        if isinstance(dataset, HDF5Dataset):
            return dataset
        names = opened.names()
        near = did_you_mean(name, names)
        listed = ", ".join(names[:_MOST_LISTED]) + (", ..." if len(names) > _MOST_LISTED else "")
        raise DataError(
            f'{path} has no dataset "{name}", the name of a top',
            hint=f"{near + '; ' if near else ''}datasets: {listed or 'none'}",
        )


def _stamp(path: Path) -> tuple[int, ...] | None:
    """Return what changes when a file does; None if it cannot be asked."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
