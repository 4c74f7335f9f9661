"""Checks of the layers that can still be read in a net whose text has mistakes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from mycaffe_py.device.device import Device
from mycaffe_py.errors import Location, Problem
from mycaffe_py.layer.layer import TRAIN, LayerContext
from mycaffe_py.net.builder import NetBuilder
from mycaffe_py.net.topology import FieldMistakes
from mycaffe_py.plugins.registry import Registry
from mycaffe_py.schema import Document, upgrade_net
from mycaffe_py.schema.prototxt.document import Entry

_WORD = re.compile(r"[^\s\"':{}<>,;]+")


def problems_of_sound_layers(
    document: Document, mistakes: Sequence[Problem], registry: Registry, state: Any = None
) -> list[Problem]:
    """Return the problems of the layers that contain none of the ``mistakes``, in file order.

    ``document`` is what could be read; ``state`` is a NetState to add to the net's own. Problems that
    may merely follow from a mistake are not returned.
    """
    refused, found = upgraded_with_mistakes(document, mistakes)
    if refused:
        return refused
    if found is None:
        return []
    merged = None
    if state is not None:
        merged = registry.schema.new("NetState", phase=TRAIN)
        for part in (document.message.state, state):
            merged.MergeFrom(part)
    context = LayerContext(registry, Device(), phase=TRAIN, warn=_unheard)
    return NetBuilder(document, context, 0, (), merged, found).check()


def _unheard(text: str) -> None:
    """Take a warning of a layer, which was given when the net was built."""


def upgraded_with_mistakes(
    document: Document, mistakes: Sequence[Problem]
) -> tuple[list[Problem], FieldMistakes | None]:
    """Upgrade a net's document in place; return what cannot be upgraded, and where the ``mistakes`` lie.

    Without the latter, no layer can be checked.
    """
    has_inputs = bool(document.message.input)
    refused = upgrade_net(document)
    found = _find_mistakes(document, mistakes, has_inputs)
    if refused:
        return ([] if found.elsewhere else refused), None
    return [], found


def _find_mistakes(
    document: Document, mistakes: Sequence[Problem], has_inputs: bool
) -> FieldMistakes:
    """Return which layers contain mistakes, and which blobs those layers may produce.

    ``has_inputs``: layer 0 represents the net's old input fields, to which mistakes outside the layers may belong.
    """
    layers: set[int] = set()
    names: set[str] = set()
    elsewhere = False
    offsets = [_offset(document.text, problem.location) for problem in mistakes if problem.location]
    entries = document.nodes.get("layer", [])
    for offset in offsets:
        holders = [index for index, entry in enumerate(entries) if _holds(entry, offset)]
        elsewhere |= not holders
        layers.update(holders)
    if elsewhere and has_inputs:
        layers.add(0)
    for index in layers & set(range(len(entries))):
        entry, layer = entries[index], document.message.layer[index]
        names.update(layer.top)
        words = set(_WORD.findall(document.text[entry.name_offset : entry.end_offset]))
        names.update(words - set(layer.bottom))
    return FieldMistakes(frozenset(layers), frozenset(names), elsewhere)


def _holds(entry: Entry, offset: int) -> bool:
    return entry.name_offset <= offset < entry.end_offset


def _offset(text: str, place: Location) -> int:
    start = 0
    for _ in range(place.line - 1):
        start = text.index("\n", start) + 1
    return start + place.column - 1
