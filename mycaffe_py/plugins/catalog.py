"""Catalog: the classes of one kind, by type name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from mycaffe_py.errors import PluginError, UnknownTypeError, did_you_mean
from mycaffe_py.showing import one_line, shows

_MAX_LISTED = 12


def fold(name: str) -> str:
    """Return the key under which a type is stored: case, ``_``, ``-`` and ``.`` are ignored."""
    return re.sub(r"[_.\-\s]", "", name).lower()


class Catalog:
    """Classes of one kind (``layer``, ``solver``, ...), found by type name or alias."""

    def __init__(self, kind: str):
        self.kind = kind
        self._by_name: dict[str, Any] = {}
        self._owners: dict[Any, str] = {}

    def __contains__(self, name: str) -> bool:
        return fold(name) in self._by_name

    @shows
    def __repr__(self) -> str:
        return one_line("Catalog", repr(self.kind), f"{len(self)} types")

    def __len__(self) -> int:
        return len(self._owners)

    def classes(self) -> list[Any]:
        """Return every class, in the order of type names."""
        return sorted(self._owners, key=lambda offered: offered.type.lower())

    def types(self) -> list[str]:
        """Return every type name, sorted."""
        return [offered.type for offered in self.classes()]

    def owner(self, offered: Any) -> str:
        """Return the name of the plugin that offers a class."""
        return self._owners[offered]

    def find(self, name: str) -> Any:
        """Return the class with a type name, or raise UnknownTypeError with the nearest one."""
        offered = self._by_name.get(fold(name))
        if offered is None:
            raise UnknownTypeError(f'unknown {self.kind} type "{name}"', hint=self._hint(name))
        return offered

    def _hint(self, name: str) -> str:
        """Say which type was meant, or which there are."""
        from mycaffe_py.foreign.types import NONE, counterpart

        fork = self._fork_hint(name)
        plugin = "if a plugin provides it, install the plugin or name it with --plugin"
        instead = counterpart(self.kind, name)
        near = None if instead == NONE else did_you_mean(_last_part(name), self.types())
        if instead:
            return fork + (f"write {instead}" if instead[0].isupper() else instead)
        if near and (not fork or _is_a_word(name)):  # what merely looks alike is another layer
            return f"{fork}{near}\n{plugin}"
        types = self.types()
        if len(types) > _MAX_LISTED:
            verb = f"{self.kind.replace('_', '-')}s".replace("ys", "ies")
            known = f"mycaffe {verb} lists all {len(types)} {self.kind} types"
        else:
            known = f"known {self.kind} types: {', '.join(types) or 'none'}"
        return f"{fork}{known}\n{plugin}"

    def _fork_hint(self, name: str) -> str:
        """Return which fork of Caffe a layer type is of, as a line of its own; "" if that is unknown."""
        from mycaffe_py.foreign.forks import fork_of

        fork = fork_of(name) if self.kind == "layer" else None
        return f"it is a layer of {fork}, which is not here\n" if fork else ""

    def check(self, classes: Iterable[Any], owner: str) -> None:
        """Raise PluginError if one of ``classes`` has no type name, or one that is taken."""
        seen: dict[str, str] = {}
        for offered in classes:
            type_name = getattr(offered, "type", "")
            is_class = isinstance(offered, type)
            if not is_class or not (type_name and isinstance(type_name, str)):
                shown = offered.__name__ if is_class else repr(offered)
                raise PluginError(
                    f"{shown} is not a {self.kind} class with a type name",
                    hint=f'write type = "{shown}" in the class' if is_class else None,
                )
            if isinstance(getattr(offered, "aliases", ()), str):
                raise PluginError(
                    f'{self.kind} type "{offered.type}": aliases is a str, not a tuple',
                    hint=f'write aliases = ("{offered.aliases}",)',
                )
            for name in _names(offered):
                taken = self._by_name.get(name)
                if taken is not None or name in seen:
                    other = self._owners[taken] if taken is not None else owner
                    raise PluginError(
                        f'{self.kind} type "{offered.type}" of plugin "{owner}" clashes with '
                        f'"{taken.type if taken is not None else seen[name]}" of plugin "{other}"',
                        hint=(
                            "list it once"
                            if taken is None
                            else f'choose another name: type = "My{offered.type}"'
                        ),
                    )
            seen |= dict.fromkeys(_names(offered), offered.type)

    def add(self, classes: Iterable[Any], owner: str) -> None:
        """Add classes that passed :meth:`check`."""
        for offered in classes:
            self._owners[offered] = owner
            for name in _names(offered):
                self._by_name[name] = offered

    def remove_owner(self, owner: str) -> None:
        """Remove every class of a plugin."""
        self._owners = {offered: by for offered, by in self._owners.items() if by != owner}
        self._by_name = {
            name: offered for name, offered in self._by_name.items() if offered in self._owners
        }


def _is_a_word(name: str) -> bool:
    """Whether other tools have a name for something that is here."""
    from mycaffe_py.foreign.words import meanings

    return bool(meanings(_last_part(name)))


def _last_part(name: str) -> str:
    """Return a type's name without the module of another tool, as in ``torch.nn.Linear``."""
    return (
        name.rpartition(".")[2]
        if re.match(r"(torch|nn|tf|keras|tensorflow|caffe)\b", name)
        else name
    )


def _names(offered: Any) -> set[str]:
    return {fold(name) for name in (offered.type, *getattr(offered, "aliases", ()))}
