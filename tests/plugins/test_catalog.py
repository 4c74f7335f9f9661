"""Catalog: classes by type name."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import PluginError, UnknownTypeError
from mycaffe_py.plugins.catalog import Catalog, fold


def make(type_name, *aliases):
    return type("Made", (), {"type": type_name, "aliases": aliases})


@pytest.mark.parametrize(
    "name", ["RNN.SUPER_SIMPLE", "rnn.super.simple", "RNNSuperSimple", "rnn-super simple"]
)
def test_spelling_does_not_count(name):
    assert fold(name) == "rnnsupersimple"


def test_add_find_and_remove():
    catalog, one, two = Catalog("thing"), make("One", "Uno"), make("two")
    catalog.check([one, two], "owner")
    catalog.add([one], "owner")
    catalog.add([two], "other")
    assert catalog.find("one") is catalog.find("UNO") is one
    assert (catalog.types(), len(catalog), catalog.owner(two)) == (["One", "two"], 2, "other")
    catalog.remove_owner("owner")
    assert "One" not in catalog
    assert "uno" not in catalog
    assert catalog.types() == ["two"]
    catalog.add([one], "again")
    assert "Uno" in catalog


def test_unknown_types_name_the_nearest_or_all():
    catalog = Catalog("thing")
    with pytest.raises(UnknownTypeError, match="known thing types: none"):
        catalog.find("One")
    catalog.add([make("One")], "owner")
    with pytest.raises(LookupError) as caught:
        catalog.find("Onne")
    assert caught.value.message == 'unknown thing type "Onne"'
    assert caught.value.hint.startswith('did you mean "One"?')
    assert "--plugin" in caught.value.hint


@pytest.mark.parametrize("offered", [make(""), make(3), "One", object(), type("Bare", (), {})])
def test_no_class_with_a_type_name(offered):
    with pytest.raises(PluginError, match="is not a thing class with a type name"):
        Catalog("thing").check([offered], "owner")


def test_clashes():
    catalog = Catalog("thing")
    catalog.add([make("One", "Uno")], "first")
    for offered in (make("UNO"), make("Two", "one")):
        with pytest.raises(
            PluginError, match='of plugin "second" clashes with "One" of plugin "first"'
        ):
            catalog.check([offered], "second")
    with pytest.raises(PluginError, match='clashes with "Two" of plugin "second"'):
        catalog.check([make("Two"), make("two")], "second")
    assert catalog.types() == ["One"]
