"""Tables in memory: every kind of data that is accepted, its types, and what is refused."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from mycaffe_py.errors import DataError
from mycaffe_py.tables import table_of

MOMENTS = [datetime(2001, 1, 1), datetime(2001, 1, 2, 3, 4, 5, 600000)]
NANOSECONDS = [978307200 * 10**9, 978404645600000000]
MISSING = float("nan")

NUMBERS = {
    "dict": {"a": [1, 2], "b": [0.5, None]},
    "dict of arrays": {"a": np.array([1, 2], np.int8), "b": np.array([0.5, MISSING], np.float32)},
    "dict of Series": {"a": pd.Series([1, 2]), "b": pl.Series([0.5, None])},
    "dicts": [{"a": 1, "b": 0.5}, {"a": 2}],
    "records": np.array([(1, 0.5), (2, MISSING)], [("a", "u2"), ("b", "f2")]),
    "pandas": pd.DataFrame({"a": [1, 2], "b": [0.5, MISSING]}),
    "pandas with NA": pd.DataFrame({"a": [1, 2], "b": pd.array([0.5, None], "Float64")}),
    "polars": pl.DataFrame({"a": [1, 2], "b": [0.5, None]}),
    "pyarrow": pa.table({"a": [1, 2], "b": [0.5, None]}),
    "record batch": pa.record_batch({"a": pa.array([1, 2]), "b": pa.array([0.5, None])}),
    "reader": pa.table({"a": [1, 2], "b": [0.5, None]}).to_reader(),
}


@pytest.mark.parametrize("kind", NUMBERS)
def test_numbers_with_names(kind):
    table = table_of(NUMBERS[kind])
    assert table.names == ("a", "b") and len(table) == 2
    assert table.numbers(0).tolist() == [1, 2] and table.cells(0).dtype == np.int64
    np.testing.assert_array_equal(table.numbers(1), [0.5, MISSING])


@pytest.mark.parametrize(
    ("data", "width"),
    [
        (np.array([[1, 2], [3, 4]]), 2),
        ([[1, 2], (3, 4)], 2),
        (np.array([1, 3]), 1),
        (pd.Series([1, 3]), 1),
        (pd.DataFrame([[1, 2], [3, 4]]), 2),
        (pa.chunked_array([[1], [3]]), 1),
        (memoryview(np.array([1, 3])), 1),
    ],
)
def test_numbers_without_names(data, width):
    if isinstance(data, memoryview):
        data = np.asarray(data)
    table = table_of(data)
    assert table.names is None and table.width == width and table.numbers(0).tolist() == [1, 3]


def test_a_table_is_a_copy():
    array = np.array([[1.0, 2.0], [3.0, 4.0]])
    table = table_of(array)
    array[:] = 0
    assert table.numbers(1).tolist() == [2, 4] and table_of(table) is table


def test_masked_cells_are_gaps():
    data = np.ma.array([[1, 2], [3, 4]], mask=[[False, True], [False, False]])
    np.testing.assert_array_equal(table_of(data).numbers(1), [MISSING, 4])
    column = np.ma.array([1.5, 2], mask=[True, False])
    np.testing.assert_array_equal(table_of({"a": column}).numbers(0), [MISSING, 2])


@pytest.mark.parametrize(
    "data",
    [
        {"t": MOMENTS},
        {"t": np.array(MOMENTS, "datetime64[ms]")},
        [{"t": moment} for moment in MOMENTS],
        pd.DataFrame({"t": MOMENTS}),
        pd.DataFrame({"t": pd.Series(MOMENTS, dtype=object)}),
        pd.DataFrame({"t": pd.Series(MOMENTS).astype("timestamp[us][pyarrow]")}),
        pd.DataFrame(index=pd.DatetimeIndex(MOMENTS, name="t")),
        pl.DataFrame({"t": MOMENTS}),
        pa.table({"t": MOMENTS}),
    ],
)
def test_moments(data):
    table = table_of(data)
    assert table.cells(0).dtype == "datetime64[ns]" and table.names == ("t",)
    assert table.cells(0).astype(np.int64).tolist() == NANOSECONDS
    assert table.zone(0) is None
    assert table.texts(0) == ["2001-01-01T00:00:00.000000000", "2001-01-02T03:04:05.600000000"]
    with pytest.raises(DataError, match='"2001-01-01" is a date, not a number'):
        table.numbers(0)


BERLIN = [datetime(2001, 1, day, tzinfo=ZoneInfo("Europe/Berlin")) for day in (1, 2)]


@pytest.mark.parametrize(
    "data",
    [
        {"t": BERLIN},
        pd.DataFrame({"t": BERLIN}),
        pd.DataFrame(index=pd.DatetimeIndex(BERLIN, name="t")),
        pl.DataFrame({"t": BERLIN}),
        pa.table({"t": pa.array(BERLIN, pa.timestamp("s", "Europe/Berlin"))}),
    ],
)
def test_moments_with_a_zone_are_in_utc(data):
    table = table_of(data)
    assert table.zone(0) == "Europe/Berlin"
    assert table.texts(0) == ["2000-12-31T23:00:00+00:00", "2001-01-01T23:00:00+00:00"]


def test_moments_of_several_zones_are_in_utc():
    mixed = [BERLIN[0], datetime(2001, 1, 2, tzinfo=timezone(timedelta(hours=5)))]
    table = table_of({"t": mixed})
    assert table.zone(0) == "UTC" and table.texts(0)[1] == "2001-01-01T19:00:00+00:00"


@pytest.mark.parametrize(
    "data",
    [
        {"d": [date(2001, 1, 1), None]},
        pl.DataFrame({"d": [date(2001, 1, 1), None]}),
        pa.table({"d": [date(2001, 1, 1), None]}),
        {"d": np.array(["2001-01-01", "NaT"], "datetime64[D]")},
        {"d": [pd.Timestamp("2001-01-01"), pd.NaT]},
    ],
)
def test_dates(data):
    assert table_of(data).texts(0) == ["2001-01-01", ""]


TYPES = {
    "bool": ([True, False], [1, 0]),
    "bool with a gap": ([True, None], [1, MISSING]),
    "text": (["1,5", "n/a"], [1.5, MISSING]),
    "text with a gap": (["1.5", None], [1.5, MISSING]),
    "decimals": ([Decimal("1.25"), Decimal("2")], [1.25, 2]),
    "nothing": ([None, None], [MISSING, MISSING]),
}


@pytest.mark.parametrize("kind", TYPES)
@pytest.mark.parametrize("frame", [dict, pd.DataFrame, pl.DataFrame, pa.table])
def test_other_types_as_numbers(frame, kind):
    cells, values = TYPES[kind]
    np.testing.assert_array_equal(table_of(frame({"a": cells})).numbers(0), values)


def test_categories_are_text():
    for data in (
        pd.DataFrame({"a": pd.Categorical(["x", None])}),
        pl.DataFrame({"a": pl.Series(["x", None], dtype=pl.Categorical)}),
        pa.table({"a": pa.array(["x", None]).dictionary_encode()}),
    ):
        assert table_of(data).cells(0).tolist() == ["x", ""]


def test_mixed_cells_are_text():
    table = table_of({"a": [1, "2.5", None, time(1, 2), b"x"[0]]})
    assert table.texts(0) == ["1", "2.5", "", "01:02:00", "120"]
    assert table_of({"a": [b"1", b"2"]}).numbers(0).tolist() == [1, 2]


@pytest.mark.parametrize(
    ("frame", "names"),
    [
        (pd.DataFrame({"a": [1, 2]}, index=[7, 8]), ("a",)),
        (pd.DataFrame({"a": [1, 2]}, index=pd.Index([7, 8], name="n")), ("n", "a")),
        (pd.DataFrame({"a": [1, 2]}, index=pd.DatetimeIndex(MOMENTS)), ("", "a")),
        (pd.DataFrame({"a": [1, 2]}, index=pd.period_range("2001", periods=2, freq="M")), ("", "a")),
        (pd.DataFrame({("a", "x"): [1, 2]}, index=pd.Index([7, 8], name="n")), ("n", "a.x")),
        (pd.Series([1, 2], name="a", index=pd.MultiIndex.from_tuples([(1, 2), (1, 3)], names=["k", "l"])),
         ("k", "l", "a")),
        (pd.Series([1, 2], index=pd.DatetimeIndex(MOMENTS)), ("", "0")),
        (pd.DataFrame([[1, 1], [2, 2]], columns=["a", "a"]), ("a", "a")),
    ],
)  # fmt: skip
def test_the_index_of_pandas(frame, names):
    table = table_of(frame)
    assert table.names == names and table.numbers(table.width - 1).tolist() == [1, 2]


UNREADABLE = {
    "lists": ([[1], [2]], "of the type list"),
    "complex": (np.array([1j, 2]), "of the type complex128"),
    "spans": (np.array([1, 2], "timedelta64[s]"), "give time spans as numbers"),
    "objects": ([object(), 1], "of the type object"),
    "early": (np.array(["0001-01-01", "2001-01-01"], "datetime64[D]"), "outside of 1677-09-22"),
    "late": ([datetime(9999, 1, 1), datetime(2001, 1, 1)], "9999-01-01"),
    "half a zone": ([MOMENTS[0], BERLIN[0]], "some of its moments have a time zone"),
    "infinite": ([float("inf"), 1.0], 'row 0, column "x": "inf" is not a finite number'),
    "large": ([1.0, -1e31], 'row 1, column "x": "-1e.31" is too large'),
    "huge": ([10**400, 1], "is not a finite number"),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_a_column_that_cannot_be_used_is_refused_when_it_is(kind):
    cells, words = UNREADABLE[kind]
    table = table_of({"x": cells, "y": [1, 2]})
    assert table.numbers(1).tolist() == [1, 2]
    with pytest.raises(DataError, match=words):
        table.numbers(0)
    assert len(table.rows) == 2


NO_TABLES = {
    "number": (5, "an object of the type int is no table"),
    "text": ("abc", "an object of the type str is no table"),
    "nothing": (None, "NoneType"),
    "empty": ({}, "has no columns"),
    "scalar": ({"a": 5}, 'column "a" is an object of the type int'),
    "lengths": ({"a": [1], "b": [1, 2]}, 'differ in length: "a" has 1 cell, "b" has 2 cells'),
    "matrix in a dict": ({"a": np.ones((2, 2))}, r'column "a" has the shape \(2, 2\)'),
    "cube": (np.ones((2, 2, 2)), r"shape \(2, 2, 2\)"),
    "ragged": ([[1, 2], [3]], "row 1 has 1 cells; row 0 has 2"),
    "list": ([1, 2], "row 0 is an object of the type int"),
    "mixed": ([{"a": 1}, [2]], "row 0 is an object of the type dict"),
    "lazy": (pl.DataFrame({"a": [1]}).lazy(), "a LazyFrame has no rows yet"),
}


@pytest.mark.parametrize("kind", NO_TABLES)
def test_what_is_no_table(kind):
    data, words = NO_TABLES[kind]
    with pytest.raises(DataError, match=words):
        table_of(data)
