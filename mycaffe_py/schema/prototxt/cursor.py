"""Walking over the tokens of prototxt text, with error reporting and recovery."""

from __future__ import annotations

from mycaffe_py.errors import Problem
from mycaffe_py.schema.proto.lines import Lines

from .tokens import Token, bare_text, tokenize

UNKNOWN_FIELD = "E101"
WRONG_VALUE = "E102"
SYNTAX = "E103"
GIVEN_TWICE = "E104"
REQUIRED = "E105"

_MAX_PROBLEMS = 200


class TooManyProblems(Exception):
    """So many mistakes were found that reading on helps nobody."""


class Cursor:
    """A position in the tokens of one text, and the problems found so far."""

    def __init__(self, text: str, filename: str):
        self.text, self.filename = text, filename
        self.lines = Lines(text)
        self.tokens = tokenize(text)
        self.index = 0
        self.problems: list[Problem] = []

    def report(self, code: str, token: Token, message: str, hint: str | None = None) -> None:
        """Add a problem at a token; raises TooManyProblems if there are very many already."""
        if len(self.problems) >= _MAX_PROBLEMS:
            raise TooManyProblems
        length = len(token.text.rstrip("\r"))
        location = self.lines.location(self.filename, token.offset, length)
        self.problems.append(Problem(message, location, hint, code))

    def kept_structure(self) -> bool:
        """Return whether the text was read to its end without losing track of its blocks."""
        syntax = any(problem.code == SYNTAX for problem in self.problems)
        return not syntax and len(self.problems) < _MAX_PROBLEMS

    def place(self, offset: int) -> str:
        """Return an offset as ``file:line:column``."""
        return str(self.lines.location(self.filename, offset, 1))

    def at_symbol(self, symbols: str) -> bool:
        """Return whether the next token is one of these characters."""
        token = self.tokens[self.index]
        return token.kind == "symbol" and token.text in symbols

    def same_line(self, first: Token, second: Token) -> bool:
        """Return whether two tokens, in their order, are on one line."""
        return self.lines.number(first.offset) == self.lines.number(second.offset)

    def first_on_line(self, token: Token) -> bool:
        """Return whether there is nothing but spaces before a token on its line."""
        return self.lines.margin(token.offset) >= token.offset

    def column(self, token: Token) -> int:
        """Return the column of a token."""
        return self.lines.column(token.offset)

    def indent(self, token: Token) -> int:
        """Return the column of the first token on a token's line."""
        return self.lines.column(min(self.lines.margin(token.offset), token.offset))

    def starts_field(self, index: int) -> bool:
        """Return whether a field begins at a token: a name with ``:`` or a bracket after it."""
        if index >= len(self.tokens) or self.tokens[index].kind != "word":
            return False
        after = self.tokens[index + 1]
        return after.kind == "symbol" and after.text in ":{<"

    def stray(self, token: Token) -> None:
        """Report a token where a field name is expected, and recover."""
        if token.kind == "unterminated":
            self.report(SYNTAX, token, "the string is not terminated", "a quote is missing")
        else:
            found = f'expected the name of a field, found "{token.text}"'
            hint = "write comments after #" if token.text.startswith(("'", '"')) else None
            self.report(SYNTAX, token, found, hint)
        if not (token.kind == "symbol" and token.text in "{<["):
            self.index += 1
        self.skip_to_field()

    def skip_to_field(self) -> None:
        """Skip to the next field of this block, or to its closing bracket."""
        while self.tokens[self.index].kind != "end":
            if self.starts_field(self.index) or self.at_symbol("}>"):
                return
            if self.at_symbol("{<["):
                self.skip_brackets()
            else:
                self.index += 1

    def skip_brackets(self) -> None:
        """Skip a bracket and everything up to the one that closes it."""
        opener = self.tokens[self.index]
        depth = 0
        while self.tokens[self.index].kind != "end":
            depth += self.at_symbol("{<[") - self.at_symbol("}>]")
            self.index += 1
            if depth == 0:
                return
        self.report(SYNTAX, opener, f'"{opener.text}" is never closed')

    def skip_value(self) -> None:
        """Skip whatever is in the place of a value."""
        token = self.tokens[self.index]
        if self.at_symbol("{<["):
            self.skip_brackets()
        elif token.kind == "string":
            while self.tokens[self.index].kind == "string":
                self.index += 1
        elif token.kind not in ("end", "symbol"):
            self.skip_bare(token)

    def skip_bare(self, token: Token) -> Token:
        """Skip a run of characters without spaces, and return it as one token."""
        bare = bare_text(self.text, token.offset)
        if token.kind == "unterminated":
            bare = token.text
        end = token.offset + len(bare)
        while self.tokens[self.index].kind != "end" and self.tokens[self.index].offset < end:
            self.index += 1
        return Token("word", bare, token.offset)
