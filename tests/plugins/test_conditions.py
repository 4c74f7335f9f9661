"""Conditions of settings: each declared one holds or is reported, made from the declarations themselves."""

from __future__ import annotations

import pytest

from mycaffe_py.plugins import default_registry, describe_type
from mycaffe_py.plugins.idle import says_something, unfulfilled
from mycaffe_py.plugins.type_fields import own_fields
from mycaffe_py.schema.prototxt.places import is_repeated

from .always_effective import ALWAYS

REGISTRY = default_registry()
CONTAINERS = {
    "layers": "LayerParameter",
    "gyms": "GymParameter",
    "trainers": "TrainerParameter",
}
DECLARED = [
    (kind, cls, only, field)
    for kind in CONTAINERS
    for cls in REGISTRY.catalog(kind).classes()
    for only in cls.conditions
    for field in only.fields
]

# For a condition that is a function: (text that makes it hold, text that does not).
TESTED = {
    "a single bottom": ('bottom: "a"', 'bottom: "a" bottom: "b"'),
    "two bottoms": ('bottom: "a" bottom: "b"', 'bottom: "a" bottom: "b" bottom: "c"'),
    "loss_param { normalization: BATCH_SIZE }": (
        "loss_param { normalization: BATCH_SIZE }",
        "loss_param { normalization: FULL }",
    ),
    "backbone_layers above 0": (
        "cfc_unit_param { backbone_layers: 2 }",
        "cfc_unit_param { backbone_layers: 0 }",
    ),
    "scale_bias: true, or none": (
        "batch_norm_param { scale_bias: true }",
        "batch_norm_param { scale_bias: false }",
    ),
    "a type other than SINGLE": (
        "margin_inner_product_param { type: DOUBLE }",
        "margin_inner_product_param { type: SINGLE }",
    ),
    "stride above 1": ("series_param { stride: 2 }", "series_param { stride: 1 }"),
    "cfc_param { cell_type: LTC }": (
        "cfc_param { cell_type: LTC }",
        "cfc_param { cell_type: CFC }",
    ),
}


def name_of(case):
    kind, cls, only, field = case
    return f"{cls.type}-{field}-{only.when}"


def message_of(kind, cls, text=""):
    message = REGISTRY.schema.parse_text(text, CONTAINERS[kind]).message
    message.type = cls.type
    return message


def at(message, path):
    for step in path:
        message = getattr(message, step)
    return message


def give(message, path, value=None):
    """Set a field, by default to a value that is not its default."""
    *outer, name = path.split(".")
    holder = at(message, outer)
    field = holder.DESCRIPTOR.fields_by_name[name]
    if field.message_type is not None:
        target = getattr(holder, name)
        target.SetInParent()
        inner = next(one for one in field.message_type.fields if one.message_type is None)
        give(target, inner.name)
        return
    if value is None:
        value = another_value(field)
    elif field.enum_type is not None:
        value = field.enum_type.values_by_name[value].number
    elif field.cpp_type != field.CPPTYPE_STRING:
        value = type(field.default_value)(value)
    if is_repeated(field):
        getattr(holder, name).append(value)
    else:
        setattr(holder, name, value)


def another_value(field):
    default = None if is_repeated(field) else field.default_value
    if field.enum_type is not None:
        return next(one.number for one in field.enum_type.values if one.number != default)
    if field.cpp_type == field.CPPTYPE_STRING:
        return "something"
    if field.cpp_type == field.CPPTYPE_BOOL:
        return not default
    return 3 if default != 3 else 4


def full(field, setting, message):
    """Return the path of a condition's field: beside the setting, or of the shared message."""
    if "." in field:
        return field
    outer = setting.split(".")[:-1]
    beside = at(message, outer)
    return ".".join([*outer, field]) if field in beside.DESCRIPTOR.fields_by_name else field


def fulfil(message, only, setting, holds):
    """Set what the condition asks for so that it holds, or does not."""
    if only.test is not None:
        message.MergeFrom(
            REGISTRY.schema.parse_text(
                TESTED[only.when][not holds], message.DESCRIPTOR.name
            ).message
        )
        return
    for each in only.alternatives:
        path = full(each.field, setting, message)
        *outer, name = path.split(".")
        holder = at(message, outer)
        field = holder.DESCRIPTOR.fields_by_name[name]
        if each.values and holds:
            return give(message, path, each.values[0])
        if each.values and field.enum_type is not None:
            give(
                message,
                path,
                next(one for one in field.enum_type.values_by_name if one not in each.values),
            )
        elif each.absent is not holds:
            if field.message_type is not None:
                holder = getattr(holder, name)
                holder.SetInParent()
            elif field.cpp_type == field.CPPTYPE_BOOL:
                setattr(holder, name, True)
            else:
                give(message, path)
        elif field.message_type is None and field.cpp_type == field.CPPTYPE_BOOL:
            setattr(holder, name, False)


def reported(kind, cls, message, setting):
    """Return the idle settings that name this one."""
    path = tuple(setting.split("."))
    return [idle for idle in unfulfilled(cls, kind, message) if path in idle.paths]


@pytest.mark.parametrize("case", DECLARED, ids=map(name_of, DECLARED))
def test_a_setting_without_its_condition_is_reported(case):
    kind, cls, only, setting = case
    message = message_of(kind, cls)
    give(message, setting)
    if only.when != "never":
        fulfil(message, only, setting, holds=False)
    (found, *_) = reported(kind, cls, message, setting)
    assert setting.rpartition(".")[2] in found.message
    assert "no effect" in found.message
    assert "remove" in found.hint
    assert found.refused == (kind != "layers" if only.refuse is None else only.refuse)


@pytest.mark.parametrize(
    "case", [case for case in DECLARED if case[2].when != "never"], ids=lambda case: name_of(case)
)
def test_a_setting_with_its_condition_is_not_reported(case):
    kind, cls, only, setting = case
    message = message_of(kind, cls)
    others = [each for each in cls.conditions if setting in each.fields]
    for each in others:
        fulfil(message, each, setting, holds=True)
    give(message, setting)
    assert [idle.message for idle in reported(kind, cls, message, setting)] == []


@pytest.mark.parametrize("case", DECLARED, ids=map(name_of, DECLARED))
def test_lists_show_the_condition(case):
    kind, cls, only, setting = case
    fields = describe_type(REGISTRY, kind, cls.type)["parameters"]
    if not {setting.partition(".")[0]} & {field["name"] for field in fields}:
        assert only.when == "never"  # a block that the type does not even read
        return
    for step in setting.split("."):
        (field,) = (one for one in fields if one["name"] == step)
        fields = field.get("fields", [])
    words = [condition["words"] for condition in field["only"]]
    assert only.words in words


# What is not at its default.


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("dropout_param { dropout_ratio: 0.5 }", False),
        ("dropout_param { dropout_ratio: 0.4 }", True),
        ("dropout_param { }", False),
        ("dropout_param { active: true }", False),
        ("loss_param { normalize: false }", True),
        ("loss_param { ignore_label: 0 }", False),
    ],
)
def test_what_a_file_says(text, said):
    message = REGISTRY.schema.parse_text(text, "LayerParameter").message
    assert says_something(message, text.partition(" ")[0]) is said


# Nothing forgotten.


def own_settings():
    """Return (message, field) of each setting that some bundled type reads without a condition."""
    found = set()
    for kind, container in CONTAINERS.items():
        known = REGISTRY.schema.message_class(container).DESCRIPTOR.fields_by_name
        for cls in REGISTRY.catalog(kind).classes():
            declared = {field for only in cls.conditions for field in only.fields}
            for name in own_fields(cls, kind, known):
                inner = known[name].message_type
                names = [field.name for field in inner.fields if name not in declared]
                found |= {(inner.name, each) for each in names if f"{name}.{each}" not in declared}
    return found


def test_each_setting_is_always_effective_or_has_a_condition():
    listed = {(name, field) for name, fields in ALWAYS.items() for field in fields.split()}
    assert own_settings() - listed == set(), "declare a condition, or list them in ALWAYS"
    assert listed - own_settings() == set(), "these have a condition, or are gone"
