"""What is wrong with the answer to a case, and the folder that keeps it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .case import Case

_PLACE = re.compile(
    r'File "[^"]*?((?:mycaffe_py|mycaffe_plugins|tools)/[^"]+)", line (\d+)(?:,)? in (\w+)'
)


@dataclass(frozen=True)
class Finding:
    """``what`` in a line; ``trace`` is a traceback or other text."""

    kind: str
    seed: int
    number: int
    what: str
    trace: str = ""

    @property
    def signature(self) -> str:
        """The same for findings that most likely have one cause: class and place of the exception."""
        places = _PLACE.findall(self.trace)
        own = [place for place in places if not place[0].startswith("tools/")] or places
        # The traceback of a process that was ended lists the latest call first.
        latest = own[:1] if "most recent call first" in self.trace else own[-1:]
        where = " ".join(f"{file}:{line} {name}()" for file, line, name in latest)
        return f"{re.sub(r'[0-9]+', 'N', self.what)[:60]} {where}".strip()

    def __str__(self) -> str:
        return f"{self.kind} --seed {self.seed} --case {self.number}: {self.signature}"


def write(finding: Finding, case: Case | None, folder: Path) -> Path:
    """Write a finding with its input to a folder of its own below ``folder``; return that."""
    own = folder / f"{finding.kind}-{finding.seed}-{finding.number}"
    own.mkdir(parents=True, exist_ok=True)
    again = f"python -m tools.fuzz {finding.kind} --seed {finding.seed} --case {finding.number}"
    (own / "finding.txt").write_text(
        f"{again}\n{finding.what}\n\n{finding.trace}\n", encoding="utf-8", errors="backslashreplace"
    )
    if case is not None:
        steps = "\n".join(map(repr, case.steps))
        (own / "steps.txt").write_text(steps + "\n", encoding="utf-8", errors="backslashreplace")
        write_files(case, own / "input")
    return own


def write_files(case: Case, folder: Path) -> None:
    """Write a case's files below a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def by_signature(findings: Sequence[Finding]) -> dict[str, list[Finding]]:
    """Return the findings of each cause, in the order of the first ones."""
    found: dict[str, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.signature, []).append(finding)
    return found
