"""What the live view shows in a window of a size."""

from __future__ import annotations

from dataclasses import dataclass

LEAST_COLUMNS, LEAST_ROWS = 20, 4
_LABEL = 10
"""Columns of a curve's labels and axis."""
_BESIDE = 6
"""Lines besides the curves: progress, figures, legend, and some for messages above."""
_SMALL_ROWS, _MOST_ROWS, _MOST_LOSS_ROWS = 10, 30, 12
_ROOM_FOR_LOSS = 22
_ROOM_FOR_TABLE, TABLE = 110, 36


@dataclass(frozen=True)
class Layout:
    """Sizes in characters; 0 rows mean that a part is left out."""

    width: int
    columns: int
    """Of each curve, without its labels."""
    rows: int
    loss_rows: int
    table_rows: int

    @property
    def points(self) -> int:
        """Updates that the curve of target and prediction spans: two in a character, at least 200."""
        return max(200, 2 * self.columns)


def layout_for(width: int, height: int) -> Layout:
    """Return the layout for a window.

    A window of 24 lines has a curve of 10 rows, larger ones have a higher curve and the course of the loss below;
    110 columns are enough for a table of all metrics beside them.
    """
    free = height - _BESIDE
    with_table = width >= _ROOM_FOR_TABLE and free >= _SMALL_ROWS
    columns = width - _LABEL - 1 - (TABLE if with_table else 0)
    rows, loss_rows = min(_SMALL_ROWS, free), 0
    if free >= _ROOM_FOR_LOSS:
        loss_rows = min(_MOST_LOSS_ROWS, free // 4)
        rows = min(_MOST_ROWS, free - loss_rows - 1)
    if rows < LEAST_ROWS or columns < LEAST_COLUMNS:
        rows = loss_rows = 0
    table_rows = rows + 1 + (loss_rows + 1 if loss_rows else 0) if with_table else 0
    return Layout(width, columns, rows, loss_rows, table_rows)
