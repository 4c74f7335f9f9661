"""Runs and snapshots near a path that does not exist, for hints."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

_SNAPSHOTS = (".caffemodel", ".solverstate", ".caffemodel.h5", ".solverstate.h5")
_RECORD = "run.json"
_MOST_SHOWN, _MOST_LOOKED_AT, _DEPTH = 4, 2000, 3


def runs_near(path: str | os.PathLike[str], base: str = "runs") -> list[str]:
    """Return the run folders around a path, and below ``base`` in the current folder, the nearest name first."""
    path = Path(path)
    parent = next((place for place in path.parents if os.path.isdir(place)), Path("."))
    places = () if parent in (Path("."), Path("/")) else (parent,)
    found: dict[str, None] = {}
    for place in (*places, Path(base)):
        found |= dict.fromkeys(_runs_below(place))
    wanted = str(path)

    def nearness(name: str) -> float:
        return difflib.SequenceMatcher(None, name, wanted).ratio()

    return sorted(sorted(found, reverse=True), key=nearness, reverse=True)


def runs_hint(path: str | os.PathLike[str]) -> str | None:
    """Return which runs there are near a path, as a hint; None if there is none."""
    found = runs_near(path)
    if len(found) == 1:
        return f'did you mean "{found[0]}"?'
    more = ", ..." if len(found) > _MOST_SHOWN else ""
    return f"runs, the nearest first: {', '.join(found[:_MOST_SHOWN])}{more}" if found else None


def _runs_below(folder: Path) -> list[str]:
    """Return the folders with a run in them, some levels below a folder."""
    found: list[str] = []
    level, looked = [folder], 0
    for _ in range(_DEPTH + 1):
        inner: list[Path] = []
        for place in level:
            try:
                entries = sorted(os.scandir(place), key=lambda entry: entry.name)
            except OSError:
                continue
            looked += len(entries)
            if looked > _MOST_LOOKED_AT:
                return found
            if any(one.name == _RECORD or one.name.endswith(_SNAPSHOTS) for one in entries):
                found.append(str(place))
            else:
                inner += [Path(one.path) for one in entries if one.is_dir() and one.name[0] != "."]
        level = inner
    return found
