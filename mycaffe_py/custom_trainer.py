"""MyCaffe's form of the custom trainer settings, upgraded to the typed ``trainer`` message.

``custom_trainer: "MyCaffeTrainerDual"`` and ``custom_trainer_properties: "TrainerType=...;BlobNames=...;..."``
become ``trainer { type: ... blob_names { ... } gym { ... } }``.
"""

from __future__ import annotations

from typing import Any

from .errors import ConfigError, Problem, PrototxtError, did_you_mean
from .field_path import set_field
from .schema import Document

# Properties of MyCaffe that say nothing here: they steer its host application.
_WITHOUT_EFFECT = ("UsePreLoadData", "RewardType", "Threads", "GPUIDs")
_GYM, _TRAINER_TYPE, _BLOB_NAMES = "Gym", "TrainerType", "BlobNames"


def parse_properties(text: str) -> dict[str, str]:
    """Split ``Key=value;Key=value`` as MyCaffe does: the first ``=`` counts, the first of a key wins."""
    properties: dict[str, str] = {}
    for part in text.split(";"):
        key, equals, value = part.partition("=")
        if equals and key.strip():
            properties.setdefault(key.strip(), value.strip())
    return properties


def upgrade_custom_trainer(document: Document, registry: Any) -> None:
    """Replace ``custom_trainer`` and its properties by the typed message, in place.

    Raises PrototxtError with every property that is unknown or has a bad value.
    """
    solver = document.message
    if not (solver.custom_trainer or solver.custom_trainer_properties):
        return
    if solver.HasField("trainer"):
        message = "both trainer { } and custom_trainer are given: they say the same thing in two forms"
        raise PrototxtError([document.problem(("custom_trainer",), message, "remove one of them")])
    properties = parse_properties(solver.custom_trainer_properties)
    problems: list[Problem] = []
    where = ("custom_trainer_properties",)
    trainer = solver.trainer
    try:
        trainer_class = _trainer_class(solver.custom_trainer, properties, registry)
        trainer.type = trainer_class.type
        trainer.gym.type = properties.pop(_GYM, trainer.gym.type)
        gym_class = registry.gyms.find(trainer.gym.type)
    except ConfigError as error:
        raise PrototxtError([document.problem(where, error.message, error.hint)]) from error
    fields = {name: "" for name in _WITHOUT_EFFECT}
    fields |= {k: f"gym.{path}" if path else "" for k, path in gym_class.mycaffe_properties.items()}
    fields |= trainer_class.mycaffe_properties
    for key, value in properties.items():
        try:
            _set_property(trainer, key, value, fields)
        except ConfigError as error:
            problems.append(document.problem(where, error.message, error.hint))
    if problems:
        raise PrototxtError(problems)
    solver.ClearField("custom_trainer")
    solver.ClearField("custom_trainer_properties")


def _trainer_class(name: str, properties: dict[str, str], registry: Any) -> Any:
    """Return the trainer: the one named, whose TrainerType may in turn name another."""
    wanted = properties.get(_TRAINER_TYPE, "")
    if name and name in registry.trainers:
        named = registry.trainers.find(name)
        if _TRAINER_TYPE in named.mycaffe_properties:
            return named
    return registry.trainers.find(wanted or name)


def _set_property(trainer: Any, key: str, value: str, fields: dict[str, str]) -> None:
    what = f"property {key}"
    if key == _BLOB_NAMES:
        _set_blob_names(trainer.blob_names, value, what)
    elif key in fields:
        if fields[key]:
            set_field(trainer, fields[key].split("."), value, what)
    elif key != _TRAINER_TYPE:
        known = [_TRAINER_TYPE, _BLOB_NAMES, _GYM, *fields]
        raise ConfigError(
            f'unknown property "{key}"', hint=did_you_mean(key, known) or f"known: {', '.join(known)}"
        )


def _set_blob_names(blob_names: Any, value: str, what: str) -> None:
    """Read ``role~blob|role~blob``."""
    roles = list(blob_names.DESCRIPTOR.fields_by_name)
    for pair in filter(None, (part.strip() for part in value.split("|"))):
        role, tilde, blob = pair.partition("~")
        if not tilde or not blob:
            raise ConfigError(f'{what}: "{pair}" is not role~blob', hint=f"roles: {', '.join(roles)}")
        if role not in roles:
            hint = did_you_mean(role, roles) or f"roles: {', '.join(roles)}"
            raise ConfigError(f'{what}: unknown role "{role}"', hint=hint)
        setattr(blob_names, role, blob)
