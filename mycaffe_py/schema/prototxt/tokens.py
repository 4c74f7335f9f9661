"""Tokenizer of prototxt text."""

from __future__ import annotations

import re
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<word>[a-zA-Z_][0-9a-zA-Z_+-]*)
    | (?P<symbol>[{}<>\[\]:;,])
    | (?P<number>(?:[0-9+-]|\.[0-9])[0-9a-zA-Z_.+-]*)
    | (?P<string>"(?:[^"\\\n]|\\[^\n])*"|'(?:[^'\\\n]|\\[^\n])*')
    | (?P<unterminated>["'][^\n]*)
    | (?P<comment>\#[^\n]*)
    | (?P<bad>\S)
    """,
    re.VERBOSE,
)
_BARE = re.compile(r"(?:[^\s;,{}<>\[\]#:]|:(?=[/\\]))+")


class Token(NamedTuple):
    """One token: its kind, its text and its offset.

    The kinds are word, symbol, number, string, unterminated (a string), bad and end.
    """

    kind: str
    text: str
    offset: int

    @property
    def span(self) -> tuple[int, int]:
        """Offset and length."""
        return self.offset, len(self.text)


def tokenize(text: str) -> list[Token]:
    """Return the tokens of prototxt text, the last one of kind "end"."""
    tokens = []
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        if kind not in ("space", "comment"):
            tokens.append(Token(kind, match[kind], match.start(kind)))
    tokens.append(Token("end", "", len(text.rstrip())))
    return tokens


def bare_text(text: str, offset: int) -> str:
    """Return the run of characters at an offset that looks like one value without quotes."""
    match = _BARE.match(text, offset)
    return match[0].rstrip("\r") if match else text[offset : offset + 1]


def top_level_names(text: str) -> list[str]:
    """Return the names of the top-level fields, as far as the text can be read."""
    names, depth = [], 0
    tokens = tokenize(text)
    for token, following in zip(tokens, tokens[1:], strict=False):
        if token.kind == "symbol" and token.text in "{<":
            depth += 1
        elif token.kind == "symbol" and token.text in "}>":
            depth -= 1
        elif token.kind == "word" and depth == 0 and following.text in (":", "{", "<"):
            names.append(token.text)
    return names
