"""Lines that a run prints when it starts and when it ends."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mycaffe_py.compiled import in_use
from mycaffe_py.events.metric_text import duration, metric_lines, number, rate
from mycaffe_py.net.figures import large_notes
from mycaffe_py.plugins.type_fields import fields_of_type
from mycaffe_py.run.resume import STATE_SUFFIXES
from mycaffe_py.version import __version__
from mycaffe_py.visible import visible_line
from mycaffe_py.wording import counted


def shape_of(blob: Any) -> str:
    """Format a blob as ``x(1,82,1)``, or a scalar as just its name."""
    return shape_text(blob.name, blob.shape)


def shape_text(name: str, shape: Sequence[int]) -> str:
    """Format a blob's name and shape as ``x(1,82,1)``, or a scalar as just its name."""
    name = visible_line(name)
    return f"{name}({','.join(map(str, shape))})" if shape else name


def net_line(net: Any) -> str:
    """Summarize a net: layers, parameters, inputs and outputs with their shapes."""
    count = sum(blob.count for blob in net.learnable_params)
    inputs = " ".join(shape_of(net.blobs[name]) for name in net.inputs)
    outputs = " ".join(shape_of(net.blobs[name]) for name in net.outputs)
    arrow = f"{inputs} -> {outputs}" if inputs else f"-> {outputs}"
    return f"net {visible_line(net.name)}: {counted(len(net.layers), 'layer')}, {counted(count, 'parameter')}  {arrow}"


def layer_lines(net: Any) -> Iterator[str]:
    """Yield a description of each layer: name, type, bottoms, tops, parameters."""
    tops, bottoms = net.top_names, net.bottom_names
    for layer in net.layers:
        made = " ".join(shape_of(net.blobs[name]) for name in tops[layer.name])
        taken = " ".join(map(visible_line, bottoms[layer.name])) or "-"
        count = sum(blob.count for blob in layer.blobs)
        owned = f"  {counted(count, 'parameter')}" if count else ""
        yield f"  {visible_line(layer.name)} ({layer.type}): {taken} -> {made or '-'}{owned}"


def solver_line(solver: Any) -> str:
    """Summarize a solver: its type and the settings that its update rule reads."""
    param = solver.param
    own = fields_of_type(solver.net.registry, type(solver), "solvers")
    names = dict.fromkeys(("base_lr", "lr_policy", *own))
    shown = [f"{name} {_setting(getattr(param, name))}" for name in names if hasattr(param, name)]
    return f"solver {solver.type}: {counted(param.max_iter, 'update')}  {'  '.join(shown)}"


def _setting(value: Any) -> str:
    if hasattr(value, "DESCRIPTOR"):
        return f"{{ {' '.join(str(value).split())} }}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def start_lines(training: Any, folder: Path, *, verbose: bool = False) -> Iterator[str]:
    """Yield the lines printed before the first update."""
    device = training.device
    reason = f" ({device.reason})" if device.reason else ""
    kernels = ", compiled kernels" if in_use(device) else ""
    yield (
        f"mycaffe {__version__}  device {device.name}{reason}{kernels}  seed {training.seed}  run {folder}"
    )
    yield net_line(training.net)
    if verbose:
        yield from layer_lines(training.net)
    yield from large_notes(training.net, *training.solver.test_nets)
    if training.trainer is not None:
        for title, line in training.trainer.summary().items():
            yield f"{title} {line}"
    yield solver_line(training.solver)


def end_lines(outcome: Any, folder: Path) -> Iterator[str]:
    """Yield the lines printed after the last update."""
    status = outcome.status
    yield (
        f"{status}: {counted(outcome.iterations, 'update')} in {duration(outcome.seconds)} "
        f"({rate(outcome.iterations, outcome.seconds)} it/s)"
    )
    metrics = outcome.metrics
    if metrics:
        final = [f"loss = {number(metrics['loss'])}", *metric_lines(metrics)]
        yield f"last update: {', '.join(final)}"
    if outcome.best:
        best = outcome.best
        mean = f"(mean over {counted(best['window'], 'update')}) " if best["window"] > 1 else ""
        yield (
            f"best weights: {best['metric'].replace('_', ' ')} {number(best['value'])} "
            f"{mean}at iteration {best['iteration']:,}"
        )
    if status == "interrupted":
        yield from _interrupted_lines(outcome, folder)
    yield f"wrote {', '.join(_named(outcome.files))} in"


def _named(files: list[str]) -> list[str]:
    """Return the files' names, with a count in place of the numbered snapshots."""
    named = [name for name in files if "_iter_" not in name]
    snapshots = sum(name.endswith(STATE_SUFFIXES) for name in files if "_iter_" in name)
    return [*named, *([counted(snapshots, "snapshot")] if snapshots else [])]


def _interrupted_lines(outcome: Any, folder: Path) -> Iterator[str]:
    if outcome.snapshot is None:
        yield "no snapshot was written"
        return
    at = outcome.snapshot.iteration
    yield f"snapshot of iteration {at:,}: {outcome.snapshot.state}"
    yield f"continue with the same command and --resume {shlex.quote(str(folder))}"
