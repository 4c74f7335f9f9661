"""Tables that a series may come in, odd, broken or sound, from a seed."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass


@dataclass
class OddSeries:
    """The text of a file, further settings of the gym, and what was done to the table."""

    text: str
    settings: str
    kind: str


def odd_series(seed: int) -> OddSeries:
    """Return one table; the same for the same seed."""
    rng = random.Random(seed)
    rows, width = rng.choice((3, 8, 20, 40, 70)), rng.randint(1, 3)
    size = 10.0 ** rng.randint(-6, 8)
    grid = [[_cell(rng, row, size) for _ in range(width)] for row in range(rows)]
    odd = OddSeries("", f"horizon: {rng.choice((1, 1, 2, 3, 6, 12))} ", "")
    if rng.random() < 0.3:
        odd.settings += rng.choice(("window: 4 ", "window: 1 ", "least_horizon: 2 ", "period: 7 "))
    if rng.random() < 0.2:
        odd.settings += rng.choice(
            ("transform: LOG ", "base: RIDGE ", "calendar: true ", "members: 2 ")
        )
    if rng.random() < 0.2:
        odd.settings += rng.choice(
            ("train_share: 1 ", "train_share: 0.5 ", "base: LAST ", "base: SEASONAL ")
        )
    times = [str(row) for row in range(rows)]
    table = [
        ["t", *"abc"[:width]],
        *[[time, *cells] for time, cells in zip(times, grid, strict=True)],
    ]
    chosen = rng.sample(MUTATIONS, rng.choice((0, 1, 1, 1, 2)))
    for mutation in chosen:
        mutation(rng, odd, table)
    odd.kind = " ".join(each.__name__.strip("_") for each in chosen)
    odd.text = "\n".join(",".join(row) for row in table) + "\n"
    return odd


def _cell(rng, row, size):
    if rng.random() < 0.03:
        return ""
    return repr(round(size * (3 + math.sin(row / 2) + 0.1 * rng.random()), 9))


def _dated(table, texts):
    for row, text in zip(table[1:], texts, strict=True):
        row[0] = text


def _somewhere(rng, table):
    return rng.randint(1, len(table) - 1), rng.randint(1, len(table[0]) - 1)


def _unsorted(rng, odd, table):
    body = table[1:]
    rng.shuffle(body)
    table[1:] = body


def _times_twice(rng, odd, table):
    for row in range(2, len(table)):
        if rng.random() < 0.4:
            table[row][0] = table[row - 1][0]


def _one_time(rng, odd, table):
    for row in table[1:]:
        row[0] = table[1][0]


def _few_rows(rng, odd, table):
    del table[1 + rng.randint(0, 3) :]


def _all_gaps(rng, odd, table):
    column = rng.randint(1, len(table[0]) - 1)
    for row in table[1:]:
        row[column] = ""


def _half_gaps(rng, odd, table):
    begin = rng.randint(1, max(1, len(table) // 2))
    for row in table[begin : begin + len(table) // 2]:
        row[1:] = [""] * (len(row) - 1)


def _gaps_in_turn(rng, odd, table):
    for number, row in enumerate(table[1:]):
        if len(row) > 2:
            row[1 + number % (len(row) - 1)] = ""


def _gaps_at_the_end(rng, odd, table):
    for row in table[-rng.randint(1, len(table)) :]:
        if row is not table[0]:
            row[1:] = [""] * (len(row) - 1)


def _constant(rng, odd, table):
    value = rng.choice(("0", "5", "-3.5", "1e-9", "1e9", "1e30", "-0"))
    for row in table[1:]:
        row[1:] = [value] * (len(row) - 1)


def _zero_at_first(rng, odd, table):
    for row in table[1 : 1 + int(0.9 * len(table))]:
        row[1] = "0"


def _infinite(rng, odd, table):
    row, column = _somewhere(rng, table)
    table[row][column] = rng.choice(("inf", "-inf", "1e400", "1e31", "Infinity"))


def _no_number(rng, odd, table):
    row, column = _somewhere(rng, table)
    table[row][column] = rng.choice(("abc", "1.2.3", "12%", "#REF!", "true", "2001-01-01"))


def _far_off(rng, odd, table):
    row, column = _somewhere(rng, table)
    table[row][column] = rng.choice(("1e9", "-1e12", "1e29", "-1e-29"))


def _tiny(rng, odd, table):
    for row in table[1:]:
        row[1] = rng.choice(("1e-29", "3e-30", "2e-28", "1e-300", "-4e-29"))


def _negative(rng, odd, table):
    for row in table[1:]:
        row[1] = "-" + row[1] if row[1] else ""


def _days(rng, odd, table):
    _dated(
        table,
        [
            f"{2000 + n // 336}-{n // 28 % 12 + 1:02d}-{n % 28 + 1:02d}"
            for n in range(len(table) - 1)
        ],
    )


def _mixed_dates(rng, odd, table):
    _days(rng, odd, table)
    row = rng.randint(1, len(table) - 1)
    year, month, day = table[row][0].split("-")
    table[row][0] = rng.choice(
        (f"{day}.{month}.{year}", f"{month}/{day}/{year}", f"{year}{month}{day}", "")
    )


def _leap_day(rng, odd, table):
    year = rng.choice((1999, 2000, 2023, 2024))
    days = ["02-27", "02-28", "02-29", "03-01", "03-02"]
    del table[6:]
    _dated(table, [f"{year}-{day}" for day in days[: len(table) - 1]])


def _daylight_saving(rng, odd, table):
    hours = [f"2024-03-31T{hour:02d}:30:00" for hour in range(24)]
    if rng.random() < 0.5:
        hours = [
            f"2024-10-27T{hour:02d}:30:00{'+02:00' if hour < 3 else '+01:00'}" for hour in range(24)
        ]
        hours.insert(3, "2024-10-27T02:30:00+01:00")
    del table[25:]
    _dated(table, hours[: len(table) - 1])


def _months(rng, odd, table):
    _dated(table, [f"{1900 + n // 12}-{n % 12 + 1:02d}" for n in range(len(table) - 1)])


def _epochs(rng, odd, table):
    begin, step = rng.choice(
        ((1_700_000_000, 3600), (1_700_000_000_000, 60_000), (1e-7, 1e-9), (-5e9, 1))
    )
    _dated(table, [repr(begin + n * step) for n in range(len(table) - 1)])


def _times_far_apart(rng, odd, table):
    _dated(
        table,
        [repr(10.0 ** rng.randint(1, 25) * 0 + 7.0 ** (n % 30)) for n in range(len(table) - 1)],
    )


def _empty_time(rng, odd, table):
    table[rng.randint(1, len(table) - 1)][0] = rng.choice(("", "nan", "inf", "abc", "-"))


def _no_header(rng, odd, table):
    del table[0]


def _panel(rng, odd, table):
    odd.settings += 'series_column: "who" '
    names = ["x", "y", "z w", "\u00fc"][: rng.randint(1, 4)]
    if rng.random() < 0.3:
        names.append("")
    table[0].append("who")
    for row in table[1:]:
        row.append(rng.choice(names))


def _single_rows_of_a_panel(rng, odd, table):
    odd.settings += 'series_column: "who" '
    table[0].append("who")
    for number, row in enumerate(table[1:]):
        row.append(f"s{number // rng.randint(1, 4)}")


def _known_input(rng, odd, table):
    odd.settings += f"{rng.choice(('known_input_column', 'input_column', 'holiday_column'))}: 'k' "
    table[0].append("k")
    lacking = rng.random() < 0.4
    for number, row in enumerate(table[1:]):
        row.append("" if lacking and rng.random() < 0.6 else str(number % 2))


def _column_missing(rng, odd, table):
    odd.settings += f"{rng.choice(('value', 'known_input', 'holiday', 'series', 'time', 'input'))}_column: 'none' "


def _time_as_value(rng, odd, table):
    odd.settings += "value_column: 't' "


def _short_row(rng, odd, table):
    table[rng.randint(1, len(table) - 1)].pop()


MUTATIONS = (
    *(
        _unsorted,
        _times_twice,
        _one_time,
        _few_rows,
        _all_gaps,
        _half_gaps,
        _gaps_in_turn,
        _gaps_at_the_end,
    ),
    *(
        _constant,
        _zero_at_first,
        _infinite,
        _no_number,
        _far_off,
        _tiny,
        _negative,
        _days,
        _mixed_dates,
    ),
    *(
        _leap_day,
        _daylight_saving,
        _months,
        _epochs,
        _times_far_apart,
        _empty_time,
        _no_header,
        _panel,
    ),
    *(_single_rows_of_a_panel, _known_input, _column_missing, _time_as_value, _short_row),
)
