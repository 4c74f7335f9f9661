"""The MemoryData layer."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.errors import DataError, ShapeError, SnapshotError
from mycaffe_py.layer import Layer
from mycaffe_py.seeding import named_generator
from mycaffe_py.stored import Stored
from mycaffe_py.stores import datum_to_array

from .data_transformer import (
    ANNOTATED_ONLY,
    SCALES_ONLY,
    DataTransformer,
)


class MemoryData(Layer):
    """Delivers arrays passed by the program, batch by batch and cyclically.

    No bottoms. Top 0: ``batch_size`` items (batch, channels, height, width). Top 1: the labels,
    (batch) and, as in Caffe, (batch, 1, 1, 1) from the first forward on; may be left out, unlike
    in Caffe, but as in MyCaffe with ``label_type: NONE``. Data are set by
    :meth:`reset`, unchanged, or by :meth:`add_datum_vector` or :meth:`add_images`, which apply
    ``transform_param``. A forward before that fails.
    """

    type = "MemoryData"
    parameters = ("memory_data_param", "transform_param")
    conditions = (ANNOTATED_ONLY, SCALES_ONLY)
    exact_num_bottom_blobs = 0
    min_top_blobs, max_top_blobs = 1, 2

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Shape the tops."""
        param = self.param.memory_data_param
        for name in ("batch_size", "channels", "height", "width"):
            if getattr(param, name) < 1:
                self.fail(f"{name} must be given and at least 1", field=f"memory_data_param.{name}")
        self.batch_size = param.batch_size
        self.item_shape = (param.channels, param.height, param.width)
        self.transformer = DataTransformer(self)
        self.seed, self.position, self.additions = self.device.seed, 0, 0
        self._data: Any = None
        self._labels: Any = None
        self._unread = False
        top[0].reshape(self.batch_size, *self.item_shape)
        if len(top) > 1:
            top[1].reshape(self.batch_size)

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Do nothing: forward shapes the tops."""

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy the next batch into the tops."""
        if self._data is None:
            self.fail(
                "there is no data yet",
                hint="call reset(data, labels), add_datum_vector or add_images on the layer first, or "
                "set_input_arrays on the net",
            )
        part = slice(self.position, self.position + self.batch_size)
        top[0].reshape(self.batch_size, *self.item_shape)
        top[0].data[...] = self.device.asarray(self._data[part], dtype=self.dtype)
        if len(top) > 1:
            top[1].reshape(self.batch_size, 1, 1, 1)
            labels = self.device.asarray(self._labels[part], dtype=self.dtype)
            top[1].data[...] = labels.reshape(top[1].shape)
        self.position = (self.position + self.batch_size) % len(self._data)
        self._unread &= self.position != 0

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Do nothing: there are no bottoms."""

    # Setting the data.

    def reset(self, data: Any, labels: Any) -> None:
        """Set data (n, channels, height, width) and labels (n), on the host or the device.

        n must be a multiple of batch_size. The arrays are used as they are, neither copied nor
        transformed. Raises ShapeError.
        """
        data, labels = (
            values if hasattr(values, "get") else np.asarray(values) for values in (data, labels)
        )
        if data.ndim != 4 or data.shape[1:] != self.item_shape:
            self._misfit(
                f"data {data.shape} must be (n, channels, height, width) = (n, "
                f"{', '.join(map(str, self.item_shape))})"
            )
        count = len(data)
        if labels.size != count or labels.ndim < 1 or labels.shape[0] != count:
            self._misfit(f"labels {labels.shape} must be one for each item of data {data.shape}")
        if not count or count % self.batch_size:
            self._misfit(
                f"the number of items of data {data.shape} must be a multiple of batch_size "
                f"{self.batch_size}"
            )
        self._data, self._labels, self.position = data, labels, 0

    def add_datum_vector(self, datums: Iterable[Any]) -> None:
        """Add the images and labels of Datum messages, transformed."""
        datums = list(datums)
        try:
            images = [datum_to_array(datum, self.transformer.color) for datum in datums]
        except DataError as error:
            self.fail(f"unusable datum: {error.message}", hint=error.hint)
        self._add(images, [datum.label for datum in datums])

    def add_images(self, images: Iterable[Any], labels: Iterable[float]) -> None:
        """Add images (height, width, channels) or (height, width), transformed, and their labels."""
        arrays = [np.asarray(image) for image in images]
        turned = [a[None] if a.ndim == 2 else a.transpose(2, 0, 1) for a in arrays]
        self._add(turned, list(labels))

    def _add(self, images: Sequence[np.ndarray], labels: Sequence[float]) -> None:
        if self._unread:
            self.fail("data cannot be added before the present data have been read once")
        generator = named_generator(self.seed, "layer", self.name, "added", self.additions)
        data = np.empty((len(images), *self.item_shape), self.dtype)
        for index, (image, target) in enumerate(zip(images, data, strict=True)):
            try:
                shape = self.transformer.shape(image.shape)
            except DataError as error:
                self.fail(f"item {index}: {error.message}", hint=error.hint)
            if shape != self.item_shape:
                self._misfit(f"item {index} gives {shape}, expected {self.item_shape}")
            self.transformer.apply(image, target, generator)
        self.reset(data, np.asarray(labels, dtype=self.dtype))
        self.additions += 1
        self._unread = True

    def set_batch_size(self, batch_size: int) -> None:
        """Set the size of the following batches."""
        if self._unread:
            self.fail("the batch size cannot change before the added data have been read")
        if batch_size < 1:
            self.fail(f"batch_size must be at least 1, got {batch_size}")
        self.batch_size = batch_size
        self._data = self._labels = None

    def _misfit(self, message: str) -> None:
        raise ShapeError(f'layer "{self.name}" ({self.type}): {message}')

    # State.

    def state(self) -> dict[str, int]:
        """Return the position in the data; the data themselves belong to the program."""
        return {"position": self.position, "additions": self.additions, "seed": self.seed}

    def load_state(self, state: Any) -> None:
        """Continue at a position, after the same data have been set."""
        stored = Stored(state, f'layer "{self.name}" ({self.type})')
        position, additions = (stored.whole(name) for name in ("position", "additions"))
        seed = stored.whole("seed", least=-(2**63))
        if self._data is not None and position >= len(self._data):
            raise SnapshotError(
                f'layer "{self.name}" ({self.type}): the snapshot was made at item {position}, but '
                f"there are {len(self._data)}"
            )
        self.position, self.additions, self.seed = position, additions, seed
