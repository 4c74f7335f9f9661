"""ParamGroup: the parameter buffer as update rules see it, and the processing of gradients before the rule."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mycaffe_py.errors import PluginCodeError
from mycaffe_py.net.parameters import ParameterBuffer


class _HistoryArrays(tuple[Any, ...]):
    """The arrays of a group's history, which keep their places."""

    def __setitem__(self, index: Any, value: Any) -> None:
        raise TypeError(
            f"history arrays are written into, not replaced: group.history[{index}][...] = ..."
        )


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
            history=_HistoryArrays(array[part] for array in history),
            scratch=tuple(array[part] for array in scratch),
            lr_mult=lr_mult,
            decay_mult=decay_mult,
        )
        for part, lr_mult, decay_mult in buffer.groups()
    ]


def apply_rule(solver: Any, group: ParamGroup, rate: float) -> None:
    """Replace a group's gradient with its step, by the solver's rule; PluginCodeError if the step gets lost."""
    before = group.data, group.diff, group.history
    returned = solver.compute_update(group, rate)
    if returned is not None:
        raise PluginCodeError(
            f"solver {solver.type}: compute_update() returned a value, but must return nothing",
            hint="write the step into group.diff: group.diff[...] = ...",
        )
    for name, array in zip(("data", "diff", "history"), before, strict=True):
        if getattr(group, name) is not array:
            raise PluginCodeError(
                f"solver {solver.type}: compute_update() put another array in the place of group.{name}",
                hint=f"write into it: group.{name}{'[0]' if name == 'history' else ''}[...] = ...",
            )


def clip_gradients(xp: Any, diff: Any, limit: float) -> None:
    """Scale all gradients down if their L2 norm is above ``limit``; a negative limit means none."""
    if limit < 0:
        return
    square = xp.dot(diff, diff)
    if isinstance(diff, np.ndarray):
        norm = math.sqrt(square.item())
        if norm > limit:
            diff *= limit / norm
    else:  # on the device, so that the host need not wait for the norm
        norm = xp.sqrt(square)
        diff *= limit / xp.maximum(norm, limit)


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
