"""The passes of a net with frozen weights over its own data, with the lines that Caffe's tool logs along the way."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mycaffe_py.events.caffe_log import printed_values
from mycaffe_py.events.metric_text import loss_part
from mycaffe_py.events.net_log import memory_line
from mycaffe_py.events.output_names import element_weight
from mycaffe_py.net.net import Net
from mycaffe_py.solver.averaging import OutputMeans, mean_outputs

from . import glog
from .failures import say
from .nets import require_data
from .views import is_live_terminal

_LOSS = "test_loss"


def log_of(as_json: bool) -> Callable[[str], None] | None:
    """Return what takes the lines of Caffe's log: stderr, unless a person sees the result; else log files, or None."""
    if not as_json and (glog.rules().plain or not is_live_terminal()):
        return say
    return glog.note_line if glog.has_files() else None


def means_of(
    net: Net, iterations: int, log: Callable[[str], None] | None, settings: Any = None
) -> dict[str, float]:
    """Return the outputs' means; ``log`` takes the lines that Caffe writes along the way.

    ``settings`` is the SolverParameter, if there is one: how detections are evaluated.
    """
    require_data(net, "add --solver FILE with a trainer and gym, or give the net data layers")
    try:
        if log is None:
            return mean_outputs(net, iterations, settings=settings)
        return _logged(net, iterations, log, settings)
    finally:
        net.close()


def _logged(
    net: Net, iterations: int, log: Callable[[str], None], settings: Any
) -> dict[str, float]:
    """Return the means, and log as Caffe's tool does; of each batch only a summary of outputs of many elements."""
    weights = net.blob_loss_weights

    def log_batch(batch: int, values: Mapping[str, float]) -> None:
        own = [(name, value) for name, value in values.items() if name != _LOSS]
        for name, value in printed_values(own, {}, weights):
            log(f"Batch {batch}, {name} = {value:.6g}")

    glog.note_net(net)
    log(memory_line(net))
    log(f"Running for {iterations} iterations.")
    averaged = OutputMeans(net, elements=True, settings=settings)
    means = averaged.over(iterations, with_loss=True, on_pass=log_batch)
    log(f"Loss: {means.pop(_LOSS):.6g}")
    for name, value in printed_values(means.items(), averaged.elements, weights):
        log(f"{name} = {value:.6g}{loss_part(value, element_weight(name, weights), '{:.6g}')}")
    return means
