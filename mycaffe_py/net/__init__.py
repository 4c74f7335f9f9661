"""Net: layers wired by blob names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from mycaffe_py.layer.layer import TEST as TEST, TRAIN as TRAIN

    from .named_code import types_that_run_code as types_that_run_code
    from .net import Net as Net
    from .stream import Stream as Stream
    from .summary import NetSummary as NetSummary
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        named_code="types_that_run_code",
        net="Net TEST TRAIN",
        stream="Stream",
        summary="NetSummary",
    )
