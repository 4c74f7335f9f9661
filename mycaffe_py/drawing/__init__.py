"""A net's graph, its layout, SVG and PNG; and the look of all pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mycaffe_py.lazy import lazy_names

if TYPE_CHECKING:
    from . import style as style
    from .ordering import Ranked as Ranked, order_ranks as order_ranks
else:
    __getattr__, __dir__, __all__ = lazy_names(
        __name__,
        modules="style",
        ordering="Ranked order_ranks",
    )
