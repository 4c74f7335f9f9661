"""What the tests of the pages share: sizes of windows, projects on one server, waiting, reading figures."""

from __future__ import annotations

import json
import re
import shutil
import time
from pathlib import Path
from types import SimpleNamespace

try:
    from playwright.sync_api import expect

    expect.set_options(timeout=15000)  # a loaded machine is no mistake of the page
except ImportError:  # the fixture ``browser`` says so
    expect = None

DESKTOP, PHONE = {"width": 1360, "height": 860}, {"width": 400, "height": 820}
ROOT = Path(__file__).parents[3]
GATE = ROOT / "examples" / "plugins" / "gate.py"

__all__ = [
    "DESKTOP", "GATE", "PHONE", "ROOT", "Nets", "at", "code", "differing", "expect", "field", "in_step", "layer",
    "nets_on_a_server", "press", "properties", "row", "shown", "until",
]  # fmt: skip


def field(place, name):
    """The first text field of a setting, by its name."""
    return place.get_by_role("textbox", name=re.compile(rf"^{name}\b")).first


def shown(page, name):
    """Return a figure of the live view (x, t0, p0, e0) as a number, or None before the first update."""
    text = (
        page.locator(f'[data-now="{name}"]').first.inner_text().replace("−", "-").replace(",", "")
    )
    return float(text) if re.match(r"[-+]?\d", text) else None


def until(true, seconds=15.0, step=0.05):
    """Wait until a condition holds, and return its value."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = true()
        if value:
            return value
        time.sleep(step)
    raise AssertionError(f"not within {seconds} s: {true}")


# ---- Projects on one server ----


class Nets:
    """A folder of projects and the Designer that serves it; each test takes a project of its own."""

    def __init__(self, folder, server):
        self.folder, self.server = folder, server

    def project(self, name, model=None, solver=None):
        """Copy the shipped project to ``name``; ``model`` and ``solver`` are other texts, or bytes, for its files."""
        place = self.folder / name
        shutil.copytree(self.folder.parent / "Sine", place)
        (place / "project.json").write_text(
            json.dumps(
                {"name": name, "model": "LiquidNetCfc.prototxt", "solver": "solver.prototxt"}
            )
        )
        for file, text in (("LiquidNetCfc.prototxt", model), ("solver.prototxt", solver)):
            if text is not None:
                data = text if isinstance(text, bytes) else text.encode("utf-8")
                (place / file).write_bytes(data)
        return place

    def open(self, open_page, path, **options):
        """Open a page of the server at a path."""
        return open_page(at(self.server, path), **options)


def nets_on_a_server(folder, *options):
    """Serve ``folder/nets``; for a fixture of a module. Only one server is started for all its tests."""
    from mycaffe_py.projects import create_project
    from tests.designer.browser.conftest import Server

    create_project(folder, "Sine", gym="Curve", model="LiquidNetCfc", solver="adamw")
    place = folder / "nets"
    place.mkdir()
    server = Server(place, *options)
    yield Nets(place, server)
    assert server.stop() == 0, server.log.read_text()
    # Started and ended without a word: no traceback of a request that went wrong.
    assert "Traceback" not in server.log.read_text()


def at(server, path):
    """The server, with an address that opens ``path`` at once rather than the page of all projects."""
    token = server.url.partition("?")[2]
    return SimpleNamespace(
        url=f"{server.origin}{path}{'&' if '?' in path else '?'}{token}", origin=server.origin
    )


# ---- The Model Editor ----


def code(page):
    """The text of the file."""
    return page.get_by_role("textbox", name=re.compile("^Text of"))


def layer(page, name):
    """A layer's card or chip in the picture."""
    return page.get_by_role("treeitem", name=re.compile(rf"^{re.escape(name)},"))


def properties(page):
    """The panel of the chosen layer."""
    return page.get_by_role("form", name=re.compile("^Properties"))


def row(place, key):
    """A setting's row, by its path in the file."""
    return place.locator(f'[data-row="{key}"]')


def press(page, *keys):
    """Press keys one after the other, wherever the focus is."""
    for key in keys:
        page.keyboard.press(key)


def in_step(page, text):
    """Wait until the text pane holds a text, or one of which a condition is true, and return it."""
    holds = text if callable(text) else lambda value: value == text

    def now():
        value = code(page).input_value()
        return (value,) if holds(value) else None

    return until(now)[0]


def differing(before, after):
    """Return the lines of two files, as bytes, that differ: pairs of lists; line ends count."""
    from difflib import SequenceMatcher

    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    return [
        (old[a:b], new[c:d])
        for kind, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if kind != "equal"
    ]
