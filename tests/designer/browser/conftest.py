"""A real browser on a real server: Debian's chromium, driven headless; a request to another host fails the test."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.designer.browser.driving import DESKTOP, PHONE
from tests.designer.browser.editing import editors

HERE = Path(__file__).parent
ROOT = HERE.parents[2]

# Set where a missing browser is an error, as in CI.
REQUIRED = os.environ.get("MYCAFFE_BROWSER") == "required"
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip


def pytest_collection_modifyitems(items):
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


def missing(reason):
    if REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def browser():
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        missing('no browser tests: pip install "mycaffe-py[browser]"')
    found = next(
        filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
    )
    if found is None:
        missing("no browser tests: chromium is not installed (Debian: apt install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield opened
        opened.close()


class Server:
    """A Designer in a process of its own; ``url`` has the token."""

    def __init__(self, folder, *options):
        self.folder = folder
        self.log = folder.parent / f"{folder.name}.log"
        command = [
            sys.executable,
            "-m",
            "mycaffe_py",
            "designer",
            str(folder),
            "--no-browser",
            "--port",
            "0",
        ]
        with open(self.log, "w", encoding="utf-8") as errors:
            self.process = subprocess.Popen(
                [*command, *options], stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder
            )
        self.url = self.process.stdout.readline().strip()
        assert self.url.startswith("http://127.0.0.1:"), self.log.read_text()
        parts = urlsplit(self.url)
        self.origin = f"{parts.scheme}://{parts.netloc}"

    def stop(self):
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(10)
        finally:
            self.process.kill()
            self.process.stdout.close()
        return self.process.returncode


@pytest.fixture
def serve(tmp_path):
    """Function that starts a Designer on a folder (default: an empty one)."""
    started = []

    def start(folder=None, *options):
        place = folder or tmp_path / "nets"
        place.mkdir(exist_ok=True)
        started.append(Server(place, *options))
        return started[-1]

    yield start
    for server in started:
        for run in server.folder.rglob("run.lock"):
            end_run(run.parent)
        server.stop()


def end_run(folder):
    """End a training that a test left behind."""
    import json

    try:
        process = json.loads((folder / "run.json").read_text())["process"]
        command = Path(f"/proc/{process}/cmdline").read_bytes()
        if b"mycaffe_py" in command:
            os.kill(process, signal.SIGKILL)
    except (OSError, ValueError, KeyError):
        pass


class Watched:
    """What a page asked for and complained about."""

    def __init__(self, origin):
        self.origin, self.foreign, self.errors = origin, [], []
        # Addresses other than the server's own, which do not take the way through this process.
        self.others = re.compile(rf"^(?!{re.escape(origin)}/|data:|blob:)")

    def route(self, route):
        self.foreign.append(route.request.url)
        route.abort()

    def attach(self, page):
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self.console)
        page.on("websocket", lambda socket: self.foreign.append(socket.url))

    def console(self, message):
        # The browser's own note about an answer of 4xx is not a mistake of the page.
        if message.type == "error" and not re.match(
            "Failed to load resource: the server responded", message.text
        ):
            self.errors.append(message.text)


COUNT_CLICKS = """
window.addEventListener('click', event => {
  if (event.isTrusted && event.detail) window.clicks = (window.clicks ?? 0) + 1;
}, true);
"""


@pytest.fixture
def open_page(browser):
    """Function that opens a server's page in a context of its own; its requests and errors are judged at the end."""
    contexts, watched = [], []

    def start(server, path="", *, viewport=None, scheme="light", context=None, **options):
        if context is None:
            phone = viewport is PHONE
            context = browser.new_context(
                viewport=viewport or DESKTOP, color_scheme=scheme, reduced_motion="reduce",
                has_touch=phone, is_mobile=phone, device_scale_factor=2 if phone else 1, **options,
            )  # fmt: skip
            contexts.append(context)
            context.watched = Watched(server.origin)
            watched.append(context.watched)
            context.route(context.watched.others, context.watched.route)
            context.add_init_script(COUNT_CLICKS)
        page = context.new_page()
        context.watched.attach(page)
        page.set_default_timeout(15000)
        page.goto(server.url)
        if path:
            page.goto(server.origin + path)
        return page

    yield start
    for context in contexts:
        context.close()
    for one in watched:
        assert one.foreign == []
        assert one.errors == []


@pytest.fixture
def edit(nets, open_page, request):
    """Function that opens a model's text in a project of its own; ``nets`` is the module's server."""
    return editors(nets, open_page, request.node.name)
