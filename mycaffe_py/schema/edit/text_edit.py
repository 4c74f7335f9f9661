"""Editing a model or solver file as text: one change, and everything else stays byte for byte."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mycaffe_py.errors import ConfigError, MyCaffeError, Problem, PrototxtError
from mycaffe_py.schema.prototxt.cursor import REQUIRED
from mycaffe_py.schema.prototxt.document import Document
from mycaffe_py.schema.schema import Schema

from .fields import Edit, set_field, set_text, unset_field
from .layers import LAYER, SLOTS, Layers
from .operation import Operation
from .source import Source, changed
from .trainer import GYM_PROPERTY, drop_properties, has_properties, set_gym, set_property

_BOM = "\ufeff"
_MAX_BYTES = 2_000_000
_NET, _SOLVER = "NetParameter", "SolverParameter"
_OLD_FORMS = {
    "layers": "layers { } instead of layer { }",
    "input": "input fields instead of an Input layer",
}

_Make = Callable[[Source], Edit]


class _BrokenForm(ConfigError):
    """A text whose blocks and values cannot be told apart."""


class TextEdit:
    """The text of a model (``NetParameter``) or solver (``SolverParameter``) that is edited in place.

    ``text`` is exact, with its line breaks and, as its first character, the byte order mark, if it has one. A text with
    unknown fields or wrong values can be edited too, so that they can be repaired; one whose blocks cannot be told
    apart, or in an old form, can only be replaced.
    """

    def __init__(self, text: str, kind: str, schema: Schema):
        if kind not in (_NET, _SOLVER):
            raise ConfigError(f"a {kind} cannot be edited", hint=f"kinds: {_NET}, {_SOLVER}")
        self.kind, self.schema = kind, schema
        self.text = self._allowed(text)
        self._source: Source | None = None

    def apply(self, change: Mapping[str, Any]) -> tuple[int, int]:
        """Make one change; return where it is in the new text: start and end, in code points.

        ``change["op"]`` is one of the following; a path is a list of names and indices, which count as in the text.
        A layer's ``index`` counts all layers, whatever their phase.

        - ``set``: ``path``, ``value`` (as ``--set`` takes it). A repeated field takes ``a, b, c``, or with an index one
          element, which is appended if the index is their number; blocks on the way are added.
        - ``unset``: ``path``. A block that this leaves empty, without a comment, is removed as well, unless it is a
          layer or elements after it would be renumbered.
        - ``add_layer``: ``type``, ``name``, ``bottom``, ``top``, ``after`` (an index; -1: in front, None: at the end).
        - ``remove_layer``: ``index``; ``bridge``: the readers of its only top get its only bottom.
        - ``move_layer``: ``index``, ``to``, its index afterwards.
        - ``rename_layer``: ``index``, ``name``. Weights are matched by name: those in files no longer reach this layer.
        - ``rename_blob``: ``from``, ``to``: in all layers of this text. A solver's ``blob_names`` are in another file.
        - ``connect``: ``index``, ``slot`` (``bottom`` or ``top``), ``blob``, ``at`` (None appends).
        - ``disconnect``: ``index``, ``slot``, ``at``.
        - ``set_gym``: ``type``; the settings of the former gym go. In MyCaffe's form, ``drop`` lists these properties.
        - ``set_property``: ``key``, ``value``: in ``custom_trainer_properties``; None removes it.
        - ``text``: ``text``, which replaces everything, whatever it is.

        Raises ConfigError if that cannot be done, with ``field`` for a value at fault; the text is then unchanged.
        """
        operation = Operation(change)
        if operation.name == "text":
            return self._replace(operation.text("text", empty=True))
        makes = self._makes(operation)
        try:
            return self._make(makes)
        except MyCaffeError as error:
            if operation.name in ("set", "unset") and not error.field:
                error.field = ".".join(map(str, operation.path()))
            raise

    def _makes(self, operation: Operation) -> list[_Make]:
        """Return the steps of an operation, each of which is done on the result of the one before."""
        get = operation
        if operation.name == "set":
            path, value = get.path(), get.text("value", empty=True)
            self._refuse_old_type(path)
            return [lambda source: set_field(source, path, value)]
        if operation.name == "unset":
            path = get.path()
            return [lambda source: _unset(source, path)]
        if operation.name in _OF_LAYERS:
            if self.kind != _NET:
                raise ConfigError("a solver has no layers")
            return [lambda source: _OF_LAYERS[operation.name](Layers(source), get)]
        if self.kind != _SOLVER:
            raise ConfigError("a net has no trainer; it is in the solver file")
        if operation.name == "set_property":
            key, new = get.text("key"), get.optional_text("value")
            return [lambda source: set_property(source, key, new)]
        type_name, drop = get.text("type"), get.texts("drop")
        if not has_properties(self.source()):
            return [lambda source: set_gym(source, type_name)]
        first = [lambda source: drop_properties(source, drop)] if drop else []
        return [*first, lambda source: set_property(source, GYM_PROPERTY, type_name)]

    def source(self) -> Source:
        """Return the parsed text; ConfigError if it cannot be edited."""
        if self._source is None:
            self._source = self._parsed(self.text)
        return self._source

    def _make(self, makes: Sequence[_Make]) -> tuple[int, int]:
        mark = _BOM if self.text.startswith(_BOM) else ""
        old = source = self.source()
        span = (0, 0)
        for make in makes:
            edit = make(source)
            if not edit.changes:
                continue
            text, span = changed(source.text, edit.changes)
            try:
                after = self._parsed(self._allowed(mark + text))
            except _BrokenForm as error:
                raise _too_entangled() from error
            _check(source, after, edit)
            source = after
        if len(makes) > 1:
            span = difference(old.text, source.text)
        self.text, self._source = mark + source.text, source
        return span[0] + len(mark), span[1] + len(mark)

    def _replace(self, text: str) -> tuple[int, int]:
        old, self.text, self._source = self.text, self._allowed(text), None
        return difference(old, text)

    def _allowed(self, text: str) -> str:
        if len(text) > _MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > _MAX_BYTES:
            raise ConfigError(f"a text of more than {_MAX_BYTES // 1_000_000} MB cannot be edited")
        return text

    def _parsed(self, text: str) -> Source:
        document: Document | None
        try:
            document, problems = self.schema.parse_text(text, self.kind), list[Problem]()
        except PrototxtError as error:
            document, problems = error.document, list(error.problems)
        if document is None:
            first = problems[0]
            line = f"line {first.location.line}: " if first.location else ""
            raise _BrokenForm(
                f"the text cannot be changed from here as long as it has a mistake in its form: {line}{first.message}",
                hint="correct it in the text first",
            )
        if self.kind == _NET:
            for name, form in _OLD_FORMS.items():
                if name in document.nodes:
                    raise ConfigError(
                        f"this file is in an old form ({form}), which cannot be edited",
                        hint="upgrade it first: mycaffe upgrade-net IN OUT",
                    )
        return Source(document, problems)

    def _refuse_old_type(self, path: Sequence[Any]) -> None:
        if self.kind == _SOLVER and list(path) == ["type"] and "solver_type" in self.source().nodes:
            raise ConfigError(
                "this file has solver_type, the old form of type",
                hint="upgrade it first: mycaffe upgrade-solver IN OUT",
            )


def _unset(source: Source, path: Sequence[Any]) -> Edit:
    if source.descriptor.name == _NET and path[:1] == [LAYER] and len(path) <= 2:
        if len(path) == 1:
            raise ConfigError("layers are removed one by one")
        return Layers(source).remove(path[1], bridge=False)
    return unset_field(source, path)


def _add_layer(layers: Layers, get: Operation) -> Edit:
    after = get.optional_number("after")
    name, type_name = get.text("name"), get.text("type")
    return layers.add(after, name, type_name, get.texts("bottom"), get.texts("top"))


def _rename_layer(layers: Layers, get: Operation) -> Edit:
    index = get.number("index")
    layers.entry(index)
    return set_text(layers.source, [LAYER, index, "name"], get.text("name"))


def _connect(layers: Layers, get: Operation) -> Edit:
    slot, at = get.one_of("slot", SLOTS), get.optional_number("at")
    return layers.connect(get.number("index"), slot, get.text("blob"), at)


def _disconnect(layers: Layers, get: Operation) -> Edit:
    return layers.disconnect(get.number("index"), get.one_of("slot", SLOTS), get.number("at"))


_OF_LAYERS: dict[str, Callable[[Layers, Operation], Edit]] = {
    "add_layer": _add_layer,
    "remove_layer": lambda layers, get: layers.remove(get.number("index"), get.flag("bridge")),
    "move_layer": lambda layers, get: layers.move(get.number("index"), get.number("to")),
    "rename_layer": _rename_layer,
    "rename_blob": lambda layers, get: layers.rename_blob(get.text("from"), get.text("to")),
    "connect": _connect,
    "disconnect": _disconnect,
}


def _check(before: Source, after: Source, edit: Edit) -> None:
    """Make sure that the new text means the old one with the change, and nothing else.

    Required fields may be missing: they are added one by one.
    """
    old, new = (_unread(each) for each in (before, after))
    known = Counter((problem.code, problem.message) for problem in old)
    for problem in new:
        key = (problem.code, problem.message)
        if not known[key]:
            raise ConfigError(problem.message, hint=problem.hint)
        known[key] -= 1
    if old:
        return  # the message has not all of the text
    expected = type(before.document.message)()
    expected.CopyFrom(before.document.message)
    edit.apply(expected)
    if _bytes_of(expected) != _bytes_of(after.document.message):
        raise _too_entangled()


def _too_entangled() -> ConfigError:
    return ConfigError(
        "this cannot be changed from here without changing more of the text",
        hint="change it in the text",
    )


def _unread(source: Source) -> list[Problem]:
    """Return the mistakes due to which something is in the text, but not in the message."""
    return [problem for problem in source.problems if problem.code != REQUIRED]


def _bytes_of(message: Any) -> bytes:
    # Messages with NaN differ from themselves.
    return message.SerializePartialToString(deterministic=True)


def difference(old: str, new: str) -> tuple[int, int]:
    """Return the part of ``new``, start and end, outside of which it is like ``old``."""
    shorter = min(len(old), len(new))
    start = _common(old, new, shorter)
    end = _common(old[::-1], new[::-1], shorter - start)
    return start, len(new) - end


def _common(first: str, second: str, most: int) -> int:
    """Return how many characters two texts have in common at the beginning, at most ``most``."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
