"""The tutorial, done by a person in a browser: from an empty folder to a curve being followed."""

from __future__ import annotations

import json
import re

from tests.designer.browser.driving import DESKTOP, expect, field, shown, until


def test_the_tutorial_in_eight_clicks(serve, open_page):
    server = serve()
    page = open_page(server)
    # An empty folder: one sentence, one button.
    expect(page.get_by_text("No projects here yet.")).to_be_visible()
    expect(page.get_by_role("main").get_by_role("button")).to_have_count(1)

    page.get_by_role("main").get_by_role("button", name="New project").click()
    page.get_by_label("Name", exact=True).fill("LiquidNN")
    page.get_by_role("option", name=re.compile("^Curve Yields")).click()
    page.get_by_role("button", name="Create project").click()

    page.get_by_role("treeitem", name=re.compile("^cfc1,")).click()
    properties = page.get_by_role("form", name=re.compile("cfc1"))
    expect(field(properties, "hidden_size")).to_have_value("256")

    page.get_by_role("link", name=re.compile("AdamW")).click()
    expect(field(page, "adamw_decay")).to_have_value("0.0")
    expect(field(page, "base_lr")).to_have_value("0.01")
    expect(field(page, "momentum2")).to_have_value("0.95")
    expect(page.get_by_role("main").get_by_text("RNN.SUPER_SIMPLE").first).to_be_attached()

    page.get_by_role("button", name="Start training").click()
    expect(page.get_by_role("region", name="The gym, live")).to_be_visible()
    first = until(lambda: shown(page, "x"))
    page.get_by_role("link", name=re.compile("^Curve")).dblclick()
    expect(page.get_by_role("region", name="The gym, live")).to_be_visible()
    until(lambda: (shown(page, "x") or 0) > first)

    assert page.evaluate("() => window.clicks") <= 8
    assert page.viewport_size == DESKTOP

    folder = server.folder / "LiquidNN"
    assert {path.name for path in folder.iterdir()} >= {
        "LiquidNetCfc.prototxt", "solver.prototxt", "project.json", "runs",
    }  # fmt: skip
    record = json.loads((folder / "runs" / "LiquidNetCfc" / "001" / "run.json").read_text())
    assert (record["status"], record["trainer"], record["gym"]) == (
        "running",
        "RNN.SUPER_SIMPLE",
        "Curve",
    )
