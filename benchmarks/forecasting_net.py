"""Our side of forecasting.py: the default recipe, trained on a training part, then forecasting from every origin."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from rolling import LEVEL, origins_of
from series_data import Case

_SOLVER = """net: "SeriesCfc.prototxt"
trainer {{
  type: "SERIES"
  series_trainer_param {{ interval: {level} }}
  gym {{
    type: "Series"
    series_param {{ csv_file: "{file}" fit_model: true horizon: {horizon} {season} }}
  }}
}}
"""


def solver_text(case: Case, file: Path) -> str:
    """Return the solver of examples/series with the case's file, horizon and, if it has one, season."""
    season = f"season: {case.span}" if case.span else ""
    return _SOLVER.format(file=file.as_posix(), horizon=case.horizon, season=season, level=LEVEL)


def ours(case: Case, seed: int) -> dict[str, Any]:
    """Train on the training part and forecast from ``origins_of(case)``.

    Returns ``predictions``, ``lower`` and ``upper``, each (N, H, O), and the ``seconds`` of processor time that
    training took. After the last row, where nothing is compared, the last value stands in.
    """
    from mycaffe_py.builder import build_training

    with tempfile.TemporaryDirectory() as folder:
        solver = Path(folder) / "solver.prototxt"
        solver.write_text(solver_text(case, case.write(Path(folder))), encoding="utf-8")
        start = time.process_time()
        training = build_training(solver=solver, seed=seed, device="cpu")
        training.solver.step(training.solver.param.max_iter)
        seconds = time.process_time() - start
        values = _predict(training, case)
    return {"predictions": values[1], "lower": values[0], "upper": values[2], "seconds": seconds}


def _predict(training: Any, case: Case) -> np.ndarray:
    """Return the lower ends, the forecasts and the upper ends, (3, N, H, O)."""
    from mycaffe_plugins.series.judging import Places, forecasts_of, in_units

    learner, origins = training.trainer.learner, origins_of(case)
    samples, memory = learner.samples, learner.layer.memory()
    shape = (3, len(origins), case.horizon, case.values.shape[1])
    found = np.broadcast_to(samples.windows.filled[origins][:, None], shape).copy()
    stops = np.full(len(origins), len(case))
    distances = np.arange(1, case.horizon + 1)
    places = Places.every(origins, distances, stops)
    which, kept = places.ahead - 1, (memory["weights"], memory["gain"])
    relative = forecasts_of(training.net, learner.blobs, samples, places, *kept)
    number = np.searchsorted(origins, places.origins)
    for index, added in enumerate((memory["band"][which, :, 0], 0.0, memory["band"][which, :, 1])):
        found[index, number, which] = in_units(samples, places, relative + added)
    return found
