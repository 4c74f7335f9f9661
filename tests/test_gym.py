"""What the base class of gyms does for an author: observations, checks, states."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import Gym, Trainer
from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import default_registry


class Own(Gym):
    """Counts."""

    type = "OwnInTests"
    point, last = 0, None

    def check(self):
        if self.base_dir.name == "refused":
            self.fail("cannot be", "type")

    def state(self):
        return {"point": self.point, "last": self.last}


@pytest.fixture
def param():
    return default_registry().schema.new("GymParameter")


def test_an_observation_of_plain_lists():
    found = Gym.observation([1, 2, 3], [0.5, 1, 2])
    assert found["x"].tolist() == [[1], [2], [3]] and found["x"].dtype == float
    assert found["target"].tolist() == [[0.5], [1], [2]]
    assert found["tt"].tolist() == [1, 1, 1] and found["mask"].tolist() == [[1], [1], [1]]


def test_an_observation_of_several_columns():
    x = np.arange(6.0).reshape(3, 2)
    found = Gym.observation(x, np.zeros((3, 4)), tt=[0, 2, 5], mask=x > 1)
    assert found["x"].shape == found["mask"].shape == (3, 2) and found["target"].shape == (3, 4)
    assert found["tt"].tolist() == [0, 2, 5]
    assert found["mask"].tolist() == [[0, 0], [1, 1], [1, 1]]
    assert Gym.observation([1, 2], [1, 2], mask=[1, 0])["mask"].tolist() == [[1], [0]]


def test_a_mask_of_another_shape():
    with pytest.raises(ValueError, match="reshape"):
        Gym.observation([1, 2], [1, 2], mask=[1, 0, 1])


def test_the_constructor_checks(param, tmp_path):
    with pytest.raises(ConfigError, match="gym OwnInTests: cannot be"):
        Own(param, base_dir=tmp_path / "refused")


def test_a_state_is_restored_by_name(param):
    gym, other = Own(param), Own(param)
    gym.point, gym.last = 7, np.array([1.0])
    other.load_state(gym.state())
    assert other.point == 7 and other.last.tolist() == [1]
    assert other.last is not gym.last


def test_random_numbers_follow_from_the_seed_and_go_on(param):
    gym, other = Own(param, seed=3), Own(param, seed=4)
    first = gym.rng.random(3).tolist()
    other.reseed(None)
    assert other.rng.random(3).tolist() != first
    other.reseed(3)
    assert other.rng.random(3).tolist() == first
    later = Own(param, seed=5)
    later.load_state({"rng": other.rng.bit_generator.state})
    other.rng.random()  # a state is a copy
    assert later.rng.random() == gym.rng.random()


@pytest.mark.parametrize("cls", [Own, type("Fed", (Trainer,), {"type": "FedInTests", "point": 0})])
def test_a_state_of_other_names_needs_a_method(cls):
    made = object.__new__(cls)
    with pytest.raises(TypeError, match='returns "speed", .* define load_state'):
        made.load_state({"point": 3, "speed": 1})
    assert made.point == 0
