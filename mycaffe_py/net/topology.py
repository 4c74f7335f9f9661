"""Checks of a net that need no layer objects: types, names, and the wiring of blobs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from mycaffe_py.errors import ConfigError, Problem, did_you_mean
from mycaffe_py.layer.state_rules import describe_state
from mycaffe_py.schema import Document

MAX_PROBLEMS = 200


def _nan_within(field: Any, value: Any) -> tuple[str | int, ...] | None:
    """Return the path of the first NaN in a message field, starting with the field's own name."""
    repeated = isinstance(value, Sequence) and not isinstance(value, str | bytes)
    for position, item in enumerate(value) if repeated else ((None, value),):
        step = (field.name,) if position is None else (field.name, position)
        if isinstance(item, float) and item != item:
            return step
        if isinstance(item, Message):
            for inner, content in item.ListFields():
                found = _nan_within(inner, content)
                if found is not None:
                    return *step, *found
    return None


def _lead(layer: Any) -> str:
    return f'layer "{layer.name}" ({layer.type}): '


@dataclass(frozen=True)
class FieldMistakes:
    """Where a net's text could not be read completely, so that consequential problems are not reported."""

    layers: frozenset[int] = frozenset()
    """Layers with mistakes in them."""
    names: frozenset[str] = frozenset()
    """The words in those layers: names of blobs that they may produce."""
    elsewhere: bool = False
    """Whether there are mistakes outside the layers: layers and rules may be missing."""

    def __bool__(self) -> bool:
        return bool(self.layers) or self.elsewhere


class WiringCheck:
    """Checks the layers that belong to a net's state; results are in ``found`` and ``broken``."""

    def __init__(
        self,
        document: Document,
        registry: Any,
        state: Any,
        positions: Sequence[int],
        mistakes: FieldMistakes,
    ):
        self.document, self.message = document, document.message
        self.types, self.state = registry.layers, state
        self.positions, self.mistakes = positions, mistakes
        self.found: list[tuple[int | None, Problem]] = []
        self.broken: set[int] = set(mistakes.layers)
        """Layers with problems."""
        self._produced: dict[str, str] = {}

    def run(self) -> None:
        """Fill ``found`` with (layer index, problem), and ``broken``."""
        included = set(self.positions)
        for index, layer in enumerate(self.message.layer):
            if index in self.mistakes.layers:
                if layer.type and index in included:
                    self._check_type(layer, index)
                continue
            path = ("layer", index)
            if layer.include and layer.exclude:
                owner, message = f'layer "{layer.name}" ', "has both include and exclude rules"
                self._report(index, (*path, "exclude"), message, code="E203", owner=owner)
            if index not in included:
                continue
            self._check_type(layer, index)
            self._check_numbers(layer, index)
            self._check_bottoms(layer, index)
            self._check_tops(layer, index)
            if len(self.found) >= MAX_PROBLEMS:
                break
        if not included and not self.mistakes:
            self._no_layers()

    def sound_layers(self) -> list[int]:
        """Return the layers without problems whose bottoms all come from such layers."""
        known: set[str] = set()
        sound = []
        for index in self.positions:
            layer = self.message.layer[index]
            if index in self.broken or not known.issuperset(layer.bottom):
                known.difference_update(layer.top)
            else:
                known.update(layer.top)
                sound.append(index)
        return sound

    def _report(
        self,
        index: int,
        path: tuple[str | int, ...],
        message: str,
        hint: str | None = None,
        *,
        code: str,
        owner: str = "",
    ) -> None:
        """Record a problem; its message is preceded by ``owner``, the layer in words."""
        self.broken.add(index)
        if self.mistakes.elsewhere and code in ("E206", "E207"):
            return  # it may be due to a layer or rule that could not be read
        whole = f"{owner}{message}"
        problem = self.document.problem(path, whole, hint, code, text=message)
        self.found.append((index, problem))

    def _no_layers(self) -> None:
        file = f"{self.document.filename}: " if self.document.filename != "<string>" else ""
        message = f'{file}net "{self.message.name}" has no layers in {describe_state(self.state)}'
        self.found.append((None, Problem(message, code="E205")))

    def _check_type(self, layer: Any, index: int) -> None:
        path = ("layer", index)
        if not layer.type:
            owner = f'layer "{layer.name}" '
            hint = 'write type: "...", one of those that mycaffe layers lists'
            self._report(index, path, "has no type", hint, code="E201", owner=owner)
            return
        try:
            self.types.find(layer.type)
        except ConfigError as error:
            self._report(index, (*path, "type"), error.message, error.hint, code="E201")

    def _check_numbers(self, layer: Any, index: int) -> None:
        """Report NaN in a layer's settings: no setting may be NaN."""
        for field, value in layer.ListFields():
            steps = None if field.name == "blobs" else _nan_within(field, value)
            if steps is not None:
                path = ".".join(map(str, steps))
                message, owner = f"{path} is NaN", _lead(layer)
                self._report(index, ("layer", index, *steps), message, code="E220", owner=owner)

    def _check_bottoms(self, layer: Any, index: int) -> None:
        for position, name in enumerate(layer.bottom):
            if name in self._produced or name in self.mistakes.names:
                continue
            message, path = f'unknown bottom blob "{name}"', ("layer", index, "bottom", position)
            hint = self._missing_bottom_hint(name)
            self._report(index, path, message, hint, code="E206", owner=_lead(layer))

    def _check_tops(self, layer: Any, index: int) -> None:
        for position, name in enumerate(layer.top):
            path = ("layer", index, "top", position)
            in_place = position < len(layer.bottom) and layer.bottom[position] == name
            if name in self._produced and not in_place:
                message = f'top blob "{name}" is already produced by another layer'
                hint = (
                    f'the first one is "{self._produced[name]}"; in-place operation needs the same '
                    "blob as bottom at the same position"
                )
                self._report(index, path, message, hint, code="E207", owner=_lead(layer))
            elif in_place and self._refuses_in_place(layer):
                owner = f'layer "{layer.name}" ({layer.type}) '
                self._report(index, path, "cannot work in place", code="E207", owner=owner)
            self._produced[name] = layer.name

    def _refuses_in_place(self, layer: Any) -> bool:
        return layer.type in self.types and not self.types.find(layer.type).allows_in_place

    def _missing_bottom_hint(self, name: str) -> str | None:
        for index, layer in enumerate(self.message.layer):
            if name in layer.top and index not in self.positions:
                return f'layer "{layer.name}" produces it, but is excluded in {describe_state(self.state)}'
            if name in layer.top:
                return f'layer "{layer.name}" produces it, but comes later in the file'
        parts = re.split(r"[\s,;|]+", name.strip())
        if len(parts) > 1 and all(part in self._produced for part in parts):
            written = " ".join(f'bottom: "{part}"' for part in parts)
            return f"write each name by itself: {written}"
        return did_you_mean(name, self._produced)
