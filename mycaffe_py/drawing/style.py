"""The look of every matplotlib picture: colours, axes, legends and dates, in one place."""

from __future__ import annotations

from typing import Any

import numpy as np

# Okabe and Ito's colours, which people with any kind of colour vision can tell apart.
BLUE, VERMILION, GREEN, PURPLE, ORANGE, SKY = COLOURS = (
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9",
)  # fmt: skip
GREY = "#6E6E6E"

TARGET, PREDICTION, TRUTH, AHEAD, TOLERANCE, UNOBSERVED = (
    BLUE, VERMILION, GREEN, PURPLE, GREEN, GREY,
)  # fmt: skip
"""What each means in a picture of data and predictions; TRUTH is what came where a forecast was made."""

SHORT = 3
"""Lines of fewer points are drawn with a mark at each."""


def start(figure: Any) -> None:
    """Empty a figure and let matplotlib arrange what is then drawn into it."""
    figure.clear()
    if hasattr(figure, "set_layout_engine"):
        figure.set_layout_engine("constrained")


def plain(axes: Any) -> None:
    """Remove the frame of a plot and add a light grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25, linewidth=0.6)


def titled(axes: Any, text: str) -> None:
    """Write the title of a plot at its left; nothing in it is a formula."""
    axes.set_title(text, loc="left", fontsize="medium", parse_math=False)


def heading(figure: Any, text: str) -> None:
    """Write the title of a picture; nothing in it is a formula."""
    figure.suptitle(text, x=0.02, ha="left", fontsize="large", parse_math=False)


def legend_beside(axes: Any) -> None:
    """Put the legend to the right of a plot, where it covers nothing."""
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize="small")


def legend_above(axes: Any) -> None:
    """Put the legend above a plot, where it covers nothing."""
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, frameon=False, fontsize="small")


def legend_in(side: Any, axes: Any) -> None:
    """Put the legend of ``axes`` into axes of its own, where it covers nothing."""
    side.axis("off")
    legend = side.legend(
        *axes.get_legend_handles_labels(),
        loc="upper left",
        borderaxespad=0,
        frameon=False,
        fontsize="small",
    )
    for text in legend.get_texts():
        text.set_parse_math(False)


def colour_scale(figure: Any, side: Any, mesh: Any, label: str, **options: Any) -> None:
    """Put the scale of a heat map's colours into axes beside it."""
    from matplotlib.ticker import NullFormatter

    side.axis("off")
    place = side.inset_axes((0.0, 0.0, 0.1, 1.0))
    figure.colorbar(mesh, cax=place, label=label, **options)
    place.yaxis.set_minor_formatter(NullFormatter())


def as_dates(times: np.ndarray) -> np.ndarray:
    """Return days since 1970 as matplotlib draws dates."""
    return np.round(times * 86400).astype("datetime64[s]")


def dates_from() -> float:
    """Return where matplotlib's count of days has 1970-01-01: 0 unless its setting ``date.epoch`` is another."""
    from matplotlib.dates import date2num

    return float(date2num(np.datetime64(0, "s")))


def short_dates(axes: Any) -> None:
    """Write dates along x so that they fit: each says only what changes from the one before."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator()
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))
