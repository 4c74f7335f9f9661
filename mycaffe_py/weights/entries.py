"""The entries of a state beyond Caffe's fields, checked before anything is restored from them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.blob.blobproto import array_from_proto
from mycaffe_py.errors import SnapshotError, naming_place
from mycaffe_py.seeding import check_generator_state
from mycaffe_py.stored import Stored, described

from .solverstate import LAYERS, RANDOM, SOLVER, TRAINER, WEIGHTS_DIGEST
from .state_tree import unpack

_ANEW = "--weights (weights= in Python) starts a new run from the weights alone"


def read_entries(message: Any, path: Path) -> dict[str, Any]:
    """Return the entries of a SolverState by name, each a dict; SnapshotError if one is damaged."""
    names = [entry.name for entry in message.entry]
    if len(set(names)) < len(names):
        raise SnapshotError(f"{path} is damaged: it has an entry twice")
    entries: dict[str, Any] = {}
    with naming_place(str(path), SnapshotError):
        arrays = {e.name: array_from_proto(e.array) for e in message.entry if e.HasField("array")}
        for entry in message.entry:
            if entry.HasField("json"):
                with naming_place(f"entry {entry.name!r:.60}", SnapshotError):
                    entries[entry.name] = Stored(unpack(entry.json, arrays), "stored").values
    return entries


def check_entries(solver: Any, path: Path, entries: dict[str, Any], iteration: int) -> None:
    """Raise SnapshotError unless the entries are of their kinds and belong to a solver like this one."""
    with naming_place(str(path), SnapshotError):
        if SOLVER in entries:
            _check_solver(solver, Stored(entries[SOLVER], "solver"), iteration)
        if TRAINER in entries:
            _check_trainer(solver.trainer, Stored(entries[TRAINER], "trainer"))
        if RANDOM in entries:
            _check_random(solver, Stored(entries[RANDOM], "random"))
        if WEIGHTS_DIGEST in entries:
            Stored(entries[WEIGHTS_DIGEST], "weights").text("sha256")
        if LAYERS in entries:
            _check_layers(Stored(entries[LAYERS], "layers"))


def _check_solver(solver: Any, stored: Stored, iteration: int) -> None:
    kind, dtype = solver.type, solver.net.dtype.name
    found = stored.text("type") if "type" in stored else kind
    if found != kind:
        raise SnapshotError(
            f"it belongs to a solver of type {found}; this solver is of type {kind}",
            hint="update rules cannot use each other's history; --weights (weights= in Python) starts a new run",
        )
    found = stored.text("dtype") if "dtype" in stored else dtype
    if found != dtype:
        raise SnapshotError(
            f"it was written in {found}; this net is in {dtype}",
            hint=f"resume with --dtype {found} (dtype= in Python)",
        )
    for name in ("loss", "rate"):
        if name in stored:
            stored.number(name, finite=False)
    if "losses" in stored:
        stored.array("losses", (None,))
    if "warmup_ended" in stored:
        stored.flag("warmup_ended")
    if "began" in stored and not _is_start_of_count(stored["began"], iteration):
        began = described(stored["began"])
        raise SnapshotError(
            f"it is damaged: its updates are counted from {began}, which is no iteration up to {iteration}"
        )
    if "set_rate" in stored and not _is_set_rate(stored["set_rate"]):
        raise SnapshotError("it is damaged: its learning rate is none")


def _is_start_of_count(began: Any, iteration: int) -> bool:
    """Whether this is an iteration at which a count of updates may have begun."""
    return isinstance(began, int) and not isinstance(began, bool) and 0 <= began <= iteration


def _is_set_rate(stored: Any) -> bool:
    """Whether this is what a solver of which somebody has set the rate, or nobody, puts into its state."""
    if stored is None:
        return True
    pair = isinstance(stored, list) and len(stored) == 2
    numbers = pair and all(type(rate) in (int, float) and 0 <= rate < np.inf for rate in stored)
    return numbers and stored[1] > 0 and max(stored) <= np.finfo(float).max


def _check_trainer(trainer: Any, stored: Stored) -> None:
    found = stored.text("type")
    if trainer is not None and found != trainer.type:
        raise SnapshotError(
            f"it belongs to trainer {found}; this solver has trainer {trainer.type}", hint=_ANEW
        )
    stored.inner("state")


def _check_random(solver: Any, stored: Stored) -> None:
    stored.whole("seed", least=-(2**63))
    check_generator_state(solver.net.device.rng, stored["generator"])


def _check_layers(stored: Stored) -> None:
    stored.inner("train")
    for index, of_net in enumerate(stored.items("test")):
        Stored(of_net, f"layers: test net {index}")
