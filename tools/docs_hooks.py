"""Files outside ``docs/`` on the documentation's site: some become pages, links to the others become text."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File

ROOT = Path(__file__).parents[1]
# Files that are pages of the site, with the place of each below docs/.
PAGES = {
    "README.md": "start.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "examples/curve/README.md": "examples/curve.md",
    "examples/digits/README.md": "examples/digits.md",
    "examples/detection/README.md": "examples/detection.md",
    "examples/gan/README.md": "examples/gan.md",
    "examples/series/README.md": "examples/series.md",
    "examples/xor/README.md": "examples/xor.md",
}
SOURCES = {page: source for source, page in PAGES.items()}
LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)#:\s]+)(#[^)]*)?\)")
CODE = re.compile(r"(?<=[| ])`[^`\n]+`")
ROLE = re.compile(r":(?:attr|class|func|meth):(?=<code>)")


def on_files(files: Any, config: Any) -> Any:
    """Add the pages that lie outside ``docs/``."""
    for source, page in PAGES.items():
        text = (ROOT / source).read_text(encoding="utf-8")
        if source == "README.md":
            text = re.sub(r"\A# .*?(?=^## )", "# Getting started\n\n", text, flags=re.S | re.M)
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: Any) -> str:
    """Make links lead to the site's pages; those to other files become text with the file's path."""
    place = page.file.src_uri
    folder = posixpath.dirname(SOURCES.get(place, f"docs/{place}"))

    def target(link: re.Match[str]) -> str:
        image, text, path, anchor = link.groups(default="")
        path = posixpath.normpath(posixpath.join(folder, path))
        inside = PAGES.get(path) or (path.removeprefix("docs/") if path.startswith("docs/") else "")
        if not inside:
            return f"`{path}`" if text.strip("`") == path else f"{text} (`{path}`)"
        return f"{image}[{text}]({posixpath.relpath(inside, posixpath.dirname(place))}{anchor})"

    # Within a table's code, Python's Markdown needs no backslash before a pipe, and shows it.
    markdown = CODE.sub(lambda code: code[0].replace(r"\|", "|"), markdown)
    return LINK.sub(target, markdown)


def on_page_content(html: str, **_: Any) -> str:
    """Leave out the roles of docstrings, ``:meth:`` and the like."""
    return ROLE.sub("", html)
