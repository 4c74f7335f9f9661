"""The trainer's report at the end of a run: made, and written into the folder, without any harm to the run."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from traceback import extract_tb
from typing import Any

import numpy as np

from mycaffe_py.errors import MyCaffeError
from mycaffe_py.plugin_code import named_text, plugin_error
from mycaffe_py.trainer import Report, report_of
from mycaffe_py.weights.atomic import atomic_write

FILE_NAME = "report.csv"


def make_report(trainer: Any, folder: Path, warn: Callable[[str], None]) -> Report | None:
    """Return the trainer's report, written as ``report.csv`` if it has tables; a failure is only a warning."""
    try:
        with np.errstate(all="ignore"):
            report = report_of(trainer)
        if report is not None and report.tables:
            atomic_write(folder / FILE_NAME, report.csv_text().encode())
    except (Exception, SystemExit) as error:  # whatever it is, the run has been saved
        warn(f"no report: {_why(error)}")
        return None
    return report


def _why(error: BaseException) -> str:
    """Return what went wrong, in whose code; of an unexpected exception of ours also that it is one."""
    known = error if isinstance(error, MyCaffeError) else plugin_error(error)
    if known is not None:
        return "\n  ".join([known.message, *([known.hint] if known.hint else [])])
    place = extract_tb(error.__traceback__)[-1]
    where = f"{place.filename}:{place.lineno}, {place.name}()"
    return f"{named_text(error)}\n  raised in {where}: a bug in mycaffe-py; please report it"
