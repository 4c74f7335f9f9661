"""From the observers that a solver file or ``--observe`` names to objects, with every mistake located."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from mycaffe_py.errors import (
    ConfigError,
    MissingExtraError,
    MyCaffeError,
    OutputError,
    PluginError,
)
from mycaffe_py.events.observer import Observer
from mycaffe_py.plugin_code import named_text
from mycaffe_py.plugins.registry import Registry, default_registry
from mycaffe_py.plugins.type_fields import own_fields
from mycaffe_py.schema import Document, set_field
from mycaffe_py.schema.field_path import field_of


def build_observers(document: Document, registry: Registry | None = None) -> list[Observer]:
    """Return the observers that a solver's document names; mistakes are located in its file.

    Raises MissingExtraError if one needs a package that is not installed. Nothing is written before their start.
    """
    made: list[Observer] = []
    for index, cls in enumerate(check_observers(document, registry)):
        with document.locating("observer", index), naming_failure(cls.type, "cannot be made"):
            made.append(cls(document.message.observer[index]))
    return made


@contextmanager
def naming_failure(name: str, what: str) -> Iterator[None]:
    """Turn what an observer raises that is no error of ours into one, which names the observer."""
    try:
        yield
    except MyCaffeError:
        raise
    except ImportError as error:
        package = (error.name or "").partition(".")[0]
        raise MissingExtraError(
            f'observer "{name}" {what}: {error}',
            hint=f"install it, probably with: pip install {package}" if package else None,
        ) from error
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        raise OutputError(f'observer "{name}" {what}: {place}{error.strerror or error}') from error
    except Exception as error:
        raise PluginError(f'observer "{name}" {what}: {named_text(error)}') from error


def check_observers(document: Document, registry: Registry | None = None) -> list[type[Observer]]:
    """Check the observers that a solver's document names, without what they need; return their classes."""
    registry = registry or default_registry()
    found: list[type[Observer]] = []
    for index, param in enumerate(document.message.observer):
        cls = _class_of(document, index, registry)
        with document.locating("observer", index):
            if cls in found:
                message = f'observer "{cls.type}" is given twice'
                raise ConfigError(message, field="type", hint="write all its settings in one place")
            with naming_failure(cls.type, "cannot be checked"):
                cls.check(param)
        found.append(cls)
    return found


def _class_of(document: Document, index: int, registry: Registry) -> Any:
    name = document.message.observer[index].type
    with document.locating("observer", index):
        if not name:
            known = ", ".join(registry.observers.types()) or "none"
            raise ConfigError(
                "observer { } does not say which: type is missing", hint=f"types: {known}"
            )
    with document.locating("observer", index, "type"):
        return registry.observers.find(name)


def add_observers(document: Document, specs: Iterable[str], registry: Registry) -> None:
    """Add observers to a solver's document in place: each ``NAME`` or ``NAME:KEY=VALUE,KEY=VALUE``.

    A key is a field of the observer's own message, or begins with the name of such a message. If the file has the
    observer already, its settings there are changed. The type and the settings are checked, each with its text.
    """
    check_observers(document, registry)  # the file's own mistakes first
    for spec in specs:
        with _naming(spec):
            name, colon, settings = spec.partition(":")
            cls = registry.observers.find(name.strip())
            if colon and not settings.strip():
                raise ConfigError("no setting follows the colon", hint=_example(cls, registry))
            param = _param_of(document, cls, registry)
            for key, value in _pairs(settings, cls, registry):
                set_field(param, _path_of(key, cls, registry), value)
            with naming_failure(cls.type, "cannot be checked"):
                cls.check(param)


@contextmanager
def _naming(spec: str) -> Iterator[None]:
    """Begin the message of a mistake with the option; a missing package is no mistake of the option."""
    try:
        yield
    except ConfigError as error:
        kind = type(error) if type(error).__init__ is MyCaffeError.__init__ else ConfigError
        raise kind(f"--observe {spec}: {error.message}", hint=error.hint) from error


def _param_of(document: Document, cls: Any, registry: Registry) -> Any:
    """Return the observer's message in the document, which is added if it is not there."""
    for param in document.message.observer:
        if param.type in registry.observers and registry.observers.find(param.type) is cls:
            return param
    return document.message.observer.add(type=cls.type)


def _pairs(settings: str, cls: Any, registry: Registry) -> list[tuple[str, str]]:
    """Split ``a=1,b=2``; a comma that no ``KEY=`` follows belongs to the value before it."""
    pairs: list[tuple[str, str]] = []
    for part in settings.split(",") if settings else ():
        key, equals, value = part.partition("=")
        if equals and key.strip().replace("_", "").replace(".", "").isalnum():
            pairs.append((key.strip(), value.strip()))
        elif pairs:
            pairs[-1] = (pairs[-1][0], f"{pairs[-1][1]},{part}")
        else:
            raise ConfigError(f'"{part}" is not KEY=VALUE', hint=_example(cls, registry))
    return pairs


def _path_of(key: str, cls: Any, registry: Registry) -> list[str]:
    """Return the path of a setting below ObserverParameter."""
    container = registry.schema.message_class("ObserverParameter").DESCRIPTOR
    own = own_fields(cls, "observers", container.fields_by_name)
    path = key.split(".")
    if path[0] in own:
        return path
    messages = [name for name in own if container.fields_by_name[name].message_type is not None]
    if not messages:
        raise ConfigError(
            f'observer "{cls.type}" has no setting "{path[0]}"', hint=_example(cls, registry)
        )
    for name in messages:
        if path[0] in container.fields_by_name[name].message_type.fields_by_name:
            return [name, *path]
    field_of(container.fields_by_name[messages[0]].message_type, path[0])
    return path


def _example(cls: Any, registry: Registry) -> str:
    container = registry.schema.message_class("ObserverParameter").DESCRIPTOR
    own = own_fields(cls, "observers", container.fields_by_name)
    fields = [container.fields_by_name[name] for name in own]
    inner = [
        f.name for one in fields for f in (one.message_type.fields if one.message_type else [one])
    ]
    if not inner:
        return f'observer "{cls.type}" has no settings'
    return f"write --observe {cls.type}:{inner[0]}=VALUE\nsettings: {', '.join(inner)}"
