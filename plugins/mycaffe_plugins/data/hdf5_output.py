"""The HDF5Output layer."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.errors import LayerError, OutputError, SnapshotError, require
from mycaffe_py.layer import Layer, output_setting
from mycaffe_py.stored import Stored
from mycaffe_py.stores import HDF5Dataset, open_hdf5
from mycaffe_py.written_files import is_marked_hdf5, mark_hdf5

_FIELD = "hdf5_output_param.file_name"
_DATASETS = ("data", "label")
_CHUNK_BYTES = 1 << 20
_SPACE_OF_HDF5 = 4 * _CHUNK_BYTES


class HDF5Output(Layer):
    """Writes its bottoms into an HDF5 file, as datasets ``data`` and ``label``.

    Two bottoms (N, ...), no tops. Every forward appends its rows; the first one overwrites the file
    (Caffe can write only once), if it is empty or was written by such a layer; any other is refused. A net
    resumed from a solver state continues the file. There is no gradient: the bottoms get 0.
    """

    type = "HDF5Output"
    parameters = ("hdf5_output_param",)
    exact_num_bottom_blobs = 2
    exact_num_top_blobs = 0

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that the file can be written, without touching it before the first forward."""
        self.h5py = require("h5py", "hdf5")
        self.rows = 0
        name = self.param.hdf5_output_param.file_name
        if not name:
            self.fail("file_name is not set: expected the file to write", field=_FIELD)
        self.path = output_setting(self, name, _FIELD)
        if not os.path.isdir(self.path.parent):
            self.fail(f'folder "{self.path.parent}" does not exist', field=_FIELD)
        if os.path.isdir(self.path):
            self.fail(f'"{self.path}" is a folder, not a file', field=_FIELD)
        self._require_own_file()

    def _require_own_file(self) -> None:
        """Refuse a file that exists, unless it is empty or such a layer has written it."""
        try:
            if self._is_own_file():
                return
        except FileNotFoundError:
            return
        except OSError as error:
            self.fail(f'"{self.path}" cannot be replaced: {error.strerror or error}', field=_FIELD)
        self.fail(
            f'"{self.path}" exists, and was not written by a layer of this type',
            field=_FIELD,
            hint="remove it, or choose another file_name",
        )

    def _is_own_file(self) -> bool:
        """Whether the file, which exists, may be replaced; raises OSError."""
        status = os.stat(self.path)
        is_empty = stat.S_ISREG(status.st_mode) and not status.st_size
        return is_empty or is_marked_hdf5(self.path)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that both bottoms have the same number of rows."""
        data, label = bottom
        if not data.shape or not label.shape or data.shape[0] != label.shape[0]:
            self.fail(
                f'bottom "{data.name}" {data.shape} and bottom "{label.name}" {label.shape} must have '
                "the same number of rows (axis 0)"
            )

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Append the rows; the file is complete and closed after each forward."""
        arrays = [self.device.to_host(blob.data) for blob in bottom]
        self._check_space(sum(values.nbytes for values in arrays))
        if not self.rows:
            self._require_own_file()
        try:
            with self.h5py.File(self.path, "r+" if self.rows else "w") as file:
                if not self.rows:
                    mark_hdf5(file)
                    file.flush()  # whatever happens now, the file is known as ours
                for name, values, blob in zip(_DATASETS, arrays, bottom, strict=True):
                    dataset = _dataset(file, name) if self.rows else _new(file, name, values)
                    self._check_rows(dataset, blob)
                    dataset.resize(self.rows + len(values), axis=0)
                    dataset[self.rows :] = values
        except LayerError:
            raise
        except (OSError, KeyError, RuntimeError, ValueError) as error:
            number = getattr(error, "errno", None)  # HDF5's own message is long
            why = os.strerror(number) if number else error
            raise OutputError(
                f'layer "{self.name}" ({self.type}): cannot write {self.path}: {why}'
            ) from error
        self.rows += len(arrays[0])

    def _check_space(self, size: int) -> None:
        """Fail before HDF5 does: an unfinished file would be lost, and might crash the process."""
        try:
            free = shutil.disk_usage(self.path.parent).free
        except OSError:
            return
        if free < size + _SPACE_OF_HDF5:
            raise OutputError(
                f'layer "{self.name}" ({self.type}): cannot write {size} bytes into {self.path}: '
                f"only {free} are free in its folder"
            )

    def _check_rows(self, dataset: Any, blob: Blob) -> None:
        name = dataset.name.lstrip("/")
        if dataset.shape[1:] != blob.shape[1:]:
            self.fail(
                f'bottom "{blob.name}" is {blob.shape}, but dataset "{name}" of {self.path} is '
                f"{dataset.shape}: all rows must have the same shape"
            )
        if len(dataset) < self.rows:
            self.fail(
                f'dataset "{name}" of {self.path} has {len(dataset)} rows, but this layer wrote '
                f"{self.rows}: does another layer write to this file?",
                field="hdf5_output_param.file_name",
            )

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Write zero gradients."""
        for blob, wanted in zip(bottom, propagate_down, strict=True):
            if wanted:
                blob.diff.fill(0)

    def state(self) -> dict[str, int]:
        """Return the number of rows written."""
        return {"rows": self.rows}

    def load_state(self, state: Any) -> None:
        """Continue after the rows that had been written."""
        stored = Stored(state, f'layer "{self.name}" ({self.type})')
        rows = stored.whole("rows") if "rows" in stored else 0
        if rows and not self._has_rows(rows):
            raise SnapshotError(
                f'layer "{self.name}" ({self.type}): {self.path} should have at least {rows} rows, as '
                "it did when the snapshot was made",
                hint=self._hint(),
            )
        self.rows = rows

    def _hint(self) -> str | None:
        with suppress(OSError):
            if not is_marked_hdf5(self.path):
                return (
                    f"{self.path} lacks the attribute written_by: another program wrote it, or a mycaffe that did not "
                    "mark its files yet"
                )
        return None

    def _has_rows(self, rows: int) -> bool:
        try:
            if not is_marked_hdf5(self.path):
                return False
            with open_hdf5(self.path, str(self.path), SnapshotError) as file:
                found = [file.get(name) for name in _DATASETS]
                if not all(
                    isinstance(one, HDF5Dataset) and one.shape[:1] >= (rows,) for one in found
                ):
                    return False
            with self.h5py.File(self.path, "r") as file:
                return all(_dataset(file, name) is not None for name in _DATASETS)
        except (SnapshotError, OSError):
            return False


def _dataset(file: Any, name: str) -> Any:
    """Return a dataset of which all values are in the file itself; raises OSError if there is none."""
    link = file.get(name, getlink=True)
    if type(link).__name__ == "HardLink":
        dataset = file[name]
        inside = not getattr(dataset, "is_virtual", True) and not dataset.external
        if inside and dataset.shape and dataset.chunks:
            return dataset
    raise OSError(f'its dataset "{name}" is not one that this layer made')


def _new(file: Any, name: str, values: np.ndarray) -> Any:
    row = values.shape[1:]
    bytes_per_row = max(1, int(np.prod(row)) * values.itemsize)
    return file.create_dataset(
        name,
        shape=(0, *row),
        maxshape=(None, *row),
        chunks=(max(1, _CHUNK_BYTES // bytes_per_row), *row) if np.prod(row) else None,
        dtype=values.dtype,
    )
