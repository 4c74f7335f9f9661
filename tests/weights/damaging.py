"""Damage to files and to stored states: flips, cuts, insertions, other tags; wrong values in place of right ones."""

from __future__ import annotations

import copy
import json

WRONG = (
    *(None, True, "text", "", -1, 1.5, 0, 2**63, 10**400),
    *(float("inf"), float("-inf"), float("nan"), [], [[]], [1], {}, {"a": 1}, "\ud800"),
    {"$values": [1], "dtype": "U500000000", "shape": [1]},
    {"$values": [1], "dtype": "O", "shape": [1]},
    {"$values": [], "dtype": "f8", "shape": [0, 2**70]},
    {"$array": "nothing", "dtype": "f4", "shape": [2]},
    {"$pairs": [[[], 1]]},
)
"""What may stand in place of a value in JSON."""


def damaged_bytes(data, rng):
    """Return the content of a file with one kind of damage; ``rng`` is a ``random.Random``."""
    place, length = rng.randrange(len(data)), rng.choice((1, 2, 8, 64))
    kind = rng.randrange(7)
    noise = bytes(rng.randrange(256) for _ in range(length))
    if kind == 0:
        return flipped(data, place, rng.randrange(8))
    if kind == 1:
        return data[:place]
    if kind == 2:
        return data[:place] + noise + data[place:]
    if kind == 3:
        return data[:place] + data[place + length :]
    if kind == 4:
        return data[:place] + noise + data[place + length :]
    if kind == 5:  # a tag, or a length, becomes a huge one
        return data[:place] + b"\xff" * rng.randrange(1, 11) + b"\x01" + data[place + 1 :]
    other = rng.randrange(len(data))
    return data[:place] + data[other : other + length] + data[place + length :]


def flipped(data, place, bit):
    """Return the content of a file with one bit flipped."""
    return data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]


def places_in(value, path=()):
    """Yield the path of each value inside a JSON value, of long lists only that of the first ones."""
    if path:
        yield path
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from places_in(inner, (*path, name))
    if isinstance(value, list):
        for index, inner in enumerate(value[:2]):
            yield from places_in(inner, (*path, index))


def replaced(value, path, wrong):
    """Return a copy of a JSON value with another value at a place."""
    made = copy.deepcopy(value)
    owner = made
    for step in path[:-1]:
        owner = owner[step]
    owner[path[-1]] = wrong
    return made


def without(value, path):
    """Return a copy of a JSON value without what is at a place."""
    made = copy.deepcopy(value)
    owner = made
    for step in path[:-1]:
        owner = owner[step]
    del owner[path[-1]]
    return made


def wrong_texts(text, rng=None, count=None):
    """Yield (place, JSON text) with each value replaced by each of WRONG, or by ``count`` of them, or left out."""
    value = json.loads(text)
    for path in places_in(value):
        yield path, json.dumps(without(value, path))
        for wrong in WRONG if count is None else rng.sample(WRONG, count):
            yield path, json.dumps(replaced(value, path, wrong))
    deep = "[" * 100_000 + "]" * 100_000
    yield (), deep
    yield (), "[" * 400 + "]" * 400
    yield (), text[:-1]
    yield (), text.replace(":", ": " + "9" * 5000 + ', "more":', 1)
    yield (), text[:-1] + ", " + text[1:] if len(value) else text[:-1]
