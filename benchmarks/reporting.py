"""Reports of benchmarks: the machine, tables, and records of results."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mycaffe_plugins.benchmark.machine import environment
from mycaffe_plugins.benchmark.tables import table

RESULTS = Path(__file__).parent / "results"


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
