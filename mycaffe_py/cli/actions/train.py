"""Implementation of ``mycaffe train``."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mycaffe_py.builder.device_choice import is_auto
from mycaffe_py.builder.needed_settings import missing_settings
from mycaffe_py.builder.observers import add_observers, build_observers
from mycaffe_py.builder.overrides import apply_overrides
from mycaffe_py.builder.sources import read_solver
from mycaffe_py.builder.training import Training, build_training, read_resolved
from mycaffe_py.builder.unbuilt import is_refusal
from mycaffe_py.cli.banner import end_lines, start_lines
from mycaffe_py.cli.failures import echo, echo_result, say, warn
from mycaffe_py.cli.idle_options import (
    refuse_replaced_overrides,
    sets_seed,
    warn_of_unknown_state,
    whole_key,
)
from mycaffe_py.cli.options import device_name, naming_overrides, stage_names
from mycaffe_py.cli.reports import say_report
from mycaffe_py.cli.run_files import Trained, run_folder, trained
from mycaffe_py.cli.run_plugins import load_plugins_of
from mycaffe_py.cli.views import check_view_options, choose_views
from mycaffe_py.compiled import kernels_on
from mycaffe_py.device.device import Device, open_device
from mycaffe_py.errors import ConfigError, DeviceError, MyCaffeError
from mycaffe_py.permission import OPTION
from mycaffe_py.run.directory import DEFAULT_BASE, RunDirectory
from mycaffe_py.run.record import read_record
from mycaffe_py.run.resume import find_state
from mycaffe_py.run.session import TrainingSession
from mycaffe_py.run.settings import without_blobs
from mycaffe_py.schema import Document
from mycaffe_py.weights import RestoreReport, check_format, check_prefix, restore
from mycaffe_py.written_files import allow_folder

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
    observers: tuple[str, ...],
    tensorboard: bool,
    live: bool,
    no_live: bool,
    **given: Any,
) -> int:
    """Build, restore and train; return the exit code."""
    forced_view = check_view_options(quiet=quiet, verbose=verbose, live=live, no_live=no_live)
    resume = _state_to_resume(resume, snapshot, given["weights"])
    if run_dir:
        allow_folder(run_dir)
    observers += ("TensorBoard",) * tensorboard
    with naming_overrides(given["overrides"]):
        wanted = _arguments(resume, observers=observers, **given)
        if print_config:
            return _print_config(wanted)
        training = _build(wanted)
    if not quiet:
        _say_upgrades(training)
    report, resumed_run = _restore(training, resume, given["seed"], given["overrides"])
    _check_worth_running(training)
    directory = _directory(run_dir, training.net.name)
    try:
        if not quiet:
            for line in start_lines(training, directory.path, verbose=verbose):
                say(line)
            if report:
                say(_restored(report, training))
        session = TrainingSession(
            training,
            directory,
            observers=choose_views(training, quiet=quiet, live=forced_view),
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


def _directory(run_dir: str | None, name: str) -> RunDirectory:
    return RunDirectory.at(run_dir) if run_dir else RunDirectory.create(DEFAULT_BASE, name)


def _say_upgrades(training: Training) -> None:
    nets = (training.net, *training.solver.test_nets)
    for line in upgrade_notes([training.solver_document, *(net.document for net in nets)]):
        say(line)


def _check_worth_running(training: Training) -> None:
    solver, net = training.solver, training.net
    _check_settings(training)
    build_observers(training.solver_document, training.registry)  # are their packages installed?
    done, planned = solver.iter, solver.param.max_iter
    if 0 < planned <= done:
        raise ConfigError(
            f"nothing left to train: iteration {done:,} of {planned:,} has already been reached",
            hint=_why_ended(training) or f"to continue training, give --iterations above {done}",
        )
    if planned == 0:
        warn("max_iter is 0: no update is made, the weights stay as they are at the start")
    if training.trainer is None and net.inputs:
        warn(
            f"nothing fills the inputs {', '.join(net.inputs)}: the solver file has no trainer {{ }}, "
            "and the net has no data layer for them"
        )
    if not any(net.blob_loss_weights.values()):
        warn(f'net "{net.name}" has no loss in this phase: nothing will be learned')


def _why_ended(training: Training) -> str:
    return training.trainer.ended() if training.trainer is not None else ""


def _check_settings(training: Training) -> None:
    """Reject settings that would waste a run: training without effect, or results that could not be saved."""
    document, param = training.solver_document, training.solver.param
    for name, advice in missing_settings(param).items():
        raise ConfigError(f"{document.filename}: {name} is not set", hint=advice)
    with document.locating():
        check_format(param)
        check_prefix(training.solver)


_DEVICE_SETTINGS = ("solver.solver_mode", "solver.device_id")


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
    if outcome.report is not None:
        say_report(outcome.report, quiet=quiet)
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


def _build(wanted: dict[str, Any]) -> Training:
    training = build_training(**wanted)
    warn_of_unknown_state([training.model.message], wanted["level"], wanted["stages"])
    return training


def _arguments(
    resume: str | None,
    *,
    gpu: str | None,
    device: str | None,
    plugins: tuple[str, ...],
    iterations: int | None,
    **given: Any,
) -> dict[str, Any]:
    """Return what :func:`build_training` is to build."""
    replaced = {"gpu": gpu, "device": device, "iterations": iterations}
    refuse_replaced_overrides(given["overrides"], {**given, **replaced})
    used = trained(given["weights"])
    resumed = [] if resume is None else _run_to_resume(resume)
    registry = load_plugins_of([*used.runs, *resumed], plugins)
    if given["solver"] is None and resumed:
        used = Trained([], resumed[0])
    solver, model = used.settings(given["solver"], given["model"], registry)
    if solver is None and resume == "auto":
        raise ConfigError(
            "--resume auto needs --solver: it continues the latest run of the solver's net",
            hint="give --solver FILE, or the run itself: --resume runs/NAME/001",
        )
    if solver is None:
        raise used.needed("solver")
    wanted = device_name(device, gpu)
    overrides = list(given["overrides"])
    if iterations is not None:
        overrides.append(f"solver.max_iter={iterations}")
    document = read_solver(solver, registry)
    add_observers(document, given["observers"], registry)
    asked = device is not None or gpu is not None
    return {
        "solver": document,
        "model": model,
        "registry": registry,
        "device": _opened(wanted) if asked else _device_of_solver(document, overrides),
        "overrides": overrides,
        "phase": given["phase"].upper(),
        "stages": stage_names(given["stages"]),
        # Weights from the command line replace the solver's; a state brings its own.
        "weights": used.weights or (None if resume is None else []),
        **{name: given[name] for name in ("dtype", "level", "seed")},
    }


def _run_to_resume(resume: str) -> list[Path]:
    """Return the run folder that ``--resume`` names; "auto" names none before the net is known."""
    return [run_folder(resume) or Path(resume).parent] if resume != "auto" else []


def _opened(name: str) -> Device | str:
    """Return the device, opened before anything else is read; "auto" is chosen when the net is known."""
    return name if is_auto(name) else open_device(name)


def _device_of_solver(document: Document, overrides: Sequence[str]) -> Device | str:
    """Return the device if the command line does not name one: what the solver file says, else "auto"."""
    param = document.copy().message
    apply_overrides(
        [
            f"{whole_key(each)}={each.partition('=')[2]}"
            for each in overrides
            if whole_key(each) in _DEVICE_SETTINGS
        ],
        param,
    )
    if not param.HasField("solver_mode"):
        return "auto"
    mode = param.DESCRIPTOR.fields_by_name["solver_mode"].enum_type.values_by_number
    if mode[param.solver_mode].name == "CPU":
        return Device("cpu", reason="solver_mode: CPU")
    try:
        return open_device(f"gpu:{param.device_id}")
    except DeviceError as error:
        return Device("cpu", reason=error.message)


def _print_config(wanted: dict[str, Any]) -> int:
    """Print model and solver as they are built, or would be if they did not name code."""
    try:
        training = _build(wanted)
        model, solver = training.model, training.solver_document
    except MyCaffeError as error:
        if not is_refusal(error):
            raise
        sources = read_resolved(
            **{name: wanted[name] for name in ("solver", "model", "registry", "overrides")}
        )
        model, solver = sources.model, sources.solver
        say(f"the net was not built, as it has Python layers; {OPTION} builds it")
    to_text = wanted["registry"].schema.to_text
    for what, document in (("model", model), ("solver", solver)):
        shown = without_blobs(document.message) if what == "model" else document.message
        echo(f"# {what}: {document.filename}\n{to_text(shown)}")
    return 0


def _restore(
    training: Training, resume: str | None, seed: int | None, overrides: Sequence[str]
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
    asked = f"--seed {seed}"
    if seed is None and sets_seed(overrides):
        seed = training.solver.param.random_seed
        asked = f"--set solver.random_seed={seed}"
    if seed is not None and seed != training.device.seed:
        warn(f"{asked} has no effect: the resumed run continues with {training.device.seed}")
    training.seed = training.device.seed
    if found.run is not None:
        _warn_of_other_kernels(read_record(found.run).get("kernels"), training)
    return reports[-1], found.run


def _warn_of_other_kernels(before: str | None, training: Training) -> None:
    """Warn if a resumed run had compiled kernels and this one has none, or the other way round."""
    now = kernels_on(training.device)
    if before is not None and before != now:
        used, uses = ("compiled", "none") if before == "compiled" else ("no compiled", "some")
        warn(
            f"the resumed run used {used} kernels, this one uses {uses}: results differ by rounding"
        )


def _restored(report: RestoreReport, training: Training) -> str:
    """Summarize in one line what was restored, and what was not."""
    parts = [f"iteration {report.iteration:,}", "weights", "history", "random state"]
    if training.trainer is not None:
        parts.append("trainer state with its gyms")
    absent = "".join(f"; not restored: {name}" for name in report.absent)
    kept = [part for part in parts if not any(name.startswith(part[:12]) for name in report.absent)]
    return f"resumed from {report.state}: {', '.join(kept)}{absent}"
