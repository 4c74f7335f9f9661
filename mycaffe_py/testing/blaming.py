"""Unexpected exceptions under a checker: whose code raised them, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

from mycaffe_py.errors import MyCaffeError, PluginCodeError
from mycaffe_py.plugin_code import PluginPlace, missing_field, named_text, note_plugin, plugin_place


@contextmanager
def blaming(what: str, cls: type | None = None) -> Iterator[None]:
    """Turn an unexpected exception raised inside into an AssertionError that says whose code raised it, and where.

    Errors of this package, which plugins raise on purpose, and AssertionErrors pass as they are. ``cls``: the class
    that is checked, whose module is a plugin's code.
    """
    if cls is not None:
        note_plugin(cls.__module__, cls.__module__)
    try:
        yield
    except PluginCodeError as error:
        raise AssertionError(
            f"{error.message}\n{error.hint}" if error.hint else error.message
        ) from error
    except (AssertionError, MyCaffeError):
        raise
    except Exception as error:
        raise AssertionError(f"{what}: {_explained(error)}") from error


def _explained(error: Exception) -> str:
    raised = named_text(error)
    place = plugin_place(error)
    if place is None:
        return f"what it returned cannot be checked, or check itself has a bug: {raised}"
    lines = [
        f"{place.function}() raised {raised}",
        f"{place.filename}:{place.line}: {place.source}",
    ]
    if place.ours and not missing_field(error):
        lines.append(f"raised in mycaffe-py's code, {place.ours}, which it called")
    advice = _advice(str(error), place)
    return "\n".join([*lines, *([advice] if advice else [])])


def _advice(message: str, place: PluginPlace) -> str:
    """Return what to write instead of code that the strict device refuses, or ""."""
    if "strict array" not in message and "StrictArray" not in message:
        return ""
    device = "self.device" if place.what.startswith("layer") else "self.net.device"
    xp = "self.xp" if place.what.startswith(("layer", "solver")) else "self.net.device.xp"
    source = place.source
    if re.search(r"\b(np|numpy)\.random\b|\brandom\.", source):
        return f"random numbers on the device: {device}.fill_uniform(array)"
    called = re.search(r"\b(np|numpy|math)\.(\w+)\s*\(", source)
    if called:
        module, name = called.groups()
        return f"write {xp}.{name}(...) instead of {module}.{name}(...): it works on arrays of every device"
    number = re.search(r"\b(float|int|bool)\s*\(", source)
    if number:
        return f"compute with arrays of {xp} rather than numbers; where a number is needed, use array.item()"
    return f"use {xp} for arrays; {device}.asarray(values) brings values there, {device}.to_host(array) back"
