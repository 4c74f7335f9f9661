"""Changed LMDB files and Datum records by the thousand: only errors that are meant for users may come out.

``python -m tests.stores.lmdb_fuzz 20000 [SEED]`` in the project's folder tries more of them than the tests do.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.plugins import Registry, default_registry
from mycaffe_py.stores import (
    array_to_datum,
    datum_to_array,
    encode_image,
    open_database,
    parse_datum,
)
from tools.fuzz.changing_pages import change_pages
from tools.fuzz.messages import Maker
from tools.fuzz.mutating import change_bytes, change_wire

from .lmdb_files import write


def datums(rng: np.random.Generator, count: int) -> list[bytes]:
    """Return records of every form: pixels, floats, encoded images."""
    schema, found = default_registry().schema, []
    for index in range(count):
        pixels = rng.integers(0, 256, (3, *rng.integers(1, 40, 2)), dtype=np.uint8)
        if index % 3 == 2:
            datum = schema.new("Datum", encoded=True, data=encode_image(pixels, "png"), label=index)
        else:
            values = pixels if index % 3 else pixels[:1, :9].astype(np.float32)
            datum = array_to_datum(schema, values, index)
        found.append(datum.SerializeToString())
    return found


def seeds(folder: Path) -> list[bytes]:
    """Return whole files to be changed: of both formats, with one page and with some of each kind."""
    rng, found = np.random.default_rng(0), []
    for engine in (0, 1):
        for count in (1, 8, 40):
            records = {
                f"{n:08}_{'key' * (n % 5 * 20)}".encode(): value
                for n, value in enumerate(datums(rng, count))
            }
            data = write(folder / f"{engine}{count}", records, engine, commits=2)
            found.append(data.read_bytes())
    return found


def changed_record(rng: random.Random, registry: Registry, data: bytes) -> bytes:
    """Return a record with other fields, other bytes, or fields of another length."""
    how = rng.randrange(3)
    if how == 0:
        message = registry.schema.parse_binary(data, "Datum")
        Maker(rng, registry).change(message, rng.randint(1, 3))
        return bytes(message.SerializePartialToString())
    return change_wire(rng, data) if how == 1 else change_bytes(rng, data)


def try_case(folder: Path) -> str:
    """Read all of ``data.mdb`` in a folder, as layers and tools do; return the error's code, or "" if there is none.

    Anything but a MyCaffeError with a code of its own is raised.
    """
    try:
        database = open_database(folder)
        records, datum = database.records(), default_registry().schema.message_class("Datum")
        for index in (0, database.size // 2, database.size - 1, *range(database.size)):
            try_datum(datum, records.read(index)[1])
    except MyCaffeError as error:
        return documented(error)
    return ""


def try_datum(datum_class: type, value: bytes) -> str:
    """Decode a record; return the error's code, or "" if there is none."""
    try:
        datum_to_array(parse_datum(datum_class, value))
    except MyCaffeError as error:
        return documented(error)
    return ""


def documented(error: MyCaffeError) -> str:
    """Return an error's code; raise the error if it is that of a bug."""
    if error.code == "E000" or len(str(error)) > 1000:
        raise error
    return error.code


def run(folder: Path, count: int, seed: int) -> Counter[str]:
    """Try ``count`` changed files and as many changed records; return how often each code came."""
    rng, codes, registry = random.Random(seed), Counter[str](), default_registry()
    datum = registry.schema.message_class("Datum")
    whole, values = seeds(folder), datums(np.random.default_rng(seed), 30)
    for number in range(count):
        (folder / "data.mdb").write_bytes(change_pages(rng, rng.choice(whole)))
        value = changed_record(rng, registry, rng.choice(values))
        try:
            codes[f"file {try_case(folder)}"] += 1
            codes[f"record {try_datum(datum, value)}"] += 1
        except Exception:
            print(f"case {number} of seed {seed}; the record was {value!r}", file=sys.stderr)
            raise
    return codes


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as place:
        print(run(Path(place), int(sys.argv[1]), int([*sys.argv, 0][2])))
