"""make() and what the base class of gyms does for those that are made."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py import Filler, Gym, Layer, LrPolicy, Observer
from mycaffe_py.errors import ConfigError, MyCaffeError
from mycaffe_py.testing import make


class Square(Gym):
    type = "SquareOfMake"
    schema = """
      message SquareOfMakeParameter { optional int32 period = 1 [default = 4]; }
      extend GymParameter { optional SquareOfMakeParameter square_of_make_param = 70285477; }
    """

    def check(self):
        if self.param.square_of_make_param.period < 1:
            self.fail("period is below 1", "square_of_make_param.period")


class Half(Filler):
    type = "half_of_make"

    def values(self, shape, rng):
        return np.full(shape, 0.5)


class Flat(LrPolicy):
    type = "flat_of_make"
    parameters = ()

    def rate(self, iteration):
        return self.settings.base_lr


class Notes(Observer):
    type = "NotesOfMake"


class Own(Layer):
    type = "OwnOfMake"


def test_a_gym_gets_its_settings_and_options(tmp_path):
    gym = make(Square, "square_of_make_param { period: 7 }", seed=5, base_dir=tmp_path)
    assert gym.param.square_of_make_param.period == 7
    assert (gym.seed, gym.base_dir) == (5, tmp_path)


def test_the_other_kinds():
    assert make(Half).values((2,), None).tolist() == [0.5, 0.5]
    assert make(Flat, "base_lr: 0.25").rate(9) == 0.25
    assert make(Notes).param.type == "NotesOfMake"


def test_a_gym_checks_its_settings_when_it_is_made():
    with pytest.raises(ConfigError, match="period is below 1"):
        make(Square, "square_of_make_param { period: 0 }")


def test_what_is_refused():
    with pytest.raises(MyCaffeError, match="perod"):
        make(Square, "square_of_make_param { perod: 7 }")
    for wrong in (Own, int, "Curve"):
        with pytest.raises(TypeError, match="derives from one of Gym"):
            make(wrong)
