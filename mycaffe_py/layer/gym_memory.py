"""The settings of a gym that weights belong to: layers keep them as text, and refuse weights made with others."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

from mycaffe_py.errors import PrototxtError

from .layer import Layer

_UNNAMED = re.compile(r"column \d+")
_CLOSE = 1e-6


def refuse_other_gym(layer: Layer, saved: str, own: str) -> None:
    """Fail if weights were made with other settings of the gym than the net is used with.

    Both are prototxt text of a GymParameter, as one line; an empty one says nothing. Every setting in either counts,
    numbers to 6 digits, with its default where it is unset. A column that a file without a header left without a
    name ("column 2") may have any.
    """
    if not saved or not own or saved == own:
        return
    schema = layer.context.registry.schema
    try:
        theirs, ours = (schema.parse_text(text, "GymParameter").message for text in (saved, own))
    except PrototxtError:
        layer.warn(f"the weights remember settings that are not known here: {saved}")
        return
    found = list(_differences(theirs, ours))
    if not found:
        return
    told = "; ".join(f"{path} {before}, here {now}" for path, before, now, _ in found)
    given = " ".join(
        f"--set solver.trainer.gym.{path}={text}" for path, _, _, text in found if text
    )
    layer.fail(
        f"the weights were made with other settings of the gym: {told}",
        hint=(f"to use them as they were made: {given}\nor " if given else "")
        + "give the run's folder to --weights, without --solver, none of these settings, "
        "and a file with the same columns",
    )


def _differences(theirs: Any, ours: Any, path: str = "") -> Iterator[tuple[str, str, str, str]]:
    """Yield path, both values as shown, and theirs as ``--set`` takes it, of the settings that differ."""
    for field in theirs.DESCRIPTOR.fields:
        before, now = getattr(theirs, field.name), getattr(ours, field.name)
        name = f"{path}{field.name}"
        if field.message_type is not None:
            yield from _differences(before, now, f"{name}.")
            continue
        many = not isinstance(before, str | int | float)
        first, second = (list(each) if many else [each] for each in (before, now))
        if not _alike(first, second):
            yield name, _shown(field, first), _shown(field, second), _written(field, first)


def _alike(first: list[Any], second: list[Any]) -> bool:
    return len(first) == len(second) and all(map(_same, first, second))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str):
        return one == other or any(_UNNAMED.fullmatch(name) for name in (one, other))
    return math.isclose(one, other, rel_tol=_CLOSE)


def _shown(field: Any, values: list[Any]) -> str:
    found = ", ".join(
        f'"{each}"' if isinstance(each, str) else _text(field, each) for each in values
    )
    return found or "unset"


def _written(field: Any, values: list[Any]) -> str:
    """Return the values as ``--set`` takes them, or nothing where these must be unset or quoted."""
    texts = [_text(field, each) for each in values]
    return ",".join(texts) if all(re.fullmatch(r"[\w.+-]+", text) for text in texts) else ""


def _text(field: Any, value: Any) -> str:
    if field.enum_type is not None:
        return str(field.enum_type.values_by_number[value].name)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:.9g}" if isinstance(value, float) else str(value)
