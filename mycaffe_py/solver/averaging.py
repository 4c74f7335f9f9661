"""Averaging a net's outputs over forward passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mycaffe_py.net.net import Net


def mean_outputs(
    net: Net,
    iterations: int,
    stopped: Callable[[], bool] = bool,
    with_loss: bool = False,
    on_pass: Callable[[int, Mapping[str, float]], None] | None = None,
) -> dict[str, float]:
    """Return each output of ``net`` averaged over ``iterations`` forward passes; empty if stopped before the last.

    ``with_loss`` adds the weighted loss as ``test_loss``. ``on_pass`` is called with each pass's number and outputs.
    """
    totals: dict[str, float] = {}
    for done in range(iterations):
        if stopped():
            return {}
        loss = net.forward_layers()
        values = net.outputs_of_pass() | ({"test_loss": loss} if with_loss else {})
        if on_pass is not None:
            on_pass(done, values)
        for name, value in values.items():
            totals[name] = (totals.get(name, 0.0) * done + value) / (done + 1)
    return totals
