"""Changes of LMDB files, most of them where structure is: headers, descriptions, entries of pages."""

from __future__ import annotations

import random
import struct

PAGE = 4096
_ODD = (
    *(0, 1, 2, 3, 4, 8, 0x22, 15, 16, 17, 24, 48, 255, 4095, 4096, 32767, 32768),
    *(65535, 2**31, 2**32 - 1, 2**47, 2**64 - 1),
)
"""Numbers at which code goes wrong; each is cut to the size of a field."""
_KINDS = (
    "bits",
    "field",
    "field",
    "entry",
    "entry",
    "noise",
    "zeros",
    "copy",
    "page",
    "cut",
    "grow",
)


def change_pages(rng: random.Random, data: bytes, most: int = 4) -> bytes:
    """Return a database's file with some changes."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, most)):
        if len(changed) > 2 * PAGE:
            _change(rng, changed, rng.choice(_KINDS))
    return bytes(changed)


def _change(rng: random.Random, data: bytearray, kind: str) -> None:
    page = rng.randrange(len(data) // PAGE) * PAGE
    place = rng.randrange(len(data) - 8)
    part = data[place : place + int(2 ** rng.uniform(0, 12))]
    if kind == "bits":
        data[place] ^= 1 << rng.randrange(8)
    elif kind == "field":  # of a header, of a description, or the place of an entry
        _put(rng, data, page + 2 * rng.randrange(90))
    elif kind == "entry":
        start = struct.unpack_from("<H", data, page + 16 + 2 * rng.randrange(8))[0]
        _put(rng, data, min(page + start + 2 * rng.randrange(8), len(data) - 8))
    elif kind == "noise":
        data[place : place + len(part)] = rng.randbytes(len(part))
    elif kind == "zeros":
        data[place : place + len(part)] = bytes(len(part))
    elif kind == "copy":
        data[page : page + len(part)] = part
    elif kind == "page":
        other = rng.randrange(len(data) // PAGE) * PAGE
        # Its own number is kept: without it the change would be noticed at once.
        data[other + 8 : other + PAGE] = data[page + 8 : page + PAGE]
    elif kind == "cut":
        del data[place:]
    else:
        data[place:place] = rng.randbytes(len(part))


def _put(rng: random.Random, data: bytearray, place: int) -> None:
    form, size = rng.choice((("H", 16), ("I", 32), ("Q", 64)))
    before = struct.unpack_from(f"<{form}", data, place)[0]
    value = rng.choice((rng.choice(_ODD), before + 1, before - 1, rng.randrange(len(data) // PAGE)))
    struct.pack_into(f"<{form}", data, place, value % (1 << size))
