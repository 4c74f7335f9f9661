"""Projects, trainings and run folders for the tests of the pages: real trainings, and folders written row by row."""

from __future__ import annotations

import contextlib
import json
import math
import re
import subprocess
import sys
import time

from mycaffe_py.plugins import default_registry
from mycaffe_py.projects import create_project
from mycaffe_py.run.lock import RunLock
from tests.designer.browser.conftest import Server, end_run
from tests.designer.browser.driving import expect

COLUMNS = ("loss", "accuracy", "baseline_accuracy", "mean_abs_error", "lr", "abs_error")
LONG = 10_000_000
"""So many updates that no test sees the end."""


@contextlib.contextmanager
def designing(folder, *options):
    """A Designer on a folder for several tests; the trainings left in it are ended with it."""
    folder.mkdir(exist_ok=True)
    server = Server(folder, *options)
    try:
        yield server
    finally:
        end_trainings(folder)
        server.stop()


def end_trainings(folder):
    for lock in folder.rglob("run.lock"):
        end_run(lock.parent)


def new_project(folder, name, *, small=True, solver_text=(), **chosen):
    """Make a project whose files train fast; ``solver_text`` replaces (pattern, text) in its solver file."""
    chosen = {"gym": "Curve", "model": "LiquidNetCfc", "solver": "adamw"} | chosen
    project = create_project(folder, name, registry=default_registry(), **chosen)
    if small:
        replace(project.model, ("hidden_size: .*", "hidden_size: 4"))
        replace(project.model, ("backbone_units: .*", "backbone_units: 4"))
    replace(project.solver, *solver_text)
    return project


def replace(path, *changes):
    text = path.read_text()
    for pattern, new in changes:
        text, count = re.subn(pattern, new, text)
        assert count, (path, pattern)
    path.write_text(text)


def train_in_terminal(project, *options):
    """Start ``mycaffe train`` as a person does in the project's folder; its output is in train.log."""
    command = [sys.executable, "-m", "mycaffe_py", "train", "--solver", "solver.prototxt"]
    with open(project.folder / "train.log", "w", encoding="utf-8") as log:
        return subprocess.Popen(
            [*command, "--device", "cpu", *options],
            cwd=project.folder,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )


def train_to_the_end(project, updates, *options):
    """Train and return the run folder."""
    process = train_in_terminal(project, "--iterations", str(updates), *options)
    log = project.folder / "train.log"
    assert process.wait(120) == 0, log.read_text()
    return project.folder / log.read_text().splitlines()[-1]


def read_json(path):
    return json.loads(path.read_text())


def first_update(folder):
    """Return the first update that a run has written a row of."""
    return int((folder / "metrics.csv").read_text().splitlines()[1].split(",")[0])


def last_update(folder):
    text = (folder / "metrics.csv").read_text()
    return int(text[: text.rindex("\n")].rpartition("\n")[2].split(",")[0])


class RunFolder:
    """A run folder as a training writes it, but row by row and with the values that a test needs."""

    def __init__(self, project, number="001", *, columns=COLUMNS, max_iter=1000, **record):
        self.path = project.runs / "LiquidNetCfc" / number
        self.path.mkdir(parents=True)
        self.columns, self.max_iter, self.iteration = columns, max_iter, 0
        for kind in ("model", "solver"):
            text = getattr(project, kind).read_text()
            (self.path / f"{kind}.prototxt").write_text(text)
        self.record = {
            "status": "running", "message": "", "net": "LiquidNetCfc", "solver": "AdamW",
            "trainer": "RNN.SUPER_SIMPLE", "gym": "Curve", "iteration": 0, "max_iter": max_iter,
            "started": "2026-01-02T03:04:05+00:00", "ended": None, "seed": 7,
            "device": {"name": "cpu", "reason": ""}, "dtype": "float32", "command": ["mycaffe", "train"],
            "working_folder": str(project.folder), "process": 0, "resumed_from": None,
            "resumed_run": None, "best": None, "problem": None, "snapshots": [],
        } | record  # fmt: skip
        self.lock = RunLock(self.path)
        self._write_record()

    @property
    def page(self):
        """The address of its page."""
        folder = self.path
        return f"/p/{folder.parents[2].name}/runs/{folder.parent.name}/{folder.name}"

    def _write_record(self, **changes):
        self.record |= changes
        self._replace("run.json", json.dumps(self.record))

    def _replace(self, name, text):
        beside = self.path / f"{name}.tmp"
        beside.write_text(text)
        beside.replace(self.path / name)

    def add(self, rows):
        """Append rows of figures, each a dict by column; what it lacks is an empty cell."""
        text = "" if self.iteration else ",".join(("iteration", *self.columns)) + "\n"
        for row in rows:
            self.iteration += 1
            cells = [_cell(row.get(name)) for name in self.columns]
            text += ",".join((str(self.iteration), *cells)) + "\n"
        with open(self.path / "metrics.csv", "a") as file:
            file.write(text)
        self._tell_progress(rows[-1])

    def _tell_progress(self, row):
        figures = {name: None if _cell(value) == "" else value for name, value in row.items()}
        state = {
            "iteration": self.iteration, "max_iter": self.max_iter, "seconds": 2.0, "rate": 100.0,
            "left": 3.0, "memory": 52.0, "peak": 60.0, "figures": figures, "tests": {},
        }  # fmt: skip
        self._replace("progress.json", json.dumps(state))

    def add_samples(self, samples, names=("y",)):
        """Append (x, target, prediction) of the updates that follow."""
        path = self.path / "live.jsonl"
        header = {"names": names, "x_name": "x", "tolerance": 0.005, "dates": False, "folded": 0}
        lines = [] if path.exists() else [json.dumps(header)]
        known = 0 if lines else len(path.read_text().splitlines()) - 1
        for update, (x, target, prediction) in enumerate(samples, known + 1):
            lines.append(json.dumps({"i": update, "x": x, "t": [target], "p": [prediction]}))
        with open(path, "a") as file:
            file.write("\n".join(lines) + "\n")

    def add_test(self, **figures):
        with open(self.path / "tests.jsonl", "a") as file:
            file.write(json.dumps({"iteration": self.iteration, "net": 0, **figures}) + "\n")

    def end(self, status="done", **changes):
        """Let go of the lock, as a training does at its end."""
        self._write_record(
            status=status, iteration=self.iteration, ended="2026-01-02T03:05:05+00:00", **changes
        )
        self.lock.release()
        return self


def _cell(value):
    return "" if value is None or not math.isfinite(value) else repr(value)


def sine_samples(count, first=0):
    """Return ``count`` samples of a sine and of what a net makes of it."""
    steps = [(first + k) * 0.05 for k in range(count)]
    return [(x, math.sin(x), math.sin(x) + 0.01 * math.cos(7 * x)) for x in steps]


def on_disk(page, true, seconds=20.0):
    """Wait for what a page has caused outside of it, and return its value; the page's requests go on meanwhile."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = true()
        if value:
            return value
        page.wait_for_timeout(50)
    raise AssertionError(f"not within {seconds} s: {true}")


def box(page, name):
    """The box of a figure's curve: "Loss", "Accuracy", "abs_error"."""
    return page.get_by_role("region", name=name, exact=True)


def sentence(place):
    """What the picture of a chart says to whom cannot see it."""
    return place.get_by_role("img").first.get_attribute("aria-label") or ""


def as_table(place):
    """Open the table of a chart, if it is not open, and return its rows as texts, the heading first."""
    button = place.get_by_role("button", name=re.compile("as a table"))
    if button.get_attribute("aria-pressed") != "true":
        button.click()
    table = place.locator(".as-table table")
    expect(table).to_be_visible()
    return table.evaluate(
        "table => [...table.rows].map(row => [...row.cells].map(cell => cell.innerText))"
    )


def number(text):
    """Return a figure as it is written on a page (1,234 or 1.9e-5 or −3) as a number."""
    return float(text.replace(",", "").replace("−", "-"))


def in_tree(page, name):
    """The link of a run in the project's tree."""
    return page.locator("#side").get_by_role("link", name=re.compile(rf"^{name}\b"))
