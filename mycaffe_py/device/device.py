"""The array device: NumPy on the CPU, CuPy on a GPU.

This is the only module that imports cupy. Everything else takes ``device.xp``.
"""

from __future__ import annotations

import math
import re
import threading
import warnings
from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np

from mycaffe_py.errors import ConfigError, DeviceError
from mycaffe_py.seeding import named_generator, restore_generator

from .array_module import ArrayModule, OwnKernels
from .memory_limits import require_memory

Array: TypeAlias = np.ndarray[Any, Any]
"""An array of a device: NumPy's, to editors and type checkers; CuPy's on a GPU, which have the same methods."""

DTYPES = ("float32", "float64")
_GPU_NAME = re.compile(r"(?:gpu|cuda)(?::(\d+))?")
_GPU_EXTRA_HINT = (
    'GPU support is an extra: pip install "mycaffe-py[cuda13]" (or [cuda12], to match your driver)\n'
    "without a GPU: --device cpu"
)
_DRIVER_HINT = "see what `nvidia-smi` prints; `mycaffe doctor` shows the details"


class Device:
    """Where arrays live, with its array module ``xp`` and its random generator.

    ``name`` is ``cpu`` or ``gpu:N``; ``reason`` says why it was chosen automatically.
    """

    def __init__(self, name: str = "cpu", xp: Any = np, *, seed: int = 0, reason: str = ""):
        self.name, self.xp, self.reason = name, xp, reason
        self.is_gpu = name.startswith("gpu")
        self.own = OwnKernels()
        """Kernels of our own in use; see :func:`mycaffe_py.cuda.equip`."""
        self.cache_bytes = 0 if self.is_gpu else 1 << 19
        """How large a working array should be to stay in the processor's cache; 0 if that does not matter."""
        self._scratch = threading.local()
        self.scratch_version = 0
        """How often :meth:`scratch` has allocated memory: arrays that it returned before may lie elsewhere now."""
        if self.is_gpu:
            from .transfers import Transfers

            self.xp, self._transfers = ArrayModule(xp, self.own), Transfers(xp)
        self.seed_generators(seed)

    def __repr__(self) -> str:
        return f"Device({self.name!r})"

    @property
    def is_host(self) -> bool:
        """Whether the device's arrays are NumPy's own."""
        return self.xp is np

    def seed_generators(self, seed: int) -> None:
        """Restart every generator of the device from ``seed``."""
        self.seed = int(seed)
        # The GPU's generator has a seed of its own, so that ``rng`` returns the same numbers on every device.
        self.rng = named_generator(self.seed, "device")
        self._device_rng = self._own_generator("device", "own")

    def resume_generators(self, seed: int, state: dict[str, Any], iteration: int) -> None:
        """Continue from a stored state of ``rng``.

        A GPU's generator has no state that could be stored: it starts a new stream for the
        iteration, the same one at each resume.
        """
        self.seed = int(seed)
        restore_generator(self.rng, state)
        self._device_rng = self._own_generator("device", "resumed", iteration)

    def _own_generator(self, *names: str | int) -> Any:
        """Return a GPU's generator, seeded by the names; on the CPU return ``rng``, its only generator."""
        if not self.is_gpu:
            return self.rng
        start = int(named_generator(self.seed, *names).integers(2**31))
        self._device_key = start
        if self.own.uniform is not None:
            self.own.uniform.restart(start)
        return self.xp.random.default_rng(start)

    def use_uniform(self, uniform: Any) -> None:
        """Take random numbers for :meth:`fill_uniform` from ``uniform``: see :class:`OwnKernels`."""
        uniform.restart(self._device_key)
        self.own.uniform = uniform

    def activate(self) -> None:
        """Make this GPU current for the calling thread: CUDA keeps the current device per thread."""
        if self.is_gpu:
            self.xp.cuda.Device(int(self.name.partition(":")[2] or 0)).use()

    def asarray(self, values: Any, dtype: Any = None) -> Array:
        """Return ``values`` (host or device) as an array of this device."""
        self.activate()
        return self.xp.asarray(values, dtype=dtype)

    def to_host(self, array: Any) -> np.ndarray:
        """Return ``array`` as a NumPy array; a CPU array is returned as is, not copied."""
        return array.get() if hasattr(array, "get") else np.asarray(array)

    def fetch(self, *arrays: Any) -> list[np.ndarray]:
        """Return copies of device arrays as NumPy arrays, waiting for a GPU once for all of them."""
        if self.is_gpu and arrays:
            self.activate()
            return self._transfers.fetch(arrays)
        return [np.array(self.to_host(array)) for array in arrays]

    def send(self, values: Any, target: Any) -> None:
        """Copy host values into a device array of their shape, without waiting for the device."""
        if self.is_gpu and isinstance(values, np.ndarray) and target.flags.c_contiguous:
            self.activate()
            self._transfers.send(values, target)
        else:
            target[...] = self.asarray(values, dtype=target.dtype)

    def all_finite(self, array: Any) -> bool:
        """Whether no value of a device array is NaN or infinite; waits for the device."""
        return bool(self.xp.isfinite(array).all().item())

    def fill_uniform(self, out: Any) -> None:
        """Fill ``out`` (C-contiguous) with numbers from U[0, 1), in place."""
        if self.own.uniform is not None:
            self.own.uniform.fill(out)
        elif self.is_gpu:
            out[...] = self._device_rng.random(out.shape, dtype=out.dtype)
        else:
            self.rng.random(out=out, dtype=out.dtype)

    def scratch(self, name: str, shape: Sequence[int], dtype: Any) -> Array:
        """Return an uninitialized array for values that are needed only until the caller returns.

        Calls with the same name share one buffer, for all layers, which only grows: large working arrays
        cost no more than the largest layer needs. Each thread has its own. Do not keep the array, and use different
        names for arrays that are needed at the same time.
        """
        count, key = math.prod(shape), (name, np.dtype(dtype))
        buffers: Any = vars(self._scratch)
        if key not in buffers or buffers[key].size < count:
            self.scratch_version += 1
            buffers.pop(key, None)  # release the smaller one first
            if self.is_host:
                what = f"working memory of shape {tuple(shape)}"
                require_memory(count * np.dtype(dtype).itemsize, what)
            buffers[key] = self.xp.empty(count, dtype=dtype)
        return buffers[key][:count].reshape(tuple(shape))

    def free_unused(self) -> None:
        """Give a GPU's memory that no array uses back to it, for others."""
        if self.is_gpu:
            self.xp.get_default_memory_pool().free_all_blocks()

    def synchronize(self) -> None:
        """Wait until all work given to the device is done."""
        self.activate()
        if self.is_gpu:
            self.xp.cuda.get_current_stream().synchronize()


def check_dtype(dtype: Any) -> np.dtype:
    """Return ``dtype`` as float32 or float64, or raise ConfigError."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = None
    if found is None or found.name not in DTYPES:
        raise ConfigError(f"dtype must be float32 or float64, got {dtype}")
    return found


_OTHER_ACCELERATORS = (
    "mps|metal|apple|xpu|tpu|npu|hpu|rocm|hip|amd|opencl|vulkan|dml|directml|intel"
)


def import_cupy() -> Any:
    """Return the cupy module, or raise DeviceError with the reason why no GPU can be used."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import cupy
    except Exception as error:  # a broken installation raises more than ImportError
        missing = isinstance(error, ModuleNotFoundError) and error.name == "cupy"
        why = "cupy is not installed" if missing else f"cupy cannot be imported: {error}"
        raise DeviceError(f"no GPU: {why}", hint=_GPU_EXTRA_HINT) from error
    # CuPy can be imported without a driver: only is_available() shows whether there is one.
    found = (
        f"no GPU: cupy {cupy.__version__} is installed but finds no usable CUDA driver or device"
    )
    try:
        available = cupy.cuda.is_available()
    except Exception as error:  # raised for a driver that is too old, for instance
        raise DeviceError(f"{found}: {error}", hint=_DRIVER_HINT) from error
    if not available:
        raise DeviceError(found, hint=_DRIVER_HINT)
    return cupy


def open_device(name: str = "cpu", *, seed: int = 0) -> Device:
    """Open ``cpu``, ``gpu``, ``gpu:N`` or ``auto`` (the first GPU, else the CPU with the reason).

    Raises ConfigError for any other name and DeviceError if the requested GPU cannot be used.
    """
    wanted = name.strip().lower()
    if wanted == "cpu":
        return Device("cpu", np, seed=seed)
    if wanted == "auto":
        try:
            return open_device("gpu:0", seed=seed)
        except DeviceError as error:
            return Device("cpu", np, seed=seed, reason=error.message)
    match = _GPU_NAME.fullmatch(wanted)
    if not match:
        number = re.fullmatch(r"(?:device|cuda|gpu)?[ :_-]?(\d+)", wanted)
        near = f'did you mean "gpu:{number[1]}"?' if number else None
        if re.match(_OTHER_ACCELERATORS, wanted):
            near = f'write cpu: only GPUs of NVIDIA are used, as "gpu"; not {wanted}'
        valid = "valid: auto, cpu, gpu, gpu:N"
        raise ConfigError(f'unknown device "{name}"', hint=f"{near}\n{valid}" if near else valid)
    cupy = import_cupy()
    index = int(match[1] or 0)
    count = cupy.cuda.runtime.getDeviceCount()
    if index >= count:
        raise DeviceError(f"no GPU {index}: this machine has {count}, numbered from 0")
    try:
        cupy.cuda.Device(index).use()  # before the device's generator is made
        return Device(f"gpu:{index}", cupy, seed=seed)
    except Exception as error:
        raise DeviceError(f"GPU {index} cannot be used: {error}", hint=_DRIVER_HINT) from error


_default: Device | None = None
_chosen_seed: int | None = None


def default_device() -> Device:
    """Return the device used if none is given: the CPU, or the one set by ``set_default_device``."""
    global _default
    if _default is None:
        _default = Device()
    return _default


def set_default_device(device: Device) -> None:
    """Make ``device`` the one used if none is given."""
    global _default
    _default = device


def set_default_seed(seed: int) -> None:
    """Seed the default device, and whatever is built afterwards without a seed of its own."""
    global _chosen_seed
    _chosen_seed = int(seed)
    default_device().seed_generators(_chosen_seed)


def chosen_seed() -> int | None:
    """Return what :func:`set_default_seed` set, or None."""
    return _chosen_seed
