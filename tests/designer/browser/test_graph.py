"""The picture of a net: big nets, finding, moving about, phases, and layers edited by keys."""

from __future__ import annotations

import re

import pytest

from tests.designer.browser.driving import (
    ROOT,
    at,
    code,
    expect,
    in_step,
    layer,
    nets_on_a_server,
    press,
    properties,
    until,
)

MODEL = "LiquidNetCfc.prototxt"
GOOGLENET = (ROOT / "tests" / "data" / "googlenet.prototxt").read_text()

# Every card: its layer and where it is on the screen.
CARDS = """() => Object.fromEntries([...document.querySelectorAll('g.card')].map(card => {
  const {left, top, right, bottom} = card.querySelector('rect.b').getBoundingClientRect();
  return [card.getAttribute('aria-label').split(',')[0], {left, top, right, bottom}];
}))"""
CANVAS = """() => {
  const {left, top, right, bottom} = document.querySelector('.canvas').getBoundingClientRect();
  return {left, top, right, bottom};
}"""


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    for made in nets_on_a_server(tmp_path_factory.mktemp("graph")):
        made.project("GoogLeNet", GOOGLENET)
        made.project("Liquid")
        made.project("Phases", PHASES)
        yield made


@pytest.fixture
def editor(nets, open_page):
    """Function that opens the Model Editor of a project; nothing is saved, so that the next test finds it as it was."""

    def start(project, query="?view=graph", **options):
        page = open_page(at(nets.server, f"/p/{project}/model{query}"), **options)
        expect(page.get_by_role("treeitem").first).to_be_attached()
        return page

    return start


def blocks(text):
    """The layers of a net's text: name, type, bottoms, tops."""
    found = []
    for block in re.split(r"^layer \{", text, flags=re.M)[1:]:
        words = {key: re.findall(rf'\b{key}: "([^"]*)"', block) for key in ("bottom", "top")}
        name, kind = (re.search(rf'\b{key}: "([^"]*)"', block)[1] for key in ("name", "type"))
        found.append((name, kind, words["bottom"], words["top"]))
    return found


def middle(box):
    return (box["left"] + box["right"]) / 2, (box["top"] + box["bottom"]) / 2


# ---- GoogLeNet ----


def test_every_layer_that_is_not_in_place_has_a_card_and_the_others_are_chips(editor):
    page = editor("GoogLeNet", "?view=graph&phase=all")
    layers = blocks(GOOGLENET)
    in_place = {name for name, _, bottom, top in layers if len(bottom) == 1 and bottom == top}
    assert len(layers) == 165 and in_place
    cards = page.evaluate(CARDS)
    assert set(cards) == {name for name, *_ in layers} - in_place
    chips = page.locator("g.pin").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-label').split(',')[0])"
    )
    assert set(chips) == in_place


def test_branches_stand_from_left_to_right_as_in_the_file(editor):
    cards = editor("GoogLeNet").evaluate(CARDS)
    modules = [name for name, kind, *_ in blocks(GOOGLENET) if kind == "Concat"]
    assert len(modules) == 9
    for name, kind, bottoms, _ in blocks(GOOGLENET):
        if kind == "Concat":
            # The first layers of the four branches, and the last.
            inside = name.rpartition("/")[0]
            first = [f"{inside}/{one}" for one in ("1x1", "3x3_reduce", "5x5_reduce", "pool")]
            for row in (bottoms, first):
                places = [middle(cards[one])[0] for one in row]
                assert places == sorted(places), (name, places)


def test_one_key_fits_the_whole_net_into_the_window(editor):
    page = editor("GoogLeNet")
    page.get_by_role("treeitem").first.focus()
    outside = [
        box for box in page.evaluate(CARDS).values() if not inside(box, page.evaluate(CANVAS))
    ]
    assert outside  # it does not fit before
    press(page, "0")
    canvas = page.evaluate(CANVAS)
    cards = page.evaluate(CARDS)
    assert all(inside(box, canvas) for box in cards.values())
    # As large as it can be: it fills the window in one of the two directions.
    high = max(box["bottom"] for box in cards.values()) - min(box["top"] for box in cards.values())
    wide = max(box["right"] for box in cards.values()) - min(box["left"] for box in cards.values())
    assert (
        max(high / (canvas["bottom"] - canvas["top"]), wide / (canvas["right"] - canvas["left"]))
        > 0.85
    )


def inside(box, other):
    return (
        box["left"] >= other["left"]
        and box["right"] <= other["right"]
        and box["top"] >= other["top"]
        and box["bottom"] <= other["bottom"]
    )


def test_a_found_layer_comes_to_the_middle_and_is_chosen(editor):
    page = editor("GoogLeNet")
    press(page, "/")
    page.get_by_label("Find a layer").fill("4c")
    found = page.get_by_role("listbox", name="Layers found").get_by_role("option")
    expect(found.first).to_contain_text("inception_4c/1x1")
    assert all("inception_4c" in text for text in found.all_inner_texts())
    press(page, "Enter")
    chosen = page.locator("g.card[aria-selected=true]")
    expect(chosen).to_have_attribute("aria-label", re.compile("^inception_4c/1x1, Convolution"))
    expect(chosen).to_be_focused()
    (x, y), (left, top) = (
        middle(page.evaluate(CARDS)["inception_4c/1x1"]),
        middle(page.evaluate(CANVAS)),
    )
    # The properties come beside the picture: its middle is that of what is left of it.
    assert abs(x - left) < 3 and abs(y - top) < 3
    expect(properties(page)).to_have_attribute("aria-label", "Properties of inception_4c/1x1")


def test_a_name_that_is_not_found_is_said(editor):
    page = editor("GoogLeNet")
    press(page, "/")
    page.get_by_label("Find a layer").fill("inception_9")
    expect(page.get_by_text("No layer is called “inception_9”.")).to_be_visible()
    press(page, "Escape")
    expect(page.get_by_label("Find a layer")).to_be_hidden()


# What happens to the nodes of the picture: made or removed (`made`), or changed anywhere but in the one transform.
WATCH = """() => {
  const group = document.querySelector('svg.net > g');
  window.seen = {made: 0, changed: []};
  window.kept = [...group.querySelectorAll('*')];
  new MutationObserver(all => { for (const one of all) {
    if (one.type === 'childList') window.seen.made++;
    else if (one.target !== group) window.seen.changed.push(`${one.target.tagName} ${one.attributeName}`);
  } }).observe(group, {subtree: true, childList: true, attributes: true});
}"""


def test_moving_and_zooming_change_one_transform_and_make_no_node_anew(editor):
    page = editor("GoogLeNet")
    page.evaluate(WATCH)
    place = page.locator(".canvas").bounding_box()
    x, y = place["x"] + place["width"] / 2, place["y"] + place["height"] / 2
    before = page.evaluate(CARDS)["conv1/7x7_s2"]
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 60, y - 90, steps=8)
    page.mouse.up()
    after = page.evaluate(CARDS)["conv1/7x7_s2"]
    assert after["left"] - before["left"] == pytest.approx(-60, abs=1)
    assert after["top"] - before["top"] == pytest.approx(-90, abs=1)
    # The wheel zooms about the pointer.
    page.mouse.move(after["left"] + 5, after["top"] + 5)
    page.mouse.wheel(0, -120)
    page.wait_for_function(
        "before => document.querySelector('g.card rect.b').getBoundingClientRect().width > before",
        arg=after["right"] - after["left"],
    )
    zoomed = page.evaluate(CARDS)["conv1/7x7_s2"]
    assert zoomed["left"] == pytest.approx(after["left"], abs=4)
    press(page, "-", "+")
    assert page.evaluate("() => window.seen") == {"made": 0, "changed": []}
    assert page.evaluate(
        "() => window.kept.length > 1000 && window.kept.every(one => one.isConnected)"
    )
    # A drag is no click: nothing was chosen by it.
    expect(page.locator("[data-layer][aria-selected=true]")).to_have_count(0)


# ---- Small nets ----


def test_names_in_the_picture_overlap_neither_lines_nor_each_other(editor):
    page = editor("Liquid")
    names = page.locator("text.lab").evaluate_all("all => all.map(one => one.firstChild.data)")
    assert sorted(names) == ["loss", "mask", "target", "tt", "x", "xhat"]
    boxes = page.locator("text.lab").evaluate_all(
        """all => all.map(one => {
          const {left, top, right, bottom} = one.getBoundingClientRect();
          return {left, top, right, bottom};
        })"""
    )
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            apart = (
                one["right"] <= other["left"]
                or other["right"] <= one["left"]
                or one["bottom"] <= other["top"]
                or other["bottom"] <= one["top"]
            )
            assert apart, (one, other)
    # No point of a wire lies in the box of a name.
    crossed = page.evaluate("""() => {
      const boxes = [...document.querySelectorAll('text.lab')].map(one => one.getBoundingClientRect());
      const found = [];
      for (const wire of document.querySelectorAll('path.wire')) {
        const matrix = wire.getScreenCTM(), all = wire.getTotalLength();
        for (let at = 0; at <= all; at += 2) {
          const {x, y} = wire.getPointAtLength(at).matrixTransform(matrix);
          const within = box => x > box.left + 1 && x < box.right - 1 && y > box.top + 2 && y < box.bottom - 2;
          if (boxes.some(within)) found.push([x, y]);
        }
      }
      return found;
    }""")
    assert crossed == []


PHASES = """name: "Phases"
layer { name: "train" type: "Input" top: "x" include { phase: TRAIN } input_param { shape { dim: 8 dim: 3 } } }
layer { name: "check" type: "Input" top: "x" include { phase: TEST } input_param { shape { dim: 2 dim: 3 } } }
layer { name: "ip" type: "InnerProduct" bottom: "x" top: "y" inner_product_param { num_output: 5 } }
"""


def test_each_phase_shows_its_layers_and_shapes(editor):
    page = editor("Phases", "?view=graph&layer=ip")
    writes = properties(page).get_by_role("button", name=re.compile("^y "))
    for phase, name, other, shape in (
        ("Test", "check", "train", "2×5"),
        ("Train", "train", "check", "8×5"),
    ):
        page.get_by_role("group", name="Phase").get_by_role("button", name=phase).click()
        expect(layer(page, name)).to_be_visible()
        expect(layer(page, other)).to_have_count(0)
        expect(writes).to_contain_text(shape)
    page.get_by_role("group", name="Phase").get_by_role("button", name="All").click()
    expect(page.get_by_role("treeitem")).to_have_count(3)


def test_arrows_lead_along_the_wires_and_enter_to_the_properties_and_back(editor):
    page = editor("Liquid")
    page.get_by_role("treeitem").first.focus()
    press(page, "ArrowDown")
    expect(layer(page, "cfc1")).to_be_focused()
    press(page, "ArrowDown")
    expect(layer(page, "loss")).to_be_focused()
    press(page, "Home")
    expect(layer(page, "data")).to_be_focused()
    press(page, "ArrowDown", "Enter")
    expect(properties(page)).to_have_attribute("aria-label", "Properties of cfc1")
    expect(properties(page).locator(":focus")).to_have_count(1)
    press(page, "Escape")
    expect(layer(page, "cfc1")).to_be_focused()
    # One stop for the Tab key in the whole picture.
    expect(page.locator("svg.net [tabindex='0']")).to_have_count(1)


def test_a_layer_is_added_between_others_by_keys(editor):
    page = editor("Liquid", "?view=both&layer=cfc1")
    layer(page, "cfc1").focus()
    press(page, "a")
    page.keyboard.type("inner")
    press(page, "ArrowDown")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name", exact=True)).to_have_value("innerproduct1")
    expect(dialog.get_by_label("Blob 1 that it reads")).to_have_value("xhat")
    press(page, "Enter")
    expect(layer(page, "innerproduct1")).to_be_focused()
    text = in_step(page, lambda text: "innerproduct1" in text)
    # Behind the chosen layer, and the loss reads what it writes.
    assert [name for name, *_ in blocks(text)] == ["data", "cfc1", "innerproduct1", "loss"]
    assert blocks(text)[2][2:] == (["xhat"], ["innerproduct1"])
    assert blocks(text)[3][2] == ["innerproduct1", "target"]
    # What it lacks is said at once.
    expect(layer(page, "innerproduct1")).to_have_attribute("aria-label", re.compile("problem"))
    press(page, "Control+z")
    expect(layer(page, "innerproduct1")).to_have_count(0)
    press(page, "Control+y")
    expect(layer(page, "innerproduct1")).to_be_visible()
    # It is removed, and the loss reads the cell's output again.
    layer(page, "innerproduct1").focus()
    press(page, "Delete")
    text = in_step(page, lambda text: "innerproduct1" not in text)
    assert blocks(text)[2][2] == ["xhat", "target"]
    expect(page.get_by_text("Removed innerproduct1.")).to_be_visible()
    page.get_by_role("button", name="Undo").last.click()
    expect(layer(page, "innerproduct1")).to_be_visible()


def test_a_layer_is_renamed_by_keys(editor):
    page = editor("Liquid", "?view=both&layer=cfc1")
    layer(page, "cfc1").focus()
    press(page, "F2")
    page.keyboard.type("liquid")
    press(page, "Enter")
    expect(layer(page, "liquid")).to_be_focused()
    text = in_step(page, lambda text: 'name: "liquid"' in text)
    assert [name for name, *_ in blocks(text)] == ["data", "liquid", "loss"]
    assert "layer=liquid" in page.url


def test_a_blob_that_is_renamed_keeps_its_readers_and_a_disconnected_one_is_a_problem(editor):
    page = editor("Liquid", "?view=both&layer=cfc1")
    form = properties(page)
    form.get_by_role("button", name=re.compile("^xhat")).click()
    form.get_by_label("New name of xhat").fill("guess")
    press(page, "Enter")
    text = in_step(page, lambda text: "xhat" not in text)
    assert blocks(text)[1][3] == ["guess"] and blocks(text)[2][2] == ["guess", "target"]
    layer(page, "loss").click()
    form.get_by_role("button", name=re.compile("^target")).click()
    form.get_by_role("button", name="Disconnect").click()
    text = in_step(page, lambda text: 'bottom: "target"' not in text)
    assert blocks(text)[2][2] == ["guess"]
    expect(layer(page, "loss")).to_have_attribute("aria-label", re.compile("problem"))


def test_single_keys_do_nothing_while_a_field_has_the_focus(editor):
    page = editor("Liquid", "?view=both&layer=cfc1")
    before = code(page).input_value()
    name = properties(page).get_by_label("Name of the layer")
    name.focus()
    press(page, "End", "a", "/", "Delete", "g")
    expect(name).to_have_value("cfc1a/g")
    expect(page.get_by_role("dialog")).to_have_count(0)
    press(page, "Escape")
    in_step(page, before)


def test_g_steps_through_picture_both_and_text(editor):
    page = editor("Liquid", "?view=graph")
    seen = []
    for _ in range(3):
        seen.append((page.locator(".canvas").is_visible(), code(page).is_visible()))
        page.locator("body").press("g")
    assert seen == [(True, False), (True, True), (False, True)]


def test_all_keys_are_listed_by_one(editor):
    page = editor("Liquid")
    press(page, "?")
    for words in (
        "Find a layer",
        "Add a layer",
        "Remove the chosen layer",
        "Save",
        "Start training",
    ):
        expect(page.get_by_role("dialog").get_by_text(words, exact=True)).to_be_visible()
    press(page, "Escape")
    until(lambda: page.get_by_role("dialog").count() == 0)
