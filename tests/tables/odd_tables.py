"""Writes odd and broken tables whose values are known, from a seed."""

from __future__ import annotations

import gzip
import math
import random
from dataclasses import dataclass, field

GAPS = ("", "nan", "NA", "n/a", "NULL", "None", "#N/A", "-", ".", "?", " ")
NAMES = ("a", "b c", "inf", "nan", "\u00fc", "x,y", "p;q", 'say "hi"', "2020", "")
STYLES = (  # delimiter, decimal mark, thousands mark
    *((",", ".", ""), (";", ".", ""), ("\t", ".", ""), ("|", ".", ""), (";", ",", ""), ("\t", ",", "")),
    *((",", ",", ""), (";", ",", "."), (";", ".", ","), (";", ",", " "), (";", ".", "'"), (",", ".", ",")),
    *(("\t", ",", "."), ("|", ",", "\u00a0"), (",", ",", "."), (";", ",", "\u202f")),
)  # fmt: skip
BAD_CELLS = (
    *("abc", "12.5 %", "$12", "1e400", "0x10", "1_000", "\u0661\u0662", "inf", "-Infinity", "1e31"),
    *(
        "1.2.3",
        "12 34",
        "--5",
        "5-",
        "2001-01-01",
        "true",
        "#DIV/0!",
        "1,2,3",
        "(5)",
        "\ufffd",
        "x" * 999,
    ),
)


@dataclass
class Odd:
    """A file, what it holds, and what may happen when it is read."""

    content: bytes
    names: list[str] | None
    values: list[list[float]]
    """The numbers of each column, NaN for gaps."""
    kind: str = "as it is"
    settings: dict[str, str | bool] = field(default_factory=dict)
    certain: bool = False
    """Whether reading must succeed: else it may be refused, as where a mark can be read in two ways."""
    refused: bool = False
    """Whether reading the file must fail."""
    bad: tuple[int, int, int] | None = None
    """Line, row and column of a cell that is no number."""


def odd_table(seed: int) -> Odd:
    """Return one table; the same for the same seed."""
    rng = random.Random(seed)
    style = rng.choice(STYLES)
    columns, rows = rng.randint(2, 5), rng.randint(3, 30)
    names = _names(rng, columns) if rng.random() < 0.8 else None
    values = [_column(rng, rows, first=index == 0) for index in range(columns)]
    body = [[_written(rng, value, style) for value in row] for row in zip(*values, strict=True)]
    odd = Odd(b"", names, values)
    # Between commas, a point is decimal (1.234), unless the file shows otherwise: where it is not, it must be said.
    if rng.random() < 0.5 or style == (",", ",", "."):
        odd.settings = {"decimal": style[1], "thousands": style[2]}
        odd.certain = True
    if rng.random() < 0.3:
        odd.settings["header"] = names is not None
    mutation = rng.choice(MUTATIONS)
    odd.kind = mutation.__name__.strip("_")
    grid = [list(names), *body] if names else body
    mutation(rng, odd, grid, style)
    return odd


def _names(rng: random.Random, count: int) -> list[str]:
    names = rng.sample(NAMES, count)
    if all(name in ("", "2020", "nan", "inf") for name in names):
        names[0] = "time"
    return names


def _column(rng: random.Random, rows: int, first: bool) -> list[float]:
    """Return numbers with at most some digits after the point, and gaps; the first column has none, and counts."""
    if first:
        return [float(row) for row in range(rows)]
    digits, size = rng.choice((0, 1, 2, 3, 3, 6)), 10.0 ** rng.randint(0, 7)
    column = [round(rng.uniform(-size, size), digits) for _ in range(rows)]
    return [math.nan if rng.random() < 0.15 else value for value in column]


def _written(rng: random.Random, value: float, style: tuple[str, str, str]) -> str:
    if math.isnan(value):
        return rng.choice(GAPS)
    text = f"{value:,.6f}".rstrip("0").rstrip(".")
    return text.replace(",", "\0").replace(".", style[1]).replace("\0", style[2])


def _encoded(rng, odd, grid, style, *, newline="\n", end="", quotes=False, before=""):
    """Write the cells as a file, and note it."""

    def quoted(cell):
        if quotes or any(sign in cell for sign in (style[0], '"', "\n")):
            return '"' + cell.replace('"', '""') + '"'
        return cell

    lines = [style[0].join(map(quoted, row)) + end for row in grid]
    odd.content = (before + newline.join(lines) + newline).encode()


def _as_it_is(rng, odd, grid, style):
    _encoded(rng, odd, grid, style)


def _all_quoted(rng, odd, grid, style):
    _encoded(rng, odd, grid, style, quotes=True)


def _other_newlines(rng, odd, grid, style):
    _encoded(rng, odd, grid, style, newline=rng.choice(("\r\n", "\r", "\n\n")))


def _byte_order_mark(rng, odd, grid, style):
    _encoded(rng, odd, grid, style, before="\ufeff")


def _trailing_delimiters(rng, odd, grid, style):
    _encoded(rng, odd, grid, style, end=style[0] * rng.randint(1, 3))
    if odd.names and not odd.names[-1]:
        odd.certain = False  # which of the empty names was meant?


def _comments(rng, odd, grid, style):
    _encoded(rng, odd, grid, style, before="# made by a test\n#\n\n")


def _packed(rng, odd, grid, style):
    _encoded(rng, odd, grid, style)
    odd.content = gzip.compress(odd.content, mtime=0)


def _packed_and_cut(rng, odd, grid, style):
    _packed(rng, odd, grid, style)
    odd.content, odd.refused = odd.content[: rng.randint(2, len(odd.content) - 1)], True


def _swapped_columns(rng, odd, grid, style):
    for row in (*grid, odd.values):
        row[-1], row[-2] = row[-2], row[-1]
    if odd.names:
        odd.names = grid[0]
    odd.certain = (
        odd.certain and len(grid[0]) > 2
    )  # else the gaps of the other column may come first
    _encoded(rng, odd, grid, style)


def _one_name_twice(rng, odd, grid, style):
    if odd.names:
        odd.names = grid[0] = ["twice", "twice", *grid[0][2:]]
    _encoded(rng, odd, grid, style)


def _cell_missing(rng, odd, grid, style):
    row = rng.randint(1, len(grid) - 1)
    grid[row] = [cell.strip() or "5" for cell in grid[row]][:-1]
    grid[0][-1] = grid[0][-1].strip() or "5"
    odd.refused = True
    _encoded(rng, odd, grid, style)


def _cell_too_many(rng, odd, grid, style):
    grid[0][-1] = grid[0][-1].strip() or "5"
    grid[rng.randint(1, len(grid) - 1)].append("5")
    odd.refused = True
    _encoded(rng, odd, grid, style)


def _cut_off(rng, odd, grid, style):
    """End the file within its last row, before the last delimiter."""
    grid[0][-1] = grid[0][-1].strip() or "5"
    grid[-1] = grid[-1][: len(grid[-1]) - 1]
    odd.refused = True
    _encoded(rng, odd, grid, style)
    odd.content = odd.content.rstrip(b"\n")


def _rows_left_out(rng, odd, grid, style):
    keep = rng.randint(2, len(odd.values[0]))
    odd.values = [column[:keep] for column in odd.values]
    _encoded(rng, odd, grid[: keep + (odd.names is not None)], style)


def _bad_cell(rng, odd, grid, style):
    start = odd.names is not None
    row, column = rng.randint(1, len(odd.values[0]) - 1), rng.randint(0, len(grid[0]) - 1)
    grid[row + start][column] = rng.choice(BAD_CELLS)
    odd.bad, odd.certain = (row + start + 1, row, column), False
    _encoded(rng, odd, grid, style)


def _other_decimal_mark(rng, odd, grid, style):
    start = odd.names is not None
    row = rng.randint(1, len(odd.values[0]) - 1)
    for each in grid[start:]:
        each[1] = f"7{style[1]}5"
    grid[row + start][1] = "7,5" if style[1] == "." else "7.5"
    odd.bad, odd.certain = (row + start + 1, row, 1), False
    _encoded(rng, odd, grid, style)


def _huge_cell(rng, odd, grid, style):
    grid[-1][-1] = "9" * 200_000
    odd.refused = True
    _encoded(rng, odd, grid, style)


def _open_quote(rng, odd, grid, style):
    _encoded(rng, odd, grid[:-1], style)
    odd.content += b'"5' + style[0].encode() + b"5\n"
    odd.refused = True


def _bytes_that_are_no_text(rng, odd, grid, style):
    _encoded(rng, odd, grid, style)
    at = rng.randint(0, len(odd.content))
    noise = rng.choice((b"\0", b"\xff", b"\xc3\x28", b"\x80"))
    odd.content, odd.refused = odd.content[:at] + noise + odd.content[at:], True


def _other_encoding(rng, odd, grid, style):
    _encoded(rng, odd, grid, style)
    text = odd.content.decode() + "\u00fc"
    encoding = rng.choice(("utf-16", "utf-32", "latin-1"))
    odd.content, odd.refused = text.encode(encoding, "replace"), True


def _binary(rng, odd, grid, style):
    odd.content, odd.refused = rng.randbytes(rng.randint(50, 2000)) + b"\0\xff", True


def _nothing_left(rng, odd, grid, style):
    odd.content = rng.choice((b"", b"\n\n", b"# a\n", b"\xef\xbb\xbf", b" \n", b"a,b\n", b'""\n'))
    odd.refused = True


MUTATIONS = (
    *(_as_it_is, _all_quoted, _other_newlines, _byte_order_mark, _trailing_delimiters, _comments),
    *(_packed, _packed_and_cut, _swapped_columns, _one_name_twice, _cell_missing, _cell_too_many),
    *(_cut_off, _rows_left_out, _bad_cell, _bad_cell, _other_decimal_mark, _huge_cell, _open_quote),
    *(_bytes_that_are_no_text, _other_encoding, _binary, _nothing_left),
)
