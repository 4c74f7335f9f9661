"""The BitStreamData layer."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mycaffe_py.blob import Blob

from .bit_streams import STEPS, draw_streams
from .data_layer import PREFETCH_ONLY, Batch, DataLayer
from .order import Order

MAX_STREAMS = 1_000_000


class BitStreamData(DataLayer):
    """Streams of 2 to 31 random bits whose label is the parity of their ones: the CfC paper's XOR task.

    No bottoms. Tops for ``batch_size`` streams N, each as events of T = 32 steps: x (N, T, 1), the bit; tt (N, T), the
    bits since the previous event over 32; mask (N, T, 1), 1 at events; label (N, 1), 1 where the number of ones is odd.
    A stream has an event where the bit changes and at its end, or, with ``dense``, at each bit; the rest of the 32
    steps is 0, after the events or, with ``pad_front``, before them. The streams depend on ``seed`` alone;
    ``shuffle`` draws a different order for each pass, by the net's seed.
    """

    type = "BitStreamData"
    parameters = ("bit_stream_param", "data_param")
    conditions = (PREFETCH_ONLY,)
    settings_field = "bit_stream_param"
    exact_num_top_blobs = 4

    def open(self, top: Sequence[Blob]) -> None:
        """Draw the streams and shape the tops."""
        param = self.settings
        if not 1 <= param.streams <= MAX_STREAMS:
            self.fail(
                f"streams must be from 1 to {MAX_STREAMS}, got {param.streams}",
                field="bit_stream_param.streams",
            )
        self.size = param.streams
        self.streams = draw_streams(self.size, param.seed, param.dense)
        self.restarted()
        for blob, shape in zip(top, self._shapes(), strict=True):
            blob.reshape(shape)

    def restarted(self) -> None:
        """Draw a new order."""
        self.order = Order(self.size, self.settings.shuffle, lambda n: self.generator("order", n))

    def load(self, first: int, batch: Batch) -> None:
        """Copy the streams."""
        n, streams = self.batch_size, self.streams
        x, times, mask, labels = (
            batch.array(index, shape) for index, shape in enumerate(self._shapes())
        )
        places = np.array([self.order.place(first + index)[1] for index in range(n)])
        counts = streams.counts[places, None]
        step = np.arange(STEPS)
        if self.settings.pad_front:
            step = step - (STEPS - counts)  # events are numbered from 0; padding is negative
        events = (step >= 0) & (step < counts)
        rows, step = places[:, None], np.broadcast_to(step, (n, STEPS))
        x[..., 0] = np.where(events, streams.values[rows, step], 0)
        np.divide(np.where(events, streams.elapsed[rows, step], 0), STEPS, out=times)
        mask[..., 0] = events
        labels[:, 0] = streams.labels[places]

    def _shapes(self) -> tuple[tuple[int, ...], ...]:
        n = self.batch_size
        return (n, STEPS, 1), (n, STEPS), (n, STEPS, 1), (n, 1)
