"""Resuming from a solver state as if training had never stopped."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.blob.blobproto import array_from_proto, proto_shape, shape_fits
from mycaffe_py.errors import MissingFileError, MyCaffeError, SnapshotError, naming_place
from mycaffe_py.seeding import restore_generator

from .caffemodel import LoadReport, WeightsPlan, digest, plan_weights, read_blob, weights_beside
from .files import STATE, WEIGHTS, kind_of, parse, read_file
from .solverstate import LAYERS, RANDOM, SOLVER, TRAINER, WEIGHTS_DIGEST, history_arrays
from .state_tree import unpack


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
    entries = _read_entries(message, path)
    _check_entries(solver, path, entries)
    _check_began(path, entries.get(SOLVER, {}).get("began", 0), message.iter)
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
        instead = f"give {sibling}" if sibling.is_file() else "give its .solverstate"
        raise SnapshotError(
            f"{path} is a weights file, but a solver state is expected",
            hint=f"to continue a run, {instead}; to start a new run from these weights, "
            f"use --weights {path}",
        )
    message = parse(solver.net.registry.schema, data, "SolverState", path, STATE)
    if kind_of(data) != STATE or message.iter < 0 or message.current_step < 0:
        raise SnapshotError(f"{path} is not a solver state: it is damaged or of another kind")
    return message


def _read_entries(message: Any, path: Path) -> dict[str, Any]:
    with naming_place(str(path), SnapshotError):
        arrays = {e.name: array_from_proto(e.array) for e in message.entry if e.HasField("array")}
        entries = {e.name: unpack(e.json, arrays) for e in message.entry if e.HasField("json")}
    if not all(isinstance(value, dict) for value in entries.values()):
        raise SnapshotError(f"{path} is damaged: an entry differs from what was written")
    return entries


def _check_entries(solver: Any, path: Path, entries: dict[str, Any]) -> None:
    stored = entries.get(SOLVER, {})
    dtype = solver.net.dtype.name
    if stored.get("type", solver.type) != solver.type:
        raise SnapshotError(
            f"{path} belongs to a solver of type {stored['type']}; this solver is of type {solver.type}",
            hint="update rules cannot use each other's history; --weights (weights= in Python) starts a new run",
        )
    if stored.get("dtype", dtype) != dtype:
        raise SnapshotError(
            f"{path} was written in {stored['dtype']}; this net is in {dtype}",
            hint=f"resume with --dtype {stored['dtype']} (dtype= in Python)",
        )
    if not _is_set_rate(entries.get(SOLVER, {}).get("set_rate")):
        raise SnapshotError(f"{path} is damaged: its learning rate is none")
    trainer, stored = solver.trainer, entries.get(TRAINER, {})
    if trainer is not None and stored.get("type", trainer.type) != trainer.type:
        raise SnapshotError(
            f"{path} belongs to trainer {stored['type']}; this solver has trainer {trainer.type}",
            hint="--weights (weights= in Python) starts a new run from the weights alone",
        )
    if RANDOM in entries:
        _check_generator(solver, path, entries[RANDOM])


def _check_began(path: Path, began: Any, iteration: int) -> None:
    """Raise SnapshotError unless this is an iteration at which a count of updates may have begun."""
    if isinstance(began, bool) or not isinstance(began, int) or not 0 <= began <= iteration:
        raise SnapshotError(
            f"{path} is damaged: its updates are counted from {began!r:.40}, which is no iteration up to {iteration}"
        )


def _is_set_rate(stored: Any) -> bool:
    """Whether this is what a solver of which somebody has set the rate, or nobody, puts into its state."""
    pair = isinstance(stored, list) and len(stored) == 2
    return stored is None or (
        pair and all(isinstance(rate, int | float) and 0 <= rate < np.inf for rate in stored)
        and stored[1] > 0
    )  # fmt: skip


def _check_generator(solver: Any, path: Path, stored: dict[str, Any]) -> None:
    scratch = np.random.Generator(type(solver.net.device.rng.bit_generator)())
    try:
        restore_generator(scratch, stored["generator"])
        int(stored["seed"])
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise SnapshotError(f"{path}: its random state cannot be used: {error!r}") from error


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
    found = [path for path in candidates if path.is_file()]
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
    # The trainer and the layers come first: only they may still fail.
    if solver.trainer is not None and RANDOM in plan.entries:
        solver.trainer.seed = plan.entries[RANDOM]["seed"]  # what it draws from it goes on the same
    if solver.trainer is not None and TRAINER in plan.entries:
        _restore_trainer(solver.trainer, plan)
    _restore_layers(solver, plan)
    plan.weights.apply()
    solver.iter, solver.current_step = plan.message.iter, plan.message.current_step
    device = solver.net.device
    for target, values in zip(history_arrays(solver), plan.history, strict=True):
        target[...] = device.asarray(values, dtype=target.dtype)
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


def _restore_layers(solver: Any, plan: _Plan) -> None:
    stored = plan.entries.get(LAYERS, {})
    states = [stored.get("train", {}), *stored.get("test", ())]
    for net, of_net in zip((solver.net, *solver.test_nets), states, strict=False):
        try:
            net.load_layer_states(of_net)
        except SnapshotError as error:
            hint = error.hint or "--weights (weights= in Python) starts a new run"
            raise SnapshotError(f"{plan.report.state}: {error.message}", hint=hint) from error


def _restore_trainer(trainer: Any, plan: _Plan) -> None:
    try:
        trainer.load_state(plan.entries[TRAINER]["state"])
    except SnapshotError as error:
        state, hint = (
            plan.report.state,
            error.hint or "--weights (weights= in Python) starts a new run",
        )
        raise SnapshotError(f"{state}: {error.message}", hint=hint) from error
    except MyCaffeError:
        raise
    except Exception as error:
        raise SnapshotError(
            f"{plan.report.state}: trainer {trainer.type} cannot restore its state: {error!r}",
            hint="the solver file may have changed since the snapshot; --weights (weights= in Python) starts a new run",
        ) from error
