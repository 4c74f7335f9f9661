"""Reading the errors that the command line prints: message, hint, file and line."""

from __future__ import annotations

import re
from typing import Any

from mycaffe_py.errors import PythonRefusedError

ALLOW_PYTHON = "if you trust this code, start the Designer with: mycaffe designer --allow-python"
"""What to do about a layer that is not built, since that would run code which the model names."""

_HEAD = re.compile(r"^error\[(E\d+)\]:? ?(?:(.+?):(\d+):(\d+): )?(.*)$", re.M)
_CARETS = re.compile(r"^  +\^+$")


def problem_in(text: str) -> dict[str, Any]:
    """Return the first error in a command's output; without one, the last line that was printed is the message."""
    head = _HEAD.search(text)
    if head is None:
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        last = lines[-1] if lines else ""
        return {"message": last, "hint": None, "file": None, "line": None, "column": None}
    code, file, line, column, message = head.groups()
    hint = "\n".join(_hints(text[head.end() :])) or None
    return {
        "code": code,
        "message": message,
        "hint": ALLOW_PYTHON if code == PythonRefusedError.code else hint,
        "file": file,
        "line": int(line) if line else None,
        "column": int(column) if column else None,
    }


def _hints(after: str) -> list[str]:
    """Return the indented lines after an error's first, without the source line and the carets below it."""
    lines = []
    for line in after.lstrip("\n").splitlines():
        if not line.startswith("  "):
            break
        lines.append(line)
    for index, line in enumerate(lines[:2]):
        if _CARETS.match(line):
            return [one.strip() for one in lines[index + 1 :]]
    return [line.strip() for line in lines]
