"""The public series of forecasting.py: where each comes from, how far ahead it is forecast, and its period.

All are in installed packages (statsmodels, sktime, vega_datasets, pydataset's copies of R's data sets); nothing is
downloaded. Two are made from a public one by removing cells with a fixed seed.
"""

from __future__ import annotations

import csv
import io
import tarfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

YEAR = 365.2425
TRAIN_SHARE = 0.8
CO2 = Path(__file__).parents[1] / "examples" / "series" / "co2.csv"


@dataclass(frozen=True, eq=False)
class Case:
    """A series and how it is forecast.

    ``stamps`` (n,) are the times as the CSV file has them and ``times`` (n,) the same in days, or in years where they
    are years; ``values`` (n, O), NaN for a gap. ``horizon`` and ``period`` are in rows, ``span`` is the period in
    units of ``times``; 1 and 0 where there is none. ``step`` is the distance of a regular grid in units of ``times``
    on which rows of an irregular series lie, else 0.
    """

    name: str
    kind: str
    stamps: tuple[str, ...]
    times: np.ndarray
    values: np.ndarray
    columns: tuple[str, ...]
    horizon: int
    period: int = 1
    span: float = 0.0
    step: float = 0.0

    def __len__(self) -> int:
        return len(self.stamps)

    @property
    def train_rows(self) -> int:
        """How many rows, from the first on, are the training part."""
        return int(TRAIN_SHARE * len(self))

    def head(self, rows: int) -> Case:
        """Return the same series with the first ``rows`` rows only."""
        return replace(
            self, stamps=self.stamps[:rows], times=self.times[:rows], values=self.values[:rows]
        )

    def text(self) -> str:
        """Return the series as a CSV file's text; a gap is an empty cell."""
        lines = [",".join(("time", *self.columns))]
        for stamp, row in zip(self.stamps, self.values, strict=True):
            cells = ("" if np.isnan(value) else f"{value:.10g}" for value in row)
            lines.append(",".join((stamp, *cells)))
        return "\n".join(lines) + "\n"

    def write(self, folder: Path) -> Path:
        """Write the series to NAME.csv in ``folder`` and return its path."""
        path = folder / f"{self.name}.csv"
        path.write_text(self.text(), encoding="utf-8")
        return path


# Times.


def _days(moments: Iterable[date | datetime]) -> np.ndarray:
    seconds = np.array([np.datetime64(moment, "s") for moment in moments]).astype(np.int64)
    return seconds / 86400.0


def _dated(moments: Sequence[date | datetime]) -> tuple[tuple[str, ...], np.ndarray]:
    return tuple(str(moment)[:19] for moment in moments), _days(moments)


def _yearly(first: int, rows: int) -> tuple[tuple[str, ...], np.ndarray]:
    years = np.arange(first, first + rows)
    return tuple(map(str, years)), years.astype(float)


def _monthly(first: int, rows: int, months: int = 1) -> tuple[tuple[str, ...], np.ndarray]:
    """Return the first days of every ``months``-th month from January of ``first`` on."""
    return _dated([date(first + m // 12, m % 12 + 1, 1) for m in range(0, rows * months, months)])


# Sources.


@lru_cache
def _r(name: str) -> list[dict[str, str]]:
    """Return the rows of one of R's data sets, "package/name", from pydataset's archive."""
    archive = _installed("pydataset", "resources.tar.gz")
    with tarfile.open(archive) as files:
        member = files.extractfile(f"resources/rdata/csv/{name}.csv")
        if member is None:
            raise FileNotFoundError(f"{archive} has no {name}")
        return list(csv.DictReader(io.TextIOWrapper(member, encoding="utf-8")))


def _installed(package: str, *parts: str) -> Path:
    """Return a file of an installed package, without importing it."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"forecasting.py needs {package}: pip install {package}")
    return Path(spec.origin).parent.joinpath(*parts)


def _column(rows: Sequence[dict[str, str]], *names: str) -> np.ndarray:
    """Return columns as (n, len(names)); NA is a gap."""
    cells = [[row[name] for name in names] for row in rows]
    return np.array([[float("nan" if c in ("NA", "") else c) for c in row] for row in cells])


def _airline() -> Case:
    values = _column(_r("datasets/AirPassengers"), "AirPassengers")
    times = _monthly(1949, len(values))
    return Case("airline", "monthly, multiplicative", *times, values, ("passengers",), 12, 12, YEAR)


def _co2() -> Case:
    rows = list(csv.DictReader(io.StringIO(CO2.read_text(encoding="utf-8"))))
    times = _dated([datetime.strptime(row["date"], "%Y%m%d").date() for row in rows])
    return Case(
        "co2", "weekly, trend and year", *times, _column(rows, "co2"), ("co2",), 52, 52, YEAR
    )


def _co2_irregular() -> Case:
    """Return the CO2 series with 60 % of its rows removed at random; those without a value as well."""
    whole = _co2()
    kept = (np.random.default_rng(1).random(len(whole)) < 0.4) & np.isfinite(whole.values[:, 0])
    places = np.flatnonzero(kept)
    return Case(
        "co2_irregular",
        "irregular, trend and year",
        tuple(whole.stamps[place] for place in places),
        whole.times[places],
        whole.values[places],
        ("co2",),
        horizon=20,
        period=20,
        span=YEAR,
        step=7.0,
    )


def _elnino() -> Case:
    from statsmodels.datasets import elnino

    table = elnino.load_pandas().data
    values = table.iloc[:, 1:].to_numpy(float).reshape(-1, 1)
    times = _monthly(int(table.iloc[0, 0]), len(values))
    return Case(
        "elnino", "monthly, sea temperature", *times, values, ("temperature",), 12, 12, YEAR
    )


def _exchange() -> Case:
    """Return three exchange rates of the dollar on trading days: close to random walks."""
    rows = _r("Ecdat/Garch")
    times = _dated([datetime.strptime(row["date"], "%y%m%d").date() for row in rows])
    columns = ("dm", "bp", "cd")
    return Case("exchange", "daily prices", *times, _column(rows, *columns), columns, 10)


def _lynx() -> Case:
    values = _column(_r("datasets/lynx"), "lynx")
    return Case("lynx", "yearly, cycles", *_yearly(1821, len(values)), values, ("trapped",), 10)


def _macro() -> Case:
    from statsmodels.datasets import macrodata

    table = macrodata.load_pandas().data
    columns = ("realgdp", "realcons", "unemp", "infl", "tbilrate")
    values = table[list(columns)].to_numpy(float)
    times = _monthly(int(table["year"].iloc[0]), len(values), months=3)
    return Case("macro", "quarterly, five values", *times, values, columns, 8)


def _nile() -> Case:
    from statsmodels.datasets import nile

    table = nile.load_pandas().data
    values = table["volume"].to_numpy(float)[:, None]
    times = _yearly(int(table["year"].iloc[0]), len(values))
    return Case("nile", "yearly, noise", *times, values, ("volume",), 10)


def _nox() -> Case:
    """Return hourly logarithms of nitrogen oxides beside a Swiss motorway; days are numbered, and some missing."""
    rows = _r("robustbase/NOxEmissions")[-3000:]
    days = [int(row["julday"]) for row in rows]
    hours = [days[: place + 1].count(day) - 1 for place, day in enumerate(days)]
    begin = datetime(2000, 1, 1)
    times = _dated([begin + timedelta(days=d, hours=h) for d, h in zip(days, hours, strict=True)])
    return Case("nox", "hourly, air", *times, _column(rows, "LNOx"), ("lnox",), 24, 24, 1.0)


def _polls() -> Case:
    """Return Australian opinion polls at irregular dates; those that end on one day are averaged."""
    rows = _r("pscl/AustralianElectionPolling")
    columns = ("ALP", "Lib", "Green")
    values = _column(rows, *columns)
    ends = np.array([row["endDate"] for row in rows])
    days = sorted(set(ends))
    means = np.array([values[ends == day].mean(axis=0) for day in days])
    times = _dated([date.fromisoformat(day) for day in days])
    names = ("alp", "lib", "green")
    return Case("polls", "irregular, three values", *times, means, names, 10)


def _solar() -> Case:
    path = _installed("sktime", "datasets", "data", "solar", "solar.csv")
    rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    times = _dated([datetime.fromisoformat(row["datetime_gmt"][:19]) for row in rows])
    values = _column(rows, "solar_gen")
    return Case("solar", "half-hourly, power", *times, values, ("power",), 24, 48, 1.0)


def _sunspots() -> Case:
    from statsmodels.datasets import sunspots

    table = sunspots.load_pandas().data
    values = table["SUNACTIVITY"].to_numpy(float)[:, None]
    times = _yearly(int(table["YEAR"].iloc[0]), len(values))
    return Case("sunspots", "yearly, cycles", *times, values, ("number",), 10)


def _temperature() -> Case:
    """Return the last 3000 hours of Seattle's normal temperatures."""
    from vega_datasets import local_data

    table = local_data("seattle-temps").iloc[-3000:]
    times = _dated([moment.to_pydatetime() for moment in table["date"]])
    values = table["temp"].to_numpy(float)[:, None]
    return Case("temperature", "hourly, smooth", *times, values, ("temperature",), 24, 24, 1.0)


def _ukgas() -> Case:
    values = _column(_r("datasets/UKgas"), "UKgas")
    times = _monthly(1960, len(values), months=3)
    return Case("ukgas", "quarterly, multiplicative", *times, values, ("gas",), 8, 4, YEAR)


def _weather() -> Case:
    """Return Seattle's weather as three instruments that report on different days, drawn at random."""
    from vega_datasets import local_data

    table = local_data("seattle-weather")
    columns = ("temp_max", "temp_min", "wind")
    values = table[list(columns)].to_numpy(float)
    seen = np.random.default_rng(2).random(values.shape) < (0.7, 0.4, 0.3)
    values[~seen] = np.nan
    rows = np.flatnonzero(seen.any(axis=1))
    times = _dated([table["date"].iloc[row].date() for row in rows])
    kind = "daily, asynchronous"
    return Case("weather", kind, *times, values[rows], columns, 14, span=YEAR, step=1.0)


def _weekly() -> Case:
    """Return daily nitrogen oxides at two Swiss stations, with the week of the traffic; some days are missing."""
    rows = _r("robustbase/ambientNOxCH")
    columns = ("lu", "se")
    times = _dated([date.fromisoformat(row["date"]) for row in rows])
    return Case("weekly", "daily, week", *times, _column(rows, *columns), columns, 14, 7, 7.0)


CASES: dict[str, Callable[[], Case]] = {
    "airline": _airline,
    "co2": _co2,
    "co2_irregular": _co2_irregular,
    "elnino": _elnino,
    "exchange": _exchange,
    "lynx": _lynx,
    "macro": _macro,
    "nile": _nile,
    "nox": _nox,
    "polls": _polls,
    "solar": _solar,
    "sunspots": _sunspots,
    "temperature": _temperature,
    "ukgas": _ukgas,
    "weather": _weather,
    "weekly": _weekly,
}
"""How to load each series, by name."""
