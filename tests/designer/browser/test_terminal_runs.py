"""Trainings of a terminal and of the page: seen live, stopped, resumed; and those that fail, diverge or are lost."""

from __future__ import annotations

import os
import re
import signal

import pytest

from mycaffe_py.run import read_record
from tests.designer.browser.driving import expect, field, shown, until
from tests.designer.browser.running import (
    LONG,
    as_table,
    box,
    designing,
    end_trainings,
    first_update,
    in_tree,
    last_update,
    new_project,
    number,
    on_disk,
    read_json,
    replace,
    sentence,
    train_in_terminal,
)

ENDLESS = ((r"max_iter: \d+", f"max_iter: {LONG}"), (r"snapshot: \d+", "snapshot: 0"))


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with designing(tmp_path_factory.mktemp("terminal") / "nets") as server:
        yield server


@pytest.fixture
def project(server, request):
    """A project of its own for each test, small, that goes on for ever without snapshots."""
    name = request.node.name.removeprefix("test_")
    project = new_project(server.folder, name, solver_text=ENDLESS)
    yield project
    end_trainings(project.folder)


@pytest.fixture
def terminal(project):
    """Function that trains as in a terminal; returns the process and its run folder."""
    started = []

    def train(*options):
        known = set(project.runs.glob("*/*"))
        process = train_in_terminal(project, *options)
        started.append(process)
        (folder,) = until(
            lambda: {run.parent for run in project.runs.glob("*/*/run.json")} - known, 30
        )
        return process, folder

    yield train
    for process in started:
        process.kill()
        process.wait()


def states(page):
    return page.locator("#top .pill")


def newest_state(folder):
    """The update of the newest solver state in a run folder."""
    return max(int(path.stem.rpartition("_")[2]) for path in folder.glob("*_iter_*.solverstate"))


def updates_of(sentence):
    found = re.search(
        r"over ([\d,]+) update", sentence
    )  # before the first update it waits for that
    return int(found[1].replace(",", "")) if found else 0


def test_a_run_of_the_terminal_is_seen_stopped_and_resumed(server, project, terminal, open_page):
    page = open_page(server, f"/p/{project.name}")
    expect(page.get_by_text("Not trained yet.")).to_be_visible()
    process, folder = terminal()
    in_tree(page, "001").click()
    live = page.get_by_role("region", name="The gym, live")
    expect(live).to_be_visible()
    first = until(lambda: shown(page, "x"))
    until(lambda: shown(page, "x") > first)
    loss = box(page, "Loss")
    before = updates_of(until(lambda: sentence(loss)))
    until(lambda: updates_of(sentence(loss)) > before)
    expect(page.get_by_role("progressbar", name="Training")).to_be_visible()

    page.get_by_role("button", name="Snapshot").click()
    (snapshot,) = on_disk(page, lambda: read_json(folder / "run.json")["snapshots"])
    assert snapshot["reason"] == "request"
    name = f"LiquidNetCfc_iter_{snapshot['iteration']}"
    assert (folder / f"{name}.caffemodel").is_file() and (folder / f"{name}.solverstate").is_file()
    files = page.get_by_role("region", name="Files")
    expect(files.get_by_role("link", name=f"{name}.caffemodel")).to_be_visible()

    page.get_by_role("button", name="Stop").click()
    on_disk(page, lambda: process.poll() is not None)
    assert process.returncode == 130
    record = read_json(folder / "run.json")
    assert record["status"] == "interrupted"
    expect(states(page)).to_have_text("stopped")
    expect(in_tree(page, "001")).to_contain_text(f"stopped at {record['iteration']:,}")

    page.get_by_role("button", name="Resume").click()
    page.wait_for_url("**/runs/LiquidNetCfc/002")
    resumed = folder.with_name("002")
    until(
        lambda: (resumed / "metrics.csv").exists() and "\n" in (resumed / "metrics.csv").read_text()
    )
    until(lambda: shown(page, "x"))
    assert first_update(resumed) == record["iteration"] + 1
    # One curve: it begins with the first run's first update, and has got beyond its last.
    until(lambda: sentence(loss) and updates_of(sentence(loss)) > record["iteration"])
    heading, *rows = as_table(loss)
    assert heading == ["update", "Loss"]
    assert number(rows[0][0]) < record["iteration"] / 2
    assert number(rows[-1][0]) > record["iteration"]
    assert read_json(resumed / "run.json")["resumed_run"] == "../001"


@pytest.mark.posix
def test_a_killed_run_is_lost_and_goes_on_from_its_last_snapshot(
    server, project, terminal, open_page
):
    process, folder = terminal("--set", "solver.snapshot=100")
    page = open_page(server, f"/p/{project.name}")
    expect(in_tree(page, "001")).to_contain_text("of 10,000,000")
    until(lambda: read_json(folder / "run.json")["snapshots"])
    process.send_signal(signal.SIGKILL)
    process.wait()
    # Nobody looks at the run itself: the tree says it.
    expect(in_tree(page, "001")).to_contain_text("lost")
    assert read_json(folder / "run.json")["status"] == "running"
    in_tree(page, "001").click()
    kept = read_json(folder / "run.json")["snapshots"][-1]["iteration"]
    alert = page.locator(".run-page").get_by_role("alert")
    expect(alert).to_contain_text(
        f"This run's process is gone. Its last snapshot is of update {kept:,}."
    )
    expect(states(page)).to_have_text("lost")

    alert.get_by_role("button", name="Resume from there").click()
    page.wait_for_url("**/runs/LiquidNetCfc/002")
    until(lambda: shown(page, "x"))
    resumed = folder.with_name("002")
    # The process may have been killed after a snapshot was written and before the run's record had it.
    assert first_update(resumed) == newest_state(folder) + 1 >= kept + 1
    # One that is looked at says it too; without a snapshot there is nothing to resume.
    os.kill(read_json(resumed / "run.json")["process"], signal.SIGKILL)
    expect(alert).to_contain_text("This run's process is gone. It left no snapshot.")
    expect(alert.get_by_role("button")).to_have_count(0)


def test_a_run_that_diverges_says_so_in_words(server, project, open_page):
    replace(project.solver, ("base_lr: .*", "base_lr: 1e20 random_seed: 1"))
    page = open_page(server, f"/p/{project.name}")
    page.get_by_role("button", name="Start training").click()
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("the loss is inf")
    expect(alert).to_contain_text("base_lr")
    expect(states(page)).to_have_text("diverged")
    expect(page.get_by_text("nan", exact=False)).to_have_count(0)
    alert.get_by_role("link", name="Open the solver").click()
    expect(field(page, "base_lr")).to_have_value("1e20")


def test_a_refused_start_leads_to_the_field(server, project, open_page):
    replace(project.model, ("hidden_size: 4", "hidden_size: -3"))
    line = 1 + project.model.read_text()[: project.model.read_text().index("-3")].count("\n")
    page = open_page(server, f"/p/{project.name}/solver")
    page.get_by_role("button", name="Start training").click()
    dialog = page.get_by_role("dialog", name="Not started")
    expect(dialog).to_contain_text("1 problem must be repaired first.")
    expect(dialog).to_contain_text("cfc1 hidden_size must be at least 1, got -3")
    dialog.get_by_role("link", name=f"LiquidNetCfc.prototxt, line {line}").click()
    expect(dialog).to_be_hidden()
    properties = page.get_by_role("form", name=re.compile("cfc1"))
    expect(field(properties, "hidden_size")).to_have_value("-3")
    expect(field(properties, "hidden_size")).to_have_attribute("aria-invalid", "true")
    until(lambda: caret_line(page) == line)
    assert not list(project.runs.glob("*/*"))


def caret_line(page):
    return page.evaluate(
        """() => { const text = document.querySelector('textarea');
            return text && text.value.slice(0, text.selectionStart).split('\\n').length; }"""
    )


def test_a_broken_data_file_is_named_with_its_line(server, open_page):
    table = server.folder.parent / "co2.csv"
    table.write_text("\n".join(["day,value", *(f"{k},{300 + k % 7}" for k in range(300))]))
    project = new_project(
        server.folder, "broken", gym="Series", model="SeriesCfc", solver="series", small=False,
        settings={"series_param.csv_file": str(table)},
    )  # fmt: skip
    data = project.folder / "data" / "co2.csv"
    replace(data, ("\n118,.*", "\n118,oops"))
    page = open_page(server, f"/p/{project.name}")
    page.get_by_role("button", name="Start training").click()
    words = page.get_by_text(re.compile(r'co2\.csv, line 120.*"oops" is not a number'))
    expect(words.first).to_be_visible()
    page.get_by_role("link", name=re.compile("^solver.prototxt, line")).click()
    line = 1 + project.solver.read_text().split("csv_file")[0].count("\n")
    until(lambda: caret_line(page) == line)


def test_starting_saves_what_is_changed(server, project, open_page):
    page = open_page(server, f"/p/{project.name}/solver")
    before = project.solver.read_text()
    rate = field(page, "base_lr")
    rate.fill("0.02")
    page.keyboard.press("Control+Enter")
    page.wait_for_url("**/runs/LiquidNetCfc/001")
    assert project.solver.read_text() == before.replace("base_lr: 0.01", "base_lr: 0.02")
    folder = project.runs / "LiquidNetCfc" / "001"
    until(lambda: (folder / "solver.prototxt").exists() and read_record(folder), 30)
    assert "base_lr: 0.02" in (folder / "solver.prototxt").read_text()
    # How one does the same in a terminal: not with the Designer's own options.
    command = page.get_by_role("region", name="Settings").locator(".command")
    expect(command).to_have_text("mycaffe train --solver solver.prototxt")


def test_two_trainings_at_a_time(server, project, open_page):
    page = open_page(server, f"/p/{project.name}/model")
    for name in ("001", "002"):
        page.get_by_role("button", name="Start training").click()
        page.wait_for_url(f"**/runs/LiquidNetCfc/{name}")
        page.locator("#side").get_by_role("link", name=re.compile("^LiquidNetCfc")).click()
        expect(page.get_by_role("button", name="Start training")).to_be_visible()
    folders = [project.runs / "LiquidNetCfc" / name for name in ("001", "002")]
    until(lambda: all((folder / "progress.json").exists() for folder in folders), 30)
    before = [last_update(folder) for folder in folders]
    for name, update in zip(("001", "002"), before, strict=True):
        text = in_tree(page, name)
        expect(text).to_contain_text("of 10,000,000")
        until(lambda text=text, update=update: updates_in(text) > update)
    # Stopping one lets the other go on.
    in_tree(page, "001").click()
    page.get_by_role("button", name="Stop").click()
    expect(in_tree(page, "001")).to_contain_text("stopped at")
    at = last_update(folders[1])
    until(lambda: last_update(folders[1]) > at)


def updates_in(link):
    found = re.search(r"([\d,]+) of", link.inner_text())
    return int(found[1].replace(",", "")) if found else 0
