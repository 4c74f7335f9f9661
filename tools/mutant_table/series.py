"""The Series gym: which rows it asks for, and what it shows."""

from __future__ import annotations

from .mutant import Mutant

SERIES_GYM = "plugins/mycaffe_plugins/series/gym.py"
SERIES_WINDOWS = "plugins/mycaffe_plugins/series/windows.py"

OF_SERIES = (
    "tests/plugins/series/test_series_gym.py",
    "tests/plugins/series/test_series_ahead.py",
)
SERIES_SAMPLES = "plugins/mycaffe_plugins/series/samples.py"
SERIES_SCALING = "plugins/mycaffe_plugins/series/scaling.py"
SEASONS = "plugins/mycaffe_plugins/series/seasons.py"
BASELINES = "plugins/mycaffe_plugins/series/baselines.py"
AUTOREGRESSION = "plugins/mycaffe_plugins/series/autoregression.py"
RECIPE = "plugins/mycaffe_plugins/series/recipe.py"
BANDS = "plugins/mycaffe_plugins/series/bands.py"
RESOLVING = "plugins/mycaffe_plugins/series/resolving.py"
OF_SAMPLES = ("tests/plugins/series/test_samples.py",)
OF_SCALING = ("tests/plugins/series/test_scaling.py",)
OF_SEASONS = ("tests/plugins/series/test_seasons.py",)
OF_BASELINES = ("tests/plugins/series/test_baselines.py",)
OF_AUTOREGRESSION = ("tests/plugins/series/test_autoregression.py",)
OF_RECIPE = ("tests/plugins/series/test_recipe.py",)
OF_BANDS = ("tests/plugins/series/test_bands.py",)
OF_RESOLVING = ("tests/plugins/series/test_resolving.py",)
OF_WINDOWS = ("tests/plugins/series/test_windows.py", "tests/plugins/series/test_panels.py")
FORECAST = "plugins/mycaffe_plugins/series/forecast_layer.py"
FORECAST_MEMORY = "plugins/mycaffe_plugins/series/forecast_memory.py"
OF_FORECAST = ("tests/plugins/series/test_forecast_layer.py",)
PINBALL = "plugins/mycaffe_plugins/series/pinball_loss.py"
OF_PINBALL = ("tests/plugins/series/test_pinball_loss.py",)

MUTANTS = (
    Mutant(
        "series-horizon-beyond-the-training-part",
        SERIES_GYM,
        "farthest = min(self.settings.horizon, int(targets[-1] - first[0]))",
        "farthest = self.settings.horizon",
        OF_SERIES,
    ),
    Mutant(
        "series-horizon-one-beyond-the-training-part",
        SERIES_GYM,
        "int(targets[-1] - first[0]))",
        "int(targets[-1] - first[0]) + 1)",
        OF_SERIES,
    ),
    Mutant(
        "series-longest-horizon-never-drawn",
        SERIES_GYM,
        "farthest + 1))\n            begin =",
        "max(farthest, nearest + 1)))\n            begin =",
        OF_SERIES,
    ),
    Mutant(
        "series-context-before-the-first-observation",
        SERIES_GYM,
        "begin = int(np.searchsorted(targets, first[0] + self._ahead))",
        "begin = int(np.searchsorted(targets, self._ahead))",
        OF_SERIES,
    ),
    Mutant(
        "series-statistics-of-all-rows",
        SERIES_WINDOWS,
        "own = self._values[rows & self.observed[:, column], column]",
        "own = self._values[self.observed[:, column], column]",
        OF_SERIES,
    ),
    Mutant(
        "series-query-not-scaled-by-the-horizon",
        SERIES_WINDOWS,
        "x[:, -1, width] = passed / self.param.horizon",
        "x[:, -1, width] = passed",
        OF_SERIES,
    ),
    Mutant(
        "series-training-asks-for-test-rows",
        SERIES_WINDOWS,
        "begins)[own]) & (rows < ends[own])",
        "begins)[own]) & (rows <= ends[own])",
        OF_SERIES,
    ),
    Mutant(
        "series-context-from-the-series-before",
        SERIES_WINDOWS,
        "rows[rows < self.series.starts[self.which[origins]][:, None]] = -1",
        "rows[rows < 0] = -1",
        OF_WINDOWS,
    ),
    Mutant(
        "series-steps-between-series",
        SERIES_WINDOWS,
        "steps = steps[(own == self.which[:-1]) & (rows < ends) & (steps > 0)]",
        "steps = steps[(rows < ends) & (steps > 0)]",
        OF_WINDOWS,
    ),
    Mutant(
        "series-tests-without-a-row-ahead",
        SERIES_WINDOWS,
        "(complete[beyond] > complete[nearest])",
        "(complete[beyond] >= complete[nearest])",
        OF_WINDOWS,
    ),
    Mutant(
        "series-season-of-a-later-row",
        SERIES_SAMPLES,
        "return np.minimum(self._nearest(wanted, own), origins)",
        "return self._nearest(wanted, own)",
        OF_SAMPLES,
    ),
    Mutant(
        "series-season-from-one-season-later",
        SERIES_SAMPLES,
        "cycles = np.ceil((times - now - half) / period).clip(1) + back - 1",
        "cycles = np.ceil((times - now - half) / period).clip(1) + back - 2",
        OF_SAMPLES,
    ),
    Mutant(
        "series-exponential-means-across-series",
        SERIES_SAMPLES,
        "inside = (places[shift:] >= shift)[:, None]",
        "inside = True",
        OF_WINDOWS,
    ),
    Mutant(
        "series-sums-of-whole-values",
        SERIES_SAMPLES,
        "self._moved = self.filled - self.filled[self._begins]",
        "self._moved = self.filled - 0 * self.filled[self._begins]",
        OF_SAMPLES,
    ),
    Mutant(
        "series-spread-of-the-test-part",
        SERIES_SAMPLES,
        "kept = (ahead >= begin) & (ahead < end)",
        "kept = (ahead >= begin) & (ahead < len(filled))",
        OF_SCALING,
    ),
    Mutant(
        "series-constant-by-the-largest-value",
        SERIES_SCALING,
        "return 1e-10 * float(np.quantile(np.abs(values), 0.75))",
        "return 1e-10 * float(np.abs(values).max())",
        OF_SCALING,
    ),
    Mutant(
        "series-scaling-in-one-float32",
        SERIES_SCALING,
        "return float(first) + float(np.float32(value - float(first)))",
        "return float(first)",
        OF_SCALING,
    ),
    Mutant(
        "series-multiple-of-a-season",
        SEASONS,
        "heights.max() - chance][0]",
        "heights.max() - 0 * chance][0]",
        OF_SEASONS,
    ),
    Mutant(
        "series-irregular-times-as-rows",
        SEASONS,
        "    if not is_regular(steps):\n",
        "    if False:\n",
        OF_SEASONS,
    ),
    Mutant(
        "baseline-drift-with-its-own-block",
        BASELINES,
        "kept = np.concatenate([1 - np.eye(BLOCKS), np.ones((1, BLOCKS))])",
        "kept = np.ones((BLOCKS + 1, BLOCKS))",
        OF_BASELINES,
    ),
    Mutant(
        "baseline-drift-of-later-rows",
        BASELINES,
        "& (rows <= last[windows.which])]",
        "& (rows < windows.train_ends[windows.which])]",
        OF_BASELINES,
    ),
    Mutant(
        "baseline-ridge-with-its-own-block",
        BASELINES,
        "parts = [squares[np.arange(BLOCKS) != part].sum(axis=0) for part in range(BLOCKS)]",
        "parts = [squares.sum(axis=0) for part in range(BLOCKS)]",
        OF_BASELINES,
    ),
    Mutant(
        "baseline-ridge-around-one-centre",
        BASELINES,
        "rest = self.target[known, column, None] - centres[:, known, column].T",
        "rest = self.target[known, column, None] - centres[-1:, known, column].T",
        OF_BASELINES,
    ),
    Mutant(
        "autoregression-phases-turn-backwards",
        AUTOREGRESSION,
        "found[0::2] = of_sin * cos - of_cos * sin",
        "found[0::2] = of_sin * cos + of_cos * sin",
        OF_AUTOREGRESSION,
    ),
    Mutant(
        "autoregression-without-limit",
        AUTOREGRESSION,
        "np.abs(following).max() > _EXPLODED",
        "np.abs(following).max() > 1e300",
        OF_AUTOREGRESSION,
    ),
    Mutant(
        "recipe-logarithms-by-all-rows",
        RECIPE,
        "if not (windows.training_values > 0).all():",
        "if not np.nanmin(windows.series.values) > 0:",
        OF_RECIPE,
    ),
    Mutant(
        "recipe-floor-of-the-smallest-value",
        RECIPE,
        "positive = values[values > 0]",
        "positive = values",
        OF_RECIPE,
    ),
    Mutant(
        "bands-by-plain-quantiles",
        BANDS,
        "(tail * (count + 1) - 1) / max(count - 1, 1)",
        "tail",
        OF_BANDS,
    ),
    Mutant(
        "bands-narrower-farther-ahead",
        BANDS,
        "np.maximum.accumulate(found[:, column, 1])",
        "found[:, column, 1]",
        OF_BANDS,
    ),
    Mutant(
        "gains-without-doubt",
        BANDS,
        "trusted = independent / (independent + _DOUBTED)",
        "trusted = 1.0",
        OF_BANDS,
    ),
    Mutant(
        "gains-of-values-that-are-unknown",
        BANDS,
        "distances = np.unique(at)",
        "distances = np.unique(ahead)",
        OF_BANDS,
    ),
    Mutant(
        "series-reach-of-one-season",
        RESOLVING,
        "max(2 * season if season else 24, 2 * param.horizon)",
        "max(season if season else 24, 2 * param.horizon)",
        OF_RESOLVING,
    ),
    Mutant(
        "forecast-gain-of-the-next-row",
        FORECAST,
        "xp.subtract(index, 1, out=index)",
        "xp.clip(index, 0, self.horizon - 1, out=index)",
        OF_FORECAST,
    ),
    Mutant(
        "forecast-rows-ahead-cut-off",
        FORECAST,
        "xp.rint(rows, out=rows)",
        "xp.floor(rows, out=rows)",
        OF_FORECAST,
    ),
    Mutant(
        "forecast-correction-without-gain-on-the-way-back",
        FORECAST,
        "self.xp.multiply(self._factor.data, dy, out=bottom[1].diff)",
        "self.xp.copyto(bottom[1].diff, dy)",
        OF_FORECAST,
    ),
    Mutant(
        "forecast-centre-in-float32-alone",
        FORECAST_MEMORY,
        "rest = (values - first).astype(np.float32)",
        "rest = 0 * first",
        OF_FORECAST,
    ),
    Mutant(
        "pinball-loss-counts-values-not-observed",
        PINBALL,
        "self.normalizer = observed.clip(1) * self._view[1]",
        "pass",
        OF_PINBALL,
    ),
    Mutant(
        "pinball-loss-none-observed",
        PINBALL,
        "observed.clip(1)",
        "observed",
        OF_PINBALL,
    ),
)
