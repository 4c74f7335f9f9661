"""ParamGroup: the parameter buffer as update rules see it, and the processing of gradients before the rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mycaffe_py.net.parameters import ParameterBuffer


@dataclass
class ParamGroup:
    """A section of the parameter buffer with equal multipliers, processed by one call of the update rule.

    ``data``, ``diff`` and each array of ``history`` are flat views of the same length.
    """

    data: Any
    diff: Any
    history: tuple[Any, ...]
    scratch: tuple[Any, ...]
    lr_mult: float
    decay_mult: float


def param_groups_of(
    buffer: ParameterBuffer, history: Sequence[Any], scratch: Sequence[Any]
) -> list[ParamGroup]:
    """Return the groups of a buffer, with their parts of the history and scratch arrays."""
    return [
        ParamGroup(
            data=buffer.data[part],
            diff=buffer.diff[part],
            history=tuple(array[part] for array in history),
            scratch=tuple(array[part] for array in scratch),
            lr_mult=lr_mult,
            decay_mult=decay_mult,
        )
        for part, lr_mult, decay_mult in buffer.groups()
    ]


def clip_gradients(xp: Any, diff: Any, limit: float) -> None:
    """Scale all gradients down if their L2 norm is above ``limit``; a negative limit means none."""
    if limit < 0:
        return
    norm = math.sqrt(xp.dot(diff, diff).item())
    if norm > limit:
        diff *= limit / norm


def regularize(xp: Any, group: ParamGroup, decay: float, kind: str) -> None:
    """Add the gradient of the weights' penalty: decay * w for L2, decay * sign(w) for L1."""
    if decay == 0:
        return
    if kind == "L2":
        group.diff += decay * group.data
    elif kind == "L1":
        group.diff += decay * xp.sign(group.data)


Segment = ParamGroup
"""The name that ParamGroup had before 0.2."""
