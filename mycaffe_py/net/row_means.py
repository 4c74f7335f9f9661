"""Means over the rows of an array, of what a net gives for each batch of them."""

from __future__ import annotations

from typing import Any

from mycaffe_py.events.output_names import with_outputs


class RowMeans:
    """The loss and the outputs that are single numbers, averaged over batches, each with the weight of its rows.

    An output with a number for each row is a single number in a batch of one row; it is left out unless all batches
    are such.
    """

    def __init__(self, net: Any):
        self._net = net
        self._totals: dict[str, float] = {}
        self._batches: dict[str, int] = {}
        self._rows = self._added = 0
        weights = {name: weight for name, weight in net.blob_loss_weights.items() if weight}
        self._loss_is_output = weights == {"loss": 1} and "loss" in net.outputs

    def add(self, loss: float, rows: int) -> None:
        """Add the batch that the net has just seen, with its weighted loss."""
        net = self._net
        blobs = {name: net.device_blobs[name] for name in net.outputs}
        outputs = {
            name: net.readings.of(blob).item() for name, blob in blobs.items() if blob.count == 1
        }
        if self._loss_is_output:
            del outputs["loss"]
        for name, value in with_outputs({"loss": loss}, outputs).items():
            self._totals[name] = self._totals.get(name, 0.0) + value * rows
            self._batches[name] = self._batches.get(name, 0) + 1
        self._rows += rows
        self._added += 1

    def means(self) -> dict[str, float]:
        """Return the means by name; empty before the first batch."""
        return {
            name: total / self._rows
            for name, total in self._totals.items()
            if self._batches[name] == self._added
        }
