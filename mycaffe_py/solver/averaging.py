"""Averaging a net's outputs over forward passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from mycaffe_py.events.output_names import is_summary
from mycaffe_py.net.figures import printed_outputs
from mycaffe_py.net.net import Net

from .tallies import Tallies


class FigureMeans:
    """The outputs' figures averaged over passes; of ``name[min]`` and ``name[max]`` the least and the largest.

    A figure that some passes lack, since the output had another shape there, is averaged over those that have it.
    """

    def __init__(self, outputs: Any = ()):
        self._outputs = outputs
        self._passes: dict[str, int] = {}
        self.means: dict[str, float] = {}

    def add(self, values: Mapping[str, float]) -> None:
        """Add a pass."""
        for name, value in values.items():
            done = self._passes.get(name, 0)
            self._passes[name] = done + 1
            extreme = _extreme_of(name) if is_summary(name, self._outputs) else None
            if extreme is None:
                self.means[name] = (self.means.get(name, 0.0) * done + value) / (done + 1)
            else:  # NaN stays
                self.means[name] = float(extreme(self.means.get(name, value), value))


def _extreme_of(name: str) -> Any:
    return {"[min]": np.minimum, "[max]": np.maximum}.get(name[-5:])


class OutputMeans:
    """Averages the outputs of a net over forward passes; ``elements`` also those that are summarised, one by one.

    Outputs of layers with a :class:`~mycaffe_py.layer.Tally` are not averaged: their figures come first. ``settings``
    is the SolverParameter, if there is one.
    """

    def __init__(self, net: Net, *, elements: bool = False, settings: Any = None):
        self._net, self._figures = net, FigureMeans(net.outputs)
        self._tallies = Tallies(net, settings)
        self._wanted = elements
        self._sums: dict[str, Any] = {}
        self._passes = 0

    def over(
        self,
        iterations: int,
        stopped: Callable[[], bool] = bool,
        with_loss: bool = False,
        on_pass: Callable[[int, Mapping[str, float]], None] | None = None,
    ) -> dict[str, float]:
        """Return the means over ``iterations`` passes, as :func:`mean_outputs` does."""
        for done in range(iterations):
            if stopped():
                return {}
            loss = self._net.forward_layers()
            self._tallies.add_pass()
            values = self._tallies.others(self._net.outputs_of_pass())
            if with_loss:
                values["test_loss"] = loss
            if on_pass is not None:
                on_pass(done, values)
            self._figures.add(values)
            if self._wanted:
                self._add_elements()
        return self._tallies.figures() | self._figures.means

    def _add_elements(self) -> None:
        self._passes += 1
        for name in self._tallies.untold(printed_outputs(self._net)):
            values = self._net.device_blobs[name].data.reshape(-1).astype(np.float64)
            before = self._sums.get(name)
            self._sums[name] = values if before is None else _sum_or_none(before, values)

    @property
    def elements(self) -> dict[str, np.ndarray]:
        """The means of all values of the outputs of many elements, flat, by name; of those that kept their shape."""
        sums = {name: total for name, total in self._sums.items() if total.size}
        fetched = self._net.device.fetch(*sums.values())
        return {name: total / self._passes for name, total in zip(sums, fetched, strict=True)}


def _sum_or_none(before: Any, values: Any) -> Any:
    """Return a sum; what has another shape than before has none: an array without elements, which stays."""
    return before + values if before.shape == values.shape else values[:0]


def mean_outputs(
    net: Net,
    iterations: int,
    stopped: Callable[[], bool] = bool,
    with_loss: bool = False,
    on_pass: Callable[[int, Mapping[str, float]], None] | None = None,
    settings: Any = None,
) -> dict[str, float]:
    """Return each output of ``net`` averaged over ``iterations`` forward passes; empty if stopped before the last.

    ``with_loss`` adds the weighted loss as ``test_loss``. ``on_pass`` is called with each pass's number and outputs.
    Of an output of more than 128 elements, the figures are ``name[mean]``, and the least ``name[min]`` and the largest
    ``name[max]`` of all passes. For ``settings`` see :class:`OutputMeans`.
    """
    return OutputMeans(net, settings=settings).over(iterations, stopped, with_loss, on_pass)
