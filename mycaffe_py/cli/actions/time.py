"""Implementation of ``mycaffe time``."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import click
import numpy as np

from mycaffe_py.cli.banner import net_line
from mycaffe_py.cli.failures import say
from mycaffe_py.cli.nets import build_net
from mycaffe_py.cli.options import device_name, load_plugins, naming_overrides
from mycaffe_py.device.denormals import flush_denormals
from mycaffe_py.errors import ConfigError, LayerError
from mycaffe_py.layer.layer import TEST, TRAIN, Layer
from mycaffe_py.weights import split_paths

_BAR = 20


@dataclass
class LayerTime:
    """Seconds that one layer took in all iterations; ``backward`` is None for a layer without gradient."""

    name: str
    type: str
    forward: float = 0.0
    backward: float | None = 0.0


@dataclass
class Timing:
    """Measured times; ``iterations`` holds the seconds of each one."""

    loss: float = 0.0
    layers: list[LayerTime] = field(default_factory=list)
    iterations: list[float] = field(default_factory=list)

    @property
    def forward(self) -> float:
        """Mean seconds of a forward pass."""
        return sum(layer.forward for layer in self.layers) / len(self.iterations)

    @property
    def backward(self) -> float:
        """Mean seconds of a backward pass."""
        return sum(layer.backward or 0.0 for layer in self.layers) / len(self.iterations)

    @property
    def total(self) -> float:
        """Seconds of all iterations."""
        return sum(self.iterations)


def time_net(
    *,
    model: str | None,
    weights: tuple[str, ...],
    iterations: int,
    phase: str,
    as_json: bool,
    gpu: str | None,
    device: str | None,
    plugins: tuple[str, ...],
    **given: Any,
) -> int:
    """Time the net and print the result; return the exit code."""
    if model is None:
        raise ConfigError("nothing to time", hint="add --model FILE")
    given |= {"registry": load_plugins(plugins), "device": device_name(device, gpu)}
    with naming_overrides(given["overrides"]), np.errstate(all="ignore"):
        number = TEST if phase.upper() == "TEST" else TRAIN
        net = build_net(model, number, split_paths(weights), **given)
        try:
            if not as_json:
                say(f"device {net.device.name}  {net_line(net)}")
            _print(net, iterations, as_json)
        finally:
            net.close()
    return 0


def _print(net: Any, iterations: int, as_json: bool) -> None:
    caffes_form = not as_json and not sys.stdout.isatty()

    def begun(loss: float) -> None:
        if caffes_form:
            click.echo(f"Initial loss: {loss:g}\n*** Benchmark begins ***")
            click.echo(f"Testing for {iterations} iterations.")

    def done(number: int, seconds: float) -> None:
        if caffes_form:
            click.echo(f"Iteration: {number} forward-backward time: {1e3 * seconds:g} ms.")

    timing = measure(net, iterations, begun, done)
    if as_json:
        click.echo(json.dumps(as_values(net, timing), indent=2, allow_nan=False))
    else:
        lines = caffes_lines(timing) if caffes_form else table_lines(timing)
        click.echo("\n".join(lines))


def measure(
    net: Any,
    iterations: int,
    begun: Callable[[float], None] = lambda loss: None,
    done: Callable[[int, float], None] = lambda number, seconds: None,
) -> Timing:
    """Run a net forward and backward, layer by layer.

    Every layer that has a gradient runs backward, needed or not, with the net's own propagate_down.
    """
    _fill_inputs(net)
    timing = Timing(layers=[LayerTime(layer.name, layer.type) for layer in net.device_layers])
    with flush_denormals():
        timing.loss = net.forward_layers()
        for index in reversed(range(len(net.device_layers))):
            try:
                if not _backward(net, index):
                    timing.layers[index].backward = None
            except LayerError:
                timing.layers[index].backward = None
        begun(timing.loss)
        for number in range(1, iterations + 1):
            net.clear_param_diffs()
            timing.iterations.append(_one_iteration(net, timing.layers))
            done(number, timing.iterations[-1])
    return timing


def _one_iteration(net: Any, times: list[LayerTime]) -> float:
    """Run every layer once, add to its times, and return the total seconds."""
    net.device.synchronize()
    start = last = perf_counter()
    for index, entry in enumerate(times):
        net.forward_layers(index, index)
        net.device.synchronize()
        now = perf_counter()
        entry.forward += now - last
        last = now
    for index in reversed(range(len(times))):
        entry = times[index]
        if entry.backward is not None:
            _backward(net, index)
            net.device.synchronize()
            now = perf_counter()
            entry.backward += now - last
            last = now
    return last - start


def _backward(net: Any, index: int) -> bool:
    """Run one layer backward; False if it has no gradient."""
    layer = net.device_layers[index]
    if type(layer).backward is Layer.backward:
        return False
    layer.backward(net.tops[index], net.bottom_need_backward[index], net.bottoms[index])
    return True


def _fill_inputs(net: Any) -> None:
    """Fill inputs that no layer fills; numbers below 1 also serve as labels, class 0."""
    for tops in net.tops:
        for blob in tops:
            if blob.name in net.inputs and blob.count:
                net.device.fill_uniform(blob.data)


def caffes_lines(timing: Timing) -> Iterator[str]:
    """Yield the averages as Caffe's log lines."""
    count = len(timing.iterations)
    yield "Average time per layer: "
    for layer in timing.layers:
        yield f"{layer.name:>10}\tforward: {1e3 * layer.forward / count:g} ms."
        mark = " (no gradient)" if layer.backward is None else ""
        yield f"{layer.name:>10}\tbackward: {1e3 * (layer.backward or 0) / count:g} ms.{mark}"
    yield from _averages(timing)
    yield "*** Benchmark ends ***"


def _averages(timing: Timing) -> Iterator[str]:
    total = 1e3 * timing.total
    yield f"Average Forward pass: {1e3 * timing.forward:g} ms."
    yield f"Average Backward pass: {1e3 * timing.backward:g} ms."
    yield f"Average Forward-Backward: {total / len(timing.iterations):g} ms."
    yield f"Total Time: {total:g} ms."


def table_lines(timing: Timing) -> Iterator[str]:
    """Yield the averages as a table: a line for each layer, with its share of the time."""
    count, whole = len(timing.iterations), timing.forward + timing.backward
    widths = [
        max(len(word), *(len(getattr(layer, word)) for layer in timing.layers))
        for word in ("name", "type")
    ]
    head = f"{'layer':{widths[0]}}  {'type':{widths[1]}}"
    yield f"{head}  {'forward ms':>11}  {'backward ms':>11}  {'share':>6}"
    for layer in timing.layers:
        backward = "-" if layer.backward is None else f"{1e3 * layer.backward / count:.3f}"
        share = (layer.forward + (layer.backward or 0.0)) / count / whole if whole else 0.0
        bar = "█" * round(share * _BAR)
        yield (
            f"{layer.name:{widths[0]}}  {layer.type:{widths[1]}}  {1e3 * layer.forward / count:11.3f}  "
            f"{backward:>11}  {share:6.1%}  {bar}"
        ).rstrip()
    if any(layer.backward is None for layer in timing.layers):
        yield "- : a layer without gradient"
    yield ""
    yield from _averages(timing)


def as_values(net: Any, timing: Timing) -> dict[str, Any]:
    """Return the averages as JSON values, in milliseconds."""
    count, whole = len(timing.iterations), timing.forward + timing.backward
    return {
        "net": net.name,
        "device": net.device.name,
        "dtype": net.dtype.name,
        "iterations": count,
        "initial_loss": timing.loss if np.isfinite(timing.loss) else None,
        "layers": [
            {
                "name": layer.name,
                "type": layer.type,
                "forward_ms": 1e3 * layer.forward / count,
                "backward_ms": None if layer.backward is None else 1e3 * layer.backward / count,
                "share": (layer.forward + (layer.backward or 0.0)) / count / whole
                if whole
                else 0.0,
            }
            for layer in timing.layers
        ],
        "forward_ms": 1e3 * timing.forward,
        "backward_ms": 1e3 * timing.backward,
        "forward_backward_ms": 1e3 * timing.total / count,
        "total_ms": 1e3 * timing.total,
    }
