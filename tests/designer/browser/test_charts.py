"""The live view and the curves of a run: figures that stand still, zoom, axes, smoothing, gaps, tables, keys."""

from __future__ import annotations

import math
import re
from itertools import count

import numpy as np
import pytest

from tests.designer.browser.driving import PHONE, expect, shown, until
from tests.designer.browser.running import (
    COLUMNS,
    RunFolder,
    as_table,
    box,
    designing,
    new_project,
    number,
    sentence,
    sine_samples,
)

UPDATES = 400
GAP = range(151, 251)
LOSS = 0.5 * np.exp(-np.arange(UPDATES) / 60) * (1.2 + np.sin(np.arange(UPDATES) / 5)) + 1e-5
LOSS[GAP.start - 1 : GAP.stop - 1] = math.nan

RECORD_TEXTS = """() => {
  const {fillText, clearRect} = CanvasRenderingContext2D.prototype;
  window.texts = new Map();
  Object.assign(CanvasRenderingContext2D.prototype, {
    clearRect() { texts.set(this.canvas, []); return clearRect.apply(this, arguments); },
    fillText(text) {
      texts.get(this.canvas)?.push([text, this.textAlign]);
      return fillText.apply(this, arguments);
    },
  });
}"""


def rows_of(losses, **more):
    return [
        {
            "loss": loss, "accuracy": 0.25, "baseline_accuracy": 0.0625, "mean_abs_error": 0.5 / (k + 1),
            "baseline_mean_abs_error": 0.013, "lr": 0.01, "abs_error": 0.3 / (k + 1),
        } | more
        for k, loss in enumerate(map(float, losses))
    ]  # fmt: skip


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return new_project(tmp_path_factory.mktemp("charts") / "nets", "Charts")


@pytest.fixture(scope="module")
def server(project):
    with designing(project.folder.parent) as server:
        yield server


NUMBERS = count(1)


@pytest.fixture
def run(project):
    """Function that begins a run folder; it is ended with the test."""
    begun = []

    def begin(**options):
        options.setdefault("columns", (*COLUMNS, "baseline_mean_abs_error"))
        begun.append(RunFolder(project, f"{next(NUMBERS):03}", **options))
        return begun[-1]

    yield begin
    for one in begun:
        one.end()


@pytest.fixture(scope="module")
def finished(project):
    """A run of 400 updates that is over, with samples, and a gap in its losses."""
    columns = (*COLUMNS, "baseline_mean_abs_error")
    run = RunFolder(project, f"{next(NUMBERS):03}", columns=columns, max_iter=UPDATES)
    run.add(rows_of(LOSS))
    run.add_samples(sine_samples(UPDATES))
    return run.end()


def tile(page, name):
    return page.locator(".tile").filter(has=page.locator("dt", has_text=re.compile(rf"^{name}")))


# ---- figures


def test_an_accuracy_stands_beside_its_baseline(server, finished, open_page):
    page = open_page(server, finished.page)
    expect(tile(page, "Accuracy")).to_contain_text("0.25")
    expect(tile(page, "Accuracy")).to_contain_text("baseline 0.063")
    expect(tile(page, "Mean")).to_contain_text("baseline 0.013")
    expect(box(page, "Accuracy")).to_contain_text("baseline: repeat the last target")
    heading, *rows = as_table(box(page, "Accuracy"))
    assert heading == ["update", "Accuracy", "baseline"]
    assert rows[-1] == ["400", "0.25", "0.0625"]
    page.goto(f"{server.origin}/p/Charts/runs")
    expect(page.get_by_role("row").filter(has_text=finished.path.name)).to_contain_text(
        "0.25 (0.063)"
    )


def test_an_accuracy_without_a_baseline_is_no_figure(server, run, open_page):
    folder = run()
    folder.add(rows_of(LOSS[:20], baseline_accuracy=None))
    folder.end()
    page = open_page(server, folder.page)
    expect(tile(page, "Loss")).to_be_visible()
    expect(tile(page, "Accuracy")).to_have_count(0)


def test_the_figures_of_the_live_view_stand_still(server, run, open_page):
    folder = run()
    samples = iter([(1 + k / 100, (-1) ** k * 9.87 / 3**k, 0.1 * k - 0.45) for k in range(12)])
    folder.add(rows_of(LOSS[:1]))
    folder.add_samples([next(samples)])
    page = open_page(server, folder.page)
    places = []
    for sample in samples:
        before = until(lambda: shown(page, "x"))
        folder.add_samples([sample])
        folder.add(rows_of(LOSS[:1]))
        until(lambda before=before: shown(page, "x") != before)
        places.append(
            [
                page.locator(f'[data-now="{name}"]').bounding_box()
                for name in ("x", "t0", "p0", "e0")
            ]
        )
        assert shown(page, "t0") == pytest.approx(sample[1], abs=5e-4)
        assert shown(page, "p0") == pytest.approx(sample[2], abs=5e-4)
        assert shown(page, "e0") == pytest.approx(sample[2] - sample[1], abs=1e-3)
    assert all(place == places[0] for place in places)


# ---- zoom


def updates_in_table(place):
    _, *rows = as_table(place)
    return number(rows[0][0]), number(rows[-1][0])


def drag(page, place, start, end):
    over = place.locator(".u-over").bounding_box()
    y = over["y"] + over["height"] / 2
    page.mouse.move(over["x"] + start * over["width"], y)
    page.mouse.down()
    page.mouse.move(over["x"] + (start + end) / 2 * over["width"], y)
    page.mouse.move(over["x"] + end * over["width"], y)
    page.mouse.up()


def test_a_zoom_stays_while_data_comes(server, run, open_page):
    folder = run()
    folder.add(rows_of(np.full(201, 0.5)))
    page = open_page(server, folder.page)
    loss = box(page, "Loss")
    until(lambda: "201 updates" in sentence(loss))
    loss.scroll_into_view_if_needed()
    drag(page, loss, 0.25, 0.75)
    first, last = until(lambda: updates_in_table(loss))
    assert (first, last) == (pytest.approx(52, abs=4), pytest.approx(151, abs=4))
    folder.add(rows_of(np.full(300, 0.5)))
    until(lambda: "501 updates" in sentence(loss))
    assert updates_in_table(loss) == (first, last)
    loss.locator(".u-over").dblclick()
    until(lambda: updates_in_table(loss)[1] == 501)
    folder.add(rows_of(np.full(99, 0.5)))
    until(lambda: updates_in_table(loss)[1] == 600)


def test_keys_move_select_zoom_and_show_all(server, finished, open_page):
    page = open_page(server, finished.page)
    loss = box(page, "Loss")
    until(lambda: sentence(loss))
    chart = loss.get_by_role("img")
    chart.focus()
    tip = loss.locator(".tip")
    page.keyboard.press("Home")
    expect(tip).to_contain_text("update 1")
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    here = int(re.search(r"update (\d+)", tip.inner_text())[1])
    assert here > 1
    for _ in range(10):
        page.keyboard.press("Shift+ArrowRight")
    there = int(re.search(r"update (\d+)", tip.inner_text())[1])
    page.keyboard.press("Enter")
    expect(loss.get_by_role("button", name="Show all")).to_be_visible()
    assert updates_in_table(loss) == (here, there)
    chart.focus()
    page.keyboard.press("Escape")
    until(lambda: updates_in_table(loss)[1] == UPDATES)
    expect(loss.get_by_role("button", name="Show all")).to_be_hidden()


# ---- axes


def test_a_log_axis_has_powers_of_ten_only(server, finished, open_page):
    page = open_page(server)
    page.add_init_script(f"({RECORD_TEXTS})()")
    page.goto(server.origin + finished.page)
    loss = box(page, "Loss")
    until(lambda: sentence(loss))
    labels = until(lambda: axis_texts(loss))
    values = [number(text) for text in labels]
    assert 2 <= len(values) <= 8
    assert all(math.log10(value) == pytest.approx(round(math.log10(value))) for value in values)
    assert min(values) <= 1e-3 and max(values) >= 0.1

    loss.get_by_role("button", name="linear").click()
    steps = until(lambda: _steps(axis_texts(loss)))
    assert steps == pytest.approx([steps[0]] * len(steps))
    # It is in the address, so a reload shows the same.
    page.reload()
    expect(loss.get_by_role("button", name="linear")).to_have_attribute("aria-pressed", "true")


def _steps(labels):
    values = [number(text) for text in labels]
    return np.diff(values).tolist() if 0.0 in values else None


def axis_texts(place):
    """The texts of the vertical axis, as they were drawn last."""
    return place.locator("canvas").evaluate(
        """canvas => (window.texts.get(canvas) ?? []).filter(([, align]) => align === 'right').map(([text]) => text)"""
    )


# ---- smoothing and the best point


def mean_of(losses, updates):
    """The mean over the newest updates, of those that are numbers."""
    means = []
    for end in range(1, len(losses) + 1):
        window = losses[max(0, end - updates) : end]
        means.append(np.nanmean(window) if np.isfinite(losses[end - 1]) else math.nan)
    return np.array(means)


@pytest.mark.parametrize("updates", [10, 100])
def test_smoothing_is_a_running_mean(server, finished, open_page, updates):
    page = open_page(server, finished.page)
    loss = box(page, "Loss")
    until(lambda: sentence(loss))
    loss.get_by_label("Smoothing").select_option(f"mean of {updates}")
    expected = mean_of(LOSS, updates)
    _, *rows = until(lambda: as_table(loss))
    until(lambda: number(as_table(loss)[-1][1]) == pytest.approx(expected[-1], rel=0.01))
    for update, value in as_table(loss)[1:]:
        known = expected[int(update) - 1]
        assert (
            value == "–" if math.isnan(known) else number(value) == pytest.approx(known, rel=0.06)
        )
    best = int(np.nanargmin(np.where(np.arange(UPDATES) >= updates - 1, expected, np.nan))) + 1
    expect(loss.locator(".best")).to_have_text(f"best at {best}")
    assert f"It was best at update {best}" in sentence(loss)
    page.reload()
    expect(loss.get_by_label("Smoothing")).to_have_value(str(updates))
    expect(loss.locator(".best")).to_have_text(f"best at {best}")


def test_the_table_has_the_values_themselves(server, finished, open_page):
    page = open_page(server, finished.page)
    loss = box(page, "Loss")
    until(lambda: sentence(loss))
    loss.get_by_label("Smoothing").select_option("each update")
    until(lambda: number(as_table(loss)[-1][1]) == pytest.approx(LOSS[-1], rel=0.01))
    heading, *rows = as_table(loss)
    assert heading == ["update", "Loss"]
    assert len(rows) == 40
    assert [int(update) for update, _ in rows] == list(range(10, 401, 10))
    for update, value in rows:
        known = float(LOSS[int(update) - 1])
        assert (
            value == "–" if math.isnan(known) else number(value) == pytest.approx(known, rel=0.06)
        )
    assert sum(value == "–" for _, value in rows) == 10
    button = loss.get_by_role("button", name=re.compile("as a table"))
    button.click()
    expect(loss.get_by_role("table")).to_be_hidden()


def test_losses_that_are_no_numbers_leave_a_gap(server, finished, open_page):
    page = open_page(server, finished.page)
    loss = box(page, "Loss")
    until(lambda: sentence(loss))
    loss.get_by_label("Smoothing").select_option("each update")
    until(lambda: coloured(loss, 0.05, 0.35) > 100)
    assert coloured(loss, 0.39, 0.61) == 0
    assert coloured(loss, 0.65, 0.95) > 100


def coloured(place, start, end):
    """How many points of the plot between two shares of its width have the colour of the line."""
    return place.locator("canvas").evaluate(
        """(canvas, [start, end]) => {
        const probe = document.createElement('canvas').getContext('2d');
        probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--c1').trim();
        probe.fillRect(0, 0, 1, 1);
        const [r, g, b] = probe.getImageData(0, 0, 1, 1).data;
        const over = canvas.parentElement.querySelector('.u-over').getBoundingClientRect();
        const all = canvas.getBoundingClientRect();
        const k = canvas.width / all.width, left = (over.left - all.left) * k, width = over.width * k;
        const from = Math.round(left + start * width), to = Math.round(left + end * width);
        const {data} = canvas.getContext('2d').getImageData(from, (over.top - all.top) * k, to - from, over.height * k);
        let found = 0;
        for (let i = 0; i < data.length; i += 4) {
          const away = Math.abs(data[i] - r) + Math.abs(data[i + 1] - g) + Math.abs(data[i + 2] - b);
          if (data[i + 3] > 200 && away < 40) found++;
        }
        return found;
    }""",
        [start, end],
    )


# ---- which charts there are


def test_tests_and_all_other_outputs_have_charts(server, run, open_page):
    folder = run(columns=(*COLUMNS, "baseline_mean_abs_error", "xhat_norm"))
    for share in (0.5, 0.75):
        folder.add(rows_of(np.full(10, 0.5), xhat_norm=-2.5))
        folder.add_test(accuracy=share, loss=0.125)
    folder.end()
    page = open_page(server, folder.page)
    until(lambda: sentence(box(page, "Loss")))
    names = page.locator(".curve-box h2").all_inner_texts()
    assert names[:2] == ["Accuracy", "Loss"]
    assert {"Mean absolute error", "Absolute error", "xhat_norm", "Learning rate"} == set(names[2:])
    # Tests of a figure that the training has too are drawn with it.
    heading, *rows = as_table(box(page, "Accuracy"))
    assert heading == ["update", "Accuracy", "baseline", "test accuracy"]
    assert rows[-1] == ["20", "0.25", "0.0625", "0.75"]
    assert as_table(box(page, "Loss"))[-1] == ["20", "0.5", "0.125"]
    assert as_table(box(page, "xhat_norm"))[-1] == ["20", "-2.5"]


def test_tests_alone_have_a_chart_of_their_own(server, run, open_page):
    folder = run(columns=("loss", "lr"), trainer=None, gym=None)
    for k in range(3):
        folder.add([{"loss": 1.0, "lr": 0.01}] * 10)
        folder.add_test(accuracy=0.5 + k / 8)
    page = open_page(server, folder.page)
    heading, *rows = until(lambda: as_table(box(page, "test accuracy")))
    assert rows == [["10", "0.5"], ["20", "0.625"], ["30", "0.75"]]
    # One that comes while the page is open.
    folder.add([{"loss": 1.0, "lr": 0.01}] * 10)
    folder.add_test(accuracy=0.875)
    until(lambda: as_table(box(page, "test accuracy"))[-1] == ["40", "0.875"])
    expect(page.get_by_role("region", name="The gym, live")).to_have_count(0)


def test_a_run_without_samples_says_so(server, run, open_page):
    folder = run()
    folder.add(rows_of(LOSS[:20]))
    page = open_page(server, folder.page)
    live = page.get_by_role("region", name="The gym, live")
    expect(live).to_contain_text("This run has no samples to draw. Its trainer gives none.")
    expect(live.get_by_role("button", name="500")).to_have_count(0)


def test_before_the_first_update(server, run, open_page):
    folder = run()
    page = open_page(server, folder.page)
    expect(page.get_by_role("region", name="The gym, live")).to_contain_text(
        "Waiting for the first update."
    )
    expect(page.locator(".curves")).to_contain_text("Waiting for the first update.")
    folder.add(rows_of(LOSS[:20]))
    folder.add_samples(sine_samples(20))
    until(lambda: "20 updates" in sentence(box(page, "Loss")))
    until(lambda: shown(page, "x") == pytest.approx(0.95))


def test_the_live_curve_is_seen_at_400_pixels(server, finished, open_page):
    page = open_page(server, finished.page, viewport=PHONE)
    live = page.get_by_role("region", name="The gym, live")
    until(lambda: sentence(live))
    assert page.evaluate("() => document.documentElement.scrollWidth") <= PHONE["width"]
    place = live.locator("canvas").first.bounding_box()
    assert place["y"] + place["height"] <= PHONE["height"]
