"""Parser of prototxt text that reports every mistake with its location, in one pass."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from mycaffe_py.errors import PrototxtError
from mycaffe_py.schema.proto.catalog import FieldInfo, MessageInfo

from .blocks import Block
from .cursor import (
    GIVEN_TWICE,
    REQUIRED,
    SYNTAX,
    UNKNOWN_FIELD,
    WRONG_VALUE,
    TooManyProblems,
)
from .document import Document, Entry
from .fork_fields import ForkFields
from .hints import unknown_field_hint
from .mistyped import block_hint
from .problem_places import refuse_other_languages, with_path
from .tokens import Token
from .values import ValueMistake, expected, number_hint, plain_value, quoted_value, variable_hint

_LAYER = "layer"
_DEEPEST = 100  # protobuf's own limit for binary messages
_CLOSERS = {"{": "}", "<": ">", "[": "]"}


def parse_prototxt(text: str, info: MessageInfo, message: Any, filename: str) -> Document:
    """Parse text into an empty message; all mistakes are raised as one PrototxtError."""
    text = _with_newlines(text.removeprefix("\ufeff"))
    parser = _Parser(text, filename)
    root = Block(info, message, {})
    with suppress(TooManyProblems):
        parser.block(root)
    document = Document(message, filename, text, root.nodes)
    document.remarks, document.forks = parser.remarks.problems(parser), parser.remarks.forks
    document.upgrades += parser.remarks.upgrades()
    if parser.problems:
        refuse_other_languages(text, filename)
        places = [(p.location.line, p.location.column) for p in parser.problems if p.location]
        order = sorted(range(len(places)), key=places.__getitem__)
        problems = [parser.problems[index] for index in order]
        if not parser.kept_structure():
            raise PrototxtError(problems)
        raise PrototxtError([with_path(problem, document) for problem in problems], document)
    return document


def _with_newlines(text: str) -> str:
    """Return a text whose lines end with CR alone, as once on the Mac, with newlines: comments end with their lines."""
    return text.replace("\r", "\n") if "\n" not in text else text


class _Parser(ForkFields):
    def __init__(self, text: str, filename: str):
        super().__init__(text, filename)
        self.early_closed: list[Block] = []

    # -- blocks ------------------------------------------------------------------------------

    def block(self, block: Block) -> None:
        """Read the fields of a message up to its closing bracket."""
        problems_before = len(self.problems)
        while True:
            token = self.tokens[self.index]
            if token.kind == "word":
                if block.parent and self.belongs_outside(token, block):
                    self.unclosed(block, f'"{token.text}" at {self.place(token.offset)}')
                    break
                self.field(token, block)
            elif token.kind == "end":
                if block.parent:
                    self.unclosed(block, "the end of the file")
                break
            elif token.kind == "symbol" and token.text in "}>":
                self.index += 1
                if self.closes(block, token):
                    break
            elif not (
                self.unquoted_name()
                or self.foreign_comment()
                or self.numbers_without_name(block.info)
            ):
                self.stray(token)
        if len(self.problems) == problems_before:
            self.check_required(block)

    def closes(self, block: Block, token: Token) -> bool:
        if block.parent is None:
            self.report(SYNTAX, token, f'unexpected "{token.text}"', "nothing is open here")
            return False
        wanted = _CLOSERS.get(block.bracket.text)
        if wanted and token.text != wanted:
            opened = self.place(block.bracket.offset)
            self.report(
                SYNTAX,
                token,
                f'found "{token.text}" where "{wanted}" is expected',
                f'"{block.bracket.text}" was opened at {opened}',
            )
        elif self.first_on_line(token) and self.column(token) < self.indent(block.name):
            self.early_closed.append(block)
        return True

    def belongs_outside(self, token: Token, block: Block) -> bool:
        """Return whether a field, by its indentation, is beyond the end of the block."""
        if token.text in block.info.fields or not self.first_on_line(token):
            return False
        if self.column(token) > self.indent(block.name):
            return False
        outer = block.parent
        while outer:
            if token.text in outer.info.fields:
                return True
            outer = outer.parent
        return False

    def unclosed(self, block: Block, before: str) -> None:
        """Report a bracket that is never closed, preferably one whose "}" is indented too little."""
        while self.early_closed:
            early = self.early_closed.pop()
            if early.bracket.offset > block.bracket.offset:
                block = early
                break
        opener = block.bracket if block.bracket.text else block.name
        closer = _CLOSERS.get(opener.text, "}")
        self.report(
            SYNTAX,
            opener,
            f'"{block.name.text} {opener.text}" is never closed',
            f'a "{closer}" is missing before {before}',
        )

    def check_required(self, block: Block) -> None:
        for name in block.info.required:
            if name not in block.nodes:
                self.report(
                    REQUIRED,
                    block.name,
                    f'the required field "{name}" of {block.info.name} is missing',
                    f"add {name}: {expected(block.info.fields[name])}",
                )

    # -- fields ------------------------------------------------------------------------------

    def field(self, name: Token, block: Block) -> None:
        info = block.info.fields.get(name.text) or self.under_other_name(name, block)
        self.index += 1
        if info is None:
            if not self.of_a_fork(name, block):
                self.unknown_field(name, block)
        else:
            colon = self.separator(name, info)
            if info.message:
                self.message_field(name, info, block)
            else:
                self.scalar_field(name, info, block, colon)
        if self.at_symbol(",;"):
            self.index += 1

    def unknown_field(self, name: Token, block: Block) -> None:
        after = self.tokens[self.index]
        has_value = after.kind in ("number", "string") and self.same_line(name, after)
        if self.name_in_two_words(name, block.info):
            return
        if block.parent is None and self.directive(name):
            return
        if not (has_value or self.at_symbol(":{<")):
            shown = name.text[:40]
            found = f'expected the name of a field, found "{shown}"'
            self.report(SYNTAX, name, found, f"write {shown}: VALUE, or leave {shown} out")
            return self.skip_to_field()
        around, outer = [], block.parent
        while outer:
            around.append(outer.info)
            outer = outer.parent
        hint = unknown_field_hint(name.text, block.info, around, block.nodes, block.kind)
        message = f'unknown field "{name.text}" in {block.info.name}'
        self.report(UNKNOWN_FIELD, name, message, hint)
        self.index += self.at_symbol(":")
        if not self.value_is_missing(name):
            self.skip_value()

    def given_twice(self, name: Token, info: FieldInfo, block: Block) -> bool:
        """Report a singular field that was given before."""
        if info.repeated or info.name not in block.nodes:
            return False
        first = self.place(block.nodes[info.name][0].name_offset)
        self.report(
            GIVEN_TWICE,
            name,
            f'the field "{info.name}" is given twice in {block.info.name}',
            f"keep one of them; the first one is at {first}",
        )
        return True

    def message_field(self, name: Token, info: FieldInfo, block: Block) -> None:
        if info.type_name == "V1LayerParameter" and self.is_current_layer():
            hint = f"write {_LAYER} {{ ... }}"
            self.report(UNKNOWN_FIELD, name, f'"{name.text}" is the form of old files', hint)
            info = block.info.fields[_LAYER]
        twice = self.given_twice(name, info, block)
        if self.list_for_block(name, info):
            return
        self.round_brackets(name)
        if info.repeated and self.at_symbol("["):
            opener, before = self.tokens[self.index], len(block.nodes.get(info.name, ()))
            self.list_of(name, lambda: self.one_message(name, info, block, twice))
            for entry in block.nodes.get(info.name, ())[before:]:
                entry.list_offset = opener.offset
        else:
            self.one_message(name, info, block, twice)

    def one_message(self, name: Token, info: FieldInfo, block: Block, twice: bool) -> None:
        bracket = self.tokens[self.index]
        if block.depth >= _DEEPEST:
            self.report(SYNTAX, name, f"blocks are nested deeper than {_DEEPEST}")
            return self.skip_value()
        self.name_before_block(name, info)
        self.round_brackets(name)
        bracket = self.tokens[self.index]
        if self.at_symbol("{<"):
            self.index += 1
        elif self.starts_field(self.index) and not self.same_line(name, bracket):
            self.report(
                SYNTAX, name, f'no "{{" after "{name.text}"', f"write {name.text} {{ ... }}"
            )
            bracket = Token("symbol", "", name.offset)
        else:
            self.report(
                WRONG_VALUE,
                bracket if self.same_line(name, bracket) and bracket.kind != "end" else name,
                f'"{name.text}" takes {expected(info)}',
                block_hint(name, bracket, info),
            )
            if not self.value_is_missing(name):
                self.skip_value()
            return
        entry = Entry(name.span, children={})
        if bracket.text:
            entry.open_offset = bracket.offset
        message = self.submessage(info, block, twice)
        if not twice:
            block.nodes.setdefault(info.name, []).append(entry)
        assert info.message is not None and entry.children is not None
        self.block(Block(info.message, message, entry.children, name, bracket, block))
        entry.end_offset = self.tokens[self.index - 1].offset + 1

    def submessage(self, info: FieldInfo, block: Block, twice: bool) -> Any:
        inner = getattr(block.message, info.name)
        if info.repeated:
            return inner.add()
        if twice:
            return type(inner)()
        inner.SetInParent()
        return inner

    def list_of(self, name: Token, read_item: Any) -> None:
        """Read ``[item, item, ...]``."""
        opener = self.tokens[self.index]
        self.index += 1
        if self.at_symbol("]"):
            self.index += 1
            return
        while True:
            read_item()
            if self.at_symbol("]"):
                self.index += 1
                return
            if not self.at_symbol(","):
                break
            self.index += 1
        token = self.tokens[self.index]
        if token.kind == "end" or self.starts_field(self.index):
            self.report(SYNTAX, opener, f'"{name.text}: [" is never closed', 'a "]" is missing')
        else:
            found = f'expected "," or "]" in the list for "{name.text}", found "{token.text}"'
            self.report(SYNTAX, token, found)
            while not self.at_symbol("]}") and not self.starts_field(self.index):
                if self.tokens[self.index].kind == "end":
                    return
                self.index += 1
            self.index += self.at_symbol("]")

    def value_is_missing(self, name: Token) -> bool:
        token = self.tokens[self.index]
        if token.kind == "end" or self.at_symbol("}>],;"):
            return True
        return self.starts_field(self.index) and not self.same_line(name, token)

    def scalar_field(self, name: Token, info: FieldInfo, block: Block, colon: bool) -> None:
        twice = self.given_twice(name, info, block)
        values: list[Any] = []
        places: list[Entry] = []
        opener = -1
        if self.at_symbol("{<"):
            value, bracket = self.single_value(self.index), self.tokens[self.index]
            self.report(
                WRONG_VALUE,
                name,
                f'"{name.text}" takes {expected(info)}, not a block in braces',
                f"write {name.text}: {value}"
                if value
                else variable_hint(self.text[bracket.offset : bracket.offset + 3]),
            )
            self.skip_brackets()
            values, places = [None], [Entry(name.span)]
        elif self.value_is_missing(name):
            self.report(SYNTAX, name, f'no value after "{name.text}"', f"it takes {expected(info)}")
            values, places = [None], [Entry(name.span)]
        else:
            if not colon:
                self.missing_colon(name)
            if info.repeated and self.at_symbol("["):
                opener = self.tokens[self.index].offset
                self.list_of(name, lambda: places.append(self.value(name, info, values, opener)))
            else:
                places.append(self.value(name, info, values, opener))
        if not twice:
            self.store(info, block, values, places)

    def value(self, name: Token, info: FieldInfo, values: list[Any], list_offset: int) -> Entry:
        """Read one value and return its place; a mistake is reported, and adds None to the values."""
        token = self.tokens[self.index]
        texts = []
        try:
            if token.kind == "string" and self.missing_quote(info):
                values.append(None)
            elif token.kind == "string":
                while self.tokens[self.index].kind == "string":
                    texts.append(self.tokens[self.index].text)
                    self.index += 1
                values.append(quoted_value(info, texts))
            elif token.kind in ("word", "number") and info.type not in ("string", "bytes"):
                token = self.whole_number(token) if not info.repeated else token
                self.index += self.tokens[self.index].offset < token.offset + len(token.text)
                text = self.value_text(info, token)
                values.append(plain_value(info, text) if text else None)
            elif token.kind == "word" and (bare := self.bare_string(info, token)):
                token = bare
                values.append(bare.text)
            else:
                values.append(self.odd_value(info, token))
        except ValueMistake as mistake:
            self.report(WRONG_VALUE, token, mistake.message, mistake.hint)
            values.append(None)
        if info.repeated and list_offset < 0:
            self.values_without_brackets(info, token)
        entry = Entry(name.span, token.span, None, list_offset)
        if len(texts) > 1:
            last = self.tokens[self.index - 1]
            entry.end_offset = last.offset + len(last.text)
        return entry

    def odd_value(self, info: FieldInfo, token: Token) -> Any:
        """Report something that is not a valid value for the field; return what a fork reads it as, or None."""
        if (device := self.device_of_list(info)) is not None:
            return device
        if token.kind == "unterminated":
            self.index += 1
            self.report(SYNTAX, token, "the string is not terminated", "a quote is missing")
        elif token.kind != "symbol" and info.type in ("string", "bytes"):
            self.wrong_string(info, token)
        elif self.at_symbol("["):
            value = self.single_value(self.index) or self.first_value(self.index)
            hint = f"write {info.name}: {value}" if value else None
            self.report(WRONG_VALUE, token, f'"{info.name}" takes one value, not a list', hint)
            self.skip_brackets()
        else:
            meant = None
            if token.kind != "end" and not self.at_symbol("}>],"):
                token = self.template_variable(token) or self.skip_bare(token)
                meant = number_hint(token.text, info)
            found = f'found "{token.text}"' if token.text else "found the end of the file"
            self.report(SYNTAX, token, f'"{info.name}" takes {expected(info)}, {found}', meant)
        return None

    def store(
        self,
        info: FieldInfo,
        block: Block,
        values: list[Any],
        places: list[Entry],
    ) -> None:
        """Put the values into the message, and their places into the nodes."""
        good = [value for value in values if value is not None]
        if info.repeated:
            getattr(block.message, info.name).extend(good)
        elif good:
            setattr(block.message, info.name, good[0])
            if info.name == "type" and info.type == "string":
                block.kind = good[0]
        if places:
            block.nodes.setdefault(info.name, []).extend(places)
