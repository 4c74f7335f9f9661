"""The Model Editor: properties of a layer and its text, in step with each other."""

from __future__ import annotations

import re

import pytest

from tests.designer.browser.driving import (
    GATE,
    code,
    differing,
    expect,
    field,
    in_step,
    layer,
    nets_on_a_server,
    press,
    properties,
    row,
)
from tests.designer.browser.editing import (
    HIDDEN,
    NET,
    caret,
    put_caret,
    save,
    set_field,
)


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    yield from nets_on_a_server(tmp_path_factory.mktemp("editor"), "--plugin", str(GATE))


# ---- Properties ----


def test_a_clicked_layer_shows_each_setting_with_type_default_and_documentation(edit):
    page, _ = edit(query="?view=both")
    layer(page, "cfc1").click()
    form = properties(page)
    expect(form.get_by_text("Runs a liquid cell over a sequence")).to_be_visible()
    expect(field(form, "hidden_size")).to_have_value("256")
    expect(row(form, HIDDEN)).to_contain_text("int32")
    expect(row(form, HIDDEN)).to_contain_text("Neurons of the hidden state")
    # Not set: the default stands for itself.
    expect(row(form, "layer.1.cfc_param.cell_type").get_by_role("combobox")).to_have_value("")
    expect(row(form, "layer.1.cfc_param.cell_type")).to_contain_text("default")
    units = row(form, "layer.1.cfc_unit_param.backbone_units")
    expect(units.get_by_role("textbox")).to_have_attribute("placeholder", "1")
    form.get_by_role("button", name="5 more settings").click()
    rows = form.locator('[data-row^="layer.1.cfc_param."]')
    expect(rows).to_have_count(9)
    for one in rows.all():
        assert one.locator("label small").inner_text().strip()
        assert one.locator(".doc").inner_text().strip()


def test_settings_that_the_text_sets_differ_from_defaults_at_a_glance(edit):
    page, _ = edit()
    form = properties(page)
    given, default = row(form, HIDDEN), row(form, "layer.1.cfc_param.cell_type")
    style = "at => ['borderColor', 'backgroundColor', 'color', 'fontWeight'].map(name => getComputedStyle(at)[name])"
    assert given.locator("input").evaluate(style) != default.locator("select").evaluate(style)


def test_back_to_default_takes_the_line_out_of_the_file(edit):
    page, file = edit()
    before = file.read_bytes()
    expect(field(properties(page), "backbone_units")).to_have_value("64")
    properties(page).get_by_role("button", name="Back to default: 1 (backbone_units)").click()
    expect(field(properties(page), "backbone_units")).to_have_value("")
    save(page)
    assert differing(before, file.read_bytes()) == [([b"    backbone_units: 64\n"], [])]


def test_a_wrong_value_is_said_at_its_field_on_its_card_and_at_its_line(edit):
    page, _ = edit()
    form = properties(page)
    field(form, "hidden_size").fill("-3")
    wrong = row(form, HIDDEN)
    expect(wrong).to_contain_text("must be at least 1, got -3")
    expect(field(form, "hidden_size")).to_have_attribute("aria-invalid", "true")
    said = field(form, "hidden_size").get_attribute("aria-describedby").split()[0]
    expect(page.locator(f"#{said.replace('.', chr(92) + '.')}")).to_contain_text("at least 1")
    bad = page.evaluate(
        "() => getComputedStyle(document.documentElement).getPropertyValue('--bad')"
    )
    red = [int(bad.strip()[i : i + 2], 16) for i in (1, 3, 5)]
    expect(field(form, "hidden_size")).to_have_css(
        "border-top-color", f"rgb({red[0]}, {red[1]}, {red[2]})"
    )
    # Its card, and the others still there.
    expect(layer(page, "cfc1")).to_have_attribute("aria-label", re.compile("1 problem$"))
    expect(layer(page, "cfc1").locator(".alarm")).to_be_visible()
    expect(page.locator(".alarm")).to_have_count(1)
    for name in ("data", "loss"):
        expect(layer(page, name)).to_be_visible()
    # Its line in the text.
    expect(page.locator(".ln.wrong i")).to_have_text("27")
    expect(page.get_by_role("button", name="1 problem")).to_be_visible()
    field(form, "hidden_size").fill("3")
    expect(page.locator(".alarm")).to_have_count(0)
    expect(page.locator(".ln.wrong")).to_have_count(0)


def test_what_is_no_number_stays_in_its_field_with_the_reason(edit):
    page, file = edit()
    form = properties(page)
    set_field(page, "hidden_size", "many")
    expect(row(form, HIDDEN).locator(".err")).to_contain_text("many")
    expect(field(form, "hidden_size")).to_have_value("many")
    press(page, "Escape")
    expect(field(form, "hidden_size")).to_have_value("256")
    assert code(page).input_value() == file.read_text()


def test_a_problem_of_the_list_leads_to_its_field(edit):
    page, _ = edit()
    set_field(page, "hidden_size", "-3")
    page.get_by_role("button", name="1 problem").click()
    layer(page, "data").click()
    expect(properties(page)).to_have_attribute("aria-label", "Properties of data")
    page.get_by_role("button", name="1 problem").click()
    page.get_by_role("list", name="Problems").get_by_role("button").click()
    expect(field(properties(page), "hidden_size")).to_be_focused()


def test_a_layer_of_a_plugin_has_its_card_its_fields_and_their_documentation(edit):
    gated = f"""{(NET % "")}layer {{ name: "gate1" type: "Gate" bottom: "xhat" top: "gated" }}\n"""
    page, file = edit(gated, query="?view=both")
    before = file.read_bytes()
    layer(page, "gate1").click()
    form = properties(page)
    expect(form.get_by_text("y = scale * x * sigmoid(x), elementwise.")).to_be_visible()
    scale = row(form, "layer.2.gate_param.scale")
    expect(scale).to_contain_text("double")
    expect(scale).to_contain_text("Factor of the output")
    expect(scale.get_by_role("textbox")).to_have_attribute("placeholder", "1")
    # It was set up like a shipped one: its blob has a shape.
    expect(form.get_by_role("button", name=re.compile("^gated 1×1"))).to_be_visible()
    set_field(page, "scale", "2.5")
    in_step(page, lambda text: "gate_param { scale: 2.5 }" in text)
    save(page)
    (change,) = differing(before, file.read_bytes())
    assert change[1] == [
        b'layer { name: "gate1" type: "Gate" bottom: "xhat" top: "gated" gate_param { scale: 2.5 } }\n'
    ]


def test_a_type_that_no_plugin_has_keeps_its_values(edit):
    mystery = """  # of another program
layer { name: "odd" type: "Mystery" bottom: "xhat" top: "z" relu_param { negative_slope: 0.5 } }
"""
    page, file = edit(NET % "" + mystery, query="?view=both")
    layer(page, "odd").click()
    form = properties(page)
    expect(form.get_by_text("No plugin that is loaded has this type.")).to_be_visible()
    expect(
        form.locator('[data-key="layer.2.relu_param.negative_slope"]').filter(visible=True)
    ).to_have_value("0.5")
    # The others can be edited, and it stays as it was.
    layer(page, "ip").click()
    set_field(page, "num_output", "4")
    save(page)
    assert file.read_text() == (NET % "").replace("num_output: 1", "num_output: 4") + mystery


# ---- Text and picture in step ----


def test_what_is_typed_in_the_text_moves_the_picture_and_the_cursor_stays(edit):
    page, _ = edit(query="?view=both")
    put_caret(page, 'name: "cfc1')
    page.keyboard.type("b", delay=10)
    expect(layer(page, "cfc1b")).to_be_visible()
    before, after = caret(page)
    assert before.endswith('name: "cfc1b') and after.startswith('"\n  type: "CFC"')
    expect(code(page)).to_be_focused()
    # The layer under the cursor is the chosen one, and its properties are shown.
    expect(layer(page, "cfc1b")).to_have_attribute("aria-selected", "true")
    expect(properties(page)).to_have_attribute("aria-label", "Properties of cfc1b")
    press(page, *["ArrowDown"] * 9)
    put_caret(page, "hidden_size: 256")
    press(page, "Backspace", "Backspace")
    expect(field(properties(page), "hidden_size")).to_have_value("2")
    page.keyboard.type("0", delay=10)
    expect(field(properties(page), "hidden_size")).to_have_value("20")
    expect(layer(page, "cfc1b")).to_contain_text("weights")
    assert caret(page)[0].endswith("hidden_size: 20")


def test_what_is_edited_in_a_form_moves_the_text_and_the_cursor_stays_where_it_was(edit):
    page, _ = edit()
    put_caret(page, 'top: "loss"')
    layer(page, "cfc1").click()
    set_field(page, "hidden_size", "100000")
    in_step(page, lambda text: "hidden_size: 100000" in text)
    before, after = caret(page)
    assert before.endswith('top: "loss"') and after.startswith("\n  mean_error_loss_param")
    # The line that was edited is marked as one that differs from the file.
    expect(page.locator(".ln.edit i")).to_have_text("27")


def test_a_mistake_in_the_form_of_the_text_keeps_the_last_picture_and_says_so(edit):
    page, _ = edit()
    put_caret(page, "cfc_param {")
    press(page, "Backspace")
    expect(page.locator(".canvas-note")).to_contain_text("Not drawn anew: line ")
    for name in ("data", "cfc1", "loss"):
        expect(layer(page, name)).to_be_visible()
    # The properties stay too, and cannot be used meanwhile.
    expect(page.locator(f'.props[inert] input[data-key="{HIDDEN}"]')).to_have_value("256")
    page.get_by_role("button", name="Go there").click()
    expect(code(page)).to_be_focused()
    press(page, "Control+z")
    expect(page.locator(".canvas-note")).to_be_hidden()
    expect(field(properties(page), "hidden_size")).to_have_value("256")


def test_an_unknown_field_is_said_with_its_line_and_the_rest_is_drawn(edit):
    page, _ = edit()
    put_caret(page, "hidden_size")
    page.keyboard.type("s")
    expect(page.locator(".ln.wrong i")).to_have_text("27")
    expect(page.locator(".text .err")).to_contain_text("hidden_sizes")
    for name in ("data", "cfc1", "loss"):
        expect(layer(page, name)).to_be_visible()


def test_a_blob_that_is_connected_by_enter_is_connected_once(edit):
    page, file = edit()
    form = properties(page)
    form.get_by_role("button", name="Read another blob").click()
    page.keyboard.type("target")
    press(page, "Enter")
    expect(form.get_by_role("button", name=re.compile("^target"))).to_be_visible()
    page.wait_for_timeout(300)
    expect(form.get_by_role("button", name=re.compile("^target"))).to_have_count(1)
    assert code(page).input_value().count('bottom: "target"') == 2  # that of the loss
