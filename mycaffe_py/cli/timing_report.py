"""Times of layers and steps as Caffe's lines, as a table and as JSON values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from mycaffe_py.layer.cost import Work, bytes_of, flops_of

from .timing import LayerTime, StepTime, Timing

_BAR = 10
_NAMES = ("name", "type")
_LEAST_SHOWN = 5e-7
"""Floors below this many seconds would read 0.000 ms; nothing is divided by them."""


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
    if timing.whole is not None:
        yield f"Average Update: {1e3 * timing.whole.update:g} ms."
        yield f"Average Step: {1e3 * timing.whole.step:g} ms."
    yield f"Total Time: {total:g} ms."


def table_lines(timing: Timing) -> Iterator[str]:
    """Yield the averages as a table: a line for each layer, with its share and its floor, then those of the passes."""
    rows = [_layer_row(layer, timing) for layer in timing.layers]
    passes = list(_pass_rows(timing))
    widths = [
        max(len(name), *(len(row[column]) for row in (*rows, *passes)))
        for column, name in enumerate(("layer", "type"))
    ]
    head = ("layer", "type", "forward ms", "backward ms", "ms", "share", "floor ms", "x floor")
    yield _line(head, widths)
    for row in rows:
        yield _line(row, widths)
    yield ""
    for row in passes:
        yield _line(row, widths)
    yield ""
    if any(layer.backward is None for layer in timing.layers):
        yield "- : a layer without gradient"
    if timing.ceilings is not None:
        yield f"floor: operations and bytes over what {timing.ceilings.device} reached just now: {timing.ceilings}"
    yield from _averages(timing)


def _line(cells: tuple[str, ...], widths: list[int]) -> str:
    first, second, forward, backward, both, share, floor, times, *bar = cells
    text = (
        f"{first:{widths[0]}}  {second:{widths[1]}}  {forward:>11}  {backward:>11}  {both:>8}  {share:>6}  "
        f"{floor:>8}  {times:>7}  {''.join(bar)}"
    )
    return text.rstrip()


def _layer_row(layer: LayerTime, timing: Timing) -> tuple[str, ...]:
    count, share = len(timing.iterations), _share(layer, timing)
    backward = "-" if layer.backward is None else f"{1e3 * layer.backward / count:.3f}"
    return (
        layer.name,
        layer.type,
        f"{1e3 * layer.forward / count:.3f}",
        backward,
        f"{1e3 * layer.total / count:.3f}",
        f"{share:.1%}",
        *_floor_cells(layer.total / count, timing.floor(layer.works)),
        "█" * round(share * _BAR),
    )


def _pass_rows(timing: Timing) -> Iterator[tuple[str, ...]]:
    """Yield the passes, and the update and the whole step if they were timed."""
    forward, backward = timing.floor(timing.forward_works), timing.floor(timing.backward_works)
    yield (
        "all layers",
        "",
        f"{1e3 * timing.forward:.3f}",
        f"{1e3 * timing.backward:.3f}",
        f"{1e3 * (timing.forward + timing.backward):.3f}",
        "",
        *_floor_cells(timing.forward + timing.backward, forward + backward),
    )
    whole = timing.whole
    if whole is not None:
        update, step = timing.floor(whole.update_cost), timing.floor(timing.step_works)
        update_ms, step_ms = f"{1e3 * whole.update:.3f}", f"{1e3 * whole.step:.3f}"
        yield ("update", whole.type, "", "", update_ms, "", *_floor_cells(whole.update, update))
        yield ("whole step", "", "", "", step_ms, "", *_floor_cells(whole.step, step))


def _floor_cells(seconds: float, floor: float) -> tuple[str, str]:
    times = _times(seconds, floor)
    return f"{1e3 * floor:.3f}", "-" if times is None else f"{times:.1f}"


def _times(seconds: float, floor: float) -> float | None:
    return seconds / floor if floor >= _LEAST_SHOWN else None


def _share(layer: LayerTime, timing: Timing) -> float:
    whole = timing.forward + timing.backward
    return layer.total / len(timing.iterations) / whole if whole else 0.0


def as_values(net: Any, timing: Timing) -> dict[str, Any]:
    """Return the averages as JSON values, in milliseconds."""
    count = len(timing.iterations)
    forward, backward = timing.forward_works, timing.backward_works
    values = {
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
                "share": _share(layer, timing),
                **_floor_values(layer.total / count, layer.works, timing),
            }
            for layer in timing.layers
        ],
        "forward_ms": 1e3 * timing.forward,
        "backward_ms": 1e3 * timing.backward,
        "forward_backward_ms": 1e3 * timing.total / count,
        "total_ms": 1e3 * timing.total,
        **_floor_values(timing.total / count, forward + backward, timing),
    }
    if timing.ceilings is not None:
        values["ceilings"] = timing.ceilings.as_values()
    if timing.whole is not None:
        values["solver"] = _step_values(timing.whole, timing)
    return values


def _step_values(whole: StepTime, timing: Timing) -> dict[str, Any]:
    return {
        "type": whole.type,
        "update_ms": 1e3 * whole.update,
        "update": _floor_values(whole.update, whole.update_cost, timing),
        "step_ms": 1e3 * whole.step,
        "step": _floor_values(whole.step, timing.step_works, timing),
    }


def _floor_values(seconds: float, works: tuple[Work, ...], timing: Timing) -> dict[str, Any]:
    floor = timing.floor(works)
    return {
        "flops": flops_of(works),
        "bytes": bytes_of(works),
        "floor_ms": 1e3 * floor,
        "times_floor": _times(seconds, floor),
    }
