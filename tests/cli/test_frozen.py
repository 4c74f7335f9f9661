"""What a forecast is worth, by a test with frozen weights."""

from __future__ import annotations

import pytest

from mycaffe_py.cli.frozen import PASSES, frozen_test
from mycaffe_py.errors import ConfigError, DataError
from mycaffe_py.trainer import Trainer


class Measured(Trainer):
    type = "MEASURED"
    found: object = None

    def __init__(self, found):
        self.found = found

    def test(self, net, iterations):
        assert iterations == PASSES
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


class Untested(Trainer):
    type = "UNTESTED"

    def __init__(self):
        pass


def figures(error, baseline):
    return {"mean_abs_error": error, "baseline_mean_abs_error": baseline}


@pytest.mark.parametrize(
    ("found", "cautious"),
    [
        (figures(0.1, 0.2), False),
        (figures(0.2, 0.2), True),
        (figures(0.3, 0.2), True),
        ({"mean_abs_error": 0.3, "loss": 1.0}, False),
        (figures(float("nan"), 0.2), False),
        ({}, False),
    ],
)
def test_the_baseline_decides(found, cautious):
    tested = frozen_test(Measured(found), None)
    assert (tested.caution is not None) == cautious
    assert tested.figures.keys() <= found.keys()


def test_both_figures_are_named():
    caution = frozen_test(Measured(figures(0.3, 0.2)), None).caution
    assert "0.3 on" in caution and "off by 0.2;" in caution


def test_what_cannot_be_tested_is_said():
    caution = frozen_test(Measured(ConfigError("all rows are used for training")), None).caution
    assert "not known: all rows are used for training" in caution
    assert "trainer UNTESTED has no test" in frozen_test(Untested(), None).caution


class Cautious(Measured):
    type = "CAUTIOUS"

    def test(self, net, iterations):
        raise AssertionError("asked for")

    def forecast_caution(self, net):
        if isinstance(self.found, Exception):
            raise self.found
        return self.found


@pytest.mark.parametrize(("found", "caution"), [("far off", "far off"), (None, None), ("", None)])
def test_a_trainers_own_caution_takes_the_place_of_the_test(found, caution):
    tested = frozen_test(Cautious(found), None)
    assert (tested.figures, tested.caution) == ({}, caution)


def test_a_caution_that_cannot_be_found_is_said():
    caution = frozen_test(Cautious(ConfigError("no test rows")), None).caution
    assert caution == "how good this net is with frozen weights is not known: no test rows"


def test_a_caution_must_be_a_text():
    with pytest.raises(DataError, match=r"trainer CAUTIOUS: forecast_caution\(\): returned 3"):
        frozen_test(Cautious(3), None)
