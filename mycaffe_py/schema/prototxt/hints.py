"""Suggestions for fields that a message does not have."""

from __future__ import annotations

from collections.abc import Container

from mycaffe_py.errors import closest, did_you_mean
from mycaffe_py.schema.proto.catalog import MessageInfo

_MAX_PLACES_LISTED = 3
_MOST_FIELDS_LISTED = 8
_SETTINGS = "_param"


def unknown_field_hint(
    name: str, message: MessageInfo, around: list[MessageInfo], given: Container[str], kind: str
) -> str | None:
    """Suggest where a field belongs or how it is spelled.

    ``around`` holds the messages around this one, innermost first; ``given`` the fields already
    seen beside it; ``kind`` the value of the field "type" beside it, if any.
    """
    from mycaffe_py.foreign.fork_fields import fork_field_hint

    of_fork = fork_field_hint(message.name, name, kind)
    if of_fork is not None:
        return of_fork
    spelled = _spelling_hint(name, message)
    for word in (name, *_meanings(name)):
        places = [
            field.name
            for field in message.fields.values()
            if field.message and word in field.message.fields
        ]
        if places and (word == name or not spelled):
            shown = _inside_hint(word, places, given, kind)
            return shown if word == name else f'it is "{word}" here; {shown}'
    for outer in around:
        if name in outer.fields and not spelled:
            return f'"{name}" belongs further out, in {outer.name}'
    if _is_of_a_layer(name, message):
        return f'"{name}" is a setting of a layer: write it in the model file'
    if spelled is None and name.endswith(_SETTINGS):
        return "no loaded plugin defines it: is the plugin that does installed and loaded?"
    if spelled is None and len(message.fields) <= _MOST_FIELDS_LISTED:
        return f"fields: {', '.join(message.fields)}"
    return spelled


def _meanings(name: str) -> tuple[str, ...]:
    from mycaffe_py.foreign.words import meanings

    return meanings(name)


def _is_of_a_layer(name: str, message: MessageInfo) -> bool:
    """Whether a field that a solver does not have is one of the settings of layers."""
    net = message.fields.get("net_param")
    layer = net.message.fields.get("layer") if net is not None and net.message else None
    inner = layer.message.fields.values() if layer is not None and layer.message else ()
    return any(field.message is not None and name in field.message.fields for field in inner)


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
