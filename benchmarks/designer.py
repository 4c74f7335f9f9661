"""What it costs a training that people look at it in the Designer: updates a second with and without pages open on it.

One training of the tutorial's net goes on all the time. In turn, no page or three pages of a niced Chromium are open
on it. Then it is measured how long a user waits from a click on Start to a curve that moves. Linux only.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from mycaffe_plugins.benchmark.interleaved_timing import figures
from reporting import Report

from mycaffe_py.plugins import default_registry
from mycaffe_py.projects import Project, create_project
from mycaffe_py.run import RunFollower, ask_run, is_alive, runs_in

PAGES = 3
NICENESS = 10
LARGEST_SLOWDOWN, LONGEST_START = 0.03, 3.0
MYCAFFE = (sys.executable, "-m", "mycaffe_py")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
# From a click to the second x that the page shows, in milliseconds.
START = """() => new Promise((done, fail) => {
  const clicked = performance.now(), seen = new Set();
  const look = () => {
    const x = document.querySelector('[data-now="x"]')?.textContent ?? '';
    if (/[0-9]/.test(x)) seen.add(x);
    if (seen.size > 1) return done(performance.now() - clicked);
    if (performance.now() - clicked > 60000) return fail(new Error('no curve within a minute'));
    requestAnimationFrame(look);
  };
  document.querySelector('[data-do="start-run"]').click();
  look();
})"""


def cpu_seconds(processes: set[int]) -> float:
    """Return the processor time that processes have used, with that of their children that have ended."""
    total = 0
    for number in processes:
        with suppress(OSError):
            fields = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()
            total += sum(map(int, fields[11:15]))
    return total / os.sysconf("SC_CLK_TCK")


def family(number: int) -> set[int]:
    """Return a process and all that it has started, and these, and so on."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
    found, new = set(), {number}
    while new:
        found |= new
        new = {child for child, parent in parents.items() if parent in new}
    return found


@contextmanager
def started(*command: str, folder: Path, **options: Any) -> Iterator[subprocess.Popen[str]]:
    """Start a command, and end it."""
    with subprocess.Popen(command, cwd=folder, text=True, **options) as process:
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()


def newest_update(follower: RunFollower) -> tuple[int, float]:
    """Wait for the next rows; return the newest update and the time."""
    follower.poll()
    end = time.monotonic() + 60
    while not follower.poll().rows:
        if time.monotonic() > end:
            raise SystemExit("the training has come to a stop")
        time.sleep(0.002)
    return follower.iteration, time.perf_counter()


class Bench:
    """The server, the training, the pages, and the measurements of a phase."""

    def __init__(self, url: str, run: Path, server: int, training: int, browser: Any):
        parts = urlsplit(url)
        self.page_url = (
            f"{parts.scheme}://{parts.netloc}/p/Tutorial/runs/{run.parent.name}/{run.name}"
        )
        self.follower, self.server, self.training = RunFollower(run), server, training
        context = browser.new_context(viewport={"width": 1360, "height": 860})
        self.pages = [context.new_page() for _ in range(PAGES)]
        self.pages[0].goto(url)

    def phase(self, shown: bool, seconds: float) -> tuple[float, float, float]:
        """Return updates/s, and the processors that the server and the pages use."""
        for page in self.pages:
            page.goto(self.page_url if shown else "about:blank")
            if shown:
                page.wait_for_function(
                    "() => /[0-9]/.test(document.querySelector('[data-now=x]')?.textContent)"
                )
        time.sleep(2)
        server = family(self.server)
        # The browser and its driver are our children; so are the other two.
        pages = family(os.getpid()) - server - family(self.training) - {os.getpid()}
        update, begin = newest_update(self.follower)
        before = cpu_seconds(server), cpu_seconds(pages)
        time.sleep(seconds)
        after = cpu_seconds(server), cpu_seconds(pages)
        last, end = newest_update(self.follower)
        spent = end - begin
        return (
            (last - update) / spent,
            (after[0] - before[0]) / seconds,
            (after[1] - before[1]) / seconds,
        )

    def pairs(self, count: int, seconds: float) -> np.ndarray:
        """Return the measurements of each pair without and with pages, (pairs, 2, 3)."""
        found = np.empty((count, 2, 3))
        for index in range(count):
            for side in (0, 1) if index % 2 else (1, 0):
                found[index, side] = self.phase(bool(side), seconds)
        return found


def start_times(bench: Bench, project: Project, count: int) -> list[float]:
    """Return the seconds from a click on Start to a curve that moves."""
    page, found = bench.pages[0], []
    for _ in range(count):
        page.goto(bench.page_url.partition("/runs/")[0] + "/model")
        page.locator('[data-do="start-run"]').wait_for()
        page.get_by_role("treeitem").first.wait_for()
        found.append(page.evaluate(START) / 1000)
        run = runs_in(project.runs)[0]
        ask_run(run, "stop")
        while is_alive(run):
            time.sleep(0.1)
    return found


def measure(folder: Path, args: argparse.Namespace) -> tuple[np.ndarray, list[float]]:
    """Return the measurements of the pairs and of the starts."""
    from playwright.sync_api import sync_playwright

    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise SystemExit("chromium is not installed (Debian: apt install chromium)")
    project = create_project(
        folder,
        "Tutorial",
        gym="Curve",
        model="LiquidNetCfc",
        solver="adamw",
        registry=default_registry(),
    )
    serve = (*MYCAFFE, "designer", str(folder), "--no-browser", "--port", "0")
    train = (
        *(*MYCAFFE, "train", "--solver", "solver.prototxt", "--device", "cpu", "--quiet"),
        *("--set", "solver.max_iter=100000000", "--set", "solver.snapshot=0"),
    )
    quiet = {"stderr": subprocess.DEVNULL, "stdin": subprocess.DEVNULL}
    with started(*serve, folder=folder, stdout=subprocess.PIPE, **quiet) as server:
        url = server.stdout.readline().strip()
        with started(*train, folder=project.folder, stdout=subprocess.DEVNULL, **quiet) as training:
            while not (found := runs_in(project.runs)):
                time.sleep(0.1)
            os.nice(NICENESS)  # what is started from now on is the pages' side
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
                bench = Bench(url, found[0], server.pid, training.pid, browser)
                measured = bench.pairs(args.pairs, args.seconds)
                ask_run(found[0], "stop")
                training.wait(60)
                starts = start_times(bench, project, args.starts)
                browser.close()
    return measured, starts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=10, help="pairs of phases (default 10)")
    parser.add_argument("--seconds", type=float, default=15.0, help="of each phase (default 15)")
    parser.add_argument("--starts", type=int, default=5, help="clicks on Start (default 5)")
    parser.add_argument("--record", action="store_true", help="write the figures to results/")
    args = parser.parse_args()
    settings = {
        "pairs": args.pairs, "seconds of a phase": args.seconds, "pages": PAGES, "niceness of Chromium": NICENESS,
    }  # fmt: skip
    report = Report("A training that is looked at", "designer", settings)
    with tempfile.TemporaryDirectory() as folder:
        measured, starts = measure(Path(folder), args)
    row = figures(measured[:, :, 0], over=0)
    report.add(
        "updates a second",
        ("no page", "three pages", "three pages / no page", "least", "most"),
        [row],
    )
    usual = np.median(measured, axis=0)
    report.add(
        "processors in use",
        ("what", "no page", "three pages"),
        [
            ["server", float(usual[0, 1]), float(usual[1, 1])],
            ["Chromium and its driver", float(usual[0, 2]), float(usual[1, 2])],
        ],
    )
    report.add(
        "seconds from Start to a curve that moves",
        ("median", "least", "most"),
        [[float(np.median(starts)), min(starts), max(starts)]],
    )
    report.finish(args.record)
    return int(row[2] < 1 - LARGEST_SLOWDOWN or np.median(starts) > LONGEST_START)


if __name__ == "__main__":
    sys.exit(main())
