"""Random generators, all derived from one seed, each by its own name."""

from __future__ import annotations

import zlib
from typing import Any

import numpy as np

from .errors import SnapshotError


def named_generator(seed: int, *names: str | int) -> np.random.Generator:
    """Return a generator that depends on ``seed`` and ``names`` only.

    Different names result in independent streams, so adding one consumer never affects another.
    """
    words = [zlib.crc32(name.encode()) if isinstance(name, str) else int(name) for name in names]
    # The number of names ends the list: SeedSequence does not distinguish [1, 0] from [1].
    entropy = [abs(int(seed)), *words, len(words)]
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def gym_seed(seed: int, index: int, purpose: str = "train") -> int:
    """Return the seed of gym number ``index`` of a run."""
    return int(named_generator(seed, "gyms", purpose, index).integers(2**31))


def drawn_seed() -> int:
    """Return a seed from the system's entropy, for use if the user gives none."""
    entropy: Any = np.random.SeedSequence().entropy
    return int(entropy % 2**31)


def generator_state(generator: np.random.Generator) -> dict[str, Any]:
    """Return the generator's state as plain JSON values."""
    state: Any = generator.bit_generator.state
    return state


def restore_generator(generator: np.random.Generator, state: dict[str, Any]) -> None:
    """Restore a state from :func:`generator_state`, in place; SnapshotError, before anything changes, if it is none."""
    check_generator_state(generator, state)
    generator.bit_generator.state = state


def check_generator_state(generator: np.random.Generator, state: Any) -> None:
    """Raise SnapshotError unless a generator like this one can have been in this state."""
    scratch = type(generator.bit_generator)()
    try:
        scratch.state = state
        same = _same(scratch.state, state)
    except (KeyError, ValueError, TypeError, OverflowError, RecursionError) as error:
        raise SnapshotError("the stored state of a random generator is damaged") from error
    if not same:
        raise SnapshotError("the stored state of a random generator is damaged")


def _same(taken: Any, given: Any) -> bool:
    """Whether a generator took a state as it was given, and not something else made of it."""
    if isinstance(taken, dict):
        return all(_same(value, given[name]) for name, value in taken.items())
    if isinstance(taken, np.ndarray):
        return np.array_equal(taken, given)
    return bool(taken == given) and not isinstance(given, bool)
