"""The results as lines, as Markdown and as JSON values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .running import FAST, PLAIN, TORCH, Ratio, Result
from .tables import table

COLUMNS = (
    *("what", "batch", "NumPy ms", "fast ms", "torch ms"),
    *("torch / NumPy", "torch / fast", "NumPy / fast"),
)
RATIOS = ((TORCH, PLAIN), (TORCH, FAST), (PLAIN, FAST))


def cells(result: Result) -> list[str]:
    """Return a row's cells."""
    row = result.row
    ms = [f"{result.ms[side]:.3g}" if side in result.ms else "-" for side in (PLAIN, FAST, TORCH)]
    if not result.agree:
        return [row.name, str(row.batch), *ms, *["not compared"] * len(RATIOS)]
    return [row.name, str(row.batch), *ms, *(_ratio_cell(result.ratio(*pair)) for pair in RATIOS)]


def _ratio_cell(ratio: Ratio | None) -> str:
    if ratio is None:
        return "-"
    return f"{ratio.median:.3g} ({ratio.least:.3g} to {ratio.most:.3g})"


def results_table(results: Sequence[Result]) -> str:
    """Return the table of all rows."""
    return table(COLUMNS, [cells(result) for result in results])


def faults(results: Sequence[Result]) -> list[str]:
    """Return a line for each row whose sides do not compute the same."""
    return [
        f"{result.row.name}, batch {result.row.batch}: the sides do not compute the same, so their times are not "
        f"compared: {', '.join(f'{side} differs by {by:.1e}' for side, by in result.differences.items())} of an "
        "array's maximum"
        for result in results
        if not result.agree
    ]  # fmt: skip


def agreement(results: Sequence[Result]) -> str:
    """Return a line on how well the sides agree."""
    found = [by for result in results if result.agree for by in result.differences.values()]
    if not found:
        return ""
    return (
        f"losses and gradients of all sides agree within {max(found):.1e} of each array's maximum"
    )


def as_markdown(results: Sequence[Result], lines: Sequence[str], machine: Mapping[str, str]) -> str:
    """Return the whole report."""
    parts = ["# Times of training steps", results_table(results), *lines]
    parts.append(table(("machine", ""), list(machine.items())))
    return "\n\n".join(part for part in parts if part) + "\n"


def as_values(
    results: Sequence[Result], settings: Mapping[str, Any], machine: Mapping[str, str]
) -> dict[str, Any]:
    """Return everything as JSON values."""
    return {
        "machine": dict(machine),
        "settings": dict(settings),
        "rows": list(map(_values, results)),
    }


def _values(result: Result) -> dict[str, Any]:
    ratios = {}
    for slower, faster in RATIOS:
        ratio = result.ratio(slower, faster)
        ratios[f"{slower} / {faster}"] = None if ratio is None else vars(ratio)
    return {
        "group": result.row.group,
        "name": result.row.name,
        "batch": result.row.batch,
        "ms": result.ms,
        "ratios": ratios,
        "differences": result.differences,
        "agree": result.agree,
        "rounds": result.rounds,
        "steps_a_round": result.steps,
    }
