"""Scores of the classical methods of forecasting.py, kept in a file: they depend only on the series and on the code."""

from __future__ import annotations

import hashlib
import json
import time
from importlib.metadata import version
from pathlib import Path

from classical import METHODS
from rolling import Score, score
from series_data import Case

CACHE = Path(__file__).parent / "results" / "forecasting_classical.json"
_CODE = ("classical.py", "classical_models.py", "rolling.py")


def key_of(case: Case) -> str:
    """Return a hash of the series, of how it is forecast and of the code that computes the scores."""
    settings = (case.name, case.horizon, case.period, case.span, case.step)
    described = f"{settings}\nstatsmodels {version('statsmodels')}\n{case.text()}"
    digest = hashlib.sha256(described.encode())
    for name in _CODE:
        digest.update(Path(__file__).with_name(name).read_bytes())
    return digest.hexdigest()[:16]


def classical_scores(case: Case, part: str, cache: Path = CACHE) -> dict[str, Score]:
    """Return the score of each classical method; ``part`` names what is forecast ("test" or "validate")."""
    kept = json.loads(cache.read_text(encoding="utf-8")) if cache.is_file() else {}
    entry, key = kept.get(f"{case.name}, {part}"), key_of(case)
    if entry is None or entry["key"] != key:
        scores = {name: _timed(case, name).as_dict() for name in METHODS}
        kept[f"{case.name}, {part}"] = entry = {"key": key, "scores": scores}
        cache.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(dict(sorted(kept.items())), indent=None)
        cache.write_text(text.replace('"}}, ', '"}},\n') + "\n", encoding="utf-8")
    return {name: Score.of(data) for name, data in entry["scores"].items()}


def _timed(case: Case, name: str) -> Score:
    start = time.process_time()
    forecast = METHODS[name](case)
    return score(case, forecast, time.process_time() - start)
