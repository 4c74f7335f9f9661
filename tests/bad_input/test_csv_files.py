"""CSV files that the Curve gym cannot use: file, line, column and cell."""

from __future__ import annotations

import pytest

from .conftest import SOLVER, TRAIN, replaced

ROWS = "t,price\n" + "".join(f"{row},{row}.5\n" for row in range(30))
PLAIN = 'csv_file: "d.csv" csv_column: "price"'
TIMED = f'{PLAIN} csv_time_column: "t"'


def row_7(text):
    return replaced(ROWS, "\n7,7.5\n", f"\n{text}\n")


# kind: (content, settings of the gym, words of the message)
MISTAKES = {
    "empty file": ("", PLAIN, ["d.csv: needs at least 2 rows of data, has 0"]),
    "column names only": ("t,price\n", PLAIN, ["d.csv: needs at least 2 rows of data, has 0"]),
    "bad cell": (row_7("7,n/a."), PLAIN, ['d.csv, line 9, column "price": "n/a."', "not a number"]),
    "infinite cell": (row_7("7,inf"), PLAIN, ['line 9, column "price"', '"inf"']),
    "cell too large": (row_7("7,1e400"), PLAIN, ["line 9", '"1e400"', "not a finite number"]),
    "a decimal comma": (
        *(row_7('7,"7,5"'), PLAIN),
        ['line 9, column "price"', 'write all decimals with "."'],
    ),
    "unknown column": (
        *(ROWS, 'csv_file: "d.csv" csv_column: "prise"'),
        ['no column "prise"', '"t", "price"', '"price"?'],
    ),
    "column number too large": (
        *(ROWS, 'csv_file: "d.csv" csv_column: "7"'),
        ['no column "7"', '"t", "price"'],
    ),
    "no column named": (ROWS, 'csv_file: "d.csv"', ["csv_column is not set", '"t", "price"']),
    "two columns of one name": (
        *(ROWS.replace("t,price", "price,price"), PLAIN),
        ['2 columns are named "price"', "counted from 0"],
    ),
    "too short": ("t,price\n1,2\n2,3\n", PLAIN, ["ended after 2 points, but the net needs 5"]),
    "every cell empty": ("t,price\n" + "1,\n" * 9, PLAIN, ["price: every cell is empty"]),
    "row too short": (row_7("7"), PLAIN, ["d.csv, line 9: the row has 1 cells; the first has 2"]),
    "row too long": (row_7("7,1,2"), PLAIN, ["d.csv, line 9: the row has 3 cells"]),
    "quote never closed": (row_7('7,"7.5'), PLAIN, ["d.csv, line"]),
    "binary file": (bytes(range(1, 256)) * 9, PLAIN, ["d.csv, line", "not UTF-8 text"]),
    "UTF-16": (
        ROWS.encode("utf-16"),
        PLAIN,
        ["d.csv is text in UTF-16", "save it as CSV in UTF-8"],
    ),
    "times that go back": (row_7("1,7.5"), TIMED, ['line 9, column "t": "1" comes before']),
    "bad time": (row_7("x,7.5"), TIMED, ['line 9, column "t": "x" is not a number']),
    "date of another format": (
        *(ROWS, f'{TIMED} csv_time_format: "%Y-%m-%d"'),
        ['line 2, column "t": "0" does not match the time format "%Y-%m-%d"'],
    ),
    "format without a column": (
        *(ROWS, f'{PLAIN} csv_time_format: "%Y"'),
        ["no effect without csv_time_column"],
    ),
    "scale 0": (ROWS, f"{PLAIN} csv_scale: 0", ["curve_param.csv_scale is 0", "except 0"]),
    "no file named": (ROWS, 'csv_column: "price"', ["curve_param.csv_file is empty"]),
    "folder": (ROWS, 'csv_file: "."', ["cannot be read as a CSV file: Is a directory"]),
}


def use(bench, settings):
    text = replaced(SOLVER, "curve: SIN", f"curve: CSV_FILE {settings}")
    bench.write("solver.prototxt", text)


@pytest.mark.parametrize("kind", MISTAKES)
def test_mistake_in_a_csv_file(bench, kind):
    content, settings, words = MISTAKES[kind]
    bench.write("d.csv", content)
    use(bench, settings)
    bench.refuses(TRAIN, 2, ["solver.prototxt:1", *words])


def test_the_place_in_the_solver_is_where_the_file_is_named(bench):
    bench.write("d.csv", row_7("7,bad"))
    use(bench, PLAIN)
    result = bench.refuses(TRAIN, 2, ["solver.prototxt:14:45", '"bad" is not a number'])
    assert "^^^^^^^" in result.stderr


def test_a_missing_csv_file(bench):
    use(bench, PLAIN)
    result = bench.refuses(TRAIN, 3, ["E310", 'no CSV file "d.csv" (curve_param.csv_file)'])
    assert result.stderr.count(str(bench.folder / "d.csv")) == 1


def test_the_file_that_these_begin_with_is_good(bench):
    bench.write("d.csv", ROWS)
    use(bench, TIMED)
    assert (bench.trains() / "last.caffemodel").is_file()
