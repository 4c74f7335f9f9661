"""Curves from CSV files: what is read, and what is said about files that cannot be."""

from __future__ import annotations

import numpy as np
import pytest

from mycaffe_py.errors import ConfigError, DataError, MissingFileError, SnapshotError
from mycaffe_py.tables import lent
from mycaffe_py.testing.gyms import check_gym

GAPS = "day,co2\n0,\n1,10\n2,\n4,14\n7,12\n"


def rows(gym):
    """Return (x, target, observed) of every point until the gym ends."""
    _, info = gym.reset()
    points, terminated = [], False
    while not terminated:
        points.append((info["x"], info["y"], info["observed"]))
        *_, terminated, truncated, info = gym.step(0.0)
        assert truncated is False
    return points


def values(gym):
    return [y for _, y, _ in rows(gym)]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("a,b\n1,5\n2,6\n3,7\n", 'csv_column: "b"'),
        ("a,b\n1,5\n2,6\n3,7\n", 'csv_column: "1"'),
        ("\ufeff a , b \r\n1,5\r\n2,6\r\n\r\n3,7\r\n", 'csv_column: "b"'),
        ("\ufeffb,a\n5,1\n6,2\n7,3\n", 'csv_column: "b"'),
        ("\ufeff5\n6\n7\n", ""),
        ("a;b\n1;5\n2;6\n3;7\n", 'csv_column: "b"'),
        ('"weight, kg";b\n"1";5\n2;6\n3;7', 'csv_column: "b"'),
        ("a\tb\n1\t5\n2\t6\n3\t7\n", 'csv_column: "b"'),
        ("1,5\n2,6\n3,7\n", 'csv_column: "1"'),
        ("1;5\n2;6\n3;7\n", 'csv_column: "1"'),
        ("2001-01-01,5\n2001-01-02,6\n2001-01-03,7\n", 'csv_column: "1"'),
        ("5\n6\n7\n", ""),
        ("b\n5\n6\n7\n", ""),
        ("b\n5\n6\n7\n", 'csv_column: "b"'),
        ("t,b\n1,5\n2,6\n3,7\n", 'csv_time_column: "t"'),
        ("t;b\n1;5,0\n2;6,0\n3;7,0\n", 'csv_column: "b"'),
    ],
)
def test_the_column_is_found(make_csv_gym, content, text):
    assert values(make_csv_gym(content, text)) == [5, 6, 7]


def test_the_end_of_the_file_terminates_and_reset_begins_again(make_csv_gym):
    gym = make_csv_gym("5\n6\n7\n", "step: 1")
    assert rows(gym) == [(0, 5, True), (1, 6, True), (2, 7, True)]
    with pytest.raises(Exception, match="step.. after the last point; call reset"):
        gym.step()
    assert rows(gym) == [(0, 5, True), (1, 6, True), (2, 7, True)]


def test_every_row_is_rewarded_once(make_csv_gym):
    gym = make_csv_gym("5\n6\n7\n")
    gym.reset()
    results = [gym.step(y) for y in (5, 6, 7)]
    assert [reward for _, reward, *_ in results] == [1, 1, 1]
    assert [terminated for _, _, terminated, *_ in results] == [False, False, True]
    assert len(results[-1][0]["tt"]) == 3


def test_scale_offset_and_normalize(make_csv_gym):
    content = "5\n6\n\n7\n9\n"
    assert values(make_csv_gym(content, "csv_scale: 2 csv_offset: -10")) == [0, 2, 4, 8]
    normalized = values(make_csv_gym(content, "csv_normalize: true"))
    np.testing.assert_allclose(normalized, [-1, -0.5, 0, 1])
    flipped = values(make_csv_gym(content, "csv_normalize: true csv_scale: -3"))
    np.testing.assert_allclose(flipped, [1, 0.5, 0, -1])
    assert values(make_csv_gym("3\n3\n", "csv_normalize: true")) == [0, 0]


def test_empty_cells_are_unobserved_points(make_csv_gym):
    gym = make_csv_gym(GAPS, 'csv_time_column: "day" time: DELTA time_scale: 1 step: 0.5')
    assert rows(gym) == [
        (0, 10, False),
        (1, 10, True),
        (2, 10, False),
        (4, 14, True),
        (7, 12, True),
    ]
    np.testing.assert_array_equal(gym.state()["history_x"][:, 0], [0, 1, 2, 4, 7])
    np.testing.assert_array_equal(gym.state()["history_mask"][:, 0], [0, 1, 0, 1, 1])
    np.testing.assert_array_equal(gym.state()["history_tt"], [0.5, 1, 1, 2, 3])


def test_words_for_gaps_are_unobserved_points(make_csv_gym):
    observed = [seen for *_, seen in rows(make_csv_gym("a\n1\nNA\n-\n2\n"))]
    assert observed == [True, False, False, True]


def test_a_table_in_memory_stands_for_a_file(make_gym, tmp_path):
    with lent({"t": [0, 1, 2], "y": [5.0, None, 7.0]}) as name:
        settings = f'curve: CSV_FILE csv_file: "{name}" csv_column: "y" csv_time_column: "t"'
        gym = make_gym(settings, base_dir=tmp_path)
    assert rows(gym) == [(0, 5, True), (1, 5, False), (2, 7, True)]
    with pytest.raises(MissingFileError, match=f"{name} .* was given back"):
        make_gym(settings, base_dir=tmp_path)


def test_typed_dates_are_days_from_the_first_row(make_gym, tmp_path):
    dates = np.array(["2001-01-01", "2001-01-03"], "datetime64[D]")
    with lent({"t": dates, "y": [5, 6]}) as name:
        settings = f'curve: CSV_FILE csv_file: "{name}" csv_time_column: "t"'
        gym = make_gym(settings, base_dir=tmp_path)
    assert [x for x, *_ in rows(gym)] == [0, 2] and gym.sample_info()["x_name"].startswith(
        "t (days"
    )


def test_marks_can_be_set(make_csv_gym):
    content = "a;b\n1;1,234\n2;2,345\n"
    assert values(make_csv_gym(content, 'csv_column: "b" csv_decimal: ","')) == [1.234, 2.345]
    assert values(make_csv_gym(content, 'csv_column: "b" csv_thousands: ","')) == [1234, 2345]
    with pytest.raises(DataError, match='set curve_param.csv_thousands to "," for 1234, or'):
        make_csv_gym(content, 'csv_column: "b"')
    with pytest.raises(ConfigError, match='curve_param.csv_decimal is ";"'):
        make_csv_gym(content, 'csv_column: "b" csv_decimal: ";"')


def test_forecasting_with_gaps(make_csv_gym):
    gym = make_csv_gym(GAPS, 'csv_time_column: "day" input: Y')
    rows(gym)
    np.testing.assert_array_equal(gym.state()["history_x"][:, 0], [0, 0, 10, 10, 14])
    np.testing.assert_array_equal(gym.state()["history_mask"][:, 0], [0, 0, 1, 0, 1])


def test_dates_become_days_from_the_first_row(make_csv_gym):
    content = "date,co2\n19580329,316.1\n19580405,317.3\n19580406,317.6\n"
    gym = make_csv_gym(content, 'csv_time_column: "date" csv_time_format: "%Y%m%d"')
    assert [x for x, *_ in rows(gym)] == [0, 7, 8]
    hours = "t,y\n2001-01-01 00:00,1\n2001-01-01 06:00,2\n"
    gym = make_csv_gym(hours, 'csv_time_column: "t" csv_time_format: "%Y-%m-%d %H:%M"')
    assert [x for x, *_ in rows(gym)] == [0, 0.25]


def test_times_from_the_file_have_no_limit(make_csv_gym):
    gym = make_csv_gym("t,y\n1000,1\n2000,2\n2000,3\n", 'csv_time_column: "t"')
    assert [x for x, *_ in rows(gym)] == [1000, 2000, 2000]


def test_random_start_begins_at_a_random_row(make_csv_gym):
    gym = make_csv_gym("5\n6\n7\n8\n", "random_start: true")
    assert {gym.reset()[1]["y"] for _ in range(60)} == {5, 6, 7}


def test_a_file_is_looked_for_beside_the_solver_and_then_in_the_current_folder(
    make_gym, tmp_path, monkeypatch
):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    monkeypatch.chdir(here)
    (here / "data.csv").write_text("1\n2\n")
    settings = 'curve: CSV_FILE csv_file: "data.csv"'
    assert values(make_gym(settings, base_dir=there)) == [1, 2]
    (there / "data.csv").write_text("3\n4\n")
    assert values(make_gym(settings, base_dir=there)) == [3, 4]
    absolute = f'curve: CSV_FILE csv_file: "{(here / "data.csv").as_posix()}"'
    assert values(make_gym(absolute, base_dir=there)) == [1, 2]


def test_a_missing_file_is_named_with_the_places_looked_at(make_gym, tmp_path):
    with pytest.raises(MissingFileError) as raised:
        make_gym('curve: CSV_FILE csv_file: "none.csv"', base_dir=tmp_path)
    assert '"none.csv"' in str(raised.value)
    assert str(tmp_path / "none.csv") in str(raised.value)


def test_a_folder_is_not_a_csv_file(make_gym, tmp_path):
    (tmp_path / "data.csv").mkdir()
    with pytest.raises(DataError, match=r"data\.csv: cannot be read as a CSV file"):
        make_gym('curve: CSV_FILE csv_file: "data.csv"', base_dir=tmp_path)


@pytest.mark.parametrize(
    ("content", "text", "message"),
    [
        ("a,b\n1,5\n2,x\n", 'csv_column: "b"', 'line 3, column "b": "x" is not a number'),
        ("1,5\n2,x\n", 'csv_column: "1"', 'line 2, column 1: "x" is not a number'),
        ("a\n1\n\n\ninf\n", "", 'line 5, column "a": "inf" is not a finite number'),
        ("a\n1\n-inf\n", "", 'line 3, column "a": "-inf" is not a finite number'),
        ("1\nInfinity\n2\n", "", 'line 2, column 0: "Infinity" is not a finite number'),
        ("a;b\n1;1,5\n2;2.5\n", 'csv_column: "b"', 'write all decimals with "."'),
        ("a;b\n1;1,500\n2;2,500\n", 'csv_column: "b"', '"1,500" can be 1500 or 1.500'),
        ("a,b\n1,5\n2\n3,4\n", 'csv_column: "b"', "line 3: the row has 1 cells; the first has 2"),
        ("a,b\n1,5\n2,3,4\n", 'csv_column: "b"', "line 3: the row has 3 cells; the first has 2"),
        (
            "date,temperature\n1,5\n2,6\n",
            'csv_column: "temprature"',
            'no column "temprature" (curve_param.csv_column); it has the columns "date", '
            '"temperature" (did you mean "temperature"?)',
        ),
        ("1,5\n2,6\n", 'csv_column: "2"', "it has 2 columns without names, counted from 0"),
        ("1,5\n2,6\n", 'csv_column: "-1"', 'no column "-1"'),
        ("1\n2\n", 'csv_column: "y"', "it has 1 column without names"),
        ("a,b\n1,5\n2,6\n", "", "curve_param.csv_column is not set, and the file has the columns"),
        ("a,a\n1,5\n2,6\n", 'csv_column: "a"', '2 columns are named "a"'),
        ("", "", "needs at least 2 rows of data, has 0"),
        ("\n\n", "", "needs at least 2 rows of data, has 0"),
        ("a,b\n", 'csv_column: "b"', "needs at least 2 rows of data, has 0"),
        ("a,b\n1,2\n", 'csv_column: "b"', "needs at least 2 rows of data, has 1"),
        (b"a\n1\n\xff2\n", "", "line 3: byte 0xff is not UTF-8 text"),
        ("a,b\n1,\n2,\n", 'csv_column: "b"', "b: every cell is empty"),
        ('a\n1\n"2\n', "", "line 3: "),
        ("a\n1\n1e30\n", "csv_scale: 1e300", 'line 3, column "a": "1e30" * csv_scale'),
        ("a\n1\n1e31\n", "", 'line 3, column "a": "1e31" is too large: values go up to 1e+30'),
        (
            "t,y\n1,5\n3,6\n2,7\n",
            'csv_time_column: "t"',
            'line 4, column "t": "2" comes before the row above it; times must not decrease',
        ),
        ("t,y\n1,5\n,6\n", 'csv_time_column: "t"', 'line 3, column "t": "" is empty'),
        (
            "t,y\n2001-01-01,5\n2001-01-02,6\n",
            'csv_time_column: "t"',
            '"2001-01-01" is not a number (for dates in this format, set csv_time_format)',
        ),
        (
            "t,y\n2001-01-01,5\n2001-13-02,6\n",
            'csv_time_column: "t" csv_time_format: "%Y-%m-%d"',
            'line 3, column "t": "2001-13-02" does not match the time format "%Y-%m-%d"',
        ),
        ("t,y\n1,5\n2,6\n", 'csv_time_column: "tt"', "curve_param.csv_time_column"),
    ],
)
def test_what_is_wrong_with_a_file(make_csv_gym, content, text, message):
    with pytest.raises(DataError) as raised:
        make_csv_gym(content, text)
    assert "data.csv" in str(raised.value)
    assert message in str(raised.value)


@pytest.mark.parametrize("text", ["", "input: X_AND_Y noise: 0.5 random_start: true history: 3"])
def test_contract_over_several_ends_of_the_file(registry, tmp_path, text):
    (tmp_path / "data.csv").write_text(GAPS)
    prototxt = (
        'type: "Curve" curve_param { curve: CSV_FILE csv_file: "data.csv" '
        f'csv_column: "co2" {text} }}'
    )
    check_gym(prototxt, steps=30, registry=registry, base_dir=tmp_path)


def test_a_state_does_not_fit_a_file_that_has_grown(make_csv_gym):
    gym = make_csv_gym("1\n2\n3\n")
    gym.reset()
    state = gym.state()
    with pytest.raises(SnapshotError, match="4 rows of data, but 3 when the snapshot was made"):
        make_csv_gym("1\n2\n3\n4\n").load_state(state)


def test_labels_are_those_of_the_columns(make_csv_gym):
    gym = make_csv_gym("t,level\n0,1\n1,2\n3,3\n", "csv_column: 'level' csv_time_column: 't'")
    assert gym.sample_info() == {"names": ["level"], "x_name": "t"}
