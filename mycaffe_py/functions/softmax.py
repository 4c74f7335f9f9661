"""Softmax and its logarithm."""

from __future__ import annotations

from typing import Any


def softmax(xp: Any, z: Any, axis: int, out: Any, row: Any) -> None:
    """Write exp(z) / sum(exp(z)) along ``axis`` into ``out`` (may be ``z``), without overflow.

    ``row`` is working memory shaped like ``z``, but of size 1 along the axis.
    """
    if not z.size:
        return
    xp.max(z, axis=axis, out=row, keepdims=True)
    xp.subtract(z, row, out=out)
    xp.exp(out, out=out)
    xp.sum(out, axis=axis, out=row, keepdims=True)
    xp.divide(out, row, out=out)


def log_softmax(xp: Any, z: Any, axis: int, out: Any, row: Any, scratch: Any) -> None:
    """Write z - log(sum(exp(z))) along ``axis`` into ``out`` (may be ``z``), without overflow.

    ``row`` is working memory shaped like ``z``, but of size 1 along the axis; ``scratch`` is shaped like ``z``.
    """
    if not z.size:
        return
    xp.max(z, axis=axis, out=row, keepdims=True)
    xp.subtract(z, row, out=out)
    xp.exp(out, out=scratch)
    xp.sum(scratch, axis=axis, out=row, keepdims=True)
    xp.log(row, out=row)
    xp.subtract(out, row, out=out)
