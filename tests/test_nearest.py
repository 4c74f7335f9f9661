"""Suggestions: what is near, and that looking for it does not take for ever."""

from __future__ import annotations

import difflib

import pytest

from mycaffe_py.nearest import closest, did_you_mean

BLOBS = [f"conv{number}_block" for number in range(5000)]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("conv1234_blok", "conv1234_block"), ("konv4321_block", "conv4321_block"), ("zzz", None)],
)
def test_of_thousands_of_names_few_are_compared(monkeypatch, name, meant):
    compared, real = [], difflib.get_close_matches

    def counting(word, possibilities, **settings):
        compared.extend(possibilities)
        return real(word, possibilities, **settings)

    monkeypatch.setattr(difflib, "get_close_matches", counting)
    assert closest(name, BLOBS) == meant
    assert len(compared) <= 200


@pytest.mark.parametrize("name", ["ab" * 500_000, "\u00e4\u00f6" * 500_000, " " * 1_000_000])
def test_a_word_of_a_megabyte_is_near_nothing(name):
    assert closest(name, ["name", "type", name[::-1] + "x"]) is None


def test_a_candidate_of_a_megabyte_is_left_out():
    assert closest("tpye", ["tpye" + "z" * 1_000_000, "type"]) == "tpye" + "z" * 1_000_000
    assert closest("tpye", ["pyt" * 300_000, "type"]) == "type"


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("dat", "data", 'did you mean "data"?'),
        (
            "data\u200b",
            "data",
            "the name here contains what cannot be seen: U+200B (zero width space)",
        ),
        (
            "data",
            "da\ufeffta",
            "that name contains what cannot be seen: U+FEFF (zero width no-break space)",
        ),
        ("data\u200b", "data1", 'did you mean "data1"?'),
        ("a\tb", "ab", "contains what cannot be seen: U+0009"),
    ],
)
def test_names_that_differ_by_what_cannot_be_seen(name, known, hint):
    assert did_you_mean(name, [known, "other"]).endswith(hint)
