"""The name that was most likely meant by a misspelt one."""

from __future__ import annotations

import difflib
from bisect import bisect_left
from collections.abc import Iterable

from .visible import code_of, hidden_in, without_hidden

_LONGEST_NAME = 200
_MOST_COMPARED = 200


def closest(name: str, candidates: Iterable[str]) -> str | None:
    """Return the candidate that ``name`` was most likely meant to be, or None if none is near.

    Case and signs are ignored. First comes the name itself, then what another tool's word stands for, then a
    candidate that ``name`` shortens or lengthens, then the most similar one.
    """
    from .foreign.words import folded, meanings

    known = list(candidates)
    by_folded = {folded(candidate): candidate for candidate in reversed(known)}
    wanted = folded(name)
    for word in (name, *meanings(name)):
        if folded(word) and folded(word) in by_folded:
            return by_folded[folded(word)]
    longer = [each for each in by_folded if _extends(each, wanted) or _extends(wanted, each)]
    if longer:
        return by_folded[min(longer, key=lambda each: abs(len(each) - len(wanted)))]
    if len(name) > _LONGEST_NAME:
        return None
    by_lower = {each.lower(): each for each in reversed(known) if len(each) <= _LONGEST_NAME}
    if len(by_lower) > _MOST_COMPARED:
        by_lower = _alike_at_an_end(name.lower(), by_lower)
    near = difflib.get_close_matches(name.lower(), by_lower, n=1, cutoff=0.6)
    return by_lower[near[0]] if near else None


def _alike_at_an_end(name: str, by_lower: dict[str, str]) -> dict[str, str]:
    """Return as many candidates as may be compared: those that share most letters with ``name`` at one end."""
    chosen = dict.fromkeys(_around(name, by_lower))
    chosen |= dict.fromkeys(each[::-1] for each in _around(name[::-1], (c[::-1] for c in by_lower)))
    return {each: by_lower[each] for each in chosen}


def _around(name: str, words: Iterable[str]) -> list[str]:
    """Return the words that are next to ``name`` in the alphabet: they begin as it does."""
    ordered = sorted(words)
    at = bisect_left(ordered, name)
    return ordered[max(0, at - _MOST_COMPARED // 4) : at + _MOST_COMPARED // 4]


def _extends(longer: str, shorter: str) -> bool:
    """Whether one word is the beginning of another, and most of it or at least four letters."""
    enough = len(shorter) >= 4 or (len(shorter) == 3 and len(longer) <= 6)
    return enough and longer.startswith(shorter)


def did_you_mean(name: str, candidates: Iterable[str]) -> str | None:
    """Return ``did you mean "X"?`` for the candidate nearest to ``name``, or None.

    Where they differ by what cannot be seen, that is said.
    """
    near = closest(name, candidates)
    if near is None:
        return None
    asked = f'did you mean "{near}"?'
    if without_hidden(near) != without_hidden(name) or near == name:
        return asked
    which, where = (name, "the name here") if hidden_in(name) else (near, "that name")
    characters = " and ".join(map(code_of, hidden_in(which)[:2]))
    return f"{asked} {where} contains what cannot be seen: {characters}" if characters else asked
