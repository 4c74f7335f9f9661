"""What an update needs at least."""

from __future__ import annotations

from typing import Any

from mycaffe_py.layer.cost import Work


def update_cost(solver: Any) -> Work:
    """Return the work of a solver's update, for a floor of its time.

    Weights, gradients and history are read, weights and history written; each history array counts as three
    operations, the subtraction and the decay as one each.
    """
    size, slots = solver.net.parameters.data.size, solver.history_slots
    itemsize = solver.net.dtype.itemsize
    return Work(
        flops=float((2 + 3 * slots) * size),
        bytes=float((3 + 2 * slots) * size * itemsize),
        footprint=float((2 + slots) * size * itemsize),
    )
