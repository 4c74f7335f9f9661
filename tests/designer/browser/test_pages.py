"""Many pages at a time on one run, and a server that stops and comes back."""

from __future__ import annotations

import re

import pytest

from tests.designer.browser.conftest import Server
from tests.designer.browser.driving import expect, field, shown, until
from tests.designer.browser.running import (
    RunFolder,
    box,
    designing,
    new_project,
    sentence,
    sine_samples,
)

ROW = {
    "loss": 0.5,
    "accuracy": 0.5,
    "baseline_accuracy": 0.0625,
    "mean_abs_error": 0.01,
    "lr": 0.01,
}
GONE = "The Designer has stopped. Start it again: mycaffe designer"


class Training(RunFolder):
    """A run that goes on when the test says so."""

    def go_on(self, updates):
        """Add updates; return the x of the newest."""
        samples = sine_samples(updates, first=self.iteration)
        self.add([ROW] * updates)
        self.add_samples(samples)
        return samples[-1][0]


@pytest.fixture(scope="module")
def projects(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages") / "nets"
    folder.mkdir()
    return folder


@pytest.fixture
def training(projects, request):
    run = Training(new_project(projects, request.node.name.removeprefix("test_")))
    run.go_on(20)
    yield run
    run.end()


@pytest.fixture(scope="module")
def server(projects):
    with designing(projects) as server:
        yield server


def show(pages, x):
    for page in pages:
        until(lambda page=page: shown(page, "x") == pytest.approx(x, abs=5e-3), 30)


def test_ten_pages_and_another_browser_are_all_live(server, training, open_page):
    first = open_page(server, training.page)
    pages = [first, *(open_page(server, training.page, context=first.context) for _ in range(9))]
    other = open_page(server, training.page)  # a browser of its own
    show([*pages, other], 19 * 0.05)
    show([*pages, other], training.go_on(7))
    # Each has the curves, not the newest figures alone.
    for page in pages:
        until(lambda page=page: "over 27 updates" in sentence(box(page, "Loss")))

    # The first page reads for all of them; when it is closed another one takes over.
    first.close()
    show([*pages[1:], other], training.go_on(5))
    pages[1].close()
    show([*pages[2:], other], training.go_on(5))
    for page in pages[2:]:
        until(lambda page=page: "over 37 updates" in sentence(box(page, "Loss")))
    # A stream for each browser is all there is: the server answers others too.
    eleventh = open_page(server, training.page, context=other.context)
    show([eleventh], training.go_on(1))


def test_the_server_stops_and_comes_back(projects, training, open_page):
    server = Server(projects)
    port = server.origin.rpartition(":")[2]
    try:
        pages = [open_page(server, training.page)]
        solver = f"/p/{training.path.parents[2].name}/solver"
        pages.append(open_page(server, solver, context=pages[0].context))
        expect(field(pages[1], "base_lr")).to_be_visible()
        show(pages[:1], 19 * 0.05)
        complaints = pages[0].context.watched.errors
        server.stop()
        for page in pages:
            expect(page.locator("#notices")).to_contain_text(GONE, timeout=15000)
        assert shown(pages[0], "x") == pytest.approx(19 * 0.05, abs=5e-3)
        assert "over 20 updates" in sentence(box(pages[0], "Loss"))
        x = training.go_on(10)
        # A view that needs the server says what has happened, and is drawn when it is back.
        pages[1].locator("#side").get_by_role("link", name=re.compile("^All runs|^Compare")).click()
        expect(pages[1].get_by_role("main")).to_contain_text("The Designer has stopped.")
        assert forgiven(complaints) == []

        server = Server(projects, "--port", port)
        # Its address has a new token, which the browser keeps for all its pages.
        opened = open_page(server, context=pages[0].context)
        expect(opened.get_by_role("link", name=re.compile("stops_and_comes_back"))).to_be_visible()
        show(pages[:1], x)
        for page in pages:
            expect(page.get_by_text(GONE)).to_have_count(0, timeout=15000)
        until(lambda: "over 30 updates" in sentence(box(pages[0], "Loss")))
        expect(pages[1].get_by_role("heading", name="Runs", level=1)).to_be_visible()
        show(pages[:1], training.go_on(5))
    finally:
        pages[0].context.close()
        server.stop()
    complaints[:] = forgiven(complaints)


def forgiven(complaints):
    """Without what the browser writes about connections that a stopped server refused or cut."""
    return [text for text in complaints if "net::ERR_" not in text]


def test_a_run_that_is_removed_does_not_silence_the_others(server, training, projects, open_page):
    page = open_page(server, training.page)
    show([page], 19 * 0.05)
    stale = open_page(server, training.page.replace("001", "009"), context=page.context)
    expect(stale.get_by_text("There is no run LiquidNetCfc/009 here.")).to_be_visible()
    show([page], training.go_on(3))
    stale.get_by_role("main").get_by_role("link", name="All runs").click()
    expect(stale.get_by_role("heading", name="Runs", level=1)).to_be_visible()
