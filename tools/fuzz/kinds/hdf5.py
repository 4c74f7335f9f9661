"""HDF5 files: weights, states and data, of odd structure or with changed bytes."""

from __future__ import annotations

import io
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from mycaffe_py.net import Net
from tools.fuzz.case import MYCAFFE, Case, Kind
from tools.fuzz.mutating import change_bytes

from . import states
from .small_run import MODEL, only, snapshot

_DATA = """name: "n" layer { name: "data" type: "HDF5Data" top: "x" top: "y"
hdf5_data_param { source: "files.txt" batch_size: 2 shuffle: %s } }"""
_CHECKSUM = b"\nmycaffe sha256:"
_TYPES = (
    "f4",
    "f8",
    "f2",
    "i1",
    "u8",
    "i8",
    "b1",
    "c8",
    "S5",
    "S0",
    ">f4",
    h5py.string_dtype(),
    h5py.ref_dtype,
)
_SHAPES = (
    (),
    (0,),
    (1,),
    (2,),
    (5,),
    (2, 3),
    (3, 2),
    (0, 3),
    (2, 0),
    (4, 3),
    (3,),
    (2, 3, 4),
    (1, 1, 1, 1),
)
_NAMES = (
    "0",
    "1",
    "2",
    "-1",
    "99",
    "1000000000",
    "01",
    "\u0661",
    "x",
    "y",
    "fc1",
    "fc2",
    "data",
    "iter",
    "history",
    "a/b",
    ".",
)


@dataclass
class Corpus:
    """Right files by their use: weights, state and data; and what else lies beside them."""

    files: dict[str, bytes]
    parts: dict[str, bytes]


def prepare(folder: Path) -> Corpus:
    """Train a small net with snapshots in HDF5, and write a file of data."""
    files = snapshot(folder, "hdf5", "snapshot_format: HDF5")
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        file["x"] = np.arange(30.0).reshape(5, 2, 3)
        file["y"] = np.arange(5)
    names = {"weights": only(files, ".caffemodel.h5"), "state": only(files, ".solverstate.h5")}
    # Without the checksum behind them, which would give every changed byte away.
    parts = {use: files[name].partition(_CHECKSUM)[0] for use, name in names.items()}
    return Corpus(files, {**parts, "data": content.getvalue()})


def make(rng: random.Random, corpus: Corpus) -> Case:
    """Return a case: a changed file of some use, and the use."""
    use = rng.choice(sorted(corpus.parts))
    data = corpus.parts[use]
    if rng.random() < 0.65:
        data = _restructured(rng, data)
    if data is corpus.parts[use] or rng.random() < 0.1:
        data = change_bytes(rng, data)
    if use == "data":
        net = (_DATA % rng.choice(("true", "false"))).encode()
        files = {"a.h5": data, "files.txt": b"a.h5\n" * rng.choice((1, 2)), "net.prototxt": net}
        step = [MYCAFFE, "time", "--model", "net.prototxt", "--iterations", "2", "--device", "cpu"]
        return Case([step], files)
    name = "w.caffemodel.h5" if use == "weights" else "s.solverstate.h5"
    files = {**corpus.files, name: data, "net.prototxt": MODEL.encode()}
    return Case([["load" if use == "weights" else "resume", name]], files)


def _restructured(rng: random.Random, data: bytes) -> bytes:
    """Return an HDF5 file with groups and data sets removed, renamed, replaced and added."""
    content = io.BytesIO(data)
    with h5py.File(content, "r+") as file:
        for _ in range(rng.randint(1, 4)):
            try:
                _change(rng, file)
            except (ValueError, KeyError, OSError, TypeError, RuntimeError):
                continue  # h5py refuses this one
    return content.getvalue()


def _change(rng: random.Random, file: Any) -> None:
    places: list[str] = []
    file.visit(places.append)
    groups = [file, *(file[name] for name in places if isinstance(file.get(name), h5py.Group))]
    group, how = rng.choice(groups), rng.randrange(8)
    name = rng.choice([*group, *_NAMES]) if rng.random() < 0.7 else rng.choice(_NAMES)
    if how < 3 or (how < 5 and name in group and rng.random() < 0.5):
        if name in group:
            del group[name]
        _add_data(rng, group, name)
    elif how == 3:
        del group[name]
    elif how == 4:
        group.create_group(name)
    elif how == 5:
        group[name] = rng.choice(
            (h5py.SoftLink("/data"), h5py.SoftLink("nowhere"), h5py.ExternalLink("a.h5", "/x"))
        )
    elif how == 6:
        group[name] = rng.choice(groups)  # perhaps a circle
    else:
        group.attrs[rng.choice(("mycaffe_layer", "type", "x"))] = rng.choice(
            (1, "a", b"\xff", np.zeros(3), np.uint8([9, 9]))
        )


def _add_data(rng: random.Random, group: Any, name: str) -> None:
    shape = rng.choice(_SHAPES)
    how = rng.random()
    if how < 0.1:
        group.create_dataset(
            name, rng.choice(((2**40,), (2**20, 2**20), (30000, 30000))), "f4", chunks=True
        )
    elif how < 0.2:
        group.create_dataset(
            name, (4, 3), "f4", maxshape=(None, None), compression="gzip", fillvalue=np.nan
        )
    elif how < 0.3:
        group[name] = rng.choice(
            (
                h5py.Empty("f4"),
                "text",
                b"\xff\x00",
                np.array([np.nan, np.inf, 1e300]),
                np.array([-1]),
            )
        )
    else:
        group.create_dataset(name, shape, rng.choice(_TYPES))


def load(name: str) -> None:
    """Load weights into the small net."""
    Net("net.prototxt", weights=name)


KIND = Kind("hdf5", make, prepare, {"load": load, "resume": states.resume})
