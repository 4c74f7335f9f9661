"""The process that runs cases: it tells on stdout which one begins, and what it finds.

python -m tools.fuzz.worker KIND SEED FIRST END SECONDS MEMORY LOG
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any


def main(words: list[str]) -> None:
    """Run the cases FIRST to END - 1."""
    name, seed, first, end = words[0], *map(int, words[1:4])
    # Messages go to the pipe that stdout was; whatever else writes there goes nowhere.
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        os.dup2(nowhere.fileno(), 1)
    prepare_process()

    from .case import Kind
    from .findings import Finding
    from .kinds import kind_named
    from .limits import Limits, Peak, bound, timed
    from .running import case_of, judge

    limits = Limits(float(words[4]), int(words[5]))
    kind: Kind = kind_named(name)
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder, open(words[6], "w+") as log:
        os.environ["HOME"] = os.environ["XDG_STATE_HOME"] = os.environ["XDG_CACHE_HOME"] = folder
        tempfile.tempdir = folder
        corpus = kind.prepare(Path(folder))
        little_memory(limits.memory)
        bound(limits, log)
        for number in range(first, end):
            _say(out, begun=number)
            peak = Peak()
            case = case_of(kind, corpus, seed, number)
            with timed(limits):
                found = judge(kind, case, seed, number)
            if found is None and peak.grown() > limits.memory:
                what = f"memory: {peak.grown() / 2**30:.1f} GiB"
                found = Finding(name, seed, number, what, repr(case.steps))
            if found is not None:
                _say(out, found=asdict(found))
        _say(out, done=True)


def prepare_process() -> None:
    """Set what must be set before NumPy is imported: one thread, no compiled kernels, no colours."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    os.environ |= {"MYCAFFE_FAST": "0", "NO_COLOR": "1", "COLUMNS": "80", "MPLBACKEND": "Agg"}


def little_memory(size: int) -> None:
    """Let the package believe that so many bytes are free, and look also before it takes a part of them."""
    from mycaffe_py.device import memory_limits

    memory_limits._WORTH_ASKING = size >> 4
    memory_limits.free_memory = lambda: size >> 1  # type: ignore[assignment]


def _say(out: Any, **message: Any) -> None:
    print(json.dumps(message), file=out, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
