"""Every fenced block of README, docs and examples works as a reader types it.

``runner.py`` says how blocks run and where trainings are cut short, ``pages.py`` what the comments before a block mean.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from .pages import LANGUAGES, REASONS, Block, blocks_in, blocks_of, commands_in, pages
from .runner import Failed, PageRunner, shortened

RUNNER = Path(__file__).with_name("runner.py")
PAGES = pages()
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
WITH_COMMANDS = [
    page for page in PAGES if any(b.language == "sh" and b.not_run is None for b in blocks_of(page))
]
LONG = {  # only in a shell, which is slow
    "examples/curve/README.md",  # long windows of 32 curves
    "examples/detection/README.md",  # 4,300 images, batches of 32
    "examples/digits/README.md",  # 1,797 images and 6,600 pairs
    "examples/gan/README.md",  # 4,000 updates of two nets
    "examples/series/README.md",  # trains on 2,800 rows, makes 700 forecasts
    "examples/xor/README.md",  # 110,000 streams of bits
}


def run_page(page: str, folder: Path, *options: str) -> None:
    home = folder / "page"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-W", "error", RUNNER, page, *options],
        cwd=home,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr or done.stdout


@pytest.mark.parametrize("page", [page for page in PAGES if page not in LONG])
def test_the_page_works(page, tmp_path):
    run_page(page, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_COMMANDS)
def test_the_page_works_in_a_shell(page, tmp_path):
    run_page(page, tmp_path, "--shell")


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_the_block_has_a_language(block):
    assert block.language in LANGUAGES


def test_few_blocks_are_not_run():
    """Only for one of a few reasons, which the block itself shows."""
    marked = [block for block in BLOCKS if block.not_run is not None]
    shown = "\n".join(f"{block.place}: {block.not_run}" for block in marked)
    print(shown)
    for block in marked:
        assert block.not_run in REASONS, shown
        assert re.search(REASONS[block.not_run], block.text, re.M), shown
    assert len(marked) <= len(BLOCKS) / 4, shown


# The runner itself.


@pytest.mark.posix
def test_what_a_block_says():
    text = (
        "See `a/net.prototxt`:\n\n<!-- needs: models x.csv -->\n<!-- exits with 2 -->\n"
        "```sh\nmycaffe check \\\n  net\n# no\n```\n\n  ```python\n  if x:\n      y\n  ```\n"
    )
    first, second = blocks_in(text, "page.md")
    assert first == Block(
        "page.md", 5, "sh", "mycaffe check \\\n  net\n# no\n", None, ["models", "x.csv"], 2, False,
        "a/net.prototxt",
    )  # fmt: skip
    assert commands_in(first.text) == ["mycaffe check    net"]
    assert (second.line, second.text, second.file) == (11, "if x:\n    y\n", None)
    with pytest.raises(ValueError, match=r"page.md:2: what does <!-- not runn: x -->"):
        blocks_in("<!-- not runn: x -->\n```sh\n```\n", "page.md")


@pytest.mark.parametrize(
    "text",
    [
        "```python\nx = 1\n```\n```python\nassert x == 2\n```\n",
        "```sh\nmycaffe check NoSuchNet.prototxt\n```\n",
        "```sh\ntrue\nfalse\n```\n",
        "<!-- exits with 3 -->\n```sh\nmycaffe layers\n```\n",
        '```prototxt\nlayer { tipe: "CFC" }\n```\n',
        "```toml\na = \n```\n",
        "```sh\necho one\n```\n<!-- output -->\n```text\ntwo\n```\n",
    ],
)
def test_a_wrong_block_is_noticed(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    runner = PageRunner(in_shell=False)
    *right, wrong = blocks_in(text, "wrong.md")
    for block in right:
        runner.run(block)
    with pytest.raises(Failed):
        runner.run(wrong)


def test_a_failing_page_is_named_with_its_line(tmp_path):
    page = tmp_path / "wrong.md"
    page.write_text("# Wrong\n\n```sh\nfalse\n```\n")
    with pytest.raises(AssertionError, match=r"wrong\.md:3: false\s+ended with 1, not 0"):
        run_page(str(page), tmp_path)


def test_only_trainings_tests_and_forecasts_are_cut_short():
    assert shortened(["train", "--solver", "a"], False) == [
        "train", "--solver", "a", "--iterations", "3",
    ]  # fmt: skip
    assert shortened(["test", "--iterations", "360"], False) == ["test", "--iterations", "5"]
    assert shortened(["predict", "--steps", "4"], False) == ["predict", "--steps", "4"]
    for words in (["train", "--print-config"], ["check", "a"]):
        assert shortened(words, True) == words
