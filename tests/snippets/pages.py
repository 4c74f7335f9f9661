"""The fenced blocks of the documentation's pages, and what the comments before a block say.

A comment stands directly before its block:

- ``<!-- not run: REASON -->``: the block cannot run here; REASON is one of :data:`REASONS`;
- ``<!-- needs: models examples -->``: files of the repository that a reader of this page has in the current folder;
- ``<!-- exits with 2 -->``: the last command of the block is to end with this status;
- ``<!-- output -->``, before a ``text`` block: the last ``sh`` block prints these lines; ``...`` stands for anything.

A block is saved as a file if the text before it ends with the file's name and a colon: "`net.prototxt`:".
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]
LANGUAGES = {"sh", "powershell", "python", "prototxt", "toml", "text"}

# Why a block is not run, and what such a block must contain.
REASONS = {
    "installs packages": r"pip install",
    "opens a browser": r"mycaffe designer|jupyter|tensorboard",
    "needs a GPU": r"gpu|cuda",
    "needs Windows": r"\.venv\\Scripts",
    "takes minutes": r"tools\.(fuzz|kills)",
    "needs LevelDB": r"plyvel",
    "uploads packages": r"twine upload",
}

_BLOCK = re.compile(r"^(?P<indent> *)```(?P<language>[^\n`]*)\n(?P<text>.*?)^(?P=indent)```$", re.M | re.S)  # fmt: skip
_COMMENTS = re.compile(r"(?:<!--[^\n]*-->\s*)+\Z")
_FILE = re.compile(r"`([\w./-]+\.\w+)`:\s*\Z")


@dataclass
class Block:
    """A fenced block of a page."""

    page: str
    line: int
    language: str
    text: str
    not_run: str | None = None
    needs: list[str] = field(default_factory=list)
    status: int = 0
    is_output: bool = False
    file: str | None = None

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[str]:
    """Return the pages with at least one block."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
    found += sorted((ROOT / "examples").rglob("README.md"))
    names = [path.relative_to(ROOT).as_posix() for path in found]
    return [name for name in names if blocks_of(name)]


def blocks_of(page: str) -> list[Block]:
    """Return the page's blocks, from top to bottom."""
    return blocks_in((ROOT / page).read_text(encoding="utf-8"), page)


def blocks_in(text: str, page: str) -> list[Block]:
    """Return the blocks of a text."""
    found = []
    for match in _BLOCK.finditer(text):
        before = text[: match.start()]
        indent = len(match["indent"])
        code = "".join(line[indent:] for line in match["text"].splitlines(keepends=True))
        block = Block(page, before.count("\n") + 1, match["language"].strip(), code)
        comments = _COMMENTS.search(before)
        if comments:
            _read_comments(block, comments[0])
            before = before[: comments.start()]
        name = _FILE.search(before)
        block.file = name[1] if name else None
        found.append(block)
    return found


def _read_comments(block: Block, text: str) -> None:
    for comment in re.findall(r"<!-- *(.*?) *-->", text):
        key, _, value = comment.partition(":")
        if key == "not run":
            block.not_run = value.strip()
        elif key == "needs":
            block.needs = value.split()
        elif status := re.fullmatch(r"exits with (\d+)", comment):
            block.status = int(status[1])
        elif comment == "output":
            block.is_output = True
        elif comment != "tests":  # marks the line that CI runs
            raise ValueError(f"{block.place}: what does <!-- {comment} --> mean?")


def commands_in(text: str) -> list[str]:
    """Return the commands of a ``sh`` block, one for each line; a backslash joins lines."""
    lines = [line.strip() for line in text.replace("\\\n", " ").splitlines()]
    return [line for line in lines if line and not line.startswith("#")]
