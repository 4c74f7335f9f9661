"""Serving the pages: the socket, the address with its token, the browser, and the end."""

from __future__ import annotations

import errno
import ipaddress
import logging
import os
import secrets
import shlex
import socket
import sys
import threading
import webbrowser
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from mycaffe_py.cli import echo_result, say, warn
from mycaffe_py.errors import ConfigError, require

from .guard import Guard

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def serve(
    root: Path,
    *,
    host: str,
    port: int | None,
    usual_port: int,
    browser: bool,
    plugins: Sequence[str],
    allow_python: bool = False,
) -> None:
    """Serve the folder until Ctrl-C or a signal that ends the process.

    Without a port it is the usual one, or a free one if that is taken.
    """
    require("starlette", "designer")
    uvicorn = require("uvicorn", "designer")
    from .app import create_app
    from .desk import Desk

    listening = listen(host, port, usual_port)
    with listening:
        number = listening.getsockname()[1]
        desk = Desk(root, plugins, allow_python=allow_python)
        token = secrets.token_urlsafe(24)
        guarded = Guard(create_app(desk), token=token, port=number, **_names(host))
        url = f"http://{_shown(host)}:{number}/?token={token}"

        def started() -> None:
            echo_result(url)
            sys.stdout.flush()
            if port is None and number != usual_port:
                say(f"port {usual_port} is taken by another program; this is port {number}")
            _greet(desk.folders.shown, host)
            if browser:
                _open(url)

        config = uvicorn.Config(
            guarded,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            loop="asyncio",
            http="h11",
            ws="none",
            timeout_graceful_shutdown=1,
        )
        try:
            with suppress(KeyboardInterrupt):
                _server(uvicorn, config, started, desk.end).run(sockets=[listening])
        finally:
            _say_goodbye(desk.trainings.running())
            desk.close()


def _server(uvicorn: Any, config: Any, started: Callable[[], None], end: Callable[[], None]) -> Any:
    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                started()

        def handle_exit(self, sig: int, frame: FrameType | None) -> None:
            end()  # a page that still waits for an answer would keep its connection open
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
            super().handle_exit(sig, frame)

    return Server(config)


def listen(host: str, port: int | None, usual: int) -> socket.socket:
    """Return a socket that listens; without a port on the usual one, or on a free one if that is taken."""
    if port is not None:
        return _bound(host, port)
    try:
        return _bound(host, usual)
    except ConfigError as error:
        if not isinstance(error.__cause__, OSError) or error.__cause__.errno != errno.EADDRINUSE:
            raise
        return _bound(host, 0)


def _bound(host: str, port: int) -> socket.socket:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, number, _, address = found[0]
        listening = socket.socket(family, kind, number)
    except OSError as error:
        raise ConfigError(f"--host {host}: {error.strerror or error}") from error
    try:
        if os.name == "posix":  # on Windows it would let two servers share a port
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(address)
        listening.listen(128)
        listening.set_inheritable(False)
    except OSError as error:
        listening.close()
        taken = error.errno == errno.EADDRINUSE
        reason = "it is taken by another program" if taken else error.strerror or str(error)
        raise ConfigError(
            f"cannot listen on {host}, port {port}: {reason}",
            hint="omit --port to take a free one" if taken else None,
        ) from error
    return listening


def _names(host: str) -> dict[str, Any]:
    """Return which names the Host header may have."""
    names = {"127.0.0.1", "localhost"}
    if host in LOOPBACK:
        return {"hosts": names | ({"[::1]"} if host == "::1" else set())}
    wildcard = host in ("0.0.0.0", "::")
    names |= {socket.gethostname()} if wildcard else {_shown(host)}
    return {"hosts": names, "any_address": wildcard}


def _shown(host: str) -> str:
    """Return a host as it stands in an address."""
    if host in ("0.0.0.0", "::"):
        return "127.0.0.1"
    with suppress(ValueError):
        return f"[{host}]" if ipaddress.ip_address(host).version == 6 else host
    return host


def _greet(folder: str, host: str) -> None:
    if host not in LOOPBACK:
        warn(
            "other machines can reach the Designer: who sees the address, which is sent unencrypted, can start "
            "trainings here and read the projects"
        )
    say(f"Designer of {folder}; Ctrl-C ends it, trainings go on")


def _open(url: str) -> None:
    """Open the browser, unless that would be one in this terminal."""
    if sys.platform.startswith("linux") and not any(map(os.environ.get, _DISPLAYS)):
        say("there is no display here: open the address above in a browser")
        return
    threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()


_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER", "WSL_DISTRO_NAME")


def _say_goodbye(running: list[Path]) -> None:
    """Say which trainings go on, each as ``mycaffe stop`` takes it in this folder."""
    here = Path.cwd()
    names = [os.path.relpath(one, here) if here in one.parents else str(one) for one in running]
    if len(names) == 1:
        say(f"run {names[0]} goes on; mycaffe stop {shlex.quote(names[0])} ends it")
    elif names:
        going = "1 run goes" if len(names) == 1 else f"{len(names)} runs go"
        say(f"{going} on; mycaffe stop RUN ends one: {', '.join(names)}")
