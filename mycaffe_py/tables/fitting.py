"""The details of a column's layout: padding, fractions, offsets and case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from .layouts import Layout
from .patterns import pattern
from .zones import OffsetStyle

_SAMPLED = 200


def spread(count: int) -> list[int]:
    """Return the numbers of some rows of ``count``, evenly spread, with the first and the last."""
    return sorted({*np.linspace(0, count - 1, min(count, _SAMPLED)).astype(int).tolist()})


def layout(template: str, texts: Sequence[str]) -> Layout:
    """Return the layout of the texts that a template fits."""
    matches = [match for match in map(pattern(template).fullmatch, texts) if match]
    parts = [match.groupdict() for match in matches]
    timed = [each for each in parts if each.get("between")]
    offsets = [(each["space"] or "", each["z"]) for each in parts if each.get("z")]
    half = next((each["half"] for each in timed if each["half"]), "")
    digits, point, shortened = _fractions([each for each in timed if each["S"]])
    short = any(len(each.get(name) or "00") == 1 for each in parts for name in "md")
    sample = [texts[row] for row in spread(len(texts))]
    return Layout(
        template,
        padded=not short,
        hour_padded=all(len(each["H"]) == 2 for each in timed),
        between=Counter(each["between"] for each in timed).most_common(1)[0][0] if timed else "",
        minutes=any(each["M"] for each in timed),
        seconds=any(each["S"] for each in timed),
        half=half.replace("P", "A").replace("p", "a"),
        bare_midnight=bool(timed) and len(timed) < len(parts),
        offset=OffsetStyle.of(offsets) if 2 * len(offsets) > len(parts) else None,
        case=_case(sample),
        digits=digits,
        point=point,
        shortened=shortened,
    )


def _fractions(parts: Sequence[dict[str, Any]]) -> tuple[int, str, str]:
    """Return the digits of fractions, what stands before them, and which of them may be left out."""
    texts = [each["f"] or "" for each in parts]
    lengths = {len(text) for text in texts}
    longest = max(lengths, default=0)
    shortened = ""
    if lengths == {0, longest}:
        shortened = "zero"
    elif len(lengths) > 1 and not any(text.endswith("0") for text in texts):
        shortened = "zeros"
    return longest, next((each["point"] for each in parts if each["point"]), "."), shortened


def _case(sample: Sequence[str]) -> str:
    text = "".join(sample)
    if text.upper() == text.lower():
        return ""
    return "upper" if text == text.upper() else "lower" if text == text.lower() else ""
