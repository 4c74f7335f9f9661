"""The README's links and commands lead somewhere, and CI runs its test line; ``tests/snippets`` runs its blocks."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mycaffe_py.cli.app import app

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
EXAMPLES = sorted(str(p.relative_to(ROOT)) for p in (ROOT / "examples").glob("*/README.md"))
PAGES = ["README.md", "CONTRIBUTING.md"]
PAGES += sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))


def blocks(language, text=README):
    return re.findall(rf"```{language}\n(.*?)```", text, flags=re.DOTALL)


def test_the_python_example_runs(tmp_path):
    (code,) = blocks("python")
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    losses, prediction = done.stdout.splitlines()
    first, last = re.fullmatch(r"loss (\S+), after 2000 updates (\S+)", losses).groups()
    assert float(last) < float(first) / 100
    assert abs(float(prediction.split()[-1]) - 0.841) < 0.05


def test_the_two_lines_make_their_own_environments():
    lines = [line for line in README.splitlines() if line.startswith("python3 ")]
    assert len(lines) == 2
    assert all(line.startswith("python3 -m venv .venv") for line in lines)
    commands = [line for line in README.splitlines() if line.startswith("mycaffe ")]
    assert commands[0] == "mycaffe train --model LiquidNetCfc.prototxt --solver adamw.prototxt"
    assert lines[1].endswith("-m pytest")


def test_ci_takes_the_line_from_the_readme():
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "<!-- tests -->" in script and "<!-- tests -->" in README
    line = next(line for line in README.splitlines() if line.endswith("-m pytest"))
    assert line not in script


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    links = re.findall(r"\]\(([^)#:]+?)(?:#[^)]*)?\)", text)
    missing = [link for link in links if not ((ROOT / page).parent / link).exists()]
    assert missing == []


@pytest.mark.parametrize("page", PAGES + EXAMPLES)
def test_commands_have_these_verbs_and_options(page):
    text = (ROOT / page).read_text(encoding="utf-8").replace("\\\n", " ")
    own = re.findall(r'@click\.command\("([\w-]+)"', text)  # verbs that the page itself adds
    for line in re.findall(r"^(?:.*&& )?(?:\.venv/bin/)?mycaffe +(.*)$", text, re.MULTILINE):
        verb, *words = shlex.split(line.replace("...", ""), comments=True)
        if verb in own:
            continue
        command = app.get_command(None, verb)
        assert command is not None, line
        commands = [command, *getattr(command, "commands", {}).values()]
        known = {option for one in commands for each in one.params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= known, line
