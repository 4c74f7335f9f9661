"""Settings that follow from the data: seasons, periods, contexts, names."""

from __future__ import annotations

import numpy as np
import pytest
from mycaffe_plugins.series.resolving import resolve
from mycaffe_plugins.series.settings import AUTO, NONE, lags_of

from mycaffe_py.builder import build_training
from mycaffe_py.errors import PrototxtError

RNG = np.random.default_rng(29)


@pytest.fixture
def resolved(make_series):
    """Return a function: text of a file, settings -> the settings, resolved."""

    def make(text, settings=""):
        gym = make_series(text, settings)
        param = type(gym.settings)()
        param.CopyFrom(gym.settings)
        param.time_unit = 0
        resolve(param, gym.windows.series)
        return param

    return make


def table(values, head="t,a"):
    return f"{head}\n" + "".join(f"{row},{value!r}\n" for row, value in enumerate(values.tolist()))


WEEKLY = np.tile([1.0, 5, 2, 8, 3, 9, 4], 80) + 0.1 * RNG.normal(size=560)


def test_seasons_periods_and_context(resolved):
    found = resolved(table(WEEKLY), "horizon: 3")
    assert list(found.season) == [7]
    assert list(found.period) == pytest.approx([7, 3.5, 7 / 3][:2])
    assert (found.window, found.recent, found.stride) == (14, 0, 1)


def test_what_is_given_stays(resolved):
    given = "season: 9 period: 5 window: 6 transform: NONE"
    found = resolved(table(WEEKLY), given)
    assert (list(found.season), list(found.period), found.window) == ([9], [5], 6)


def test_given_periods_are_seasons_without_halves_and_thirds(resolved):
    found = resolved(table(WEEKLY), "period: 24 period: 12 period: 8 period: 168 window: 2")
    assert list(found.season) == [24, 168]


@pytest.mark.parametrize(
    ("rows", "horizon", "expected"),
    [(40, 1, 8), (2000, 1, 24), (2000, 15, 30), (2000, 20, 40), (2000, 60, 120), (4000, 500, 320)],
)
def test_a_context_reaches_back_as_far_as_it_should(resolved, rows, horizon, expected):
    found = resolved(table(RNG.normal(size=rows).cumsum()), f"horizon: {horizon}")
    assert not found.season
    reach = int(lags_of(found)[0]) + 1
    assert expected <= reach < expected + found.stride
    assert found.window <= 48


@pytest.mark.parametrize(("row", "expected"), [(10, NONE), (550, AUTO)])
def test_values_below_0_in_the_training_part_settle_the_transform(resolved, row, expected):
    values = WEEKLY + 10
    values[row] = -1
    assert resolved(table(values)).transform == expected


def test_rows_after_the_training_part_have_no_effect(resolved):
    later = WEEKLY.copy()
    later[448:] = 1e3 * RNG.normal(size=112)
    later[500] = np.nan
    one, two = resolved(table(WEEKLY)), resolved(table(later).replace("nan", ""))
    assert one == two


def test_columns_are_named(resolved):
    lines = "s,d,x,k,h,y\n" + "".join(f"a,{row},{row % 5},1,{row % 2},3\n" for row in range(60))
    given = (
        'time_column: "1" series_column: "0" value_column: "2" input_column: "5" '
        'known_input_column: "3" holiday_column: "4"'
    )
    found = resolved(lines, given)
    assert found.time_column == "d" and found.series_column == "s" and found.holiday_column == "h"
    names = (found.value_column, found.input_column, found.known_input_column)
    assert [list(each) for each in names] == [["x"], ["y"], ["k"]]
    assert found.fitted


def test_a_file_without_a_header_is_read_by_numbers(resolved):
    found = resolved("".join(f"{row},{row % 5}\n" for row in range(60)))
    assert not found.fitted and not found.value_column


@pytest.mark.parametrize(("field", "rows"), [("window", 61), ("horizon", 301)])
def test_a_window_or_horizon_too_long_for_the_data_is_refused(tmp_path, field, rows):
    (tmp_path / "data.csv").write_text("t,y\n" + "".join(f"{t},{t % 7}\n" for t in range(60)))
    gym = f"type: 'Series' series_param {{ csv_file: 'data.csv' fit_model: true {field}: {rows} }}"
    solver = tmp_path / "solver.prototxt"
    solver.write_text(f"net: 'SeriesCfc.prototxt' trainer {{ type: 'SERIES' gym {{ {gym} }} }}")
    words = f"{field} is {rows}, but the longest series has 60 rows"
    with pytest.raises(PrototxtError, match=words):
        build_training(solver=solver)
