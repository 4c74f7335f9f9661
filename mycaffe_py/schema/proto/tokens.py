"""Tokenizer of .proto text, with the comments that document declarations."""

from __future__ import annotations

import re
from typing import NamedTuple

from mycaffe_py.errors import SchemaError

from .declarations import Place, SchemaSource, schema_error

_NAME = r"[A-Za-z_][A-Za-z0-9_]*"
_TOKEN = re.compile(
    rf"""
      (?P<space>[ \t\r\f\v]+)
    | (?P<newline>\n\s*)
    | (?P<word>\.?{_NAME}(?:\.{_NAME})*)
    | (?P<symbol>[{{}}\[\]();=,<>:-])
    | (?P<number>\.?[0-9](?:[eE][+-]|[0-9A-Za-z_.])*)
    | (?P<comment>//[^\n]*|/\*.*?\*/)
    | (?P<string>"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
    | (?P<bad>\S)
    """,
    re.VERBOSE | re.DOTALL,
)


class Token(NamedTuple):
    """One token: its kind (word, symbol, number, string, end), its text and its offset."""

    kind: str
    text: str
    offset: int


class TokenStream:
    """The tokens of one source, each with the comments above and beside it."""

    def __init__(self, source: SchemaSource):
        self.source = source
        self.tokens: list[Token] = []
        self._above: dict[int, list[str]] = {}
        self._beside: dict[int, str] = {}
        self._scan(source.text)
        self.tokens.append(Token("end", "", len(source.text.rstrip())))

    def _scan(self, text: str) -> None:
        tokens = self.tokens
        above: list[str] = []
        at_line_start = True
        for match in _TOKEN.finditer(text):
            kind = match.lastgroup or ""
            if kind == "space":
                continue
            if kind == "newline":
                at_line_start = True
                if above and match["newline"].count("\n") > 1:
                    above = []  # a blank line separates a comment from what follows
            elif kind == "comment":
                if at_line_start or not tokens:
                    above.append(match["comment"])
                else:
                    self._beside.setdefault(len(tokens) - 1, match["comment"])
            elif kind == "bad":
                raise self._bad_character(match.start("bad"))
            else:
                if above:
                    self._above[len(tokens)] = above
                    above = []
                at_line_start = False
                tokens.append(Token(kind, match[kind], match.start(kind)))

    def _bad_character(self, offset: int) -> SchemaError:
        character = self.source.text[offset]
        message = f"unexpected character {character!r} in the schema of {self.source.owner}"
        if character in "\"'":
            message = f"unterminated string in the schema of {self.source.owner}"
        elif self.source.text.startswith("/*", offset):
            message = f"unterminated comment in the schema of {self.source.owner}"
        return schema_error(message, Place(self.source, offset))

    def beside(self, token: int) -> str:
        """Return the comment beside a token."""
        comment = self._beside.get(token)
        return _clean([comment]) if comment else ""

    def doc(self, first: int, last: int) -> str:
        """Return the comment beside the token ``last``, or else the one above ``first``."""
        beside = self._beside.get(last)
        comments = [beside] if beside else self._above.get(first)
        return _clean(comments) if comments else ""


def _clean(comments: list[str]) -> str:
    """Return comments as plain text: without their markers, lines joined to paragraphs."""
    lines: list[str] = []
    for comment in comments:
        if comment.startswith("//"):
            lines.append(comment.lstrip("/").strip())
        else:
            lines += [line.strip().lstrip("*").strip() for line in comment[2:-2].splitlines()]
    paragraphs = "\n".join(lines).strip().split("\n\n")
    return "\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
