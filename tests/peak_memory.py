"""How much memory a program takes at most, for tests of files that claim more than they hold."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
_REPORT = """
import re, sys
try:
    text = open("/proc/self/status").read()  # getrusage counts the program that started this one, too
    peak = int(re.search(r"VmHWM:\\s+(\\d+)", text)[1]) >> 10
except OSError:
    import resource
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (20 if sys.platform == "darwin" else 10)
print("peak", peak)
"""


def peak_memory(
    code: str, *arguments: str | os.PathLike[str], timeout: float = 60
) -> tuple[int, str]:
    """Run Python code in a process of its own; return its resident memory at most, in MiB, and what it printed.

    ``arguments`` are ``sys.argv[1:]`` there. Fails if the code does.
    """
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{_REPORT}", *map(os.fspath, arguments)],
        capture_output=True, text=True, timeout=timeout, cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    printed, _, peak = done.stdout.rpartition("peak ")
    return int(peak), printed
