"""Damaged HDF5 files from valid ones, and reading them in every way there is: only documented errors may come out.

``python -m tests.stores.hdf5_fuzz COUNT SEED FOLDER`` tries that many and prints one line of JSON. HDF5 is a C library:
what ends a process is seen from outside, and FOLDER/case.h5 is then the file.
"""

from __future__ import annotations

import io
import json
import os
import sys
import time
from functools import cache
from pathlib import Path

import h5py
import numpy as np

from mycaffe_py.device import Device
from mycaffe_py.errors import MyCaffeError
from mycaffe_py.net import Net
from mycaffe_py.plugins import default_registry
from mycaffe_py.schema import load_net_text
from mycaffe_py.weights import load_weights, restore, save_snapshot

from .hdf5_files import ACCEPTED, REFUSED

SECONDS, MEMORY = 5, 3 << 30
MODEL = """
name: "fuzzed"
layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 2 dim: 3 } } }
layer { name: "fc1" type: "InnerProduct" bottom: "x" top: "a"
        inner_product_param { num_output: 5 weight_filler { type: "gaussian" } } }
layer { name: "in/fc2" type: "InnerProduct" bottom: "a" top: "b" inner_product_param { num_output: 2 } }
"""
DATA = """
layer {{ name: "data" type: "HDF5Data" top: "data" top: "label"
        hdf5_data_param {{ source: {list} batch_size: 4 }} }}
"""
_SOLVER = 'type: "SGD" base_lr: 0.1 momentum: 0.9 lr_policy: "fixed" snapshot_format: HDF5'
_SEAL = 8 * 4 + len(b"\nmycaffe sha256:")
_REFUSED_BY_HDF5 = (OSError, LookupError, RuntimeError, ValueError, TypeError)
_ODD = [
    lambda file, path: file.__setitem__(path, file["/"]),
    lambda file, path: file.__setitem__(path, h5py.SoftLink(path)),
    lambda file, path: file.__setitem__(path, np.zeros((0, 3))),
    lambda file, path: file.__setitem__(path, np.float64(3)),
    lambda file, path: file.create_dataset(path, (30000, 30000), "f4", chunks=(99, 99)),
    lambda file, path: file.create_dataset(
        path, (1 << 40,), "u1", chunks=(1,)
    ).id.write_direct_chunk((0,), b"1"),
    lambda file, path: file.create_dataset(path, (1,) * 32, "f4"),
    lambda file, path: file.create_group(path).attrs.create(
        "mycaffe_layer", np.full(999, 200, "u1")
    ),
]
# Numbers that lengths and addresses are replaced with.
_EXTREME = (0, 1, 2, 3, 7, 0x7F, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, 1 << 40, (1 << 64) - 1)


def case_seeds(folder: Path) -> list[bytes]:
    """Return valid files: weights, a state, data in several layouts."""
    solver = _solver()
    weights, state = save_snapshot(solver, folder / "seed")
    sealed = [path.read_bytes() for path in (weights, state)]
    return [
        *(data[:-_SEAL] for data in sealed),
        *(_data(libver) for libver in ("earliest", "latest")),
    ]


def _data(libver: str) -> bytes:
    content = io.BytesIO()
    values = np.arange(60, dtype=np.float32).reshape(20, 3)
    with h5py.File(content, "w", libver=libver) as file:
        file.create_dataset(
            "data", data=values, chunks=(6, 3), compression="gzip", shuffle=True, fletcher32=True
        )
        file.create_dataset(
            "label", data=np.arange(20), chunks=(5,), maxshape=(None,), compression="lzf"
        )
        file["group/soft"] = h5py.SoftLink("/data")
        file["plain"] = values
    return content.getvalue()


def mutate(rng: np.random.Generator, data: bytes) -> bytes:
    """Return the content of a file, changed through HDF5 or damaged in up to four places, or both."""
    kind = rng.integers(4)
    if kind:
        return _damaged(rng, data)
    try:
        changed = _restructured(rng, data)
    except _REFUSED_BY_HDF5:
        return _damaged(rng, data)
    return _damaged(rng, changed) if rng.integers(2) else changed


def _restructured(rng: np.random.Generator, data: bytes) -> bytes:
    """Put something else in the place of one object, or something more beside it."""
    content = io.BytesIO(data)
    with h5py.File(content, "r+") as file:
        names: list[str] = []
        file.visit(names.append)
        path = str(rng.choice(names))
        beside = f"{path}{rng.choice(['', '0', '/0', '/x', '9999999999'])}"
        if beside in file:
            del file[beside]
        puts = [*(put for put, _ in REFUSED.values()), *ACCEPTED.values(), *_ODD]
        puts[rng.integers(len(puts))](file, beside)
    return content.getvalue()


def _damaged(rng: np.random.Generator, data: bytes) -> bytes:
    out = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        if len(out) < 16:
            break
        at = int(rng.integers(len(out) - 8))
        kind = rng.integers(8)
        if kind < 3:
            out[at] ^= 1 << int(rng.integers(8))
        elif kind == 3:
            out[at] = int(rng.integers(256))
        elif kind == 4:
            width = int(rng.choice([1, 2, 4, 8]))
            value = int(_EXTREME[rng.integers(len(_EXTREME))]) & ((1 << 8 * width) - 1)
            out[at : at + width] = value.to_bytes(width, "little")
        elif kind == 5:  # one part over another: addresses and messages in wrong places
            length, source = int(rng.integers(1, 65)), int(rng.integers(len(out) - 8))
            part = out[source : source + length]
            out[at : at + len(part)] = part
        elif kind == 6:
            out[at : at + int(rng.integers(1, 33))] = b""
        else:
            del out[int(rng.integers(len(out) // 2, len(out))) :]
    if rng.integers(8):  # HDF5 looks no further into a file that is too short
        out += bytes(max(0, len(data) - len(out)))
    return bytes(out)


def try_case(path: Path, seconds: float | None = None) -> None:
    """Read a file as weights, as a state and as data; anything but a documented error is raised.

    So is a TimeoutError for more than ``seconds`` of computing.
    """
    for read in (_as_weights, _as_state, _as_data):
        began = time.process_time()
        try:
            read(path)
        except MyCaffeError as error:
            if error.code in ("E000", "E260"):  # a bug, or too little memory
                raise
        if seconds is not None and time.process_time() - began > seconds:
            raise TimeoutError(f"{read.__name__} took more than {seconds} s")


def _as_weights(path: Path) -> None:
    load_weights(_solver().net, path)


def _as_state(path: Path) -> None:
    restore(_solver(), path)


def _as_data(path: Path) -> None:
    listing = path.with_suffix(".txt")
    listing.write_text(f"{path}\n")
    registry = default_registry()
    net = Net(
        load_net_text(registry.schema, DATA.format(list=json.dumps(str(listing)))),
        registry=registry, device=Device(seed=1),
    )  # fmt: skip
    try:
        for _ in range(3):
            net.forward()
    finally:
        net.close()


@cache
def _solver():
    registry = default_registry()
    param = registry.schema.parse_text(_SOLVER, "SolverParameter").message
    net = Net(load_net_text(registry.schema, MODEL), registry=registry, device=Device(seed=1))
    return registry.solvers.find(param.type)(param, net)


def try_many(count: int, seed: int, folder: Path, seconds: float | None = None) -> list[str]:
    """Try ``count`` damaged files, kept one at a time as FOLDER/case.h5; return what was found."""
    seeds, found = case_seeds(folder), []
    path = folder / "case.h5"
    for number in range(count):
        rng = np.random.default_rng([seed, number])
        path.write_bytes(mutate(rng, seeds[number % len(seeds)]))
        try:
            try_case(path, seconds)
        except Exception as error:
            found.append(f"case {number} of seed {seed}: {error!r}")
            os.replace(path, folder / f"found{number}.h5")
    return found


def _limit_memory() -> None:
    """Make a program that takes more than MEMORY fail, where that can be done."""
    try:
        import resource
    except ImportError:  # Windows
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))


if __name__ == "__main__":
    _limit_memory()
    print(json.dumps(try_many(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), SECONDS)))
