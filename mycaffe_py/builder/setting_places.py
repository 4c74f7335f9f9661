"""Where a setting is that is named without its whole path: in the solver, its trainer and gym, the net, its layers.

``hidden_size``, ``cfc1.hidden_size`` and ``CFC.hidden_size`` all find ``cfc1.cfc_param.hidden_size``: the parts given
are some of the whole path's, in their order, with the last one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from mycaffe_py.errors import ConfigError, closest
from mycaffe_py.plugins.type_fields import own_fields
from mycaffe_py.schema.prototxt.places import is_repeated

SOLVER, NET = "solver", "net"
_DEEPEST = 3
_LEFT_OUT = ("net_param", "train_net_param", "test_net_param", "layer", "layers", "blobs")
_TYPED = {"TrainerParameter": "trainers", "GymParameter": "gyms", "ObserverParameter": "observers"}
_OWNERS_OF_LAYERS = (NET, "model", "layer", "layers")


class SettingPlaces:
    """The settings of a solver and a model, each by its owner (``solver``, ``net``, a layer's name) and its path."""

    def __init__(self, solver: Any, model: Any, registry: Any):
        self.registry = registry
        self._model = model
        self.has_gym = bool(solver is not None and solver.HasField("trainer"))
        self._places: dict[str, list[tuple[str, ...]]] = {}
        if solver is not None:
            self._add((SOLVER,), self._fields(solver))
        if model is not None:
            for layer in model.layer:
                if layer.name:
                    known = self._read_by("layers", layer)
                    paths = list(self._fields(layer, known))
                    # The fields of its own message are before those of others that it reads as well.
                    paths.sort(key=lambda path: known.index(path[0]) if path[0] in known else -1)  # noqa: B023
                    self._add((layer.name, layer.type), paths)
            self._add((NET,), self._fields(model))

    def _add(self, owners: tuple[str, ...], paths: Iterable[tuple[str, ...]]) -> None:
        for path in paths:
            key = ".".join((owners[0], *path))
            self._places.setdefault(key, [(owner, *path) for owner in owners])

    def named(self, key: str) -> list[str]:
        """Return the whole keys of the settings that ``key`` names."""
        return self._matching(lambda path: _is_part(_parts(key, path[0]), path))

    def called(self, key: str) -> list[str]:
        """Return the whole keys of the settings that other tools call ``key``, such as random_seed for ``seed``."""
        from mycaffe_py.foreign.words import meanings

        return [whole for name in meanings(key) if name != key for whole in self.named(name)]

    def meant(self, key: str, *, similar: bool = True) -> list[str]:
        """Return the whole keys of the settings that were probably meant by a key that names none.

        With ``similar`` a name that just looks like one of ours counts, too.
        """
        from mycaffe_py.foreign.words import meanings

        parts = [part.replace("-", "_") for part in re.split("[./]", key.lower()) if part]
        if not parts:
            return []
        last = parts[-1]
        known = {paths[0][-1] for paths in self._places.values()}
        near = closest(last, known) if similar else None
        for name in dict.fromkeys([last, *meanings(last), *([near] if near else [])]):
            for wanted in ([*parts[:-1], name.lower()], [name.lower()]):
                found = self._matching(partial(_is_part, wanted, spelled=str.lower))
                if found:
                    return found
        return []

    def own_settings(self, layer: str) -> list[str]:
        """Return the whole keys of the settings that a layer's type reads."""
        own = [key for key, paths in self._places.items() if paths[0][0] == layer]
        return [key for key in own if "_param." in key]

    def _matching(self, fits: Callable[[tuple[str, ...]], bool]) -> list[str]:
        found: dict[tuple[str, ...], str] = {}
        for key, paths in self._places.items():
            if any(map(fits, paths)):
                path = paths[0]
                # Of the messages that a layer reads, the first has its own setting of that name.
                is_a_layers = len(path) == 3 and path[0] not in (SOLVER, NET)
                found.setdefault((path[0], path[2]) if is_a_layers else path, key)
        return list(found.values())

    def batch_sizes(self) -> list[str]:
        """Return the whole keys of the settings that are the batch size: all of them are to be set."""
        own = [key for key, paths in self._places.items() if paths[0][-1] == "batch_size"]
        shapes = [key for key in self._places if re.search(r"\.input_param\.shape\.\d+\.dim$", key)]
        return own or [f"{key}.0" for key in shapes]

    def known_batch_sizes(self) -> set[int]:
        """Return the batch sizes that the model's layers give, without those that are for tests only."""
        sizes = set()
        for layer in self._model.layer if self._model is not None else ():
            if any(rule.HasField("phase") and rule.phase == 1 for rule in layer.include):
                continue
            for field, message in layer.ListFields():
                if field.message_type is not None and not is_repeated(field):
                    sizes.add(getattr(message, "batch_size", 0))
        return {int(size) for size in sizes if size}

    def _fields(
        self, message: Any, known: Sequence[str] = (), depth: int = 0
    ) -> Iterator[tuple[str, ...]]:
        """Yield the paths of the fields below a message; of the messages in it, those given or ``known``.

        Inside a message that is known, at ``depth`` above 0, all are.
        """
        for field in message.DESCRIPTOR.fields:
            if field.name in _LEFT_OUT:
                continue
            if field.message_type is None:
                yield (field.name,)
            elif is_repeated(field):
                for index, inner in enumerate(getattr(message, field.name)):
                    for path in self._inside(inner, depth):
                        yield (field.name, str(index), *path)
            elif depth or field.name in known or message.HasField(field.name):
                for path in self._inside(getattr(message, field.name), depth):
                    yield (field.name, *path)

    def _inside(self, message: Any, depth: int) -> Iterator[tuple[str, ...]]:
        """Yield the paths below a message in another one; a trainer and a gym have the settings of their type."""
        kind = _TYPED.get(message.DESCRIPTOR.name)
        if kind is not None:
            yield from self._fields(message, self._read_by(kind, message))
        elif depth < _DEEPEST:
            yield from self._fields(message, depth=depth + 1)

    def _read_by(self, kind: str, message: Any) -> list[str]:
        """Return the fields that the type of a layer, trainer or gym reads; [] for an unknown type."""
        with suppress(ConfigError):
            offered = self.registry.catalog(kind).find(message.type)
            return own_fields(offered, kind, list(message.DESCRIPTOR.fields_by_name))
        return []


def is_batch_size(key: str) -> bool:
    """Whether a key is what some tool calls the batch size."""
    from mycaffe_py.foreign.words import folded, meanings

    last = key.rpartition(".")[2]
    return folded(last) == "batchsize" or "batch_size" in meanings(last)


def _parts(key: str, owner: str) -> Sequence[str]:
    """Split a key at its dots, but not within the name of the owner."""
    if key.startswith(f"{owner}."):
        return [owner, *key[len(owner) + 1 :].split(".")]
    return key.split(".")


def _is_part(
    parts: Sequence[str], path: Sequence[str], spelled: Callable[[str], str] = str
) -> bool:
    """Whether ``parts`` are some of a path's, in their order, with the last one."""
    parts, path = [spelled(part) for part in parts], [spelled(part) for part in path]
    if len(parts) > 1 and parts[0] in _OWNERS_OF_LAYERS and path[0] not in (SOLVER, parts[0]):
        parts = parts[1:]
    rest = iter(path)
    return parts[-1:] == path[-1:] and all(part in rest for part in parts)
