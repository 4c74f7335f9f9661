"""Times that count from somewhere are told from time spans, and few spans are taken for times."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from mycaffe_plugins.liquid.absolute_times import AbsoluteTimes

DEGREE = 2 * np.pi / 360

# f(first step of the window, steps, sequences, generator)
TIMES = {
    "the tutorial's x / 360": lambda k, t, n, rng: np.arange(k, k + t) * DEGREE / 360,
    "days since 1970": lambda k, t, n, rng: 20000.0 + np.arange(k, k + t),
    "row numbers": lambda k, t, n, rng: np.arange(t),
    "irregular times": lambda k, t, n, rng: rng.exponential(size=(t, n)).cumsum(axis=0),
    "times with pauses": lambda k, t, n, rng: (rng.random((t, n)) < 0.8).cumsum(axis=0),
    "negative times": lambda k, t, n, rng: np.arange(t) - 1e6,
}
SPANS = {
    "ones": lambda k, t, n, rng: np.ones(t),
    "zeros": lambda k, t, n, rng: np.zeros(t),
    "0 at the first step": lambda k, t, n, rng: np.minimum(np.arange(t), 1),
    "a degree": lambda k, t, n, rng: np.full(t, DEGREE / 360),
    "irregular": lambda k, t, n, rng: rng.exponential(size=(t, n)),
    "doubling gaps": lambda k, t, n, rng: 2.0 ** (np.arange(t) % 30),
    "slowly growing gaps": lambda k, t, n, rng: 1.25 ** np.arange(t),
    "a longer one now and then": lambda k, t, n, rng: 1.0 + (rng.random((t, n)) < 0.05),
    "ones, then twos": lambda k, t, n, rng: np.repeat([1.0, 2.0], t)[t // 2 : t // 2 + t],
}


def looks_absolute(make, steps, batch, forwards=25):
    rng = np.random.default_rng(3)
    watcher = AbsoluteTimes()
    for k in range(forwards):
        tt = np.broadcast_to(make(k, steps, batch, rng).reshape(steps, -1), (steps, batch))
        if watcher.update(tt.astype(np.float32), np.full(batch, steps)):
            assert watcher.settled
            return True
        if watcher.settled:
            return False
    raise AssertionError("it never comes to an end")


def judged(make, all_steps):
    """Return the (steps, batch) at which sequences are taken for times."""
    sizes = itertools.product(all_steps, [1, 2, 32])
    return [size for size in sizes if looks_absolute(make, *size)]


@pytest.mark.parametrize("name", TIMES)
def test_times_are_found_out(name):
    steps = [8, 9, 32, 82]
    assert judged(TIMES[name], steps) == list(itertools.product(steps, [1, 2, 32]))


@pytest.mark.parametrize("name", SPANS)
def test_spans_are_not(name):
    assert judged(SPANS[name], [1, 2, 3, 5, 8, 9, 32, 82]) == []


def test_short_sequences_say_nothing():
    assert judged(TIMES["row numbers"], [1, 2, 4, 7]) == []


def test_one_sequence_is_not_enough():
    watcher = AbsoluteTimes()
    assert not watcher.update(np.arange(82.0)[:, None], np.array([82]))
    assert not watcher.settled


def test_one_sequence_of_spans_settles_it_for_all():
    tt = np.stack([np.arange(20.0), np.ones(20), np.arange(20.0)], axis=1)
    tt[10, 1] = 0.5
    watcher = AbsoluteTimes()
    assert not watcher.update(tt, np.full(3, 20))
    assert watcher.settled


@pytest.mark.parametrize("padding", [0.0, np.nan, np.inf, -np.inf])
def test_padding_is_not_looked_at(padding):
    tt = np.repeat(np.arange(20.0)[:, None], 4, axis=1)
    tt[12:] = padding
    lengths = np.array([12, 12, 12, 0])
    assert AbsoluteTimes().update(tt, lengths)
    shuffled = tt.copy()
    shuffled[3] = 0.1
    assert not AbsoluteTimes().update(shuffled, lengths)
