"""A request as the functions that answer it see it, and how what they return or raise becomes an answer."""

from __future__ import annotations

import json
import re
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from mycaffe_py.errors import MissingFileError, MyCaffeError
from mycaffe_py.plugin_code import plugin_error

from .desk import Desk
from .faults import Fault, dumps
from .guard import READING, Refusal

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_ABSENT: Any = object()


@dataclass
class Answer:
    """An answer with another status than 200."""

    value: Mapping[str, Any]
    status: int = 200


@dataclass
class Call:
    """One request: names in its path, its query, its body (an object, or empty), and what the server works with."""

    desk: Desk
    path: Mapping[str, str]
    query: Mapping[str, str]
    body: dict[str, Any] = field(default_factory=dict)
    raw_query: str = ""

    def text(self, name: str, default: Any = _ABSENT, longest: int = 300) -> Any:
        """Return a string of the body, or ``default`` if it is absent or null."""
        value = self._value(name, default)
        if value is not default and (not isinstance(value, str) or len(value) > longest):
            raise _wrong(name, f"a text of at most {longest:,} characters")
        return value

    def whole(self, name: str, low: int, high: int, default: Any = _ABSENT) -> Any:
        """Return a whole number of the body, or ``default`` if it is absent or null."""
        value = self._value(name, default)
        if value is not default:
            good = isinstance(value, int) and not isinstance(value, bool)
            if not good or not low <= value <= high:
                raise _wrong(name, f"a whole number from {low:,} to {high:,}")
        return value

    def choice(self, name: str, choices: Sequence[str], default: Any = _ABSENT) -> Any:
        """Return one of a few strings of the body."""
        value = self._value(name, default)
        if value is not default and value not in choices:
            raise _wrong(name, f"one of {', '.join(choices)}")
        return value

    def mapping(self, name: str, default: Any = _ABSENT) -> Any:
        """Return an object of the body."""
        value = self._value(name, default)
        if value is not default and not isinstance(value, dict):
            raise _wrong(name, "an object")
        return value

    def asked(self, name: str, low: int, high: int, default: int | None = None) -> int | None:
        """Return a whole number of the query."""
        text = self.query.get(name, "")
        if not text:
            return default
        if not re.fullmatch(r"-?[0-9]{1,12}", text) or not low <= int(text) <= high:
            raise _wrong(name, f"a whole number from {low:,} to {high:,}")
        return int(text)

    def _value(self, name: str, default: Any) -> Any:
        value = self.body.get(name)
        if value is None:
            if default is _ABSENT:
                raise Fault(400, f'"{name}" is missing')
            return default
        return value


def _wrong(name: str, wanted: str) -> Fault:
    return Fault(400, f'"{name}" must be {wanted}')


Handler = Callable[[Call], Any]
"""Answers a call with an object for JSON, an :class:`Answer` or a Response; a plain function runs in a thread."""


def endpoint(desk: Desk, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
    """Return Starlette's endpoint for a handler."""
    import inspect

    waits = inspect.iscoroutinefunction(handler)

    async def answer(request: Request) -> Response:
        try:
            body = {} if request.method in READING else read_object(await request.body())
            raw = request.scope["query_string"].decode("latin-1")
            call = Call(desk, request.path_params, request.query_params, body, raw)
            result = await (handler(call) if waits else run_in_threadpool(handler, call))
        except Exception as error:
            return failure(error)
        if isinstance(result, Response):
            return result
        if isinstance(result, Answer):
            return as_json(result.value, result.status)
        return as_json(result)

    return answer


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body; an empty body is an empty object."""
    if not body.strip():
        return {}
    try:
        value = json.loads(body.decode("utf-8"), parse_constant=_no_constant)
        if _SURROGATE.search(body):
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise Fault(400, "the JSON is nested too deep") from None
    except UnicodeError:
        raise Fault(400, "the JSON is not valid Unicode text") from None
    except ValueError as error:
        raise Fault(400, f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Fault(400, "the body must be a JSON object")
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not a number of JSON")


def as_json(value: Any, status: int = 200) -> Response:
    """Return a JSON answer. Text that is no Unicode, as in names of files, is shown with question marks."""
    return Response(dumps(value).encode("utf-8", "replace"), status, media_type="application/json")


def failure(error: BaseException) -> Response:
    """Return the answer for an exception; one that is nobody's mistake but ours is logged, and no traceback sent."""
    if isinstance(error, Fault):
        said = {"code": error.code, "message": error.message, "hint": error.hint}
        return as_json({"error": said, **error.more}, error.status)
    if isinstance(error, Refusal):
        raise error
    of_plugin = plugin_error(error)
    if of_plugin is not None:
        traceback.print_exception(error, file=sys.stderr)
        return as_json({"error": described(of_plugin)}, 422)
    if isinstance(error, MyCaffeError) and error.code != "E000":
        status = 404 if isinstance(error, MissingFileError) else 422
        return as_json({"error": described(error), "errors": {error.field: error.message}}, status)
    if isinstance(error, MemoryError):
        said = {"code": "E260", "message": "out of memory", "hint": "make the net smaller"}
        return as_json({"error": said}, 422)
    traceback.print_exception(error, file=sys.stderr)
    message = f"{type(error).__name__}: this is a bug in the Designer; the terminal shows more"
    said = {"code": "E000", "message": message, "hint": "please report it"}
    return as_json({"error": said}, 500)


def described(error: MyCaffeError) -> dict[str, Any]:
    """Return code, message and hint of an error."""
    return {"code": error.code, "message": error.message, "hint": error.hint}
