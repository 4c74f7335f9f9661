"""Texts in another language, recognised where they cannot be read as prototxt."""

from __future__ import annotations

import re
from typing import NamedTuple

from .files import LFS_HINT, LFS_POINTER

_LOOKS = (
    (
        r"(<{7} |={7}$|>{7} )",
        "the text has marks of a merge conflict",
        "keep one of the two versions, and remove the lines <<<<<<<, ======= and >>>>>>>",
    ),
    (r"version https://git-lfs", f"this is {LFS_POINTER}", LFS_HINT),
    (r"diff --git ", "this is a patch", "apply it: git apply FILE"),
    (
        r"(import [\w.]+|from [\w.]+ import |class \w+.*:|def \w+\(.*:|#!.*python)",
        "this is Python code",
        "give a .prototxt file; caffe.NetSpec in Python writes one. A plugin is given as --plugin FILE",
    ),
    (r"<\?xml|<!DOCTYPE|<\w[^>\n]*>.*</\w+>", "this is XML or HTML", "give a .prototxt file"),
    (
        r"\[[A-Za-z_ ]+\]\s*$",
        "this is an INI or TOML file",
        "in prototxt a setting is name: value, and a section name { ... }",
    ),
)
_JSON = re.compile(r'\s*[{\[]\s*"[^"\n]*"\s*:|\s*\[\s*\{')
_YAML = re.compile(r"^[^\S\n]*- \w+[^\S\n]*:", re.M)
_CURLY = "\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb"
_WIDE = {"\uff1a": ":", "\uff1b": ";", "\uff5b": "{", "\uff5d": "}", "\uff0c": ",", "\uff1d": "="}


class Foreign(NamedTuple):
    """What a text is instead of prototxt: where that shows (an offset and a length), in words, and a hint."""

    offset: int
    length: int
    message: str
    hint: str


def foreign_text(text: str) -> Foreign | None:
    """Return what a text that is no prototxt is, or None if that is unclear."""
    for pattern, message, hint in _LOOKS:
        match = re.search(rf"^[^\S\n]*(?P<mark>{pattern})", text[:20000], re.M)
        if match and (match.start("mark") == _first(text) or message.endswith("conflict")):
            return Foreign(match.start("mark"), len(match["mark"]), message, hint)
    if _JSON.match(text):
        hint = (
            'write name: "x" layer { name: "y" ... }: no braces around all, no quotes around names'
        )
        return Foreign(_first(text), 1, "this is JSON, but prototxt is expected", hint)
    match = _YAML.search(text)
    if match and "{" not in text:
        at = match.end() - len(match[0].lstrip())
        hint = "write a block in braces for each item: layer { ... }"
        return Foreign(at, 1, "this is YAML, but prototxt is expected", hint)
    return _signs(text)


def _first(text: str) -> int:
    return len(text) - len(text.lstrip())


def _signs(text: str) -> Foreign | None:
    """Return the first of several typographic quotes or wide signs, outside comments and strings."""
    plain = re.sub(r"#[^\n]*|\"[^\"\n]*\"", lambda match: " " * len(match[0]), text)
    quotes = [at for at, sign in enumerate(plain) if sign in _CURLY]
    if len(quotes) > 2:
        line = f"{len(quotes)} quotes are typographic ones"
        return Foreign(
            quotes[0], 1, line, f'replace {" ".join(sorted({plain[at] for at in quotes}))} by "'
        )
    wide = [at for at, sign in enumerate(plain) if sign in _WIDE]
    if len(wide) > 1:
        found = sorted({plain[at] for at in wide})
        hint = "replace " + ", ".join(f"{sign} by {_WIDE[sign]}" for sign in found)
        return Foreign(wide[0], 1, "there are signs of double width in the text", hint)
    return None
