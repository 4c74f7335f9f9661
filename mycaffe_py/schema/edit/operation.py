"""One change as it comes from outside, as JSON: its parts, each checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mycaffe_py.errors import ConfigError

_PARTS = {
    "set": "path value",
    "unset": "path",
    "add_layer": "type name after bottom top",
    "remove_layer": "index bridge",
    "move_layer": "index to",
    "rename_layer": "index name",
    "rename_blob": "from to",
    "connect": "index slot blob at",
    "disconnect": "index slot at",
    "set_gym": "type drop",
    "set_property": "key value",
    "text": "text",
}
"""The operations and their parts."""


class Operation:
    """A change of a known kind; what is read of it has the right type, or ConfigError says what is wrong."""

    def __init__(self, change: Mapping[str, Any]):
        if not isinstance(change, Mapping):
            raise ConfigError("a change is an object with the key op")
        self.name = change.get("op")
        if not isinstance(self.name, str) or self.name not in _PARTS:
            shown = self.name if isinstance(self.name, str) else "missing"
            raise ConfigError(f'unknown change "{shown}"', choices=(str(shown), list(_PARTS)))
        known = ["op", *_PARTS[self.name].split()]
        for key in change:
            if key not in known:
                raise ConfigError(f'{self.name} has no "{key}"', choices=(str(key), known))
        self._change = change

    def _wrong(self, key: str, wanted: str) -> ConfigError:
        return ConfigError(f'"{key}" of {self.name} must be {wanted}')

    def text(self, key: str, empty: bool = False) -> str:
        """Return a text, which may not be empty unless ``empty``."""
        value = self._change.get(key)
        if not isinstance(value, str):
            raise self._wrong(key, "a text")
        if not value and not empty:
            raise self._wrong(key, "a text that is not empty")
        if any("\ud800" <= character <= "\udfff" for character in value):
            raise self._wrong(key, "a text of valid characters")
        return value

    def optional_text(self, key: str) -> str | None:
        """Return a text, or None."""
        return None if self._change.get(key) is None else self.text(key, empty=True)

    def texts(self, key: str) -> list[str]:
        """Return a list of texts, empty if it is missing."""
        value = self._change.get(key)
        if value is None:
            return []
        if not isinstance(value, list | tuple):
            raise self._wrong(key, "a list of texts")
        return [Operation({"op": "text", "text": each}).text("text") for each in value]

    def number(self, key: str) -> int:
        """Return a whole number."""
        value = self._change.get(key)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, "a whole number")
        return value

    def optional_number(self, key: str) -> int | None:
        """Return a whole number, or None."""
        return None if self._change.get(key) is None else self.number(key)

    def flag(self, key: str) -> bool:
        """Return whether something is wanted; False if it is missing."""
        value = self._change.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, "true or false")
        return value

    def one_of(self, key: str, values: Sequence[str]) -> str:
        """Return one of a few texts."""
        value = self._change.get(key)
        if value not in values:
            raise self._wrong(key, " or ".join(values))
        return str(value)

    def path(self) -> list[Any]:
        """Return the path of a field: names and indices."""
        path = self._change.get("path")
        if not isinstance(path, list | tuple) or not path:
            raise self._wrong("path", "a list of names and indices")
        return list(path)
