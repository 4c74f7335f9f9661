"""Which windows along an axis have a given element in the image."""

from __future__ import annotations


def shifted_cells(size: int, shift: int, stride: int, count: int) -> tuple[slice, slice]:
    """Return the windows whose element is inside the image, and the cells where it is there.

    The element of window i is at ``shift + i * stride``, for ``count`` windows on an axis of ``size`` cells. Both are
    empty if no window has it inside.
    """
    first = min(count, max(0, -(shift // stride)))
    stop = max(first, min(count, (size - 1 - shift) // stride + 1))
    if first == stop:
        return slice(first, first), slice(0, 0)
    start = first * stride + shift
    return slice(first, stop), slice(start, start + (stop - first - 1) * stride + 1, stride)
