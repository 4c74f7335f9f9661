"""Building a model, a solver and a gym together, to see whether they fit."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mycaffe_py.builder.trainer import build_trainer, fit_model, fit_solver
from mycaffe_py.device import Device
from mycaffe_py.errors import MyCaffeError, OutputError
from mycaffe_py.layer import Layer
from mycaffe_py.net import Net
from mycaffe_py.plugins import Registry
from mycaffe_py.schema import Document, set_field

_ROWS = 400


@dataclass(frozen=True)
class Trial:
    """A model, a solver and a gym that can be trained together."""

    weights: int


def blobs_in(model: Any, names: Any = None) -> bool:
    """Whether a model has the blobs that a trainer fills and reads: x, target and xhat, or as ``names`` calls them."""
    tops = {top for layer in model.layer for top in layer.top}
    wanted = ("x", "target", "xhat")
    return {getattr(names, role) if names is not None else role for role in wanted} <= tops


def try_together(
    solver: Document, model: Document, gym_type: str, registry: Registry
) -> Trial | None:
    """Build a net, a solver and a gym; return None if they do not fit, or fit only with a warning.

    The gym has its default settings, or those of the solver file if that asks for it; a gym that reads a file gets a
    made-up one. If it cannot read that, it may fit with a file of the user's: the net alone is built then. What a gym
    knows of its data must be used by the net, if the gym measures it (``Gym.statistics``).
    """
    if not blobs_in(model.message, solver.message.trainer.blob_names):
        return None
    solver, model = solver.copy(), model.copy()
    try:
        with _temporary_folder() as folder:
            use_gym(solver.message.trainer, gym_type, registry)
            gym = solver.message.trainer.gym
            if _give_file(gym, folder, registry) and not _opens(gym, folder, registry):
                return Trial(_weights_alone(model, registry))
            return _build(solver, model, registry, folder)
    except OutputError:
        raise
    except Exception:  # whatever a plugin's class raises means that these do not go together
        return None


def why_not_together(
    solver: Document, model: Document, gym: Any, registry: Registry, base_dir: Path
) -> str:
    """Return why a model, a solver and a gym with a user's settings cannot be trained together, or "" if they can.

    ``gym`` is the GymParameter; names of files in it count from ``base_dir``.
    """
    if not blobs_in(model.message, solver.message.trainer.blob_names):
        return "it has no blobs x, target and xhat for a gym"
    solver, model = solver.copy(), model.copy()
    solver.message.trainer.gym.CopyFrom(gym)
    try:
        with _temporary_folder() as folder:
            _give_file(solver.message.trainer.gym, folder, registry)
            fits = _build(solver, model, registry, base_dir)
    except OutputError:
        raise
    except MyCaffeError as error:
        return error.problems[0].message
    except Exception as error:  # of a plugin's class
        return f"{type(error).__name__}: {error}"
    return "" if fits else "they fit only with a warning"


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    """Give a folder for a made-up file; OutputError if there is no place for one."""
    try:
        holder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
    except OSError as error:
        raise _no_place(error) from error
    with holder as name:
        yield Path(name)


def _no_place(error: OSError) -> OutputError:
    return OutputError(f"cannot write a temporary file: {error.strerror or error}")


def use_gym(trainer: Any, gym_type: str, registry: Registry) -> None:
    """Make a TrainerParameter ask for a gym, with the settings that it has for it, if any, else its defaults."""
    cls = registry.gyms.find(gym_type)
    if registry.gyms.find(trainer.gym.type) is cls:
        return
    trainer.gym.Clear()
    trainer.gym.type = cls.type
    if cls.fit_field:
        set_field(trainer.gym, cls.fit_field.split("."), "true", cls.fit_field)


def _give_file(gym: Any, folder: Path, registry: Registry) -> bool:
    """Give a gym that reads a file, and names none, a made-up one; return whether it got it."""
    path = registry.gyms.find(gym.type).input_field_of(gym)
    if not path or _value_at(gym, path):
        return False
    rows = [f"{row},{row % 7 + 0.125 * (row % 5)}" for row in range(_ROWS)]
    file = folder / "measurements.csv"
    try:
        file.write_text("\n".join(["time,value", *rows, ""]), encoding="utf-8")
    except OSError as error:
        raise _no_place(error) from error
    set_field(gym, path.split("."), f'"{file}"' if "," in str(file) else str(file), path)
    return True


def _value_at(message: Any, path: str) -> Any:
    for name in path.split("."):
        message = getattr(message, name)
    return message


def _opens(gym: Any, folder: Path, registry: Registry) -> bool:
    """Whether a gym can be made and started."""
    try:
        made = registry.gyms.find(gym.type)(gym, base_dir=folder)
        made.reset()
        made.close()
    except Exception:  # of a plugin's class
        return False
    return True


def _weights_alone(model: Document, registry: Registry) -> int:
    net = Net(model, registry=registry, device=Device())
    try:
        return sum(blob.count for blob in net.learnable_params)
    finally:
        net.close()


def _build(solver: Document, model: Document, registry: Registry, folder: Path) -> Trial | None:
    warnings: list[str] = []
    fit_model(solver, model, registry, folder)
    fit_solver(solver, model, registry, folder)
    net = Net(model, registry=registry, device=Device())
    try:
        net.context.warn = warnings.append
        cls = registry.solvers.find(solver.message.type)
        trainer = build_trainer(cls(solver.message, net, []), solver, registry, folder, 0)
        if trainer is None:
            return None
        trainer.close()
        gym = registry.gyms.find(solver.message.trainer.gym.type)
        if warnings or _left_unused(gym, solver.message.trainer.gym, net, folder):
            return None
        return Trial(sum(blob.count for blob in net.learnable_params))
    finally:
        net.close()


def _left_unused(cls: Any, param: Any, net: Net, folder: Path) -> bool:
    """Whether the gym gives statistics of its data that neither a layer nor its own trainer takes."""
    if any(layer.needs_trainer for layer in net.device_layers):
        return False
    gym = cls(param, base_dir=folder)
    try:
        if not gym.statistics():
            return False
    finally:
        gym.close()
    plain = Layer.take_statistics
    return all(type(layer).take_statistics is plain for layer in net.device_layers)
