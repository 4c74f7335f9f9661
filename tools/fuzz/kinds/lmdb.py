"""Values of LMDB databases (Datum and AnnotatedDatum), and the databases' files."""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mycaffe_plugins.forks.records.annotations import Box, put_annotations

from mycaffe_py.plugins import default_registry
from mycaffe_py.stores import DatabaseWriter, array_to_datum, encode_image
from tools.fuzz.case import MYCAFFE, Case, Kind
from tools.fuzz.changing_pages import change_pages
from tools.fuzz.messages import Maker
from tools.fuzz.mutating import change_bytes, change_wire

_NET = """name: "n" layer {{ name: "data" type: "Data" top: "x" {tops} data_param {{ source: "db" backend: LMDB
batch_size: {batch} {more} }} transform_param {{ {transform} }} }}"""
_ANNOTATED = _NET.replace('"Data"', '"AnnotatedData"').replace(
    "transform_param", "annotated_data_param {{ {samplers} }} transform_param"
)
_TRANSFORMS = (
    "",
    "scale: 0.5",
    "crop_size: 2",
    "mirror: true",
    "mean_value: 3",
    "mean_value: [1, 2, 3]",
    "force_color: true",
    "resize_param { height: 3 width: 7 interp_mode: [LINEAR, AREA, NEAREST, CUBIC, LANCZOS4] }",
    "resize_param { resize_mode: FIT_SMALL_SIZE height: 2 width: 2147483647 }",
    "resize_param { resize_mode: FIT_LARGE_SIZE_AND_PAD height: 9 width: 2 pad_mode: MIRRORED }",
    "noise_param { gauss_blur: true erode: true convert_to_hsv: true }",
    "crop_h: 1 crop_w: 3 color_order: RGB",
    "expand_param { prob: 1 max_expand_ratio: 3 } distort_param { hue_prob: 1 hue_delta: 18 contrast_prob: 1 } "
    "resize_param { height: 5 width: 4 } mirror: true emit_constraint { emit_type: MIN_OVERLAP emit_overlap: 0.1 }",
)
_SAMPLERS = (
    "",
    "",
    "anno_type: BBOX",
    "batch_sampler { sampler { min_scale: 0.1 } sample_constraint { min_jaccard_overlap: 0.1 } max_trials: 20 }",
    "batch_sampler { sample_constraint { min_object_coverage: 0.5 max_sample_coverage: 0.9 } max_sample: 3 }",
)


@dataclass
class Corpus:
    """Values that are right, and a place for databases."""

    registry: Any
    values: dict[str, list[bytes]]
    """By the message's name."""
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
    annotated = []
    for number, datum in enumerate([*data, data[0]]):
        record = registry.schema.new("AnnotatedDatum")
        record.datum.CopyFrom(datum)
        put_annotations(record, [Box(1 + n, 0.1, 0.2 * n, 0.6, 0.9) for n in range(number)])
        annotated.append(record.SerializeToString())
    kinds = {"Datum": values, "AnnotatedDatum": annotated}
    return Corpus(registry, kinds, (folder / "db" / "data.mdb").read_bytes())


def make(rng: random.Random, corpus: Corpus) -> Case:
    """Return a case: a database of odd values, or a damaged file."""
    name = "AnnotatedDatum" if rng.random() < 0.4 else "Datum"
    files = {"net.prototxt": _net(rng, name)}
    steps = [[MYCAFFE, "time", "--model", "net.prototxt", "--iterations", "1", "--device", "cpu"]]
    if rng.random() < (0.3 if name == "Datum" else 0.05):
        steps = [[MYCAFFE, "compute-image-mean", "db", "mean.binaryproto"]]
    if rng.random() < 0.25:
        files["db/data.mdb"] = change_pages(rng, corpus.file)
    else:
        values = [_value(rng, corpus, name) for _ in range(rng.randint(1, 4))]
        for number, value in enumerate(values):
            files[f"values/{number}"] = value
        steps.insert(0, ["write"])
    return Case(steps, files)


def _net(rng: random.Random, name: str) -> bytes:
    tops, transform = rng.choice(("", 'top: "label"')), rng.choice(_TRANSFORMS)
    more = rng.choice(("", "", "rand_skip: 2", "prefetch: 1", "cache: true"))
    text = _NET if name == "Datum" else _ANNOTATED
    return text.format(
        tops=tops,
        transform=transform,
        more=more,
        batch=rng.choice((1, 2, 3)),
        samplers=rng.choice(_SAMPLERS),
    ).encode()


def _value(rng: random.Random, corpus: Corpus, name: str) -> bytes:
    data, how = rng.choice(corpus.values[name]), rng.random()
    if how < 0.2:
        return data
    if how < 0.6:
        datum = corpus.registry.schema.parse_binary(data, name)
        Maker(rng, corpus.registry).change(datum, rng.randint(1, 3))
        return datum.SerializePartialToString()
    return change_wire(rng, data) if how < 0.85 else change_bytes(rng, data)


def write() -> None:
    """Make the database ``db`` of the files below ``values``; a value may be none that LMDB takes."""
    with DatabaseWriter("db") as writer:
        for path in sorted(Path("values").iterdir()):
            writer.put(path.name.encode(), path.read_bytes())


KIND = Kind("lmdb", make, prepare, {"write": write})
