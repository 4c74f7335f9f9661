"""Resuming from a solver state as if training had never stopped."""

from __future__ import annotations

import copy
import os
import re
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.blob.blobproto import as_type, proto_shape, shape_fits
from mycaffe_py.errors import MissingFileError, MyCaffeError, SnapshotError

from .caffemodel import LoadReport, WeightsPlan, digest, plan_weights, read_blob, weights_beside
from .entries import check_entries, read_entries
from .files import STATE, WEIGHTS, kind_of, parse, read_file
from .solverstate import LAYERS, RANDOM, SOLVER, TRAINER, WEIGHTS_DIGEST, history_arrays


@dataclass(frozen=True)
class RestoreReport:
    """What was restored; ``absent`` lists what was not, with the reason."""

    iteration: int
    state: Path
    weights: Path
    layers: LoadReport
    absent: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        text = f"iteration {self.iteration:,}, weights from {self.weights}"
        return f"{text}; not restored: {', '.join(self.absent)}" if self.absent else text


def restore(solver: Any, path: str | os.PathLike[str]) -> RestoreReport:
    """Restore a solver's weights, iteration, history, random and trainer state.

    Everything is checked before anything changes. Raises MissingFileError if the state or its
    weights do not exist, and SnapshotError for files that are damaged, do not belong together or
    do not fit the solver.
    """
    plan = _plan(solver, Path(path))
    _apply(solver, plan)
    return plan.report


def check_snapshot(solver: Any, path: str | os.PathLike[str]) -> None:
    """Raise what :func:`restore` would raise, without changing anything."""
    _plan(solver, Path(path))


@dataclass
class _Plan:
    message: Any
    weights: WeightsPlan
    history: list[np.ndarray]
    entries: dict[str, Any]
    report: RestoreReport


def _plan(solver: Any, path: Path) -> _Plan:
    message = _read_state(solver, path)
    entries = read_entries(message, path)
    check_entries(solver, path, entries, message.iter)
    history = _read_history(solver, path, message.history)
    expected = entries.get(WEIGHTS_DIGEST, {}).get("sha256")
    weights_path, data = _find_weights(path, message.learned_net, expected)
    weights = plan_weights(solver.net, weights_path, data)
    if weights.report.missing:
        raise SnapshotError(
            f"{path} cannot be resumed: its weights file {weights_path} has no values for layer "
            f'"{weights.report.missing[0]}"',
            hint="if the net has changed, start a new run with --weights (weights= in Python)",
        )
    report = RestoreReport(
        message.iter, path, weights_path, weights.report, _absent(solver, entries)
    )
    return _Plan(message, weights, history, entries, report)


def _read_state(solver: Any, path: Path) -> Any:
    data = read_file(path, STATE)
    if kind_of(data) == WEIGHTS:
        sibling = path.with_name(path.name.replace(".caffemodel", ".solverstate"))
        instead = f"give {sibling}" if os.path.isfile(sibling) else "give its .solverstate"
        raise SnapshotError(
            f"{path} is a weights file, but a solver state is expected",
            hint=f"to continue a run, {instead}; to start a new run from these weights, "
            f"use --weights {shlex.quote(str(path))}",
        )
    shapes = [array.shape for array in history_arrays(solver)]
    message = parse(solver.net.registry.schema, data, "SolverState", path, STATE, shapes)
    if kind_of(data) != STATE or message.iter < 0 or message.current_step < 0:
        raise SnapshotError(f"{path} is not a solver state: it is damaged or of another kind")
    return message


def _read_history(solver: Any, path: Path, stored: Any) -> list[np.ndarray]:
    targets = list(history_arrays(solver))
    if len(stored) != len(targets):
        blobs = len(solver.net.parameters.owners)
        raise SnapshotError(
            f"{path} contains {len(stored)} history blobs; solver {solver.type} needs {len(targets)}: "
            f"{len(solver.history)} for each of the net's {blobs} learnable blobs",
            hint="the state belongs to another net or another type of solver",
        )
    owners = list(solver.net.parameters.owners) * len(solver.history)
    values = []
    for index, (proto, target, owner) in enumerate(zip(stored, targets, owners, strict=True)):
        where = f'{path}: history {index}, of layer "{owner.layer.name}" blob "{owner.blob.name}",'
        if not shape_fits(proto, target.shape):
            raise SnapshotError(
                f"{where} is {proto_shape(proto)} in the file and {target.shape} in the net"
            )
        values.append(read_blob(proto, target.shape, where)[0])
    return values


def _find_weights(state: Path, learned_net: str, expected: str | None) -> tuple[Path, bytes]:
    candidates = _weights_named(state, learned_net)
    found = [path for path in candidates if os.path.isfile(path)]
    if not found:
        wanted = candidates[0]
        raise MissingFileError(
            f"the weights file {wanted} of solver state {state} does not exist",
            hint="a state contains no weights: keep the .caffemodel beside it",
        )
    for path in found:
        data = read_file(path, WEIGHTS)
        if expected is None or digest(data) == expected:
            return path, data
    raise SnapshotError(
        f"{found[0]} is not the weights file that was written with solver state {state}: "
        "its content differs",
        hint="resume from files written together, or start a new run with --weights (weights= in Python)",
    )


def _weights_named(state: Path, learned_net: str) -> list[Path]:
    """Return the possible paths of a state's weights, most likely first.

    The name may be relative to the state's folder or to that in which the run was started, as Caffe writes it;
    if the files were moved or renamed, the weights are beside the state.
    """
    places = []
    if learned_net:
        name = re.split(r"[/\\]", learned_net)[-1]
        places = [state.parent / learned_net, Path(learned_net), state.parent / name]
    beside = weights_beside(state)
    other = beside.with_suffix("") if beside.suffix == ".h5" else Path(f"{beside}.h5")
    return list(dict.fromkeys([*places, beside, other]))


def _absent(solver: Any, entries: dict[str, Any]) -> list[str]:
    absent = [] if RANDOM in entries else ["random state (the file has none)"]
    if RANDOM in entries and solver.net.device.is_gpu:
        absent.append("random numbers of the GPU")
    if solver.trainer is not None and TRAINER not in entries:
        absent.append("trainer state (the file has none)")
    if solver.trainer is None and TRAINER in entries:
        stored = entries[TRAINER].get("type")
        absent.append(f"state of trainer {stored} (this solver has no trainer)")
    return absent


def _apply(solver: Any, plan: _Plan) -> None:
    # Trainer and layers come first: only they may still fail, and then they are as they were before.
    with _undoing(solver):
        if solver.trainer is not None and RANDOM in plan.entries:
            solver.trainer.seed = plan.entries[RANDOM][
                "seed"
            ]  # what it draws from it goes on the same
        if solver.trainer is not None and TRAINER in plan.entries:
            _restore_trainer(solver.trainer, plan)
        _restore_layers(solver, plan)
    plan.weights.apply()
    solver.iter, solver.current_step = plan.message.iter, plan.message.current_step
    device = solver.net.device
    for target, values in zip(history_arrays(solver), plan.history, strict=True):
        target[...] = device.asarray(as_type(values, target.dtype))
    stored = plan.entries.get(SOLVER, {})
    solver.loss, solver.last_lr = (
        stored.get("loss", solver.loss),
        stored.get("rate", solver.last_lr),
    )
    solver.began = stored.get("began", 0)
    solver.set_rate.load_state(stored.get("set_rate"))
    solver.schedule.warmup_ended = stored.get("warmup_ended") is True
    solver.resume_losses(stored.get("losses", ()))
    if RANDOM in plan.entries:
        random = plan.entries[RANDOM]
        device.resume_generators(random["seed"], random["generator"], solver.iter)


@contextmanager
def _undoing(solver: Any) -> Iterator[None]:
    """Context after whose failure trainer, gyms and layers are as before.

    What cannot say its state yet, such as a plugin's object before the first update, stays as it was left.
    """
    trainer, nets = solver.trainer, (solver.net, *solver.test_nets)
    settings = type(solver.param)()
    settings.CopyFrom(solver.param)  # a trainer may set when the training ends
    seed = getattr(trainer, "seed", None)
    state = None if trainer is None else _state_before(trainer)
    layers = [(layer, _state_before(layer)) for net in nets for _, layer in net.named_states()]
    try:
        yield
    except BaseException:
        solver.param.CopyFrom(settings)
        if trainer is not None:
            trainer.seed = seed
        for owner, before in [*layers, (trainer, state)]:
            if before is not None:
                with suppress(Exception):
                    owner.load_state(before)
        raise


def _state_before(owner: Any) -> Any:
    try:
        return copy.deepcopy(owner.state())
    except Exception:
        return None


def _restore_layers(solver: Any, plan: _Plan) -> None:
    stored = plan.entries.get(LAYERS, {})
    states = [stored.get("train", {}), *stored.get("test", ())]
    for net, of_net in zip((solver.net, *solver.test_nets), states, strict=False):
        with _explained(plan, "a layer"):
            net.load_layer_states(of_net)


def _restore_trainer(trainer: Any, plan: _Plan) -> None:
    with _explained(plan, f"trainer {trainer.type}"):
        trainer.load_state(plan.entries[TRAINER]["state"])


@contextmanager
def _explained(plan: _Plan, who: str) -> Iterator[None]:
    """Raise what a ``load_state`` raises as a SnapshotError that names the state and says what to do."""
    state, anew = plan.report.state, "--weights (weights= in Python) starts a new run"
    try:
        yield
    except SnapshotError as error:
        raise SnapshotError(f"{state}: {error.message}", hint=error.hint or anew) from error
    except MyCaffeError:
        raise
    except Exception as error:
        raise SnapshotError(
            f"{state}: {who} cannot restore its state: {type(error).__name__}: {error!s:.200}",
            hint=f"the solver file may have changed since the snapshot; {anew}",
        ) from error
