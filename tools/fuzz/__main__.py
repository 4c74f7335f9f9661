"""The command line of the fuzzer."""

from __future__ import annotations

import argparse
import sys
import tempfile
from math import inf
from pathlib import Path

from .findings import by_signature, write
from .kinds import NAMES, kind_named
from .limits import Limits
from .running import case_of
from .supervising import Result, run_kind

FINDS = Path("fuzz-finds")
KEPT = 3
"""How many findings of one cause are kept."""


def main(words: list[str] | None = None) -> int:
    """Run what the words ask for; return the exit code."""
    options = _parser().parse_args(words)
    kinds = options.kinds or list(NAMES)
    limits = Limits(options.limit, int(options.memory * 2**30))
    results = []
    for index, kind in enumerate(kinds):
        seconds = inf
        if options.seconds is not None:
            left = options.seconds - sum(result.seconds for result in results)
            seconds = max(left, 1) / (len(kinds) - index)
        first = options.first if options.case is None else options.case
        count = (
            1 if options.case is not None else options.count or (200 if seconds == inf else 10**9)
        )
        result = run_kind(kind, options.seed, count, limits, first=first, seconds=seconds)
        results.append(result)
        _show(result, options.out, options.case is not None)
        if result.interrupted:
            break
    return int(any(result.findings for result in results))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tools.fuzz", description=__doc__)
    parser.add_argument(
        "kinds", nargs="*", metavar="KIND", help=f"{', '.join(NAMES)}; default: all"
    )
    parser.add_argument("--count", type=int, help="cases of each kind; default: 200")
    parser.add_argument("--seconds", type=float, help="seconds for all kinds together")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--case", type=int, help="run this case alone, and print what is found")
    parser.add_argument("--limit", type=float, default=5.0, help="seconds of computing for a case")
    parser.add_argument("--memory", type=float, default=1.0, help="GiB for a case")
    parser.add_argument("--out", type=Path, default=FINDS, help="folder for findings")
    return parser


def _show(result: Result, folder: Path, in_full: bool) -> None:
    """Print a line for the kind and one for each cause of findings; write the first findings of each."""
    found = by_signature(result.findings)
    print(
        f"{result.kind}: {result.cases:,} cases, {result.seconds:.0f} s, "
        f"{len(result.findings)} findings of {len(found)} causes",
        flush=True,
    )
    with tempfile.TemporaryDirectory() as place:
        kind = kind_named(result.kind)
        corpus = kind.prepare(Path(place)) if found else None
        for findings in found.values():
            print(f"  {len(findings)} x {findings[0]}", flush=True)
            for finding in findings[:KEPT]:
                own = write(finding, case_of(kind, corpus, finding.seed, finding.number), folder)
                if in_full:
                    print(f"{finding.trace}\n{finding.what}\ninput: {own}")


if __name__ == "__main__":
    sys.exit(main())
