"""Implementation of ``mycaffe compute-image-mean``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from mycaffe_py.cli.failures import echo_result, say
from mycaffe_py.cli.outputs import say_replaced
from mycaffe_py.errors import DataError, naming_place
from mycaffe_py.plugins.registry import default_registry
from mycaffe_py.stores import (
    Database,
    check_backend,
    datum_to_array,
    mean_to_bytes,
    open_database,
    parse_datum,
    record_name,
)
from mycaffe_py.weights import atomic_write, check_target

_SAY_EVERY = 10_000


def average(backend: str, database: str, output: str | None) -> int:
    """Print the means, write the mean image, and return the exit code."""
    check_backend(backend)
    opened = open_database(database)
    if not opened.size:
        raise DataError(f"database {database} has no records")
    if output is not None:
        check_target(output)
    schema = default_registry().schema
    say("Starting iteration")
    mean = _mean(opened, schema.message_class("Datum"))
    if output is not None:
        say_replaced([Path(output)])
        say(f"Write to {output}")
        atomic_write(output, mean_to_bytes(schema, mean))
    echo_result(f"Number of channels: {len(mean)}")
    for channel, values in enumerate(mean):
        echo_result(f"mean_value channel [{channel}]: {values.mean():.6g}")
    return 0


def _mean(database: Database, datum_class: Any) -> np.ndarray:
    total: Any = None
    for count, (key, value) in enumerate(database, start=1):
        where = f"{database.path}: {record_name(count - 1, key)}"
        with naming_place(where, DataError):
            image = datum_to_array(parse_datum(datum_class, value))
        if total is None:
            total = np.zeros(image.shape)
        if image.shape != total.shape:
            raise DataError(
                f"{where} is {image.shape} (channels, height, width), but the first record "
                f"{total.shape}",
                hint="a mean image needs images of one size: mycaffe convert-imageset resizes them",
            )
        total += image
        if count % _SAY_EVERY == 0 or count == database.size:
            say(f"Processed {count} files.")
    return total / database.size
