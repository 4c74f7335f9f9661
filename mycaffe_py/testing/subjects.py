"""What a checker checks: a class, a type's name, text or a message; and the registry that knows it."""

from __future__ import annotations

import sys
from collections import Counter
from types import FrameType
from typing import Any

from mycaffe_py.plugins.extending import with_plugins
from mycaffe_py.plugins.kinds import hook_of, kind_of
from mycaffe_py.plugins.registry import Registry, default_registry
from mycaffe_py.plugins.type_fields import CONTAINERS

_OURS = ("mycaffe_py", "mycaffe_plugins", "importlib", "contextlib")


def registry_for(subject: Any, registry: Registry | None) -> Registry:
    """Return the registry to check with: the one given, or the default one with the plugins in the caller's sight.

    Those are ``subject``, if it is a class, and the classes of plugins that the calling module has defined or imported.
    """
    if isinstance(subject, type):
        return with_plugins(subject, registry)
    if registry is not None:
        return registry
    return with_plugins([cls for cls in _classes_in_sight() if not _is_known(cls)])


def subject_of(
    subject: Any, kind: str, settings: str, registry: Registry | None
) -> tuple[Any, Registry]:
    """Return the message that a checker was given in one of its forms, and the registry.

    ``subject`` is a class of the ``kind`` (``layers``, ...), with its settings as text; prototxt text; or a message.
    A text without a colon is a type's name.
    """
    found = registry_for(subject, registry)
    key = "lr_policy" if kind == "lr_policies" else "type"
    if isinstance(subject, type):
        _require_kind(subject, kind)
        subject = f'{key}: "{subject.type}"'  # type: ignore[attr-defined]
    elif isinstance(subject, str) and ":" not in subject and "{" not in subject:
        subject = f'{key}: "{subject}"'
    if isinstance(subject, str):
        text = f"{subject} {settings}"
        return found.schema.parse_text(text, CONTAINERS[kind]).message, found
    if settings:
        raise TypeError("settings go with a class or a text, not with a message")
    return subject, found


def _require_kind(cls: type, kind: str) -> None:
    found = kind_of(cls)
    if not found or hook_of(found) != f"mycaffe_{kind}":
        raise AssertionError(f"{cls.__name__} does not derive from the base class of {kind}")
    if not getattr(cls, "type", ""):
        raise AssertionError(f"{cls.__name__}.type is empty: a class of {kind} needs a type name")


def _is_known(cls: Any) -> bool:
    """Whether the default registry has a type of this name."""
    return cls.type in default_registry().catalog(hook_of(kind_of(cls)).removeprefix("mycaffe_"))


def _classes_in_sight() -> list[type]:
    """Return the classes of plugins that the code which called the checker has defined or imported, once each."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and _root(frame) in _OURS:
        frame = frame.f_back
    if frame is None:
        return []
    values = [*frame.f_globals.values(), *frame.f_locals.values()]
    found = [
        value
        for value in values
        if isinstance(value, type)
        and value.__module__.partition(".")[0] not in _OURS
        and kind_of(value)
        and vars(value).get("type")
    ]
    found = list(dict.fromkeys(found))
    names = Counter(vars(cls)["type"] for cls in found)
    return [cls for cls in found if names[vars(cls)["type"]] == 1]  # of namesakes none is meant


def _root(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]
