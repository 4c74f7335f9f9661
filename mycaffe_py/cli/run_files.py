"""The trained weights given to a verb, and the files of the run that they are from."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import click

from mycaffe_py.builder.sources import TRAIN_NET_FIELDS, read_solver
from mycaffe_py.errors import ConfigError, MissingFileError
from mycaffe_py.run.directory import DEFAULT_BASE
from mycaffe_py.run.record import FILE_NAME, read_record
from mycaffe_py.weights import runs_hint, split_paths
from mycaffe_py.weights.files import near_hint

from .failures import warn
from .idle_options import sets_seed

_BEST = tuple(f"{name}.caffemodel{suffix}" for name in ("best", "last") for suffix in ("", ".h5"))


@dataclass(frozen=True)
class Trained:
    """Weights files, the folder that they are in, and its run.json, an empty dict if it is not a run's folder."""

    weights: list[str]
    folder: Path | None = None
    record: dict[str, Any] = field(default_factory=dict)

    @property
    def runs(self) -> list[Path]:
        """The run folder, if the weights are in one."""
        return [self.folder] if self.folder and self.record else []

    def path(self, kind: str) -> Path | None:
        """Return where the ``model`` or ``solver`` beside the weights is or would be; None without weights."""
        return self.folder / f"{kind}.prototxt" if self.folder else None

    def file(self, kind: str) -> str | None:
        """Return the ``model`` or ``solver`` beside the weights, or None if there is none."""
        path = self.path(kind)
        return os.fspath(path) if path is not None and os.path.isfile(path) else None

    def settings(
        self, solver: str | None, model: str | None, registry: Any
    ) -> tuple[str | None, str | None]:
        """Return solver and model: those given, else those beside the weights.

        A solver that is given brings its own net, if it names one.
        """
        own = self.file("model")
        if solver is not None:
            if model is None and own is not None and not _names_a_net(solver, registry):
                model = own
            return solver, model
        return self.file("solver"), model or own

    def nothing(self, verb: str) -> ConfigError:
        """Return the error for weights with neither solver nor model."""
        return ConfigError(
            f"nothing to {verb}: no model.prototxt or solver.prototxt beside the weights, in {self.folder}",
            hint="add --model FILE, or add --solver FILE if a trainer's gym gives the net's input",
        )

    def needed(self, kind: str) -> Exception:
        """Return the error for a ``model`` or ``solver`` that is neither given nor beside the weights."""
        if self.folder is None:
            return click.MissingParameter(
                ctx=click.get_current_context(silent=True),
                param_hint=f"'--{kind}'",
                param_type="option",
            )
        return MissingFileError(
            f"no {kind}: {self.path(kind)} does not exist",
            hint=f"add --{kind} FILE, or use the weights in a run folder",
        )

    def seed(self, given: int | None, overrides: Sequence[str] = ()) -> int | None:
        """Return the seed given, else the run's; None if neither is known, or if --set gives one."""
        if given is not None or sets_seed(overrides):
            return given
        seed = self.record.get("seed")
        return None if seed is None or seed < 0 else seed

    def line(self, seed: int) -> str:
        """Return the line that says which weights are used, and with which seed."""
        runs = " (the run's)" if seed == self.record.get("seed") else ""
        return f"weights {', '.join(self.weights) or 'none'}  seed {seed}{runs}"


def trained(given: Sequence[str]) -> Trained:
    """Return the weights of ``--weights``: files, or run folders, which stand for their best weights.

    Raises MissingFileError for a folder without weights.
    """
    names = [_file(name) for name in split_paths(given)]
    if not names:
        return Trained([])
    folder = Path(names[-1]).parent
    record = read_record(folder)
    if not record and os.path.lexists(path := folder / FILE_NAME):
        warn(f"{path} cannot be read: the run's seed and plugins are not known")
    return Trained(names, folder, record)


def needed_weights(given: Sequence[str], verb: str, argument: str | None = None) -> Trained:
    """Return the weights of ``--weights``, as :func:`trained` does; fail if there are none.

    ``argument`` is the verb's own argument, which may have been meant as the weights.
    """
    if not split_paths(given):
        from .stray_words import option_of

        meant = argument if argument and option_of(argument) == "--weights" else None
        raise ConfigError(
            f"mycaffe {verb} needs trained weights",
            hint=f"write --weights {meant or 'FILE.caffemodel, or a run folder'}",
        )
    return trained(given)


def run_folder(name: str) -> Path | None:
    """Return the folder that ``name`` means: a path, or one below ``runs``, such as ``LiquidNetCfc/003``."""
    path = Path(os.path.expanduser(name))
    places = [path] if path.is_absolute() else [path, DEFAULT_BASE / path]
    return next((place for place in places if os.path.isdir(place)), None)


def _file(name: str) -> str:
    folder = None if os.path.isfile(name) else run_folder(name)
    if folder is None:
        if not os.path.lexists(name):  # opening a link to nowhere says where it leads
            hint = near_hint(Path(name))
            raise MissingFileError(f"weights file {name} does not exist", hint=hint)
        return name
    found = next((path for path in map(folder.joinpath, _BEST) if os.path.exists(path)), None)
    if found is None:
        looked = "looked for best.caffemodel and last.caffemodel; give a file instead"
        runs = None if os.path.exists(folder / FILE_NAME) else runs_hint(folder / FILE_NAME)
        raise MissingFileError(
            f"no weights in {folder}", hint="\n".join(filter(None, (looked, runs)))
        )
    return os.fspath(found)


def _names_a_net(solver: str, registry: Any) -> bool:
    message = read_solver(solver, registry).message
    return any(message.HasField(name) for name in TRAIN_NET_FIELDS)
