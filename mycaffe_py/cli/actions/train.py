"""Implementation of ``mycaffe train``."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click

from mycaffe_py.builder.sources import read_solver
from mycaffe_py.builder.training import Training, build_training
from mycaffe_py.cli.banner import end_lines, start_lines
from mycaffe_py.cli.failures import echo_result, say, warn
from mycaffe_py.cli.options import device_name, load_plugins, naming_overrides, split_names
from mycaffe_py.cli.views import choose_views
from mycaffe_py.device.device import Device, open_device
from mycaffe_py.errors import ConfigError, DeviceError
from mycaffe_py.run.directory import DEFAULT_BASE, RunDirectory
from mycaffe_py.run.resume import find_state
from mycaffe_py.run.session import TrainingSession
from mycaffe_py.run.settings import without_blobs
from mycaffe_py.weights import RestoreReport, check_format, restore, split_paths

from .upgrade import upgrade_notes


def train(
    *,
    snapshot: str | None,
    resume: str | None,
    run_dir: str | None,
    print_config: bool,
    quiet: bool,
    verbose: bool,
    sigint_effect: str,
    sighup_effect: str,
    **given: Any,
) -> int:
    """Build, restore and train; return the exit code."""
    resume = _state_to_resume(resume, snapshot, given["weights"])
    with naming_overrides(given["overrides"]):
        training = _build(resumed=resume is not None, **given)
    if print_config:
        _print_config(training)
        return 0
    if not quiet:
        nets = (training.net, *training.solver.test_nets)
        for line in upgrade_notes([training.solver_document, *(net.document for net in nets)]):
            say(line)
    report, resumed_run = _restore(training, resume, given["seed"])
    _check_worth_running(training)
    directory = (
        RunDirectory.at(run_dir)
        if run_dir
        else RunDirectory.create(DEFAULT_BASE, training.net.name)
    )
    try:
        if not quiet:
            for line in start_lines(training, directory.path, verbose=verbose):
                say(line)
            if report:
                say(_restored(report, training))
        session = TrainingSession(
            training,
            directory,
            observers=choose_views(training, quiet=quiet),
            command=sys.argv,
            resumed_from=report.state if report else None,
            resumed_run=resumed_run,
            sigint=sigint_effect,
            sighup=sighup_effect,
        )
    except BaseException:
        directory.discard()
        raise
    try:
        return _run(session, quiet)
    finally:
        if training.trainer is not None:
            training.trainer.close()
        for net in (training.net, *training.solver.test_nets):
            net.close()


def _check_worth_running(training: Training) -> None:
    solver, net = training.solver, training.net
    _check_settings(training)
    done, planned = solver.iter, solver.param.max_iter
    if 0 < planned <= done:
        raise ConfigError(
            f"nothing left to train: iteration {done:,} of {planned:,} has already been reached",
            hint=f"to continue training, give --iterations above {done}",
        )
    if training.trainer is None and net.inputs:
        warn(
            f"nothing fills the inputs {', '.join(net.inputs)}: the solver file has no trainer {{ }}, "
            "and the net has no data layer for them"
        )
    if not any(net.blob_loss_weights.values()):
        warn(f'net "{net.name}" has no loss in this phase: nothing will be learned')


def _check_settings(training: Training) -> None:
    """Reject settings that would waste a run: training without effect, or results that could not be saved."""
    document, param = training.solver_document, training.solver.param
    for name, advice in _NEEDED.items():
        if not param.HasField(name):
            raise ConfigError(f"{document.filename}: {name} is not set", hint=advice)
    with document.locating():
        check_format(param)


_NEEDED = {
    "base_lr": "write the learning rate, for example base_lr: 0.01",
    "max_iter": "write the number of updates, for example max_iter: 4000, or give --iterations",
}


def _run(session: TrainingSession, quiet: bool) -> int:
    try:
        outcome = session.run()
    except Exception:
        say(f"run folder: {session.directory}")
        raise
    for text in outcome.warnings:
        warn(text)
    if not quiet:
        for line in end_lines(outcome, session.directory.path):
            say(line)
    echo_result(os.fsencode(session.directory.path))  # the name may not be UTF-8
    return outcome.exit_code


def _state_to_resume(
    resume: str | None, snapshot: str | None, weights: tuple[str, ...]
) -> str | None:
    if resume and snapshot:
        raise ConfigError("--snapshot and --resume mean the same; give one of them")
    state = resume or snapshot
    if state and weights:
        raise ConfigError(
            f"--weights and --{'resume' if resume else 'snapshot'} exclude each other",
            hint="a solver state brings its own weights; --weights starts a new run from the given ones",
        )
    return state


def _build(
    *,
    resumed: bool,
    gpu: str | None,
    device: str | None,
    plugins: tuple[str, ...],
    iterations: int | None,
    **given: Any,
) -> Training:
    registry = load_plugins(plugins)
    wanted = device_name(device, gpu)
    overrides = list(given["overrides"])
    if iterations is not None:
        overrides.append(f"solver.max_iter={iterations}")
    document = read_solver(given["solver"], registry)
    asked = device is not None or gpu is not None
    return build_training(
        solver=document,
        model=given["model"],
        registry=registry,
        device=open_device(wanted) if asked else _device_of_solver(document.message),
        dtype=given["dtype"],
        seed=given["seed"],
        overrides=overrides,
        phase=given["phase"].upper(),
        level=given["level"],
        stages=split_names(given["stages"]),
        # Weights from the command line replace the solver's; a state brings its own.
        weights=split_paths(given["weights"]) or ([] if resumed else None),
    )


def _device_of_solver(param: Any) -> Device:
    """Return the device if the command line does not name one: the CPU if the solver file says so."""
    if not param.HasField("solver_mode"):
        return open_device("auto")
    mode = param.DESCRIPTOR.fields_by_name["solver_mode"].enum_type.values_by_number
    if mode[param.solver_mode].name == "CPU":
        return Device("cpu", reason="solver_mode: CPU")
    try:
        return open_device(f"gpu:{param.device_id}")
    except DeviceError as error:
        return Device("cpu", reason=error.message)


def _print_config(training: Training) -> None:
    to_text = training.registry.schema.to_text
    for what, document in (("model", training.model), ("solver", training.solver_document)):
        shown = without_blobs(document.message) if what == "model" else document.message
        click.echo(f"# {what}: {document.filename}\n{to_text(shown)}")


def _restore(
    training: Training, resume: str | None, seed: int | None
) -> tuple[RestoreReport | None, Path | None]:
    """Restore the state that ``--resume`` refers to; return a report of what was restored, and its run folder."""
    if resume is None:
        return None, None
    reports: list[RestoreReport] = []
    found = find_state(
        resume,
        DEFAULT_BASE,
        training.net.name,
        use=lambda path: reports.append(restore(training.solver, path)),
        warn=warn,
    )
    if seed is not None and seed != training.device.seed:
        warn(f"--seed {seed} has no effect: the resumed run continues with {training.device.seed}")
    training.seed = training.device.seed
    return reports[-1], found.run


def _restored(report: RestoreReport, training: Training) -> str:
    """Summarize in one line what was restored, and what was not."""
    parts = [f"iteration {report.iteration:,}", "weights", "history", "random state"]
    if training.trainer is not None:
        parts.append("trainer state with its gyms")
    absent = "".join(f"; not restored: {name}" for name in report.absent)
    kept = [part for part in parts if not any(name.startswith(part[:12]) for name in report.absent)]
    return f"resumed from {report.state}: {', '.join(kept)}{absent}"
