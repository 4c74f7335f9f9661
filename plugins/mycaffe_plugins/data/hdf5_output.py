"""The HDF5Output layer."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.errors import OutputError, SnapshotError, require
from mycaffe_py.layer import Layer

_DATASETS = ("data", "label")
_CHUNK_BYTES = 1 << 20
_SPACE_OF_HDF5 = 4 * _CHUNK_BYTES


class HDF5Output(Layer):
    """Writes its bottoms into an HDF5 file, as datasets ``data`` and ``label``.

    Two bottoms (N, ...), no tops. Every forward appends its rows; the first one overwrites the file
    (Caffe can write only once). A net resumed from a solver state continues the file. There is no
    gradient: the bottoms get 0.
    """

    type = "HDF5Output"
    parameters = ("hdf5_output_param",)
    exact_num_bottom_blobs = 2
    exact_num_top_blobs = 0

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Check that the file can be written, without touching it before the first forward."""
        field = "hdf5_output_param.file_name"
        self.h5py = require("h5py", "hdf5")
        self.rows = 0
        name = self.param.hdf5_output_param.file_name
        if not name:
            self.fail("file_name is not set: expected the file to write", field=field)
        self.path = Path(name)
        if not os.path.isdir(self.path.parent):
            self.fail(f'folder "{self.path.parent}" does not exist', field=field)
        if os.path.isdir(self.path):
            self.fail(f'"{self.path}" is a folder, not a file', field=field)

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
        try:
            with self.h5py.File(self.path, "r+" if self.rows else "w") as file:
                for name, values, blob in zip(_DATASETS, arrays, bottom, strict=True):
                    dataset = file[name] if self.rows else _new_dataset(file, name, values)
                    self._check_rows(dataset, blob)
                    dataset.resize(self.rows + len(values), axis=0)
                    dataset[self.rows :] = values
        except (OSError, KeyError, RuntimeError) as error:
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
        rows = int(state.get("rows", 0))
        if rows and not self._has_rows(rows):
            raise SnapshotError(
                f'layer "{self.name}" ({self.type}): {self.path} should have at least {rows} rows, as '
                "it did when the snapshot was made"
            )
        self.rows = rows

    def _has_rows(self, rows: int) -> bool:
        try:
            with self.h5py.File(self.path, "r") as file:
                return all(len(file[name]) >= rows for name in _DATASETS)
        except (OSError, KeyError):
            return False


def _new_dataset(file: Any, name: str, values: np.ndarray) -> Any:
    row = values.shape[1:]
    bytes_per_row = max(1, int(np.prod(row)) * values.itemsize)
    return file.create_dataset(
        name,
        shape=(0, *row),
        maxshape=(None, *row),
        chunks=(max(1, _CHUNK_BYTES // bytes_per_row), *row) if np.prod(row) else None,
        dtype=values.dtype,
    )
