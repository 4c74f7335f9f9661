"""Texts from files, as a terminal or a page may show them: what would steer it, or cannot be seen, as escapes.

Names, paths and values come from files that others wrote. A control character in them could move the cursor, set the
window's title or ring; a mark of direction or of width 0 makes one name look like another.
"""

from __future__ import annotations

import re

_STEERING = (
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # controls, other than tabulator and line feed
    "\xad\u061c\u180e\u200b\u200c\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e007f"  # letters that are not drawn
    "\ud800-\udfff"  # bytes of a file's name that are not UTF-8
)
_PICTURE = "\u2190-\u2bff\u3030\u303d\u3297\u3299\U0001f000-\U0001faff"
# A joiner between two pictures makes them one, and so is seen; anywhere else it is not.
_JOINER = f"(?<![{_PICTURE}\ufe0f])\u200d|\u200d(?![{_PICTURE}])"
# Compiled when first needed, which most commands never do.
_HIDDEN = f"[{_STEERING}]|{_JOINER}"
_HIDDEN_OR_BREAK = f"[\t\n{_STEERING}]|{_JOINER}"
_SHORT = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def visible(text: str) -> str:
    """Return a text whose control characters, marks of direction and invisible letters are escapes, as ``\\x1b``.

    Tabulators, line feeds and everything else are kept.
    """
    return text if text.isascii() and text.isprintable() else re.sub(_HIDDEN, _escape, text)


def visible_line(text: str) -> str:
    """Return a text as one line: as :func:`visible`, with tabulators and line feeds as escapes as well."""
    return (
        text if text.isascii() and text.isprintable() else re.sub(_HIDDEN_OR_BREAK, _escape, text)
    )


def hidden_in(text: str) -> list[str]:
    """Return the characters of a text that :func:`visible_line` shows as escapes, each once."""
    if text.isascii() and text.isprintable():
        return []
    return list(dict.fromkeys(re.findall(_HIDDEN_OR_BREAK, text)))


def without_hidden(text: str) -> str:
    """Return a text without the characters that :func:`visible_line` shows as escapes."""
    return text if text.isascii() and text.isprintable() else re.sub(_HIDDEN_OR_BREAK, "", text)


def code_of(character: str) -> str:
    """Return a character's code and name: ``U+200B (zero width space)``."""
    import unicodedata

    name = unicodedata.name(character, "").lower()
    return f"U+{ord(character):04X}" + (f" ({name})" if name else "")


def _escape(found: re.Match[str]) -> str:
    letter = found[0]
    number = ord(letter)
    if number < 0x100:
        return _SHORT.get(letter, f"\\x{number:02x}")
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"
