"""Conditions under which a type's settings have an effect: declared by its class, checked in files, shown in lists."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from mycaffe_py.errors import PluginError
from mycaffe_py.schema.prototxt.places import is_repeated

NEVER = "never"


class Alternative(NamedTuple):
    """One way to fulfil a condition: a field has one of ``values``, or is given, or (``absent``) is not."""

    field: str
    values: tuple[str, ...] = ()
    absent: bool = False


@dataclass(frozen=True, init=False)
class Only:
    """Settings that have an effect only under a condition; a class lists them in ``conditions``.

    ``fields`` are paths below the message that the kind of type shares, such as ``curve_param.csv_file`` below
    GymParameter. ``when`` is one of, or several joined by `` or ``:

    - ``curve: CSV_FILE`` or ``input: Y or X_AND_Y``: the field has one of these values;
    - ``csv_time_column``: it is given: not 0, false or empty;
    - ``no global_pooling``: it is not;
    - ``never``, alone: the class does not read the settings, although others read them.

    A name without dots is a field beside the setting, or else of the shared message; one with dots is a path below
    the shared message. For a condition that is none of these, ``test`` is a function of the shared message, and
    ``when`` completes "only with". ``refuse``: whether such settings are an error; None means the default of the kind,
    an error for gyms and trainers and a warning for layers.
    """

    fields: tuple[str, ...]
    when: str
    test: Callable[[Any], bool] | None
    refuse: bool | None

    def __init__(
        self,
        *fields: str,
        when: str,
        test: Callable[[Any], bool] | None = None,
        refuse: bool | None = None,
    ):
        for name, value in (("fields", fields), ("when", when), ("test", test), ("refuse", refuse)):
            object.__setattr__(self, name, value)

    @property
    def alternatives(self) -> tuple[Alternative, ...]:
        """The ways to fulfil the condition; none for ``never`` and for a ``test``."""
        if self.test is not None or self.when == NEVER:
            return ()
        found: list[Alternative] = []
        for part in re.split(r"\s+or\s+", self.when.strip()):
            field, colon, value = (piece.strip() for piece in part.partition(":"))
            if colon:
                found.append(Alternative(field, (value,)))
            elif found and found[-1].values:
                found[-1] = found[-1]._replace(values=(*found[-1].values, field))
            elif field.startswith("no "):
                found.append(Alternative(field[3:].strip(), absent=True))
            else:
                found.append(Alternative(field))
        return tuple(found)

    @property
    def words(self) -> str:
        """The condition for lists: ``only with curve: CSV_FILE``."""
        if self.when == NEVER:
            return "no effect in this type"
        if self.when.startswith("no "):
            return f"only without {self.when[3:]}"
        return f"only with {self.when}"

    def holds(self, shared: Any, beside: Any) -> bool:
        """Whether the settings have an effect; ``beside`` is the message that holds them."""
        if self.test is not None:
            return bool(self.test(shared))
        return any(_holds(each, shared, beside) for each in self.alternatives)

    def because(self, shared: Any, beside: Any, type_name: str) -> str:
        """Return why the settings have no effect, to follow "has no effect"."""
        if self.when == NEVER:
            return f"in type {type_name}"
        if self.test is not None:
            return f"here, only with {self.when}"
        alternatives = self.alternatives
        first = alternatives[0]
        if len(alternatives) > 1:
            return f"without {self.when}"
        if first.values:
            holder, name = _find(first.field, shared, beside)
            return f"with {first.field}: {_text(holder, name)}"
        return f"with {first.field}" if first.absent else f"without {first.field}"

    def remedy(self, shared: Any, beside: Any) -> str:
        """Return what makes the settings effective, as words before "or remove ..."; "" if nothing simple does."""
        alternatives = self.alternatives
        if not alternatives:
            return ""
        first = alternatives[0]
        if first.absent:
            return f"remove {first.field}"
        holder, name = _find(first.field, shared, beside)
        field = holder.DESCRIPTOR.fields_by_name[name]
        if first.values:
            quote = '"' if field.cpp_type == field.CPPTYPE_STRING else ""
            return f"write {first.field}: {' or '.join(f'{quote}{value}{quote}' for value in first.values)}"
        if field.cpp_type == field.CPPTYPE_BOOL:
            return f"write {first.field}: true"
        return f"give {first.field}"


def _find(field: str, shared: Any, beside: Any) -> tuple[Any, str]:
    """Return the message that holds a condition's field, and the field's own name."""
    *outer, name = field.split(".")
    message = beside if not outer and name in beside.DESCRIPTOR.fields_by_name else shared
    for step in outer:
        if step not in message.DESCRIPTOR.fields_by_name:
            raise _unknown(message, step, field)
        message = getattr(message, step)
    if name not in message.DESCRIPTOR.fields_by_name:
        raise _unknown(message, name, field)
    return message, name


def _unknown(message: Any, name: str, field: str) -> PluginError:
    return PluginError(
        f'the condition of a setting names "{field}", but {message.DESCRIPTOR.name} has no field "{name}"'
    )


def _holds(each: Alternative, shared: Any, beside: Any) -> bool:
    holder, name = _find(each.field, shared, beside)
    if each.values:
        return _text(holder, name) in each.values
    return is_given(holder, name) != each.absent


def is_given(message: Any, name: str) -> bool:
    """Whether a field has a value that is not 0, false or empty; an enum or a message counts if it is written."""
    field = message.DESCRIPTOR.fields_by_name[name]
    if is_repeated(field) or (field.message_type is None and field.enum_type is None):
        return bool(getattr(message, name))
    return bool(message.HasField(name))


def _text(message: Any, name: str) -> str:
    """Return a field's value as a file writes it, strings without quotes."""
    field, value = message.DESCRIPTOR.fields_by_name[name], getattr(message, name)
    if field.enum_type is not None:
        return str(field.enum_type.values_by_number[value].name)
    return str(value).lower() if isinstance(value, bool) else str(value)
