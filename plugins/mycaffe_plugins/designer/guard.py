"""Who may ask the server, and for what: token, Host, Origin, size and type of bodies, headers of answers.

Every other local program, and every page in the user's browser, can reach a port of this machine. Only who knows the
token is answered; a page of another origin is refused even if the browser would send the cookie along.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, urlencode

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

LARGEST_BODY = 2 * 2**20
_MOST_READ_OFF = 64 * 2**20
READING = ("GET", "HEAD")
METHODS = (*READING, "POST", "PUT")

POLICY = (
    "default-src 'self'; img-src 'self' data:; style-src 'self'; frame-ancestors 'none'; "
    "base-uri 'none'; form-action 'self'; object-src 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
}


class Refusal(Exception):
    """A request that is not answered: status, code, message and hint."""

    def __init__(self, status: int, code: str, message: str, hint: str | None = None):
        super().__init__(message)
        self.status, self.code, self.message, self.hint = status, code, message, hint


class Guard:
    """ASGI middleware before everything else.

    ``hosts`` are the names that the Host header may have, without port; ``any_address`` also allows literal IP
    addresses, which no foreign name can be rebound to.
    """

    def __init__(
        self,
        app: App,
        *,
        token: str,
        port: int,
        hosts: Iterable[str] = ("127.0.0.1", "localhost"),
        any_address: bool = False,
    ):
        self.app, self.token, self.port = app, token, port
        self.hosts = {host.lower() for host in hosts}
        self.any_address = any_address
        self.cookie = f"mycaffe_{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse or pass on one request."""
        if scope["type"] == "lifespan":
            await self.app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1008})
            return
        answer = _Answer(send, api=scope["path"].startswith("/api/"))
        try:
            headers = _Headers(scope)
            self._check(scope, headers)
            place = self._place_without_token(scope)
            if place is not None:
                await self._redirect(answer, place)
                return
            self._check_token(headers)
            await self.app(scope, _limited(receive, headers), answer)
        except Refusal as refusal:
            if answer.started:
                raise
            if refusal.status == 413:
                await _read_off(receive)
            await _refuse(answer, refusal, page=not answer.api)

    def _check(self, scope: Scope, headers: _Headers) -> None:
        host = self._check_host(headers)
        method = scope["method"]
        if method not in METHODS:
            raise Refusal(405, "H405", f"{method} is not used here")
        origin = headers.get("origin")
        if origin is not None and origin.lower() != f"http://{host}":
            raise Refusal(403, "H403", "this request comes from another page")
        site = headers.get("sec-fetch-site")
        walks = headers.get("sec-fetch-mode") == "navigate" and method == "GET"
        if site == "cross-site" or (site == "same-site" and not walks):
            raise Refusal(403, "H403", "this request comes from another page", _PASTE)
        if method not in READING:
            kind = (headers.get("content-type") or "").partition(";")[0].strip().lower()
            if kind != "application/json":
                raise Refusal(415, "H415", "changes are sent as application/json")

    def _check_host(self, headers: _Headers) -> str:
        host = (headers.get("host") or "").lower()
        name, _, port = host.rpartition(":")
        if self.port == 80 and ":" not in host:
            name, port = host, "80"  # browsers leave it out
        if port != str(self.port) or not (name in self.hosts or self._is_address(name)):
            raise Refusal(421, "H421", "the Designer is not known under this name", _PASTE)
        return host

    def _is_address(self, name: str) -> bool:
        if not self.any_address:
            return False
        try:
            ipaddress.ip_address(name.strip("[]"))
        except ValueError:
            return False
        return True

    def _place_without_token(self, scope: Scope) -> str | None:
        """Return where a page's address with the right token leads, or None if it has none or a wrong one."""
        if scope["method"] != "GET" or scope["path"].startswith("/api/"):
            return None
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == "token"]
        if not given or not all(map(self._fits, given)):
            return None
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        raw = scope.get("raw_path") or scope["path"].encode()
        # Two slashes at the start would lead to another host.
        path = "/" + raw.decode("latin-1").partition("?")[0].lstrip("/\\")
        return f"{path}?{rest}" if rest else path

    def _fits(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.token.encode())

    def _check_token(self, headers: _Headers) -> None:
        bearer = headers.get("authorization") or ""
        if bearer.lower().startswith("bearer ") and self._fits(bearer[7:].strip()):
            return
        if any(self._fits(value) for value in headers.cookies(self.cookie)):
            return
        raise Refusal(401, "H401", "the token is missing or not the right one", _PASTE)

    async def _redirect(self, answer: _Answer, place: str) -> None:
        cookie = f"{self.cookie}={self.token}; Path=/; HttpOnly; SameSite=Strict"
        headers = [
            (b"location", place.encode("latin-1")),
            (b"set-cookie", cookie.encode()),
            (b"content-length", b"0"),
            (b"cache-control", b"no-store"),
        ]
        await answer({"type": "http.response.start", "status": 303, "headers": headers})
        await answer({"type": "http.response.body", "body": b""})


_PASTE = "open the address that `mycaffe designer` printed in the terminal"


class _Headers:
    """The headers of a request; one that is given twice is refused."""

    _ONCE = ("host", "origin", "authorization", "content-length", "content-type", "sec-fetch-site")

    def __init__(self, scope: Scope):
        self._pairs = [
            (name.decode("latin-1").lower(), value.decode("latin-1"))
            for name, value in scope["headers"]
        ]
        names = [name for name, _ in self._pairs]
        if any(names.count(name) > 1 for name in self._ONCE):
            raise Refusal(400, "H400", "a header is given twice")

    def get(self, wanted: str) -> str | None:
        return next((value for name, value in self._pairs if name == wanted), None)

    def cookies(self, wanted: str) -> list[str]:
        text = ";".join(value for name, value in self._pairs if name == "cookie")
        pairs = [part.strip().partition("=") for part in text.split(";")]
        return [value for name, _, value in pairs if name == wanted]


class _Answer:
    """Passes an answer on, with the headers that every answer has."""

    def __init__(self, send: Send, *, api: bool):
        self._send, self.api, self.started = send, api, False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            given = {name.lower() for name, _ in message.get("headers", ())}
            more = HEADERS | {"cache-control": "no-store" if self.api else "no-cache"}
            message["headers"] = [
                *message.get("headers", ()),
                *((k.encode(), v.encode()) for k, v in more.items() if k.encode() not in given),
            ]
        await self._send(message)


def _limited(receive: Receive, headers: _Headers) -> Receive:
    """Return ``receive`` that refuses bodies above the limit, also those that do not say how long they are."""
    said = headers.get("content-length") or "0"
    if not said.isascii() or not said.isdecimal():
        raise Refusal(400, "H400", "Content-Length is not a number")
    too_large = Refusal(413, "H413", f"more than {LARGEST_BODY // 2**20} MB are not taken")
    if len(said) > 12 or int(said) > LARGEST_BODY:
        raise too_large
    seen = 0

    async def limited() -> MutableMapping[str, Any]:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > LARGEST_BODY:
            raise too_large
        return message

    return limited


async def _read_off(receive: Receive) -> None:
    """Read what is still coming of a large body: who is cut off while sending does not read the answer."""
    left = _MOST_READ_OFF
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


async def _refuse(answer: _Answer, refusal: Refusal, *, page: bool) -> None:
    error = {"code": refusal.code, "message": refusal.message, "hint": refusal.hint}
    if page:
        words = f"{refusal.message[:1].upper()}{refusal.message[1:]}."
        hint = f"\n{refusal.hint[:1].upper()}{refusal.hint[1:]}." if refusal.hint else ""
        body, kind = f"{words}{hint}\n".encode(), b"text/plain; charset=utf-8"
    else:
        body, kind = json.dumps({"error": error}).encode(), b"application/json"
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode())]
    if refusal.status == 413:
        headers.append((b"connection", b"close"))
    await answer({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await answer({"type": "http.response.body", "body": body})
