"""States made of listed attributes: what is saved, restored and refused."""

from __future__ import annotations

import json

import numpy as np
import pytest

from mycaffe_py import Gym, Trainer
from mycaffe_py.errors import PluginError, SnapshotError
from mycaffe_py.seeding import named_generator
from mycaffe_py.testing import check_gym


class Counted:
    def __init__(self, value):
        self.value = value

    def state(self):
        return {"value": self.value}

    def load_state(self, state):
        self.value = state["value"]


class Base(Gym):
    type = "Base"
    state_names = ("_point", "pair")

    def __init__(self, start=0):
        self._point, self.pair = np.int64(start), (start, "a")


class Own(Base):
    type = "Own"
    state_names = ("array", "rng", "inner")

    def __init__(self, start=0):
        super().__init__(start)
        self.array, self.rng, self.inner = np.full(2, start), named_generator(start), Counted(start)


def test_bases_and_subclasses_list_their_own():
    assert list(Own(3).state()) == ["point", "pair", "array", "rng", "inner"]
    assert Base(3).state() == {"point": 3, "pair": [3, "a"]}
    assert json.dumps(Base(3).state())


def test_everything_is_restored():
    old, new = Own(3), Own(4)
    old.rng.random(5)
    state = old.state()
    wanted = old.rng.random(3)
    new.load_state(state)
    assert (new._point, new.pair, new.inner.value) == (3, (3, "a"), 3)
    np.testing.assert_array_equal(new.array, [3, 3])
    np.testing.assert_array_equal(new.rng.random(3), wanted)


def test_a_state_is_a_copy_and_is_copied_when_it_is_loaded():
    old, new = Own(3), Own(4)
    state = old.state()
    new.load_state(state)
    old.array[:] = 7
    np.testing.assert_array_equal(state["array"], [3, 3])
    new.array[:] = 8
    np.testing.assert_array_equal(state["array"], [3, 3])


def test_a_missing_name_changes_nothing():
    state = Own(3).state()
    del state["inner"]
    new = Own(4)
    with pytest.raises(SnapshotError, match="gym state: 'inner' is missing") as caught:
        new.load_state(state)
    assert new._point == 4 and "Own gym" in caught.value.hint


def test_what_cannot_be_saved_is_named():
    own = Own()
    own.inner = {1, 2}
    with pytest.raises(PluginError, match="gym Own: inner is a set"):
        own.state()


def test_a_gym_without_names_says_what_is_missing():
    with pytest.raises(PluginError, match="gym  has no state_names"):
        Gym(None).state()


def test_a_trainer_may_have_no_state(monkeypatch):
    monkeypatch.setattr(Trainer, "__init__", lambda self: None)
    assert Trainer().state() == {}
    Trainer().load_state({})


def test_a_text_instead_of_a_tuple():
    class Wrong(Base):
        state_names = "point"

    with pytest.raises(PluginError, match=r'must be a tuple, such as \("point",\)'):
        Wrong().state()


class Ramp(Gym):
    """Counts up; of the attributes that change, one may be forgotten."""

    type = "Ramp"
    state_names = ("point",)

    def reset(self, *, seed=None, options=None):
        self.point = 0
        return self.observation([0.0], [1.0]), {}

    def step(self, action=None):
        self.point += 1
        return self.observation([self.point], [self.point + 1.0]), 0.0, False, False, {}


class Forgetful(Ramp):
    type = "Forgetful"
    state_names = ()

    def reset(self, *, seed=None, options=None):
        self.offset = 0
        return super().reset()

    def step(self, action=None):
        self.offset = getattr(self, "offset", 0) + 1
        return self.observation([self.offset], [1.0]), 0.0, False, False, {}

    def load_state(self, state):
        super().load_state(state)


def test_the_checker_finds_an_attribute_that_was_forgotten():
    check_gym(Ramp)
    with pytest.raises(AssertionError, match="continued by load_state"):
        check_gym(Forgetful)
