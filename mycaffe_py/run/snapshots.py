"""When and where snapshots are written, and what is kept as last and best."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mycaffe_py.errors import OutputError
from mycaffe_py.events import SnapshotWritten
from mycaffe_py.run.best import BestWeights
from mycaffe_py.run.directory import folder_name
from mycaffe_py.weights import save_snapshot, save_weights
from mycaffe_py.weights.atomic import atomic_write


def snapshot_prefix(param: Any, folder: Path, net_name: str) -> Path:
    """Return where snapshots go: the solver's ``snapshot_prefix`` if it is set, else the run folder."""
    if param.snapshot_prefix:
        return Path(param.snapshot_prefix)
    return folder / folder_name(net_name)


class SnapshotKeeper:
    """Writes the snapshots of one run; attach :meth:`write` as ``solver.snapshot_action``.

    ``last.caffemodel`` and ``last.solverstate`` in the run folder are the newest snapshot again
    under a fixed name, ``best.caffemodel`` the weights that :class:`BestWeights` remembered.
    """

    def __init__(
        self,
        solver: Any,
        folder: Path,
        best: BestWeights,
        on_written: Callable[[SnapshotWritten], None],
    ):
        self.solver, self.folder, self.best = solver, folder, best
        self.prefix = snapshot_prefix(solver.param, folder, solver.net.name)
        self.latest: SnapshotWritten | None = None
        self._on_written = on_written
        self._best_on_disk = 0
        self._check_writable()

    def _check_writable(self) -> None:
        probe = self.prefix.parent / f"{self.prefix.name}_iter_0.tempfile"
        try:
            probe.parent.mkdir(parents=True, exist_ok=True)
            probe.write_bytes(b"")
            probe.unlink()
        except OSError as error:
            folder = self.prefix.parent
            reason = "it is a file" if folder.is_file() else error.strerror or error
            raise OutputError(
                f"cannot write snapshots to {folder}: {reason}",
                hint="see snapshot_prefix in the solver file, or --run-dir",
            ) from error

    def write(self, reason: str = "request") -> None:
        """Write weights and state of this moment, and the best weights so far."""
        if self.latest is None or self.latest.iteration != self.solver.iter:
            weights, state = save_snapshot(self.solver, self.prefix)
            self.latest = SnapshotWritten(self.solver.iter, Path(weights), Path(state), reason)
            self._on_written(self.latest)
        self.write_best()

    def write_best(self) -> None:
        """Write the best weights so far, if they are not on disk already."""
        best = self.best
        if best.weights is None or self._best_on_disk == best.iteration:
            return
        data = self.solver.net.parameters.data
        present = data.copy()
        try:
            data[...] = best.weights
            save_weights(self.solver.net, self.folder / "best.caffemodel")
        finally:
            data[...] = present
        self._best_on_disk = best.iteration

    def write_last(self) -> None:
        """Give the newest snapshot its fixed name in the run folder."""
        if self.latest is None:
            return
        for source, suffix in (
            (self.latest.weights, ".caffemodel"),
            (self.latest.state, ".solverstate"),
        ):
            _copy(source, self.folder / f"last{suffix}")

    def weights_are_finite(self) -> bool:
        """Whether every weight is a number worth keeping."""
        xp, data = self.solver.net.device.xp, self.solver.net.parameters.data
        return bool(xp.isfinite(data).all())


def _copy(source: Path, target: Path) -> None:
    with open(source, "rb") as file:
        atomic_write(target, lambda out: shutil.copyfileobj(file, out))
