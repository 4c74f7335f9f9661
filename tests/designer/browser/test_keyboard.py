"""The tutorial by keys alone; where the focus is can always be seen."""

from __future__ import annotations

import json
import re

from tests.designer.browser.driving import expect, press, shown, until

# What the focused element is called, and how it differs from what it looks like without the focus.
FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const called = at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? at.textContent;
  const look = one => {
    const {outlineStyle, outlineWidth, boxShadow, borderTopColor, stroke, strokeWidth} = getComputedStyle(one);
    const rest = [boxShadow, borderTopColor, stroke, strokeWidth].join(' ');
    return {outline: outlineStyle === 'none' ? 0 : parseFloat(outlineWidth), rest};
  };
  const parts = [at, at.parentElement, ...at.querySelectorAll('rect')], now = parts.map(look);
  at.blur();
  const without = parts.map(look);
  at.focus({preventScroll: true, focusVisible: true});
  const {top, bottom, left, right} = at.getBoundingClientRect();
  return {
    name: called.trim().replace(/\\s+/g, ' '), tag: at.tagName, role: at.getAttribute('role'),
    seen: now.some((one, i) => one.outline >= 2 || one.rest !== without[i].rest),
    onScreen: bottom > 0 && right > 0 && top < innerHeight && left < innerWidth,
  };
}"""


def walk(page, name, *, key="Tab", most=90):
    """Press Tab until the element with a name has the focus; on the way each one that has it must be seen."""
    for _ in range(most):
        press(page, key)
        at = page.evaluate(FOCUSED)
        if at is None:
            continue  # between the end of the page and its beginning
        assert at["seen"] and at["onScreen"], at
        if re.search(name, at["name"]):
            return at
    raise AssertionError(f"{key} does not lead to {name}")


def test_the_tutorial_by_keys_alone(serve, open_page):
    server = serve()
    page = open_page(server)
    expect(page.get_by_role("main").get_by_role("button", name="New project")).to_be_visible()
    # The first stop leads past what is the same on every page.
    press(page, "Tab")
    assert page.evaluate(FOCUSED)["name"] == "Skip to the content"
    walk(page, "^New project$")
    press(page, "Enter")

    dialog = page.get_by_role("dialog", name="New project")
    expect(dialog.get_by_label("Name", exact=True)).to_be_focused()
    page.keyboard.type("LiquidNN")  # the name that was offered is selected
    walk(page, "^Gyms$")
    walk(page, "^Curve ?Yields")
    press(page, "ArrowDown")
    expect(dialog.get_by_role("option", name=re.compile("^Series Asks"))).to_be_focused()
    press(page, "ArrowUp")
    expect(dialog.get_by_role("option", name=re.compile("^Curve Yields"))).to_be_focused()
    walk(page, "^Create project$")
    press(page, "Enter")

    expect(page.get_by_role("treeitem").first).to_be_visible()
    walk(page, "^data, Input")
    press(page, "ArrowDown")
    assert page.evaluate(FOCUSED)["name"].startswith("cfc1, CFC") and page.evaluate(FOCUSED)["seen"]
    press(page, "Enter")
    expect(page.get_by_role("form", name="Properties of cfc1")).to_be_visible()
    walk(page, "^hidden_size")
    page.keyboard.type("16")
    press(page, "Enter", "Escape")
    expect(page.get_by_role("treeitem", name=re.compile("^cfc1"))).to_be_focused()

    walk(page, "^AdamW", key="Shift+Tab")
    press(page, "Enter")
    expect(page.get_by_role("form", name="Settings of the solver")).to_be_visible()
    walk(page, "^adamw_decay")
    expect(page.locator(":focus")).to_have_value("0.0")
    walk(page, "^Start training$", key="Shift+Tab", most=60)
    press(page, "Enter")

    expect(page.get_by_role("region", name="The gym, live")).to_be_visible()
    until(lambda: shown(page, "x"))
    folder = server.folder / "LiquidNN"
    assert "hidden_size: 16" in (folder / "LiquidNetCfc.prototxt").read_text()
    record = folder / "runs" / "LiquidNetCfc" / "001" / "run.json"
    assert json.loads(record.read_text())["status"] == "running"
    assert page.evaluate("() => window.clicks ?? 0") == 0
    # It is stopped by keys as well.
    walk(page, "^Stop")
    press(page, "Enter")
    until(lambda: json.loads(record.read_text())["status"] == "interrupted")


def test_a_dialog_keeps_the_focus_inside_and_gives_it_back(serve, open_page):
    page = open_page(serve())
    button = page.get_by_role("main").get_by_role("button", name="New project")
    button.focus()
    press(page, "Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    for _ in range(40):
        press(page, "Tab")
        assert page.evaluate(
            "() => document.activeElement === document.body || document.activeElement.closest('dialog') !== null"
        )
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(button).to_be_focused()
