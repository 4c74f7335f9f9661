"""check_lr_policy notices each breach of the contract."""

from __future__ import annotations

import pytest

from mycaffe_py.errors import ConfigError
from mycaffe_py.plugins import load_registry
from mycaffe_py.testing import check_lr_policy

HEAD = """
import math, random
from mycaffe_py import LrPolicy, hookimpl

class Own(LrPolicy):
    type = "own"
    parameters = ("gamma",)
    {body}

@hookimpl
def mycaffe_lr_policies():
    return [Own]
"""


@pytest.fixture
def own(tmp_path):
    def made(body):
        path = tmp_path / "own.py"
        path.write_text(HEAD.format(body=body.replace("\n", "\n    ")))
        return load_registry([str(path)])

    return made


RATE = "def rate(self, iteration):\n    "
STEP = "def advance(self, iteration):\n    "


@pytest.mark.parametrize(
    "body",
    [
        RATE + "return self.settings.base_lr",
        RATE + "return self.settings.base_lr * self.settings.gamma",
        RATE + "return 0.5 ** self.current_step\n" + STEP + "self.current_step = iteration // 7",
    ],
)
def test_sound_policies_pass(own, body):
    check_lr_policy('lr_policy: "own" gamma: 0.5', registry=own(body))


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (RATE + "return math.nan", "the rate of iteration 0 is nan"),
        (RATE + "return 5.0 - iteration", "the rate of iteration 6 is -1.0, not a finite number of at least 0"),
        (RATE + "return '1'", "the rate of iteration 0 is '1'"),
        (RATE + "return 0.0", "every rate is 0"),
        (RATE + "return random.random()", "from a second policy with the same settings"),
        (RATE + "self.n = getattr(self, 'n', 0) + 1\n    return 1.0 / self.n", "if others were asked for before"),
        (RATE + "return 1.0 / self.n\nn = 1\n" + STEP + "self.n += iteration == 9", "if others were asked for before"),
        (RATE + "return self.settings.base_lr + self.settings.power", "it reads power, which parameters does not name"),
        (RATE + "self.current_step += 1\n    return 1.0", "rate() changes current_step"),
        (RATE + "return 1.0\n" + STEP + "self.current_step += 1", "takes a step at each call"),
        (RATE + "self.param.gamma = 0.7\n    return 1.0", "it changes the solver's settings"),
    ],
)  # fmt: skip
def test_breaches_are_named(own, body, message):
    with pytest.raises(AssertionError) as caught:
        check_lr_policy('lr_policy: "own" gamma: 0.5', registry=own(body))
    assert str(caught.value).startswith('lr_policy "own": ') and message in str(caught.value)


def test_what_the_policy_refuses_is_refused():
    with pytest.raises(ConfigError, match="needs stepsize > 0"):
        check_lr_policy("step")


def test_a_name_alone_is_enough():
    check_lr_policy("fixed")
    check_lr_policy("cosine")
