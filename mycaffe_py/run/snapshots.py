"""Writing of snapshots, and of the last and best weights."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mycaffe_py.errors import DivergedError, MyCaffeError
from mycaffe_py.events.events import Event, SnapshotWritten, StepDone
from mycaffe_py.weights import check_writable, save_snapshot, try_state
from mycaffe_py.weights.atomic import atomic_write
from mycaffe_py.weights.caffemodel import digest, write_weights

from .best import BestWeights
from .best_file import (
    WEIGHTS_NAME,
    forget_before,
    keep_before,
    resume_best,
    write_best_file,
)
from .directory import folder_name


class SnapshotKeeper:
    """Writes the snapshots of one run; attach :meth:`write` as ``solver.snapshot_action``, and :meth:`listener`.

    Raises OutputError, PluginError or such where no snapshot could be written.

    ``last.caffemodel`` and ``last.solverstate`` (with ``.h5`` if it is HDF5) in the run folder are copies of the
    newest snapshot under a fixed name; ``best.caffemodel`` has the weights chosen by :class:`BestWeights`.
    """

    def __init__(
        self,
        solver: Any,
        folder: Path,
        best: BestWeights,
        on_written: Callable[[SnapshotWritten], None],
    ):
        self.solver, self.folder, self.best = solver, folder, best
        solver.snapshot_prefix = folder / folder_name(solver.net.name)
        self.prefix = solver.prefix_of_snapshots()
        self.latest: SnapshotWritten | None = None
        self.remarks: list[str] = []
        self._on_written = on_written
        self._best_on_disk = 0
        self._best_digest: str | None = None
        self._of_best: dict[str, Any] | None = None
        """What best.json has for the newest snapshot."""
        self._earlier_best: bytes | None = None
        self._tried = False
        check_writable(solver)
        try_state(solver)

    def listener(self, event: Event) -> None:
        """After the first update, try once more whether a snapshot can be written."""
        if isinstance(event, StepDone) and not self._tried:
            self._tried = True
            try_state(self.solver, begun=True)

    def continue_from(self, run: Path) -> None:
        """Continue the choice of the best weights from the resumed run; ``remarks`` gets what went wrong."""
        self._earlier_best = resume_best(self.best, run, self.solver.iter, self.remarks.append)

    def write(self, reason: str = "request") -> None:
        """Write the current weights and state, and the best weights so far.

        Raises DivergedError, and writes nothing, if a weight is not finite.
        """
        if self.latest is not None and self.latest.iteration == self.solver.iter:
            return
        self._require_finite()
        # First, and in a way that the snapshot before still has its own if this one is never finished.
        of_best, problem = self._of_best, None
        try:
            of_best = self._write_best()
        except MyCaffeError as error:
            problem = error
        weights, state = save_snapshot(self.solver, self.prefix)
        self.latest = SnapshotWritten(self.solver.iter, weights, state, reason)
        self._on_written(self.latest)
        if problem is not None:
            raise problem
        self._of_best = of_best
        forget_before(self.folder)

    def write_best(self) -> None:
        """Write the best weights so far, if they are not on disk yet, and best.json for resuming."""
        if self.latest is None:
            self._write_best_weights()
        else:
            self._write_best()

    def _write_best(self) -> dict[str, Any]:
        self._write_best_weights()
        at, sha256 = self.solver.iter, self._best_digest
        return write_best_file(self.folder, self.best, at, sha256, self._of_best)

    def _write_best_weights(self) -> None:
        best = self.best
        if not best.iteration or self._best_on_disk == best.iteration:
            return
        path = self.folder / WEIGHTS_NAME
        if self._of_best is not None and self._of_best["sha256"] == self._best_digest:
            keep_before(self.folder)
        if best.weights is None:
            self._best_digest = _put(path, self._earlier_best)
        else:
            data = self.solver.net.parameters.data
            present = data.copy()
            try:
                data[...] = best.weights
                self._require_finite()
                self._best_digest = write_weights(self.solver.net, path, False)
            finally:
                data[...] = present
        self._best_on_disk = best.iteration

    def write_last(self) -> None:
        """Copy the newest snapshot to its fixed name in the run folder."""
        if self.latest is None:
            return
        for source in (self.latest.weights, self.latest.state):
            suffix: Any = re.search(r"\.(caffemodel|solverstate)(\.h5)?$", source.name)
            _copy(source, self.folder / f"last{suffix[0]}")

    def weights_are_finite(self) -> bool:
        """Whether every weight is finite."""
        net = self.solver.net
        return net.device.all_finite(net.parameters.data)

    def _require_finite(self) -> None:
        if not self.weights_are_finite():
            bad = non_finite_param(self.solver.net) or "a weight"
            raise DivergedError(
                f"iteration {self.solver.iter}: {bad} is not finite, so no snapshot is written",
                hint="lower base_lr, or set clip_gradients",
            )


def non_finite_param(net: Any) -> str | None:
    """Describe the param with the first non-finite weight; None if all are finite."""
    for layer in net.device_layers:
        for index, blob in enumerate(layer.blobs):
            if not net.device.all_finite(blob.data):
                return f'param {blob.name or index} of layer "{layer.name}" ({layer.type})'
    return None


def _put(path: Path, data: bytes | None) -> str | None:
    if data is None:
        return None
    atomic_write(path, data)
    return digest(data)


def _copy(source: Path, target: Path) -> None:
    with open(source, "rb") as file:
        atomic_write(target, lambda out: shutil.copyfileobj(file, out))
