"""Forecasts of several series, as one table and one picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

import numpy as np

from mycaffe_py.drawing import style
from mycaffe_py.errors import DataError

from .forecast import Forecast
from .picture import MAX_PANELS, draw_panels
from .table import Cell, csv_of, share_of, text_rows


@dataclass(repr=False)
class Forecasts(Sequence[Forecast]):
    """The forecasts of several series of the same quantities, in the order of their names.

    ``series`` are the names of the series, and ``series_name`` that of the column which has them. ``own_notes`` come
    before the notes of the forecasts. DataError if there is none, or if they have other quantities or the same names.
    """

    forecasts: Sequence[Forecast]
    series: Sequence[str]
    series_name: str = "series"
    own_notes: Sequence[str] = ()

    def __post_init__(self) -> None:
        self.forecasts, self.series = tuple(self.forecasts), tuple(self.series)
        if not self.forecasts or len(self.forecasts) != len(self.series):
            raise DataError(
                f"{len(self.forecasts)} forecasts with the names of {len(self.series)} series: give a name for each"
            )
        if len(set(self.series)) < len(self.series):
            twice = next(name for name in self.series if self.series.count(name) > 1)
            raise DataError(f'two series are called "{twice}"')
        for name, each in zip(self.series, self.forecasts, strict=True):
            if each.names != self.names:
                raise DataError(
                    f'series "{name}" has forecasts of {", ".join(each.names)}, series "{self.series[0]}" of '
                    f"{', '.join(self.names)}"
                )

    @overload
    def __getitem__(self, index: int) -> Forecast: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Forecast]: ...

    def __getitem__(self, index: int | slice) -> Forecast | Sequence[Forecast]:
        return self.forecasts[index]

    def __len__(self) -> int:
        return len(self.forecasts)

    def __iter__(self) -> Iterator[Forecast]:
        return iter(self.forecasts)

    def __repr__(self) -> str:
        return f"Forecasts({len(self)} series of {', '.join(self.names)})"

    @property
    def names(self) -> tuple[str, ...]:
        """The quantities' names."""
        return self.forecasts[0].names

    @property
    def notes(self) -> tuple[str, ...]:
        """All notes, each once."""
        given = [*self.own_notes, *(note for each in self for note in each.notes)]
        return tuple(dict.fromkeys(given))

    @property
    def has_truth(self) -> bool:
        """Whether any true value is known."""
        return any(each.has_truth for each in self)

    @property
    def has_bands(self) -> bool:
        """Whether there are bands around any of the predictions."""
        return any(each.has_bands for each in self)

    @property
    def coverage(self) -> float | None:
        """The share of values that the bands are meant to hold; None if it is not known, or not the same for all."""
        shares = {each.coverage for each in self if each.has_bands}
        return shares.pop() if len(shares) == 1 else None

    def held(self) -> tuple[int, int]:
        """Return how many known true values of all series lie within their bands, and how many have a band."""
        counts = [each.held() for each in self]
        return sum(held for held, _ in counts), sum(known for _, known in counts)

    @property
    def coverage_found(self) -> float | None:
        """The share of known true values of all series that lie within their bands; None if there are none."""
        return share_of(*self.held())

    @property
    def panels(self) -> int:
        """The number of plots in the picture."""
        return min(len(self) * len(self.names), MAX_PANELS)

    def mean_errors(self) -> dict[str, float]:
        """Return each quantity's mean absolute error in the series whose truth is known, the mean over these series."""
        errors = [each.mean_errors() for each in self]
        found = {name: [each[name] for each in errors if name in each] for name in self.names}
        return {name: float(np.mean(values)) for name, values in found.items() if values}

    def known_points(self) -> dict[str, tuple[int, int]]:
        """Return, for each quantity, the number of points whose truth is known, and of all points."""
        counts = [each.known_points() for each in self]
        return {
            name: (sum(each[name][0] for each in counts), sum(each[name][1] for each in counts))
            for name in self.names
        }

    def numbers(self) -> tuple[list[str], list[list[Cell]]]:
        """Return the columns' names, and the rows of :meth:`rows` with all digits: floats, None where not known."""
        return self._table(as_text=False)

    def rows(self) -> list[list[str]]:
        """Return the table as text, the name of the series in its first column; the others as of a Forecast."""
        return text_rows(*self._table(as_text=True))

    def _table(self, *, as_text: bool) -> tuple[list[str], list[list[Cell]]]:
        shown = {"bands": self.has_bands, "truth": self.has_truth}
        header = [self.series_name, *self.forecasts[0].columns(**shown)]
        named = zip(self.series, self.forecasts, strict=True)
        rows = [
            [name, *row] for name, each in named for row in each.records(**shown, as_text=as_text)
        ]
        return header, rows

    def csv_text(self) -> str:
        """Return :meth:`rows` as CSV."""
        return csv_of(self.rows())

    def draw(self, figure: Any, min_history: int = 100) -> None:
        """Draw the first series into a matplotlib figure, six plots at most; it says how many series are left out."""
        plots = []
        for name, each in zip(self.series, self.forecasts, strict=True):
            for plot in each.plots():
                title = name if len(self.names) == 1 else f"{name}, {plot.title}"
                plots.append(replace(plot, title=title))
        shown = -(-self.panels // len(self.names))
        left = len(self) - shown
        if left:
            style.heading(
                figure, f"the first {shown} of {len(self)} series; the table has {left} more"
            )
        draw_panels(figure, plots[:MAX_PANELS], min_history)
