"""MyCaffe's trainer settings as one string, ``Key=value;Key=value``: its parts, and what is wrong with them."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from mycaffe_py.errors import ConfigError, PrototxtError
from mycaffe_py.schema import Document

NAME, PROPERTIES = "custom_trainer", "custom_trainer_properties"
# What MyCaffe's host application takes for custom_trainer: the trainer itself is named by TrainerType.
_CATEGORIES = (
    "Dual.Trainer",
    "RL.Trainer",
    "RNN.Trainer",
    "MyCaffeTrainerDual",
    "MyCaffeTrainerRL",
    "MyCaffeTrainerRNN",
)


def parse_properties(text: str) -> dict[str, str]:
    """Split ``Key=value;Key=value`` as MyCaffe does: at the first ``=``; of duplicate keys the first wins."""
    properties: dict[str, str] = {}
    for part in text.split(";"):
        key, equals, value = part.partition("=")
        if equals and key.strip():
            properties.setdefault(key.strip(), value.strip())
    return properties


def mistakes_in_properties(text: str) -> list[tuple[str, str, str | None]]:
    """Return (the part at fault, what is wrong, a hint) for what MyCaffe drops without a word.

    These are parts that are no ``Key=value``, and further values of a key; what is empty between two ``;`` is none.
    """
    found: list[tuple[str, str, str | None]] = []
    known: set[str] = set()
    for whole in text.split(";"):
        part = whole.strip()
        key, equals, _ = (piece.strip() for piece in part.partition("="))
        if part and not (equals and key):
            hint = "write Key=value, with ; between them; no value can contain a ;"
            found.append((part, f'"{part}" is no Key=value', hint))
        elif part and key in known:
            found.append((part, f'the property "{key}" is given twice', "keep one of them"))
        else:
            known.add(key)
    return found


def refuse_mistakes(document: Document) -> None:
    """Raise PrototxtError with every part of a solver's properties that is no property, at its place."""
    found = []
    for part, message, hint in mistakes_in_properties(getattr(document.message, PROPERTIES)):
        problem = document.problem((PROPERTIES,), message, hint)
        place = problem.location
        # The last such part: of two with one key the second is at fault.
        pattern = re.compile(rf"(?<=[;\"'\s]){re.escape(part)}(?=\s*[;\"'])")
        starts = [] if place is None else list(pattern.finditer(place.text, place.column - 1))
        if place is not None and starts:
            place = replace(place, column=starts[-1].start() + 1, length=len(part))
            problem = replace(problem, location=place)
        found.append(problem)
    if found:
        raise PrototxtError(found)


def check_category(name: str, registry: Any) -> None:
    """Raise ConfigError for a custom_trainer that is neither a trainer nor a category of MyCaffe's."""
    known = [*registry.trainers.types(), *_CATEGORIES]
    if name not in registry.trainers and name.lower() not in map(str.lower, _CATEGORIES):
        raise ConfigError(
            f'unknown custom_trainer "{name}"',
            nearest=(name, known),
            hint=f"known: {', '.join(dict.fromkeys(known))}",
            field=NAME,
        )
