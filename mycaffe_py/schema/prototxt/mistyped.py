"""Habits of other formats in prototxt text: each is one problem that says what to write, and reading goes on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from mycaffe_py.schema.proto.catalog import FieldInfo, MessageInfo

from .cursor import SYNTAX, WRONG_VALUE, Cursor
from .tokens import Token, bare_text

_COMMENTS = ("//", "/*", "--", "<!--", "%", ";")
_QUOTES = "[\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb]"
_CURLY_NAME = re.compile(rf"{_QUOTES}([A-Za-z_]\w*){_QUOTES}\s*:")
_DIRECTIVES = {
    "include": "copy the other file's text into this one",
    "import": "copy the other file's text into this one",
    "syntax": "leave the line out",
    "package": "leave the line out",
}
_CLOSING = {"(": ")", "[": "]"}
_MOST_SHOWN = 40


class Mistyped(Cursor):
    """A cursor that knows what people write who come from JSON, YAML, Python, C or INI files."""

    def separator(self, name: Token, info: FieldInfo) -> bool:
        """Skip what is between a field's name and its value; return whether nothing more need be said about it."""
        if self.at_symbol(":"):
            self.index += 1
            if not (self.at_symbol(":") or self._is_bad("=")):
                return True
            written = ":" + self._skip_sign()
        elif self._is_bad("=") or self._is_bad("-"):
            written = self._skip_sign()
        elif self.at_symbol(",;") and self.same_line(name, self._token(self.index + 1)):
            following = self._token(self.index + 1)
            value = following.kind in ("number", "string") or following.text in ("{", "<")
            if not value or self.starts_field(self.index + 1):
                return False
            written = self._skip_sign()
        else:
            return False
        wanted = f"{name.text} {{ ... }}" if info.message else f"{name.text}: {self._shown_value()}"
        self.report(SYNTAX, name, f'found "{written}" after "{name.text}"', f"write {wanted}")
        return True

    def missing_colon(self, name: Token) -> None:
        """Report a value that follows its field's name without a colon."""
        value = self.tokens[self.index]
        shown = value.text if self.same_line(name, value) else "..."
        hint = f"write {name.text}: {shown}"
        self.report(SYNTAX, name, f'no ":" after "{name.text}"', hint)

    def _token(self, index: int) -> Token:
        """Return a token, the last one for what is beyond the end."""
        return self.tokens[min(index, len(self.tokens) - 1)]

    def _skip_sign(self) -> str:
        """Skip signs that are in the place of a colon; return them."""
        first = self.tokens[self.index]
        self.index += 1
        while self.tokens[self.index].text in ("=", ">", ":") and self._adjacent(self.index):
            self.index += 1
        last = self.tokens[self.index - 1]
        return self.text[first.offset : last.offset + len(last.text)]

    def _shown_value(self) -> str:
        token = self.tokens[self.index]
        return token.text[:_MOST_SHOWN] if token.kind in ("number", "string", "word") else "..."

    def _is_bad(self, text: str) -> bool:
        token = self.tokens[self.index]
        return token.kind == "bad" and token.text == text

    def _adjacent(self, index: int) -> bool:
        """Whether there is nothing between a token and the one before it."""
        before = self.tokens[index - 1]
        return before.offset + len(before.text) == self._token(index).offset

    # -- in the place of a field's name ---------------------------------------------------------------

    def unquoted_name(self) -> bool:
        """Report a field's name in quotes, as in JSON, and take the quotes off."""
        token, after = self.tokens[self.index], self._token(self.index + 1)
        curly = _CURLY_NAME.match(self.text, token.offset) if token.kind == "bad" else None
        if curly:
            self.report(
                SYNTAX, token, "a field's name is written without quotes", f"write {curly[1]}: ..."
            )
            self.index += 1
            if self._token(self.index + 1).kind == "bad":
                del self.tokens[self.index + 1]
            return True
        if token.kind != "string" or not (after.kind == "symbol" and after.text == ":"):
            return False
        name = token.text[1:-1]
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            return False
        self.report(SYNTAX, token, "a field's name is written without quotes", f"write {name}: ...")
        self.tokens[self.index] = Token("word", name, token.offset)
        return True

    def foreign_comment(self) -> bool:
        """Report a comment in the form of another language, and skip it."""
        token = self.tokens[self.index]
        begin = next((sign for sign in _COMMENTS if self.text.startswith(sign, token.offset)), None)
        if begin in ("%", ";") and not self.first_on_line(token):
            return False
        if begin is None or token.kind not in ("bad", "number", "symbol"):
            return False
        self.report(
            SYNTAX, token, f'"{begin}" does not begin a comment here', f"write # instead of {begin}"
        )
        ends = {"/*": "*/", "<!--": "-->"}
        end = self.text.find(ends.get(begin, "\n"), token.offset)
        end = len(self.text) if end < 0 else end + len(ends.get(begin, ""))
        while self.tokens[self.index].kind != "end" and self.tokens[self.index].offset < end:
            self.index += 1
        return True

    def numbers_without_name(self, info: MessageInfo) -> bool:
        """Report the values of a block's only field without its name, as in ``shape { 1 5 1 }``, and skip them."""
        token = self.tokens[self.index]
        only = only_field(info)
        if token.kind != "number" or only is None:
            return False
        values = self._skip_values()
        written = f"{only.name}: {_listed(values, only)}"
        self.report(SYNTAX, token, f'found "{token.text}" without a name', f"write {written}")
        return True

    def name_in_two_words(self, name: Token, info: MessageInfo) -> bool:
        """Report a field's name with a space in it, and skip it with its value."""
        after = self.tokens[self.index]
        joined = f"{name.text}_{after.text}"
        if not self.starts_field(self.index) or joined not in info.fields:
            return False
        self.report(SYNTAX, name, f'found "{name.text} {after.text}"', f"write {joined}")
        self.index += 1
        self.index += self.at_symbol(":")
        self.skip_value()
        return True

    # -- in the place of a value ----------------------------------------------------------------------

    def missing_quote(self, info: FieldInfo) -> bool:
        """Report a string that goes on into the next field because its closing quote is missing; skip the line."""
        token, after = self.tokens[self.index], self._token(self.index + 1)
        if after.kind != "word" or not self._adjacent(self.index + 1):
            return False
        value = before_a_name(token.text[1:-1])
        if value is None:
            return False
        self.report(
            SYNTAX,
            token,
            "the closing quote is missing",
            f'write {info.name}: "{value}"',
        )
        end = self.text.find("\n", token.offset)
        end = len(self.text) if end < 0 else end
        while self.tokens[self.index].kind != "end" and self.tokens[self.index].offset < end:
            self.index += 1
        return True

    def whole_number(self, token: Token) -> Token:
        """Return a number with what is written close to it, as in ``1/100``, ``2*2``, ``5%`` and ``0,01``."""
        following = self._token(self.index + 1)
        if following.kind == "bad" and self._adjacent(self.index + 1):
            return self.skip_bare(token)
        if following.text != "," or self._token(self.index + 2).kind != "number":
            return token
        if not (self._adjacent(self.index + 1) and self._adjacent(self.index + 2)):
            return token
        while self._token(self.index + 1).text == "," and self._adjacent(self.index + 1):
            if self._token(self.index + 2).kind != "number":
                break
            self.index += 2
        last = self.tokens[self.index]
        return Token("number", self.text[token.offset : last.offset + len(last.text)], token.offset)

    def values_without_brackets(self, info: FieldInfo, first: Token) -> None:
        """Report further values after the first of a repeated field, as in ``dim: 1, 5``, and skip them."""
        start = self.index + self.at_symbol(",")
        token = self._token(start)
        if token.kind not in ("number", "string") or not self.same_line(first, token):
            return
        if self._token(start + 1).text == ":" or token.kind != first.kind:
            return
        self.index = start
        values = [first.text, *self._skip_values()]
        shown = f"write {info.name}: {_listed(values, info)}"
        self.report(SYNTAX, token, f'several values of "{info.name}" need brackets', shown)

    def list_for_block(self, name: Token, info: FieldInfo) -> bool:
        """Report ``shape: [1, 5]`` or ``(1, 5)`` for a block with one repeated field, and skip it."""
        opener, inner = self.tokens[self.index], self._token(self.index + 1)
        only = only_field(info.message) if info.message else None
        if opener.text not in _CLOSING or inner.kind != "number" or only is None:
            return False
        self.index += 1
        values = self._skip_values()
        self.index += self.tokens[self.index].text == _CLOSING[opener.text]
        written = f"{name.text} {{ {only.name}: {_listed(values, only)} }}"
        message = f'"{name.text}" takes a block in braces ({info.type_name})'
        self.report(WRONG_VALUE, opener, message, f"write {written}")
        return True

    def name_before_block(self, name: Token, info: FieldInfo) -> bool:
        """Report ``layer "x" {``, and skip the name."""
        token, after = self.tokens[self.index], self._token(self.index + 1)
        if token.kind not in ("string", "word") or after.text not in ("{", "<"):
            return False
        has_name = info.message is not None and "name" in info.message.fields
        value = token.text if token.kind == "string" else f'"{token.text}"'
        inside = f"name: {value} ..." if has_name else "..."
        message = f'found {token.text} between "{name.text}" and its bracket'
        self.report(SYNTAX, token, message, f"write {name.text} {{ {inside} }}")
        self.index += 1
        return True

    def round_brackets(self, name: Token) -> None:
        """Report a block in round brackets, and read these as braces."""
        opener = self.tokens[self.index]
        if not (self._is_bad("(") or self._lone_square()) or not self.starts_field(self.index + 1):
            return
        hint = f"write {name.text} {{ ... }}"
        self.report(SYNTAX, opener, "a block is written in braces", hint)
        self.tokens[self.index] = Token("symbol", "{", opener.offset)
        depth = 1
        for index in range(self.index + 1, len(self.tokens)):
            token = self._token(index)
            depth += token.text in ("(", "{", "<", "[")
            depth -= token.text in (")", "}", ">", "]")
            if depth == 0:
                self.tokens[index] = Token("symbol", "}", token.offset)
                return

    def _lone_square(self) -> bool:
        """Whether a field, and no block, follows a square bracket: ``layer [ name: "x" ]``."""
        return self.at_symbol("[") and self.starts_field(self.index + 1)

    def single_value(self, opener: int) -> str | None:
        """Return the only value in the brackets that begin at a token, or None."""
        value, closer = self._token(opener + 1), self._token(opener + 2)
        plain = value.kind in ("number", "word", "string")
        return value.text if plain and closer.text in ("]", "}", ")") else None

    def first_value(self, opener: int) -> str | None:
        """Return what to write for a list of plain values where one is taken: the first, or another; or None."""
        value, comma = self._token(opener + 1), self._token(opener + 2)
        if value.kind not in ("number", "string") or comma.text != ",":
            return None
        return f"{value.text}, or another one of them"

    def template_variable(self, token: Token) -> Token | None:
        """Skip ``${NAME}``, which is several tokens, and return it as one; or return None."""
        match = re.compile(r"\$\{\w*\}").match(self.text, token.offset)
        if match is None:
            return None
        while (
            self._token(self.index).kind != "end" and self.tokens[self.index].offset < match.end()
        ):
            self.index += 1
        return Token("word", match[0], token.offset)

    def directive(self, name: Token) -> bool:
        """Report ``include "x"``, ``import "x"`` and ``syntax = "proto2";``, and skip the line."""
        after = self._token(self.index)
        if name.text not in _DIRECTIVES or not (after.kind == "string" or self._is_bad("=")):
            return False
        self.report(SYNTAX, name, f"prototxt has no {name.text}", _DIRECTIVES[name.text])
        while (
            self.same_line(name, self.tokens[self.index]) and self.tokens[self.index].kind != "end"
        ):
            self.index += 1
        return True

    def bare_words(self, bare: Token) -> Token:
        """Return a text without quotes with its further words on the line, up to the next field."""
        end = bare.offset + len(bare.text)
        while self.tokens[self.index].kind in ("word", "number"):
            token = self.tokens[self.index]
            if self.starts_field(self.index) or not self.same_line(bare, token):
                break
            end = self.skip_bare(token).offset + len(bare_text(self.text, token.offset))
        return Token("word", self.text[bare.offset : end], bare.offset)

    def is_current_layer(self) -> bool:
        """Whether the block that begins here has its type in quotes, as in the current form of layers."""
        depth, index = (
            0,
            self.index + (not self.at_symbol("{<")),
        )  # a name may be before the bracket
        if self._token(index).text not in ("{", "<"):
            return False
        while self._token(index).kind != "end":
            token = self._token(index)
            depth += (token.text in ("{", "<")) - (token.text in ("}", ">"))
            if token.kind == "symbol" and depth == 0:
                return False
            if depth == 1 and token.text == "type" and self._token(index + 1).text == ":":
                return self._token(index + 2).kind == "string"
            index += 1
        return False

    def _skip_values(self) -> list[str]:
        """Skip numbers and strings up to the end of the line, with commas between them; return their texts."""
        first, values = self.tokens[self.index], []
        while self.same_line(first, self.tokens[self.index]):
            token = self.tokens[self.index]
            if token.kind in ("number", "string"):
                values.append(token.text)
            elif token.text != ",":
                break
            self.index += 1
        return values


def before_a_name(text: str) -> str | None:
    """Return what is before the field name at the end of a text, as in ``a.txt  top:``; None if there is none."""
    text = text.rstrip().removesuffix(":").rstrip()
    word = text.rsplit(None, 1)[-1] if text else ""
    if len(word) == len(text) or not re.fullmatch(r"[A-Za-z_]\w*", word):
        return None
    return text[: len(text) - len(word)].strip()


def only_field(info: MessageInfo) -> FieldInfo | None:
    """Return the field of a message that has only one, if that is a number or several."""
    fields = list(info.fields.values())
    return fields[0] if len(fields) == 1 and not fields[0].message else None


def _listed(values: Sequence[str], info: FieldInfo) -> str:
    if len(values) == 1 or not info.repeated:
        return values[0]
    shown = ", ".join(values[:12])
    return f"[{shown}]" if len(values) <= 12 else f"[{shown}, ...]"


def block_hint(name: Token, value: Token, info: FieldInfo) -> str:
    """Say how to write a block, of which only one value was given."""
    has_type = info.message is not None and "type" in info.message.fields
    inside = f"type: {value.text} ..." if value.kind == "string" and has_type else "..."
    return f"write {name.text} {{ {inside} }}"
