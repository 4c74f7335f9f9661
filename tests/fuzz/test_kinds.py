"""Some cases of each kind of input: results or documented errors, and always the same for a seed and a number."""

from __future__ import annotations

import pytest

from tools.fuzz.kinds import NAMES, kind_named
from tools.fuzz.running import case_of, judge

SEED = 2026
COUNTS = {"prototxt": 20, "states": 30, "hdf5": 15}
"""Cases of a kind that takes longer than others."""


@pytest.fixture(scope="module", params=NAMES)
def prepared(request, tmp_path_factory):
    kind = kind_named(request.param)
    return kind, kind.prepare(tmp_path_factory.mktemp(request.param))


def test_no_case_gives_more_than_a_documented_error(prepared):
    kind, corpus = prepared
    for number in range(COUNTS.get(kind.name, 50)):
        case = case_of(kind, corpus, SEED, number)
        found = judge(kind, case, SEED, number)
        assert found is None, f"{found}\n{found.trace}"


def test_a_case_follows_from_seed_and_number(prepared):
    kind, corpus = prepared
    numbers = range(5, 15)
    first = [case_of(kind, corpus, SEED, number) for number in numbers]
    assert first == [case_of(kind, corpus, SEED, number) for number in numbers]
    assert len({repr(case) for case in first}) > 5
    assert first != [case_of(kind, corpus, SEED + 1, number) for number in numbers]
