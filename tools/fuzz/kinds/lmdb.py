"""Values of LMDB databases (Datum), and the databases' files."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.plugins import default_registry
from mycaffe_py.stores import DatabaseWriter, array_to_datum, encode_image
from tools.fuzz.case import MYCAFFE, Case, Kind
from tools.fuzz.changing_pages import change_pages
from tools.fuzz.messages import Maker
from tools.fuzz.mutating import change_bytes, change_wire

_NET = """name: "n" layer {{ name: "data" type: "Data" top: "x" {tops} data_param {{ source: "db" backend: LMDB
batch_size: {batch} {more} }} transform_param {{ {transform} }} }}"""
_TRANSFORMS = (
    "",
    "scale: 0.5",
    "crop_size: 2",
    "mirror: true",
    "mean_value: 3",
    "mean_value: [1, 2, 3]",
    "force_color: true",
)


@dataclass
class Corpus:
    """Values that are right, and a place for databases."""

    registry: Any
    values: list[bytes]
    file: bytes


def prepare(folder: Path) -> Corpus:
    """Make some values, and a database of them."""
    registry = default_registry()
    images = np.random.default_rng(0).integers(0, 256, (3, 3, 4, 5), dtype=np.uint8)
    data = [array_to_datum(registry.schema, image, 1) for image in images]
    data.append(array_to_datum(registry.schema, images[0].astype(float), 2))
    data.append(
        registry.schema.new("Datum", encoded=True, label=3, data=encode_image(images[0], "png"))
    )
    values = [each.SerializeToString() for each in data]
    with DatabaseWriter(folder / "db") as writer:
        for number in range(400):
            writer.put(f"{number:08}".encode(), values[number % 3])
    return Corpus(registry, values, (folder / "db" / "data.mdb").read_bytes())


def make(rng: random.Random, corpus: Corpus) -> Case:
    """Return a case: a database of odd values, or a damaged file."""
    files = {"net.prototxt": _net(rng)}
    steps = [[MYCAFFE, "time", "--model", "net.prototxt", "--iterations", "1", "--device", "cpu"]]
    if rng.random() < 0.3:
        steps = [[MYCAFFE, "compute-image-mean", "db", "mean.binaryproto"]]
    if rng.random() < 0.25:
        files["db/data.mdb"] = change_pages(rng, corpus.file)
    else:
        values = [_value(rng, corpus) for _ in range(rng.randint(1, 4))]
        for number, value in enumerate(values):
            files[f"values/{number}"] = value
        steps.insert(0, ["write"])
    return Case(steps, files)


def _net(rng: random.Random) -> bytes:
    tops, transform = rng.choice(("", 'top: "label"')), rng.choice(_TRANSFORMS)
    more = rng.choice(("", "", "rand_skip: 2", "prefetch: 1", "cache: true"))
    return _NET.format(
        tops=tops, transform=transform, more=more, batch=rng.choice((1, 2, 3))
    ).encode()


def _value(rng: random.Random, corpus: Corpus) -> bytes:
    data, how = rng.choice(corpus.values), rng.random()
    if how < 0.2:
        return data
    if how < 0.6:
        datum = corpus.registry.schema.parse_binary(data, "Datum")
        Maker(rng, corpus.registry).change(datum, rng.randint(1, 3))
        return datum.SerializePartialToString()
    return change_wire(rng, data) if how < 0.85 else change_bytes(rng, data)


def write() -> None:
    """Make the database ``db`` of the files below ``values``; a value may be none that LMDB takes."""
    with DatabaseWriter("db") as writer:
        for path in sorted(Path("values").iterdir()):
            writer.put(path.name.encode(), path.read_bytes())


KIND = Kind("lmdb", make, prepare, {"write": write})
