"""How well series of many kinds are forecast: our net, naive forecasts, ridge regression and classical models.

Every method is fitted once, on the first 80 % of the rows, and then forecasts 1 to H rows ahead from the last of these
rows and from every row after it (at most 200, evenly thinned), given the newer rows but not fitted again. Errors are
mean absolute ones divided by the seasonal naive forecast's within the training part (MASE), averaged over distances.
``--validate`` does all this within the first 80 %, where settings can be tried without looking at the test data. Exit
code 1 if a target is missed.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import mean, median, stdev

import mycaffe_plugins.benchmark.one_thread  # noqa: F401  (before NumPy)

# isort: split
from classical import METHODS, NAIVE
from classical_scores import classical_scores
from forecasting_net import ours
from reporting import Report
from rolling import Forecast, Score, score
from series_data import CASES, Case

NEAR_BEST, NEAREST = 1.05, 6
WORST = 1.1
SECONDS = 60
COVERAGE = (0.7, 0.9)


@dataclass(eq=False)
class Result:
    """A series' scores: of the classical methods by name, and ours of each seed."""

    case: Case
    classical: dict[str, Score]
    nets: list[Score] = field(default_factory=list)

    @property
    def ours(self) -> float:
        """The median over seeds."""
        return median(net.mase for net in self.nets)

    @property
    def naive(self) -> float:
        """The error of the better naive forecast: the last value or the seasonal one."""
        return min(self.classical[name].mase for name in NAIVE)

    @property
    def best(self) -> str:
        """The best classical method."""
        return min(self.classical, key=lambda name: self.classical[name].mase)

    @property
    def to_naive(self) -> float:
        return self.ours / self.naive

    @property
    def to_best(self) -> float:
        """Our error as a share of the best classical method's; below 1 where ours is the best of all."""
        return self.ours / self.classical[self.best].mase

    @property
    def beats_naive(self) -> bool:
        """Whether the mean over seeds is below the better naive forecast by more than two standard errors.

        The noise of a single seed is not known: it counts as none, and ``verdicts`` says so.
        """
        errors = [net.mase for net in self.nets]
        noise = stdev(errors) / len(errors) ** 0.5 if len(errors) > 1 else 0.0
        return mean(errors) + 2 * noise < self.naive

    @property
    def coverage(self) -> float | None:
        """The median coverage of the 80 % intervals over seeds; None if there are none."""
        found = [net.coverage for net in self.nets if net.coverage is not None]
        return median(found) if found else None

    @property
    def seconds(self) -> float:
        return median(net.seconds for net in self.nets)


def errors_table(results: Sequence[Result]) -> tuple[tuple[str, ...], list[list]]:
    columns = ("series", "kind", "rows", "H", *METHODS, "ours", "seeds")
    rows = []
    for result in results:
        found = sorted(net.mase for net in result.nets)
        classical = (result.classical[name].mase for name in METHODS)
        case = result.case
        start = (case.name, case.kind, len(case), case.horizon)
        rows.append([*start, *classical, result.ours, f"{found[0]:.4g} to {found[-1]:.4g}"])
    return columns, rows


def shares_table(results: Sequence[Result]) -> tuple[tuple[str, ...], list[list]]:
    columns = (
        *("series", "to better naive", "beyond noise", "best other", "to best other"),
        *("coverage", "ridge's", "ETS's", "AR's", "seconds"),
    )
    rows = []
    for result in results:
        covered = (result.classical[name].coverage for name in ("ridge", "ETS", "AR"))
        start = [result.case.name, result.to_naive, result.beats_naive, result.best, result.to_best]
        shares = [_percent(share) for share in (result.coverage, *covered)]
        rows.append([*start, *shares, result.seconds])
    return columns, rows


def _percent(share: float | None) -> str:
    return "none" if share is None else f"{share:.0%}"


def verdicts(results: Sequence[Result]) -> list[tuple[bool, str]]:
    """Return each target: whether it is met, and what was found."""
    beaten = [result for result in results if result.beats_naive]
    near = [result for result in results if result.to_best <= NEAR_BEST]
    worst = max(results, key=lambda result: result.to_naive)
    slow = median(result.seconds for result in results)
    least, most = COVERAGE
    covered = [r for r in results if r.coverage is not None and least <= r.coverage <= most]
    others = ", ".join(result.case.name for result in results if not result.beats_naive)
    uncovered = ", ".join(
        f"{r.case.name} {_percent(r.coverage)}" for r in results if r not in covered
    )
    count = len(results)
    single = min(len(result.nets) for result in results) == 1
    noise = "one seed, noise unknown" if single else "by more than two standard errors over seeds"
    return [
        (
            len(beaten) == count,
            f"better than the better naive forecast ({noise}) on {len(beaten)} of {count} series"
            f"{f'; not on {others}' if others else ''}",
        ),
        (
            len(near) >= min(NEAREST, count),
            f"best of all, or within {NEAR_BEST - 1:.0%} of the best, on {len(near)} of {count} series "
            f"(at least {NEAREST} are wanted); the best on {sum(r.to_best < 1 for r in results)}",
        ),
        (
            worst.to_naive <= WORST,
            f"at worst {worst.to_naive:.2f} times the better naive forecast's error, on {worst.case.name} "
            f"(at most {WORST} is wanted)",
        ),
        (
            slow < SECONDS,
            f"training takes {slow:.0f} s of one core's time (median over series; under {SECONDS} s is wanted)",
        ),
        (
            len(covered) == count,
            f"80 % intervals cover {least:.0%} to {most:.0%} of the targets on {len(covered)} of {count} series"
            f"{f'; not on {uncovered}' if uncovered else ''}",
        ),
    ]


def judge(name: str, seeds: int, validate: bool) -> Result:
    """Return a series' scores, classical and ours."""
    case = CASES[name]()
    if validate:
        case = case.head(case.train_rows)
    result = Result(case, classical_scores(case, "validate" if validate else "test"))
    for seed in range(1, seeds + 1):
        found = ours(case, seed)
        forecast = Forecast(found["predictions"], found["lower"], found["upper"])
        result.nets.append(score(case, forecast, found["seconds"]))
        net = result.nets[-1]
        print(
            f"{name}, seed {seed}: {net.mase:.4g} ({net.mase / result.naive:.3f} of the better naive, "
            f"{net.mase / result.classical[result.best].mase:.3f} of {result.best}), coverage "
            f"{_percent(net.coverage)}, {net.seconds:.1f} s",
            flush=True,
        )
    return result


def parse(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--only", action="append", choices=sorted(CASES), metavar="NAME", help="may be repeated"
    )
    parser.add_argument("--seeds", type=int, default=3, help="how many, from 1 (default 3)")
    parser.add_argument("--validate", action="store_true", help="inside the training part")
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    args = parser.parse_args(arguments)
    if args.seeds < 1:
        parser.error(f"--seeds is {args.seeds}; expected 1 or more")
    return args


def main() -> int:
    args = parse()
    settings = {
        "series": ", ".join(args.only or ["all"]),
        "seeds": args.seeds,
        "part": "the last fifth of the training part" if args.validate else "the last fifth",
    }
    report = Report("Forecasting series of many kinds", "forecasting", settings)
    results = [judge(name, args.seeds, args.validate) for name in args.only or CASES]
    report.say(
        "MASE: mean absolute error divided by the seasonal naive forecast's within the training part, mean over 1 to H "
        "rows ahead. Ours: the median over seeds, beside the least and the greatest."
    )
    report.add("errors", *errors_table(results))
    report.say(
        "Our error as a share of others', the coverage of 80 % intervals, and seconds of training."
    )
    report.add("shares", *shares_table(results))
    met = verdicts(results)
    for passed, text in met:
        report.say(f"{'PASSED' if passed else 'MISSED'}: {text}")
    report.finish(args.record)
    return 0 if all(passed for passed, _ in met) else 1


if __name__ == "__main__":
    sys.exit(main())
