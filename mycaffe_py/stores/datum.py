"""Conversion between arrays and Datum messages, the records of Caffe's databases."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError

from .images import decode_image

_WITH_BOXES = "it may be a record of SSD, an image with boxes: the layer AnnotatedData reads these"


def parse_datum(datum_class: Any, value: bytes) -> Any:
    """Return the Datum in a record's bytes, or raise DataError."""
    try:
        return datum_class.FromString(value)
    except Exception as error:  # protobuf's DecodeError
        raise DataError(f"not a Datum: {len(value)} bytes") from error


def datum_to_array(datum: Any, color: bool | None = None) -> np.ndarray:
    """Return a Datum's values as (channels, height, width), uint8 or float32.

    An encoded image is decoded: to blue, green, red if ``color`` is True, to one channel if it is
    False, and unchanged if it is None. Values that are not encoded ignore ``color``, as in
    Caffe. Raises DataError if the number of values does not match the sizes.
    """
    if datum.encoded:
        return decode_image(datum.data, color)
    shape = (datum.channels, datum.height, datum.width)
    stored = datum.data
    values = np.frombuffer(stored, np.uint8) if stored else np.array(datum.float_data, np.float32)
    if min(shape) < 1 or values.size != math.prod(shape):  # exactly: NumPy's product overflows
        raise DataError(
            f"it declares {shape} (channels, height, width) but has {values.size} values",
            hint=_WITH_BOXES if _has_boxes(datum) else None,
        )
    return values.reshape(shape)


def _has_boxes(datum: Any) -> bool:
    """Whether a record is SSD's AnnotatedDatum, whose field 1 is a message where that of a Datum is a number."""
    from google.protobuf.unknown_fields import UnknownFieldSet

    return any((one.field_number, one.wire_type) == (1, 2) for one in UnknownFieldSet(datum))


def array_to_datum(schema: Any, values: np.ndarray, label: int | None = None) -> Any:
    """Return a Datum of an array (channels, height, width): uint8 as bytes, everything else as floats."""
    if values.ndim != 3:
        raise DataError(f"a Datum has three axes (channels, height, width), not {values.shape}")
    datum = schema.new("Datum")
    datum.channels, datum.height, datum.width = values.shape
    if values.dtype == np.uint8:
        datum.data = values.tobytes()
    else:
        datum.float_data.extend(values.astype(np.float32, copy=False).reshape(-1).tolist())
    if label is not None:
        datum.label = int(label)
    return datum
