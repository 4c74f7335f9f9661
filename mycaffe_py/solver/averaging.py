"""The outputs of a net, averaged over forward passes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from mycaffe_py.net.net import Net


def mean_outputs(
    net: Net,
    iterations: int,
    stopped: Callable[[], bool] = bool,
    with_loss: bool = False,
    tell: Callable[[int, Mapping[str, float]], None] | None = None,
) -> dict[str, float]:
    """Return each output of ``net`` averaged over ``iterations`` forward passes; nothing if stopped before the last.

    ``with_loss`` adds the weighted loss as ``test_loss``. ``tell`` is told of the figures of each pass.
    """
    totals: dict[str, float] = {}
    for done in range(iterations):
        if stopped():
            return {}
        loss = net.forward_layers()
        values = net.output_values() | ({"test_loss": loss} if with_loss else {})
        if tell is not None:
            tell(done, values)
        for name, value in values.items():
            totals[name] = (totals.get(name, 0.0) * done + value) / (done + 1)
    return totals
