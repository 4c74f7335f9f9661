"""Sides in turn, their ratios, and what is done where they differ."""

from __future__ import annotations

import os

import numpy as np
import pytest
from mycaffe_plugins.benchmark import interleaved_timing, running
from mycaffe_plugins.benchmark.interleaved_timing import figures, time_interleaved
from mycaffe_plugins.benchmark.rows import Row
from mycaffe_plugins.benchmark.running import FAST, PLAIN, TORCH, Ratio, Result, chosen, run_row
from mycaffe_plugins.benchmark.sides import difference, with_kernels, without_kernels

from mycaffe_py.compiled import SWITCH


class FakeSide:
    def __init__(self, value=1.0):
        self.value, self.calls, self.closed = value, 0, False

    def results(self):
        return {"loss": np.array(self.value), "w": np.array([self.value, -2.0])}

    def step(self):
        self.calls += 1

    def close(self):
        self.closed = True


def row(ours=FakeSide, theirs=lambda ours: FakeSide(), **more):
    return Row("tutorial", "fake", 4, ours, theirs, **more)


def test_the_side_that_begins_alternates():
    order = []
    sides = [lambda: order.append("a"), lambda: order.append("b")]
    times = time_interleaved(sides, rounds=2, steps=2, warm_up=1)
    assert "".join(order) == "ab" + "bbaa" + "aabb" and times.shape == (2, 2)


def test_a_round_is_the_median_of_its_steps(monkeypatch):
    ticks = iter([0, 1, 10, 13, 20, 22])
    monkeypatch.setattr(interleaved_timing.time, "perf_counter", lambda: next(ticks))
    times = time_interleaved([lambda: None], rounds=1, steps=3, warm_up=0)
    assert times.tolist() == [[2000.0]]


def test_figures_are_medians_and_extremes():
    times = np.array([[1.0, 2.0], [2.0, 8.0], [3.0, 9.0]])
    assert figures(times, over=0) == [2, 8, 3, 2, 4]
    assert figures(times)[2:] == pytest.approx([1 / 3, 0.25, 0.5])


def test_a_difference_is_relative_to_each_arrays_maximum():
    expected = {"a": np.array([100.0, 0]), "b": np.array([0.01])}
    found = {"a": np.array([100.0, 1]), "b": np.array([0.0102]), "more": np.zeros(1)}
    assert difference(found, expected) == pytest.approx(0.02)
    assert difference({"a": np.array(np.nan)}, {"a": np.array(1.0)}) == np.inf


def test_kernels_are_switched_while_a_side_is_built(monkeypatch):
    monkeypatch.delenv(SWITCH, raising=False)
    assert without_kernels(lambda: os.environ[SWITCH]) == "0"
    assert with_kernels(lambda: os.environ[SWITCH]) == "1" and SWITCH not in os.environ
    monkeypatch.setenv(SWITCH, "kept")
    without_kernels(lambda: None)
    assert os.environ[SWITCH] == "kept"


def test_all_sides_of_a_row_run_in_turn_and_are_closed():
    made = []

    def ours():
        made.append(FakeSide())
        return made[-1]

    result = run_row(row(ours), fast=True, with_torch=True, seconds=0.01)
    assert list(result.ms) == [PLAIN, FAST, TORCH] and len(made) == 2
    assert all(side.closed and side.calls > 3 for side in made)
    assert result.agree and result.differences == {PLAIN: 0.0, FAST: 0.0}
    assert result.times.shape == (result.rounds, 3) and 3 <= result.rounds <= 9
    assert 1 <= result.steps <= 20


def test_without_torch_the_kernels_are_compared_with_numpy():
    result = run_row(row(), fast=True, with_torch=False, seconds=0.01)
    assert list(result.ms) == [PLAIN, FAST] and list(result.differences) == [FAST]
    assert result.ratio(TORCH, PLAIN) is None and result.ratio(PLAIN, FAST) is not None
    alone = run_row(row(), fast=False, with_torch=False, seconds=0.01)
    assert list(alone.ms) == [PLAIN] and alone.agree


def test_sides_that_differ_have_no_ratio():
    result = run_row(
        row(theirs=lambda ours: FakeSide(1.1)), fast=False, with_torch=True, seconds=0.01
    )
    assert not result.agree and result.ratio(TORCH, PLAIN) is None and result.ms[TORCH] > 0


def test_a_row_may_have_a_tolerance_of_its_own():
    def run(tolerance):
        theirs = row(theirs=lambda ours: FakeSide(1.0005), tolerance=tolerance)
        return run_row(theirs, fast=False, with_torch=True, seconds=0.001).agree

    assert run(1e-3) and not run(1e-4)


def test_sides_are_closed_after_an_error():
    side = FakeSide()

    def fails(ours):
        raise RuntimeError("no peer")

    with pytest.raises(RuntimeError):
        run_row(row(lambda: side, fails), fast=False, with_torch=True, seconds=0.01)
    assert side.closed


def test_ratios_are_of_the_rounds():
    times = np.array([[1.0, 3.0], [2.0, 4.0], [1.0, 10.0]])
    result = Result(row(), ms={PLAIN: 1.0, TORCH: 4.0}, times=times)
    assert result.ratio(TORCH, PLAIN) == Ratio(3.0, 2.0, 10.0)


@pytest.mark.parametrize(
    ("once", "rounds", "steps"), [(10.0, 3, 1), (1.0, 8, 1), (0.1, 9, 8), (1e-6, 9, 20)]
)
def test_rounds_and_steps_fit_the_time(monkeypatch, once, rounds, steps):
    monkeypatch.setattr(running, "_seconds_of", lambda step: once)
    result = run_row(row(), fast=False, with_torch=False, seconds=8.0)
    assert (result.rounds, result.steps) == (rounds, steps)


def test_rows_are_chosen_by_group_and_by_quickness():
    rows = [
        row(quick=True),
        row(),
        Row("ltc", "x", 1, FakeSide, FakeSide, quick=True),
    ]
    assert chosen(rows, [], False) == rows
    assert chosen(rows, ["tutorial"], False) == rows[:2]
    assert chosen(rows, ["tutorial"], True) == rows[:1]


def test_the_conditions_are_the_same_on_both_sides_and_end(monkeypatch):
    from mycaffe_py.device import thread_count

    before = thread_count()
    with running.same_conditions(1, with_torch=False):
        assert thread_count() == 1
    assert thread_count() == before


def test_steps_that_take_long_warm_up_once(monkeypatch):
    now, calls = [0.0], []

    def step(seconds):
        calls.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(running.time, "perf_counter", lambda: now[0])
    assert running._seconds_of(lambda: step(2.0)) == 2 and len(calls) == 1
    calls.clear()
    assert running._seconds_of(lambda: step(0.25)) == 0.25 and len(calls) == 3
