"""The tallies of a net's layers over one test: see :class:`mycaffe_py.layer.Tally`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from mycaffe_py.errors import ConfigError
from mycaffe_py.events.output_names import blob_of
from mycaffe_py.net.net import Net


def tallied_outputs(net: Net) -> dict[str, bool]:
    """Return the outputs of a test net that have a tally, and whether higher figures of them are better."""
    return {
        top[0].name: layer.test_tally(None).higher_is_better
        for layer, top in zip(net.device_layers, net.tops, strict=True)
        if hasattr(layer, "test_tally") and top[0].name in net.outputs
    }


class Tallies:
    """What the layers of a test net report of a whole test, instead of means of their tops."""

    def __init__(self, net: Net, settings: Any = None):
        self._net = net
        self._of_layers = [
            (layer.test_tally(settings), [blob.name for blob in top])
            for layer, top in zip(net.device_layers, net.tops, strict=True)
            if hasattr(layer, "test_tally")
        ]
        self._tops = {name for _, names in self._of_layers for name in names}
        if settings is not None and settings.eval_type == "detection" and not self._of_layers:
            raise ConfigError(
                f'solver: eval_type is "detection", but no layer of test net "{net.name}" evaluates one',
                hint="add a DetectionEvaluate layer to it, or remove eval_type",
                field="eval_type",
            )

    def add_pass(self) -> None:
        """Take what the latest pass gave."""
        for tally, names in self._of_layers:
            blobs = (self._net.device_blobs[name] for name in names)
            tally.add([self._net.readings.of(blob) for blob in blobs])

    def others(self, values: Mapping[str, float]) -> dict[str, float]:
        """Return those of the net's output values that are to be averaged."""
        if not self._tops:
            return dict(values)
        outputs = self._net.outputs
        return {
            name: value
            for name, value in values.items()
            if blob_of(name, outputs) not in self._tops
        }

    def untold(self, names: Iterable[str]) -> list[str]:
        """Return the outputs among ``names`` that have no tally."""
        return [name for name in names if name not in self._tops]

    def figures(self) -> dict[str, float]:
        """Return the figures of the test."""
        return {
            name: value for tally, _ in self._of_layers for name, value in tally.figures().items()
        }
