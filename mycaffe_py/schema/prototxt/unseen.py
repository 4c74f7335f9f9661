"""Characters outside strings that cannot be seen, or that only look like signs of prototxt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from mycaffe_py.visible import code_of, hidden_in

from .tokens import Token

_WIDE = {"\uff1a": ":", "\uff1b": ";", "\uff5b": "{", "\uff5d": "}", "\uff0c": ","}
_STRING_OR_COMMENT = re.compile(r"#[^\n]*|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'")
_SPACE = re.compile(r"[^\S\x00-\x7f]")
_MOST = 20


class Unseen(NamedTuple):
    """A character at a token, and what to do about it."""

    token: Token
    message: str
    hint: str


def readable(tokens: Sequence[Token]) -> tuple[list[Token], list[Unseen]]:
    """Return the tokens without invisible ones and with wide signs as plain ones, and what was found.

    A word that has an invisible character in it is one word.
    """
    kept: list[Token] = []
    found: list[Unseen] = []
    end = -1  # of an invisible character directly behind the last token
    for token in tokens:
        if token.kind == "bad" and hidden_in(token.text) and not _is_half(token.text):
            message = f"the invisible character {code_of(token.text)} is outside quotes"
            found.append(Unseen(token, message, "remove it, or type the line anew"))
            adjacent = bool(kept) and token.offset in (end, _end(kept[-1]))
            end = token.offset + 1 if adjacent else -1
        elif token.kind == "bad" and token.text in _WIDE:
            sign = _WIDE[token.text]
            message = f'found the wide sign "{token.text}" ({code_of(token.text)})'
            found.append(Unseen(token, message, f"write {sign}"))
            kept.append(Token("symbol", sign, token.offset))
        elif kept and token.offset == end and kept[-1].kind == token.kind == "word":
            kept[-1] = kept[-1]._replace(text=kept[-1].text + token.text)
        else:
            kept.append(token)
    return kept, found[:_MOST]


def _is_half(character: str) -> bool:
    """Whether this is half of a surrogate pair, a byte that is no UTF-8."""
    return "\ud800" <= character <= "\udfff"


def _end(token: Token) -> int:
    return token.offset + len(token.text)


def other_spaces(text: str) -> list[Token]:
    """Return the spaces outside strings and comments that are not ASCII's: they are read as spaces."""
    plain = _STRING_OR_COMMENT.sub(lambda match: "." * len(match[0]), text)
    return [Token("space", match[0], match.start()) for match in _SPACE.finditer(plain)]
