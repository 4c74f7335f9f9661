"""Places of values in prototxt text, and paths that lead to fields."""

from __future__ import annotations

import re
from typing import NamedTuple, TypeAlias

Path: TypeAlias = tuple["str | int", ...]
Nodes: TypeAlias = "dict[str, list[Entry]]"

_NOWHERE = -1
_OWNER = re.compile(r"(?:solver|gym|trainer)(?: [^\s:]+)?: ")
_AFTER_A_SETTING = frozenset(("is", "are", "must", "may", "has", "needs", "takes", "cannot"))


class Entry:
    """One value in the text: the spans of its field name and of the value, its end, and its fields.

    The value's length is that of its first string, ``end_offset`` that of the last. Of a block, the name stands for
    the value; ``open_offset`` is its opening bracket, the closing one ends before ``end_offset``. ``list_offset`` is
    the ``[`` of the list that the value is in. Both are -1 where there is none.
    """

    __slots__ = (
        "children", "end_offset", "list_offset", "name_length", "name_offset", "open_offset", "value_length",
        "value_offset",
    )  # fmt: skip

    def __init__(
        self,
        name_span: tuple[int, int],
        value_span: tuple[int, int] | None = None,
        children: Nodes | None = None,
        list_offset: int = _NOWHERE,
    ):
        self.name_offset, self.name_length = name_span
        self.value_offset, self.value_length = value_span or name_span
        self.end_offset = self.value_offset + self.value_length
        self.children = children
        self.open_offset = _NOWHERE
        self.list_offset = list_offset

    @property
    def in_list(self) -> bool:
        """Whether the value is an element of a list in brackets."""
        return self.list_offset >= 0

    def holds(self, offset: int) -> bool:
        """Whether an offset is inside the entry."""
        return self.start <= offset < self.end_offset

    @property
    def start(self) -> int:
        """Where the entry begins: at its name; a scalar in a list begins at its value."""
        return self.value_offset if self.in_list and self.children is None else self.name_offset


class FieldText(NamedTuple):
    """A value as the text has it: strings without quotes; line and column count from 1."""

    text: str
    line: int
    column: int
    length: int


def steps_of(field: str) -> Path:
    """Return the path that a dotted name such as ``bottom.1`` represents."""
    return tuple(int(step) if step.isdecimal() else step for step in field.split(".") if step)


def without_field(text: str, path: Path) -> str:
    """Return a message without what it begins with, if it does: the solver or gym, and the setting at ``path``.

    What is left of ``gym Curve: curve_param.step is -1, ...`` is ``is -1, ...``.
    """
    owner = _OWNER.match(text)
    text = text[owner.end() :] if owner else text
    first, _, rest = text.partition(" ")
    if rest.split(" ", 1)[0] not in _AFTER_A_SETTING:
        return text
    words, names = first.split("."), [step for step in path if isinstance(step, str)]
    return rest if words == names[-len(words) :] else text
