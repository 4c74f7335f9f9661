"""The Model Editor: saving, undo, and files that other programs change."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.designer.browser.driving import (
    code,
    differing,
    expect,
    field,
    in_step,
    layer,
    nets_on_a_server,
    press,
    properties,
)
from tests.designer.browser.editing import (
    MODEL,
    NET,
    add,
    caret,
    put_caret,
    save,
    set_field,
)


@pytest.fixture(scope="module")
def nets(tmp_path_factory):
    yield from nets_on_a_server(tmp_path_factory.mktemp("editor"))


# ---- Saving ----


def test_two_quick_saves_are_no_conflict(edit):
    page, file = edit()
    set_field(page, "hidden_size", "64")
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    page.evaluate("""() => {
      for (let i = 0; i < 2; i++) {
        const key = {key: 's', ctrlKey: true, bubbles: true, cancelable: true};
        document.dispatchEvent(new KeyboardEvent('keydown', key));
      }
    }""")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    assert b"hidden_size: 64" in file.read_bytes()
    expect(page.get_by_text("was changed by another program")).to_have_count(0)


def test_saving_changes_only_the_line_that_was_edited(edit):
    page, file = edit()
    before = file.read_bytes()
    set_field(page, "hidden_size", "64")
    expect(page.get_by_text("1 change", exact=True)).to_be_visible()
    assert file.read_bytes() == before  # nothing is written before that
    press(page, "Control+s")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    assert differing(before, file.read_bytes()) == [
        ([b"    hidden_size: 256\n"], [b"    hidden_size: 64\n"])
    ]
    page.reload()
    expect(code(page)).to_have_value(file.read_text())
    expect(field(properties(page), "hidden_size")).to_have_value("64")


def test_line_ends_and_the_byte_order_mark_of_a_file_stay(edit):
    text = (NET % "" + "# é").replace("\n", "\r\n").encode("utf-8-sig")
    page, file = edit(text, query="?view=both&layer=ip")
    before = file.read_bytes()
    assert before.startswith(b"\xef\xbb\xbf") and before.count(b"\r\n") == 3
    set_field(page, "num_output", "7")
    in_step(page, lambda value: "num_output: 7" in value)
    put_caret(page, 'name: "Small"')
    press(page, "Enter")
    page.keyboard.type("# mine")
    expect(page.get_by_text("2 changes", exact=True)).to_be_visible()
    save(page)
    lines = before.splitlines(keepends=True)
    assert file.read_bytes() == b"".join(
        [
            lines[0],
            b"# mine\r\n",
            lines[1],
            lines[2].replace(b"num_output: 1", b"num_output: 7"),
            lines[3],
        ]
    )


def test_a_read_only_file_is_shown_and_not_saved(edit, nets):
    page, file = edit()
    before = file.read_bytes()
    file.chmod(0o444)
    page.reload()
    expect(page.get_by_text(f"{MODEL} is read-only: changes cannot be saved.")).to_be_visible()
    set_field(page, "hidden_size", "64")
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    press(page, "Control+s")
    expect(page.get_by_text("Not saved: the file is read-only.")).to_be_visible()
    assert file.read_bytes() == before


def test_a_net_in_an_old_form_is_shown_with_the_line_that_upgrades_it(edit):
    old = """name: "Old"
input: "x"
input_dim: 1
input_dim: 3
layers { name: "ip" type: INNER_PRODUCT bottom: "x" top: "y" inner_product_param { num_output: 2 } }
"""
    page, file = edit(old, query="?view=both")
    expect(page.locator(".notice code")).to_contain_text("mycaffe upgrade-net")
    layer(page, "ip").click()
    expect(field(properties(page), "num_output")).to_have_value("2")
    expect(field(properties(page), "num_output")).to_be_disabled()
    expect(page.get_by_role("button", name="Add layer")).to_be_disabled()
    layer(page, "ip").focus()
    press(page, "Delete", "a")
    expect(layer(page, "ip")).to_be_visible()
    assert code(page).input_value() == old


# ---- Undo ----


def test_undo_comes_back_to_the_bytes_of_the_file_through_twelve_edits(edit):
    page, file = edit()
    first, form, texts = file.read_text(), properties(page), [file.read_text()]

    def done(new, old=None):
        """One more edit is in the text: ``new`` is there, ``old`` is not."""
        texts.append(in_step(page, lambda text: new in text and not (old and old in text)))

    set_field(page, "hidden_size", "64")
    done("hidden_size: 64")
    form.locator('[data-key="layer.1.cfc_param.cell_type"]').select_option("LTC")
    done("cell_type: LTC")
    form.get_by_role("button", name="Back to default: 1 (backbone_layers)").click()
    done("", "backbone_layers")
    form.locator('[data-key="layer.1.cfc_unit_param.backbone_activation"]').select_option("TANH")
    done("TANH")
    layer(page, "cfc1").focus()
    press(page, "F2")
    page.keyboard.type("liquid")
    press(page, "Enter")
    done('name: "liquid"')
    form.get_by_role("button", name=re.compile("^xhat")).click()
    form.get_by_label("New name of xhat").fill("guess")
    press(page, "Enter")
    done('bottom: "guess"', "xhat")  # the loss follows
    form.get_by_role("button", name=re.compile("^mask")).click()
    form.get_by_role("button", name="Disconnect").click()
    done("", 'bottom: "mask"')
    form.get_by_role("button", name="Read another blob").click()
    form.get_by_label("Blob to read").fill("mask")
    press(page, "Enter")
    done('bottom: "mask"')
    form.get_by_role("button", name="Move the layer down").click()
    in_step(page, lambda text: text.index('"CFC"') > text.index('"MEAN_ERROR_LOSS"'))
    done("")
    layer(page, "loss").click()
    layer(page, "loss").press("Delete")
    done("", "MEAN_ERROR_LOSS")
    add(page, "TanH")
    done("TanH")
    put_caret(page, "of the curve:")
    page.keyboard.type("!")
    done("of the curve:!")
    assert len(texts) == 13 and all(texts[i] != texts[i + 1] for i in range(12))
    for text in reversed(texts[:-1]):
        press(page, "Control+z")
        in_step(page, text)
    assert code(page).input_value() == first
    # Nothing is left to save: the text is the file's, to the byte.
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    expect(page.get_by_role("toolbar").get_by_role("button", name="Undo")).to_be_disabled()
    assert file.read_text() == first
    for text in texts[1:]:
        press(page, "Control+Shift+z")
        in_step(page, text)


def test_what_is_typed_in_one_go_is_one_step_of_undo(edit):
    page, file = edit()
    field(properties(page), "hidden_size").press("End")
    page.keyboard.type("1234", delay=20)
    in_step(page, lambda text: "hidden_size: 2561234" in text)
    put_caret(page, 'name: "LiquidNetCfc')
    page.keyboard.type("xyz")
    in_step(page, lambda text: "LiquidNetCfcxyz" in text)
    press(page, "Control+z")
    in_step(page, lambda text: '"LiquidNetCfc"' in text and "2561234" in text)
    press(page, "Control+z")
    in_step(page, file.read_text())


# ---- Files that others change ----


def elsewhere(file: Path, old: str, new: str) -> str:
    """Another program changes the file, at once."""
    text = file.read_text()
    assert old in text
    aside = file.with_suffix(".aside")
    aside.write_text(text.replace(old, new))
    aside.replace(file)
    return file.read_text()


def test_a_file_changed_on_disk_is_taken_over_where_nothing_is_unsaved(edit):
    page, file = edit()
    put_caret(page, 'top: "loss"')
    text = elsewhere(file, "hidden_size: 256", "hidden_size: 1000")
    in_step(page, text)
    expect(layer(page, "cfc1")).to_contain_text("329,417 weights")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert caret(page)[0].endswith('top: "loss"')
    expect(page.get_by_role("button", name="Save")).to_be_disabled()


def conflict(edit):
    """Return a page with a change of its own (hidden_size 64) on a file that another program changed (units 32)."""
    page, file = edit()
    set_field(page, "hidden_size", "64")
    mine = in_step(page, lambda text: "hidden_size: 64" in text)
    theirs = elsewhere(file, "backbone_units: 64", "backbone_units: 32")
    bar = page.get_by_role("alert").filter(has_text=f"{MODEL} was changed by another program.")
    expect(bar).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert code(page).input_value() == mine and file.read_text() == theirs
    return page, file, bar, mine, theirs


def test_a_file_changed_on_disk_with_unsaved_changes_shows_what_changed(edit):
    page, file, bar, mine, theirs = conflict(edit)
    # Saving does not write over it.
    press(page, "Control+s")
    page.wait_for_timeout(300)
    assert file.read_text() == theirs
    bar.get_by_role("button", name="Show what changed").click()
    lines = page.get_by_role("dialog").locator(".row.here, .row.there")
    assert [line.inner_text().split("\n")[-1].strip() for line in lines.all()] == [
        "hidden_size: 64", "hidden_size: 256", "backbone_units: 64", "backbone_units: 32",
    ]  # fmt: skip
    press(page, "Escape")
    expect(bar).to_be_visible()
    assert code(page).input_value() == mine


def test_taking_theirs_leaves_mine_one_undo_away(edit):
    page, file, bar, mine, theirs = conflict(edit)
    bar.get_by_role("button", name="Take theirs").click()
    in_step(page, theirs)
    expect(bar).to_have_count(0)
    expect(page.get_by_role("button", name="Save")).to_be_disabled()
    press(page, "Control+z")
    in_step(page, mine)


def test_keeping_mine_and_saving_replaces_theirs(edit):
    page, file, bar, mine, theirs = conflict(edit)
    bar.get_by_role("button", name="Keep mine").click()
    expect(bar).to_have_count(0)
    assert file.read_text() == theirs
    save(page)
    assert file.read_text() == mine
