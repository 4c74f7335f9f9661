"""The standard streams, made safe: what cannot be printed is lost, but never the work.

A stream that is closed when the command starts leads nowhere, and its number is taken, so that no file gets it and is
printed into. One that breaks later (a reader that has ended, a terminal that was closed, a full disk) is silent from
then on. What a stream's encoding lacks is escaped.
"""

from __future__ import annotations

import codecs
import errno
import io
import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

_NO_READER = (errno.EPIPE, errno.EIO, errno.EINVAL)  # EINVAL: Windows
_ESCAPING = "mycaffe-escaping"


class GuardedRaw(io.RawIOBase):
    """The raw stream below a text stream; ``failure`` is the error after which nothing is written any more."""

    def __init__(self, raw: Any, *, own: bool = False):
        self._raw, self._own = raw, own
        self.failure: OSError | None = None

    def write(self, data: Any) -> int | None:
        """Write, or do as if, once that has failed."""
        while self.failure is None:
            try:
                count = self._raw.write(data)
                if count is not None:
                    return count
                select.select([], [self._raw], [])  # another program made it non-blocking
            except OSError as error:
                self.failure = error
        return len(memoryview(data).cast("B"))

    def writable(self) -> bool:
        """Always: see :meth:`write`."""
        return True

    def fileno(self) -> int:
        """Return the number of the stream."""
        return self._raw.fileno()

    def isatty(self) -> bool:
        """Whether it is a terminal that still takes text."""
        return self.failure is None and self._raw.isatty()

    def close(self) -> None:
        """Close this end; the standard stream below stays open."""
        super().close()
        if self._own:
            self._raw.close()

    @property
    def lost(self) -> OSError | None:
        """Why what should have been kept was lost, or None; a reader that has ended wanted no more."""
        failure = self.failure
        return None if failure is None or failure.errno in _NO_READER else failure


@contextmanager
def safe_streams() -> Iterator[GuardedRaw | None]:
    """Replace the standard streams within; gives what stdout writes to, None if it is not replaced."""
    codecs.register_error(_ESCAPING, _escaped)
    _take_numbers()
    before = sys.stdin, sys.stdout, sys.stderr
    out, err = _guarded(sys.stdout, 1), _guarded(sys.stderr, 2)
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 (for as long as the command runs)
    sys.stdout, sys.stderr = out, err
    try:
        yield getattr(getattr(out, "buffer", None), "raw", None)
    finally:
        for stream in (out, err):
            with suppress(OSError, ValueError):
                stream.flush()
        sys.stdin, sys.stdout, sys.stderr = before


def _take_numbers() -> None:
    """Open the null device in place of each standard stream that is closed."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            with suppress(OSError):  # the lowest free number is taken
                nowhere = os.open(os.devnull, os.O_RDWR)
                if nowhere != number:
                    os.dup2(nowhere, number)
                    os.close(nowhere)
                os.set_inheritable(number, True)


def _guarded(stream: Any, number: int) -> Any:
    """Return a text stream that does not raise, in place of one of the standard streams."""
    if stream is None:
        with suppress(OSError):
            nowhere = GuardedRaw(io.FileIO(os.devnull, "w"), own=True)
            return io.TextIOWrapper(io.BufferedWriter(nowhere), "utf-8", _ESCAPING)
        return None
    buffer = getattr(stream, "buffer", None)
    raw = getattr(buffer, "raw", buffer)
    try:
        if raw is None or raw.fileno() != number:
            return stream  # replaced by a caller, who wants it as it is
    except (OSError, ValueError):
        return stream
    with suppress(OSError, ValueError):
        stream.flush()
    encoding = stream.encoding or "utf-8"
    with suppress(LookupError):
        if codecs.lookup(encoding).name == "ascii":
            encoding = "utf-8"  # as click decides: nobody means ASCII, the locale is only not set
    return io.TextIOWrapper(
        io.BufferedWriter(GuardedRaw(raw)),
        encoding,
        _ESCAPING,
        line_buffering=stream.line_buffering or number == 2,
        write_through=stream.write_through,
    )


def _escaped(error: UnicodeError) -> tuple[str | bytes, int]:
    """Encode what the encoding lacks: the bytes of a file's name as they are, other characters escaped."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    part = error.object[error.start : error.end]
    if all("\udc80" <= character <= "\udcff" for character in part):
        return codecs.lookup_error("surrogateescape")(error)
    return codecs.lookup_error("backslashreplace")(error)
