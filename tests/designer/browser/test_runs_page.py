"""Finished runs: compared, reported, noted on, downloaded, tested, forecast, explained."""

from __future__ import annotations

import json
import re

import pytest

from tests.designer.browser.driving import expect, until
from tests.designer.browser.running import (
    as_table,
    designing,
    new_project,
    number,
    on_disk,
    replace,
    sentence,
    train_to_the_end,
)

UPDATES = 60


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs") / "nets"
    folder.mkdir()
    return folder


@pytest.fixture(scope="module")
def runs(folder):
    """Two runs of a small net that differ in their rate and seed."""
    project = new_project(folder, "Sine")
    return [
        train_to_the_end(project, UPDATES, "--seed", seed, "--set", f"solver.base_lr={rate}")
        for seed, rate in (("1", "0.01"), ("2", "0.003"))
    ]


@pytest.fixture(scope="module")
def forecaster(folder):
    project = new_project(
        folder, "Ahead", model="CurveForecast", solver="curve_forecast", small=False
    )
    replace(
        project.model,
        ("hidden_size: 48", "hidden_size: 4"),
        ("backbone_units: 32", "backbone_units: 4"),
    )
    return train_to_the_end(project, UPDATES, "--seed", "1")


@pytest.fixture(scope="module")
def server(folder, runs):
    with designing(folder) as server:
        yield server


def page_of(run):
    return f"/p/{run.parents[2].name}/runs/{run.parent.name}/{run.name}"


def test_two_runs_are_compared(server, runs, open_page):
    page = open_page(server, "/p/Sine/runs")
    differs = page.get_by_role("region", name="What differs")
    rows = until(lambda: {row[0]: row[1:] for row in cells(differs)})
    # Newest first.
    assert rows["Setting"] == ["002", "001"]
    assert rows["solver.base_lr"] == ["0.003", "0.01"]
    assert rows["seed"] == ["2", "1"]
    assert set(rows) == {"Setting", "solver.base_lr", "seed"}
    differs.get_by_label("show all").check()
    rows = until(lambda: {row[0]: row[1:] for row in cells(differs)})
    assert rows["cfc1.cfc_param.hidden_size"] == ["4", "4"]

    curves = page.get_by_role("region", name="Curves compared")
    curves.get_by_role("group", name="Figure").get_by_role("button", name="loss").click()
    curves.get_by_label("Smoothing").select_option("each update")
    _, *table = until(lambda: as_table(curves))
    last = [float((run / "metrics.csv").read_text().splitlines()[-1].split(",")[1]) for run in runs]
    until(lambda: number(as_table(curves)[-1][1]) == pytest.approx(last[1], rel=0.06))
    assert [number(text) for text in as_table(curves)[-1]] == pytest.approx(
        [UPDATES, last[1], last[0]], rel=0.06
    )
    assert "2 runs" in sentence(curves)

    page.get_by_label("Compare run 001").uncheck()
    expect(differs).to_contain_text("Choose two runs or more.")
    until(lambda: as_table(curves)[0] == ["update", "002"])
    page.reload()
    expect(page.get_by_label("Compare run 001")).not_to_be_checked()
    expect(page.get_by_label("Compare run 002")).to_be_checked()


def cells(place):
    """The cells of a table as texts by row, if it is there."""
    return place.evaluate(
        "place => [...place.querySelectorAll('tr')].map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )


def test_a_report_is_one_file(server, runs, open_page, tmp_path):
    page = open_page(server, "/p/Sine/runs?runs=LiquidNetCfc/001")
    with page.expect_download(timeout=60000) as waiting:
        page.get_by_role("button", name="Report").click()
    waiting.value.save_as(tmp_path / "report.html")
    assert waiting.value.suggested_filename == "Sine-1-run.html"
    text = (tmp_path / "report.html").read_text()
    assert text.lstrip().lower().startswith("<!doctype html>") and "LiquidNetCfc" in text
    assert not re.findall(r"""(?:src|href)=["'](?!data:|#)[^"']""", text)
    expect(page.get_by_role("button", name="Report")).to_be_enabled()


def test_notes_are_saved_and_shown_as_text(server, runs, open_page):
    page = open_page(server, page_of(runs[0]))
    page.get_by_role("button", name="Notes").click()
    note = (
        "<script>window.bad = 1</script>\n<img src=x onerror='window.bad = 1'> Zürich & 学習 \u202e"
    )
    notes = page.get_by_role("region", name="Notes")
    notes.get_by_label("Notes on this run").fill(note)
    expect(notes.get_by_role("status")).to_have_text("Saved")
    assert (runs[0] / "notes.md").read_text(encoding="utf-8") == note
    page.reload()
    page.get_by_role("button", name="Notes").click()
    expect(notes.get_by_label("Notes on this run")).to_have_value(note)
    assert page.evaluate("() => window.bad") is None
    # What another program writes is not overwritten.
    (runs[0] / "notes.md").write_text("of an editor")
    notes.get_by_label("Notes on this run").fill("of the page")
    expect(notes.get_by_role("button", name="Take theirs")).to_be_visible()
    assert (runs[0] / "notes.md").read_text() == "of an editor"
    notes.get_by_role("button", name="Keep mine").click()
    on_disk(page, lambda: (runs[0] / "notes.md").read_text() == "of the page")


def test_notes_typed_while_news_of_the_run_come_stay(server, runs, open_page):
    page = open_page(server, page_of(runs[0]))
    page.get_by_role("button", name="Notes").click()
    notes = page.get_by_role("region", name="Notes")
    field = notes.get_by_label("Notes on this run")
    field.fill("first")
    expect(notes.get_by_role("status")).to_have_text("Saved")
    # News of the run come while somebody types.
    record = json.loads((runs[0] / "run.json").read_text())
    (runs[0] / "run.json").write_text(json.dumps(record | {"status": "interrupted"}))
    field.press_sequentially(" and second", delay=40)
    expect(page.locator("#top .pill")).to_have_text("stopped")
    expect(notes.get_by_role("status")).to_have_text("Saved")
    expect(field).to_have_value("first and second")
    assert (runs[0] / "notes.md").read_text() == "first and second"
    (runs[0] / "run.json").write_text(json.dumps(record))


def test_files_are_downloaded_as_they_are(server, runs, open_page):
    page = open_page(server, page_of(runs[1]))
    files = page.get_by_role("region", name="Files")
    for name in ("metrics.csv", "best.caffemodel", "curve.png", "model.prototxt"):
        with page.expect_download() as waiting:
            files.get_by_role("link", name=name).click()
        assert waiting.value.suggested_filename == name
        assert waiting.value.path().read_bytes() == (runs[1] / name).read_bytes()


def test_frozen_weights_are_tested(server, runs, open_page):
    page = open_page(server, page_of(runs[0]))
    test = page.get_by_role("region", name="Test frozen weights")
    test.get_by_label("Updates").fill("many")
    test.get_by_role("button", name="Test").click()
    expect(test).to_contain_text("a whole number from 1 to")
    test.get_by_label("Updates").fill("20")
    test.get_by_role("button", name="Test").click()
    expect(test.get_by_role("button", name="Working")).to_be_disabled()
    expect(test.locator("dl.figures")).to_contain_text("Mean absolute error", timeout=60000)
    figures = {name.strip(): value for name, value in zip(
        test.locator("dt").all_inner_texts(), test.locator("dd").all_inner_texts(), strict=True)}  # fmt: skip
    assert figures["Updates"] == "20"
    assert "Accuracy" in figures
    assert any("baseline" in name.lower() for name in figures)
    assert number(figures["Mean absolute error"]) > 0


def test_a_layer_is_explained_in_pictures(server, runs, open_page):
    page = open_page(server, page_of(runs[0]))
    explain = page.get_by_role("region", name="Explain")
    explain.get_by_role("button", name="Explain").click()
    for name in ("cfc1_states.png", "cfc1_time_constants.png"):
        picture = explain.get_by_role("img", name=name)
        expect(picture).to_be_visible(timeout=60000)
        picture.scroll_into_view_if_needed()
        until(lambda picture=picture: picture.evaluate("image => image.naturalWidth") > 100)
        expect(
            page.get_by_role("region", name="Files").get_by_role("link", name=name)
        ).to_be_visible()
        assert (runs[0] / name).is_file()
    # A layer that there is not is said where it was asked for.
    explain.get_by_label("Layer").fill("cfc9")
    explain.get_by_role("button", name="Explain").click()
    expect(explain.locator(".err")).to_contain_text("cfc9", timeout=60000)


def test_a_forecast_is_drawn(server, forecaster, open_page):
    page = open_page(server, page_of(forecaster))
    forecast = page.get_by_role("region", name="Forecast")
    forecast.get_by_label("Steps").fill("25")
    forecast.get_by_role("button", name="Forecast").click()
    expect(forecast.get_by_role("link", name="forecast.csv")).to_be_visible(timeout=60000)
    assert len((forecaster / "forecast.csv").read_text().splitlines()) >= 26
