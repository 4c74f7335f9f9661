"""Types and messages as plain data."""

from __future__ import annotations

import json
import re

import pytest

from mycaffe_py.errors import UnknownTypeError
from mycaffe_py.layer import Layer
from mycaffe_py.plugins import (
    KINDS,
    describe_message,
    describe_type,
    first_sentence,
    layer_group,
    list_types,
    plain_doc,
)


@pytest.mark.parametrize(
    ("doc", "sentence"),
    [
        ("One. Two.", "One."),
        ("y = x.data, 1.5 times.\nMore here", "y = x.data, 1.5 times."),
        ("First line\n    goes on.\n\n    Second.", "First line goes on."),
        ("See :class:`a.B`, or ``x``. More.", 'See B, or "x".'),
        (None, ""),
    ],
)
def test_first_sentence(doc, sentence):
    assert first_sentence(doc) == sentence


@pytest.mark.parametrize(
    ("doc", "plain"),
    [
        ("", ""),
        ("y = ``scale * x``, ``twice``", 'y = "scale * x", "twice"'),
        ("``code over\ntwo lines``", '"code over\ntwo lines"'),
        (":meth:`reset` and :class:`mycaffe_py.gym.Gym`", "reset and Gym"),
        (":py:func:`~mycaffe_py.net.load`", "load"),
        (":mod:`mycaffe_py.net`", "mycaffe_py.net"),
        (":class:`the net <mycaffe_py.net.Net>`", "the net"),
        ("`one` backtick, and ```three```", "`one` backtick, and ```three```"),
        ("time: `x`", "time: `x`"),
    ],
)
def test_docs_become_plain_text(doc, plain):
    assert plain_doc(doc) == plain


def texts_in(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from texts_in(inner)


@pytest.mark.parametrize("kind", KINDS)
def test_no_type_is_described_with_markup(registry, kind):
    described = [describe_type(registry, kind, name) for name in registry.catalog(kind).types()]
    found = [
        text
        for text in texts_in([list_types(registry, kind), described])
        if re.search(r"``|:[a-z]+:`", text)
    ]
    assert found == []
    json.dumps(described)


def test_a_layer():
    from mycaffe_py.plugins import default_registry

    entry = describe_type(default_registry(), "layers", "cfc")
    assert (entry["type"], entry["plugin"], entry["kind"]) == (
        "CFC",
        "mycaffe_plugins.liquid",
        "layers",
    )
    assert entry["blobs"] == {"bottom": "2 to 4", "top": "1 to 2"}
    own = {parameter["name"]: parameter for parameter in entry["parameters"]}
    hidden = {field["name"]: field for field in own["cfc_param"]["fields"]}["hidden_size"]
    assert hidden["type"] == "int32" and not hidden["repeated"] and hidden["doc"]


def test_an_unknown_type(registry):
    with pytest.raises(UnknownTypeError, match='"CFX"') as caught:
        describe_type(registry, "layers", "CFX")
    assert caught.value.hint.startswith('did you mean "CFC"?')


def test_the_fields_that_layers_have_in_common(registry):
    wanted = ("name", "bottom", "param", "include", "phase")
    fields = {f["name"]: f for f in describe_message(registry, "LayerParameter", only=wanted)}
    assert set(fields) == set(wanted)
    assert fields["bottom"]["repeated"] and not fields["name"]["repeated"]
    assert [value["name"] for value in fields["phase"]["values"]] == ["TRAIN", "TEST", "RUN"]
    assert "lr_mult" in [inner["name"] for inner in fields["param"]["fields"]]


def test_how_deep_messages_are_described(registry):
    def filler(depth):
        (field,) = describe_message(
            registry, "LayerParameter", only=["convolution_param"], depth=depth
        )
        inner = {entry["name"]: entry for entry in field.get("fields", [])}
        return inner.get("weight_filler")

    assert filler(0) is None
    assert "fields" not in filler(1)
    assert "std" in [entry["name"] for entry in filler(2)["fields"]]
    entry = describe_type(registry, "layers", "Convolution", depth=2)
    assert filler(2) in entry["parameters"][0]["fields"]


def test_all_fields_of_a_message(registry):
    names = [field["name"] for field in describe_message(registry, "FillerParameter")]
    assert names[:2] == ["type", "value"]
    with pytest.raises(KeyError, match="FillerParameter"):
        describe_message(registry, "FillerParametre")


def test_a_field_without_a_doc_has_that_of_its_message(registry):
    (field,) = describe_message(registry, "LayerParameter", only=["mish_param"])
    own = registry.schema.describe("LayerParameter").fields
    assert next(one.doc for one in own if one.name == "mish_param") == ""
    assert field["doc"].startswith("Numeric guards of MyCaffe's form of Mish")


@pytest.mark.parametrize(
    ("attributes", "group"),
    [
        ({}, "other"),
        ({"exact_num_bottom_blobs": 0}, "data"),
        ({"max_bottom_blobs": 0}, "data"),
        ({"is_loss": True}, "loss"),
        ({"is_loss": True, "group": "shape"}, "shape"),
        ({"group": "no such group"}, "other"),
    ],
)
def test_the_group_of_a_layer(attributes, group):
    assert layer_group(type("Some", (Layer,), attributes)) == group
