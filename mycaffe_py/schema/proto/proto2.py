"""Parser of the proto2 subset that schemas are written in."""

from __future__ import annotations

from mycaffe_py.errors import SchemaError

from .declarations import (
    EnumDeclaration,
    EnumValueDeclaration,
    ExtendDeclaration,
    FieldDeclaration,
    FileDeclaration,
    MessageDeclaration,
    Place,
    SchemaSource,
    schema_error,
)
from .literals import parse_integer
from .tokens import Token, TokenStream
from .type_words import without_label

PACKAGE = "caffe"
LARGEST_NUMBER = 2**29 - 1
_DEEPEST = 30  # protoc's own limit is 32
_LABELS = frozenset({"optional", "required", "repeated"})
_UNSUPPORTED = frozenset({"oneof", "map", "group", "service"})


def parse_proto(source: SchemaSource) -> FileDeclaration:
    """Parse .proto text; a mistake raises SchemaError with owner, file, line and column."""
    return _Parser(source).parse_file()


class _Parser:
    def __init__(self, source: SchemaSource):
        self.source = source
        self.stream = TokenStream(source)
        self.tokens = self.stream.tokens
        self.index = 0

    # -- tokens ------------------------------------------------------------------------------

    def place(self, token: Token) -> Place:
        return Place(self.source, token.offset, len(token.text))

    def error(
        self, message: str, token: Token | None = None, hint: str | None = None
    ) -> SchemaError:
        token = token or self.tokens[self.index]
        return schema_error(
            f"{message} in the schema of {self.source.owner}", self.place(token), hint
        )

    def unexpected(self, wanted: str, hint: str | None = None) -> SchemaError:
        token = self.tokens[self.index]
        found = "the end of the file" if token.kind == "end" else f'"{token.text}"'
        return self.error(f"expected {wanted}, found {found}", hint=hint)

    def next(self) -> Token:
        token = self.tokens[self.index]
        self.index += 1
        return token

    def accept(self, text: str) -> bool:
        if self.tokens[self.index].text == text and self.tokens[self.index].kind != "string":
            self.index += 1
            return True
        return False

    def expect(self, text: str) -> Token:
        if not self.accept(text):
            raise self.unexpected(f'"{text}"')
        return self.tokens[self.index - 1]

    def name(self, what: str) -> Token:
        token = self.tokens[self.index]
        if token.kind != "word" or "." in token.text:
            raise self.unexpected(f"the name of {what}")
        self.index += 1
        return token

    def type_name(self) -> Token:
        if self.tokens[self.index].kind != "word":
            raise self.unexpected("a type")
        return self.next()

    def integer(self, what: str) -> int:
        start = self.index
        sign = -1 if self.accept("-") else 1
        token = self.tokens[self.index]
        try:
            value = sign * parse_integer(token.text)
        except ValueError:
            self.index = start
            raise self.unexpected(what) from None
        self.index += 1
        return value

    # -- files, messages and enums -----------------------------------------------------------

    def parse_file(self) -> FileDeclaration:
        file = FileDeclaration(self.source)
        root = MessageDeclaration("", Place(self.source, 0))
        handlers = {"syntax": self.syntax, "package": self.package, "import": self.skip_statement}
        while self.tokens[self.index].kind != "end":
            word = self.tokens[self.index].text
            if word in handlers:
                handlers[word]()
            elif not self.common(word, root, file, ""):
                raise self.unexpected("message, enum, extend, syntax, package, import or option")
        file.messages, file.enums = root.messages, root.enums
        return file

    def common(
        self, word: str, outer: MessageDeclaration, file: FileDeclaration, scope: str
    ) -> bool:
        """Parse a declaration that may be in a file or in a message; False if it is something else."""
        if word == "message":
            outer.messages.append(self.message(file, scope))
        elif word == "enum":
            outer.enums.append(self.enum())
        elif word == "extend":
            file.extends.append(self.extend(scope))
        elif word == "option":
            self.skip_statement()
        elif not self.accept(";"):
            return False
        return True

    def syntax(self) -> None:
        self.next()
        self.expect("=")
        if self.tokens[self.index].text.strip("'\"") != "proto2":
            raise self.unexpected('"proto2"')
        self.skip_statement()

    def package(self) -> None:
        self.next()
        if self.tokens[self.index].text != PACKAGE:
            raise self.error(f'the package must be "{PACKAGE}"', hint="or omit the package line")
        self.skip_statement()

    def skip_statement(self) -> None:
        while not self.accept(";"):
            if self.tokens[self.index].kind == "end":
                raise self.unexpected('";"')
            self.index += 1

    def message(self, file: FileDeclaration, scope: str) -> MessageDeclaration:
        first = self.index
        self.next()
        name = self.name("the message")
        message = MessageDeclaration(name.text, self.place(name))
        if scope.count(".") >= _DEEPEST:
            raise self.error(f"messages are nested deeper than {_DEEPEST}", name)
        opened = self.expect("{")
        message.doc = self.stream.doc(first, self.index - 1)
        inner = f"{scope}.{name.text}".lstrip(".")
        while not self.accept("}"):
            self.member(message, file, inner, opened)
        if len(message.fields) == 1 and not message.fields[0].doc:  # a message on one line
            message.fields[0].doc = self.stream.beside(self.index - 1)
        return message

    def member(
        self, message: MessageDeclaration, file: FileDeclaration, scope: str, opened: Token
    ) -> None:
        word = self.tokens[self.index].text
        if word in _LABELS:
            message.fields.append(self.field())
        elif word == "reserved":
            self.reserved(message)
        elif word == "extensions":
            self.skip_statement()
        elif not self.common(word, message, file, scope):
            self.refuse_member(word, opened)

    def refuse_member(self, word: str, opened: Token) -> None:
        if self.tokens[self.index].kind == "end":
            raise self.error('"{" is never closed', opened)
        if word in _UNSUPPORTED:
            raise self.error(
                f'"{word}" is not supported', hint="use optional and repeated fields and messages"
            )
        next_words = [token.text for token in self.tokens[self.index : self.index + 3]]
        raise self.unexpected("optional, required or repeated", without_label(next_words))

    def extend(self, scope: str) -> ExtendDeclaration:
        self.next()
        target = self.type_name()
        extend = ExtendDeclaration(target.text, self.place(target), scope)
        opened = self.expect("{")
        while not self.accept("}"):
            if self.tokens[self.index].text in _LABELS:
                extend.fields.append(self.field())
            elif not self.accept(";"):
                self.refuse_member(self.tokens[self.index].text, opened)
        return extend

    def enum(self) -> EnumDeclaration:
        first = self.index
        self.next()
        name = self.name("the enum")
        enum = EnumDeclaration(name.text, self.place(name))
        self.expect("{")
        enum.doc = self.stream.doc(first, self.index - 1)
        while not self.accept("}"):
            if self.accept(";"):
                continue
            if self.tokens[self.index].text == "reserved":
                self.skip_statement()
            elif self.accept("option"):
                enum.allow_alias |= self.accept("allow_alias") and self.accept("=")
                self.skip_statement()
            else:
                enum.values.append(self.enum_value())
        if not enum.values:
            raise self.error(f'the enum "{name.text}" has no values', name)
        return enum

    def enum_value(self) -> EnumValueDeclaration:
        first = self.index
        name = self.name("an enum value")
        self.expect("=")
        number = self.integer("the number of the enum value")
        if not -(2**31) <= number < 2**31:
            raise self.error(f"the number {number} does not fit into 32 bits", name)
        if self.accept("["):
            self.options()
        self.expect(";")
        doc = self.stream.doc(first, self.index - 1)
        return EnumValueDeclaration(name.text, number, self.place(name), doc)

    # -- fields ------------------------------------------------------------------------------

    def field(self) -> FieldDeclaration:
        first = self.index
        label = self.next().text
        if self.tokens[self.index].text in _UNSUPPORTED:
            self.refuse_member(self.tokens[self.index].text, self.tokens[first])
        type_token = self.type_name()
        name = self.name("the field")
        self.expect("=")
        number_token = self.tokens[self.index]
        number = self.integer("the number of the field")
        if not 1 <= number <= LARGEST_NUMBER or 19000 <= number <= 19999:
            raise self.error(f"the field number {number} is not allowed", number_token)
        options = self.options() if self.accept("[") else {}
        self.expect(";")
        return FieldDeclaration(
            name.text,
            number,
            label,
            type_token.text,
            self.place(name),
            self.place(type_token),
            self.stream.doc(first, self.index - 1),
            options.get("default"),
            _truth(options.get("packed")),
            bool(_truth(options.get("deprecated"))),
        )

    def options(self) -> dict[str, tuple[str, str]]:
        options = {}
        while True:
            if self.accept("("):
                self.type_name()
                self.expect(")")
                name = ""
            else:
                name = self.type_name().text
            self.expect("=")
            options[name] = self.literal()
            if self.accept("]"):
                return options
            self.expect(",")

    def literal(self) -> tuple[str, str]:
        sign = "-" if self.accept("-") else ""
        token = self.tokens[self.index]
        if token.kind not in ("word", "number", "string") or (sign and token.kind == "string"):
            raise self.unexpected("a value")
        self.index += 1
        text = token.text
        while token.kind == "string" and self.tokens[self.index].kind == "string":
            text = text[:-1] + self.next().text[1:]
        return token.kind, sign + text

    def reserved(self, message: MessageDeclaration) -> None:
        self.next()
        while True:
            if self.tokens[self.index].kind == "string":
                message.reserved_names.append(self.next().text[1:-1])
            else:
                first = last = self.integer("a reserved number or name")
                if self.accept("to"):
                    last = LARGEST_NUMBER if self.accept("max") else self.integer("a number")
                message.reserved_numbers.append((first, last))
            if self.accept(";"):
                return
            self.expect(",")


def _truth(literal: tuple[str, str] | None) -> bool | None:
    return None if literal is None else literal[1] == "true"
