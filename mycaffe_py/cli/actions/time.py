"""Implementation of ``mycaffe time``."""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np

from mycaffe_py.builder.device_trial import NOT_IN_A_STEP
from mycaffe_py.builder.sources import read_solver
from mycaffe_py.builder.training import Training, build_training
from mycaffe_py.cli import glog
from mycaffe_py.cli.banner import net_line
from mycaffe_py.cli.failures import echo, say
from mycaffe_py.cli.idle_options import warn_of_unknown_state
from mycaffe_py.cli.nets import build_net
from mycaffe_py.cli.options import device_name, naming_overrides, stage_names
from mycaffe_py.cli.run_files import trained
from mycaffe_py.cli.run_plugins import load_plugins_of
from mycaffe_py.cli.timing import Timing, measure, measure_steps
from mycaffe_py.cli.timing_report import as_values, caffes_lines, table_lines
from mycaffe_py.device.ceilings import measure_ceilings
from mycaffe_py.errors import ConfigError
from mycaffe_py.events.net_log import memory_line
from mycaffe_py.layer.layer import PHASE_NAMES

_NOT_TIMED = tuple(name for name in NOT_IN_A_STEP if name != "trainer")
"""What a step may also do, now and then; its trainer feeds it."""


def time_net(
    *,
    solver: str | None,
    model: str | None,
    weights: tuple[str, ...],
    iterations: int,
    as_json: bool,
    as_table: bool,
    gpu: str | None,
    device: str | None,
    plugins: tuple[str, ...],
    **given: Any,
) -> int:
    """Time the net and print the result; return the exit code."""
    used = trained(weights)
    registry = load_plugins_of(used.runs, plugins)
    if solver is None:
        model = model or used.file("model")
    else:
        solver, model = used.settings(solver, model, registry)
    if model is None and solver is None:
        raise ConfigError("nothing to time", hint="add --model FILE, or --weights RUN_FOLDER")
    given |= {
        "registry": registry,
        "device": device_name(device, gpu),
        "seed": used.seed(given["seed"]) or 0,
    }
    with naming_overrides(given["overrides"]), np.errstate(all="ignore"):
        training = None
        if solver is not None:
            training = _build_training(solver, model, used.weights, **given)
            net = training.net
        else:
            number = PHASE_NAMES.index(given.pop("phase").upper())
            net = build_net(str(model), number, used.weights, **given)
        try:
            if not as_json:
                reason = f" ({net.device.reason})" if net.device.reason else ""
                say(f"device {net.device.name}{reason}  seed {given['seed']}  {net_line(net)}")
            timing = _measure(net, training, iterations, as_json or as_table)
        finally:
            _close(net, training)
    _print(net, timing, as_json, as_table, given["seed"])
    return 0


def _build_training(
    solver: str, model: str | None, weights: list[str], *, registry: Any, phase: str, **given: Any
) -> Training:
    """Build a training without tests, snapshots and lines of progress."""
    document = read_solver(solver, registry)
    for name in _NOT_TIMED:
        document.message.ClearField(name)
    given["stages"] = stage_names(given["stages"])
    training = build_training(
        solver=document,
        model=model,
        registry=registry,
        phase=phase.upper(),
        weights=weights or None,
        **given,
    )
    warn_of_unknown_state([training.model.message], given["level"], given["stages"])
    for name in _NOT_TIMED:
        training.solver.param.ClearField(name)  # --set may have given it again
    return training


def _close(net: Any, training: Training | None) -> None:
    if training is not None and training.trainer is not None:
        training.trainer.close()
    net.close()


def _measure(net: Any, training: Training | None, iterations: int, plain: bool) -> Timing:
    """Measure; without ``plain`` and a terminal, print Caffe's lines along the way."""
    caffes_form = not plain and not sys.stdout.isatty()
    glog.note_net(net)
    if caffes_form:
        say(memory_line(net))

    def begun(loss: float) -> None:
        if caffes_form:
            echo(f"Initial loss: {loss:g}\n*** Benchmark begins ***")
            echo(f"Testing for {iterations} iterations.")

    def done(number: int, seconds: float) -> None:
        if caffes_form:
            echo(f"Iteration: {number} forward-backward time: {1e3 * seconds:g} ms.")

    timing = measure(
        net, iterations, begun, done, trainer=None if training is None else training.trainer
    )
    if training is not None:
        timing.whole = measure_steps(training.solver, iterations)
    if not caffes_form:
        timing.ceilings = measure_ceilings(net.device, net.dtype)
    return timing


def _print(net: Any, timing: Timing, as_json: bool, as_table: bool, seed: int) -> None:
    if as_json:
        echo(json.dumps({"seed": seed, **as_values(net, timing)}, indent=2, allow_nan=False))
    else:
        table = as_table or sys.stdout.isatty()
        echo("\n".join(table_lines(timing) if table else caffes_lines(timing)))
