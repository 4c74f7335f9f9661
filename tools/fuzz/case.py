"""A case: files in an empty folder, and what is done with them."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

MYCAFFE = "mycaffe"


@dataclass
class Case:
    """``files`` lie in the folder in which the ``steps`` run, one after another.

    A step is a list of words: ``["mycaffe", "check", "net.prototxt"]`` is a command line; with any other first word
    it is the kind's function of that name, called with the other words.
    """

    steps: Sequence[Sequence[str]]
    files: Mapping[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True)
class Kind:
    """A kind of input: ``prepare`` makes in a folder, once in a process, what ``make`` starts from."""

    name: str
    make: Callable[[random.Random, Any], Case]
    prepare: Callable[[Path], Any] = lambda folder: None
    calls: Mapping[str, Callable[..., Any]] = field(default_factory=dict)


def generator_of(seed: int, kind: str, number: int) -> random.Random:
    """Return the random numbers of a case."""
    return random.Random(f"{seed}/{kind}/{number}")
