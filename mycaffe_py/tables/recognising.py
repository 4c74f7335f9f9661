"""How a column of text writes its times, decided from all of its cells."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress

from mycaffe_py.errors import DataError

from .epochs import Epoch, counted
from .fitting import layout, spread
from .layouts import Layout
from .patterns import MONTHS, parsed, pattern

_SEPARATED = tuple(
    template.replace("~", separator)
    for separator in (" ", "-")
    for template in (
        *("%b~%Y", "%B~%Y", "%Y~%b", "%Y~%B", "%d~%b~%Y", "%d~%B~%Y", "%Y~%b~%d", "%Y~%B~%d"),
        *("%b~%d~%Y", "%B~%d~%Y", "%Y~Q%q", "Q%q~%Y"),
    )
)
TEMPLATES = (
    *("%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"),
    *("%Y-%m", "%Y/%m", "%m/%Y", "%m-%Y", "%Y-%j", "%Y%m%dT%H%M", "%Y%m%dT%H%M%S", "%Y%m%d"),
    *("%Y:%m", "%Y:%q", "%YQ%q", "Q%q/%Y", "%G-W%V", "%GW%V", "%G-W%V-%u", "%GW%V%u"),
    *("%b %d, %Y", "%B %d, %Y", "%d. %b %Y", "%d. %B %Y", *_SEPARATED),
)  # fmt: skip
DIGITS = {
    **{6: ("%Y%m", 1800, 2199), 8: ("%Y%m%d", 1000, 9999), 10: ("%Y%m%d%H", 1900, 2100)},
    **{12: ("%Y%m%d%H%M", 1000, 9999), 14: ("%Y%m%d%H%M%S", 1000, 9999)},
}
"""Dates of digits alone by their length, with the first and last year that make them dates."""
_SHORT_YEAR = re.compile(
    r"\d{1,2}([-/. ])(\d{1,2}|" + "|".join(name[:3] for name in MONTHS) + r")\1\d\d( .*)?", re.I
)


def recognised(cells: Sequence[str]) -> Layout | Epoch | None:
    """Return how a column writes its times, or None for numbers; DataError if it may be either of two ways."""
    filled = [text for cell in cells if (text := cell.strip())]
    if not filled:
        return None
    sample = [filled[row] for row in spread(len(filled))]
    if sum(text.isdecimal() for text in sample) >= 0.9 * len(sample):
        return _of_digits(filled)
    if sum(map(_is_number, sample)) > len(sample) / 2:
        return None
    template = _most_fitting(sample)
    if template is None:
        _refuse_short_years(sample)
        return None
    if {"%d", "%m", "%Y"} <= {*re.findall("%.", template)} and template.endswith("%Y"):
        template = _day_or_month_first(template, filled)
    if template == "%Y:%m":
        template = _month_or_quarter(filled)
    return layout(template, filled)


def _month_or_quarter(texts: Sequence[str]) -> str:
    """Return the template of times such as 2001:3; DataError if they may be months or quarters."""
    numbers = [found["m"] for text in texts if (found := pattern("%Y:%m").fullmatch(text))]
    if any(len(number) == 2 or int(number) > 4 for number in numbers):
        return "%Y:%m"
    if len(numbers) > 4 and len({*numbers}) == 4:  # a year, and more, without a fifth month
        return "%Y:%q"
    raise DataError(
        f'"{texts[-1]}" may be a month or a quarter; the column is too short to tell which',
        hint="write months as 2001-03, quarters as 2001Q3",
    )


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _fits(template: str, texts: Sequence[str]) -> tuple[int, int]:
    """Return how many texts are dates by a template, and how many look like it."""
    dates = 0
    found = [match for match in map(pattern(template).fullmatch, texts) if match]
    for match in found:
        with suppress(ValueError):
            parsed(match)
            dates += 1
    return dates, len(found)


def _most_fitting(sample: Sequence[str]) -> str | None:
    scores = {template: _fits(template, sample) for template in TEMPLATES}
    best = max(TEMPLATES, key=lambda template: scores[template])
    return best if 2 * scores[best][1] >= len(sample) else None


def _refuse_short_years(sample: Sequence[str]) -> None:
    texts = [text for text in sample if _SHORT_YEAR.fullmatch(text)]
    if 2 * len(texts) < len(sample):
        return
    found = _SHORT_YEAR.fullmatch(texts[0])
    assert found is not None
    between = found[1]
    month = "%m" if found[2].isdecimal() else "%b"
    formats = [f"%d{between}{month}{between}%y", f"%y{between}{month}{between}%d"]
    if month == "%m":
        formats.insert(1, f"%m{between}%d{between}%y")
    raise DataError(
        f'"{texts[0]}" has a year of two digits, and may be read in several ways',
        hint="set time_format to " + " or ".join(f'"{each}"' for each in formats),
    )


def _day_or_month_first(template: str, texts: Sequence[str]) -> str:
    """Return the template with day and month in the only order in which the column makes sense."""
    between = template[2]
    if between == ".":
        return template
    day_first, month_first = f"%d{between}%m{between}%Y", f"%m{between}%d{between}%Y"
    if template not in (day_first, month_first):
        return template
    pairs = [text.split(between, 2)[:2] for text in texts if pattern(template).fullmatch(text)]
    first = sum(int(pair[0]) > 12 for pair in pairs)
    second = sum(int(pair[1]) > 12 for pair in pairs)
    if first == second == 0:
        raise DataError(
            f'"{texts[-1]}" may be day and month, or month and day; no cell of the column tells which',
            hint=f'set time_format to "{day_first}" or "{month_first}"',
        )
    return day_first if first >= second else month_first


def _of_digits(texts: Sequence[str]) -> Layout | Epoch | None:
    """Return what integers stand for: dates such as 20011229, or a time since 1970; None for plain numbers."""
    length = Counter(map(len, texts)).most_common(1)[0][0]
    if length in DIGITS:
        template, first, last = DIGITS[length]
        dates, _ = _fits(
            template,
            [
                each
                for each in texts
                if len(each) == length and each.isdecimal() and first <= int(each[:4]) <= last
            ],
        )
        # A few mistakes among many dates are mistakes; among few cells they are a sign of numbers.
        if dates >= 0.9 * len(texts):
            return layout(template, texts)
    return counted(texts)
