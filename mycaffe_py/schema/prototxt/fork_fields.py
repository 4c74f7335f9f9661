"""What forks of Caffe write into prototxt text: fields and values of their own, and strings without quotes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mycaffe_py.schema.proto.catalog import FieldInfo
from mycaffe_py.visible import code_of

from .blocks import Block
from .cursor import SYNTAX, UNKNOWN_FIELD, WRONG_VALUE
from .mistyped import Mistyped
from .remarks import BARE_STRING, Remarks
from .tokens import Token, bare_text
from .unseen import other_spaces, readable
from .values import expected

if TYPE_CHECKING:
    from mycaffe_py.foreign.accepted_fields import ForkField

_CURLY_QUOTES = "\u201c\u201d\u2018\u2019\u201e\u00ab\u00bb"
_WORDS = re.compile(r"[A-Za-z_]\w*(?:[./+-]\w+)*")
_NO_STRINGS = frozenset(("true", "false", "none", "null", "nil", "nan", "inf", "infinity"))
_MYCAFFE = "MyCaffe"
_YJXIONG = "yjxiong's Caffe"
_DEVICE = "device_id"
_UNREAD_PATH = "label_map_file"  # MyCaffe's are paths of Windows
_PROPERTIES = "custom_trainer_properties"
_DRIVE = re.compile(r"[A-Za-z]:\\")
_ON_LINE = re.compile(r"[^\n#\"']*")


class ForkFields(Mistyped):
    """A cursor that knows what forks of Caffe have that Caffe does not."""

    def __init__(self, text: str, filename: str):
        super().__init__(text, filename)
        self.remarks = Remarks()
        if not text.isascii():
            self._read_unseen()

    def _read_unseen(self) -> None:
        """Report what cannot be seen outside strings, and read on without it."""
        self.tokens, found = readable(self.tokens)
        for each in found:
            self.report(SYNTAX, each.token, each.message, each.hint)
        for space in other_spaces(self.text):
            said = f"{code_of(space.text)} is read as a space; Caffe does not take it"
            self.remarks.add("space", space, said)

    def under_other_name(self, name: Token, block: Block) -> FieldInfo | None:
        """Return our field for a fork's name of it."""
        known = _fork_field(block.info.name, name.text)
        info = block.info.fields.get(known.means) if known is not None and known.means else None
        if known is not None and info is not None:
            said = f'"{name.text}" of {known.fork} is read as {known.means}'
            self.remarks.add(name.text, name, said, known.fork)
        return info

    def of_a_fork(self, name: Token, block: Block) -> bool:
        """Skip a fork's field that needs no support here, or report it; return whether it is one."""
        known = _fork_field(block.info.name, name.text)
        if known is None or known.means:
            return False
        if not self.at_symbol(":{<"):
            return False
        self.index += self.at_symbol(":")
        value = self.tokens[self.index]
        if not self.at_symbol("{<[") and value.kind not in ("word", "number", "string"):
            return False
        written = bare_text(self.text, value.offset) if value.kind == "word" else value.text
        self.skip_value()
        self.remarks.forks.add(known.fork)
        if known.harmless is None:
            if _is_one_of(written, known.silent):
                return True
            said = f'"{name.text}" of {known.fork} has no effect here: {known.reason}'
            self.remarks.add(f"{name.text}: {known.reason}", name, said, known.fork)
        elif not _is_one_of(written, known.harmless):
            shown = "" if written in ("{", "<", "[") else f": {written}"
            message = f'"{name.text}{shown}" of {known.fork} is not supported'
            self.report(UNKNOWN_FIELD, name, message, known.reason)
        return True

    def value_text(self, info: FieldInfo, token: Token) -> str:
        """Return the text of a value, which is ours for a fork's value of an enum; "" leaves the field out."""
        enum = info.enum
        if enum is None or token.text in enum.numbers:
            return token.text
        from mycaffe_py.foreign.accepted_fields import fork_value

        known = fork_value(enum.name, token.text)
        if known is None:
            return token.text
        read_as = f"is read as {known.read_as}" if known.read_as else "is left out"
        said = f"{info.name}: {token.text} of {known.fork} {read_as}: {known.reason}"
        self.remarks.add(f"{token.text}: {known.reason}", token, said, known.fork)
        return known.read_as

    def bare_string(self, info: FieldInfo, token: Token) -> Token | None:
        """Return a string without quotes, which must be one word or a path of words, and skip it; else None.

        MyCaffe's properties are all that is on the line.
        """
        bare = bare_text(self.text, token.offset)
        if info.name == _PROPERTIES:
            found = _ON_LINE.match(self.text, token.offset)
            bare = found[0].rstrip() if found else ""
            return self._taken(info, token, bare) if "=" in bare else None
        if info.name == _UNREAD_PATH and _DRIVE.match(bare):
            return self._taken(info, token, bare)
        if not _WORDS.fullmatch(bare) or bare.lower() in _NO_STRINGS or info.type != "string":
            return None
        index = self._index_after(token.offset + len(bare))
        after = self.tokens[index]
        if after.kind == "symbol" and after.text in ":[<{":
            return None
        beside = after.kind != "symbol" and after.kind != "end" and self.same_line(token, after)
        if beside and not self.starts_field(index):
            return None
        return self._taken(info, token, bare)

    def _index_after(self, end: int) -> int:
        """Return the index of the first token from an offset on."""
        index = self.index
        while self.tokens[index].kind != "end" and self.tokens[index].offset < end:
            index += 1
        return index

    def _taken(self, info: FieldInfo, token: Token, bare: str) -> Token:
        """Skip a string without quotes, and remark on it."""
        self.index = self._index_after(token.offset + len(bare))
        said = f'"{bare}" is read as a string; Caffe needs quotes: {info.name}: "{bare}"'
        fork = "" if '"' in self.text else _MYCAFFE
        self.remarks.add(BARE_STRING, Token("word", bare, token.offset), said, fork)
        return Token("word", bare, token.offset)

    def device_of_list(self, info: FieldInfo) -> int | None:
        """Return the first GPU of yjxiong's ``device_id: [0, 1]``, and skip the list; None if it is none."""
        if info.name != _DEVICE or not self.at_symbol("["):
            return None
        index, numbers = self.index + 1, []
        while self.tokens[index].kind == "number" and self.tokens[index].text.isdigit():
            numbers.append(self.tokens[index])
            index += 1
            if self.tokens[index].text != ",":
                break
            index += 1
        if not numbers or self.tokens[index].text != "]":
            return None
        self.index = index + 1
        said = f"{info.name} takes one GPU here, the first of the list: {numbers[0].text}"
        self.remarks.add(info.name, numbers[0], said, _YJXIONG)
        return int(numbers[0].text)

    def wrong_string(self, info: FieldInfo, token: Token) -> None:
        """Report a string without quotes that is no word, and skip it."""
        bare = self.bare_words(self.skip_bare(token))
        meant = bare.text.strip(_CURLY_QUOTES)
        meant = meant.replace("\\", "/") if _DRIVE.match(meant) else meant
        hint = f'write {info.name}: "{meant}"'
        if "$ProgramData$" in bare.text:
            hint += "\n$ProgramData$ is a folder of MyCaffe's: write the file's path instead"
        message = f'"{info.name}" takes {expected(info)}, found {bare.text}'
        self.report(WRONG_VALUE, bare, message, hint)


def _fork_field(message: str, field: str) -> ForkField | None:
    from mycaffe_py.foreign.accepted_fields import fork_field

    return fork_field(message, field)


def _is_one_of(written: str, values: tuple[str, ...]) -> bool:
    value = written.strip("\"'").lower()
    if value in values:
        return True
    try:
        return float(value) in [float(one) for one in values if one.lstrip("-").isdigit()]
    except ValueError:
        return False
