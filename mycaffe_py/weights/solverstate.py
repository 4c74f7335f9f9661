"""Writing snapshots: the weights and the solver state that belongs to them."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mycaffe_py.answers import state_of
from mycaffe_py.blob.blobproto import array_to_proto
from mycaffe_py.durable import hidden_name, make_folder
from mycaffe_py.errors import OutputError, require
from mycaffe_py.leftovers import remove_leftovers

from .atomic import atomic_write
from .caffemodel import check_size, digest, serialize, size_of_weights, write_weights
from .hdf5 import check_names, state_to_hdf5
from .snapshot_targets import check_snapshot_file, check_snapshots_due
from .state_tree import pack

# Names of the entries of a state beyond Caffe's fields.
SOLVER, RANDOM, WEIGHTS_DIGEST, TRAINER = "solver", "random", "weights", "trainer"
LAYERS = "layers"


def snapshot_paths(
    prefix: str | os.PathLike[str], iteration: int, *, hdf5: bool = False
) -> tuple[Path, Path]:
    """Return the paths of weights and state by Caffe's rule, ``{prefix}_iter_{iteration}.*``."""
    stem, ending = f"{os.fspath(prefix)}_iter_{iteration}", ".h5" if hdf5 else ""
    return Path(f"{stem}.caffemodel{ending}"), Path(f"{stem}.solverstate{ending}")


def writes_hdf5(param: Any) -> bool:
    """Whether the solver settings ask for snapshots in HDF5."""
    return param.snapshot_format == param.HDF5


def save_snapshot(solver: Any, prefix: str | os.PathLike[str]) -> tuple[Path, Path]:
    """Write weights, then state, each atomically and in the solver's snapshot_format, and return their paths.

    Raises OutputError if a file cannot be written and MissingExtraError for HDF5 without h5py.
    """
    check_format(solver.param)
    hdf5 = writes_hdf5(solver.param)
    weights, state = snapshot_paths(prefix, solver.iter, hdf5=hdf5)
    _check_content(solver, weights, state)
    for path in (weights, state):
        check_snapshot_file(solver, path)
    written = write_weights(solver.net, weights, solver.param.snapshot_diff, hdf5)
    _write_state(solver, state, weights.name, written)
    return weights, state


def save_state(
    solver: Any, path: str | os.PathLike[str], learned_net: str | os.PathLike[str]
) -> None:
    """Write the solver state, atomically, for weights already written to ``learned_net``.

    A bare file name means a file beside the state; any other path is stored relative to the
    state's folder. A path that ends in ``.h5`` is written as HDF5. Raises OutputError if the file cannot
    be written and MissingExtraError for HDF5 without h5py.
    """
    path = Path(path)
    name = _relative(os.fspath(learned_net), path.parent)
    weights = path.parent / name
    _write_state(
        solver, path, name, digest(weights.read_bytes()) if os.path.isfile(weights) else None
    )


def check_format(param: Any) -> None:
    """Raise MissingExtraError if the solver asks for snapshots in a format that cannot be written here."""
    if writes_hdf5(param):
        require("h5py", "hdf5")


def check_writable(solver: Any) -> None:
    """Raise OutputError if a solver's snapshots cannot be written in their format, would replace files of others, or if
    their folder is not writable.

    The latter is tested by writing a file, as in Caffe. What killed processes left there unfinished is removed.
    """
    prefix = solver.prefix_of_snapshots()
    _check_content(solver, *snapshot_paths(prefix, solver.iter))
    check_snapshots_due(solver)
    _check_lengths(solver, prefix)
    probe = hidden_name(prefix)
    try:
        make_folder(prefix.parent)
        remove_leftovers(prefix.parent)
        probe.write_bytes(b"")
        probe.unlink(missing_ok=True)  # another run may have taken it for a leftover
    except (OSError, ValueError) as error:  # ValueError: the path contains a null character
        folder = prefix.parent
        reason = "it is a file" if os.path.isfile(folder) else getattr(error, "strerror", error)
        raise OutputError(
            f"cannot write snapshots to {folder}: {reason}",
            hint="see snapshot_prefix in the solver file, or --run-dir",
        ) from error


def _check_lengths(solver: Any, prefix: Path) -> None:
    """Raise OutputError if the names of the last snapshot are too long for the system."""
    last = max(solver.iter, solver.param.max_iter)
    for path in snapshot_paths(prefix, last, hdf5=writes_hdf5(solver.param)):
        for name in (path, hidden_name(path)):
            try:
                os.lstat(name)
            except OSError as error:
                if error.errno == errno.ENAMETOOLONG:
                    raise OutputError(
                        f"cannot write the snapshots, such as {path.name}: {error.strerror}",
                        hint="give a shorter snapshot_prefix, or a run folder with a shorter path",
                    ) from error
            except ValueError:
                return  # a null character, which the caller reports


def _check_content(solver: Any, weights: Path, state: Path) -> None:
    """Raise OutputError, before anything is written, if one of the files would be too large or cannot have a name."""
    if writes_hdf5(solver.param):
        check_names(solver.net)
    else:
        check_size(weights, size_of_weights(solver.net, solver.param.snapshot_diff))
        check_size(state, sum(slot.nbytes for slot in solver.history))


def _relative(weights: str, folder: Path) -> str:
    if not os.path.dirname(weights):
        return weights
    try:
        return Path(os.path.relpath(weights, folder)).as_posix()
    except ValueError:  # on another drive
        return os.path.abspath(weights)


def _write_state(solver: Any, path: Path, learned_net: str, weights_digest: str | None) -> None:
    message = solver.net.registry.schema.new("SolverState")
    message.iter, message.current_step = solver.iter, solver.current_step
    message.learned_net = learned_net
    for array in history_arrays(solver):
        array_to_proto(solver.net.device.to_host(array), message.history.add())
    for name, value in _entries(solver, weights_digest):
        _add_entry(message, name, value)
    hdf5 = path.name.endswith(".h5")
    atomic_write(path, state_to_hdf5(message) if hdf5 else serialize(message, path))


def history_arrays(solver: Any) -> Iterator[Any]:
    """Yield the history in Caffe's order: slot by slot, each in the order of the learnable blobs.

    They are views in the blobs' shapes; writing to them changes the history.
    """
    parameters = solver.net.parameters
    for slot in solver.history:
        for parameter in parameters.owners:
            yield slot[parameters.slice_of(parameter)].reshape(parameter.blob.shape)


def _entries(solver: Any, weights_digest: str | None) -> Iterator[tuple[str, Any]]:
    device, tests = solver.net.device, solver.rollback_point()
    yield (
        SOLVER,
        {
            "type": solver.type,
            "dtype": solver.net.dtype.name,
            "loss": solver.loss,
            "losses": solver.recent_losses,
            "rate": solver.last_lr,
            "set_rate": solver.set_rate.state(),
            "warmup_ended": solver.schedule.warmup_ended,
            "began": solver.began,
        },
    )
    yield (
        RANDOM,
        {"seed": device.seed, "device": device.name, "generator": tests.generator},
    )
    if weights_digest is not None:
        yield WEIGHTS_DIGEST, {"sha256": weights_digest}
    of_train_net = solver.net.layer_states()
    if of_train_net or any(tests.layers):
        yield LAYERS, {"train": of_train_net, "test": tests.layers}
    if solver.trainer is not None:
        yield TRAINER, {"type": solver.trainer.type, "state": state_of(solver.trainer)}


def _add_entry(message: Any, name: str, value: Any) -> None:
    text, arrays = pack(name, value)
    message.entry.add(name=name, json=text)
    for array_name, array in arrays.items():
        array_to_proto(array, message.entry.add(name=array_name).array)
