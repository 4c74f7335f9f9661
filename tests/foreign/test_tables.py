"""What the tables suggest exists."""

from __future__ import annotations

import re

import click
import pytest

from mycaffe_py.cli.app import VERBS, app
from mycaffe_py.errors import closest
from mycaffe_py.foreign import numbers, options, types, verbs, words


@pytest.fixture(scope="module")
def names(registry):
    """Return all names of fields, values, types and choices."""
    found = {"float32", "float64"}
    for kind in ("layers", "solvers", "fillers", "gyms", "trainers", "lr_policies", "observers"):
        found |= set(registry.catalog(kind).types())
    for message in registry.schema.catalog.messages.values():
        found |= set(message.fields)
    for enum in registry.schema.catalog.enums.values():
        found |= set(enum.numbers)
    return found


def test_words_lead_to_names_that_exist(names):
    assert words.all_meanings() - names == set()


def test_words_are_folded():
    table = words._table()
    assert [word for word in table if word != words.folded(word)] == []


@pytest.mark.parametrize("kind", ["layer", "solver", "filler", "gym", "trainer"])
def test_types_and_their_settings_exist(registry, names, kind):
    for text in types.counterparts(kind):
        if not text[0].isupper():
            continue  # a sentence
        assert re.match(r"[\w.]+", text)[0] in registry.catalog(f"{kind}s"), text
        for field, value in re.findall(r"(\w+)(?::| \{)(?: ([A-Z]+)\b)?", text):
            assert field in names, text
            assert not value or value in names, text


def commands():
    context = click.Context(app)
    for verb in VERBS:
        command = app.get_command(context, verb)
        yield from command.commands.values() if isinstance(command, click.Group) else [command]


def test_options_exist():
    known = {name for command in commands() for param in command.params for name in param.opts}
    assert options.all_options() - known == set()


def test_verbs_exist():
    known = {*VERBS, "benchmark", "convert-weights", "designer", "plot", "report"}
    for text in verbs.commands():
        for verb in re.findall(r"mycaffe ([a-z][a-z-]+)", text):
            assert verb in known, text


def test_no_word_is_in_a_table_twice():
    verbs_in_table = [word for theirs in verbs._VERBS.values() for word in theirs.split()]
    assert len(verbs_in_table) == len(set(verbs_in_table))
    assert not set(verbs_in_table) & set(VERBS)


NUMBERS = {
    ("1e3", True): "1000",
    ("10k", True): "10000",
    ("2.5M", True): "2500000",
    ("1,000", True): "1000",
    ("1,000,000", True): "1000000",
    ("4.0", True): "4",
    ("4.5", True): None,
    ("0,01", False): "0.01",
    ("1/100", False): "0.01",
    ("5%", False): "0.05",
    ("1e-2f", False): "0.01",
    ("2**10", True): "1024",
    ("2*8", True): "16",
    ("1/0", False): None,
    ("nan", False): None,
    ("inf", False): None,
    ("9**999", True): None,
    ("abc", False): None,
    ("", False): None,
}


@pytest.mark.parametrize(("text", "whole"), NUMBERS)
def test_numbers(text, whole):
    assert numbers.number_meant(text, whole) == NUMBERS[text, whole]


@pytest.mark.parametrize(
    ("name", "candidates", "meant"),
    [
        ("Base-LR", ("base_lr", "gamma"), "base_lr"),
        ("lr", ("gamma", "base_lr", "lr_mult"), "base_lr"),
        ("Conv", ("Concat", "Convolution"), "Convolution"),
        ("cosine", ("SIN", "COS"), "COS"),
        ("hiden_size", ("iter_size", "hidden_size"), "hidden_size"),
        ("in", ("input", "index"), None),
        ("xyz", ("abc",), None),
        ("", ("abc",), None),
    ],
)
def test_the_closest_name(name, candidates, meant):
    assert closest(name, candidates) == meant
