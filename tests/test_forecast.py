"""A forecast as a table, and as a picture."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from mycaffe_py.errors import ConfigError
from mycaffe_py.forecast import Forecast
from mycaffe_py.trainer import Trainer

TIMES = np.array([11353.0, 11354.0])
TWO = np.array([[1.0, 2.0], [3.0, 4.5]])


def test_a_table_without_truth():
    forecast = Forecast(np.array([0.5, 1e6]), TWO[:, :1], np.full((2, 1), np.nan))
    assert forecast.csv_text() == "time,y\n0.5,1\n1000000,3\n"
    assert not forecast.has_truth and forecast.mean_errors() == {}


def test_the_truth_stands_beside_where_it_is_known():
    targets = np.array([[1.5, np.nan], [np.nan, np.nan]])
    forecast = Forecast(TIMES, TWO, targets, names=("a,b", "c"), time_name="day")
    assert forecast.csv_text() == ('day,"a,b",c,"a,b_true",c_true\n11353,1,2,1.5,\n11354,3,4.5,,\n')
    assert forecast.mean_errors() == {"a,b": 0.5}


def test_several_quantities_without_names():
    assert Forecast(TIMES, TWO, TWO).names == ("y0", "y1")


@pytest.mark.posix
@pytest.mark.parametrize("past", [{}, {"time": TIMES - 9, "value": TWO, "dates": True}])
def test_the_picture(past):
    targets = np.array([[1.0, np.nan], [2.0, np.nan]])
    figure = Figure()
    Forecast(TIMES, TWO, targets, names=("a", "b"), **past).draw(figure)
    first, second = figure.axes
    assert first.get_title(loc="left") == "a: mean absolute error 0.5"
    assert second.get_title(loc="left") == "b"
    figure.savefig("/dev/null", format="png")


def test_a_trainer_that_makes_no_forecasts():
    with pytest.raises(ConfigError, match="cannot forecast"):
        Trainer.forecast(object.__new__(Trainer), None, 3)
