"""The base class of the data layers that read ahead."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from mycaffe_py.blob import Blob
from mycaffe_py.errors import DataError, MissingFileError, SnapshotError
from mycaffe_py.layer import Layer
from mycaffe_py.plugins import Only
from mycaffe_py.seeding import named_generator
from mycaffe_py.stored import Stored

from .data_transformer import DataTransformer, Placement
from .prefetching import Prefetcher

_MOST = 2**62
"""The largest number of a record: batches are counted on from it, in 64 bits."""

OLD_FORMS = ("scale", "mean_file", "crop_size", "mirror")
"""Fields that moved into ``transform_param``."""


PREFETCH_ONLY = Only(
    *(
        f"data_param.{name}"
        for name in (
            "source",
            "batch_size",
            "rand_skip",
            "backend",
            "enable_random_selection",
            "force_encoded_color",
            *OLD_FORMS,
        )
    ),
    when="never",
)
"""What layers with settings of their own declare: of ``data_param`` they read ``prefetch``."""


@dataclass
class Batch:
    """Host arrays, one for each top, and the position after the batch."""

    dtype: np.dtype
    arrays: list[np.ndarray] = field(default_factory=list)
    following: int = 0

    def array(self, index: int, shape: tuple[int, ...]) -> np.ndarray:
        """Return the array to fill for top ``index``; its memory is reused if it fits."""
        while len(self.arrays) <= index:
            self.arrays.append(np.empty(0, self.dtype))
        kept = self.arrays[index]
        if kept.shape != shape:
            kept = self.arrays[index] = np.empty(shape, self.dtype)
        return kept


_ALWAYS_AHEAD, _BYTES_AHEAD = 4, 1 << 30
"""So many batches may be read ahead, whatever their size; more of them up to so many bytes."""


class DataLayer(Layer):
    """Base of the layers whose tops come from a store, batch by batch, read ahead in a thread.

    A subclass sets ``settings_field``; its ``open`` reads the settings, opens the store and shapes
    the tops; ``load`` fills a batch with the records from ``first`` on. Random choices depend
    only on the device's seed at setup, the layer's name and the record's number, so the state is
    the number of the next record that ``forward`` will deliver, regardless of what was read ahead.
    ``data_param.prefetch`` is the number of batches read ahead (by all these layers, as in Caffe); more than 4 only as
    far as they have 1 GiB together.
    """

    settings_field: ClassVar[str] = ""
    exact_num_bottom_blobs = 0
    transformer: DataTransformer
    """What :meth:`put_image` applies; a subclass that calls it sets it."""

    def setup(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Open the store and shape the tops by its first record."""
        self.settings = getattr(self.param, self.settings_field)
        self.top_names = [blob.name for blob in top]
        self.seed, self.position, self.size = self.device.seed, 0, 0
        self.batch_size = self.settings.batch_size
        if self.batch_size < 1:
            self.fail("batch_size must be at least 1", field=f"{self.settings_field}.batch_size")
        if self.param.data_param.prefetch < 1:
            self.fail("prefetch must be at least 1", field="data_param.prefetch")
        self._spare: list[Batch] = []
        self._fetched: Batch | None = None
        self._prefetcher = Prefetcher(self, self.param.data_param.prefetch)
        self.open(top)
        size = sum(blob.count * blob.dtype.itemsize for blob in top)
        self._prefetcher.limit(max(_ALWAYS_AHEAD, _BYTES_AHEAD // max(1, size)))
        self._ahead = self.position

    def open(self, top: Sequence[Blob]) -> None:
        """Read the settings, open the store, set ``size`` (its records) and shape the tops."""
        raise TypeError(f"layer type {self.type} does not define open()")

    def load(self, first: int, batch: Batch) -> None:
        """Fill ``batch`` with ``batch_size`` records, the first of number ``first``."""
        raise TypeError(f"layer type {self.type} does not define load()")

    def reshape(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Do nothing: each batch brings its shape."""

    def await_input(self) -> None:
        """Wait for the next batch and keep it for ``forward``; raise what went wrong when it was read."""
        if self._fetched is None:
            self._fetched = self._next_batch()

    def forward(self, bottom: Sequence[Blob], top: Sequence[Blob]) -> None:
        """Copy the next batch into the tops."""
        self.await_input()
        batch = self._fetched
        if batch is None or batch.following != self.position + self.batch_size:
            # Ctrl-C interrupted the hand-over of a batch, and the program continues: make that batch again.
            self._restart()
            batch = self._next_batch()
        for blob, values in zip(top, batch.arrays, strict=True):
            blob.reshape(values.shape)
            self.device.send(values, blob.data)
        self.position, self._fetched = batch.following, None
        self._spare.append(batch)

    def _next_batch(self) -> Batch:
        if not self._prefetcher.is_running:
            self._ahead = self.position
        batch: Batch = self._prefetcher.take()
        return batch

    def _restart(self) -> None:
        """Forget what was read ahead."""
        self._prefetcher.stop()
        self._fetched, self._ahead = None, self.position

    def backward(
        self, top: Sequence[Blob], propagate_down: Sequence[bool], bottom: Sequence[Blob]
    ) -> None:
        """Do nothing: there are no bottoms."""

    def make_batch(self) -> Batch:
        """Return the next batch; called by the thread that reads ahead."""
        batch = self._spare.pop() if self._spare else Batch(self.dtype)
        self.load(self._ahead, batch)
        batch.following = self._ahead = self._ahead + self.batch_size
        return batch

    # State.

    def state(self) -> dict[str, int]:
        """Return the number of the next record, the seed, and how many records the store has."""
        return {"position": self.position, "seed": self.seed, "records": self.size}

    def load_state(self, state: Any) -> None:
        """Continue with the record at which the state was taken."""
        stored = Stored(state, self.label)
        position, size = stored.whole("position", most=_MOST), stored.whole("records")
        seed = stored.whole("seed", least=-(2**63))
        if size != self.size:
            raise SnapshotError(
                f"{self.label}: its source had {size} records when the snapshot was made and has "
                f"{self.size} now"
            )
        self._restart()
        self.position, self.seed = position, seed
        self.restarted()

    def restarted(self) -> None:
        """Discard what was cached for an earlier position or seed."""

    def close(self) -> None:
        """Stop the thread; a later forward restarts it."""
        if hasattr(self, "_prefetcher"):
            self._restart()

    # For subclasses.

    def drawn_skip(self) -> int:
        """Return the number of records that ``rand_skip`` skips at the start."""
        skip = self.settings.rand_skip
        return int(self.generator("skip").integers(skip)) if skip else 0

    def put_image(
        self,
        batch: Batch,
        index: int,
        image: np.ndarray,
        generator: np.random.Generator,
        *,
        name: str,
        sizes: str,
    ) -> Placement:
        """Transform an image into item ``index`` of top 0, whose shape is set by the first image of a batch.

        Returns which part of it that is.
        If a later one has another shape, the error calls it ``name`` and says that ``sizes`` are needed.
        """
        shape = self.transformer.shape(image.shape)
        if not index:
            batch.array(0, (self.batch_size, *shape))
        images = batch.arrays[0]
        if shape != images.shape[1:]:
            raise DataError(
                f'{name} gives {shape} for top "{self.top_names[0]}", but the batch began with '
                f"{images.shape[1:]}",
                hint=f"images of different sizes need {sizes}",
            )
        return self.transformer.apply(image, images[index], generator)

    @property
    def label(self) -> str:
        """The layer's name in messages."""
        return f'layer "{self.name}" ({self.type})'

    def generator(self, *names: str | int) -> np.random.Generator:
        """Return this layer's random generator for a purpose."""
        return named_generator(self.seed, "layer", self.name, *names)

    def find_source(self, what: str, setting: str = "source") -> Path:
        """Return the path that the setting ``source`` names."""
        name, place = getattr(self.settings, setting), f"{self.settings_field}.{setting}"
        if not name:
            self.fail(f"{setting} is not set: expected the {what}", field=place)
        return self.find_file(name, place, what)

    def refuse_old_forms(self, but: str = "") -> None:
        """Fail if a setting is in its place from Caffe's first versions; ``but`` is still allowed there."""
        for name in OLD_FORMS:
            if name != but and self.settings.HasField(name):
                self.fail(
                    f"{name} belongs in transform_param",
                    field=f"{self.settings_field}.{name}",
                    hint=f"write transform_param {{ {name}: ... }}",
                )

    @contextmanager
    def naming(self, where: str | Callable[[], str] = "", setting: str = "") -> Iterator[None]:
        """Add the layer's name, and ``where`` in the store or what it returns, to data errors."""
        try:
            yield
        except (DataError, MissingFileError) as error:
            if self.label in error.message:
                raise
            where = where if isinstance(where, str) else where()
            message = f"{self.label}: {where}{': ' if where else ''}{error.message}"
            named = DataError(message, hint=error.hint, location=error.location)
            named.field = f"{self.settings_field}.{setting}" if setting else ""
            raise named from error
