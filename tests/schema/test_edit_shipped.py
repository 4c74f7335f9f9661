"""TextEdit on all shipped models and solvers: each field and layer changed, and whatever else is there stays."""

from __future__ import annotations

from pathlib import Path

import pytest
from google.protobuf import text_format

from mycaffe_py.resources import resource_names, resource_path
from mycaffe_py.schema import TextEdit

ROOT = Path(__file__).parents[2]
NET, SOLVER = "NetParameter", "SolverParameter"
FILES = {
    **{name: (NET, resource_path("models", name)) for name in resource_names("models")},
    **{name: (SOLVER, resource_path("solvers", name)) for name in resource_names("solvers")},
    "xor/cfc.prototxt": (NET, ROOT / "examples/xor/cfc.prototxt"),
    "series/co2.prototxt": (SOLVER, ROOT / "examples/series/co2.prototxt"),
}
LONG = ("SmallResNet", "Siamese", "Autoencoder", "Cifar10Quick")  # as the others, only longer


def cases(names):
    slow = pytest.mark.slow
    return [pytest.param(n, marks=slow if n.startswith(LONG) else ()) for n in names]


MODELS = cases(name for name, (kind, _) in FILES.items() if kind == NET)
MOST_FIELDS = 60
OTHER, QUOTED = 'a "b"', '"a \\"b\\""'


def read(name):
    kind, path = FILES[name]
    return path.read_bytes().decode(), kind


@pytest.fixture
def edit(registry):
    def edit(text, kind, **change):
        editor = TextEdit(text, kind, registry.schema)
        start, end = editor.apply(change)
        assert 0 <= start <= end <= len(editor.text)
        return editor.text

    return edit


def some_fields(registry, text, kind):
    """Return fields of a text, at most a few dozen, spread over it."""
    fields = registry.schema.parse_text(text, kind).fields()
    return list(fields.items())[:: len(fields) // MOST_FIELDS + 1]


def offset_of(text, place):
    return (
        sum(len(line) for line in text.split("\n")[: place.line - 1])
        + place.line
        + place.column
        - 2
    )


def message_of(registry, text, kind):
    """Return what protobuf's own parser reads."""
    return text_format.Parse(text, registry.schema.new(kind))


def value_at(message, path):
    """Return a field's value and its descriptor."""
    field = None
    for step in path:
        if isinstance(step, int):
            message = message[step]
        else:
            field = message.DESCRIPTOR.fields_by_name[step]
            message = getattr(message, step)
    return message, field


@pytest.mark.parametrize("name", cases(FILES))
def test_fields_say_what_is_in_the_text(registry, name):
    text, kind = read(name)
    message = message_of(registry, text, kind)
    for path, place in registry.schema.parse_text(text, kind).fields().items():
        start = offset_of(text, place)
        written = text[start : start + place.length]
        assert place.text == (written[1:-1] if written[0] in "\"'" else written)
        value, field = value_at(message, path)
        if field.enum_type is not None:
            value = field.enum_type.values_by_number[value].name
        if isinstance(value, bool | str):
            assert place.text == (value if isinstance(value, str) else str(value).lower())
        else:
            assert float(place.text) == pytest.approx(value, rel=1e-6)


@pytest.mark.parametrize("name", cases(FILES))
def test_a_value_that_is_set_anew_is_all_that_changes(registry, edit, name):
    text, kind = read(name)
    message = message_of(registry, text, kind)
    for path, place in some_fields(registry, text, kind):
        assert edit(text, kind, op="set", path=list(path), value=place.text) == text
        start = offset_of(text, place)
        before, after = text[:start], text[start + place.length :]
        value, field = value_at(message, path)
        other = other_value(value, field)
        new = edit(text, kind, op="set", path=list(path), value=other)
        assert new.startswith(before) and new.endswith(after)
        is_text = field.type == field.TYPE_STRING
        assert new == f"{before}{QUOTED if is_text else other}{after}"


def other_value(value, field):
    """Return another value of a field, as text."""
    if field.enum_type is not None:
        return next(v.name for v in field.enum_type.values if v.number != value)
    if field.type == field.TYPE_STRING:
        return OTHER
    if field.cpp_type == field.CPPTYPE_BOOL:
        return "false" if value else "true"
    return "7" if value != 7 else "8"


@pytest.mark.parametrize("name", cases(FILES))
def test_a_removed_field_is_one_cut_and_can_be_set_again(registry, edit, name):
    text, kind = read(name)
    for path, place in some_fields(registry, text, kind):
        new = edit(text, kind, op="unset", path=list(path))
        start = next(i for i in range(len(new) + 1) if new[i : i + 1] != text[i : i + 1])
        assert text.endswith(new[start:]) and len(new) < len(text)
        if not isinstance(path[-1], int):  # an element of several would come back as the last one
            again = edit(new, kind, op="set", path=list(path), value=place.text)
            assert message_of(registry, again, kind) == message_of(registry, text, kind)


@pytest.mark.parametrize("name", MODELS)
def test_layers_go_come_and_move(registry, edit, name):
    text, kind = read(name)
    message = message_of(registry, text, kind)
    count = len(message.layer)
    for index in range(0, count, count // 12 + 1):
        parts = {"type": "ReLU", "name": "brand new", "bottom": ["in"], "top": ["out", "put"]}
        more = edit(text, kind, op="add_layer", after=index, **parts)
        added = message_of(registry, more, kind).layer[index + 1]
        assert (added.name, list(added.bottom), list(added.top)) == (
            "brand new",
            ["in"],
            ["out", "put"],
        )
        assert edit(more, kind, op="remove_layer", index=index + 1) == text
        fewer = message_of(registry, edit(text, kind, op="remove_layer", index=index), kind)
        moved = message_of(
            registry, edit(text, kind, op="move_layer", index=index, to=(index + 2) % count), kind
        )
        layers = list(message.layer)
        layer = layers.pop(index)
        assert list(fewer.layer) == layers
        layers.insert((index + 2) % count, layer)
        assert list(moved.layer) == layers


@pytest.mark.parametrize("name", MODELS)
def test_layers_and_blobs_are_renamed(registry, edit, name):
    text, kind = read(name)
    message = message_of(registry, text, kind)
    for index, layer in enumerate(message.layer):
        new = edit(text, kind, op="rename_layer", index=index, name="brand new")
        assert len(new) == len(text) + len("brand new") - len(layer.name)
        assert message_of(registry, new, kind).layer[index].name == "brand new"
    for blob in {blob for layer in message.layer for blob in layer.top}:
        new = edit(text, kind, op="rename_blob", **{"from": blob, "to": "brand new"})
        assert edit(new, kind, op="rename_blob", **{"from": "brand new", "to": blob}) == text
        for old, renamed in zip(message.layer, message_of(registry, new, kind).layer, strict=True):
            for slot in ("bottom", "top"):
                wanted = ["brand new" if each == blob else each for each in getattr(old, slot)]
                assert list(getattr(renamed, slot)) == wanted


def changes_of(registry, text, kind):
    """Yield a few changes of every kind."""
    fields = some_fields(registry, text, kind)[::9]
    for path, place in fields:
        yield {"op": "set", "path": list(path), "value": place.text}
        yield {"op": "unset", "path": list(path)}
    if kind == SOLVER:
        yield {"op": "set", "path": ["trainer", "gym", "curve_param", "step"], "value": "0.5"}
        yield {"op": "set", "path": ["debug_info"], "value": "true"}
        yield {"op": "set_gym", "type": "Series"}
        return
    yield {"op": "add_layer", "after": 0, "type": "ReLU", "name": "new", "bottom": ["b"]}
    yield {"op": "add_layer", "after": None, "type": "ReLU", "name": "new"}
    yield {"op": "remove_layer", "index": 1, "bridge": True}
    yield {"op": "move_layer", "index": 0, "to": 2}
    yield {"op": "connect", "index": 1, "slot": "bottom", "blob": "new"}
    yield {"op": "set", "path": ["layer", 1, "relu_param", "negative_slope"], "value": "0.1"}
    yield {"op": "set", "path": ["layer", 0, "include", 0, "stage"], "value": "a, b"}


VARIANTS = {
    "CRLF": lambda text: text.replace("\n", "\r\n"),
    "byte order mark": lambda text: "\ufeff" + text,
    "tabs": lambda text: text.replace("  ", "\t"),
    "both": lambda text: "\ufeff" + text.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("name", cases(FILES))
def test_line_breaks_marks_and_tabs_stay(registry, edit, name, variant):
    """A change of the text in another form is that form of the changed text."""
    text, kind = read(name)
    form = VARIANTS[variant]
    if "\n  " not in text:  # nothing would say that blocks are indented by tabs
        text += "train_state {\n  level: 1\n}\n"
    for change in changes_of(registry, text, kind):
        assert edit(form(text), kind, **change) == form(edit(text, kind, **change))
