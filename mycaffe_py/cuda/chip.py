"""Chip: what a kernel's launch configuration depends on."""

from __future__ import annotations

from dataclasses import dataclass

from mycaffe_py.device import Device

# Numbers of CUDA's enumeration cudaDeviceAttr.
_ATTRIBUTES = {
    "processors": 16,
    "threads_per_processor": 39,
    "shared_per_processor": 81,
    "registers_per_processor": 82,
    "shared_per_block": 97,
}
_MAJOR, _MINOR, _COOPERATIVE = 75, 76, 95


@dataclass(frozen=True)
class Chip:
    """A GPU as far as kernels depend on it; sizes of shared memory in bytes."""

    capability: tuple[int, int]
    """The compute capability: (9, 0) is Hopper's."""
    processors: int
    """Streaming multiprocessors."""
    shared_per_block: int
    """The most shared memory that a block can be given, if it asks for more than usual."""
    shared_per_processor: int
    registers_per_processor: int
    threads_per_processor: int
    cooperative: bool = True
    """Whether a grid can be launched whose blocks wait for each other."""

    @property
    def has_clusters(self) -> bool:
        """Whether blocks can store into each other's shared memory."""
        return self.capability >= (9, 0)


def chip_of(device: Device) -> Chip:
    """Return the description of a GPU."""
    device.activate()
    runtime, index = device.xp.cuda.runtime, int(device.name.partition(":")[2] or 0)

    def read(number: int) -> int:
        return int(runtime.deviceGetAttribute(number, index))

    return Chip(
        capability=(read(_MAJOR), read(_MINOR)),
        cooperative=bool(read(_COOPERATIVE)),
        **{name: read(number) for name, number in _ATTRIBUTES.items()},
    )
