"""Projects opened in the Model Editor, and what a person does there."""

from __future__ import annotations

from tests.designer.browser.driving import (
    code,
    expect,
    field,
    press,
    properties,
)

HIDDEN = "layer.1.cfc_param.hidden_size"
MODEL = "LiquidNetCfc.prototxt"
NET = """name: "Small"
layer { name: "data" type: "Input" top: "x" input_param { shape { dim: 1 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "xhat" inner_product_param { num_output: 1%s } }
"""


def editors(nets, open_page, test):
    """Return a function that opens the Model Editor on a project of the test's own: the page and the model's file."""

    def start(model=None, *, query="?view=both&layer=cfc1", **options):
        project = test.removeprefix("test_")[:80]
        file = nets.project(project, model) / MODEL
        page = nets.open(open_page, f"/p/{project}/model{query}", **options)
        expect(code(page)).not_to_have_value("")
        return page, file

    return start


def set_field(page, name, value):
    field(properties(page), name).fill(value)
    field(properties(page), name).press("Enter")


def put_caret(page, before):
    """Put the text's cursor right behind a word, as a click there does."""
    code(page).evaluate(
        """(area, word) => {
            const end = area.value.indexOf(word) + word.length;
            area.focus();
            area.setSelectionRange(end, end);
        }""",
        before,
    )


def caret(page):
    """Return the text before the cursor and the text after it."""
    start, text = code(page).evaluate("area => [area.selectionStart, area.value]")
    return text[:start], text[start:]


def save(page):
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()


def add(page, kind):
    """Add a layer of a type, by keys alone, after the chosen one."""
    if not page.evaluate("() => document.activeElement.closest('.canvas') !== null"):
        page.locator("[data-layer][tabindex='0']").focus()
    press(page, "a")
    page.get_by_placeholder("Search").fill(kind)
    press(page, "ArrowDown")
    expect(page.get_by_role("dialog").locator("h2")).to_contain_text(kind)
    press(page, "Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
