"""Upgrade of MyCaffe's custom trainer settings to the typed ``trainer`` message.

``custom_trainer: "MyCaffeTrainerDual"`` and ``custom_trainer_properties: "TrainerType=...;BlobNames=...;..."``
become ``trainer { type: ... blob_names { ... } gym { ... } }``.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from mycaffe_py.errors import ConfigError, Problem, PrototxtError
from mycaffe_py.schema import Document, set_field

from .property_text import NAME, PROPERTIES, check_category, parse_properties, refuse_mistakes

# MyCaffe properties without meaning here: they control its host application.
_WITHOUT_EFFECT = ("UsePreLoadData", "RewardType", "Threads", "GPUIDs")
_FORM = (NAME, PROPERTIES)
_GYM, _TRAINER_TYPE, _BLOB_NAMES = "Gym", "TrainerType", "BlobNames"


def upgrade_custom_trainer(document: Document, registry: Any) -> None:
    """Replace ``custom_trainer`` and its properties with the typed message, in place.

    Raises PrototxtError with every property that is unknown or has a bad value.
    """
    solver = document.message
    given = [name for name in _FORM if getattr(solver, name)]
    if given and solver.HasField("trainer"):
        message = "trainer { } and custom_trainer are both given, but they configure the same thing"
        raise PrototxtError([document.problem((given[0],), message, "remove one of them")])
    if given:
        _upgrade(document, registry)
        # Later problems in the typed message point at where it was written.
        document.nodes["trainer"] = document.nodes.get(given[-1], [])
    for name in _FORM:
        solver.ClearField(name)


def _upgrade(document: Document, registry: Any) -> None:
    solver, trainer = document.message, document.message.trainer
    refuse_mistakes(document)
    properties = parse_properties(solver.custom_trainer_properties)
    key = ""
    try:
        key = _TRAINER_TYPE
        _require_value(properties, key)
        classes = _trainer_classes(solver.custom_trainer, properties, registry)
        trainer.type = classes[0].type
        key = _GYM
        _require_value(properties, _GYM)
        trainer.gym.type = properties.pop(_GYM, trainer.gym.type)
        gym_class = registry.gyms.find(trainer.gym.type)
    except ConfigError as error:
        raise PrototxtError([_problem(document, key, error)]) from error
    fields = _fields_of(classes, gym_class)
    problems: list[Problem] = []
    for key, value in properties.items():
        try:
            _set_property(trainer, key, value, fields)
        except ConfigError as error:
            problems.append(_problem(document, key, error))
    if problems:
        raise PrototxtError(problems)


def _fields_of(classes: list[Any], gym_class: Any) -> dict[str, str]:
    """Return the path below the trainer that each property sets; "" for those without effect."""
    fields = {name: "" for name in _WITHOUT_EFFECT}
    fields |= {k: f"gym.{path}" if path else "" for k, path in gym_class.mycaffe_properties.items()}
    for cls in reversed(classes):
        fields |= cls.mycaffe_properties
    return fields


@dataclass(frozen=True)
class Property:
    """One of MyCaffe's trainer properties, and the field that it sets: "" without effect, None if unknown."""

    key: str
    value: str
    path: str | None


def trainer_properties(solver: Any, registry: Any) -> list[Property]:
    """Return the properties in a SolverParameter's ``custom_trainer_properties``, in their order.

    What they set is found by the trainer and gym that are named, as far as these are known.
    """
    properties = parse_properties(solver.custom_trainer_properties)
    fields: dict[str, str] = {name: "" for name in _WITHOUT_EFFECT}
    with suppress(ConfigError):
        gym: Any = type("", (), {"mycaffe_properties": {}})
        with suppress(ConfigError):
            gym = registry.gyms.find(properties.get(_GYM, ""))
        fields = _fields_of(_trainer_classes(solver.custom_trainer, properties, registry), gym)
    paths = {key: f"trainer.{path}" if path else "" for key, path in fields.items()}
    paths |= {
        _TRAINER_TYPE: "trainer.type",
        _GYM: "trainer.gym.type",
        _BLOB_NAMES: "trainer.blob_names",
    }
    return [Property(key, value, paths.get(key)) for key, value in properties.items()]


def _problem(document: Document, key: str, error: ConfigError) -> Problem:
    """Return the error as a problem at the property ``key``, or at the trainer's name if there is no key."""
    field = (
        _FORM[1]
        if key in parse_properties(document.message.custom_trainer_properties)
        else _FORM[0]
    )
    if not getattr(document.message, field):
        field = _FORM[1]
    field = error.field or field
    problem = document.problem((field,), error.message, error.hint)
    place = problem.location
    if place is None or field != _FORM[1]:
        return problem
    pattern = re.compile(rf"(?<![^;\"'\s]){re.escape(key)}\s*=")
    found = pattern.search(place.text, place.column - 1)
    if found is None:
        return problem
    return replace(problem, location=replace(place, column=found.start() + 1, length=len(key)))


def _trainer_classes(name: str, properties: dict[str, str], registry: Any) -> list[Any]:
    """Return the named trainer's class, followed by that of its TrainerType, if given."""
    wanted = properties.get(_TRAINER_TYPE, "")
    if name and name in registry.trainers:
        named = registry.trainers.find(name)
        if _TRAINER_TYPE in named.mycaffe_properties:
            return [named, registry.trainers.find(wanted)] if wanted else [named]
    if not wanted and not name:
        types = ", ".join(registry.trainers.types())
        raise ConfigError(f"the properties do not set {_TRAINER_TYPE}", hint=f"types: {types}")
    if wanted and name:
        check_category(name, registry)
    return [registry.trainers.find(wanted or name)]


def _require_value(properties: dict[str, str], key: str) -> None:
    if properties.get(key, "?") == "":
        raise ConfigError(
            f"property {key} has no value", hint=f"write {key}=..., or leave the property out"
        )


def _set_property(trainer: Any, key: str, value: str, fields: dict[str, str]) -> None:
    what = f"property {key}"
    if fields.get(key, "?"):
        _require_value({key: value}, key)
    if key == _BLOB_NAMES:
        _set_blob_names(trainer.blob_names, value, what)
    elif key in fields:
        if fields[key]:
            set_field(trainer, fields[key].split("."), value, what)
    elif key != _TRAINER_TYPE:
        known = list(dict.fromkeys([_TRAINER_TYPE, _BLOB_NAMES, _GYM, *fields]))
        raise ConfigError(
            f'unknown property "{key}"',
            nearest=(key, known),
            hint=f"known: {', '.join(known)}",
        )


def _set_blob_names(blob_names: Any, value: str, what: str) -> None:
    """Parse ``role~blob|role~blob``."""
    roles = list(blob_names.DESCRIPTOR.fields_by_name)
    for pair in filter(None, (part.strip() for part in value.split("|"))):
        role, tilde, blob = pair.partition("~")
        if not tilde or not blob:
            raise ConfigError(
                f'{what}: "{pair}" is not role~blob', hint=f"roles: {', '.join(roles)}"
            )
        if role not in roles:
            raise ConfigError(
                f'{what}: unknown role "{role}"',
                nearest=(role, roles),
                hint=f"roles: {', '.join(roles)}",
            )
        setattr(blob_names, role, blob)
