"""Tables: CSV and other text, Parquet and Feather; read as tables, and by the gyms that read files."""

from __future__ import annotations

import gzip
import io
import random
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pyarrow
import pyarrow.feather
import pyarrow.parquet
from mycaffe_plugins.series.table import read_series

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.plugins import default_registry
from mycaffe_py.tables import read_table, time_number
from tools.fuzz.case import MYCAFFE, Case, Kind
from tools.fuzz.mutating import change_bytes, change_text

from .small_run import command_files

RUN = "runs/SeriesCfc/001"
_DELIMITERS = (",", ",", ";", "\t", "|", " ", ", ")
_CELLS = (
    *("", "nan", "NA", "inf", "-inf", "1e400", "-0", "1,5"),
    *("1.234,5", "1 234", "0x10", "1_000", "\u0661", "12%", "$3", "true"),
    *("1" * 400, "9" * 30, "9" * 5000, "\u00b2", "1e30", "1e31", "-1e-320", '"', '""'),
    *('"a', "a\nb", "#x", "=1+1", "\0", "\ufeff", "\u2028", "x" * 5000),
    *("2001-01-01", "2001-01-01T00:00:00Z", "2001-13-45", "29.02.2001"),
    *("0001-01-01", "9999-12-31", "2001Q4", "2001-W53", "24:00"),
    *("1600000000", "1600000000000", "20010101", "2001-06-01 12:00+25:00"),
    *("Jan 1, 2001", "1/2/3", "12:61:61", "-2001-01-01"),
)  # fmt: skip
_HEADERS = (
    "t",
    "x",
    "time",
    "date",
    "",
    "1",
    "nan",
    "a b",
    "x,y",
    '"',
    "\u00fc",
    "t",
    "series",
    "=x",
)
_ENCODINGS = ("utf-8", "utf-8", "utf-8", "utf-8-sig", "utf-16", "latin-1", "utf-32", "cp1252")
_SERIES = """net: "SeriesCfc.prototxt" max_iter: 1
trainer { type: "SERIES" gym { type: "Series" series_param { csv_file: "t.csv" fit_model: true
%s } } }"""
_CURVE = """net: "CurveFollow.prototxt"
trainer { gym { type: "Curve" curve_param { curve: CSV_FILE csv_file: "t.csv" %s } } }"""
_SERIES_MORE = (
    *("", "", "horizon: 3", "window: 4"),
    *("time_column: 'x'", "value_column: '1'", "calendar: true", "season: 4", "transform: LOG"),
    *("window: 100000", "horizon: 2147483647", "time_format: '%d.%m.%Y'"),
    *("series_column: 'series'", "period: nan", "header: false"),
    *("decimal: ','", "thousands: ' '", "train_share: 1e-9"),
    *("base: RIDGE", "known_input_column: 'x'", "holiday_column: 'x'"),
)  # fmt: skip
_CURVE_MORE = (
    "",
    "csv_column: '0'",
    "csv_column: 'x'",
    "csv_time_column: 't'",
    "csv_time_column: '0'",
    "csv_normalize: true",
    "csv_scale: 1e308",
)


@dataclass
class Corpus:
    """Texts of tables that are right, and a run that has learned from one of them."""

    texts: list[str]
    run: dict[str, bytes]


def prepare(folder: Path) -> Corpus:
    """Collect the tables of the examples, and small ones."""
    root = Path(__file__).parents[3]
    texts = [
        "\n".join(path.read_text().splitlines()[:60])
        for path in sorted(root.glob("examples/series/*.csv"))
    ]
    texts.append("t,x\n" + "".join(f"{n},{n % 7}\n" for n in range(40)))
    texts.append("date;x;y\n" + "".join(f"{n % 28 + 1:02}.01.2001;{n},5;\n" for n in range(28)))
    texts.append(
        "series,t,x\n" + "".join(f"{'ab'[n // 20]},{n % 20},{n * n % 11}\n" for n in range(40))
    )
    (folder / "t.csv").write_text(texts[-3])
    (folder / "solver.prototxt").write_text(_SERIES % "")
    words = ["train", "--solver", "solver.prototxt", "--device", "cpu", "--seed", "1", "-q"]
    return Corpus(texts, command_files(folder, words, RUN))


def make(rng: random.Random, corpus: Corpus) -> Case:
    """Return a case: a table, read in one of the ways in which tables are read."""
    data = _columnar(rng) if rng.random() < 0.12 else _text(rng, corpus)
    if rng.random() < 0.05:
        data = gzip.compress(data, mtime=0)
        data = change_bytes(rng, data, 2) if rng.random() < 0.5 else data
    files = {"t.csv": data}
    how = rng.random()
    if how < 0.05:
        words = ["--weights", RUN, "--input", "t.csv", "--steps", "2", "--device", "cpu"]
        return Case([[MYCAFFE, "predict", *words]], {**corpus.run, **files})
    if how < 0.3:
        return Case([["series", "t.csv", rng.choice(_SERIES_MORE)]], files)
    if how < 0.7:
        return Case(
            [
                [
                    "read",
                    "t.csv",
                    rng.choice(("", "", ".", ",")),
                    rng.choice(("", "", " ", ",", ".")),
                ]
            ],
            files,
        )
    if how < 0.85:
        files["solver.prototxt"] = (_SERIES % rng.choice(_SERIES_MORE)).encode()
    else:
        files["solver.prototxt"] = (_CURVE % rng.choice(_CURVE_MORE)).encode()
    return Case([[MYCAFFE, "check", "solver.prototxt"]], files)


def _text(rng: random.Random, corpus: Corpus) -> bytes:
    text = rng.choice(corpus.texts) if rng.random() < 0.5 else _odd(rng)
    if rng.random() < 0.4:
        text = change_text(rng, text)
    if rng.random() < 0.4:
        cells = text.split(",")
        for _ in range(rng.randint(1, 3)):
            cells[rng.randrange(len(cells))] = rng.choice(_CELLS)
        text = ",".join(cells)
    data = text.encode(rng.choice(_ENCODINGS), errors="replace")
    return change_bytes(rng, data, 3) if rng.random() < 0.2 else data


def _odd(rng: random.Random) -> str:
    """Return a table of odd cells, its columns mostly alike."""
    delimiter, width = rng.choice(_DELIMITERS), rng.choice((1, 2, 2, 3, 5))
    end = rng.choice(("\n", "\n", "\r\n", "\r"))
    same = [rng.choice(_CELLS) for _ in range(width)]
    lines = (
        [delimiter.join(rng.choice(_HEADERS) for _ in range(width))] if rng.random() < 0.6 else []
    )
    for number in range(rng.choice((0, 1, 2, 3, 12, 60))):
        row = [
            str(number)
            if rng.random() < 0.6
            else cell
            if rng.random() < 0.6
            else rng.choice(_CELLS)
            for cell in same
        ]
        lines.append(delimiter.join(row))
    return (
        rng.choice(("", "", "sep=;\n", "# t,x\n", "\n\n", "\ufeff"))
        + end.join(lines)
        + end * rng.randrange(2)
    )


def _columnar(rng: random.Random) -> bytes:
    rows = rng.choice((0, 1, 3, 30))
    columns = {
        rng.choice(_HEADERS) or str(number): _column(rng, rows)
        for number in range(rng.choice((0, 1, 2, 3)))
    }
    content = io.BytesIO()
    table = pyarrow.table(columns)
    write = pyarrow.parquet.write_table if rng.random() < 0.5 else pyarrow.feather.write_feather
    write(table, content)
    data = content.getvalue()
    return change_bytes(rng, data, 3) if rng.random() < 0.6 else data


def _column(rng: random.Random, rows: int) -> pyarrow.Array:
    whole = [rng.choice((0, 1, -1, 5, 2**40, None)) for _ in range(rows)]
    kind = rng.choice(
        (
            *(pyarrow.int64(), pyarrow.float32(), pyarrow.timestamp("ns")),
            *(pyarrow.timestamp("s", "Europe/Berlin"), pyarrow.date64()),
            *(pyarrow.string(), pyarrow.decimal128(38, 3)),
            *(pyarrow.bool_(), pyarrow.list_(pyarrow.int64()), pyarrow.duration("ms")),
            *(pyarrow.time64("ns"), pyarrow.binary(), pyarrow.null()),
            *(pyarrow.uint64(), pyarrow.dictionary(pyarrow.int8(), pyarrow.string())),
        )
    )  # fmt: skip
    try:
        return pyarrow.array(whole).cast(kind)
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError):
        return pyarrow.array([str(each) for each in whole])


def read(name: str, decimal: str, thousands: str) -> None:
    """Read a table, and all of its columns as numbers and as times."""
    table = read_table(name, decimal=decimal or None, thousands=thousands or None)
    for index in range(table.width):
        for take in (table.numbers, partial(table.times, cell_time=_time)):
            with suppress(MyCaffeError):
                take(index)


def _time(cell: str) -> float:
    return time_number(cell, "time_format")


def series(name: str, settings: str) -> None:
    """Read a table as the Series gym does."""
    schema = default_registry().schema
    read_series(Path(name), schema.parse_text(settings, "SeriesParameter").message)


KIND = Kind("tables", make, prepare, {"read": read, "series": series})
