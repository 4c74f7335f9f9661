"""``mycaffe report`` and ``mycaffe plot``: one HTML file, and pictures of what the trainer showed."""

from __future__ import annotations

import io
import json
import re
import shutil
from html.parser import HTMLParser

import pytest
from click.testing import CliRunner
from mycaffe_plugins.designer.animation import animate
from mycaffe_plugins.designer.report import report
from mycaffe_plugins.designer.report_of_trainer import report_tables

from mycaffe_py.cli.app import app
from mycaffe_py.plugins import default_registry
from mycaffe_py.trainer import Report, ReportTable

pytestmark = pytest.mark.slow  # trained runs, painted charts

SMALL = (
    "--solver", "adamw.prototxt", "--model", "LiquidNetCfc.prototxt", "--device", "cpu", "--quiet",
    "--set", "cfc1.cfc_param.hidden_size=4", "--set", "cfc1.cfc_unit_param.backbone_units=4",
)  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Two runs of a small net: 001 with base_lr 0.01, 002 with 0.02."""
    folder = tmp_path_factory.mktemp("paper")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for rate in ("0.01", "0.02"):
            done = CliRunner().invoke(
                app,
                [
                    "train",
                    *SMALL,
                    "--iterations",
                    "30",
                    "--seed",
                    "1",
                    "--set",
                    f"solver.base_lr={rate}",
                ],
            )
            assert done.exit_code == 0, done.output
    return [folder / "runs" / "LiquidNetCfc" / number for number in ("001", "002")]


class Page(HTMLParser):
    """Titles, texts, and everything that a page would fetch."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.fetched, self.headings, self.text = [], [], [], ""
        self._in = ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self._in = tag
        for name, value in attrs:
            if name in ("src", "href", "xlink:href", "data", "action") and not value.startswith(
                ("data:", "#")
            ):
                self.fetched.append(value)

    def handle_data(self, data):
        self.text += data
        if self._in in ("h1", "h2") and data.strip():
            self.headings.append(data.strip())


@pytest.fixture(scope="module")
def single(runs):
    return report(runs[:1], default_registry())


def test_a_report_needs_no_other_file(single):
    page = Page(single)
    assert page.fetched == [] and "script" not in page.tags and "link" not in page.tags
    assert "@import" not in single and not re.search(r"url\((?!#)", single)


def test_a_report_has_all_its_parts(single):
    page = Page(single)
    assert page.headings[0] == "LiquidNetCfc/001"
    for title in ("Curve: the latest points", "Curves", "The net", "Settings", "Environment"):
        assert title in page.headings
    assert page.tags.count("svg") >= 6
    for text in ("Accuracy", "baseline", "cfc1", "base_lr: 0.01", "python", "Seed"):
        assert text in page.text


def test_of_several_runs_it_says_what_differs(runs):
    page = Page(report(runs, default_registry()))
    assert "What differs" in page.headings
    assert re.search(r"1 of \d+ settings", page.text) and "solver.base_lr" in page.text
    for number in ("001", "002"):
        assert f"LiquidNetCfc/{number}" in page.text


def test_what_a_run_says_is_text_and_never_markup(runs, tmp_path):
    copy = tmp_path / "<b>net" / "001"
    shutil.copytree(runs[0], copy)
    fields = json.loads((copy / "run.json").read_text())
    attack = "<script>alert(1)</script>"
    fields |= {"message": attack, "status": "failed", "command": [attack], "net": attack}
    (copy / "run.json").write_text(json.dumps(fields))
    (copy / "notes.md").write_text(f"</p>{attack}")
    (copy / "solver.prototxt").write_text(f"# {attack}\n{(copy / 'solver.prototxt').read_text()}")
    text = report([copy], default_registry())
    assert attack not in text
    assert "script" not in Page(text).tags and "&lt;script&gt;alert(1)&lt;/script&gt;" in text


def test_what_the_trainer_reported_is_a_table(runs, tmp_path):
    copy = tmp_path / "net" / "001"
    shutil.copytree(runs[0], copy)
    record = json.loads((copy / "run.json").read_text())
    found = ReportTable("a < b", ("rows", "net", "naive"), [("1", 0.123456, 2.5)], best="low")
    record["report"] = Report([found], ["a note"], ["a <caution>"]).as_json()
    (copy / "run.json").write_text(json.dumps(record))
    text = report([copy], default_registry())
    assert "RNN.SUPER_SIMPLE: what was reached" in Page(text).headings
    assert "<h3>a &lt; b</h3>" in text and '<td class="value other">0.1235</td>' in text
    assert (
        '<td class="value">2.5</td>' in text and "a note" in text and "a &lt;caution>" not in text
    )


@pytest.mark.parametrize("found", [None, [], "x", 3, {"tables": [{}]}, {"tables": 1}, {"notes": 1}])
def test_a_report_in_another_form_is_left_out(found):
    assert report_tables({"report": found}) == ""


def test_the_verb_writes_the_file(runs, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["report", str(runs[0]), "--out", "one.html"])
    assert done.exit_code == 0 and done.stdout == "one.html\n"
    assert (tmp_path / "one.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_a_folder_that_is_no_run_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["report", "."])
    assert done.exit_code == 3 and "has no run.json" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_an_animation_moves_along_the_curve(runs):
    image = pytest.importorskip("PIL.Image")
    picture = image.open(io.BytesIO(animate(runs[0], 1.0)))
    assert (picture.format, picture.n_frames) == ("GIF", 12)
    first = picture.convert("RGB").tobytes()
    picture.seek(picture.n_frames - 1)
    assert picture.convert("RGB").tobytes() != first


def test_plot_draws_the_latest_points(runs, monkeypatch, tmp_path, painted):
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["plot", str(runs[0])])
    assert done.exit_code == 0 and done.stdout == "live.png\n"
    assert (tmp_path / "live.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_without_samples_has_nothing_to_plot(runs, monkeypatch, tmp_path):
    copy = tmp_path / "net" / "001"
    shutil.copytree(runs[0], copy, ignore=shutil.ignore_patterns("live.jsonl"))
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(app, ["plot", str(copy), "--gif"])
    assert done.exit_code == 2 and "has no samples to draw" in done.stderr
