"""Check whether plugins of other distributions are installed, without importlib.metadata.

Importing it would take a fifth of the time of ``mycaffe --help``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from functools import lru_cache

_SUFFIXES = (".dist-info", ".egg-info")


@lru_cache(maxsize=1)
def has_third_party() -> bool:
    """Whether a distribution other than our own may offer plugins; looked up once per process."""
    return may_offer_plugins(sys.path)


def may_offer_plugins(places: Iterable[str]) -> bool:
    """Whether a distribution in these folders may offer plugins; an archive always may."""
    places = [place or os.curdir for place in places]
    return any(os.path.isfile(place) for place in places) or any(map(_in_folder, places))


def _in_folder(folder: str) -> bool:
    try:
        names = os.listdir(folder)
    except OSError:
        return False
    return any(
        _offers(os.path.join(folder, name, "entry_points.txt"))
        for name in names
        if name.endswith(_SUFFIXES) and not _is_ours(name)
    )


def _is_ours(name: str) -> bool:
    owner = name.rpartition(".")[0].rpartition("-")[0] or name.rpartition(".")[0]
    return owner.replace("-", "_").lower() == "mycaffe_py"


def _offers(path: str) -> bool:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return any(line.strip() == "[mycaffe]" for line in file)
    except OSError:
        return False
