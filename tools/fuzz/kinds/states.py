"""Solver states, and the files of run folders that say what a run has done."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mycaffe_py.builder import build_training
from mycaffe_py.device import Device
from mycaffe_py.plugins import default_registry
from mycaffe_py.weights import restore
from tools.fuzz.case import MYCAFFE, Case, Kind
from tools.fuzz.jsonwise import as_text, change_json
from tools.fuzz.messages import Maker
from tools.fuzz.mutating import change_bytes, change_wire

from .small_run import MODEL, SOLVER, TRAIN, command_files, only, snapshot

RUN = "runs/small/001"
_OF_RUNS = ("run.json", "best.json", "progress.json", "metrics.jsonl", "metrics.csv", "live.jsonl")


@dataclass
class Corpus:
    """The files of a snapshot and of a run folder, and the state as a message."""

    registry: Any
    files: dict[str, bytes]
    message: Any
    run: dict[str, bytes]


def prepare(folder: Path) -> Corpus:
    """Train a small net, as a command too."""
    files, registry = snapshot(folder, "states"), default_registry()
    run = command_files(
        folder / "states", [*TRAIN, "--seed", "3", "--set", "solver.snapshot=3"], RUN
    )
    message = registry.schema.parse_binary(files[only(files, ".solverstate")], "SolverState")
    return Corpus(registry, files, message, run)


def make(rng: random.Random, corpus: Corpus) -> Case:
    """Return a case: a state that is restored, or a run folder that is used."""
    if rng.random() < 0.65:
        files = {**corpus.files, "s.solverstate": _state(rng, corpus)}
        step = ["resume", "s.solverstate"]
        if rng.random() < 0.1:
            step = [MYCAFFE, *TRAIN, "--resume", "s.solverstate"]
        return Case([step], files)
    return _command_files(rng, corpus)


def _state(rng: random.Random, corpus: Corpus) -> bytes:
    """Return a changed state, mostly without the check sum that would give every change away."""
    message = type(corpus.message)()
    message.CopyFrom(corpus.message)
    how = rng.random()
    if how < 0.4:
        entries = [entry for entry in message.entry if entry.HasField("json")]
        entry = rng.choice(entries)
        changed = change_json(rng, json.loads(entry.json), rng.randint(1, 3))
        entry.json = as_text(rng, changed).encode("utf-8", "replace")
    elif how < 0.6:
        Maker(rng, corpus.registry).change(message, rng.randint(1, 3))
    data = message.SerializePartialToString()
    if 0.6 <= how < 0.85:
        data = change_wire(rng, data)
    return change_bytes(rng, data, 3) if how >= 0.85 or rng.random() < 0.05 else data


def _command_files(rng: random.Random, corpus: Corpus) -> Case:
    files = {**corpus.run, "net.prototxt": MODEL.encode(), "solver.prototxt": SOLVER.encode()}
    present = [name for name in _OF_RUNS if f"{RUN}/{name}" in files]
    for name in rng.sample(present, rng.choice((1, 1, 2))):
        files[f"{RUN}/{name}"] = _changed_file(rng, files[f"{RUN}/{name}"])
    weights = only({name: b"" for name in files if "last." in name}, ".caffemodel")
    steps = (
        [MYCAFFE, "runs", *["--json"] * rng.randrange(2)],
        [MYCAFFE, *TRAIN, "--resume", rng.choice(("auto", RUN))],
        [MYCAFFE, "test", "--weights", rng.choice((weights, RUN)), "--iterations", "1"],
        [MYCAFFE, "stop", RUN, "--no-wait"],
        [MYCAFFE, "report", RUN, "--out", "report.html"],
        [MYCAFFE, "plot", RUN],
    )
    return Case([rng.choice(steps[: rng.choice((1, 2, 2, 6))])], files)


def _changed_file(rng: random.Random, data: bytes) -> bytes:
    if rng.random() < 0.3:
        return change_bytes(rng, data)
    try:
        lines = [json.loads(data)]
    except ValueError:
        lines = []
        for line in data.splitlines():
            try:
                lines.append(json.loads(line))
            except ValueError:
                return change_bytes(rng, data)
    if not lines:
        return change_bytes(rng, data)
    place = rng.randrange(len(lines))
    lines[place] = change_json(rng, lines[place], rng.randint(1, 4))
    return "\n".join(as_text(rng, line) for line in lines).encode("utf-8", "replace")


def resume(name: str) -> None:
    """Restore a state into a solver of the small net."""
    solver = build_training(
        solver="solver.prototxt", model="net.prototxt", device=Device(), seed=3
    ).solver
    restore(solver, name)


KIND = Kind("states", make, prepare, {"resume": resume})
