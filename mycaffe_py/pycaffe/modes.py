"""pycaffe's module-level functions: modes, seeds, logging, a timer."""

from __future__ import annotations

import logging
import time
from typing import Any, NoReturn

from mycaffe_py.device.device import (
    chosen_seed,
    default_device,
    open_device,
    set_default_device,
    set_default_seed,
)
from mycaffe_py.errors import ConfigError, DeviceError
from mycaffe_py.events.caffe_log import DATE_FORMAT, LINE_FORMAT, logger
from mycaffe_py.plugins.registry import default_registry

_LEVELS = (logging.INFO, logging.WARNING, logging.ERROR, logging.CRITICAL)
_ONE_PROCESS = "training runs in one process here: training on several GPUs is not supported"

_device_id = 0
_handler: logging.Handler | None = None


# Device of new nets.


def set_mode_cpu() -> None:
    """Create nets and solvers on the CPU from now on; existing ones stay where they are."""
    if not default_device().is_host:
        set_default_device(open_device("cpu", seed=chosen_seed() or 0))


def set_mode_gpu() -> None:
    """Create nets and solvers on the GPU of :func:`set_device` from now on; DeviceError if it cannot be used."""
    name = f"gpu:{_device_id}"
    if default_device().name != name:
        set_default_device(open_device(name, seed=chosen_seed() or 0))


def set_device(device_id: int) -> None:
    """Choose the GPU for :func:`set_mode_gpu`; if that mode is already set, switch to it now."""
    global _device_id
    if int(device_id) < 0:
        raise ConfigError(f"a GPU's number must be 0 or more, got {device_id}")
    _device_id = int(device_id)
    if default_device().is_gpu:
        set_mode_gpu()


def set_random_seed(seed: int) -> None:
    """Seed what is created from now on: weights, dropout, shuffling; also solvers without ``random_seed``."""
    set_default_seed(seed)


def layer_type_list() -> list[str]:
    """Return the name of every layer type."""
    return sorted(default_registry().layers.types())


# Logging.


def init_log(level: int = 0, stderr: bool = True) -> None:
    """Show the lines that solvers and nets log, in the format of Caffe's log.

    ``level`` 0 shows all, 1 warnings, 2 errors, 3 only more severe lines. Call it before the solver is created. Without
    it, the lines go where Python's ``logging`` sends those of the logger ``mycaffe``.
    """
    global _handler
    if level not in range(len(_LEVELS)):
        raise ConfigError(f"the log level must be 0, 1, 2 or 3, got {level}")
    logger.setLevel(_LEVELS[level])
    if _handler is not None:
        logger.removeHandler(_handler)
        _handler = None
    if stderr:
        _handler = logging.StreamHandler()
        _handler.setFormatter(logging.Formatter(LINE_FORMAT, DATE_FORMAT))
        logger.addHandler(_handler)


def log(text: str) -> None:
    """Log a line at level INFO."""
    logger.info("%s", text)


# Several processes: there is always one.


def solver_count() -> int:
    """Return how many solvers train together: one."""
    return 1


def set_solver_count(count: int) -> None:
    """Accept 1; more raises DeviceError."""
    if count != 1:
        raise DeviceError(f"{_ONE_PROCESS} (solver count {count})")


def solver_rank() -> int:
    """Return the number of this process's solver: 0."""
    return 0


def set_solver_rank(rank: int) -> None:
    """Accept 0; any other raises DeviceError."""
    if rank != 0:
        raise DeviceError(f"{_ONE_PROCESS} (solver rank {rank})")


def set_multiprocess(enabled: bool) -> None:
    """Accept either value: with one process it makes no difference."""


def has_nccl() -> bool:
    """Whether gradients can be exchanged between GPUs: no, training runs on one device."""
    return False


class NCCL:
    """Exchange of gradients between GPUs, which is not supported: creating one raises DeviceError."""

    def __init__(self, solver: Any, uid: Any):
        _no_nccl()

    @staticmethod
    def new_uid() -> NoReturn:
        """Raise DeviceError."""
        _no_nccl()


def _no_nccl() -> NoReturn:
    raise DeviceError(
        f"no NCCL: {_ONE_PROCESS}", hint="omit NCCL, or check has_nccl() first; one GPU works"
    )


class Timer:
    """A stopwatch that also waits for the GPU: ``start()``, ``stop()``, then ``ms`` in milliseconds."""

    def __init__(self) -> None:
        self._started: float | None = None
        self._ms = 0.0

    def start(self) -> None:
        """Start the measurement."""
        default_device().synchronize()
        self._started = time.perf_counter()

    def stop(self) -> None:
        """Stop the measurement; does nothing if none was started."""
        if self._started is not None:
            default_device().synchronize()
            self._ms = (time.perf_counter() - self._started) * 1000
            self._started = None

    @property
    def ms(self) -> float:
        """Milliseconds between start and stop; stops a running measurement."""
        self.stop()
        return self._ms
