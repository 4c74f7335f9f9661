"""The start page, New project, the forms of the solver and the gym: settings documented, errors at their fields."""

from __future__ import annotations

import json
import re

import pytest

from tests.designer.browser.driving import (
    PHONE,
    at,
    code,
    differing,
    expect,
    field,
    in_step,
    nets_on_a_server,
    press,
    row,
    until,
)

PROPERTIES = "custom_trainer_properties"


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    for made in nets_on_a_server(tmp_path_factory.mktemp("forms")):
        made.project("Taken")
        yield made


@pytest.fixture
def start(nets, open_page):
    """Function that opens the page of all projects."""
    return lambda **options: open_page(at(nets.server, "/"), **options)


@pytest.fixture
def dialog(start):
    """Function that opens the New project dialog; returns its page and itself."""

    def opened(**options):
        page = start(**options)
        page.get_by_role("button", name="New project").click()
        found = page.get_by_role("dialog", name="New project")
        expect(found).to_be_visible()
        return page, found

    return opened


@pytest.fixture
def project(nets, open_page, request):
    """Function that opens a view of a project of the test's own; returns the page and the solver's file."""

    def opened(view, solver=None, **options):
        name = request.node.name.removeprefix("test_")[:80]
        file = nets.project(name, solver=solver) / "solver.prototxt"
        page = open_page(at(nets.server, f"/p/{name}/{view}"), **options)
        expect(page.get_by_role("form").first).to_be_visible()
        return page, file

    return opened


def save(page):
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("button", name="Save")).to_be_disabled()


# ---- The start page ----


def test_a_project_is_a_card_with_its_net_its_gym_and_its_runs(start):
    card = start().get_by_role("link", name=re.compile("Taken"))
    expect(card).to_contain_text("LiquidNetCfc · Curve · 0 runs")
    expect(card).to_contain_text("not trained")
    # A glance at the curve of its gym.
    expect(card.locator("svg.spark path")).to_have_count(1)


def test_a_project_that_cannot_be_read_says_why_and_the_others_stay(nets, start):
    broken = nets.folder / "Broken"
    broken.mkdir()
    (broken / "project.json").write_text("{")
    page = start()
    expect(page.get_by_role("link", name=re.compile("Broken"))).to_contain_text("project.json")
    expect(page.get_by_role("link", name=re.compile("Taken"))).to_be_visible()


# ---- New project ----


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Taken", "There is a folder Taken already."),
        ("a/b", 'not "/"'),
        (".hidden", "may not begin with a dot"),
        ("con", "Windows keeps the name"),
        ("", "A project needs a name."),
    ],
)
def test_a_name_that_cannot_be_is_said_at_its_field_and_nothing_is_made(nets, dialog, name, words):
    page, window = dialog()
    before = sorted(nets.folder.iterdir())
    window.get_by_label("Name", exact=True).fill(name)
    window.get_by_role("button", name="Create project").click()
    expect(window.locator("#new-name-err")).to_contain_text(words)
    expect(window.get_by_label("Name", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(window.get_by_label("Name", exact=True)).to_be_focused()
    assert sorted(nets.folder.iterdir()) == before
    # It goes as soon as the name is another one.
    window.get_by_label("Name", exact=True).fill("Fine")
    expect(window.locator("#new-name-err")).to_have_count(0)


def test_a_setting_of_the_gym_that_cannot_be_is_said_at_its_field_and_nothing_is_made(nets, dialog):
    page, window = dialog()
    window.get_by_label("Name", exact=True).fill("Stepped")
    field(window, "step").fill("-1")
    step = row(window, "curve_param.step")
    expect(step.locator(".err")).to_contain_text("above 0")
    window.get_by_role("button", name="Create project").click()
    expect(field(window, "step")).to_be_focused()
    assert not (nets.folder / "Stepped").exists()
    field(window, "step").fill("0.5")
    expect(step.locator(".err")).to_have_count(0)
    window.get_by_role("button", name="Create project").click()
    expect(page.get_by_role("treeitem").first).to_be_visible()
    assert "step: 0.5" in (nets.folder / "Stepped" / "solver.prototxt").read_text()


def test_the_preview_is_drawn_anew_with_each_setting(dialog):
    _, window = dialog()
    curve = window.locator(".preview path.target, .preview path.k0")
    expect(curve).to_have_count(1)
    sine = curve.get_attribute("d")
    window.get_by_role("combobox", name=re.compile("^curve")).select_option("COS")
    expect(curve).not_to_have_attribute("d", sine)


def test_a_csv_file_is_asked_for_and_one_that_is_not_there_is_said(nets, dialog):
    _, window = dialog()
    window.get_by_role("option", name=re.compile("^Series")).click()
    expect(window.locator(".preview")).to_contain_text("once csv_file is given")
    field(window, "csv_file").fill("nothing.csv")
    expect(row(window, "series_param.csv_file").locator(".err")).to_contain_text("nothing.csv")
    (nets.folder / "wave.csv").write_text("t,v\n" + "".join(f"{i},{i % 7}\n" for i in range(400)))
    field(window, "csv_file").fill("wave.csv")
    expect(row(window, "series_param.csv_file").locator(".err")).to_have_count(0)
    # The model and the solver follow the gym.
    expect(window.get_by_label("Model", exact=True)).to_have_value("SeriesCfc")


def test_a_database_is_asked_for_where_the_net_reads_one(nets, dialog):
    _, window = dialog()
    window.get_by_label("Name", exact=True).fill("Digits")
    window.get_by_role("radio", name="Database").click()
    models = window.get_by_label("Model", exact=True)
    expect(models.get_by_role("option", name="LeNet")).to_be_attached()
    expect(models.get_by_role("option", name="LiquidNetCfc")).to_have_count(0)
    window.get_by_role("button", name="Create project").click()
    expect(window.locator("#new-database-err")).to_contain_text("is needed")
    window.get_by_label("Database", exact=True).fill("no_such_lmdb")
    models.select_option("LeNet")
    expect(window.get_by_label("Solver", exact=True)).to_have_value("lenet")
    window.get_by_role("button", name="Create project").click()
    expect(window.locator("#new-database-err")).to_contain_text("no_such_lmdb")
    assert not (nets.folder / "Digits").exists()


def test_the_dialog_fills_a_phone_and_its_button_stays_in_sight(dialog):
    page, window = dialog(viewport=PHONE)
    box = window.bounding_box()
    assert (box["x"], box["width"]) == (0, 400)
    assert page.evaluate("() => document.scrollingElement.scrollWidth <= innerWidth")
    create = window.get_by_role("button", name="Create project")
    place = create.bounding_box()
    assert place["y"] + place["height"] <= 820 and place["height"] >= 40
    expect(window.locator(".preview path")).to_have_count(1)
    # Every control, brought into sight, lies within the width of the screen.
    outside = window.evaluate("""window => [...window.querySelectorAll('input, select, button, li')]
      .filter(at => at.checkVisibility())
      .filter(at => {
        at.scrollIntoView({block: 'center'});
        const {left, right} = at.getBoundingClientRect();
        return left < 0 || right > innerWidth;
      }).map(at => at.outerHTML)""")
    assert outside == []


# ---- The solver's form ----


def test_another_update_rule_shows_what_it_reads_and_what_is_not_used(project):
    page, file = project("solver?view=both")
    form = page.get_by_role("form", name="Settings of the solver")
    expect(field(form, "adamw_decay")).to_have_value("0.0")
    expect(form.get_by_text("not used by")).to_have_count(0)
    form.get_by_role("combobox", name=re.compile("^Update rule")).select_option("RMSProp")
    expect(field(form, "rms_decay")).to_be_visible()
    # What is set and has no effect any more stays, with a remark.
    for name in ("adamw_decay", "momentum2"):
        expect(row(form, name)).to_contain_text("not used by RMSProp")
    in_step(page, lambda text: 'type: "RMSProp"' in text and "adamw_decay: 0.0" in text)
    press(page, "Control+z")
    expect(form.get_by_text("not used by")).to_have_count(0)
    in_step(page, file.read_text())


def test_each_setting_has_type_default_and_documentation(project):
    page, _ = project("solver?view=form")
    form = page.get_by_role("form", name="Settings of the solver")
    beta = row(form, "momentum2")
    expect(beta).to_contain_text("float")
    expect(beta).to_contain_text("Second decay rate of Adam")
    expect(beta.get_by_role("button", name="Back to default: 0.999 (momentum2)")).to_be_visible()
    form.get_by_role("button", name=re.compile(r"^\d+ more settings at their defaults")).click()
    for one in form.get_by_role("group", name="rest").locator("[data-row]").all():
        assert one.locator("label small").inner_text().strip()


def test_the_picture_of_the_rate_follows_its_policy(project):
    page, _ = project("solver?view=form")
    form = page.get_by_role("form", name="Settings of the solver")
    expect(form.get_by_text("The rate stays at 0.01 for 4,000 updates.")).to_be_visible()
    flat = form.locator(".rate path").get_attribute("d")
    form.get_by_role("combobox", name=re.compile("^lr_policy")).select_option("step")
    # What the policy reads is there to be set.
    expect(field(form, "stepsize")).to_be_visible()
    for name, value in (("gamma", "0.1"), ("stepsize", "1000")):
        field(form, name).fill(value)
        field(form, name).press("Enter")
    # 0.01 times 0.1 at 1,000, 2,000 and 3,000.
    expect(
        form.get_by_text("The rate goes from 0.01 to 1.0e-5 over 4,000 updates.")
    ).to_be_visible()
    assert form.locator(".rate path").get_attribute("d") != flat
    form.get_by_role("combobox", name=re.compile("^lr_policy")).select_option("fixed")
    expect(row(form, "gamma")).to_contain_text("not used by fixed")


def test_back_to_default_takes_the_line_out_of_the_solver(project):
    page, file = project("solver?view=form")
    before = file.read_bytes()
    page.get_by_role("button", name="Back to default: 0.999 (momentum2)").click()
    expect(field(page, "momentum2")).to_have_value("")
    save(page)
    assert differing(before, file.read_bytes()) == [([b"momentum2: 0.95      # B2\n"], [])]


def test_a_wrong_setting_of_the_solver_is_said_at_its_field_and_line(project):
    page, file = project("solver?view=both")
    field(page, "base_lr").fill("fast")
    expect(row(page, "base_lr").locator(".err")).to_contain_text("fast")
    field(page, "base_lr").fill("-0.5")
    expect(row(page, "base_lr").locator(".err")).to_be_visible()
    line = file.read_text().splitlines().index("base_lr: 0.01") + 1
    expect(page.locator(".ln.wrong i")).to_have_text(str(line))


ROLES = "x~x|tt~tt|mask~mask|target~target|xhat~xhat"
MYCAFFE = f"""# MyCaffe's own form
net: "LiquidNetCfc.prototxt"
type: "AdamW"
base_lr: 0.01
lr_policy: "fixed"
max_iter: 4000
custom_trainer: "RNN.SUPER_SIMPLE"
custom_trainer_properties: "TrainerType=RNN.SUPER_SIMPLE;Gym=Curve;CurveType=0;BlobNames={ROLES}"  # keep
"""


def test_a_property_is_edited_inside_its_text_and_the_rest_of_it_stays(project):
    page, file = project("solver?view=both", solver=MYCAFFE)
    rows = page.get_by_role("group", name=PROPERTIES)
    expect(rows.get_by_text("4 set")).to_be_visible()
    curve = row(rows, f"{PROPERTIES}.CurveType").locator("input")
    curve.fill("1")
    curve.press("Enter")
    in_step(page, MYCAFFE.replace("CurveType=0", "CurveType=1"))
    rows.get_by_label("Name of a new property").fill("AccuracyTolerance")
    rows.get_by_label("Its value").fill("0.01")
    rows.get_by_role("button", name="Add", exact=True).click()
    expect(field(rows, "AccuracyTolerance")).to_have_value("0.01")
    save(page)
    (change,) = differing(MYCAFFE.encode(), file.read_bytes())
    assert change[1][0].startswith(
        b'custom_trainer_properties: "TrainerType=RNN.SUPER_SIMPLE;Gym=Curve;CurveType=1;BlobNames='
    )
    assert change[1][0].endswith(b'"  # keep\n') and b"AccuracyTolerance=0.01" in change[1][0]
    row(rows, f"{PROPERTIES}.AccuracyTolerance").get_by_role("button").first.click()
    in_step(page, MYCAFFE.replace("CurveType=0", "CurveType=1"))


# ---- The gym ----


def test_another_curve_is_drawn_and_written_into_the_solver_s_file(project):
    page, file = project("gym")
    before = file.read_bytes()
    curve = page.locator(".gym-picture path.k0")
    expect(curve).to_have_count(1)
    sine = curve.get_attribute("d")
    page.get_by_role("combobox", name=re.compile("^curve")).select_option("COS")
    expect(curve).not_to_have_attribute("d", sine)
    # A cosine starts at its top: y counts downwards in the picture.
    first, quarter = (float(curve.get_attribute("d").split("L")[i].split()[1]) for i in (0, 90))
    assert float(sine.split("L")[0].split()[1]) > first and quarter > first
    save(page)
    assert differing(before, file.read_bytes()) == [
        ([b"    curve_param { curve: SIN }\n"], [b"    curve_param { curve: COS }\n"])
    ]
    page.get_by_role("button", name="Back to default: SIN (curve)").click()
    expect(curve).to_have_attribute("d", sine)
    save(page)
    assert b"COS" not in file.read_bytes()


def test_a_setting_of_the_gym_with_no_effect_says_so(project):
    page, _ = project("gym")
    form = page.get_by_role("form", name="Settings of the gym")
    form.get_by_role("button", name=re.compile(r"^\d+ more settings at their defaults")).click()
    expect(form.get_by_text("not used with SIN").first).to_be_visible()


def test_a_half_typed_setting_is_saved_with_the_file(project):
    page, file = project("gym")
    field(page, "start").fill("2")
    press(page, "Control+s")
    until(lambda: "start: 2" in file.read_text())
    assert json.loads((file.parent / "project.json").read_text())["solver"] == file.name
    page.goto(page.url.replace("/gym", "/solver"))
    expect(code(page)).to_have_value(file.read_text())
