"""Make one small mistake after another in a copy of the sources, and report those that no test notices.

    python tools/mutants.py                 all mutants
    python tools/mutants.py NAME...         some of them
    python tools/mutants.py --list          their names and files

A mutant is one replaced piece of text (see ``mutant_table``). The tests that should notice it run on the copy: a
mutant is killed if they fail, and a survivor if they pass. The exit code is 1 if there is a survivor that the table
does not call equivalent, or a mutant whose text is not in its file exactly once.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from mutant_table import MUTANTS, Mutant

ROOT = Path(__file__).resolve().parents[1]
LEFT_OUT = (".git", ".venv*", "venv", "__pycache__", ".*_cache", "build", "dist", "runs")
SOURCE_ROOTS = (".", "plugins")
"""Folders from which packages are imported."""
LONGEST = 900
"""Seconds after which tests count as hanging, and the mutant as killed."""
NO_TESTS = 5
"""pytest's exit code if it found no test."""

KILLED, SURVIVED, EQUIVALENT, ERROR = "killed", "SURVIVED", "equivalent", "ERROR"


class Copy:
    """A copy of the tree in a folder of its own, in which one mutant at a time is tried."""

    def __init__(self, folder: Path):
        self.folder = folder
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
        roots = [str(folder / root) for root in SOURCE_ROOTS]
        # Without .pyc files: one of the same second and size would hide a change.
        self.environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join(roots),
            "PYTHONDONTWRITEBYTECODE": "1",
        }

    def check_imports(self) -> None:
        """Fail unless every package is imported from the copy, wherever it is installed."""
        packages = [
            "mycaffe_py",
            *sorted(path.parent.name for path in ROOT.glob("plugins/mycaffe_*/__init__.py")),
        ]
        code = (
            f"import {', '.join(packages)}\nfor one in {', '.join(packages)},: print(one.__file__)"
        )
        _, output = self._run([sys.executable, "-c", code])
        found = [Path(line) for line in output.splitlines()]
        if len(found) != len(packages) or not all(
            path.is_relative_to(self.folder) for path in found
        ):
            raise SystemExit(f"the copy's packages are not what is imported:\n{output}")

    def test(self, tests: Sequence[str]) -> tuple[int | None, str]:
        """Run tests; return pytest's exit code, None if they hang, and what it wrote."""
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", *tests]
        return self._run(command)

    def _run(self, command: list[str]) -> tuple[int | None, str]:
        process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=LONGEST)
        except BaseException as error:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            if not isinstance(error, subprocess.TimeoutExpired):
                raise
            return None, ""
        return process.returncode, output

    def try_out(self, mutant: Mutant) -> tuple[str, str]:
        """Return what became of a mutant, and a remark; the copy is as before afterwards."""
        path = self.folder / mutant.file
        before = path.read_bytes()
        text = before.decode()
        count = text.count(mutant.old)
        if count != 1:
            return ERROR, f"its text is in {mutant.file} {count} times"
        path.write_bytes(text.replace(mutant.old, mutant.new).encode())
        try:
            code, output = self.test(mutant.tests)
        finally:
            path.write_bytes(before)
        if code == NO_TESTS:
            return ERROR, f"no tests in {' '.join(mutant.tests)}"
        if code != 0:
            return KILLED, "the tests hang" if code is None else _first_failure(output)
        if mutant.equivalent:
            return EQUIVALENT, mutant.equivalent
        return SURVIVED, f"{mutant.file}: {mutant.old.strip()!r} -> {mutant.new.strip()!r}"


def _first_failure(output: str) -> str:
    marks = ("FAILED ", "ERROR ")
    return next((line[:100] for line in output.splitlines() if line.startswith(marks)), "")


def run(mutants: Sequence[Mutant], jobs: int) -> int:
    """Try mutants out, print what became of each, and return the exit code."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies = SimpleQueue()
        for number in range(jobs):
            copies.put(Copy(Path(folder).resolve() / str(number)))
        first = copies.get()
        first.check_imports()
        code, output = first.test(sorted({test for mutant in mutants for test in mutant.tests}))
        copies.put(first)
        if code != 0:
            raise SystemExit(f"the tests do not pass without a mutant:\n{output}")

        def one(mutant: Mutant) -> str:
            copy, begin = copies.get(), time.monotonic()
            try:
                outcome, remark = copy.try_out(mutant)
            finally:
                copies.put(copy)
            seconds = time.monotonic() - begin
            print(f"{outcome:10} {mutant.name:42} {seconds:4.0f} s  {remark}", flush=True)
            return outcome

        with ThreadPoolExecutor(jobs) as pool:
            outcomes = list(pool.map(one, mutants))
    counts = {kind: outcomes.count(kind) for kind in (KILLED, EQUIVALENT, SURVIVED, ERROR)}
    print(f"{len(mutants)} mutants: " + ", ".join(f"{n} {kind}" for kind, n in counts.items() if n))
    return int(bool(counts[SURVIVED] or counts[ERROR]))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit code."""
    parser = argparse.ArgumentParser(
        description="Report mistakes in the sources that no test notices."
    )
    parser.add_argument(
        "names", nargs="*", metavar="NAME", help="mutants to try; all if none is given"
    )
    parser.add_argument("--list", action="store_true", help="show the mutants and try none")
    parser.add_argument("--jobs", type=int, default=1, help="how many to try at once (default 1)")
    given = parser.parse_args(arguments)
    by_name = {mutant.name: mutant for mutant in MUTANTS}
    unknown = [name for name in given.names if name not in by_name]
    if unknown:
        parser.error(f"no mutant is called {', '.join(unknown)}; --list shows them")
    if given.jobs < 1:
        parser.error(f"--jobs must be at least 1, got {given.jobs}")
    chosen = [by_name[name] for name in given.names] or list(MUTANTS)
    if given.list:
        for mutant in chosen:
            print(
                f"{mutant.name:42} {mutant.file}" + (" (equivalent)" if mutant.equivalent else "")
            )
        return 0
    return run(chosen, given.jobs)


if __name__ == "__main__":
    sys.exit(main())
