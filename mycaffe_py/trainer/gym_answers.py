"""What a gym's ``reset`` and ``step`` return, checked before it is taken apart."""

from __future__ import annotations

from typing import Any

from mycaffe_py.errors import DataError
from mycaffe_py.gym import Gym

_RESET = ("observation", "info")
_STEP = ("observation", "reward", "terminated", "truncated", "info")


def as_reset(gym: Gym, answer: Any) -> Any:
    """Return (observation, info) as ``reset`` gave it, or raise DataError."""
    return _checked(gym, "reset", answer, _RESET)


def as_step(gym: Gym, answer: Any) -> Any:
    """Return (observation, reward, terminated, truncated, info) as ``step`` gave it, or raise DataError."""
    return _checked(gym, "step", answer, _STEP)


def as_look_ahead(gym: Gym, answer: Any) -> Any:
    """Return (observation, info) as ``look_ahead`` gave it, or raise DataError."""
    observation, info = _checked(gym, "look_ahead", answer, _RESET)
    if "time" not in info and "x" not in info:
        raise DataError(f'gym {gym.type}: look_ahead(): info has no "time"')
    return observation, info


def _checked(gym: Gym, method: str, answer: Any, wanted: tuple[str, ...]) -> Any:
    if isinstance(answer, tuple | list) and len(answer) == len(wanted):
        return answer
    count = f"{len(answer)} values" if isinstance(answer, tuple) else type(answer).__name__
    found = "None" if answer is None else count
    raise DataError(
        f"gym {gym.type}: {method}() returned {found}, not {len(wanted)} values",
        hint=f"write return {', '.join(wanted)}",
    )
