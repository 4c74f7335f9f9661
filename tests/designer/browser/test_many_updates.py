"""A run of 100,000 updates: the same past at every reload, quick answers, memory that stays."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from mycaffe_py.events.events import StepDone
from mycaffe_py.run.live import LiveWriter
from tests.designer.browser.driving import expect, shown, until
from tests.designer.browser.running import (
    RunFolder,
    as_table,
    box,
    designing,
    new_project,
    number,
    sentence,
)

UPDATES, MORE = 100_000, 20_000
BLOCK = 64
"""The least power of two that makes at most 2,000 blocks of the updates, before and after the further ones."""
ALL = np.arange(1, UPDATES + MORE + 1)
LOSSES = np.exp(-ALL / 30_000) * (1 + 0.5 * np.sin(ALL / 700)) + 0.3 * (ALL % 9973 == 0)
COLUMNS = ("loss", "accuracy", "baseline_accuracy", "lr")


def rows(first, last):
    return [
        {"loss": loss, "accuracy": 0.5, "baseline_accuracy": 0.0625, "lr": 0.01}
        for loss in LOSSES[first - 1 : last].tolist()
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    project = new_project(tmp_path_factory.mktemp("many") / "nets", "Many")
    run = RunFolder(project, columns=COLUMNS, max_iter=UPDATES + MORE)
    run.add(rows(1, UPDATES))
    write_samples(run.path)
    yield run
    run.end()


def write_samples(path):
    """Write the samples as a training does, thinned by its rule."""
    info = {"names": ["y"], "x_name": "x", "tolerance": 0.005, "dates": False}
    writer = LiveWriter(path, info)
    x = ALL[:UPDATES] * 0.01
    target, prediction = np.sin(x).tolist(), (np.sin(x) + 0.01 * np.cos(7 * x)).tolist()
    for k, at in enumerate(x.tolist()):
        sample = {"x": at, "target": [target[k]], "prediction": [prediction[k]]}
        writer.observe(StepDone(k + 1, 0.1, 0.01, {}, sample=sample))
        if k % 4096 == 0:
            writer.idle()
    writer.close()


@pytest.fixture(scope="module")
def server(folder):
    with designing(folder.path.parents[3]) as server:
        yield server


@pytest.fixture
def page(server, folder, open_page):
    page = open_page(server)
    page.add_init_script(TIME_CLICKS)
    page.goto(server.origin + folder.page)
    until(lambda: sentence(box(page, "Loss")))
    return page


# How long the browser itself says it took from a click to the next picture.
TIME_CLICKS = """
window.waits = [];
new PerformanceObserver(list => {
  for (const {name, duration} of list.getEntries()) if (name === 'click') window.waits.push(duration);
}).observe({type: 'event', durationThreshold: 16, buffered: true});
"""


def course(page):
    """All that can be read of the loss: what the picture says, and its table."""
    loss = box(page, "Loss")
    return sentence(loss), as_table(loss)


def heap(page):
    """The megabytes that a page's scripts hold, without what nobody refers to any more."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    session.send("HeapProfiler.collectGarbage")
    session.send("Performance.enable")
    metrics = session.send("Performance.getMetrics")["metrics"]
    session.detach()
    return {one["name"]: one["value"] for one in metrics}["JSHeapUsedSize"] / 1e6


def resident(process):
    """The megabytes of memory of a process."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1e3


def test_the_past_is_the_same_at_every_reload(page):
    loss = box(page, "Loss")
    loss.get_by_label("Smoothing").select_option("each update")
    until(lambda: f"over {UPDATES:,} updates" in sentence(loss))
    until(lambda: as_table(loss)[0] == ["update", "Loss"])
    first = course(page)
    for update, value in first[1][1:]:
        last = number(update)
        start = (last - 1) // BLOCK * BLOCK
        assert last % BLOCK == 0 or last == UPDATES
        mean = LOSSES[int(start) : int(last)].mean()
        assert number(value) == pytest.approx(mean, rel=0.01)
    for _ in range(2):
        page.reload()
        until(lambda: f"over {UPDATES:,} updates" in sentence(loss))
        assert course(page) == first


def test_clicks_are_answered_at_once(page):
    loss = box(page, "Loss")
    page.evaluate("() => { window.waits.length = 0; }")
    for name in ("linear", "log"):
        loss.get_by_role("button", name=name).click()
        expect(loss.get_by_role("button", name=name)).to_have_attribute("aria-pressed", "true")
    loss.get_by_label("Smoothing").select_option("mean of 500")
    live = page.get_by_role("region", name="The gym, live")
    for span in ("All", "100"):
        live.get_by_role("button", name=span, exact=True).click()
        until(lambda: sentence(live))
    page.locator("#side").get_by_role("link", name=re.compile("^AdamW")).click()
    expect(page.get_by_role("form", name="Settings of the solver")).to_be_visible()
    page.locator("#side").get_by_role("link", name=re.compile("^001")).click()
    expect(box(page, "Loss")).to_be_visible()
    waits = until(lambda: page.evaluate("() => window.waits"))
    print(f"clicks: {sorted(round(wait) for wait in waits)} ms, of those that took 16 or more")
    assert max(waits) < 1000


@pytest.mark.posix
def test_what_comes_is_drawn_like_what_was_there_and_memory_stays(server, folder, page):
    loss = box(page, "Loss")
    loss.get_by_label("Smoothing").select_option("each update")
    before = heap(page), resident(server.process)
    for start in range(UPDATES, UPDATES + MORE, 1000):
        folder.add(rows(start + 1, start + 1000))
        until(lambda end=start + 1000: f"over {end:,} updates" in sentence(loss))
    streamed = until(lambda: course(page))
    assert number(streamed[1][-1][0]) == UPDATES + MORE
    after = heap(page), resident(server.process)
    page.reload()
    until(lambda: f"over {UPDATES + MORE:,} updates" in sentence(loss))
    assert course(page) == streamed
    print(
        f"page {before[0]:.0f} and {after[0]:.0f} MB, server {before[1]:.0f} and {after[1]:.0f} MB"
    )
    assert after[0] < 100 and after[0] < before[0] + 20
    assert after[1] < 250 and after[1] < before[1] + 30


def test_the_newest_samples_are_there_in_full(page):
    until(lambda: shown(page, "x") == pytest.approx(UPDATES * 0.01))
    live = page.get_by_role("region", name="The gym, live")
    live.get_by_role("button", name="All", exact=True).click()
    until(lambda: counted(sentence(live)) > 8192)
    assert counted(sentence(live)) <= 2 * 8192 + 8192


def counted(text):
    found = re.search(r"of ([\d,]+) update", text)
    return int(found[1].replace(",", "")) if found else 0
