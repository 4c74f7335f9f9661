"""Answers about runs: starting, following, asking, files, notes."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import quote, unquote_to_bytes

from starlette.responses import Response, StreamingResponse

from mycaffe_py.builder import TRAIN_NET_FIELDS, load_solver_file
from mycaffe_py.errors import PythonRefusedError
from mycaffe_py.projects import Project
from mycaffe_py.run import ASKS, ask_run, run_id

from .api_files import look_at
from .calls import Answer, Call
from .faults import Fault
from .files import as_text, etag_of, read_bytes, write_file
from .folders import within
from .guard import LARGEST_BODY
from .messages import ALLOW_PYTHON
from .run_page import NOTES, files_of, page_of

_LARGEST = 2**31 - 1
_MOST = 20_000
_PART = 2**18
_WEIGHTS = ("best.caffemodel", "last.caffemodel")


def run_list(call: Call) -> dict[str, Any]:
    """GET P/runs."""
    return {"runs": call.desk.runs.summaries(_project(call))}


def start_run(call: Call) -> Answer:
    """POST P/runs."""
    project = _project(call)
    device = call.text("device", "auto")
    if not re.fullmatch(r"auto|cpu|gpu(:\d{1,3})?", device):
        raise Fault(400, '"device" must be auto, cpu or gpu:N')
    options = {
        "device": device,
        "seed": call.whole("seed", 0, _LARGEST, None),
        "iterations": call.whole("iterations", 1, _LARGEST, None),
        **_begin_with(call, project),
    }
    net, problems = _check(call, project)
    if problems and problems[0]["code"] == PythonRefusedError.code:
        error = {name: problems[0][name] for name in ("code", "message", "hint")}
        return Answer({"problems": problems, "error": error}, 422)
    if problems:
        message = "the files have a mistake" if len(problems) == 1 else "the files have mistakes"
        error = {"code": problems[0]["code"], "message": message, "hint": problems[0]["message"]}
        return Answer({"problems": problems, "error": error}, 422)
    folder, command = call.desk.trainings.start(
        project, net, names_its_net=_names_its_net(call, project), **options
    )
    call.desk.streams.runs.hurry = True
    return Answer({"run": run_id(folder), "command": command}, 202)


def _begin_with(call: Call, project: Project) -> dict[str, Path | None]:
    """Return what the training goes on from: a run to resume, or one whose weights it starts with."""
    resume, weights = call.text("resume", None), call.text("weights", None)
    if resume and weights:
        raise Fault(400, "resume and weights exclude each other")
    folders = call.desk.folders
    return {
        "resume": folders.run_of_id(project, resume) if resume else None,
        "weights": _weights_of(folders.run_of_id(project, weights)) if weights else None,
    }


def _check(call: Call, project: Project) -> tuple[str, list[dict[str, Any]]]:
    """Return the net's name, and the mistakes in both files."""
    problems: list[dict[str, Any]] = []
    name = ""
    for kind in ("model", "solver"):
        path = call.desk.folders.file_of(project, kind)
        found = look_at(call, kind, as_text(path, read_bytes(path)))
        problems += _refused(found, kind)
        # The check of a solver reads the model too, and tells its mistakes again.
        new = [one for one in found["problems"] if not (problems and one.get("layer"))]
        problems += [problem | {"kind": kind} for problem in new]
        name = found["net"]["name"] if kind == "model" and found.get("net") else name
    return name, problems


def _refused(found: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """Return the first layer that may not be built as a problem: a training that needs it would end at once."""
    layers = [one for one in found.get("layers", ()) if one["note"] and one["included"]]
    return [
        {
            "kind": kind,
            "code": PythonRefusedError.code,
            "message": f'layer "{one["name"]}" ({one["type"]}) is not built, since that would run code',
            "hint": ALLOW_PYTHON,
            "layer": one["name"],
            "index": one["index"],
        }
        for one in layers[:1]
    ]


def _names_its_net(call: Call, project: Project) -> bool:
    """Whether the solver file itself names the project's model, or contains the net."""
    message = load_solver_file(project.solver, call.desk.registry).message
    given = [getattr(message, name) for name in TRAIN_NET_FIELDS if message.HasField(name)]
    if not given or not isinstance(given[0], str):
        return bool(given)
    path = project.solver.parent / given[0]
    return os.path.exists(path) and path.resolve() == project.model.resolve()


def _weights_of(folder: Path) -> Path:
    for name in _WEIGHTS:
        if os.path.isfile(folder / name):
            return folder / name
    raise Fault(422, f"run {run_id(folder)} has no weights yet")


def run_page(call: Call) -> dict[str, Any]:
    """GET P/runs/NET/003."""
    return page_of(call.desk, _project(call), _folder(call))


def curves(call: Call) -> dict[str, Any]:
    """GET .../curves."""
    names = [name for name in dict.fromkeys(call.query.get("names", "loss").split(",")) if name]
    first, last = (call.asked(name, -1, 10**12) for name in ("from", "to"))
    most = call.asked("most", 1, _MOST, 2000) or 1
    with call.desk.streams.followed(_key(call)).read() as follower:
        return follower.curves(names, first, last, most)


def live(call: Call) -> dict[str, Any]:
    """GET .../live."""
    last = call.asked("last", 1, _MOST, 500) or 1
    with call.desk.streams.followed(_key(call)).read() as follower:
        return follower.live(last)


def tests(call: Call) -> dict[str, Any]:
    """GET .../tests."""
    with call.desk.streams.followed(_key(call)).read() as follower:
        return follower.tests()


def frame(call: Call) -> Response:
    """GET .../frame.png."""
    path = within(_folder(call), "live_frame.png")
    if not os.path.isfile(path):
        raise Fault(404, "this run has no pictures of its gym")
    return Response(path.read_bytes(), media_type="image/png")


def ask(call: Call) -> Answer:
    """POST .../ask."""
    ask_run(_folder(call), call.choice("what", ASKS))
    return Answer({}, 202)


def save_notes(call: Call) -> dict[str, Any]:
    """PUT .../notes."""
    path = within(_folder(call), NOTES)
    text = call.text("text", longest=LARGEST_BODY)
    return {"etag": write_file(path, text, call.text("etag", None))}


def notes(call: Call) -> dict[str, Any]:
    """GET .../notes."""
    path = within(_folder(call), NOTES)
    if not os.path.isfile(path):
        return {"text": "", "etag": None}
    data = read_bytes(path)
    return {"text": as_text(path, data), "etag": etag_of(data)}


def file_page(call: Call) -> Response:
    """GET .../files/NAME: as a download; a PNG also to look at."""
    folder, name = _folder(call), call.path["file"]
    path = within(folder, name)
    if name not in {one["name"] for one in files_of(folder)} or not os.path.isfile(path):
        raise Fault(404, f"this run has no file {name}")
    is_picture = path.suffix.lower() == ".png"
    inline = is_picture and call.query.get("inline") == "1"
    return _download(path, "image/png" if is_picture else "application/octet-stream", inline)


def _download(path: Path, kind: str, inline: bool) -> Response:
    """Return a file as long as it is now: metrics.csv and others grow while they are sent."""
    file = path.open("rb")
    size = os.fstat(file.fileno()).st_size
    quoted = quote(path.name)
    name = f'filename="{quoted}"' if quoted == path.name else f"filename*=utf-8''{quoted}"
    headers = {
        "content-length": str(size),
        "content-disposition": f"{'inline' if inline else 'attachment'}; {name}",
    }
    return StreamingResponse(_parts(file, size), media_type=kind, headers=headers)


def _parts(file: BinaryIO, size: int) -> Iterator[bytes]:
    with file:
        while size > 0 and (part := file.read(min(size, _PART))):
            size -= len(part)
            yield part


def test_run(call: Call) -> Answer:
    """POST .../test: frozen weights, on the files of the run itself."""
    folder = _folder(call)
    passes = call.whole("iterations", 1, 10**6, 50)
    files = [f"--{kind}={folder / kind}.prototxt" for kind in ("model", "solver")]
    return _start_job(call, folder, ["test", *files, "--iterations", str(passes), "--json"])


def forecast_run(call: Call) -> Answer:
    """POST .../forecast."""
    folder = _folder(call)
    steps = call.whole("steps", 1, 100_000, 100)
    table = folder / "forecast.csv"
    return _start_job(
        call, folder, ["predict", "--steps", str(steps), "--out", str(table), "--json"]
    )


def explain_run(call: Call) -> Answer:
    """POST .../explain; ``layer`` may name one, and must if there are several."""
    folder = _folder(call)
    layer = call.text("layer", None)
    named = [] if layer is None else ["--", layer]
    return _start_job(call, folder, ["explain", "--out", str(folder)], named)


def _start_job(call: Call, folder: Path, arguments: list[str], last: Sequence[str] = ()) -> Answer:
    weights = ["--weights", str(_weights_of(folder))]
    project = _project(call)
    job = call.desk.jobs.start(_key(call), project.folder, folder, [*arguments, *weights], last)
    return Answer({"job": job.id}, 202)


def job_page(call: Call) -> dict[str, Any]:
    """GET /api/jobs/ID."""
    return call.desk.jobs.find(call.path["job"]).as_json()


async def events(call: Call) -> Response:
    """GET /api/events; the ids of runs are encoded each, and joined with commas."""
    desk = call.desk
    raw = dict(part.partition("=")[::2] for part in call.raw_query.split("&"))
    keys = [_decoded(one) for one in raw.get("runs", "").split(",") if one]
    for key in keys:
        if key.count("/") != 2:
            raise Fault(400, f'"{key[:80]}" is not a run: PROJECT/NET/003')
    stream = desk.streams.listen(keys)
    headers = {"x-accel-buffering": "no"}
    return StreamingResponse(stream, media_type="text/event-stream", headers=headers)


def _decoded(text: str) -> str:
    try:
        return unquote_to_bytes(text).decode("utf-8")
    except UnicodeDecodeError:
        raise Fault(400, "the names of the runs are not UTF-8") from None


def _project(call: Call) -> Project:
    return call.desk.folders.project(call.path["name"])


def _folder(call: Call) -> Path:
    return call.desk.folders.run(_project(call), call.path["net"], call.path["number"])


def _key(call: Call) -> str:
    folder = _folder(call)
    return f"{call.path['name']}/{run_id(folder)}"
