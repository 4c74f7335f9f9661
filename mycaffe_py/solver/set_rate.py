"""A learning rate that the user has set: the policy's course, scaled from there on."""

from __future__ import annotations

import math
from typing import Any

from mycaffe_py.errors import ConfigError


class SetRate:
    """Scales the rates of a policy so that it gives the rate that was set, at the iteration where it was set.

    Caffe's policies are proportional to ``base_lr``, so this is the same as a new ``base_lr``. Without a rate that was
    set, the policy's rates are unchanged.
    """

    def __init__(self) -> None:
        self._given: tuple[float, float] | None = None
        """The rate that was set, and the policy's rate at that iteration."""

    def of(self, rate: float) -> float:
        """Return the rate to use where the policy gives ``rate``."""
        if self._given is None:
            return rate
        wanted, then = self._given
        return wanted if rate == then else wanted * (rate / then)

    def set(self, wanted: float, rate: float) -> None:
        """Let ``wanted`` be the rate from an iteration on where the policy gives ``rate``; ConfigError if that is 0."""
        if not rate:
            raise ConfigError(
                "lr cannot be set: the settings give the rate 0 at this iteration, which no factor changes",
                hint='first set solver.param.lr_policy = "fixed", and solver.param.base_lr if it is 0',
            )
        self._given = (wanted, rate)

    def state(self) -> list[float] | None:
        """Return what a snapshot contains; None if no rate was set."""
        return None if self._given is None else list(self._given)

    def load_state(self, state: Any) -> None:
        """Restore what :meth:`state` returned."""
        self._given = None if state is None else (float(state[0]), float(state[1]))


def checked_rate(wanted: Any) -> float:
    """Return a learning rate that somebody gives as a float, or raise ConfigError."""
    number = None if isinstance(wanted, str | bytes | bool) else _as_float(wanted)
    if number is None or not math.isfinite(number) or number < 0:
        raise ConfigError(f"lr must be a finite number, at least 0, not {wanted!r:.80}")
    return number


def _as_float(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError):
        return None
