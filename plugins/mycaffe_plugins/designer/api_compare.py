"""Answers about several runs: what differs between them, and a report of them."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from starlette.responses import Response

from .calls import Call
from .compare import compare
from .faults import Fault
from .messages import problem_in

_MOST = 30
_LONGEST = 300.0


def compare_page(call: Call) -> dict[str, Any]:
    """GET P/compare."""
    return compare(_folders(call), call.desk.registry)


def report(call: Call) -> Response:
    """GET P/report: written by the command line, as pictures take a while."""
    folders = _folders(call)
    commands = call.desk.commands
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "report.html"
        options = commands.options(["report", *map(str, folders), "--out", str(file)])
        done = commands.run(options, longest=_LONGEST)
        if done.code:
            problem = problem_in(done.said)
            raise Fault(422, problem["message"], problem["hint"])
        text = file.read_bytes()
    headers = {"content-disposition": 'attachment; filename="report.html"'}
    return Response(text, media_type="text/html", headers=headers)


def _folders(call: Call) -> list[Path]:
    desk = call.desk
    project = desk.folders.project(call.path["name"])
    names = [name for name in call.query.get("runs", "").split(",") if name]
    if not names or len(names) > _MOST:
        raise Fault(400, f"name one to {_MOST} runs: runs=NET/001,NET/002")
    return [desk.folders.run_of_id(project, name) for name in names]
