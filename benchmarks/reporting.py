"""Reports of benchmarks: the machine, tables, and records of results."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

import mycaffe_py

RESULTS = Path(__file__).parent / "results"


def environment() -> dict[str, str]:
    """Return the date, machine and versions of a benchmark run."""
    return {
        "date": date.today().isoformat(),
        "chip": chip(),
        "cores": str(os.cpu_count()),
        "load average at the end": f"{os.getloadavg()[0]:.2f}",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "mycaffe-py": mycaffe_py.__version__,
        "numpy": np.__version__,
        "torch": _version("torch"),
        "blas": blas(),
    }


def chip() -> str:
    """Return the processor's name."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor() or "unknown"
    facts: dict[str, str] = {}
    for line in lines:
        name, _, value = line.partition(":")
        facts.setdefault(name.strip(), value.strip())
    name = facts.get("model name", platform.processor() or "unknown")
    if "model" not in facts:
        return name
    return f"{name} (family {facts.get('cpu family')}, model {facts['model']})"


def blas() -> str:
    """Return the BLAS cores in use, as reported by threadpoolctl."""
    if importlib.util.find_spec("threadpoolctl") is None:
        return "unknown (threadpoolctl is not installed)"
    from threadpoolctl import threadpool_info

    pools = [
        f"{pool['internal_api']} {pool['version']} {pool.get('architecture', '')}".strip()
        + f", {pool['num_threads']} thread{'s' if pool['num_threads'] > 1 else ''}"
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    ]
    coretype = os.environ.get("OPENBLAS_CORETYPE")
    return "; ".join(pools) + (f"; OPENBLAS_CORETYPE={coretype}" if coretype else "")


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a Markdown table that is also readable in a terminal; floats have four digits."""
    cells = [
        [str(column) for column in columns],
        *[[_cell(value) for value in row] for row in rows],
    ]
    widths = [max(len(row[index]) for row in cells) for index in range(len(columns))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


class Report:
    """Prints a benchmark's results and, if asked to, records them as Markdown and JSON."""

    def __init__(self, title: str, name: str, settings: Mapping[str, Any]):
        self.title, self.name = title, name
        self.settings = dict(settings)
        self._text: list[str] = []
        self._data: dict[str, Any] = {}
        self.say(", ".join(f"{key} {value}" for key, value in self.settings.items()))

    def say(self, text: str) -> None:
        """Print a paragraph and keep it for the record."""
        print(text, flush=True)
        self._text.append(text)

    def add(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Print a table and keep it for the record."""
        self.say(table(columns, rows))
        self.keep(name, columns, rows)

    def keep(self, name: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Keep a table for the JSON record only."""
        self._data[name] = [dict(zip(columns, row, strict=True)) for row in rows]

    def finish(self, record: bool) -> None:
        """Print the machine; write results/NAME.md and results/NAME.json if ``record``."""
        machine = environment()
        print("\n".join(f"{key}: {value}" for key, value in machine.items()))
        if not record:
            return
        RESULTS.mkdir(exist_ok=True)
        text = [f"# {self.title}", *self._text, table(("machine", ""), list(machine.items()))]
        (RESULTS / f"{self.name}.md").write_text("\n\n".join(text) + "\n")
        data = {"machine": machine, "settings": self.settings, **self._data}
        (RESULTS / f"{self.name}.json").write_text(json.dumps(data, indent=1) + "\n")
        print(f"recorded in {RESULTS / self.name}.md and .json")
