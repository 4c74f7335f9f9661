"""Says, once for each process, that kernels are being compiled: the pause would look like a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

TEXT = "compiling kernels for this machine, once: about 20 s; MYCAFFE_FAST=0 does without"

_told = False


def _log(text: str) -> None:
    import logging  # the command line does without

    logging.getLogger("mycaffe").warning(text)


_tell: Callable[[str], None] = _log


@contextmanager
def telling(tell: Callable[[str], None]) -> Iterator[None]:
    """Context in which ``tell`` gets the line; otherwise the logger ``mycaffe`` does."""
    global _tell
    before, _tell = _tell, tell
    try:
        yield
    finally:
        _tell = before


def tell_of_compiling() -> None:
    """Say that kernels are being compiled, unless it was said before."""
    global _told
    if not _told:
        _told = True
        _tell(TEXT)
