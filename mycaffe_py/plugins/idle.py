"""Finding settings that are given but have no effect, because of the type or of other settings."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mycaffe_py.errors import PluginError
from mycaffe_py.schema.prototxt.places import is_repeated

from .conditions import Only
from .type_fields import fields_of_type, own_fields

if TYPE_CHECKING:
    from .registry import Registry

Path = tuple["str | int", ...]

GENERAL = {"layers": (Only("param.share_mode", when="name"),)}
"""Conditions of the settings that all types of a kind have."""

_STORED = "blobs"
_FILLER = "FillerParameter"
_REFUSING = ("gyms", "trainers")


@dataclass(frozen=True)
class Idle:
    """Settings of one block without effect, for one reason."""

    paths: tuple[Path, ...]
    """Paths below the shared message (LayerParameter, GymParameter, ...)."""
    because: str
    remedy: str = ""
    refused: bool = False
    parts: tuple[Idle, ...] = ()
    """The settings by their remedies, if these differ."""

    @property
    def names(self) -> str:
        """The settings in words, the first one with its block: ``curve_param.csv_file and csv_column``."""
        first, *others = self.paths
        block = [str(step) for step in first[:-1] if not isinstance(step, int)]
        return joined([".".join([*block, str(first[-1])]), *(str(path[-1]) for path in others)])

    @property
    def message(self) -> str:
        """What is wrong, in words."""
        verb = "have" if len(self.paths) > 1 else "has"
        return f"{self.names} {verb} no effect {self.because}"

    @property
    def hint(self) -> str:
        """What to write or to remove, a line for each way to make some of the settings effective."""
        lines = []
        for part in self.parts or (self,):
            names = joined([str(path[-1]) for path in part.paths])
            lines.append(f"{part.remedy}, or remove {names}" if part.remedy else f"remove {names}")
        return "\n".join(lines)

    @property
    def field(self) -> str:
        """The first setting as a dotted path."""
        return ".".join(map(str, self.paths[0]))


def joined(names: Iterable[str]) -> str:
    """Return names in words: ``a, b and c``."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last


def idle_settings(registry: Registry, kind: str, cls: Any, message: Any) -> list[Idle]:
    """Return the settings in a shared message that have no effect on a type; those at their default do not count.

    ``kind`` is layers, gyms or trainers, and ``message`` a LayerParameter, GymParameter or TrainerParameter.
    Besides the conditions that the class declares, these are the settings of other types, and those that a
    filler does not read.
    """
    found = check_conditions(GENERAL.get(kind, ()), message, cls.type)
    found += [*unfulfilled(cls, kind, message), *_of_other_types(registry, kind, cls, message)]
    found += _of_fillers(registry, message, ())
    return _together(_without_inner(found))


def unfulfilled(cls: Any, kind: str, message: Any) -> list[Idle]:
    """Return the settings whose conditions, declared by the class, are not fulfilled; no registry is needed."""
    return check_conditions(cls.conditions, message, cls.type, refuse=kind in _REFUSING)


def check_conditions(
    conditions: Iterable[Only], message: Any, type_name: str, *, refuse: bool = False
) -> list[Idle]:
    """Return the settings in a message whose conditions are not fulfilled; ``refuse`` is what None means there."""
    found = []
    for only in conditions:
        for name in only.fields:
            for path, beside in _given(message, name.split("."), (), type_name):
                if not only.holds(message, beside):
                    because = only.because(message, beside, type_name)
                    refused = refuse if only.refuse is None else only.refuse
                    found.append(Idle((path,), because, only.remedy(message, beside), refused))
    return _together(found)


def says_something(message: Any, name: str) -> bool:
    """Whether a field is given with a value other than its default; of a block, whether one of its fields is."""
    field = message.DESCRIPTOR.fields_by_name[name]
    value = getattr(message, name)
    if is_repeated(field):
        return len(value) > 0
    if not message.HasField(name):
        return False
    if field.message_type is not None:
        return any(says_something(value, inner.name) for inner, _ in value.ListFields())
    if field.has_default_value or field.enum_type is None and not isinstance(value, bool):
        return bool(value != field.default_value)
    return True


def _given(
    message: Any, steps: list[str], path: Path, type_name: str
) -> Iterator[tuple[Path, Any]]:
    """Yield the path of each given field that ``steps`` lead to, and the message that holds it."""
    name, *rest = steps
    field = message.DESCRIPTOR.fields_by_name.get(name)
    if field is None:
        raise PluginError(
            f"the conditions of type {type_name} name {'.'.join([*map(str, path), name])}, but "
            f"{message.DESCRIPTOR.name} has no such field"
        )
    if not rest:
        if says_something(message, name):
            yield (*path, name), message
    elif is_repeated(field):
        for index, value in enumerate(getattr(message, name)):
            yield from _given(value, rest, (*path, name, index), type_name)
    else:
        yield from _given(getattr(message, name), rest, (*path, name), type_name)


def _of_other_types(registry: Registry, kind: str, cls: Any, message: Any) -> Iterator[Idle]:
    """Yield the blocks that other types read, but this one does not."""
    inner = cls.runs(message) if kind == "trainers" else ""
    if inner and (inner not in registry.trainers or registry.trainers.find(inner) is cls):
        return  # the trainer refuses it
    known = message.DESCRIPTOR.fields_by_name
    classes = [cls, registry.trainers.find(inner)] if inner else [cls]
    own = {name for each in classes for name in own_fields(each, kind, known)}
    own |= {name for only in cls.conditions for name in only.fields}
    for field, _ in message.ListFields():
        if field.message_type is None or field.name in own:
            continue
        readers = _readers(registry, kind, field.name, known)
        if readers and says_something(message, field.name):
            because = f"in type {cls.type}: it is for {_some(readers)}"
            yield Idle(((field.name,),), because, refused=kind in _REFUSING)


def _readers(registry: Registry, kind: str, field: str, known: Any) -> list[str]:
    classes = registry.catalog(kind).classes()
    return [each.type for each in classes if field in own_fields(each, kind, known)]


def _some(types: list[str]) -> str:
    return (
        joined(types)
        if len(types) < 5
        else f"{', '.join(types[:3])} and {len(types) - 3} other types"
    )


def _of_fillers(registry: Registry, message: Any, path: Path) -> Iterator[Idle]:
    for field, value in message.ListFields():
        if field.message_type is None or field.name == _STORED:
            continue
        values = list(enumerate(value)) if is_repeated(field) else [(None, value)]
        for index, inner in values:
            here = (*path, field.name) if index is None else (*path, field.name, index)
            if field.message_type.name == _FILLER:
                yield from _of_filler(registry, inner, here)
            else:
                yield from _of_fillers(registry, inner, here)


def _of_filler(registry: Registry, message: Any, path: Path) -> Iterator[Idle]:
    if message.type not in registry.fillers:
        return
    cls = registry.fillers.find(message.type)
    names = [field.name for field, _ in message.ListFields() if field.name != "type"]
    names = [name for name in names if says_something(message, name)]
    if not names:
        return
    own = fields_of_type(registry, cls, "fillers")
    names = [name for name in names if name not in own]
    if not names:
        return
    readers = [
        each
        for each in registry.fillers.classes()
        if set(names) <= set(fields_of_type(registry, each, "fillers"))
    ]
    remedy = f'write type: "{readers[0].type}"' if readers else ""
    paths = tuple((*path, name) for name in names)
    yield Idle(paths, f"with type: {message.type}", remedy)


def _without_inner(found: list[Idle]) -> list[Idle]:
    """Leave out what is in a block that has no effect itself."""
    blocks = [path for idle in found for path in idle.paths]

    def is_inner(path: Path) -> bool:
        return any(len(block) < len(path) and path[: len(block)] == block for block in blocks)

    return [idle for idle in found if not all(map(is_inner, idle.paths))]


def _together(found: Iterable[Idle]) -> list[Idle]:
    """Join the settings of one block that have no effect for the same reason."""
    groups: dict[tuple[Path, str, bool], dict[str, list[Path]]] = {}
    for idle in found:
        remedies = groups.setdefault((idle.paths[0][:-1], idle.because, idle.refused), {})
        for part in idle.parts or (idle,):
            paths = remedies.setdefault(part.remedy, [])
            paths += [path for path in part.paths if path not in paths]
    joint = []
    for (_, because, refused), remedies in groups.items():
        parts = tuple(
            Idle(tuple(paths), because, remedy, refused) for remedy, paths in remedies.items()
        )
        every = tuple(dict.fromkeys(path for part in parts for path in part.paths))
        joint.append(Idle(every, because, "", refused, parts) if len(parts) > 1 else parts[0])
    return joint
