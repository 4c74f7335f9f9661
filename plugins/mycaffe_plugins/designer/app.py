"""The routes of the server, and the pages."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from . import api_compare, api_files, api_projects, api_runs, api_types
from .calls import endpoint, failure
from .desk import Desk
from .faults import Fault

STATIC = Path(__file__).parent / "static"

_P = "/api/projects/{name}"
_R = _P + "/runs/{net}/{number}"
_GET: dict[str, Callable[..., Any]] = {
    "/api/about": api_projects.about,
    "/api/projects": api_projects.project_list,
    "/api/templates": api_projects.template_list,
    "/api/types/{kind}": api_types.type_list,
    "/api/types/{kind}/{type:path}": api_types.type_page,
    "/api/messages/{name}": api_types.message_page,
    "/api/jobs/{job}": api_runs.job_page,
    "/api/events": api_runs.events,
    _P: api_projects.project_page,
    _P + "/files/{kind}": api_files.file_page,
    _P + "/runs": api_runs.run_list,
    _P + "/compare": api_compare.compare_page,
    _P + "/report": api_compare.report,
    _R: api_runs.run_page,
    _R + "/curves": api_runs.curves,
    _R + "/live": api_runs.live,
    _R + "/tests": api_runs.tests,
    _R + "/frame.png": api_runs.frame,
    _R + "/notes": api_runs.notes,
    _R + "/files/{file}": api_runs.file_page,
}
_POST: dict[str, Callable[..., Any]] = {
    "/api/projects": api_projects.new_project,
    "/api/templates/preview": api_projects.template_preview,
    _P + "/look": api_files.look,
    _P + "/edit": api_files.edit,
    _P + "/runs": api_runs.start_run,
    _R + "/ask": api_runs.ask,
    _R + "/test": api_runs.test_run,
    _R + "/forecast": api_runs.forecast_run,
    _R + "/explain": api_runs.explain_run,
}
_PUT: dict[str, Callable[..., Any]] = {
    _P + "/files/{kind}": api_files.save_file,
    _R + "/notes": api_runs.save_notes,
}


def create_app(desk: Desk) -> Starlette:
    """Return the application, without the guard that stands before it."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        threading.Thread(target=desk.warm_up, name="mycaffe-warm-up", daemon=True).start()
        await desk.streams.begin()
        poller = asyncio.create_task(desk.streams.poll_for_ever())
        try:
            yield
        finally:
            poller.cancel()
            with suppress(asyncio.CancelledError):
                await poller

    routes: list[Any] = [
        Route(path, endpoint(desk, handler), methods=[method])
        for method, table in (("GET", _GET), ("POST", _POST), ("PUT", _PUT))
        for path, handler in table.items()
    ]
    routes += [
        Mount("/static", StaticFiles(directory=STATIC), name="static"),
        Route("/", _page),
        Route("/p/{rest:path}", _page),
    ]
    handlers: Any = {HTTPException: _http_error, Exception: _bug}
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers=handlers)
    app.router.redirect_slashes = False
    return app


async def _page(request: Request) -> Response:
    """Answer with the one page, which looks at its address itself."""
    return FileResponse(STATIC / "index.html", media_type="text/html")


async def _http_error(request: Request, error: HTTPException) -> Response:
    words = {404: "there is nothing at this address", 405: "this address is not used in this way"}
    return failure(Fault(error.status_code, words.get(error.status_code, error.detail)))


async def _bug(request: Request, error: Exception) -> Response:
    return failure(error)
