"""Adding, removing, moving and wiring the layers of a net's text.

A layer takes with it the comment on its own last line and the comment lines directly above it. Comments above it stay
if they are the head of the file (they begin on its first line) or a heading (a line without letters or digits, such
as ``#######``, is among them): those are hardly about one layer. A blank line that would be left doubled goes too.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from mycaffe_py.errors import ConfigError
from mycaffe_py.schema.prototxt.entries import Entry
from mycaffe_py.schema.prototxt.places import usual_text

from .fields import Edit, in_a_list, joined, replacement, set_text, unset_field
from .inserting import NewField, insertion
from .literals import quoted
from .source import Change, Source

LAYER = "layer"
SLOTS = ("bottom", "top")
_RULES = ("include", "exclude")


class _Chunk(NamedTuple):
    """A layer's part of the text: whole lines, comments included, if it shares none of them."""

    start: int
    end: int
    whole: bool


class Layers:
    """The layers of a net's text."""

    def __init__(self, source: Source):
        self.source, self.entries = source, source.nodes.get(LAYER, [])
        if any(entry.in_list for entry in self.entries):
            raise in_a_list(LAYER)

    def entry(self, index: Any, name: str = "index") -> Entry:
        """Return a layer by its index; ConfigError if there is none."""
        if isinstance(index, bool) or not isinstance(index, int):
            raise ConfigError(f'"{name}" must be the index of a layer, counted from 0')
        if not 0 <= index < len(self.entries):
            count = len(self.entries)
            raise ConfigError(f"there is no layer {index}: the text has {count} layers")
        return self.entries[index]

    def blobs(self, index: int, slot: str) -> list[tuple[Entry, str]]:
        """Return the bottoms or tops of a layer: their places and names."""
        field = self.source.descriptor.fields_by_name[LAYER].message_type.fields_by_name[slot]
        entries = (self.entries[index].children or {}).get(slot, [])
        return [(entry, usual_text(self.source.text, entry, field)) for entry in entries]

    # -- adding ------------------------------------------------------------------------------

    def add(
        self,
        after: int | None,
        name: str,
        type_name: str,
        bottom: Sequence[str],
        top: Sequence[str],
    ) -> Edit:
        """Add a layer after another one, at the end if ``after`` is None, or at the front if it is -1."""
        values = [("name", name), ("type", type_name)]
        values += [("bottom", blob) for blob in bottom] + [("top", blob) for blob in top]
        new = NewField(LAYER, tuple(NewField(field, quoted(value)) for field, value in values))
        position = len(self.entries) if after is None else after + 1
        if after is not None and after != -1:
            self.entry(after, "after")
        if self.entries:
            changes = [self._insert(position, self._written(new, position))]
        else:
            changes = insertion(self.source, None, self.source.descriptor, [new])

        def apply(net: Any) -> None:
            layer = type(net)().layer.add(name=name, type=type_name, bottom=bottom, top=top)
            _insert_message(net, position, layer)

        return Edit(changes, apply)

    def _written(self, new: NewField, position: int) -> list[str]:
        source, beside = self.source, self.entries[max(position - 1, 0)]
        indent = source.indent(beside.name_offset)
        if source.one_line(beside):
            return [indent + new.inline()]
        return new.lines(indent, source.unit(beside))

    def _insert(self, position: int, lines: Sequence[str]) -> Change:
        """Return what inserts lines after the layer before ``position``, or before the first one."""
        if position == 0:
            return self._before(0, lines)
        source, beside = self.source, self.entries[position - 1]
        gap = [""] if self._apart(position) else []
        line_break = source.line_break(beside.end_offset)
        end = source.item(LAYER, beside, source.nodes).end
        text = "".join(line_break + line for line in [*gap, *lines])
        if source.last_on_line(end):
            place = source.line_end(end)
            return Change(place, place, text)
        return Change(end, end, text + line_break)

    def _apart(self, position: int) -> bool:
        """Whether layers around a position are separated by a blank line: those beside it, or the nearest others."""
        for second in (position, position - 1, position + 1):
            if 0 < second < len(self.entries):
                start, end = self.entries[second - 1].end_offset, self.entries[second].name_offset
                return _has_blank_line(self.source.text[start:end])
        return False

    # -- removing and moving -----------------------------------------------------------------

    def remove(self, index: int, bridge: bool) -> Edit:
        """Remove a layer; with ``bridge``, if it has one bottom and one top, its readers get its bottom."""
        self.entry(index)
        edits = self._bridged(index) if bridge else []

        def apply(net: Any) -> None:
            del net.layer[index]

        return joined([*edits, Edit([self._removal(index)], apply)])

    def _removal(self, index: int) -> Change:
        source, (start, end, whole) = self.source, self._chunk(index)
        if not whole:
            entry = self.entries[index]
            return source.removal([source.item(LAYER, entry, source.nodes)])[0]
        text = source.text
        above = text[source.line_start(start - 1) : start] if start else ""
        below = text[end : source.next_line(end)]
        if below and not below.strip() and not above.strip():
            end += len(below)
        elif end == len(text) and above and not above.strip():
            start -= len(above)
        return source.without_lines(start, end)

    def move(self, index: int, to: int) -> Edit:
        """Move a layer so that its index is ``to``."""
        self.entry(index)
        self.entry(to, "to")
        if index == to:
            raise ConfigError(f"the layer is number {to} already")
        start, end, whole = self._chunk(index)
        text = self.source.text[start:end]
        lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
        if not whole:
            lines = [line.removesuffix("\r") for line in text.strip().split("\n")]
        down = to > index
        place = self._insert(to + 1, lines) if down else self._before(to, lines)

        def apply(net: Any) -> None:
            layer = type(net)().layer.add()
            layer.CopyFrom(net.layer[index])
            del net.layer[index]
            _insert_message(net, to, layer)

        return Edit([self._removal(index), place], apply)

    def _before(self, position: int, lines: Sequence[str]) -> Change:
        source = self.source
        line_break = source.line_break(self.entries[position].name_offset)
        gap = [""] if self._apart(position) else []
        start = self._chunk(position).start
        return Change(start, start, "".join(line + line_break for line in [*lines, *gap]))

    def _chunk(self, index: int) -> _Chunk:
        source = self.source
        item = source.item(LAYER, self.entries[index], source.nodes)
        if not (source.first_on_line(item.start) and source.last_on_line(item.end)):
            return _Chunk(item.start, item.end, False)
        start = source.above(source.line_start(item.start))
        return _Chunk(start, source.next_line(item.end), True)

    def _bridged(self, index: int) -> list[Edit]:
        """Return what gives the readers of a layer's top its bottom."""
        bottoms, tops = self.blobs(index, "bottom"), self.blobs(index, "top")
        if len(bottoms) != 1 or len(tops) != 1 or bottoms[0][1] == tops[0][1]:
            return []
        old, new = tops[0][1], bottoms[0][1]
        edits = []
        for reader in range(len(self.entries)):
            writes = old in [name for _, name in self.blobs(reader, "top")]
            if reader <= index:
                if writes and reader != index:
                    raise _written_twice(old, new)
                continue
            places = [place for place in self.blobs(reader, "bottom") if place[1] == old]
            if writes and not places:
                raise _written_twice(old, new)
            edits += [self._named(reader, "bottom", entry, new) for entry, _ in places]
            if writes:
                if any((self.entries[reader].children or {}).get(rule) for rule in _RULES):
                    raise _written_twice(old, new)
                break  # it worked in place: what follows reads its output
        return edits

    # -- blobs -------------------------------------------------------------------------------

    def rename_blob(self, old: str, new: str) -> Edit:
        """Rename a blob in the bottoms and tops of all layers; ConfigError if the new name is taken."""
        places = [
            (index, slot, entry, name)
            for index in range(len(self.entries))
            for slot in SLOTS
            for entry, name in self.blobs(index, slot)
        ]
        names = {name for *_, name in places}
        if old not in names:
            raise ConfigError(f'there is no blob "{old}"', nearest=(old, names))
        if new in names:
            raise ConfigError(f'there is a blob "{new}" already')
        return joined([self._named(*place[:3], new) for place in places if place[3] == old])

    def _named(self, index: int, slot: str, entry: Entry, name: str) -> Edit:
        """Return what gives one bottom or top of a layer another name."""
        number = (self.entries[index].children or {})[slot].index(entry)
        changes, _ = replacement(self.source, entry, lambda quote: (quoted(name, quote), name))

        def apply(net: Any) -> None:
            getattr(net.layer[index], slot)[number] = name

        return Edit(changes, apply)

    def connect(self, index: int, slot: str, blob: str, at: int | None) -> Edit:
        """Give a layer another bottom or top, or a further one if ``at`` is None."""
        self.entry(index)
        count = len(self.blobs(index, slot))
        return set_text(self.source, [LAYER, index, slot, count if at is None else at], blob)

    def disconnect(self, index: int, slot: str, at: int) -> Edit:
        """Remove a bottom or top of a layer."""
        self.entry(index)
        return unset_field(self.source, [LAYER, index, slot, at])


def _has_blank_line(text: str) -> bool:
    return any(not line.strip() for line in text.split("\n")[1:-1])


def _insert_message(net: Any, position: int, layer: Any) -> None:
    kept = list(net.layer)
    net.ClearField(LAYER)
    net.layer.extend([*kept[:position], layer, *kept[position:]])


def _written_twice(old: str, new: str) -> ConfigError:
    return ConfigError(
        f'another layer writes "{old}" too, so its readers cannot simply be given "{new}"',
        hint="remove the layer without connecting its readers, and connect them one by one",
    )
