"""Bands of a forecast, several series, and the digits of their tables."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

from mycaffe_py.errors import DataError
from mycaffe_py.forecast import Forecast, Forecasts

TIMES = np.array([1.0, 2.0, 3.0])
NAN = float("nan")


def column(*values, dtype=float):
    return np.array(values, dtype=dtype)[:, None]


def banded(first=0.0, targets=(0.5, 9.0, NAN), coverage=0.8, **more):
    """Predictions first, first + 1, first + 2 with bands of one around each; truth counts from ``first``."""
    predictions = first + column(0, 1, 2)
    ends = {"lower": predictions - 1, "upper": predictions + 1, "coverage": coverage}
    return Forecast(TIMES, predictions, first + column(*targets), **ends | more)


def test_the_columns():
    assert banded().csv_text().splitlines() == [
        "time,y,y_lower,y_upper,y_true",
        "1,0,-1,1,0.5",
        "2,1,0,2,9",
        "3,2,1,3,",
    ]


def test_the_columns_of_two_quantities():
    two = np.ones((3, 2))
    forecast = Forecast(TIMES, two, two, names=("a", "b"), lower=two - 1, upper=two + 1)
    header, *_ = forecast.rows()
    ends = ["a", "a_lower", "a_upper", "b", "b_lower", "b_upper", "a_true", "b_true"]
    assert header == ["time", *ends]


def test_how_many_the_band_holds():
    forecast = banded(targets=(1.0, 2.5, NAN))  # the first at the end of its band, the second above
    assert forecast.held() == (1, 2) and forecast.coverage_found == 0.5
    assert banded(targets=(NAN, NAN, NAN)).coverage_found is None
    assert Forecast(TIMES, column(0, 1, 2), column(0, 1, 2)).held() == (0, 0)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"lower": None}, "needs both lower and upper"),
        ({"lower": column(1)}, r"lower of a forecast has shape \(1, 1\), its predictions \(3, 1\)"),
        ({"lower": column(-1, 3, 0)}, "point 2 of y: lower, 3, is above upper, 2"),
        ({"coverage": 80}, "coverage is 80: give a share"),
        ({"lower": None, "upper": None}, "coverage is 0.8: give a share between 0 and 1, with"),
    ],
)
def test_bands_that_do_not_fit(more, words):
    with pytest.raises(DataError, match=words):
        banded(**more)


# Digits.


@pytest.mark.parametrize(
    ("prediction", "truth", "texts"),
    [
        (1234562.8912, 1234562.89, ["1234562.8912", "1234562.89"]),
        (1234562.8912345678, 1234562.89, ["1234562.89123", "1234562.89"]),
        (0.1 + 0.2, 0.1, ["0.3", "0.1"]),
        (2 / 3, 5.0, ["0.6666667", "5"]),
        (2000 / 3, 5.5, ["666.6667", "5.5"]),
        (-2e-5 / 3, 5.0, ["-6.666667e-06", "5"]),
        (2 / 3, NAN, ["0.666666666666667"]),
        (0.0, 1e-7, ["0", "1e-07"]),
        (123456789012.0, 123456789012345.0, ["123456789012", "123456789012345"]),
    ],
)
def test_digits(prediction, truth, texts):
    forecast = Forecast(TIMES[:1], column(prediction), column(truth))
    assert forecast.rows()[1][1:] == texts


def test_decimals_of_the_past_count():
    past = {"time": TIMES, "value": column(1.125, 2, NAN)}
    forecast = Forecast(TIMES[:1], column(20000 / 3), column(NAN), **past)
    assert forecast.rows()[1][1] == "6666.666667"


def test_numbers_of_a_net_in_float32_have_its_digits():
    predicted = column(412.3, dtype=np.float32)
    forecast = Forecast(TIMES[:1], predicted, predicted)
    assert forecast.rows()[1][1:] == ["412.3", "412.3"]
    assert forecast.numbers()[1] == [["1", 412.3, 412.3]]


def test_numbers_are_not_rounded():
    columns, rows = Forecast(TIMES[:2], column(2 / 3, 1), column(5, NAN)).numbers()
    assert columns == ["time", "y", "y_true"]
    assert rows == [["1", 2 / 3, 5.0], ["2", 1.0, None]]


# Several series.


def test_a_table_of_several_series():
    several = Forecasts([banded(), banded(10)], ["north", "south"], "shop")
    rows = several.csv_text().splitlines()
    assert rows[0] == "shop,time,y,y_lower,y_upper,y_true"
    assert rows[3:5] == ["north,3,2,1,3,", "south,1,10,9,11,10.5"]
    assert len(several) == 2 and several[1].predictions[0, 0] == 10
    assert [each.predictions[0, 0] for each in several] == [0, 10]


def test_columns_that_only_one_series_has():
    plain = Forecast(TIMES[:1], column(1), column(NAN))
    rows = Forecasts([plain, banded()], ["a", "b"]).rows()
    assert rows[0] == ["series", "time", "y", "y_lower", "y_upper", "y_true"]
    assert rows[1] == ["a", "1", "1", "", "", ""]


def test_figures_of_several_series():
    several = Forecasts([banded(), banded(10, (0.0, NAN, NAN))], ["a", "b"])
    assert several.mean_errors() == {"y": pytest.approx((8.5 / 2 + 0) / 2)}  # 0.5 and 8; 0
    assert several.held() == (2, 3) and several.coverage_found == pytest.approx(2 / 3)
    assert several.known_points() == {"y": (3, 6)} and several.has_truth
    assert several.coverage == 0.8
    assert Forecasts([banded(), banded(coverage=0.5)], ["a", "b"]).coverage is None


def test_notes_are_said_once():
    each = [banded(notes=("short",)), banded(notes=("short", "late"))]
    assert Forecasts(each, ["a", "b"], own_notes=["all"]).notes == ("all", "short", "late")
    assert banded(notes="short").notes == ("short",)


@pytest.mark.parametrize(
    ("forecasts", "series", "words"),
    [
        ([], [], "0 forecasts with the names of 0 series"),
        ([banded()], ["a", "b"], "1 forecasts with the names of 2 series"),
        ([banded(), banded()], ["a", "a"], 'two series are called "a"'),
        ([banded(), banded(names=("z",))], ["a", "b"], 'series "b" has forecasts of z, series "a" of y'),
    ],
)  # fmt: skip
def test_series_that_do_not_fit(forecasts, series, words):
    with pytest.raises(DataError, match=words):
        Forecasts(forecasts, series)


# Pictures.


def drawn(forecast):
    figure = Figure(layout="constrained")
    forecast.draw(figure)
    figure.savefig("/dev/null", format="png")
    return figure


@pytest.mark.posix
def test_the_band_is_an_area_with_its_share():
    (axis,) = drawn(banded()).axes
    (area,) = axis.collections
    assert area.get_label() == "80 % band"
    corners = {tuple(point) for point in area.get_paths()[0].vertices}
    assert {(1.0, -1.0), (3.0, 1.0), (3.0, 3.0), (1.0, 1.0)} <= corners


@pytest.mark.posix
def test_the_band_of_one_point_is_a_bar():
    single = Forecast(TIMES[:1], column(1), column(NAN), lower=column(0), upper=column(2))
    (bar,) = drawn(single).axes[0].collections
    assert bar.get_label() == "band" and bar.get_segments()[0].tolist() == [[1, 0], [1, 2]]


@pytest.mark.posix
@pytest.mark.parametrize(("count", "panels"), [(2, 2), (6, 6), (9, 6)])
def test_a_plot_for_each_series(count, panels):
    several = Forecasts([banded()] * count, [f"s{index}" for index in range(count)])
    figure = drawn(several)
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles[1] == "s1: mean absolute error 4.25" and len(titles) == several.panels == panels
    heading = figure.get_suptitle()
    assert heading == ("the first 6 of 9 series; the table has 3 more" if count > 6 else "")


@pytest.mark.posix
def test_plots_of_several_quantities_name_both():
    two = Forecast(TIMES, np.ones((3, 2)), np.full((3, 2), NAN), names=("x", "y"))
    figure = drawn(Forecasts([two] * 4, list("abcd")))
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == ["a, x", "a, y", "b, x", "b, y", "c, x", "c, y"]
    assert figure.get_suptitle() == "the first 3 of 4 series; the table has 1 more"
