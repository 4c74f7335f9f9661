"""The forecast of one series: predictions at later times, with bands if the net gives any."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mycaffe_py.errors import DataError
from mycaffe_py.tables import plain_time

from .digits import decimals_of, known_text, prediction_text
from .picture import MAX_PANELS, Panel, draw_panels
from .table import Cell, csv_of, number_of, share_of, text_rows


@dataclass
class Forecast:
    """Predictions at later times, the truth where it is known, and the preceding data.

    ``times`` (K,), ``predictions`` (K, O) and ``targets`` (K, O), NaN where unknown. The next are what
    :meth:`Gym.past` returned: ``time`` (n,), ``value`` (n, O), names, and the format of times. ``lower`` and ``upper``
    (K, O) are the ends of the bands, NaN where there is none, and ``coverage`` is the share of values that they are
    meant to hold, such as 0.8. ``notes`` are lines that ``mycaffe predict`` prints. DataError if these do not fit.
    """

    times: np.ndarray
    predictions: np.ndarray
    targets: np.ndarray
    time: np.ndarray = field(default_factory=lambda: np.zeros(0))
    value: np.ndarray | None = None
    names: tuple[str, ...] = ()
    time_name: str = "time"
    time_text: Callable[[float], str] = plain_time
    dates: bool = False
    lower: np.ndarray | None = None
    upper: np.ndarray | None = None
    coverage: float | None = None
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        outputs = self.predictions.shape[1]
        if not self.names:
            numbered = tuple(f"y{index}" for index in range(outputs))
            self.names = numbered if outputs > 1 else ("y",)
        if self.value is None:
            self.value = np.zeros((len(self.time), outputs))
        self.notes = (self.notes,) if isinstance(self.notes, str) else tuple(self.notes)
        self._check_bands()

    def _check_bands(self) -> None:
        if (self.lower is None) != (self.upper is None):
            raise DataError("a forecast needs both lower and upper, or neither")
        if self.coverage is not None and not (self.has_bands and 0 < self.coverage < 1):
            raise DataError(
                f"coverage is {self.coverage!r:.40}: give a share between 0 and 1, with lower and upper"
            )
        if self.lower is None or self.upper is None:
            return
        for name, ends in (("lower", self.lower), ("upper", self.upper)):
            if ends.shape != self.predictions.shape:
                raise DataError(
                    f"{name} of a forecast has shape {ends.shape}, its predictions {self.predictions.shape}"
                )
        crossed = np.argwhere(self.lower > self.upper)
        if len(crossed):
            point, index = crossed[0]
            raise DataError(
                f"point {point + 1} of {self.names[index]}: lower, {self.lower[point, index]:g}, is above "
                f"upper, {self.upper[point, index]:g}"
            )

    @property
    def has_truth(self) -> bool:
        """Whether any true value is known."""
        return bool(np.isfinite(self.targets).any())

    @property
    def has_bands(self) -> bool:
        """Whether there are bands around the predictions."""
        return self.lower is not None

    @property
    def panels(self) -> int:
        """The number of plots in the picture."""
        return min(len(self.names), MAX_PANELS)

    def mean_errors(self) -> dict[str, float]:
        """Return the mean absolute error of each quantity whose truth is known somewhere."""
        errors = np.abs(self.predictions - self.targets)
        known = np.isfinite(errors)
        return {
            name: float(errors[known[:, index], index].mean())
            for index, name in enumerate(self.names)
            if known[:, index].any()
        }

    def known_points(self) -> dict[str, tuple[int, int]]:
        """Return, for each quantity, the number of points whose truth is known, and of all points."""
        known = np.isfinite(self.targets).sum(axis=0)
        return {
            name: (int(count), len(self.times))
            for name, count in zip(self.names, known, strict=True)
        }

    def held(self) -> tuple[int, int]:
        """Return how many known true values lie within their bands, ends included, and how many have a band."""
        if self.lower is None or self.upper is None:
            return 0, 0
        known = np.isfinite(self.targets) & np.isfinite(self.lower) & np.isfinite(self.upper)
        inside = known & (self.lower <= self.targets) & (self.targets <= self.upper)
        return int(inside.sum()), int(known.sum())

    @property
    def coverage_found(self) -> float | None:
        """The share of known true values that lie within their bands; None if there are none."""
        return share_of(*self.held())

    def columns(self, *, bands: bool, truth: bool) -> list[str]:
        """Return the names of the table's columns, with those of bands and truth if they are asked for."""
        ends = ("", "_lower", "_upper") if bands else ("",)
        made = [self.time_name, *(f"{name}{end}" for name in self.names for end in ends)]
        return [*made, *(f"{name}_true" for name in self.names)] if truth else made

    def records(self, *, bands: bool, truth: bool, as_text: bool = False) -> list[list[Cell]]:
        """Return a row of each time, with its text first and all digits of the numbers, None for what is not known.

        ``as_text``: with all cells as in :meth:`rows`.
        """
        texts = [str(self.time_text(float(time))) for time in self.times]
        groups = [self.predictions, self.lower, self.upper] if bands else [self.predictions]
        made: list[list[Cell]] = [texts]  # type: ignore[list-item]
        for index in range(len(self.names)):
            places = self._decimals(index) if as_text else None
            for values in groups:
                column = [np.nan] * len(texts) if values is None else values[:, index]
                made.append(
                    [prediction_text(value, places) for value in column]
                    if as_text
                    else list(map(number_of, column))
                )
        if truth:
            write: Callable[[Any], Cell] = known_text if as_text else number_of
            made += [list(map(write, self.targets[:, index])) for index in range(len(self.names))]
        return [list(row) for row in zip(*made, strict=True)]

    def _decimals(self, index: int) -> int | None:
        """Return the decimals of a quantity's known values; None if none are known."""
        parts = [self.targets[:, index]]
        parts += [self.value[:, index]] if self.value is not None else []
        found = [places for places in map(decimals_of, parts) if places is not None]
        return max(found, default=None)

    def numbers(self) -> tuple[list[str], list[list[Cell]]]:
        """Return the columns' names, and the rows of :meth:`rows` with all digits: floats, None where not known."""
        shown = {"bands": self.has_bands, "truth": self.has_truth}
        return self.columns(**shown), self.records(**shown)

    def rows(self) -> list[list[str]]:
        """Return the table as text: a header, then time, predictions, and the truth if any is known.

        Columns: the time, then for each quantity ``NAME`` and, if there are bands, ``NAME_lower`` and ``NAME_upper``;
        then ``NAME_true`` of each. Known values have all their digits, predictions at least 7 significant ones and 3
        decimals more than the data.
        """
        shown = {"bands": self.has_bands, "truth": self.has_truth}
        return text_rows(self.columns(**shown), self.records(**shown, as_text=True))

    def csv_text(self) -> str:
        """Return :meth:`rows` as CSV."""
        return csv_of(self.rows())

    def plots(self) -> list[Panel]:
        """Return what the picture shows of each quantity."""
        errors = self.mean_errors()
        return [Panel(self, index, name, errors.get(name)) for index, name in enumerate(self.names)]

    def draw(self, figure: Any, min_history: int = 100) -> None:
        """Draw the end of the known data, the predictions, bands and the truth into a matplotlib figure."""
        draw_panels(figure, self.plots()[:MAX_PANELS], min_history)
