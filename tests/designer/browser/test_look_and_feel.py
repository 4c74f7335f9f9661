"""Every view at two widths, light and dark: nothing sideways, names for all controls, room for a thumb, contrast."""

from __future__ import annotations

import re

import pytest

from tests.designer.browser.driving import DESKTOP, PHONE, at, expect, nets_on_a_server, press
from tests.designer.browser.running import RunFolder, sine_samples

ROW = {
    "loss": 0.5,
    "accuracy": 0.5,
    "baseline_accuracy": 0.0625,
    "mean_abs_error": 0.01,
    "lr": 0.01,
}

# Views by name: an address, what is there once it is drawn, and what is pressed before it is looked at.
VIEWS = {
    "projects": ("/", ".proj", None),
    "new project": ("/?new", "dialog .preview path", None),
    "model": ("/p/Look/model?view=graph&layer=cfc1", ".f-row", None),
    "text": ("/p/Look/model?view=text", ".ln", None),
    "problem": ("/p/Bad/model?view=graph&layer=cfc1", ".f-row .err", "problem"),
    "add layer": ("/p/Look/model?view=graph", "g.card", "Add layer"),
    "solver": ("/p/Look/solver?view=form", ".rate path", None),
    "gym": ("/p/Look/gym", ".gym-picture path", None),
    "run": ("/p/Look/runs/LiquidNetCfc/001", "[data-now=x]", None),
    "failed run": ("/p/Look/runs/LiquidNetCfc/003", "main h1, main h2, main p", None),
    "runs": ("/p/Look/runs", "main table", None),
}

# Windows by name: size, colours, and what is looked at there.
WINDOWS = {
    "desktop": (DESKTOP, "light", ("wide", "small", "pale", "nameless")),
    "desktop dark": (DESKTOP, "dark", ("pale",)),
    "phone": (PHONE, "light", ("wide", "small", "nameless")),
}

# Controls that can be pressed and are smaller than `least` px, but for links inside a sentence, and for the handle of a
# phone's sheet: all of the sheet's head can be dragged.
SMALL = """least => [...document.querySelectorAll(
    'button, select, a[href], [role=option], input:not([type=checkbox]), label.tick, summary')]
  .filter(at => at.checkVisibility({visibilityProperty: true, opacityProperty: true}))
  .filter(at => !at.closest('[inert], datalist, select, .skip, .unseen'))
  .filter(at => !at.matches('p a, p button, .link, .sheet-handle'))
  .map(at => [at, at.getBoundingClientRect()])
  .filter(([, {width, bottom}]) => width > 1 && bottom > 0)
  .filter(([, {width, height}]) => height < least - .5 || width < 23.5)
  .map(([at, {width, height}]) => `${at.outerHTML.slice(0, 110)} ${width.toFixed(0)}x${height.toFixed(0)}`)"""

# Texts whose colour differs too little from what is behind them: 4.5 to 1.
PALE = """() => {
  const canvas = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
    const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255]; };
  const over = (front, back) => front.slice(0, 3).map((one, i) => one * front[3] + back[i] * (1 - front[3])).concat(1);
  const linear = v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => .2126 * linear(r / 255) + .7152 * linear(g / 255) + .0722 * linear(b / 255);
  const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); };
  const behind = at => { const layers = [];
    for (let one = at; one; one = one.parentElement) {
      if (one instanceof SVGElement && one.tagName !== 'svg') continue;
      layers.push(rgba(getComputedStyle(one).backgroundColor));
      if (layers.at(-1)[3] === 1) break;
    }
    const ground = rgba(getComputedStyle(document.body).backgroundColor);
    return layers.reverse().reduce((back, front) => over(front, back), ground); };
  const exempt = '[disabled], [inert], option, datalist, noscript, .unseen, svg.net, .sep, [aria-disabled=true]';
  const found = new Set();
  for (const at of document.querySelectorAll('body *')) {
    const own = [...at.childNodes].some(one => one.nodeType === 3 && one.data.trim());
    if (!own || !at.checkVisibility({visibilityProperty: true}) || at.closest(exempt)) continue;
    const style = getComputedStyle(at), svg = at instanceof SVGElement;
    const back = behind(at), now = ratio(over(rgba(svg ? style.fill : style.color), back), back);
    const text = at.textContent.trim().slice(0, 30);
    if (now < 4.5) found.add(`${at.tagName}.${at.getAttribute('class') ?? ''} "${text}" ${now.toFixed(2)}`);
  }
  return [...found];
}"""


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    for made in nets_on_a_server(tmp_path_factory.mktemp("look")):
        from mycaffe_py.projects import open_project

        place = made.project("Look")
        text = (place / "LiquidNetCfc.prototxt").read_text()
        made.project("Bad", text.replace("hidden_size: 256", "hidden_size: -3"))
        project = open_project(place)
        for number in ("001", "002"):
            run = RunFolder(project, number)
            run.add([ROW] * 30)
            run.add_samples(sine_samples(30))
            run.end()
        RunFolder(project, "003").end("failed", message="base_lr must be above 0, got -1")
        yield made


@pytest.fixture(scope="module")
def seen(nets, browser):
    """What was found in each view: {"phone": {"solver": {"wide": ..., "nameless": ..., ...}}}."""
    from tests.designer.browser.conftest import Watched

    found, watched = {}, Watched(nets.server.origin)
    for kind, (viewport, scheme, asked) in WINDOWS.items():
        phone = viewport is PHONE
        context = browser.new_context(
            viewport=viewport,
            color_scheme=scheme,
            reduced_motion="reduce",
            has_touch=phone,
            is_mobile=phone,
        )
        context.route(watched.others, watched.route)
        page = context.new_page()
        watched.attach(page)
        page.set_default_timeout(15000)
        found[kind] = {name: look(page, nets.server, view, asked) for name, view in VIEWS.items()}
        context.close()
    assert watched.foreign == [] and watched.errors == []
    return found


def look(page, server, view, asked):
    path, there, button = view
    page.goto(at(server, path).url)
    page.locator(there).first.wait_for(state="attached")
    if button:
        page.get_by_role("main").get_by_role("button", name=button).first.click()
    page.wait_for_function("() => document.fonts.status === 'loaded'")
    looks = {
        "wide": lambda: page.evaluate(
            "() => Math.max(0, document.scrollingElement.scrollWidth - innerWidth)"
        ),
        "small": lambda: page.evaluate(SMALL, 40 if page.viewport_size == PHONE else 24),
        "pale": lambda: page.evaluate(PALE),
        "nameless": lambda: nameless(page),
    }
    return {what: looks[what]() for what in asked}


# Roles that mean nothing without a name.
ASKED = {
    "button", "link", "textbox", "combobox", "checkbox", "radio", "option", "treeitem", "listbox", "tree", "dialog",
    "progressbar", "slider", "spinbutton", "radiogroup", "image", "img", "searchbox", "switch", "tab", "menuitem",
}  # fmt: skip


def nameless(page):
    """Return what the browser tells a screen reader to be a control or a picture without telling its name."""
    session = page.context.new_cdp_session(page)
    nodes = session.send("Accessibility.getFullAXTree")["nodes"]
    found = []
    for node in nodes:
        role = node.get("role", {}).get("value", "")
        if (
            node.get("ignored")
            or role not in ASKED
            or node.get("name", {}).get("value", "").strip()
        ):
            continue
        if "backendDOMNodeId" not in node:
            continue
        shape = session.send("DOM.describeNode", {"backendNodeId": node["backendDOMNodeId"]})[
            "node"
        ]
        pairs = shape.get("attributes", [])
        found.append((role, shape["nodeName"], dict(zip(pairs[::2], pairs[1::2], strict=True))))
    session.detach()
    return found


def gathered(seen, what):
    """What is wrong by window and view."""
    return {
        f"{window}, {view}": found[what]
        for window, views in seen.items()
        for view, found in views.items()
        if found.get(what)
    }


def test_nothing_scrolls_sideways_at_any_width(seen):
    assert gathered(seen, "wide") == {}


def test_every_control_and_picture_has_a_name(seen):
    assert gathered(seen, "nameless") == {}


def test_controls_have_24_pixels_and_40_on_a_phone(seen):
    assert gathered(seen, "small") == {}


def test_texts_differ_from_what_is_behind_them(seen):
    assert gathered(seen, "pale") == {}


# ---- Colours ----

SIGNS = ("accent", "ok", "warn", "bad")
GROUNDS = ("page", "panel", "raised", "sunken", "hover")
CURVES = [f"c{number}" for number in range(1, 7)]
GROUPS = ["data", "liquid", "conv", "dense", "norm", "pool", "loss", "activation", "shape", "other"]
PICTURES = [*CURVES, *(f"k-{group}" for group in GROUPS), "edge"]
NAMES = [
    "text",
    "muted",
    "on-accent",
    *SIGNS,
    *(f"{name}-soft" for name in SIGNS),
    *GROUNDS,
    *PICTURES,
]
TOKENS = """names => Object.fromEntries(names.map(
  name => [name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()]))"""


def light(colour):
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(2 * one for one in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    r, g, b = (v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a, b):
    low, high = sorted((light(a), light(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_colours_of_texts_have_4_5_and_of_pictures_3(nets, open_page, scheme):
    assert contrast("#000", "#fff") == pytest.approx(21)
    page = open_page(at(nets.server, "/"), scheme=scheme)
    token = page.evaluate(TOKENS, NAMES)
    texts = [(name, ground) for name in ("text", "muted") for ground in GROUNDS]
    texts += [(name, ground) for name in SIGNS for ground in ("page", "panel", f"{name}-soft")]
    texts += [("text", f"{name}-soft") for name in ("accent", "ok", "warn", "bad")] + [
        ("on-accent", "accent")
    ]
    pale = {pair: contrast(token[pair[0]], token[pair[1]]) for pair in texts}
    assert {pair: ratio for pair, ratio in pale.items() if ratio < 4.5} == {}
    faint = {name: contrast(token[name], token["panel"]) for name in PICTURES}
    assert len(faint) == 17
    assert {name: ratio for name, ratio in faint.items() if ratio < 3} == {}


def pixels(page):
    """Return the page as it is painted now: an array of height, width, colours."""
    import cv2
    import numpy as np

    data = np.frombuffer(page.screenshot(), np.uint8)
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


@pytest.mark.parametrize("styled", [True, False])
def test_dark_pages_are_dark_before_their_styles_and_scripts_have_come(nets, open_page, styled):
    page = open_page(at(nets.server, "/"), scheme="dark", java_script_enabled=False)
    if not styled:
        # The browser paints its own ground, a dark one, if it is told early enough.
        page.context.route(re.compile(r"\.css$"), lambda route: route.abort())
        page.goto(at(nets.server, "/p/Look/model").url)
        page.context.watched.errors.clear()  # that the styles are missing
    assert pixels(page).mean() < 60


def test_light_pages_are_light(nets, open_page):
    assert pixels(open_page(at(nets.server, "/"))).mean() > 200


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_wires_and_the_pressed_segment_are_plain_to_see(nets, open_page, scheme):
    page = open_page(at(nets.server, "/p/Look/model?view=graph"), scheme=scheme)
    expect(page.locator("path.wire").first).to_be_attached()
    as_hex = """([selector, name]) => {
      const canvas = document.createElement('canvas').getContext('2d');
      canvas.fillStyle = getComputedStyle(document.querySelector(selector))[name];
      return canvas.fillStyle;
    }"""
    wire = page.evaluate(as_hex, ["path.wire", "stroke"])
    ground = page.evaluate(
        "() => getComputedStyle(document.documentElement).getPropertyValue('--page').trim()"
    )
    assert contrast(wire, ground) >= 3
    style = "at => ['backgroundColor', 'color', 'fontWeight', 'boxShadow'].map(name => getComputedStyle(at)[name])"
    bar = page.get_by_role("group", name="Phase")
    pressed, other = (
        bar.get_by_role("button", name=name).evaluate(style) for name in ("Train", "Test")
    )
    assert pressed[0] != other[0] and pressed[1:] != other[1:]


def test_the_views_of_a_phone_are_one_tap_away(nets, open_page):
    page = open_page(at(nets.server, "/p/Look/model"), viewport=PHONE)
    tabs = page.get_by_role("navigation", name="Views")
    for name, there in (
        ("Gym", "gym"),
        ("Solver", "solver"),
        ("Train", "/LiquidNetCfc/"),
        ("Runs", "runs"),
        ("Model", "model"),
    ):
        tabs.get_by_role("link", name=name).tap()
        page.wait_for_url(lambda url, there=there: there in url)
        expect(tabs.get_by_role("link", name=name)).to_have_attribute("aria-current", "page")
    # The properties come from below, and leave the net in sight.
    page.get_by_role("treeitem").nth(1).tap()
    sheet = page.get_by_role("form", name="Properties of cfc1")
    expect(sheet).to_be_in_viewport()
    assert sheet.bounding_box()["y"] > 200
    press(page, "Escape")
