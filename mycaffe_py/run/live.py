"""live.jsonl: what a live view of the run draws, an appended file that stays small."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from mycaffe_py.errors import OutputError
from mycaffe_py.events.events import Event, StepDone
from mycaffe_py.events.observer import Observer

from .replacing import replace_file
from .thinning import LiveThinning

FILE_NAME = "live.jsonl"


class LiveWriter(Observer):
    """Writes the samples of the updates; everything so far is on disk after each :meth:`idle`.

    The first line is a header: ``names`` of the values, ``x_name``, ``tolerance`` or null, ``dates`` (whether x is in
    days since 1970) and ``folded``, how often the file was replaced. Then a row for each update: ``i`` its number,
    ``x``, ``t`` the targets, ``p`` the predictions, and ``tt`` the time, if there is one besides x. A number that is
    not finite is null. Every 8,192 updates the file is folded: see :class:`LiveThinning`. ``info`` is what
    :meth:`Trainer.sample_info` returned.
    """

    def __init__(self, folder: Path, info: Mapping[str, Any]):
        self.path = folder / FILE_NAME
        tolerance = info.get("tolerance")
        self._header: dict[str, Any] = {
            "names": [str(name) for name in info.get("names", ())],
            "x_name": info.get("x_name"),
            "tolerance": None if tolerance is None else float(tolerance),
            "dates": bool(info.get("dates", False)),
            "folded": 0,
        }
        self._file: BinaryIO | None = None
        self._rule = LiveThinning()
        self._iterations: list[int] = []
        self._errors: list[float] = []
        self._lines: list[str] = []
        self._written = 0
        self._recent = 0

    def observe(self, event: Event) -> None:
        """Take an update's sample; :meth:`idle` writes it."""
        if isinstance(event, StepDone) and "target" in event.sample:
            line, error = line_of(event.iteration, event.sample)
            if not self._lines:
                self._complete_header(event.sample)
            self._lines.append(line)
            self._errors.append(error)
            self._iterations.append(event.iteration)
            self._recent += 1

    def _complete_header(self, sample: Mapping[str, Any]) -> None:
        """Name what the trainer did not name."""
        count = len(_numbers(sample["target"]))
        if len(self._header["names"]) != count:
            self._header["names"] = ["y"] if count == 1 else [f"y[{k}]" for k in range(count)]
        if not self._header["x_name"]:
            self._header["x_name"] = "x" if "x" in sample else "iteration"

    def idle(self) -> None:
        """Write the new rows, and fold the file if it is time."""
        if self._written == len(self._lines):
            return
        try:
            if self._file is None:
                self._file = self.path.open("xb")  # an existing file is never overwritten
                self._file.write(self._header_line())
            self._file.write("".join(self._lines[self._written :]).encode())
            self._file.flush()
            self._written = len(self._lines)
            if self._rule.is_due(self._recent):
                self._fold()
        except OSError as error:
            raise OutputError(f"cannot write {self.path}: {error.strerror or error}") from error

    def _header_line(self) -> bytes:
        return json.dumps(self._header).encode() + b"\n"

    def _fold(self) -> None:
        kept = self._rule.keep(np.array(self._iterations), np.array(self._errors)).tolist()
        self._lines = [self._lines[index] for index in kept]
        self._errors = [self._errors[index] for index in kept]
        self._iterations = [self._iterations[index] for index in kept]
        self._written, self._recent = len(kept), self._rule.kept
        self._header["folded"] += 1
        if self._file is not None:
            self._file.close()
        # If a reader forbids it (on Windows), the file stays longer until the next time.
        replace_file(self.path, self._header_line() + "".join(self._lines).encode())
        self._file = self.path.open("ab")

    def close(self) -> None:
        """Close the file."""
        self.idle()
        if self._file is not None:
            self._file.close()
            self._file = None


def line_of(iteration: int, sample: Mapping[str, Any]) -> tuple[str, float]:
    """Return an update's row as a line, and its error: the largest of its values, infinite if one is not finite."""
    target, prediction = _numbers(sample["target"]), _numbers(sample.get("prediction", math.nan))
    error = max(map(_distance, target, prediction), default=math.nan)
    time = f',"tt":{_single(sample["time"]):.12g}' if "time" in sample else ""
    line = (
        f'{{"i":{iteration},"x":{_single(sample.get("x", iteration)):.12g}{time},'
        f'"t":[{_list(target)}],"p":[{_list(prediction)}]}}\n'
    )
    # The letter n occurs only in nan, and in inf.
    return (_with_nulls(line) if "n" in line else line), error


def _list(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.9g}"
    return ",".join([f"{value:.9g}" for value in values])


def _numbers(values: Any) -> list[float]:
    """Return a value of a sample, a list or a single number, as a list."""
    if type(values) is list:
        return values
    return [float(value) for value in np.ravel(values)]


def _single(value: Any) -> Any:
    """Return a number, also if it comes as an array of one."""
    return value if type(value) is float else np.ravel(value)[0]


def _distance(target: float, prediction: float) -> float:
    distance = abs(target - prediction)
    return distance if distance < math.inf else math.inf


def _with_nulls(line: str) -> str:
    for text in ("-inf", "inf", "-nan", "nan"):
        line = line.replace(text, "null")
    return line
