"""The values of a blob in a few words, for its ``repr`` and for notebooks."""

from __future__ import annotations

from typing import Any

import numpy as np

from mycaffe_py.showing import html_line, html_table, number_text

FEW = 6
"""Blobs of at most so many values show them all."""

MANY = 200_000
"""Blobs of more values show none: a ``repr`` must be quick."""


def values_text(blob: Any, part: str) -> str:
    """Return the values of ``data`` or ``diff`` if they are few, else their mean and range.

    Returns "" for values that were never set, are on a GPU, or are too many; nothing is allocated or fetched.
    """
    storage = getattr(blob, f"_{part}")
    if storage.flat is None or not blob.device.is_host or not blob.count:
        return ""
    values = storage.flat[: blob.count]
    if blob.count <= FEW:
        return f"[{', '.join(map(number_text, values.tolist()))}]"
    if blob.count > MANY:
        return ""
    with np.errstate(all="ignore"):
        mean, low, high = values.mean(dtype=np.float64), values.min(), values.max()
    return f"mean {number_text(mean)}, {number_text(low)} to {number_text(high)}"


def blob_html(blob: Any) -> str:
    """Return a blob as HTML: what it is, and the values of data and diff in few words."""
    title = f'Blob "{blob.name}" {blob.shape}, {blob.dtype.name}, {blob.device.name}'
    unknown = "not shown" if blob.count > MANY or not blob.device.is_host else "not set"
    rows = [(part, values_text(blob, part) or unknown) for part in ("data", "diff")]
    return html_line(title) + html_table(("", "values"), rows)
