"""Suggestions for fields that a message does not have."""

from __future__ import annotations

from collections.abc import Container

from mycaffe_py.errors import closest, did_you_mean
from mycaffe_py.schema.proto.catalog import MessageInfo

_MAX_PLACES_LISTED = 3
_SETTINGS = "_param"


def unknown_field_hint(
    name: str, message: MessageInfo, around: list[MessageInfo], given: Container[str], kind: str
) -> str | None:
    """Suggest where a field belongs or how it is spelled.

    ``around`` holds the messages around this one, innermost first; ``given`` the fields already
    seen beside it; ``kind`` the value of the field "type" beside it, if any.
    """
    places = [
        field.name
        for field in message.fields.values()
        if field.message and name in field.message.fields
    ]
    spelled = _spelling_hint(name, message)
    if places:
        return _inside_hint(name, places, given, kind)
    for outer in around:
        if name in outer.fields and not spelled:
            return f'"{name}" belongs further out, in {outer.name}'
    if spelled is None and name.endswith(_SETTINGS):
        return "no loaded plugin defines it: is the plugin that does installed and loaded?"
    return spelled


def _spelling_hint(name: str, message: MessageInfo) -> str | None:
    if not name.endswith(_SETTINGS):
        return did_you_mean(name, message.fields)
    stems = [field.removesuffix(_SETTINGS) for field in message.fields if field.endswith(_SETTINGS)]
    near = closest(name.removesuffix(_SETTINGS), stems)
    return f'did you mean "{near}{_SETTINGS}"?' if near else None


def _inside_hint(name: str, places: list[str], given: Container[str], kind: str) -> str:
    folded = kind.lower().replace("_", "")
    fitting = [
        place
        for place in places
        if place.removesuffix(_SETTINGS).replace("_", "") == folded and folded
    ]
    fitting = fitting or [place for place in places if place in given] or places
    shown = " or ".join(f"{place} {{ {name}: ... }}" for place in fitting[:_MAX_PLACES_LISTED])
    more = ", among others" if len(fitting) > _MAX_PLACES_LISTED else ""
    return f'"{name}" belongs inside {shown}{more}'
