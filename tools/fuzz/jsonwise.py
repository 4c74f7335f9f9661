"""Changes of values of JSON at random places."""

from __future__ import annotations

import copy
import json
import random
from typing import Any

_WILD = (
    *(None, True, False, 0, 1, -1, 0.5, float("nan"), float("inf"), 2**31, 2**63, 10**40, -(10**400), 1e308),
    *("", "x"),
    *("nan", "../x", "/dev/null", "\x1b[2J", "\ud800", "a" * 3000),
    *([], {}, [[]], {"": None}, [1, "a", None], "2026-01-01"),
)  # fmt: skip

_UNWRITTEN = (
    *(
        "[" * 100_000,
        "[" * 5000 + "]" * 5000,
        '{"a":' * 3000,
        "9" * 5000,
        "1e999999",
        "-",
        "1.",
        "\\ud800",
    ),
)


def change_json(rng: random.Random, value: Any, times: int = 2) -> Any:
    """Return a copy with some values replaced, removed, repeated or put one level deeper."""
    whole = [copy.deepcopy(value)]
    for _ in range(times):
        owner, key = rng.choice(list(_places(whole)))
        how = rng.randrange(6)
        if how == 0 and owner is not whole:
            del owner[key]
        elif how == 1:
            owner[key] = [owner[key]] * rng.choice((1, 2, 40))
        elif how == 2:
            owner[key] = {rng.choice(("a", "type", "state", "array")): owner[key]}
        elif how == 3:
            for _ in range(rng.choice((3, 100))):
                owner[key] = [owner[key]]
        else:
            owner[key] = copy.deepcopy(rng.choice(_WILD))
    return whole[0]


def as_text(rng: random.Random, value: Any) -> str:
    """Return a value as JSON, sometimes with what Python does not write, but may have to read."""
    text = json.dumps(value, ensure_ascii=rng.random() < 0.9)
    if rng.random() < 0.1:
        text = text.replace(rng.choice(("0", "1", "null", "true")), rng.choice(_UNWRITTEN), 1)
    return text


def _places(value: Any) -> list[tuple[Any, Any]]:
    """Return each list or dictionary with each of its keys."""
    found, left = [], [value]
    while left:
        owner = left.pop()
        items = list(owner.items() if isinstance(owner, dict) else enumerate(owner))
        found += [(owner, key) for key, _ in items]
        left += [inner for _, inner in items if isinstance(inner, list | dict)]
    return found
