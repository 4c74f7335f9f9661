"""Names, comments and data that are markup or scripts are shown as the text that they are."""

from __future__ import annotations

import json
import re

import pytest

from mycaffe_py.projects import open_project
from tests.designer.browser.driving import (
    at,
    code,
    expect,
    field,
    layer,
    nets_on_a_server,
    press,
    properties,
)
from tests.designer.browser.running import RunFolder, sine_samples

IMAGE = "<img src=x onerror=window.hacked=1>"
SCRIPT = '"><script>window.hacked=1</script>'
MARKUP = "<b>bold</b>{{7*7}}${7*7}&amp;"
FOLDER = '"><img src=x onerror=window.hacked=1>'

QUOTED = SCRIPT.replace('"', '\\"')
MODEL = f"""# {IMAGE} {SCRIPT}
name: "{IMAGE}"
layer {{ name: "{IMAGE}" type: "Input" top: "{QUOTED}" input_param {{ shape {{ dim: 1 dim: 3 }} }} }}
layer {{
  name: "{QUOTED}" type: "InnerProduct" bottom: "{QUOTED}" top: "{MARKUP}"
  inner_product_param {{ num_output: 2 weight_filler {{ type: "{IMAGE}" }} }}
}}
layer {{ name: "odd" type: "{IMAGE}" bottom: "{MARKUP}" top: "z" }}
"""
SOLVER = f"""# {IMAGE}
net: "LiquidNetCfc.prototxt"
type: "{IMAGE}"
base_lr: 0.01
lr_policy: "{QUOTED}"
snapshot_prefix: "{IMAGE}"
trainer {{ type: "{QUOTED}" gym {{ type: "{IMAGE}" }} }}
"""
SERIES = """net: "LiquidNetCfc.prototxt"
type: "Adam"
base_lr: 0.01
lr_policy: "fixed"
max_iter: 10
trainer {
  type: "RNN.SUPER_SIMPLE"
  gym { type: "Series" series_param { csv_file: "bad.csv" } }
}
"""


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    for made in nets_on_a_server(tmp_path_factory.mktemp("hostile")):
        hostile = made.project(FOLDER, MODEL, SOLVER)
        (hostile / "project.json").write_text(
            json.dumps(
                {
                    "name": SCRIPT,
                    "model": "LiquidNetCfc.prototxt",
                    "solver": "solver.prototxt",
                    "notes": IMAGE,
                }
            )
        )
        broken = made.folder / IMAGE
        broken.mkdir()
        (broken / "project.json").write_text(json.dumps({"model": SCRIPT, "solver": IMAGE}))
        csv = made.project("Csv", solver=SERIES)
        rows = "".join(f"{i},{IMAGE if i == 50 else i % 7}\n" for i in range(200))
        (csv / "bad.csv").write_text(f"{IMAGE},{MARKUP}\n{rows}")
        run_of(made.project("Run"))
        yield made


def run_of(place):
    figures = ["loss", IMAGE, SCRIPT]
    record = {
        "message": f"{IMAGE} {SCRIPT}",
        "net": "LiquidNetCfc",
        "solver": IMAGE,
        "trainer": SCRIPT,
        "gym": IMAGE,
        "device": {"name": IMAGE, "reason": SCRIPT},
        "command": ["mycaffe", IMAGE, SCRIPT],
        "problem": {
            "file": f"{IMAGE}.csv",
            "line": 3,
            "column": 1,
            "message": IMAGE,
            "hint": SCRIPT,
        },
    }
    run = RunFolder(open_project(place), columns=figures)
    run.add([{name: 0.5 for name in figures}] * 20)
    run.add_samples(sine_samples(20), names=(IMAGE,))
    run.add_test(**{IMAGE: 0.5})
    (run.path / "notes.md").write_text(f"{IMAGE} {SCRIPT}")
    (run.path / f"{IMAGE}.txt").write_text(SCRIPT)
    (run.path / "output.log").write_text(f"{IMAGE}\n{SCRIPT}\n")
    run.end("failed", **record)


def harmless(page):
    """Nothing of what was read has become an element of the page, and no script of it has run."""
    page.wait_for_timeout(100)  # for an image that is not there to say so
    assert page.evaluate("() => window.hacked") is None
    made = page.evaluate("""() => [...document.querySelectorAll('img, script, iframe, object, [onerror], [onload]')]
      .filter(at => !at.getAttribute('src')?.startsWith('/static/')).map(at => at.outerHTML)""")
    assert made == []


def path_of(name, rest):
    from urllib.parse import quote

    return f"/p/{quote(name, safe='')}/{rest}"


def test_names_of_folders_and_projects(nets, open_page):
    page = open_page(at(nets.server, "/"))
    for name in (FOLDER, IMAGE):
        expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()
    harmless(page)
    # A click opens it, by its address.
    page.get_by_role("heading", name=FOLDER, exact=True).click()
    expect(page.get_by_role("treeitem").first).to_be_visible()
    expect(page.locator("#top .crumb")).to_contain_text(FOLDER)
    assert FOLDER in page.title()
    harmless(page)


def test_names_of_layers_blobs_and_types(nets, open_page):
    page = open_page(at(nets.server, path_of(FOLDER, "model?view=both")))
    expect(code(page)).to_have_value(MODEL)
    assert page.get_by_role("treeitem").count() == 3
    labels = page.locator("text.lab").evaluate_all("all => all.map(one => one.firstChild.data)")
    assert any(name.startswith('"><script') for name in labels)
    for index, name in enumerate((IMAGE, SCRIPT, "odd")):
        page.locator(f'g.card[data-layer="{index}"]').click()
        expect(properties(page).get_by_label("Name of the layer")).to_have_value(name)
        harmless(page)
    expect(properties(page)).to_contain_text("No plugin that is loaded has this type.")
    # Mistakes are told with the names.
    page.get_by_role("button", name=re.compile("problem")).first.click()
    expect(page.get_by_role("list", name="Problems")).to_contain_text(IMAGE)
    page.locator(".canvas").click(position={"x": 8, "y": 8})
    expect(properties(page).get_by_label("Name of the net")).to_have_value(IMAGE)
    harmless(page)


def test_finding_adding_and_renaming(nets, open_page):
    page = open_page(at(nets.server, path_of(FOLDER, "model?view=graph")))
    expect(page.get_by_role("treeitem").first).to_be_visible()
    press(page, "/")
    page.get_by_label("Find a layer").fill("<img")
    expect(
        page.get_by_role("listbox", name="Layers found").get_by_role("option").first
    ).to_contain_text(IMAGE)
    page.get_by_label("Find a layer").fill(SCRIPT + IMAGE)
    expect(page.locator(".find .none")).to_contain_text(SCRIPT + IMAGE)
    harmless(page)
    press(page, "Escape")
    page.get_by_role("button", name="Add layer").click()
    page.get_by_placeholder("Search").fill(IMAGE)
    expect(page.get_by_text(f"No type matches “{IMAGE}”.")).to_be_visible()
    page.get_by_placeholder("Search").fill("ReLU")
    press(page, "ArrowDown")
    page.get_by_role("dialog").get_by_label("Name", exact=True).fill(IMAGE + "2")
    press(page, "Enter")
    expect(layer(page, IMAGE + "2")).to_be_attached()
    expect(layer(page, IMAGE + "2")).to_be_focused()
    press(page, "Delete")
    expect(page.get_by_text(f"Removed {IMAGE}2.")).to_be_visible()
    harmless(page)


def test_types_and_texts_of_a_solver(nets, open_page):
    page = open_page(at(nets.server, path_of(FOLDER, "solver?view=both")))
    expect(code(page)).to_have_value(SOLVER)
    expect(page.get_by_role("combobox", name=re.compile("^Update rule"))).to_have_value(IMAGE)
    expect(field(page, "snapshot_prefix")).to_have_value(IMAGE)
    harmless(page)
    field(page, "base_lr").fill(IMAGE)
    expect(page.locator('[data-row="base_lr"] .err')).to_contain_text(IMAGE)
    harmless(page)
    page.goto(page.url.partition("/solver")[0] + "/gym")
    expect(page.get_by_role("combobox", name=re.compile("^Gym"))).to_have_value(IMAGE)
    harmless(page)


def test_cells_and_headings_of_a_csv_file(nets, open_page):
    page = open_page(at(nets.server, "/p/Csv/gym"))
    expect(page.locator(".gym-picture")).to_contain_text(re.compile("bad.csv|<img"))
    harmless(page)
    # The same file for a project that is to be made.
    page.goto(page.url.partition("/p/")[0] + "/?new")
    dialog = page.get_by_role("dialog", name="New project")
    dialog.get_by_role("option", name=re.compile("^Series Asks")).click()
    field(dialog, "csv_file").fill("Csv/bad.csv")
    expect(dialog.locator(".err").first).to_contain_text(IMAGE[:20])
    dialog.get_by_label("Name", exact=True).fill(IMAGE)
    expect(dialog.locator("#new-name-err")).to_be_visible()
    harmless(page)


def test_everything_that_a_run_says(nets, open_page):
    page = open_page(at(nets.server, "/p/Run/runs/LiquidNetCfc/001"))
    main = page.get_by_role("main")
    expect(main).to_contain_text(IMAGE)
    expect(main).to_contain_text(SCRIPT)
    expect(main.get_by_role("link", name=f"{IMAGE}.txt")).to_be_attached()
    harmless(page)
    page.get_by_role("button", name="Notes").click()
    expect(page.get_by_label("Notes on this run")).to_have_value(f"{IMAGE} {SCRIPT}")
    output = page.get_by_role("button", name=re.compile("whole output"))
    if output.count():
        output.click()
    for button in page.get_by_role("button", name=re.compile("as a table")).all():
        button.click()
    harmless(page)
    page.goto(page.url.partition("/runs/")[0] + "/runs")
    expect(page.get_by_role("main")).to_contain_text("001")
    harmless(page)


def test_an_address_that_is_markup(nets, open_page):
    page = open_page(at(nets.server, "/p/Run/model"))
    image = IMAGE.replace(" ", "%20")
    for path in (
        path_of(IMAGE + "2", "model"),
        f"/p/Run/model?layer={image}",
        f"/p/Run/runs/{SCRIPT.replace('/', '%2F')}/001",
        f"/p/Run/solver?field={SCRIPT}",
    ):
        page.goto(page.evaluate("() => location.origin") + path)
        expect(page.get_by_role("main")).not_to_be_empty()
        harmless(page)
